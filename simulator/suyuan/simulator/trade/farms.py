"""Farms: a harvest on some days, sold within hours."""

from __future__ import annotations

from suyuan.simulator.trade.course import Course, weigh
from suyuan.simulator.trade.deeds import DAY, HOUR, Act, Load, Mention, Parcel, Role
from suyuan.simulator.trade.goods import CROPS, GOODS
from suyuan.simulator.trade.plan import Site
from suyuan.simulator.trade.roads import split

_VARIES = 0.35  # standard deviation of the logarithm of a harvest


def open_farms(course: Course) -> None:
    """Every farm looks at its fields each morning, at an hour of its own."""
    for site in course.plan.stage("farm"):
        course.later(course.begins + int((4.5 + 4 * course.random.random()) * HOUR), harvest, site.number)


def harvest(course: Course, at: int, site: Site, load: Load, more: object) -> None:
    """On some days a lot is brought in; it goes to its buyers within hours."""
    del load, more
    course.later(at + DAY, harvest, site.number)
    crop, random = CROPS[site.does], course.random
    if random.random() >= crop.often and not course.incident.begins(site.number, at):
        return
    goods = GOODS[crop.goods]
    kilograms = crop.kilograms * site.size * random.lognormvariate(0.0, _VARIES) / 2
    amount = max(goods.amount(int(kilograms * 1_000_000)), 1)
    lot = course.new_lot(at, site, goods.id, amount)
    course.incident.begin_at(site.number, lot)
    parcel = Parcel(lot, amount)
    if lot.items >= 0:
        first = course.numbering.take(lot.items, amount)
        parcel = Parcel(lot, amount, first)
        told = Mention(Role.WHAT, lot.items, first, amount)
    else:
        told = Mention(Role.WHAT, lot.series, lot.number, 1, amount, goods.uom)
    course.books.grown += weigh(parcel)
    course.tell(at, site.number, Act.GROW, [told], brought=lot)
    course.later(at + int((1 + 2 * random.random()) * HOUR), split, site.number, (parcel,))
