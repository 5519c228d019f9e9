"""Waste: what is past its last day is destroyed, and what nobody wants."""

from __future__ import annotations

from suyuan.simulator.trade.course import Course, local_day, mentioned, weigh
from suyuan.simulator.trade.deeds import Act, Load, Lot, Role, parcels
from suyuan.simulator.trade.plan import Site


def is_past(lot: Lot, at: int) -> bool:
    """Whether its last day is over where it lies."""
    return local_day(lot.last) < local_day(at)


def throw_out(course: Course, at: int, site: Site) -> None:
    """Destroy everything of the yard that is past its last day, by kind of goods."""
    yard = course.yards[site.number]
    for stock in yard.stock.values():
        old = tuple(parcel for parcel in stock if is_past(parcel.lot, at))
        if old:
            left = [parcel for parcel in stock if not is_past(parcel.lot, at)]
            stock.clear()
            stock.extend(left)
            destroy(course, at, site, old)
    for cases in yard.cases.values():
        past = tuple(case for case in cases if is_past(case.goods.lot, at))
        if past:
            kept = [case for case in cases if not is_past(case.goods.lot, at)]
            cases.clear()
            cases.extend(kept)
            destroy(course, at, site, past)


def destroy(course: Course, at: int, site: Site, load: Load) -> None:
    """A load is destroyed."""
    course.tell(at, site.number, Act.DESTROY, mentioned(Role.WHAT, load))
    for parcel in parcels(load):
        course.books.destroyed += weigh(parcel)
        course.incident.ended(parcel, site.number, "destroyed")
