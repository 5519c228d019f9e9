"""How fast a simulated trade is made, in each of its forms, and how little memory it keeps.

``make bench`` plays 60 farms for 30 days; ``SUYUAN_BENCH_FARMS=400 SUYUAN_BENCH_DAYS=60`` a million events.
Goal: a million events within two minutes of one processor, in any form; memory as flat as stocks are.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from random import Random
from time import process_time

import orjson

from suyuan.simulator.trade.bulk import parts
from suyuan.simulator.trade.course import Course
from suyuan.simulator.trade.grown import begun
from suyuan.simulator.trade.plan import Extent
from suyuan.simulator.trade.spoken import occurrences
from suyuan.simulator.trade.telling import TOLD, badly, plainly
from suyuan.simulator.trade.words import Names
from suyuan.simulator.trade.written import lines

EXTENT = Extent(
    int(os.environ.get("SUYUAN_BENCH_FARMS", "60")), int(os.environ.get("SUYUAN_BENCH_DAYS", "30")), 7
)
GOAL_US = 120.0  # an event


def written(course: Course, names: Names) -> Iterator[object]:
    return (orjson.dumps(line) for line in lines(plainly(course.deeds()), names))


def badly_written(course: Course, names: Names) -> Iterator[object]:
    told = badly(course.deeds(), TOLD, Random(1), len(course.plan.sites), lambda _: None)
    return (orjson.dumps(line) for line in lines(told, names))


FORMS: dict[str, Callable[[Course, Names], Iterator[object]]] = {
    "deeds": lambda course, _: course.deeds(),
    "EPCIS lines": written,
    "EPCIS lines, told badly": badly_written,
    "occurrences": lambda course, names: occurrences(plainly(course.deeds()), names),
    "arrays": lambda course, names: parts(plainly(course.deeds()), names),
}


def held(course: Course) -> int:
    """What is on the agenda and in the yards."""
    stocks = sum(
        len(stock) for yard in course.yards for stock in (*yard.stock.values(), *yard.cases.values())
    )
    return stocks + sum(1 for _ in course.waiting())


def test_a_trade_is_made_in_time() -> None:
    events = 0
    for name, form in FORMS.items():
        course = begun(EXTENT, outbreak="farm")
        began = process_time()
        deque(form(course, Names(course.plan, course.numbering.series, EXTENT.seed)), maxlen=0)
        took = process_time() - began
        events = events or course.done
        sys.stdout.write(f"{name}: {events:,} events, {took:.1f} s, {1e6 * took / events:.0f} us each\n")
        assert 1e6 * took / events < GOAL_US


def test_memory_is_what_the_trade_holds_and_not_what_happened() -> None:
    course = begun(EXTENT)
    third = course.begins + (course.ends - course.begins) // 3
    early = 0
    for deed in course.deeds():
        if not early and deed.at >= third:
            early = held(course)
    sys.stdout.write(
        f"held after a third of the days: {early:,}, at the end: {held(course):,}; events: {course.done:,}\n"
    )
    assert held(course) < 2 * early
