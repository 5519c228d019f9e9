"""Devices of one store, for pages and routes: making codes, letting in, revoking, hearing from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, select

from suyuan.api.attempts import Attempts, TooManyAttempts
from suyuan.api.device_auth import check_signature, compact, device_of, public_key_of
from suyuan.api.settings import Settings
from suyuan.portal.device_pages import MOST_PLACES
from suyuan.portal.services import Principal
from suyuan.trace.errors import InvalidInput, NotAllowed, SuyuanError
from suyuan.trace.gs1 import IdentifierError, canonical_key, namespace_of, own_identifier, site
from suyuan.trace.recall.names import by_local_name
from suyuan.trace.register.identifiers import namespace
from suyuan.trace.store import devices, vocabulary
from suyuan.trace.store.dealings import ours
from suyuan.trace.store.devices import Device, DeviceKind
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.enrolment import (
    CodeMistyped,
    Enrolment,
    grouped,
    make_code,
    open_codes,
    read_code,
    redeem,
)
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.sight import Viewer, visible_devices
from suyuan.trace.store.station_numbers import Standing, stations
from suyuan.trace.store.station_tables import StationRow

PROOF_TYPE = "suyuan-enrolment+jws"
SHORT_CODE = re.compile(r"[A-Za-z](?=.*[0-9])[A-Za-z0-9]{3,15}")
"""What looks like a code that the platform gave, without its namespace."""
_GLN = 13


class TooManyCodes(SuyuanError):
    """Wrong codes came too often from one address; ``seconds`` tells how long to wait."""

    code = "too-many-codes"
    status = 429
    title = "Too many wrong codes"


class DeviceDesk:
    """What can be done about devices. Safe to use from several threads."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        now: Callable[[], datetime],
        randbytes: Callable[[int], bytes],
        block_list_key: Callable[[], bytes],
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._now = now
        self._randbytes = randbytes
        self._block_list_key = block_list_key
        self._attempts = Attempts(now)

    # The console

    def devices(self, by: Principal) -> Sequence[Device]:
        """The devices that ``by`` answers for."""
        with Reading(self._engine) as reading:
            return devices.devices(reading, _in_sight(by))

    def stations(self, by: Principal) -> Sequence[Standing]:
        """What came of the stations that ``by`` answers for, by their numbers."""
        party = _party_of(by)
        viewer = Viewer(by.name, by.role, by.party)
        with Reading(self._engine) as reading:
            return stations(reading) if party is None else stations(reading, ours(StationRow.party, viewer))

    def open_codes(self, by: Principal) -> Sequence[Enrolment]:
        """The codes of ``by``'s party that may still be used."""
        with Reading(self._engine) as reading:
            return open_codes(reading, party=_party_of(by), now=self._now())

    def places(self, by: Principal) -> Sequence[tuple[str, str]]:
        """The places at which ``by`` may put a device, with the party that answers for each."""
        statement = select(EntryRow.key, EntryRow.owner).where(
            EntryRow.kind == "place", EntryRow.state == "approved"
        )
        party = _party_of(by)
        if party is not None:
            statement = statement.where(EntryRow.owner == party)
        with Reading(self._engine) as reading:
            rows = reading.connection.execute(
                statement.order_by(EntryRow.owner, EntryRow.key).limit(MOST_PLACES)
            )
            return [(row.key, row.owner) for row in rows]

    def make_code(self, by: Principal, *, kind: str, name: str, place: str) -> tuple[str, str, Enrolment]:
        """A one-time code: its link, its text in groups, and what is known of it.

        Raises:
            PublicUrlMissing: nobody can be told an address.
            InvalidInput: an unknown kind, a bad name, or a place that is none or nobody's.
            NotAllowed: the place is somebody else's.
        """
        public_url = self._settings.printed_url()
        wanted = _kind(kind)
        with Writing(self._engine) as writing:
            key, party = self._place(writing, by, place)
            code, made = make_code(
                writing,
                kind=wanted,
                name=name,
                party=party,
                place=key,
                now=self._now(),
                by=by.name,
                randbytes=self._randbytes,
            )
        return f"{public_url}/enrol#{code}", grouped(code), made

    def revoke(self, by: Principal, device_id: str) -> Device:
        """End a device's right; others' devices are as absent as those that never were."""
        with Writing(self._engine) as writing:
            devices.device(writing, device_id, _in_sight(by))
            return devices.revoke(writing, device_id, now=self._now(), by=by.name)

    # The devices themselves

    def enrol(
        self, *, code: str, kind: str, public_key: object, proof: str, address: str
    ) -> Mapping[str, object]:
        """Let a device in: it shows the code and signs it with the key that it made.

        Raises:
            TooManyCodes: too many wrong codes from this address.
            CodeMistyped, CodeUnknown, CodeUsed, CodeExpired, CodeOfAnotherKind, KeyInUse: see there.
            TokenWrong: the proof is not a signature of the code by the key.
        """
        try:
            self._attempts.begin(f"enrolment from {address}", address)
        except TooManyAttempts as error:
            raise TooManyCodes(
                "Too many wrong codes; the next one is possible in {seconds} seconds",
                seconds=error.fields["seconds"],
                remedy="Wait, then have a new code made and scan it.",
            ) from error
        told = read_code(code)
        key = public_key_of(public_key)
        signed = compact(proof, PROOF_TYPE)
        check_signature(signed, key)
        if not _names(signed.payload, told):
            raise InvalidInput("The proof signs another code", where="proof")
        jwk = {name: str(value) for name, value in key.as_dict(private=False).items()}
        with Writing(self._engine) as writing:
            let_in = redeem(
                writing,
                told,
                kind=_kind(kind),
                public_key={name: jwk[name] for name in ("kty", "crv", "x", "y")},
                thumbprint=key.thumbprint(),
                now=self._now(),
                randbytes=self._randbytes,
            )
        self._attempts.taken_back(f"enrolment from {address}", address)  # a right code forgives no guesses
        return self._told_of(let_in)

    def about(self, by: Principal) -> Mapping[str, object]:
        """What a device is told of itself."""
        with Reading(self._engine) as reading:
            found = device_of(by, reading)
        return self._told_of(found)

    def device(self, by: Principal) -> Device:
        """The device that asks; ``NotADevice`` for people and programs."""
        with Reading(self._engine) as reading:
            return device_of(by, reading)

    def acknowledge(self, by: Principal, sequence: int) -> None:
        """The device has stored the block list ``sequence``."""
        with Writing(self._engine) as writing:
            devices.acknowledge(writing, device_of(by, writing).id, sequence, self._now())

    def unreached(self, sequence: int) -> Sequence[Device]:
        """The devices that have not yet acknowledged the block list ``sequence``."""
        with Reading(self._engine) as reading:
            return devices.unreached(reading, sequence)

    def _told_of(self, found: Device) -> Mapping[str, object]:
        keys = [found.party, found.place]
        with Reading(self._engine) as reading:
            home = self._namespace(reading)
            attributes = {
                key: by_local_name(told) for key, told in vocabulary.attributes(reading, keys).items()
            }
        return {
            "device": found.id,
            "kind": found.kind,
            "name": found.name,
            "party": found.party,
            "place": found.place,
            "party_name": _texts(attributes.get(found.party, {})),
            "place_name": _texts(attributes.get(found.place, {})),
            "audience": self._settings.public_url,
            "namespace": home,
            "block_list_key": self._block_list_key().hex(),
            "time_zone": self._settings.time_zone,
            "server_time": self._now().isoformat(timespec="milliseconds"),
        }

    def place_of(self, by: Principal, given: str) -> tuple[str, str]:
        """The key of a place at which ``by`` may act, and the party that answers for it.

        Raises:
            InvalidInput: no place, or nobody's.
            NotAllowed: somebody else's.
        """
        with Reading(self._engine) as reading:
            return self._place(reading, by, given)

    def _namespace(self, reading: Reading) -> str:
        """Where the short codes of this platform live; before the first of them, where they would."""
        return namespace(reading) or namespace_of(self._settings.public_url)

    def _place(self, reading: Reading, by: Principal, given: str) -> tuple[str, str]:
        """The key of a place, and the party that answers for it."""
        key = _place_key(given, self._namespace(reading))
        owner = reading.connection.execute(
            select(EntryRow.owner).where(EntryRow.key == site(key), EntryRow.kind == "place")
        ).scalar()
        if owner is None:
            owner = by_local_name(vocabulary.attributes(reading, [site(key)]).get(site(key), {})).get("party")
        if owner is None:
            raise InvalidInput(
                "Nobody answers for the place {place} yet",
                where="place",
                place=given.strip(),
                remedy="Enter the place under its company first.",
            )
        party = _party_of(by)
        if party is not None and owner != party:
            raise NotAllowed("The place {place} is not your company's", where="place", place=given.strip())
        return key, owner


