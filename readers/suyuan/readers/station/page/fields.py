"""The fields of each step on the page, and the order that they make."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date

from suyuan.readers.station.config import ReadPoint, StationConfig
from suyuan.readers.station.despatch import NOTHING_COMES, Expected
from suyuan.readers.station.identity import Identities, as_typed
from suyuan.readers.station.order import Order, Particulars, Step
from suyuan.readers.station.page import making, particulars
from suyuan.readers.station.page.field import Field, Values
from suyuan.readers.station.partners import NO_ADDRESSES, AddressBook
from suyuan.readers.station.receiving import Receiving
from suyuan.readers.station.shipping import Buyer
from suyuan.readers.station.steps import lot_key_of
from suyuan.trace.epcis.event import QuantityElement, TypedReference
from suyuan.trace.errors import InvalidInput

MOST_EXPECTED = 5_000
MOST_COUNT = 1_000_000
MOST_AMOUNT = 1e9
MOST_REASON = 200
UNITS = ("KGM", "GRM", "LTR", "PCE")
"""UN/ECE Recommendation 20; PCE stands for pieces, which EPCIS counts without a unit."""
FINDINGS = ("conformant", "non_conformant")
_LOT = re.compile(r"[!-~]{1,20}")
_OWN_LOT = re.compile(r"\S{1,40}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_NUMBER = re.compile(r"[A-Za-z0-9._-]{1,40}")
_GLN_LENGTH = 13

_PRODUCT, _LOT_FIELD = Field("product", "code"), Field("lot", "text")
_MADE, _LAST = Field("produced", "date"), Field("expires", "date")
_COUNT = Field("expected_count", "count", once=True)
_PAPER = Field("document", "text", once=True)
_LIST = Field("expected", "list", once=True, seldom=True)
_LOOSE = (
    Field("amount", "amount", once=True, seldom=True),
    Field("unit", "choice", seldom=True, choices=UNITS),
)
_SELDOM_PRODUCT = (
    Field("product", "code", once=True, seldom=True),
    Field("lot", "text", once=True, seldom=True),
)
_WHY = (
    Field("reason", "text", once=True, seldom=True),
    Field("operator", "text", seldom=True),
    Field("approver", "text", once=True, seldom=True),
)
_ANY = (_COUNT, _LIST, *_SELDOM_PRODUCT, *_LOOSE, *_WHY)
UNTOLD = Field("untold", "tick")
"""Ship although nobody is named who could be told of it; asked for once, then kept until a receiver is."""

FIELDS: Mapping[Step, tuple[Field, ...]] = {
    Step.COMMISSION: (
        _PRODUCT,
        _LOT_FIELD,
        _MADE,
        _LAST,
        _COUNT,
        Field("country_of_origin", "text", seldom=True),
        *_LOOSE,
    ),
    Step.PACK: (
        Field("parent", "code", once=True),
        _COUNT,
        Field("product", "code", seldom=True),
        _LIST,
        Field("lot", "text", once=True, seldom=True),
        *_LOOSE,
        *_WHY,
    ),
    Step.UNPACK: (Field("parent", "code", once=True), _COUNT, _LIST, *_SELDOM_PRODUCT, *_LOOSE, *_WHY),
    Step.TRANSFORM: (
        _PRODUCT,
        _LOT_FIELD,
        Field("amount", "amount", once=True),
        _LOOSE[1],
        _MADE,
        _LAST,
        _COUNT,
        *making.FIELDS[Step.TRANSFORM],
        *_WHY,
    ),
    Step.SHIP: (
        Field("receiver", "partner"),
        UNTOLD,
        _PAPER,
        _COUNT,
        _LIST,
        *_SELDOM_PRODUCT,
        *_LOOSE,
        *particulars.FIELDS[Step.SHIP],
        *_WHY,
    ),
    Step.RECEIVE: (
        Field("sender", "partner"),
        _PAPER,
        _COUNT,
        *particulars.FIELDS[Step.RECEIVE],
        _LIST,
        *_SELDOM_PRODUCT,
        *_LOOSE,
        *_WHY,
    ),
    Step.SELL: (_COUNT, *_SELDOM_PRODUCT, *_LOOSE),
    Step.INSPECT: (
        Field("finding", "choice", choices=FINDINGS),
        *making.FIELDS[Step.INSPECT],
        _COUNT,
        _LIST,
        *_SELDOM_PRODUCT,
        *_LOOSE,
        *_WHY,
    ),
    Step.RELEASE: (
        _PRODUCT,
        _LOT_FIELD,
        *making.FIELDS[Step.RELEASE],
        Field("operator", "text"),
        Field("approver", "text", once=True),
        _WHY[0],
        Field("amount", "amount", once=True),
        _LOOSE[1],
        _COUNT,
    ),
    Step.MEASURE: (*particulars.FIELDS[Step.MEASURE], *_ANY),
    Step.STORE: (*particulars.FIELDS[Step.STORE], *_ANY),
    Step.COUNT: (*particulars.FIELDS[Step.COUNT], *_ANY),
    Step.PICK: _ANY,
    Step.HOLD: (*particulars.FIELDS[Step.HOLD], *_ANY),
    Step.RETURN: (*particulars.FIELDS[Step.RETURN], *_ANY),
    Step.DESTROY: (*particulars.FIELDS[Step.DESTROY], *_ANY),
    Step.IMPORT: (
        _PRODUCT,
        _LOT_FIELD,
        _MADE,
        _LAST,
        *particulars.FIELDS[Step.IMPORT],
        Field("country_of_origin", "text"),
        _COUNT,
        *_LOOSE,
        *_WHY,
    ),
}
"""The fields of each step in the order of the page."""

HOLD = "hold"
"""The switch beside the fields: read until the button is pressed, not until the field falls quiet."""
BY_HAND = frozenset({"wedge", "serial", "http", "pcsc", "nfc+usb", "nfc+tty", "nfc+udp", "udp"})
"""Schemes of readers that see one thing after another; their passes are held open unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form made: an order, or what is wrong with each field (a key of the words, and its places)."""

    order: Order | None
    faults: Mapping[str, tuple[str, Mapping[str, object]]] = field(
        default_factory=dict[str, tuple[str, Mapping[str, object]]]
    )


def defaults(point: ReadPoint, step: Step, scheme: str) -> dict[str, str]:
    """What the fields say before anybody wrote anything: the order of the read point's configuration."""
    values = {HOLD: "1"} if scheme in BY_HAND else {}
    if point.order is not None and point.step is step:
        known = {each.name: getattr(point.order, each.name) for each in fields(point.order)}
        for each in FIELDS[step]:
            value = known.get(each.name)
            if value is not None:
                values[each.name] = value.isoformat() if isinstance(value, date) else str(value)
    if step is Step.INSPECT:
        values.setdefault("finding", FINDINGS[0])
    return values


