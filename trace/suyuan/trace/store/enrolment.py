"""One-time codes that let a device in: how they are written, made, and used up.

A code is 115 random bits in the alphabet of our own identifiers with their check character, in groups of
four: every single wrong character and every swap of two is noticed before anything is looked up. Only the
SHA-256 of a code is stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from suyuan.trace.errors import Conflict, InvalidInput, NotFound
from suyuan.trace.gs1.own import ALPHABET, check_character
from suyuan.trace.store.devices import Device, DeviceKind, device, device_of_key, insert_device
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import EnrolmentRow

LIFETIME = timedelta(minutes=15)
LONGEST_NAME = 100
_MISREAD = str.maketrans("OIL", "011", " -\u2010\u2011\u2012\u2013\t\r\n")
_RANDOM = 23  # characters before the check character
_GROUP = 4


class CodeMistyped(InvalidInput):
    """The check character does not fit, or it is no code at all."""

    code = "enrolment-code-mistyped"
    title = "This code is mistyped"


class CodeUnknown(NotFound):
    """No such code was made here."""

    code = "enrolment-code-unknown"
    title = "This code is not known"


class CodeUsed(Conflict):
    """A code lets one device in."""

    code = "enrolment-code-used"
    title = "This code was used already"


class CodeExpired(Conflict):
    """A code is valid for a quarter of an hour."""

    code = "enrolment-code-expired"
    title = "This code has expired"


class CodeOfAnotherKind(Conflict):
    """A phone's code was given to a station, or the reverse; it is not used up by that."""

    code = "enrolment-code-kind"
    title = "This code is for another kind of device"


class KeyInUse(Conflict):
    """A second device brings a key that a first was enrolled with."""

    code = "device-key-in-use"
    title = "This key belongs to another device"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What is known of a code, beside the code."""

    id: str
    kind: DeviceKind
    name: str
    party: str
    place: str
    created: datetime
    created_by: str
    expires: datetime
    used: datetime | None
    device: str | None


def grouped(code: str) -> str:
    """A canonical code as people read it: ``K7QD-…``."""
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def read_code(typed: str) -> str:
    """The canonical code of what was typed: blanks, hyphens and case do not count, O is 0, I and L are 1.

    Of a whole link, what stands behind the ``#`` is the code.

    Raises:
        CodeMistyped: wrong length, a foreign character, or the check character does not fit.
    """
    code = typed[:200].rpartition("#")[2].strip().upper().translate(_MISREAD)
    if len(code) != _RANDOM + 1 or any(letter not in ALPHABET for letter in code):
        raise CodeMistyped(
            "A code has {count} letters and digits in groups of four; this is none",
            where="code",
            count=_RANDOM + 1,
            remedy="Compare it with the screen that shows it, or scan it.",
        )
    if check_character(code[:-1]) != code[-1]:
        raise CodeMistyped(
            "A character of the code is wrong",
            where="code",
            remedy="Compare it with the screen that shows it, or scan it.",
        )
    return code


def make_code(
    writing: Writing,
    *,
    kind: DeviceKind,
    name: str,
    party: str,
    place: str,
    now: datetime,
    by: str,
    randbytes: Callable[[int], bytes],
) -> tuple[str, Enrolment]:
    """A fresh code, told this once, and what stays known of it.

    Raises:
        InvalidInput: an empty, overlong or unprintable name.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput(
            "A device's name has 1 to {most} printable characters", where="name", most=LONGEST_NAME
        )
    bits = int.from_bytes(randbytes(15), "big")
    text = "".join(ALPHABET[bits >> 5 * at & 31] for at in range(_RANDOM))
    code = text + check_character(text)
    made = Enrolment(randbytes(8).hex(), kind, name, party, place, now, by, now + LIFETIME, None, None)
    values = {field: getattr(made, field) for field in made.__slots__}
    writing.connection.execute(insert(EnrolmentRow), {"hash": _digest(code), **values})
    return code, made


