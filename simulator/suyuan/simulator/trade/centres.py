"""Distribution centres: each evening everything that lies there goes to shops."""

from __future__ import annotations

from bisect import bisect_left

from suyuan.simulator.trade.course import Course
from suyuan.simulator.trade.deeds import DAY, HOUR, MINUTE, Case, Load, Parcel
from suyuan.simulator.trade.plan import Route, Site, few_or_many
from suyuan.simulator.trade.roads import ship
from suyuan.simulator.trade.waste import throw_out

_MOST_CASES = 12
_PIECES = 30


def open_centres(course: Course) -> None:
    """Every centre delivers each evening."""
    for site in course.plan.stage("distributor"):
        course.later(course.begins + int((18 + 3 * course.random.random()) * HOUR), deliver, site.number)


def deliver(course: Course, at: int, site: Site, load: Load, more: object) -> None:
    """Everything that is there goes to shops, lot by lot to few or many of them."""
    del load, more
    course.later(at + DAY, deliver, site.number)
    throw_out(course, at, site)
    route = course.plan.routes[site.number, ""]
    loads: dict[tuple[int, str], list[Case | Parcel]] = {}
    yard = course.yards[site.number]
    for goods, cases in yard.cases.items():
        while cases:
            shop = _shop(course, route)
            for _ in range(min(len(cases), few_or_many(course.random, 1, _MOST_CASES))):
                loads.setdefault((shop, goods), []).append(cases.popleft())
    for goods, stock in yard.stock.items():
        while stock:
            parcel = stock.popleft()
            left = parcel.amount
            while left:
                amount = min(left, _PIECES * few_or_many(course.random, 1, _MOST_CASES))
                loads.setdefault((_shop(course, route), goods), []).append(Parcel(parcel.lot, amount))
                left -= amount
    for number, ((shop, _), packed) in enumerate(loads.items(), 1):
        more_hours = (route.buyers[shop], route.hours[shop])
        course.later(at + number * MINUTE, ship, site.number, tuple(packed), more_hours)


def _shop(course: Course, route: Route) -> int:
    drawn = bisect_left(route.shares, route.shares[-1] * course.random.random())
    return min(drawn, len(route.shares) - 1)
