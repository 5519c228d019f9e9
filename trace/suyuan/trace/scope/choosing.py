"""From what an investigator names to suspects, each with the reasons for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from suyuan.trace.epcis.problems import Problem
from suyuan.trace.incident.components import components
from suyuan.trace.lineage.contract import Edge, Options, Suspect
from suyuan.trace.scope.answer import Choice, Chosen, Reason
from suyuan.trace.scope.records import Records
from suyuan.trace.scope.selection import (
    Cases,
    Dating,
    Eaten,
    Lots,
    Objects,
    Place,
    Product,
    Selection,
    Supplier,
)

_MEANINGS: Mapping[Dating, str] = {
    "made": "production",
    "best_before": "best_before",
    "expires": "expiration",
}
_EVER, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_MOST_DOUBTS = 100

Found = tuple[Suspect, Reason]


def choose(selections: Sequence[Selection], records: Records, options: Options) -> Choice:
    """The suspects of ``selections``, those of one key and window once, with every reason.

    ``options`` say how cases are traced back; nothing else depends on them but ``known_at``. What nothing is
    on record of is no fault: it is told among the doubts, since it may be misspelt.
    """
    doubts: list[Problem] = []
    found: dict[Suspect, dict[Reason, None]] = {}
    for number, selection in enumerate(selections):
        where = f"/selections/{number}"
        for suspect, reason in _suspects(selection, where, records, options, doubts):
            found.setdefault(suspect, {})[reason] = None
    for suspect, reasons in found.items():
        named = next((one for one in reasons if one.because in {"named", "was_there"}), None)
        if named is not None and not records.is_known(suspect.key):
            template = "Nothing is on record of {key}."
            _doubt(doubts, named.where, template, "Check the spelling.", suspect.key)
    chosen = [Chosen(suspect, tuple(reasons)) for suspect, reasons in found.items()]
    chosen.sort(key=lambda one: (one.suspect.key, _from(one.suspect), one.suspect.to_time or _NEVER))
    if not chosen:
        doubts.append(
            Problem("/selections", "Nothing on record fits what was named.", remedy="Take a wider window.")
        )
    return Choice(tuple(chosen), tuple(doubts[:_MOST_DOUBTS]))


def _from(suspect: Suspect) -> datetime:
    return suspect.from_time or _EVER


def _suspects(
    selection: Selection, where: str, records: Records, options: Options, doubts: list[Problem]
) -> Iterator[Found]:
    match selection:
        case Objects() | Lots():
            named = selection.keys if isinstance(selection, Objects) else selection.lots
            for key in named:
                yield Suspect(key, selection.from_time, selection.to_time), Reason("named", where)
        case Place():
            window = Suspect(selection.place, selection.from_time, selection.to_time)
            yield window, Reason("was_there", where)
        case Product():
            yield from _of_product(selection, where, records, options, doubts)
        case Supplier():
            yield from _of_supplier(selection, where, records, options)
        case Cases():
            yield from _of_cases(selection, where, records, options, doubts)


def _of_product(
    selection: Product, where: str, records: Records, options: Options, doubts: list[Problem]
) -> Iterator[Found]:
    lots = records.lots_of(selection.product)
    first, last = selection.first_day, selection.last_day
    if not lots:
        template = "No lot of {key} is on record."
        _doubt(doubts, f"{where}/product", template, "Check the spelling.", selection.product)
    days: dict[str, date] = {}
    if selection.dates == "made":
        days.update(records.made_on(lots, options.known_at))
    for lot, told in records.dates_of(lots).items():
        if (day := told.get(_MEANINGS[selection.dates])) is not None:
            days[lot] = day
    for lot in lots:
        day = days.get(lot)
        if day is None and (first is not None or last is not None):
            template = "Nobody told that date of lot {key}; it is left out."
            _doubt(doubts, where, template, "Ask whoever made it, or name the lot itself.", lot)
        elif day is None or ((first is None or first <= day) and (last is None or day <= last)):
            yield Suspect(lot), Reason(selection.dates, where, day)


def _of_supplier(selection: Supplier, where: str, records: Records, options: Options) -> Iterator[Found]:
    """What it made is suspect from the beginning, what it shipped from then on."""
    start, end = selection.from_time, selection.to_time
    made: dict[str, list[str]] = {}
    shipped: dict[str, list[str]] = {}
    since: dict[str, datetime] = {}
    for deed in records.deeds_of(selection.party, start, end, options.known_at):
        if deed.what in selection.deeds:
            for key in deed.keys:
                (made if deed.what == "made" else shipped).setdefault(key, []).append(deed.evidence)
                since.setdefault(key, deed.time)
    for key, evidence in made.items():
        yield Suspect(key), Reason("made", where, evidence=tuple(evidence))
    for key, evidence in shipped.items():
        suspect = Suspect(key) if key in made else Suspect(key, since[key])
        yield suspect, Reason("shipped", where, evidence=tuple(evidence))


def _of_cases(
    selection: Cases, where: str, records: Records, options: Options, doubts: list[Problem]
) -> Iterator[Found]:
    """Lots on the ways back from enough cases; the nearest are those that went into no other such lot."""
    back = Options("backward", options.known_at, options.depth, options.what_if)
    by_lot: dict[str, list[str]] = {}
    edges: dict[Edge, None] = {}
    lots_of: dict[tuple[Suspect, ...], list[str]] = {}  # a thousand complaints may be of a dozen things
    for row, case in enumerate(selection.cases):
        eaten = tuple(eaten_by(case, records))
        if not eaten:
            template = "Nothing on record was there for case {key} to eat."
            _doubt(doubts, f"{where}/cases/{row}", template, "Take a wider window.", case.case)
            continue
        if eaten not in lots_of:
            found = records.trace(eaten, back)
            edges.update(dict.fromkeys(found.edges))
            lots_of[eaten] = sorted(
                {one.key for one in found.states if one.kind == "lot" and not one.carrier}
            )
        for lot in lots_of[eaten]:
            by_lot.setdefault(lot, []).append(case.case)
    least = selection.least or len(selection.cases)
    common = {lot for lot, cases in by_lot.items() if len(cases) >= least}
    if not common:
        most = max(map(len, by_lot.values()), default=0)
        doubts.append(
            Problem(
                where,
                "No lot is common to {least} cases; at most {most} share one.",
                {"least": str(least), "most": str(most)},
                "Ask for fewer cases to share it: some may be ill of something else.",
            )
        )
    for lot in sorted(nearest_of(common, edges) if selection.common == "nearest" else common):
        yield Suspect(lot), Reason("common", where, cases=tuple(by_lot[lot]))


def eaten_by(case: Eaten, records: Records) -> Iterator[Suspect]:
    """What one case may have eaten of, as suspects of a trace back."""
    for key in case.objects:
        yield Suspect(key, case.from_time, case.to_time)
    if not case.objects:
        start, end = case.from_time or _EVER, case.to_time or _NEVER
        for place in case.places:
            if not case.products:
                yield Suspect(place, case.from_time, case.to_time)
            for product in case.products:
                for lot in sorted(records.lots_at(place, records.lots_of(product), start, end)):
                    yield Suspect(lot, None, case.to_time)


def nearest_of(keys: Collection[str], edges: Iterable[Edge]) -> set[str]:
    """Those of ``keys`` from which no step leads on to another, but round to themselves. O(V+E)."""
    numbers: dict[str, int] = {}
    successors: list[list[int]] = []
    for edge in edges:
        if edge.kind in {"transform", "contain", "member"}:
            for key in (edge.source, edge.target):
                if numbers.setdefault(key, len(successors)) == len(successors):
                    successors.append([])
            successors[numbers[edge.source]].append(numbers[edge.target])
    named = {numbers[key] for key in keys if key in numbers}
    part_of = [0] * len(successors)
    leads: list[bool] = []  # per component: to one of the keys beyond it
    holds: list[bool] = []
    for number, component in enumerate(components(successors)):
        for node in component:
            part_of[node] = number
        beyond = {part_of[on] for node in component for on in successors[node]} - {number}
        leads.append(any(leads[one] or holds[one] for one in beyond))
        holds.append(not named.isdisjoint(component))
    return {key for key in keys if key not in numbers or not leads[part_of[numbers[key]]]}


def _doubt(doubts: list[Problem], where: str, template: str, remedy: str, key: str) -> None:
    doubts.append(Problem(where, template, {"key": key}, remedy))
