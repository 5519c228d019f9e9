"""Receiving against an order and a despatch advice: what belongs to which class, and the record of receipt.

Pure. Three lists are compared: what was ordered, what the sender announced, what was read. The record holds
what the Food Safety Law wants of a purchase (Art. 50 and 53: name, specification, amount, lot or production
date, shelf life, day, supplier with address and contact), filled in from the despatch advice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from suyuan.readers.station.cold_chain.profile import Profile
from suyuan.readers.station.despatch import Announced, Despatch, LotFacts
from suyuan.readers.station.identity import Identity, lot_number
from suyuan.readers.station.memory import DEEPEST
from suyuan.readers.station.order import Particulars
from suyuan.readers.station.purchase import OrderLine, product_of
from suyuan.trace.epcis.event import QuantityElement
from suyuan.trace.gs1 import IdentifierError, identify

_SSCC = "/00/"
MOST_TOLD = 1_000
"""EPCs of one class that stand in the record; the count tells how many there are."""

CLASSES = ("clone", "recalled", "held", "expired", "damaged", "temperature", "unknown", "extra", "matched")
"""In which class a thing that was read is: the first that fits. ``missing`` are those that were not read."""
QUARANTINED = frozenset(CLASSES) - {"matched"}
_CODES = {
    "DUP_TAG": "clone",
    "DESTROYED_SEEN": "clone",
    "RECALLED": "recalled",
    "HELD": "held",
    "EXPIRED": "expired",
    "DAMAGED": "damaged",
    "TEMP_EXCURSION": "temperature",
    "UNKNOWN_TAG": "unknown",
    "EXTRA": "extra",
}


@dataclass(frozen=True, slots=True)
class Receiving(Particulars):
    """What the order of a receipt says beside the common fields.

    ``despatch`` None is a blind receipt. ``confirmed`` are EPCs that a person counted without a reading,
    for the order's reason; ``unopened``: what is announced in units that were read counts as come.
    ``damaged`` are EPCs. ``temperature_c`` was measured in the goods, against ``profile``. ``rejected``:
    nothing is taken.
    """

    despatch: Despatch | None = None
    ordered: tuple[OrderLine, ...] = ()
    confirmed: tuple[str, ...] = ()
    unopened: bool = False
    damaged: tuple[str, ...] = ()
    temperature_c: float | None = None
    profile: Profile | None = None
    rejected: bool = False


def expected_of(despatch: Despatch, read: Iterable[str], *, unopened: bool, touched: bool) -> list[Announced]:
    """The single things that should have been read. Linear.

    Args:
        despatch: what was announced.
        read: canonical keys.
        unopened: contents of units that were read need no reading of their own.
        touched: only what is in an outermost unit of which anything was read: a truck is unloaded in parts.
            Pieces in no unit come together.
    """
    there = set(read)
    single = {one.key: one for one in despatch.goods if not one.is_class}
    units = {one.inside for one in single.values()}
    come = {one.key for one in came_inside(despatch, there)} if unopened else set[str]()
    roots = {key: _root(_way_out(one, single)[-1], units) for key, one in single.items()}
    begun = {roots[key] for key in there if key in roots}
    found: list[Announced] = []
    for key, one in single.items():
        if (not touched or roots[key] in begun) and key not in come:
            found.append(one)
    return found


def came_inside(despatch: Despatch, read: Collection[str]) -> list[Announced]:
    """The single things not read themselves that were announced in units that were. Linear."""
    single = {one.key: one for one in despatch.goods if not one.is_class}
    there = set(read)
    return [
        one
        for key, one in single.items()
        if key not in there and there.intersection(_way_out(one, single)[1:])
    ]


def unseen_in(despatch: Despatch, there: Collection[str]) -> dict[str, set[str]]:
    """By unit the keys of what was announced in it, at any depth, and is not ``there`` by itself."""
    single = {one.key: one for one in despatch.goods if not one.is_class}
    found: dict[str, set[str]] = {}
    for one in despatch.goods:
        if one.is_class or one.key not in there:
            for unit in _way_out(one, single)[1:]:
                found.setdefault(unit, set()).add(one.key)
    return found


def _root(outermost: str, units: set[str | None]) -> str:
    """The outermost unit, or one name for all loose pieces."""
    return outermost if outermost in units or _SSCC in outermost else ""


def _way_out(one: Announced, single: Mapping[str, Announced]) -> list[str]:
    """The keys from a thing to its outermost unit; at most ``DEEPEST`` units."""
    way = [one.key]
    while one.inside is not None and one.inside not in way and len(way) <= DEEPEST:
        way.append(one.inside)
        if one.inside not in single:
            break
        one = single[one.inside]
    return way


def classified(
    taken: Sequence[Identity], findings: Iterable[tuple[str, Iterable[Identity]]]
) -> dict[str, str]:
    """The class of each thing that was read, by key; ``findings`` are codes and whom they are about."""
    marks: dict[str, set[str]] = {}
    for code, who in findings:
        if (name := _CODES.get(code)) is not None:
            for each in who:
                marks.setdefault(each.key, set()).add(name)
    return {
        each.key: next((name for name in CLASSES if name in marks.get(each.key, ())), "matched")
        for each in taken
    }


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the record of receipt."""

    product_key: str | None
    lot_key: str | None
    quantity: float
    uom: str | None
    facts: LotFacts


