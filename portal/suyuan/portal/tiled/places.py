"""The places of a passport for a map: origins and stays, each with its name and roughly where it is."""

from __future__ import annotations

from suyuan.trace.checks.facts import Point
from suyuan.trace.recall.passport import Passport
from suyuan.trace.scan.cities import is_province, spot_of

MAP = "/map"
"""The map of goods stands below this path."""


def is_on_map(passport: Passport) -> bool:
    """Whether it is known of any place of its way where it is."""
    nears = [*(step.near for step in passport.journey), *(origin.near for origin in passport.origins)]
    return any(point_of(near) is not None for near in nears)


def point_of(near: Point | str) -> Point | None:
    """A point, or the middle of a city by its code; None where no more than the province is known.

    >>> point_of("330100")
    Point(latitude=30.3, longitude=120.2)
    >>> point_of("330000"), point_of("")
    (None, None)
    """
    if isinstance(near, Point):
        return near
    spot = spot_of(near)
    return None if spot is None or is_province(spot) else spot.point
