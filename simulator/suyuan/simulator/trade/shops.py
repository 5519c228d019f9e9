"""Shops: each kind of goods is sold at some hour of the day, and what is too old is destroyed."""

from __future__ import annotations

from suyuan.simulator.trade.course import Course, local_hour, mentioned, weigh
from suyuan.simulator.trade.deeds import DAY, HOUR, Act, Load, Mention, Parcel, Role, parcels
from suyuan.simulator.trade.plan import Site
from suyuan.simulator.trade.towns import kilometres
from suyuan.simulator.trade.waste import is_past, throw_out

_LEAST_SOLD, _MOST_SOLD = 0.25, 0.75
"""Share of what is on the shelf that is sold on a day."""
_FAR_KM = 300.0
_OPEN, _CLOSED = 8.0, 21.0


def open_shops(course: Course) -> None:
    """Every shop looks at its shelves each morning."""
    for site in course.plan.stage("shop"):
        course.later(course.begins + int((6 + course.random.random()) * HOUR), trade, site.number)


def trade(course: Course, at: int, site: Site, load: Load, more: object) -> None:
    """A day of a shop: old goods go, then each kind is sold at some hour."""
    del load, more
    course.later(at + DAY, trade, site.number)
    stock = course.yards[site.number].stock
    for shelf in stock.values():
        parcel = next((one for one in shelf if is_past(one.lot, at)), None)
        if parcel is not None and course.mischief.strikes("expired", at):
            shelf.remove(parcel)
            course.later(local_hour(at, _OPEN + 1), sell_old, site.number, (parcel,))
    throw_out(course, at, site)
    for goods, shelf in stock.items():
        if shelf:
            hour = _OPEN + (_CLOSED - _OPEN) * course.random.random()
            course.later(local_hour(at, hour), sell, site.number, (), goods)


def sell(course: Course, at: int, site: Site, load: Load, more: str) -> None:
    """Some of what is on the shelf is sold, the oldest first."""
    del load
    throw_out(course, at, site)
    shelf = course.yards[site.number].stock[more]
    whole = sum(parcel.amount for parcel in shelf)
    left = max(1, int(whole * (_LEAST_SOLD + (_MOST_SOLD - _LEAST_SOLD) * course.random.random())))
    found: list[Parcel] = []
    while left and shelf:
        parcel = shelf.popleft()
        if parcel.amount > left:
            rest = Parcel(parcel.lot, parcel.amount - left, parcel.first + left if parcel.first >= 0 else -1)
            shelf.appendleft(rest)
            parcel = Parcel(parcel.lot, left, parcel.first)
        left -= parcel.amount
        found.append(parcel)
    if found:
        number = _sold(course, at, site, tuple(found))
        if found[0].first >= 0 and course.mischief.strikes("clone", at):
            _clone(course, at, site, found[0], number)


def sell_old(course: Course, at: int, site: Site, load: Load, more: object) -> None:
    """Goods past their last day are sold."""
    del more
    old = parcels(load)
    number = _sold(course, at, site, old)
    told = mentioned(Role.WHAT, load)
    course.mischief.note("expired", at, site.number, told, [(number, at)], goods=old[0].lot.goods)


def _sold(course: Course, at: int, site: Site, load: tuple[Parcel, ...]) -> int:
    for parcel in load:
        course.books.sold += weigh(parcel)
        course.incident.ended(parcel, site.number, "sold")
        course.incident.eaten(parcel, at, site.number)
    return course.tell(at, site.number, Act.SELL, mentioned(Role.WHAT, load))


def _clone(course: Course, at: int, site: Site, parcel: Parcel, sale: int) -> None:
    """A counterfeit with the number of an item that was sold is sold far away an hour later."""
    shops = course.plan.stage("shop")
    far = [shop for shop in shops if kilometres(shop.town, site.town) > _FAR_KM]
    if far:
        there = far[course.random.randrange(len(far))]
        course.later(at + HOUR, false_sale, there.number, (), (parcel, (sale, at), site.number))


def false_sale(
    course: Course, at: int, site: Site, load: Load, more: tuple[Parcel, tuple[int, int], int]
) -> None:
    """What is sold here is not what its number says."""
    del load
    parcel, sale, genuine = more
    told = (Mention(Role.WHAT, parcel.lot.items, parcel.first),)
    number = course.tell(at, site.number, Act.SELL, told)
    course.mischief.note(
        "clone", at, site.number, told, [sale, (number, at)], genuine=genuine, false=site.number
    )