@dataclass(frozen=True, slots=True)
class Receipt:
    """The record of a receipt (进货查验记录); ``classes`` hold EPCs, those of units too."""

    despatch: Despatch | None
    day: date
    lines: tuple[Line, ...]
    classes: Mapping[str, tuple[str, ...]]
    by_hand: tuple[str, ...] = ()
    temperature_c: float | None = None
    rejected: bool = False

    @property
    def decision(self) -> str:
        """accepted, accepted-with-exceptions or rejected."""
        if self.rejected:
            return "rejected"
        clean = not any(epcs for name, epcs in self.classes.items() if name != "matched") and not self.by_hand
        return "accepted" if clean else "accepted-with-exceptions"

    def lacks(self) -> tuple[str, ...]:
        """What the law wants to stand in it and does not (Art. 50 and 53), by names of the event."""
        missing: set[str] = set()
        if self.despatch is None:
            missing |= {"supplier"}
        else:
            supplier = self.despatch.supplier
            told = {"supplier": supplier.zh or supplier.en, "address": supplier.address}
            told["contact"] = supplier.contact
            missing |= {name for name, value in told.items() if not value}
        for line in self.lines:
            missing |= {name for name, value in _of_law(line).items() if not value}
        return tuple(sorted(missing))

    def as_event(self) -> dict[str, Any]:
        """As it stands in the event of the receipt."""
        told: dict[str, Any] = {
            "suyuan:decision": self.decision,
            "suyuan:receivedOn": self.day.isoformat(),
            "suyuan:lines": [_line(line) for line in self.lines],
            "suyuan:counts": {f"suyuan:{name}": len(epcs) for name, epcs in self.classes.items()},
        }
        for name, epcs in self.classes.items():
            if epcs and name != "matched":
                told[f"suyuan:{name}"] = list(epcs[:MOST_TOLD])
        if self.by_hand:
            told["suyuan:byHand"] = list(self.by_hand[:MOST_TOLD])
        if self.temperature_c is not None:
            told["suyuan:temperatureC"] = self.temperature_c
        if self.despatch is not None:
            told["suyuan:despatch"] = self.despatch.id
            told["suyuan:supplier"] = _supplier(self.despatch)
        if lacks := self.lacks():
            told["suyuan:lacks"] = " ".join(lacks)
        return told


def receipt_of(
    order: Receiving,
    despatch: Despatch | None,
    *,
    day: date,
    taken: Sequence[Identity],
    classes: Mapping[str, str],
    missing: Sequence[str],
    lots: Mapping[str, str],
    amounts: Sequence[QuantityElement],
    by_hand: Sequence[str],
) -> Receipt:
    """The record of what was taken; ``lots`` are those of ``taken`` by key, ``missing`` are EPCs. Linear."""
    facts: Mapping[str, LotFacts] = {} if despatch is None else despatch.lots
    counted = Counter(
        (each.product_key or product_of(lots.get(each.key)), lots.get(each.key))
        for each in taken
        if each.kind == "item" and classes.get(each.key) not in QUARANTINED
    )
    lines = [
        Line(product, lot, count, None, facts.get(lot or "", LotFacts()))
        for (product, lot), count in counted.items()
    ]
    for amount in amounts:
        key = _canonical(amount.epc_class)
        if amount.quantity is not None:
            lines.append(Line(product_of(key), key, amount.quantity, amount.uom, facts.get(key, LotFacts())))
    sorted_out = {name: tuple(e.epc for e in taken if classes.get(e.key) == name) for name in CLASSES}
    return Receipt(
        despatch,
        day,
        tuple(lines),
        {"missing": tuple(missing), **sorted_out},
        tuple(by_hand),
        order.temperature_c,
        order.rejected,
    )


def _of_law(line: Line) -> dict[str, object]:
    return {
        "name": line.facts.zh or line.facts.en,
        "specification": line.facts.specification,
        "lot": line.lot_key or line.facts.produced,
        "shelfLife": line.facts.expires,
    }


def _line(line: Line) -> dict[str, Any]:
    told: dict[str, Any] = {
        "suyuan:product": line.product_key,
        "suyuan:name": line.facts.zh or line.facts.en,
        "suyuan:specification": line.facts.specification,
        "suyuan:quantity": line.quantity,
        "suyuan:uom": line.uom,
        "suyuan:lot": lot_number(line.lot_key) if line.lot_key else None,
        "suyuan:produced": line.facts.produced and line.facts.produced.isoformat(),
        "suyuan:expires": line.facts.expires and line.facts.expires.isoformat(),
        "suyuan:documents": list(line.facts.documents),
    }
    return {name: value for name, value in told.items() if value not in (None, "", [])}


def _supplier(despatch: Despatch) -> dict[str, str]:
    one = despatch.supplier
    told = {"key": one.key, "name": one.zh or one.en, "address": one.address, "contact": one.contact}
    return {f"suyuan:{name}": value for name, value in told.items() if value}


def _canonical(epc: str) -> str:
    try:
        return identify(epc).key
    except IdentifierError:
        return epc