def redeem(
    writing: Writing,
    code: str,
    *,
    kind: DeviceKind,
    public_key: dict[str, Any],
    thumbprint: str,
    now: datetime,
    randbytes: Callable[[int], bytes],
) -> Device:
    """Let a device in by its canonical ``code``; the proof that it holds the key is the caller's to check.

    The same device may ask again if the answer was lost on its way: it gets the same answer.

    Raises:
        CodeUnknown, CodeUsed, CodeExpired, CodeOfAnotherKind, KeyInUse: see there; nothing was changed.
    """
    found = writing.connection.execute(_CODES.where(EnrolmentRow.hash == _digest(code))).first()
    if found is None:
        raise CodeUnknown(
            "There is no such code here", where="code", remedy="Have a new one made on the page of devices."
        )
    enrolment = _enrolment(found)
    if enrolment.used is not None:
        return _again(writing, enrolment, thumbprint)
    _check_open(enrolment, kind, device_of_key(writing, thumbprint), now)
    fresh = Device(
        id=randbytes(8).hex(),
        kind=kind,
        name=enrolment.name,
        party=enrolment.party,
        place=enrolment.place,
        public_key=public_key,
        thumbprint=thumbprint,
        enrolled=now,
        enrolled_by=enrolment.created_by,
    )
    insert_device(writing, fresh)
    writing.connection.execute(
        update(EnrolmentRow).where(EnrolmentRow.id == enrolment.id).values(used=now, device=fresh.id)
    )
    return fresh


def _check_open(enrolment: Enrolment, kind: DeviceKind, owner: Device | None, now: datetime) -> None:
    """See that a code lets this kind of device in, with a key that has no ``owner`` yet."""
    if now >= enrolment.expires:
        raise CodeExpired(
            "The code was valid until {expires}",
            where="code",
            expires=enrolment.expires,
            remedy="Have a new one made: a code is valid for 15 minutes.",
        )
    if enrolment.kind != kind:
        raise CodeOfAnotherKind(_FOR[enrolment.kind], where="code", remedy=_INSTEAD[enrolment.kind])
    if owner is not None:
        raise KeyInUse(
            "This key is enrolled already as {name}",
            where="public_key",
            name=owner.name,
            remedy="Every device makes its own key: remove the copied key file and enrol again.",
        )


def open_codes(reading: Reading, *, party: str | None, now: datetime) -> Sequence[Enrolment]:
    """The codes that may still be used, newest first; of one party, or of all."""
    statement = _CODES.where(EnrolmentRow.used.is_(None), EnrolmentRow.expires > now)
    if party is not None:
        statement = statement.where(EnrolmentRow.party == party)
    rows = reading.connection.execute(statement.order_by(EnrolmentRow.created.desc()))
    return [_enrolment(row) for row in rows]


_FOR: dict[str, str] = {
    "station": "This code is for a station, not for a phone",
    "phone": "This code is for a phone, not for a station",
}
_INSTEAD: dict[str, str] = {
    "station": "Give it to the station: its setup page, or suyuan station enrol.",
    "phone": "Open the link on the phone, or have a code for a station made.",
}
_CODES = select(
    EnrolmentRow.id,
    EnrolmentRow.kind,
    EnrolmentRow.name,
    EnrolmentRow.party,
    EnrolmentRow.place,
    EnrolmentRow.created,
    EnrolmentRow.created_by,
    EnrolmentRow.expires,
    EnrolmentRow.used,
    EnrolmentRow.device,
)


def _enrolment(row: Sequence[Any]) -> Enrolment:
    return Enrolment(*row)


def _again(writing: Writing, enrolment: Enrolment, thumbprint: str) -> Device:
    if enrolment.device is not None:
        let_in = device(writing, enrolment.device)
        if let_in.thumbprint == thumbprint and let_in.revoked is None:
            return let_in
    raise CodeUsed(
        "The code was used on {used} to enrol {name}",
        where="code",
        used=enrolment.used,
        name=enrolment.name,
        remedy="A code lets one device in: have a new one made.",
    )


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode("ascii")).digest()
