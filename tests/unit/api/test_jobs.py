"""Jobs: made once, seen by who asked, cancelled at a step, gone after their hour, so many for an account."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from suyuan.api.incident.jobs import (
    KEPT,
    LONG,
    OF_ONE,
    JobFailed,
    JobGone,
    Jobs,
    Made,
    Progress,
    TooManyJobs,
)
from suyuan.trace.errors import InvalidInput, NotFound
from suyuan.trace.store.sight import Viewer

LI, WANG = Viewer("li", "regulator", "a"), Viewer("wang", "regulator", "a")


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 20, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jobs(clock: Clock) -> Iterator[Jobs]:
    numbers = count(1)
    made = Jobs(clock, lambda size: next(numbers).to_bytes(size))
    yield made
    made.close()


def two(progress: Progress) -> Made:
    progress.at(0.5, "half")
    return Made([b"one ", b"two"], "text/plain", "name")


def test_an_answer_is_made_and_read_as_often_as_wanted(jobs: Jobs) -> None:
    job = jobs.begin(two, what="/rank", by=LI)
    assert jobs.wait(job, 10)
    assert (job.state, job.size, job.media_type, job.file_name) == ("done", 7, "text/plain", "name")
    for _ in range(2):
        assert b"".join(jobs.pieces(jobs.job(job.id, by=LI))) == b"one two"
    with pytest.raises(NotFound):
        jobs.job(job.id, by=WANG)
    with pytest.raises(JobGone, match="started anew"):
        jobs.job("ffffffff-00", by=LI)
    with pytest.raises(NotFound):
        jobs.job("nonsense", by=LI)


def test_an_answer_is_kept_for_an_hour(jobs: Jobs, clock: Clock) -> None:
    job = jobs.begin(two, what="/rank", by=LI)
    jobs.wait(job, 10)
    clock.time += KEPT + timedelta(seconds=1)
    with pytest.raises(NotFound):
        jobs.job(job.id, by=LI)
    assert not job.path.exists()


def test_what_nobody_wants_ends_at_its_next_step(jobs: Jobs) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work(progress: Progress) -> Made:
        begun.set()
        go_on.wait(10)
        progress.at(0.5)
        raise AssertionError

    running = [jobs.begin(work, what="/rank", by=LI, is_long=True) for _ in range(LONG)]
    waiting = jobs.begin(work, what="/rank", by=LI, is_long=True)
    assert begun.wait(10)
    assert not jobs.wait(running[0], 0.01)
    quick = jobs.begin(two, what="/scope", by=LI)
    assert jobs.wait(quick, 10)  # short ones wait for no long ones
    for job in (*running, waiting):
        jobs.cancel(job)
    assert waiting.state == "cancelled"
    go_on.set()
    assert all(jobs.wait(job, 10) and job.state == "cancelled" for job in running)
    with pytest.raises(JobGone):
        jobs.pieces(running[0])


def test_what_the_work_raises_is_the_answer(jobs: Jobs) -> None:
    def refuse(_: Progress) -> Made:
        raise InvalidInput("No", where="/x")

    def fail(_: Progress) -> Made:
        raise KeyError

    refused, failed = (jobs.begin(work, what="/rank", by=LI) for work in (refuse, fail))
    assert jobs.wait(refused, 10)
    assert jobs.wait(failed, 10)
    with pytest.raises(InvalidInput, match="No"):
        jobs.pieces(refused)
    with pytest.raises(JobFailed):
        jobs.pieces(failed)


def test_an_account_waits_for_so_many_and_its_oldest_makes_room(jobs: Jobs) -> None:
    stop = threading.Event()

    def work(_: Progress) -> Made:
        stop.wait(10)
        return Made([])

    first = jobs.begin(two, what="/rank", by=LI)
    jobs.wait(first, 10)
    others = [jobs.begin(work, what="/rank", by=LI, is_long=True) for _ in range(OF_ONE)]
    with pytest.raises(NotFound):
        jobs.job(first.id, by=LI)
    with pytest.raises(TooManyJobs) as refused:
        jobs.begin(work, what="/rank", by=LI)
    assert refused.value.fields["seconds"]
    assert jobs.wait(jobs.begin(two, what="/rank", by=WANG), 10)
    stop.set()
    assert all(jobs.wait(job, 10) for job in others)