def _party_of(by: Principal) -> str | None:
    """The party whose devices ``by`` answers for; None means all.

    Raises:
        NotAllowed: for officers, stations, and accounts of no company.
    """
    if by.role == "administrator":
        return None
    if by.role != "company" or not by.party:
        raise NotAllowed("{name} is a {role} and may not do this", name=by.name, role=by.role)
    return by.party


def _in_sight(by: Principal) -> ColumnElement[bool]:
    """The devices that ``by`` answers for; raises as :func:`_party_of`."""
    _party_of(by)
    return visible_devices(Viewer(by.name, by.role, by.party))


def _names(payload: bytes, code: str) -> bool:
    """Whether what was signed is this code, in any way of writing it."""
    try:
        return read_code(payload.decode("ascii", "replace")) == code
    except CodeMistyped:
        return False


def _kind(given: str) -> DeviceKind:
    if given == "station":
        return "station"
    if given == "phone":
        return "phone"
    raise InvalidInput("A device is a station or a phone", where="kind", remedy="Choose one of the two.")


def _place_key(given: str, home: str) -> str:
    """The key of a place that is typed as its GLN, its own code, short or as a link, or an EPC."""
    text = given.strip()
    bare = "".join(text.split())
    if len(bare) == _GLN and bare.isascii() and bare.isdigit():
        text = f"https://id.gs1.org/414/{bare}"
    if not text:
        raise InvalidInput(
            "The device needs a place", where="place", remedy="Choose one, or type its number (GLN) or code."
        )
    try:
        if SHORT_CODE.fullmatch(text):
            return own_identifier(home, "place", text).key
        return canonical_key(text)
    except IdentifierError as error:
        raise InvalidInput(
            "{place} is no place",
            where="place",
            place=text[:100],
            remedy="Choose one, or type its number (GLN) or code.",
        ) from error


def _texts(attributes: Mapping[str, Any]) -> Mapping[str, str]:
    zh, en = attributes.get("nameZh", ""), attributes.get("nameEn", "")
    plain = attributes.get("name", "")
    return {"zh": str(zh or plain or en), "en": str(en or plain or zh)}
