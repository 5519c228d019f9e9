"""Arrivals: a load is received; pallets, cases and most crates are opened, goods lie where they belong."""

from __future__ import annotations

from collections import deque

from suyuan.simulator.trade.course import Course, mentioned
from suyuan.simulator.trade.crates import empty
from suyuan.simulator.trade.deeds import MINUTE, Act, Case, Load, Mention, Pallet, Role, parcels
from suyuan.simulator.trade.goods import GOODS
from suyuan.simulator.trade.plan import Site

_TIPPED = 0.5
"""How often a crate goes into a batch as it is, instead of being emptied on arrival."""


def receive(course: Course, at: int, site: Site, load: Load, more: int) -> None:
    """A load arrives from a site."""
    goods = parcels(load)[0].lot.goods
    told = mentioned(Role.WHAT, load)
    course.tell(at, site.number, Act.RECEIVE, told, source=more, target=site.number, cooled=goods)
    soon = at
    for piece in load:
        soon += 3 * MINUTE
        if isinstance(piece, Pallet):
            course.later(soon, open_pallet, site.number, (piece,))
        elif isinstance(piece, Case):
            course.later(soon, open_case, site.number, (piece,))
        elif piece.crate is not None and course.random.random() >= _TIPPED:
            course.later(soon, empty, site.number, (piece,))
        else:
            course.yards[site.number].put(piece)


def open_pallet(course: Course, at: int, site: Site, load: Load, more: object) -> None:
    """Cases are taken off a pallet and stored."""
    del more
    for pallet in load:
        if isinstance(pallet, Pallet):
            parent = Mention(Role.PARENT, pallet.series, pallet.number)
            course.tell(at, site.number, Act.UNPACK, (parent, *mentioned(Role.CHILD, pallet.cases)))
            goods = pallet.cases[0].goods.lot.goods
            course.yards[site.number].cases.setdefault(goods, deque()).extend(pallet.cases)
            if GOODS[goods].celsius is not None:
                course.later(at + MINUTE, _store, site.number, (), pallet.cases)


def _store(course: Course, at: int, site: Site, load: Load, more: tuple[Case, ...]) -> None:
    """The cold store takes the temperature of what came in."""
    del load
    told = mentioned(Role.WHAT, more)
    course.tell(at, site.number, Act.STORE, told, cooled=more[0].goods.lot.goods)


def open_case(course: Course, at: int, site: Site, load: Load, more: object) -> None:
    """Items are taken out of a case and put on the shelf."""
    del more
    for case in load:
        if isinstance(case, Case):
            parent = Mention(Role.PARENT, case.series, case.number)
            course.tell(at, site.number, Act.UNPACK, (parent, *mentioned(Role.CHILD, (case.goods,))))
            course.yards[site.number].put(case.goods)
