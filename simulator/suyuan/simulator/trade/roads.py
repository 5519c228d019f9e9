"""Roads: a lot is split among buyers, some in crates that come back; it leaves, and arrives elsewhere."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from suyuan.simulator.trade.arrivals import receive
from suyuan.simulator.trade.course import Course, mentioned, weigh
from suyuan.simulator.trade.crates import fill
from suyuan.simulator.trade.deeds import (
    HOUR,
    MINUTE,
    NOWHERE,
    Act,
    Load,
    Lot,
    Mention,
    Parcel,
    Role,
    parcels,
)
from suyuan.simulator.trade.goods import GOODS
from suyuan.simulator.trade.plan import MOST, Route, Site, few_or_many

_IN_CRATES = 0.3
_CRATE_MG = 40_000_000
_MOST_CRATES = 40


def split(course: Course, at: int, site: Site, load: Load, more: object) -> None:
    """Sell a load to few or many of the place's buyers."""
    del more
    goods = parcels(load)[0].lot.goods
    route = course.plan.routes[site.number, goods]
    buyers = _drawn(course, route, few_or_many(course.random, 1, MOST))
    for number, (buyer, part) in enumerate(zip(buyers, _parts(course, load, len(buyers)), strict=True)):
        if part:
            target, hours = route.buyers[buyer], route.hours[buyer]
            _prepare(
                course, at + number * 4 * MINUTE, site, _as_told(course, at, site, part), (target, hours)
            )


def ship(course: Course, at: int, site: Site, load: Load, more: tuple[int, float]) -> None:
    """A load leaves; it arrives elsewhere after so many hours, unless somebody sees to it."""
    target, hours = more
    goods = parcels(load)[0].lot.goods
    told = mentioned(Role.WHAT, load)
    number = course.tell(at, site.number, Act.SHIP, told, source=site.number, target=target, cooled=goods)
    arrives = at + int(hours * HOUR * (0.9 + 0.4 * course.random.random()))
    others = course.plan.routes[site.number, _route_of(site, goods)].buyers
    if course.mischief.strikes("lost", at):
        for parcel in parcels(load):
            course.books.vanished += weigh(parcel)
            course.incident.ended(parcel, NOWHERE, "unaccounted")
        course.mischief.note("lost", at, site.number, told, [(number, at)], meant_for=target)
    elif len(others) > 1 and course.mischief.strikes("diversion", at):
        real = next(other for other in others if other != target)
        course.mischief.note(
            "diversion", at, site.number, told, [(number, at)], meant_for=target, went_to=real
        )
        course.later(arrives, receive, real, load, site.number)
    else:
        course.later(arrives, receive, target, load, site.number)


def _prepare(course: Course, at: int, site: Site, part: Load, more: tuple[int, float]) -> None:
    """Loose goods may go in crates; then everything is loaded."""
    parcel = part[0]
    if not (
        isinstance(parcel, Parcel)
        and parcel.first < 0
        and GOODS[parcel.lot.goods].uom == "KGM"
        and weigh(parcel) < _MOST_CRATES * _CRATE_MG
        and course.random.random() < _IN_CRATES
    ):
        course.later(at + 30 * MINUTE, ship, site.number, part, more)
        return
    each = GOODS[parcel.lot.goods].amount(_CRATE_MG)
    left, filled = parcel.amount, list[Parcel]()
    while left > 0:
        filled.append(replace(parcel, amount=min(each, left), crate=course.crate(site)))
        left -= each
    for number, crated in enumerate(filled, 1):
        course.later(at + number * MINUTE, fill, site.number, (), crated)
    course.later(at + (len(filled) + 30) * MINUTE, ship, site.number, tuple(filled), more)


def _drawn(course: Course, route: Route, count: int) -> Sequence[int]:
    """Some buyers of a route by their shares, each once."""
    whole = route.shares[-1]
    return list(
        dict.fromkeys(
            min(bisect_left(route.shares, whole * course.random.random()), len(route.shares) - 1)
            for _ in range(count)
        )
    )


def _parts(course: Course, load: Load, count: int) -> list[Load]:
    """A load in so many parts: loose goods by amount, packed ones piece by piece."""
    if count == 1:
        return [load]
    piece = load[0]
    if len(load) > 1 or not isinstance(piece, Parcel):
        return [load[n::count] for n in range(count)]
    weights = [0.2 + course.random.random() for _ in range(count)]
    whole, left, first = sum(weights), piece.amount, piece.first
    found: list[Load] = []
    for number, weight in enumerate(weights):
        amount = left if number == count - 1 else min(left, int(piece.amount * weight / whole))
        found.append((replace(piece, amount=amount, first=first),) if amount else ())
        left -= amount
        first += amount if first >= 0 else 0
    return found


def _as_told(course: Course, at: int, site: Site, part: Load) -> Load:
    """What is loaded; if somebody cheats, more than there was of the lot, or under an earlier one's name."""
    piece = part[0]
    if not isinstance(piece, Parcel) or piece.first >= 0:
        return part
    lot, mischief = piece.lot, course.mischief
    goods = GOODS[lot.goods]
    if mischief.strikes("oversell", at):
        extra = int(lot.amount * (0.3 + 0.3 * course.random.random())) + 1
        course.books.unrecorded += goods.milligrams(extra)
        mischief.note("oversell", at, site.number, [_all_of(lot)], amount=extra, uom=goods.uom)
        return (replace(piece, amount=piece.amount + extra),)
    if lot.number > 1 and mischief.strikes("relabel", at):
        named = replace(lot, number=lot.number - 1)
        course.incident.ended(piece, site.number, "unaccounted")
        course.incident.renamed(named)
        mischief.note(
            "relabel", at, site.number, [_all_of(lot), _all_of(named)], amount=piece.amount, uom=goods.uom
        )
        return (replace(piece, lot=named),)
    return part


def _all_of(lot: Lot) -> Mention:
    return Mention(Role.WHAT, lot.series, lot.number)


def _route_of(site: Site, goods: str) -> str:
    """Under what a place's buyers of these goods stand: those of a distributor take everything."""
    return "" if site.stage == "distributor" else goods
