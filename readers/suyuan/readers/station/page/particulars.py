"""The fields of the steps that say more than what is read, and what they make of an order."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import Protocol

from suyuan.readers.station.cold_chain.assessment import Span
from suyuan.readers.station.cold_chain.logger_file import read_logger_file
from suyuan.readers.station.cold_chain.measuring import Measuring
from suyuan.readers.station.cold_chain.profile import LOGGERS, PROFILES, Profile, profile_named
from suyuan.readers.station.config import StationConfig
from suyuan.readers.station.despatch import NOTHING_COMES, Despatch, Expected
from suyuan.readers.station.ending import Decision, Destroying, Notice, Returning
from suyuan.readers.station.identity import Identities, as_typed
from suyuan.readers.station.importing import Certificate, Importing
from suyuan.readers.station.order import Particulars, Step
from suyuan.readers.station.page import making
from suyuan.readers.station.page.field import Field, Values
from suyuan.readers.station.partners import NO_ADDRESSES, AddressBook
from suyuan.readers.station.purchase import OrderLine, read_order
from suyuan.readers.station.recall_task import RecallTask, is_checksum
from suyuan.readers.station.receiving import Receiving
from suyuan.readers.station.shipping import Buyer, Shipping
from suyuan.readers.station.stock import Keeping, Sweeping
from suyuan.trace.errors import InvalidInput

MOST_LISTED = 1_000
_MINUTES = re.compile(r"[+-]?\d{1,7}(?:\.\d{1,2})?")
_PICKED, _QUARANTINED = "pickable", "quarantined"


def _once(name: str, *, seldom: bool = False, kind: str = "text") -> Field:
    return Field(name, "list" if kind == "list" else "tick" if kind == "tick" else "text", True, seldom)


FIELDS: Mapping[Step, tuple[Field, ...]] = MappingProxyType(
    {
        Step.SHIP: (
            _once("vehicle", seldom=True),
            _once("seal", seldom=True),
            _once("set_point", seldom=True),
            _once("taken_off", seldom=True, kind="tick"),
            _once("ordered", seldom=True, kind="list"),
        ),
        Step.RECEIVE: (
            _once("despatch"),
            _once("unopened", seldom=True, kind="tick"),
            _once("temperature", seldom=True),
            Field("profile", "text", seldom=True),
            _once("damaged", seldom=True, kind="list"),
            _once("rejected", seldom=True, kind="tick"),
            _once("ordered", seldom=True, kind="list"),
            _once("confirmed", seldom=True, kind="list"),
        ),
        Step.MEASURE: (
            Field("profile", "text"),
            _once("readings", kind="list"),
            Field("temperature_unit", "choice", choices=("", "CEL", "FAH", "KEL")),
            _once("device", seldom=True),
            _once("clock_ahead", seldom=True),
            _once("covers_from", seldom=True),
            _once("covers_until", seldom=True),
        ),
        Step.STORE: (
            Field("storage", "text"),
            Field("storage_kind", "choice", choices=("", _PICKED, _QUARANTINED)),
        ),
        Step.COUNT: (_once("whole_store", kind="tick"), _once("storage")),
        Step.HOLD: (_once("case"), _once("counted"), _once("proof")),
        Step.RETURN: (
            Field("decision", "choice", True, choices=tuple(Decision)),
            _once("receipt", seldom=True),
        ),
        Step.DESTROY: (
            Field("notice", "text"),
            Field("notice_time", "text"),
            Field("notice_place", "text"),
            Field("witness_1", "person"),
            Field("witness_2", "person"),
            _once("proof"),
            Field("means", "text", seldom=True),
            _once("waived_by", seldom=True),
        ),
        Step.IMPORT: (
            Field("declaration", "text"),
            Field("certificate", "text"),
            Field("certificate_products", "list", seldom=True),
            Field("certificate_lots", "list", seldom=True),
            Field("tests", "list"),
            Field("exporter", "text", seldom=True),
        ),
    }
)
"""What each step asks beside the common fields."""


class Wrong(Protocol):
    """Told the name of a field, the key of what is wrong with it, and the places of that text."""

    def __call__(self, name: str, key: str, **told: object) -> None:
        """Collect it; the first that is told of a field stays."""
        ...


@dataclass(frozen=True, slots=True)
class Around:
    """What the fields are read against: the station's file, names, addresses, and what is on its way."""

    config: StationConfig
    identities: Identities
    addresses: AddressBook = NO_ADDRESSES
    coming: Expected = NOTHING_COMES


