"""The network of lots on which sources are ranked, out of what is on record.

A lot is a row for each site where it was: made there, or brought there. What went on is counted in pieces
where a lot has pieces, else in its own unit; so that amounts can be compared along a chain, a lot in another
unit than mass or volume counts as much as went into it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, tzinfo

from suyuan.trace.epcis.problems import Problem
from suyuan.trace.incident.gathered import GatheredLot, Gathering, anything
from suyuan.trace.incident.lots import Flow, TracedLot
from suyuan.trace.incident.problems import Problems
from suyuan.trace.lineage.kept import Things
from suyuan.trace.lineage.statement import moment

_MEASURES = ("KGM", "LTR")
_MOST = 1e15
"""More than there ever was of anything, in any unit; sums of it are still numbers."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A lot at a site: what one row of the network stands for."""

    lot: str
    place: str


@dataclass(frozen=True, slots=True)
class Around:
    """What lineage does not tell: whose a place is, the zone of days, and what may be seen.

    ``sees`` says of the evidence key of an event whether whoever asks may know of it, ``others`` of one in
    sight whether somebody else told it.
    """

    owner: Callable[[str], str | None]
    zone: tzinfo
    sees: Callable[[str], bool]
    others: Callable[[str], bool] = anything


@dataclass(frozen=True, slots=True)
class Recorded:
    """Lots and flows as :func:`suyuan.trace.incident.lots.lay_out` takes them; ``stays`` by their ids.

    ``lot_of``: the lots of those of the keys that are pieces.
    """

    lots: tuple[TracedLot, ...]
    flows: tuple[Flow, ...]
    stays: Mapping[str, Stay]
    lot_of: Mapping[str, str]
    doubts: tuple[Problem, ...] = ()


def recorded_lots(things: Things, keys: Iterable[str], around: Around) -> Recorded:
    """The lots that ``keys`` are or belong to, wherever they were, and what was made of them."""
    gathering = Gathering(keys, around.sees, around.others)
    while gathering.go_on(things):
        pass
    return laid_out(gathering, around)


def laid_out(gathered: Gathering, around: Around) -> Recorded:
    """What was gathered, everything in one measure.

    A lot that is only made of the others stands where it was made, as far as it took something up.
    """
    factors = _factors(gathered.lots.values())
    lots: list[TracedLot] = []
    flows: list[Flow] = []
    stays: dict[str, Stay] = {}
    backward = 0
    for lot in gathered.lots.values():
        for place, at in lot.at.items():
            name = _id(lot, place)
            stays[name] = Stay(lot.key, place)
            size = lot.made if place == lot.first and lot.made is not None else at.amount
            lots.append(_row(lot, place, size, factors[lot.key], around))
        for flow in _flows(lot, gathered.lots, factors[lot.key]):
            if flow is None:
                backward += 1
            else:
                flows.append(flow)
    since = {_id(lot, place): at.since for lot in gathered.lots.values() for place, at in lot.at.items()}
    straight = _without_circles(flows, since)
    doubts = _doubts(backward, len(flows) - len(straight), _odd(lots, straight))
    believed = (
        tuple(replace(one, size=_believed(one.size), sold=_believed(one.sold)) for one in lots),
        tuple(replace(one, quantity=_believed(one.quantity)) for one in straight),
    )
    return Recorded(*believed, stays, gathered.lot_of, doubts)


def _row(lot: GatheredLot, place: str, size: float | None, factor: float, around: Around) -> TracedLot:
    at = lot.at[place]
    since = moment(at.since)
    return TracedLot(
        _id(lot, place),
        place,
        None if since is None else since.astimezone(around.zone).date(),
        supplier=around.owner(place) or at.party,
        product=_product(lot.key),
        size=None if size is None else size * factor,
        sold=at.sold * factor if at.sold else None,
    )


def _flows(lot: GatheredLot, lots: Mapping[str, GatheredLot], factor: float) -> Iterator[Flow | None]:
    """What went on to other sites and into other lots; None for each that would lead back in time."""
    for (here, there), amount in lot.moved.items():
        on_time = lot.at[here].since <= lot.at[there].since
        yield _flow(_id(lot, here), _id(lot, there), amount, factor) if on_time else None
    for (here, into), amount in lot.used.items():
        other = lots[into]
        on_time = lot.at[here].since <= other.at[other.first].since
        yield _flow(_id(lot, here), _id(other, other.first), amount, factor) if on_time else None


