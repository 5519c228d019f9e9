"""Ground truth of a trade: what really happened, for judging what a trace, a ranking or a check says.

Everything is read off the true account of the course, never off what is told or off lineage::

    {"seed", "extent": {...}, "begins", "ends", "events", "lots", "mass_kg": {...},
     "incident": {"suspects": [key], "time", "place", "window": [from, to], "pathogen"} | null,
     "affected": {key: {"kind": "lot" | "item", "certainty", "share",
                        "where": {"place", "container", "status"} | null, "parts": [...]}},
     "carriers": [key],                     crates, cases and pallets that held affected goods
     "cases": [{"number", "related", "lot", "item", "place", "sold", "eaten", "onset"}],
     "faults": {kind: how many}}            each of them is a line of faults.jsonl

``share`` is the largest share of contaminated mass that anything under that key has. ``where`` is null for
a lot; where its amounts are is told in ``parts``: place, container, status, quantity and uom of each, or
nothing for a lot whose items are known one by one. ``status`` are the words of the trace contract. All
goods named as affected are so for certain: something of the suspects' lots is in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from suyuan.simulator.trade.arrivals import receive
from suyuan.simulator.trade.course import Course
from suyuan.simulator.trade.crates import fill
from suyuan.simulator.trade.deeds import NOWHERE, Case, Pallet, Parcel, parcels
from suyuan.simulator.trade.goods import GOODS, THOUSANDTHS
from suyuan.simulator.trade.incident import IllPerson, Key, Part, Status, Touched
from suyuan.simulator.trade.mischief import Fault
from suyuan.simulator.trade.plants import finish, pack_case, pack_pallet
from suyuan.simulator.trade.words import Names
from suyuan.simulator.trade.written import local_time

_MILLIGRAMS = 1_000_000


def close(course: Course) -> None:
    """At the end of the last day, enter where the affected goods that are left lie. To be done once.

    What is not told yet (a container that is still open, a batch that is not finished) is not true yet.
    """
    empty = _empty(course)
    for key in empty:
        course.incident.carriers.pop(key, None)
    for site, yard in enumerate(course.yards):
        for stock in yard.stock.values():
            _lie(course, stock, site, "in_stock", empty)
        for cases in yard.cases.values():
            _lie(course, cases, site, "in_stock", empty)
    for doing, site, load, _ in course.waiting():
        if doing is finish:
            for parcel in parcels(load):
                course.incident.unmade(parcel.lot)
        elif doing is receive:
            _lie(course, load, NOWHERE, "in_transit", empty)
        else:
            _lie(course, load, site, "in_stock", empty)


def _empty(course: Course) -> set[Key]:
    """Containers that are still to be filled."""
    found: set[Key] = set()
    for doing, _, _, more in course.waiting():
        if doing in (pack_case, pack_pallet) and isinstance(more, Case | Pallet):
            found.add((more.series, more.number))
        elif doing is fill and isinstance(more, Parcel) and more.crate is not None:
            found.add((more.crate.series, more.crate.number))
    return found


def truth(course: Course, names: Names, *, events: int, faults: Mapping[str, int]) -> dict[str, Any]:
    """The ground truth as JSON values, after :func:`close`."""
    incident, books = course.incident, course.books
    return {
        "seed": course.plan.extent.seed,
        "extent": {**asdict(course.plan.extent), "begins": course.plan.extent.begins.isoformat()},
        "begins": local_time(course.begins),
        "ends": local_time(course.ends),
        "events": events,
        "lots": books.lots,
        "mass_kg": {name: value / _MILLIGRAMS for name, value in asdict(books).items() if name != "lots"},
        "incident": _incident(course, names),
        "affected": dict(_affected(course, names)),
        "carriers": sorted(_key(names, key) for key in incident.carriers),
        "cases": [_case(number, person, names) for number, person in enumerate(incident.ill(), 1)],
        "faults": dict(sorted(faults.items())),
    }


def fault(one: Fault, names: Names) -> dict[str, Any]:
    """A fault as JSON values: what it is about, and the events that show it."""
    detail = dict(one.detail)
    for name in ("meant_for", "went_to", "genuine", "false"):
        if name in detail:
            detail[name] = names.places[int(str(detail[name]))]
    if "amount" in detail and detail.get("uom") is not None:
        detail["amount"] = int(str(detail["amount"])) / THOUSANDTHS
    return {
        "kind": one.kind,
        "time": local_time(one.at),
        "place": names.places[one.site],
        "keys": [key for mention in one.things for key in names.keys(mention)],
        "events": [names.event_id(event, at) for event, at in one.events],
        **detail,
    }


def _incident(course: Course, names: Names) -> dict[str, Any] | None:
    source, suspects = course.incident.source, course.incident.suspects
    if source is None or not suspects:
        return None
    return {
        "suspects": sorted(_key(names, key) for key in suspects),
        "time": local_time(min(suspects.values())),
        "place": names.places[source.site],
        "window": [local_time(source.begins), local_time(source.ends)],
        "pathogen": source.pathogen,
    }


def _affected(course: Course, names: Names) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, touched in sorted(course.incident.touched.items()):
        common = {"certainty": "certain", "share": round(touched.share, 9)}
        if touched.items < 0:
            parts = [_part(touched, part, names) for part in _summed(touched.parts)]
            yield _key(names, key), {"kind": "lot", **common, "where": None, "parts": parts}
            continue
        yield _key(names, key), {"kind": "lot", **common, "where": None, "parts": []}
        series = names.series[touched.items]
        for part in touched.parts:
            where = _where(part, names)
            for number in range(part.first, part.first + part.amount):
                yield series.key(number), {"kind": "item", **common, "where": where}


def _summed(parts: Sequence[Part]) -> list[Part]:
    """What lies or went in one way at one place, together."""
    sums: dict[tuple[int, Status, Key | None], int] = {}
    for part in parts:
        where = (part.site, part.status, part.container)
        sums[where] = sums.get(where, 0) + part.amount
    return [Part(amount, -1, *where) for where, amount in sums.items()]


def _part(touched: Touched, part: Part, names: Names) -> dict[str, Any]:
    uom = GOODS[touched.goods].uom
    amount = part.amount if uom is None else part.amount / THOUSANDTHS
    return {**_where(part, names), "quantity": amount, "uom": uom}


def _where(part: Part, names: Names) -> dict[str, Any]:
    return {
        "place": None if part.site == NOWHERE else names.places[part.site],
        "container": None if part.container is None else _key(names, part.container),
        "status": part.status,
    }


def _case(number: int, person: IllPerson, names: Names) -> dict[str, Any]:
    meal = person.meal
    return {
        "number": f"C{number:03d}",
        "related": person.related,
        "lot": _key(names, meal.lot),
        "item": None if meal.item < 0 else names.series[meal.items].key(meal.item),
        "place": names.places[meal.site],
        "sold": local_time(meal.at),
        "eaten": local_time(person.eaten),
        "onset": local_time(person.onset),
    }


def _key(names: Names, key: Key) -> str:
    return names.series[key[0]].key(key[1])


def _lie(
    course: Course, load: Iterable[Parcel | Case | Pallet], site: int, status: Status, empty: set[Key]
) -> None:
    for piece in load:
        _lies(course, piece, site, status, empty)


def _lies(course: Course, piece: Parcel | Case | Pallet, site: int, status: Status, empty: set[Key]) -> None:
    """Where a piece is, and in what."""
    if isinstance(piece, Pallet):
        _lie(course, piece.cases, site, status, empty)
        return
    goods = piece.goods if isinstance(piece, Case) else piece
    if goods.lot.affected:
        held = piece if isinstance(piece, Case) else goods.crate
        key = None if held is None or (held.series, held.number) in empty else (held.series, held.number)
        course.incident.found(goods, site, status, key)