def remembered(step: Step, values: Values) -> dict[str, str]:
    """What of ``values`` goes for the next pass too."""
    lasting = {each.name for each in FIELDS[step] if not each.once} | {HOLD}
    if values.get("receiver"):
        lasting -= {UNTOLD.name}
    return {name: text for name, text in values.items() if name in lasting and text}


def standing(step: Step, values: Values) -> list[tuple[Field, str]]:
    """What the next pass takes over from the fields, in short, for where they are folded."""
    told = (
        (each, values.get(each.name, "").strip())
        for each in FIELDS[step]
        if each.kind not in {"count", "amount", "list"} and each.name != "unit"
    )
    return [(each, text.rpartition("/")[2] if "://" in text else text) for each, text in told if text]


def fill(
    step: Step,
    values: Values,
    config: StationConfig,
    point: ReadPoint,
    identities: Identities,
    addresses: AddressBook = NO_ADDRESSES,
    coming: Expected = NOTHING_COMES,
) -> Filled:
    """The order that ``values`` describe, or everything that is wrong with them."""
    form = _Form(values, {each.name for each in FIELDS[step]}, identities, addresses, coming)
    order = form.order(step, config, point)
    return Filled(None if form.faults else order, form.faults)


@dataclass(frozen=True, slots=True)
class _Other:
    """The other side of a delivery: its party, and its place where that was named."""

    party: str
    place: str | None = None


