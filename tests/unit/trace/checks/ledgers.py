"""Histories told in hours, checked; places are GLNs with owners and coordinates, lots and pieces by GTIN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from suyuan.trace.checks import Checked, Facts, Finding, Point, Rules, Scan, Told, check, in_order
from suyuan.trace.gs1.elements import check_digit
from suyuan.trace.lineage import Holding, Occurrence
from suyuan.trace.lineage.statement import statement

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
GS1 = "https://id.gs1.org"


def gln(number: int, ai: str = "414") -> str:
    body = f"950600{number:06d}"
    return f"{GS1}/{ai}/{body}{check_digit(body)}"


FARM, PLANT, SHOP, OTHER = (gln(number) for number in (1, 2, 3, 4))
GROWER, MAKER, SELLER, RIVAL = (gln(number, "417") for number in (1, 2, 3, 4))
OWNERS = {FARM: GROWER, PLANT: MAKER, SHOP: SELLER, OTHER: RIVAL}
POINTS = {
    FARM: Point(30.27, 120.15),  # Hangzhou
    PLANT: Point(31.23, 121.47),  # Shanghai, 165 km from there
    SHOP: Point(39.90, 116.41),  # Beijing, 1,068 km on
    OTHER: Point(23.13, 113.26),  # Guangzhou
}
RICE, MEAL = (f"{GS1}/01/{body}{check_digit(body)}" for body in ("0950600000001", "0950600000002"))
LOT, MEALS = f"{RICE}/10/L1", f"{MEAL}/10/M1"
FACTS = Facts(points=POINTS, owner=OWNERS.get)


def hour(at: float) -> datetime:
    return BEGIN + timedelta(hours=at)


def kg(quantity: float | None, lot: str = LOT) -> Holding:
    return Holding(lot, quantity, "KGM", is_class=True)


def pieces(quantity: float | None, lot: str = MEALS) -> Holding:
    return Holding(lot, quantity, None, is_class=True)


def item(number: int) -> str:
    return f"{MEAL}/21/S{number}"


def case(number: int) -> str:
    body = f"0950600{number:010d}"
    return f"{GS1}/00/{body}{check_digit(body)}"


class Tale:
    """Tells events one after another; evidence is e1, e2, … in the order of telling."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def tell(self, at: float, where: str | None, kind: str, **fields: Any) -> str:
        evidence = f"e{len(self.told) + 1}"
        extra = {name: fields.pop(name) for name in ("last_day", "tags", "offset_s") if name in fields}
        defaults: dict[str, Any] = {
            "evidence": evidence,
            "party": OWNERS.get(where or "", "nobody"),
            "record_time": hour(at),
            "event_id": f"id{evidence}",
        }
        fields["biz_step"] = fields.pop("step", None)
        leaves = fields["biz_step"] in ("shipping", "departing")
        fields["read_point" if leaves else "biz_location"] = where
        occurrence = Occurrence(type=kind, time=hour(at), **{**defaults, **fields})
        self.told.append(Told(statement(occurrence), **extra))
        return evidence

    def see(self, at: float, where: str | None, *what: str | Holding, **fields: Any) -> str:
        return self.tell(at, where, "ObjectEvent", what=held(what), **{"action": "OBSERVE", **fields})

    def make(self, at: float, where: str, *what: str | Holding, lot: str = "", **fields: Any) -> str:
        told = {"action": "ADD", "step": "commissioning", **fields}
        lots = tuple((one, lot) for one in what if isinstance(one, str) and lot)
        return self.see(at, where, *what, lot_of=lots, **told)

    def send(self, at: float, where: str, to: str | Sequence[str], *what: str | Holding, **more: Any) -> str:
        ends = (to,) if isinstance(to, str) else tuple(to)
        return self.see(at, where, *what, **{"step": "shipping", "destinations": ends, **more})

    def receive(self, at: float, where: str, *what: str | Holding, **fields: Any) -> str:
        return self.see(at, where, *what, **{"step": "receiving", **fields})

    def sell(self, at: float, where: str, *what: str | Holding, **fields: Any) -> str:
        return self.see(at, where, *what, **{"step": "retail_selling", **fields})

    def pack(self, at: float, where: str, parent: str, *children: str | Holding, **fields: Any) -> str:
        told = {"action": "ADD", "parent": parent, "children": held(children), **fields}
        return self.tell(at, where, "AggregationEvent", **told)

    def unpack(self, at: float, where: str, parent: str, *children: str | Holding, **fields: Any) -> str:
        return self.pack(at, where, parent, *children, **{"action": "DELETE", **fields})

    def turn(
        self,
        at: float,
        where: str,
        inputs: Sequence[str | Holding],
        outputs: Sequence[str | Holding],
        **fields: Any,
    ) -> str:
        return self.tell(
            at, where, "TransformationEvent", inputs=held(inputs), outputs=held(outputs), **fields
        )

    def checked(
        self,
        facts: Facts = FACTS,
        *,
        now: float = 500.0,
        rules: Rules | None = None,
        scans: Iterable[Scan] = (),
    ) -> Checked:
        return check(in_order(self.told), facts, now=hour(now), rules=rules or Rules(), scans=scans)

    def found(self, facts: Facts = FACTS, **asked: Any) -> list[Finding]:
        return list(self.checked(facts, **asked).findings)

    def codes(self, facts: Facts = FACTS, **asked: Any) -> list[str]:
        return sorted(one.code for one in self.found(facts, **asked))


def held(what: Iterable[str | Holding]) -> tuple[Holding, ...]:
    return tuple(Holding(one) if isinstance(one, str) else one for one in what)


def numbers(found: Finding) -> Mapping[str, float]:
    return {one.name: round(one.value, 6) for one in found.numbers}


def untold(found: Checked, name: str) -> Mapping[str, int]:
    (tally,) = [one for one in found.tallies if one.check == name]
    return {str(reason): times for reason, times in tally.untold.items()}


def with_facts(**more: Any) -> Facts:
    return replace(FACTS, **more)


def day(number: int) -> date:
    return (BEGIN + timedelta(days=number)).date()
