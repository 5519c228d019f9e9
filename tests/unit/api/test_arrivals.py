"""What is handed over is taken once, in order and up to the first gap; the store is asked for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.api.arrivals import Arrivals
from suyuan.trace.epcis.event import Event
from suyuan.trace.lineage.occurrence import Holding, Occurrence
from suyuan.trace.store.jobs import CaptureJob, Evidence

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
EVENT = Event("ObjectEvent", NOW, "+08:00", {})


def stored(first: int, last: int, conflicts: Sequence[int] = (), named: int = 0) -> CaptureJob:
    """A job that stored these sequence numbers, each of which names so many things."""
    what = tuple(Holding(str(thing)) for thing in range(named))

    def evidence(number: int) -> Evidence:
        seen = Occurrence(str(number), "farm", "ObjectEvent", NOW, NOW, number, what=what)
        return Evidence(number, str(number), EVENT, seen)

    numbers = range(first, last + 1)
    return CaptureJob(
        capture_id="0", party="farm", created_at=NOW, finished_at=NOW, success=True,
        capture_error_behaviour="rollback", captured=len(numbers), duplicates=0, conflicts=len(conflicts),
        evidence=tuple(evidence(number) for number in numbers if number not in conflicts),
        conflicting=tuple(evidence(number) for number in numbers if number in conflicts),
    )  # fmt: skip


def numbers(told: Sequence[tuple[int, Occurrence]]) -> list[int]:
    assert all(number == occurrence.sequence for number, occurrence in told)
    return [number for number, _ in told]


def test_stretches_are_taken_in_their_order_whichever_came_first() -> None:
    arrivals = Arrivals()
    arrivals.hand_over(stored(8, 9))
    arrivals.hand_over(stored(4, 7, conflicts=[4, 6, 7]))
    reached, told = arrivals.take(3, 9)
    assert (reached, numbers(told)) == (9, [5, 8, 9])
    assert arrivals.take(3, 9) == (3, [])


def test_what_lies_behind_a_gap_is_left_to_the_store() -> None:
    arrivals = Arrivals()
    for first in (1, 5, 9):
        arrivals.hand_over(stored(first, first + 2))
    reached, told = arrivals.take(0, 11)
    assert (reached, numbers(told)) == (3, [1, 2, 3])
    assert arrivals.take(4, 11) == (4, [])  # forgotten: who took knows it by now


def test_what_a_look_at_the_store_did_not_see_yet_waits_for_the_next() -> None:
    arrivals = Arrivals()
    arrivals.hand_over(stored(1, 2))
    arrivals.hand_over(stored(3, 4))
    assert numbers(arrivals.take(0, 2)[1]) == [1, 2]
    assert numbers(arrivals.take(2, 4)[1]) == [3, 4]


def test_conflicts_alone_are_passed_over_without_a_look_at_the_store() -> None:
    arrivals = Arrivals()
    arrivals.hand_over(stored(1, 2, conflicts=[1, 2]))
    assert arrivals.take(0, 2) == (2, [])


def test_many_call_for_being_taken_and_too_many_find_no_room() -> None:
    arrivals = Arrivals(most=6, many=4)
    arrivals.hand_over(stored(1, 3))
    assert not arrivals.news.is_set()
    arrivals.hand_over(stored(4, 6))
    assert arrivals.news.is_set()
    arrivals.hand_over(stored(7, 7))
    reached, told = arrivals.take(0, 7)
    assert (reached, len(told)) == (6, 6)
    arrivals.hand_over(stored(8, 13))  # there is room again for as many
    assert arrivals.take(7, 13)[0] == 13


def test_an_event_that_names_many_things_takes_the_room_of_many() -> None:
    arrivals = Arrivals(most=20, many=10)
    arrivals.hand_over(stored(1, 1, named=9))
    assert arrivals.news.is_set()
    arrivals.hand_over(stored(2, 3, named=5))
    reached, told = arrivals.take(0, 3)
    assert (reached, numbers(told)) == (1, [1])


@pytest.mark.parametrize(
    "long",
    [
        {"destinations": ("d",) * 9},
        {"lot_of": (("a", "b"),) * 9},
        {"what": (Holding("x" * 9_000),)},
        {"biz_location": "x" * 9_000},
        {"destinations": ("d" * 9_000,)},
    ],
)
def test_places_of_destination_lots_and_long_texts_take_room_too(long: dict[str, Any]) -> None:
    job = stored(1, 1)
    [one] = job.evidence
    arrivals = Arrivals(most=20, many=10)
    arrivals.hand_over(replace(job, evidence=(replace(one, occurrence=replace(one.occurrence, **long)),)))
    assert arrivals.news.is_set()


@given(
    lengths=st.lists(st.integers(1, 4), min_size=1, max_size=12),
    lost=st.sets(st.integers(0, 11)),
    looks=st.lists(st.integers(0, 40), max_size=6),
    seed=st.integers(0, 1000),
)
def test_with_the_store_behind_it_nothing_is_told_twice_or_left_out(
    lengths: list[int], lost: set[int], looks: list[int], seed: int
) -> None:
    """However stretches come and whoever looks when: each number is told once, in order."""
    jobs: list[CaptureJob] = []
    newest = 0
    for length in lengths:
        jobs.append(stored(newest + 1, newest + length))
        newest += length
    handed = [job for place, job in enumerate(jobs) if place not in lost]
    Random(seed).shuffle(handed)
    arrivals, followed = Arrivals(most=15, many=5), 0
    found: list[int] = []
    for place, job in enumerate(handed):
        arrivals.hand_over(job)
        if place < len(looks):
            seen = max(min(looks[place], newest), followed)
            reached, told = arrivals.take(followed, seen)
            found += [*numbers(told), *range(reached + 1, seen + 1)]  # the rest from the store
            followed = seen
    reached, told = arrivals.take(followed, newest)
    found += [*numbers(told), *range(reached + 1, newest + 1)]
    assert found == list(range(1, newest + 1))