def _flow(out_of: str, into: str, amount: float | None, factor: float) -> Flow:
    return Flow(out_of, into, None if amount is None else amount * factor)


def _without_circles(flows: Sequence[Flow], since: Mapping[str, int]) -> list[Flow]:
    """The flows without those that close a circle, which lots of one instant may go in. Linear."""
    ways: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, flow in enumerate(flows):
        if since[flow.out_of] == since[flow.into]:
            ways[flow.out_of].append((number, flow.into))
    left_out, done = set[int](), set[str]()
    for start in tuple(ways):
        path = {start: iter(() if start in done else ways[start])}  # from there to here, in order
        while path:
            here, ahead = next(reversed(path.items()))
            number, there = next(ahead, (-1, ""))
            if number < 0:
                done.add(here)
                del path[here]
            elif there in path:
                left_out.add(number)
            elif there not in done:
                path[there] = iter(ways.get(there, ()))
    return [flow for number, flow in enumerate(flows) if number not in left_out]


def _odd(lots: Iterable[TracedLot], flows: Iterable[Flow]) -> int:
    """How many amounts nobody can have meant."""
    told = [*(amount for one in lots for amount in (one.size, one.sold)), *(one.quantity for one in flows)]
    return sum(amount is not None and _believed(amount) is None for amount in told)


def _believed(amount: float | None) -> float | None:
    """An amount; not known where nobody can have meant it."""
    return amount if amount is not None and 0 <= amount <= _MOST else None


def _doubts(backward: int, circles: int, odd: int) -> tuple[Problem, ...]:
    problems = Problems()
    if backward:
        problems.warn(
            "{count} flows lead back in time; they are left out.",
            where="",
            remedy="Compare the times of the events.",
            count=backward,
        )
    if circles:
        problems.warn(
            "{count} flows close a circle among lots of one instant; they are left out.",
            where="",
            remedy="Check what went into what.",
            count=circles,
        )
    if odd:
        problems.warn(
            "{count} quantities are below zero or larger than anything is; they count as not known.",
            where="",
            remedy="Ask for the quantities.",
            count=odd,
        )
    return problems.warnings


def _factors(lots: Iterable[GatheredLot]) -> Mapping[str, float]:
    """How much of the common measure one unit of each lot is."""
    came: defaultdict[str, list[float | None]] = defaultdict(list)
    factors: dict[str, float] = {}
    for lot in sorted(lots, key=lambda one: one.at[one.first].since):
        inputs = came[lot.key]
        known = [amount for amount in inputs if amount is not None]
        factor = 1.0
        whole = lot.made or lot.at[lot.first].amount
        if lot.unit not in _MEASURES and inputs and len(known) == len(inputs) and whole:
            factor = sum(known) / whole or 1.0
        factors[lot.key] = factor
        for (_, into), amount in lot.used.items():
            came[into].append(None if amount is None else amount * factor)
    return factors


def _id(lot: GatheredLot, place: str) -> str:
    """The lot's own key where it was first; else with the place."""
    return lot.key if place == lot.first else f"{lot.key} {place}"


def _product(key: str) -> str:
    """The product of a lot or piece; nothing where its key tells none."""
    before, found, _ = key.partition("/10/")
    return before if found else key.partition("/21/")[0] if "/21/" in key else ""


def rows_of(
    recorded: Recorded,
    goods: Sequence[str],
    places: Sequence[str] = (),
    *,
    since: date | None = None,
    until: date | None = None,
) -> Sequence[str]:
    """The ids of rows of these lots or products at these sites; empty where nothing narrows them down.

    Where nothing of them was at the places, or none is named, rows from which nothing of the same lot went
    on. ``until``: what came later is left out; ``since`` alone narrows nothing, since goods stay on shelves.
    """
    if not goods and since is None and until is None:
        return ()
    day_of = {lot.id: lot.day for lot in recorded.lots}
    product_of = {lot.id: lot.product for lot in recorded.lots}
    wanted = {recorded.lot_of.get(key, key) for key in goods}
    rows = [
        name
        for name, stay in recorded.stays.items()
        if (not goods or stay.lot in wanted or product_of[name] in wanted)
        and (until is None or (day := day_of[name]) is None or day <= until)
    ]
    there = [name for name in rows if recorded.stays[name].place in set(places)]
    if there or not goods:
        return there
    stays = recorded.stays
    on = {one.out_of for one in recorded.flows if stays[one.out_of].lot == stays[one.into].lot}
    return [name for name in rows if name not in on] or rows