class _Form:
    """Reads one field after the other, and collects what is wrong."""

    def __init__(
        self,
        values: Values,
        names: set[str],
        identities: Identities,
        addresses: AddressBook,
        coming: Expected,
    ) -> None:
        self._coming = coming
        self._addresses = addresses
        self._values = {name: values.get(name, "").strip() for name in names}
        self._identities = identities
        self.faults: dict[str, tuple[str, Mapping[str, object]]] = {}

    def order(self, step: Step, config: StationConfig, point: ReadPoint) -> Order:
        product = self._product()
        lot = self._lot(own=product is not None and not product.isdigit())
        quantity = self._quantity(step, product, lot)
        expected = self._expected()
        made, parent = step is Step.TRANSFORM, self._unit()
        reads_unit = step in {Step.PACK, Step.UNPACK} and parent is None
        partner = self._partner("receiver" if step is Step.SHIP else "sender")
        sources, destinations = _ends(step, partner, config, point)
        told = self._particulars(step, config, partner)
        making.can_be_judged(told, product, config, self._wrong)
        return Order(
            step=step,
            product=product,
            lot=lot,
            produced=self._day("produced"),
            expires=self._day("expires"),
            country_of_origin=self._matching("country_of_origin", _COUNTRY, str.upper),
            typed=quantity is not None and not made and not reads_unit,
            expected=expected,
            expected_count=None if expected is not None else self._count(),
            quantities=() if quantity is None or made else (quantity,),
            inputs=making.weighed(self._values, self._identities, self._wrong) if made else (),
            outputs=(quantity,) if quantity is not None and made else (),
            parent=parent,
            biz_transactions=self._document(step, None if partner is None else partner.party, config.party),
            sources=sources,
            destinations=destinations,
            disposition=self._finding(),
            reason=self._text("reason")[:MOST_REASON],
            operator=self._text("operator")[:MOST_REASON],
            approver=self._text("approver")[:MOST_REASON],
            epcs=told.confirmed if isinstance(told, Receiving) else (),
            particulars=told,
        )

    def _particulars(self, step: Step, config: StationConfig, partner: _Other | None) -> Particulars | None:
        around = particulars.Around(config, self._identities, self._addresses, self._coming)
        entered = particulars.Entered(self._values, around, self._wrong)
        known = None if partner is None else self._addresses.known(partner.party)
        buyer = None
        if step is Step.SHIP and known is not None and known.licensed_until is not None:
            buyer = Buyer(known.zh or known.en or known.typed, known.licence, known.licensed_until)
        return entered.particulars(step, buyer)

    def _wrong(self, name: str, key: str, **told: object) -> None:
        self.faults.setdefault(name, (key, told))

    def _text(self, name: str) -> str:
        return self._values.get(name, "")

    def _matching(
        self, name: str, pattern: re.Pattern[str], change: Callable[[str], str] = str
    ) -> str | None:
        text = change(self._text(name))
        if text and not pattern.fullmatch(text):
            self._wrong(name, f"fault.{name}")
        return text or None

    def _product(self) -> str | None:
        text = self._text("product")
        if not text:
            return None
        try:
            who = self._identities.from_text(self._addresses.coded(text) or text)
        except InvalidInput:
            self._wrong("product", "fault.product")
            return None
        product = who.gtin or who.product_key
        if product is None:
            self._wrong("product", "fault.product")
        return product

    def _lot(self, *, own: bool) -> str | None:
        """The lot; with a GTIN in GS1's characters, below an own code in any script."""
        lot = self._matching("lot", _OWN_LOT if own else _LOT)
        if lot and not self._text("product"):
            self._wrong("product", "fault.product-of-lot")
        return lot

    def _day(self, name: str) -> date | None:
        text = self._text(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self._wrong(name, "fault.date")
            return None

    def _count(self) -> int | None:
        text = self._text("expected_count")
        if not text:
            return None
        if not (
            text.isascii()
            and text.isdigit()
            and len(text) <= len(str(MOST_COUNT))
            and int(text) <= MOST_COUNT
        ):
            self._wrong("expected_count", "fault.count")
            return None
        return int(text)

    def _unit(self) -> str | None:
        text = self._text("parent")
        if not text:
            return None
        try:
            who = self._identities.from_text(as_typed(text))
        except InvalidInput:
            self._wrong("parent", "fault.parent")
            return None
        if who.kind != "unit":
            self._wrong("parent", "fault.parent")
        return who.epc

    def _expected(self) -> tuple[str, ...] | None:
        texts = [text for text in re.split(r"[\s,;]+", self._text("expected")) if text]
        if not texts:
            return None
        if len(texts) > MOST_EXPECTED:
            self._wrong("expected", "fault.expected-many", most=MOST_EXPECTED)
            return None
        epcs: list[str] = []
        for text in texts:
            try:
                epcs.append(self._identities.from_text(as_typed(text)).epc)
            except InvalidInput:
                self._wrong("expected", "fault.expected", code=text[:60])
                return None
        return tuple(epcs)

    def _quantity(self, step: Step, product: str | None, lot: str | None) -> QuantityElement | None:
        """An amount of the lot: loose goods that nothing is read of, or what a transformation makes."""
        text = self._text("amount")
        made = step is Step.TRANSFORM
        if not text and not made:
            return None
        try:
            amount = float(text)
        except ValueError:
            amount = -1.0
        if not 0 < amount <= MOST_AMOUNT:
            self._wrong("amount", "fault.amount")
        unit = self._text("unit") or UNITS[0]
        if unit not in UNITS:
            self._wrong("unit", "fault.unit")
        for name, given in (("product", product), ("lot", lot)):
            if not given:
                self._wrong(name, "fault.needed")
        if self.faults:
            return None
        epc_class = lot_key_of(Order(step, product=product, lot=lot), self._identities)
        if epc_class is None:
            return None
        return QuantityElement(epc_class, amount, None if unit == "PCE" else unit)

    def _partner(self, name: str) -> _Other | None:
        """The other side: chosen from the list, or a GLN, an own code or a link as people have them."""
        text = self._text(name)
        if not text:
            if name == "receiver" and not self._text(UNTOLD.name):
                self._wrong(name, "fault.no-receiver")
            return None
        if (known := self._addresses.meant(text)) is not None:
            return _Other(known.party or known.key, known.key) if known.kind == "place" else _Other(known.key)
        if alike := self._addresses.named(text):
            self._wrong(name, "fault.partner-alike", codes=" / ".join(one.typed for one in alike[:5]))
            return None
        if text.isascii() and text.isdigit() and len(text) == _GLN_LENGTH:
            text = f"https://id.gs1.org/417/{text}"
        try:
            return _Other(self._identities.from_text(text).epc)
        except InvalidInput:
            self._wrong(name, "fault.partner")
            return None

    def _document(self, step: Step, partner: str | None, party: str) -> tuple[TypedReference, ...]:
        """The despatch advice, named as CBV 2.0 §8.5 has it: by the GLN of who wrote it, and its number."""
        text = self._text("document")
        if not text:
            return ()
        if not re.match(r"(urn:|https?://)\S+$", text):
            issuer = party if step is Step.SHIP else partner
            if issuer is None:
                self._wrong("sender", "fault.sender-of-document")
                return ()
            if not _NUMBER.fullmatch(text):
                self._wrong("document", "fault.document")
            gln = issuer.rpartition("/417/")[2]
            text = f"urn:epcglobal:cbv:bt:{gln}:{text}" if gln.isdigit() else f"{issuer}/bt/{text}"
        return (TypedReference("desadv", text),)

    def _finding(self) -> str | None:
        text = self._text("finding")
        if text and text not in FINDINGS:
            self._wrong("finding", "fault.finding")
        return text or None


def _ends(
    step: Step, other: _Other | None, config: StationConfig, point: ReadPoint
) -> tuple[tuple[TypedReference, ...], tuple[TypedReference, ...]]:
    """Whose the goods were and whose they become; told only where the other side is known."""
    if other is None or step not in {Step.SHIP, Step.RECEIVE}:
        return (), ()
    ours, theirs = _end(config.party, point.biz_location), _end(other.party, other.place)
    return (ours, theirs) if step is Step.SHIP else (theirs, ours)


def _end(party: str, place: str | None) -> tuple[TypedReference, ...]:
    possessing = TypedReference("possessing_party", party)
    return (possessing,) if place is None else (possessing, TypedReference("location", place))
