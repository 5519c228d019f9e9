"""Crates that come back: filled, emptied, sent home, used again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from suyuan.simulator.trade.course import Course, mentioned
from suyuan.simulator.trade.deeds import DAY, HOUR, Act, Crate, Load, Mention, Parcel, Role, parcels
from suyuan.simulator.trade.plan import Site, road_hours


def fill(course: Course, at: int, site: Site, load: Load, more: Parcel) -> None:
    """Some of a lot goes into its crate."""
    del load
    if more.crate is not None:
        children = mentioned(Role.CHILD, (replace(more, crate=None),))
        parent = Mention(Role.PARENT, more.crate.series, more.crate.number)
        course.tell(at, site.number, Act.FILL, (parent, *children))
        course.incident.carried(more.lot, more.crate.series, more.crate.number)


def empty(course: Course, at: int, site: Site, load: Load, more: object) -> None:
    """What is in crates is taken out and lies loose."""
    del more
    for parcel in parcels(load):
        course.yards[site.number].put(emptied(course, at, site, parcel))


def emptied(course: Course, at: int, site: Site, parcel: Parcel) -> Parcel:
    """What is in a crate, loose; the crate goes home."""
    if parcel.crate is None:
        return parcel
    loose = replace(parcel, crate=None)
    parent = Mention(Role.PARENT, parcel.crate.series, parcel.crate.number)
    course.tell(at, site.number, Act.UNPACK, (parent, *mentioned(Role.CHILD, (loose,))))
    send_home(course, at, site, [parcel.crate])
    return loose


def send_home(course: Course, at: int, site: Site, crates: Sequence[Crate]) -> None:
    """Empty crates go back to whose they are, within two days."""
    for crate in crates:
        leaves = at + int((0.3 + 1.2 * course.random.random()) * DAY)
        course.later(leaves, _leave, site.number, (), crate)


def _leave(course: Course, at: int, site: Site, load: Load, more: Crate) -> None:
    del load
    empties = (Mention(Role.WHAT, more.series, more.number),)
    course.tell(at, site.number, Act.SHIP, empties, source=site.number, target=more.home)
    hours = road_hours(site, course.plan.sites[more.home])
    arrives = at + int((hours + 4 * course.random.random()) * HOUR)
    course.later(arrives, _come_back, more.home, (), (more, site.number))


def _come_back(course: Course, at: int, site: Site, load: Load, more: tuple[Crate, int]) -> None:
    del load
    crate, source = more
    empties = (Mention(Role.WHAT, crate.series, crate.number),)
    course.tell(at, site.number, Act.RECEIVE, empties, source=source, target=site.number)
    course.yards[site.number].crates.append(crate)