class Entered:
    """What was written into the fields of a step; what is wrong is told to ``wrong``, all of it."""

    def __init__(self, values: Values, around: Around, wrong: Wrong) -> None:
        self._values = values
        self._config = around.config
        self._identities = around.identities
        self._addresses = around.addresses
        self._coming = around.coming
        self._wrong = wrong

    def particulars(self, step: Step, buyer: Buyer | None) -> Particulars | None:
        """What the order says beside the common fields; None where nothing was written."""
        makers: Mapping[Step, Callable[[], Particulars | None]] = {
            Step.SHIP: lambda: self._shipping(buyer),
            Step.RECEIVE: self._receiving,
            Step.MEASURE: self._measuring,
            Step.STORE: self._keeping,
            Step.COUNT: self._sweeping,
            Step.HOLD: self._recall_task,
            Step.RETURN: self._returning,
            Step.DESTROY: self._destroying,
            Step.IMPORT: self._importing,
            Step.TRANSFORM: lambda: making.production(self._values, self._wrong),
            Step.INSPECT: lambda: making.inspection(self._values, self._wrong),
            Step.RELEASE: lambda: making.release(self._values, self._wrong),
        }
        make = makers.get(step)
        return None if make is None else make()

    def _text(self, name: str) -> str:
        return self._values.get(name, "").strip()

    def _shipping(self, buyer: Buyer | None) -> Shipping | None:
        told = Shipping(
            self._ordered(),
            buyer,
            self._text("vehicle"),
            self._text("seal"),
            self._celsius("set_point"),
            taken_off=bool(self._text("taken_off")),
        )
        return None if told == Shipping() else told

    def _receiving(self) -> Receiving | None:
        confirmed = self._epcs("confirmed")
        if confirmed and not self._text("reason"):
            self._wrong("reason", "fault.reason-of-confirmed")
        told = Receiving(
            self._despatch(),
            self._ordered(),
            confirmed,
            unopened=bool(self._text("unopened")),
            damaged=self._epcs("damaged"),
            temperature_c=self._celsius("temperature"),
            profile=self._profile(),
            rejected=bool(self._text("rejected")),
        )
        return None if told == Receiving(profile=told.profile) else told

    def _despatch(self) -> Despatch | None:
        text = self._text("despatch")
        found = self._coming.meant(text) if text else None
        if text and found is None:
            self._wrong("despatch", "fault.despatch")
        return found

    def _ordered(self) -> tuple[OrderLine, ...]:
        try:
            return read_order(self._text("ordered"), self._product)
        except InvalidInput as error:
            self._wrong("ordered", "fault.ordered", line=error.where)
            return ()

    def _product(self, text: str) -> str:
        """The key of a product written as a GTIN, an own code or a link."""
        found = self._identities.from_text(self._addresses.coded(text) or text).product_key
        if found is None:
            raise InvalidInput("{text} is no product.", text=text)
        return found

    def _span(self) -> Span | None:
        """The time that readings are to cover; both ends or none."""
        since, until = self._time("covers_from"), self._time("covers_until")
        if since is None and until is None:
            return None
        for name, at in (("covers_from", since), ("covers_until", until)):
            if at is None:
                self._wrong(name, "fault.needed")
        if since is not None and until is not None and since >= until:
            self._wrong("covers_until", "fault.covers")
        return None if since is None or until is None else Span(since, until)

    def _measuring(self) -> Measuring | None:
        profile, text = self._profile(), self._text("readings")
        for name, given in (("profile", self._text("profile")), ("readings", text)):
            if not given:
                self._wrong(name, "fault.needed")
        if profile is None or not text:
            return None
        local = self._local()
        unit, device = self._text("temperature_unit"), self._text("device")
        try:
            found = read_logger_file(text.encode(), local=local, unit=unit, device=device)
        except InvalidInput as error:
            name = "temperature_unit" if error.where == "unit" else "readings"
            self._wrong(name, "fault.readings", why=error)
            return None
        return Measuring(
            found.readings,
            profile,
            local,
            LOGGERS.of(self._config),
            self._span(),
            left_out=found.left_out_count,
            left_out_line=found.left_out[0].line if found.left_out else 0,
            ahead_s=self._clock_ahead_s(),
        )

    def _clock_ahead_s(self) -> float:
        """How far the logger's clock was ahead, which is written in minutes."""
        text = self._text("clock_ahead").replace("−", "-").replace(",", ".")
        if text and not _MINUTES.fullmatch(text):
            self._wrong("clock_ahead", "fault.clock_ahead")
            return 0.0
        return float(text or 0) * 60

    def _keeping(self) -> Keeping | None:
        kind, place = self._text("storage_kind"), self._text("storage")
        pickable = {_PICKED: True, _QUARANTINED: False}.get(kind)
        return Keeping(place, pickable) if place or kind else None

    def _sweeping(self) -> Sweeping | None:
        """A count of the whole store, or of the one place that is named."""
        place = self._text("storage")
        return Sweeping(place) if place or self._text("whole_store") else None

    def _recall_task(self) -> RecallTask | None:
        case, counted = self._text("case"), self._text("counted")
        if counted and not (counted.isascii() and counted.isdigit() and len(counted) <= 7):  # noqa: PLR2004
            self._wrong("counted", "fault.count")
            return None
        return RecallTask(case, int(counted) if counted else None, self._proof()) if case else None

    def _returning(self) -> Returning:
        try:
            decision = Decision(self._text("decision") or Decision.QUARANTINE)
        except ValueError:
            decision = Decision.QUARANTINE
            self._wrong("decision", "fault.needed")
        return Returning(decision, self._text("receipt"))

    def _destroying(self) -> Destroying:
        number, time, place = (self._text(name) for name in ("notice", "notice_time", "notice_place"))
        notice = None
        if number or time or place:
            for name, text in (("notice", number), ("notice_time", time), ("notice_place", place)):
                if not text:
                    self._wrong(name, "fault.needed")
            at = self._time("notice_time")
            notice = None if at is None else Notice(number, at, place)
        return Destroying(
            notice,
            self._text("waived_by"),
            tuple(filter(None, (self._text("witness_1"), self._text("witness_2")))),
            self._proof(),
            self._text("means"),
        )

    def _importing(self) -> Importing:
        number = self._text("certificate")
        lots = frozenset(self._lines("certificate_lots"))
        certificate = Certificate(number, self._products("certificate_products"), lots) if number else None
        tests = tuple(self._lines("tests"))
        return Importing(self._text("declaration"), certificate, tests, self._text("exporter"))

    def _proof(self) -> str:
        text = self._text("proof").lower()
        if text and not is_checksum(text):
            self._wrong("proof", "fault.proof")
        return text

    def _profile(self) -> Profile | None:
        name = self._text("profile")
        if not name:
            return None
        try:
            return profile_named(PROFILES.of(self._config), name)
        except InvalidInput:
            self._wrong("profile", "fault.profile")
            return None

    def _celsius(self, name: str) -> float | None:
        text = (
            self._text(name).replace("−", "-").replace(",", ".").removesuffix("℃").removesuffix("°C").strip()
        )
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not -90 <= value <= 100:  # noqa: PLR2004 - what food is kept at
            self._wrong(name, "fault.temperature")
            return None
        return value

    def _time(self, name: str) -> datetime | None:
        text = self._text(name)
        try:
            found = datetime.fromisoformat(text) if text else None
        except ValueError:
            self._wrong(name, "fault.time")
            return None
        return found if found is None or found.tzinfo is not None else found.replace(tzinfo=self._local())

    def _local(self) -> timezone:
        offset = self._config.utc_offset
        apart = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6]))
        return timezone(-apart if offset[0] == "-" else apart)

    def _epcs(self, name: str) -> tuple[str, ...]:
        try:
            return tuple(self._identities.from_text(as_typed(text)).epc for text in self._lines(name))
        except InvalidInput:
            self._wrong(name, "fault.codes")
            return ()

    def _products(self, name: str) -> frozenset[str]:
        who = [self._identities.from_text(epc) for epc in self._epcs(name)]
        products = [each.gtin or each.product_key for each in who]
        if None in products:
            self._wrong(name, "fault.codes")
        return frozenset(each for each in products if each is not None)

    def _lines(self, name: str) -> list[str]:
        found = [text for text in self._text(name).replace(",", " ").replace(";", " ").split() if text]
        if len(found) > MOST_LISTED:
            self._wrong(name, "fault.codes")
        return found[:MOST_LISTED]
