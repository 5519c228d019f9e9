"""Small trades for the tests, and what stands in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from suyuan.simulator.trade.course import Course
from suyuan.simulator.trade.deeds import Deed
from suyuan.simulator.trade.grown import begun
from suyuan.simulator.trade.plan import Extent
from suyuan.simulator.trade.words import Names

SMALL = Extent(farms=8, days=9, seed=5)
"""All crops; some 1,500 events."""
GREEN = Extent(farms=3, days=7, seed=3, crops=("leafy",), shops=4)
"""Salad only."""


def played(
    extent: Extent = SMALL, *, mischief: Mapping[str, int] | None = None, outbreak: str | None = None
) -> tuple[Course, Sequence[Deed], Names]:
    course = begun(extent, mischief=mischief, outbreak=outbreak)
    deeds = tuple(course.deeds())
    return course, deeds, Names(course.plan, course.numbering.series, extent.seed)
