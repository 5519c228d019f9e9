"""Jobs: made once, seen by who asked, cancelled at a step, gone after their hour, so many for an account."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from anyio import to_thread
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suyuan.api.incident.answering import answered
from suyuan.api.incident.job_routes import router
from suyuan.api.incident.jobs import (
    KEPT,
    OF_ONE,
    QUICK_OF_ONE,
    JobFailed,
    JobGone,
    Jobs,
    Made,
    Progress,
    TooManyJobs,
)
from suyuan.api.security import principal, viewer_of
from suyuan.portal.services import Principal
from suyuan.trace.errors import InvalidInput, NotFound, SuyuanError
from suyuan.trace.store.sight import Competence, Viewer

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
    with pytest.raises(JobGone):
        jobs.pieces(job)


def test_what_nobody_wants_ends_at_its_next_step(jobs: Jobs) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work(progress: Progress) -> Made:
        begun.set()
        go_on.wait(10)
        progress.at(0.5)
        raise AssertionError

    running = [jobs.begin(work, what="/rank", by=by, is_long=True) for by in (LI, WANG)]
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


def test_accounts_take_turns_and_none_takes_all_hands(jobs: Jobs) -> None:
    go_on, begun = threading.Event(), threading.Semaphore(0)

    def work(_: Progress) -> Made:
        begun.release()
        go_on.wait(10)
        return Made([])

    many = [jobs.begin(work, what="/trace", by=LI) for _ in range(OF_ONE)]
    assert all(begun.acquire(timeout=10) for _ in range(QUICK_OF_ONE))
    assert jobs.wait(jobs.begin(two, what="/trace", by=WANG), 10)
    assert sum(job.state == "running" for job in many) == QUICK_OF_ONE
    jobs.cancel(many[-1])
    assert jobs.wait(many[-1], 0)
    go_on.set()
    assert all(jobs.wait(job, 10) for job in many)
    assert {job.state for job in many[:-1]} == {"done"}


async def test_whoever_waits_holds_no_thread_and_hears_of_the_end(jobs: Jobs) -> None:
    go_on = threading.Event()

    def work(_: Progress) -> Made:
        go_on.wait(10)
        return Made([])

    job = jobs.begin(work, what="/trace", by=LI)
    assert not await jobs.ended(job, 0.01)
    threading.Timer(0.01, go_on.set).start()
    assert await jobs.ended(job, 10)
    assert await jobs.ended(job, 0)


def test_what_is_about_to_be_handed_over_makes_no_room(jobs: Jobs, clock: Clock) -> None:
    asked = [jobs.begin(two, what="/trace", by=LI, awaited=timedelta(seconds=20)) for _ in range(OF_ONE)]
    assert all(jobs.wait(job, 10) for job in asked)
    with pytest.raises(TooManyJobs):
        jobs.begin(two, what="/trace", by=LI)
    reading = jobs.pieces(asked[0])
    jobs.delivered(asked[0])
    jobs.begin(two, what="/trace", by=LI)
    with pytest.raises(JobGone):
        jobs.pieces(asked[0])
    assert b"".join(reading) == b"one two"  # who began to read reads on
    clock.time += timedelta(seconds=21)  # whoever asked has gone away
    jobs.begin(two, what="/trace", by=LI)


def test_what_was_read_makes_room_first_and_then_what_is_over_for_longest(jobs: Jobs, clock: Clock) -> None:
    go_on = threading.Event()

    def work(progress: Progress) -> Made:
        go_on.wait(10)
        return two(progress)

    slow = jobs.begin(work, what="/rank", by=LI, is_long=True)
    quick = [jobs.begin(two, what="/trace", by=LI) for _ in range(OF_ONE - 1)]
    assert all(jobs.wait(job, 10) for job in quick)
    clock.time += timedelta(seconds=1)
    go_on.set()
    assert jobs.wait(slow, 10)
    jobs.delivered(quick[3])
    for gone in (quick[3], quick[0], quick[1]):
        assert jobs.job(gone.id, by=LI) is gone
        assert jobs.wait(jobs.begin(two, what="/trace", by=LI), 10)
        with pytest.raises(NotFound):
            jobs.job(gone.id, by=LI)
    assert b"".join(jobs.pieces(jobs.job(slow.id, by=LI))) == b"one two"


async def test_whoever_looks_how_far_it_is_comes_for_the_answer(jobs: Jobs, clock: Clock) -> None:
    def ask(request: Request) -> Response:
        return answered(request, LI, two)

    def refuse(_: Request, error: Exception) -> Response:
        assert isinstance(error, SuyuanError)
        return Response(status_code=error.status)

    app = FastAPI()
    app.add_exception_handler(SuyuanError, refuse)
    app.add_route("/trace", ask, methods=["POST"])
    app.include_router(router)
    app.state.jobs = jobs
    app.dependency_overrides |= {principal: lambda: Principal("li", "regulator"), viewer_of: lambda: LI}
    later = {"Prefer": "respond-async"}
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:

        async def begin() -> str:
            told = await client.post("/trace", headers=later)
            return told.headers["location"] if told.status_code == 202 else str(told.status_code)

        async def state(at: str) -> str:
            told = await client.get(at)
            return str(told.json()["state"]) if told.status_code == 200 else str(told.status_code)

        asked = [await begin() for _ in range(OF_ONE)]
        assert all(jobs.wait(jobs.job(at.removeprefix("/jobs/"), by=LI), 10) for at in asked)
        assert await begin() == "429"  # nobody had time to come for any of them
        clock.time += timedelta(seconds=11)
        assert await state(asked[0]) == "done"  # whoever looks is about to come
        asked.append(await begin())
        assert [await state(at) for at in asked[:2]] == ["done", "404"]
        assert (await client.get(f"{asked[0]}/answer")).text == "one two"
        asked.append(await begin())
        assert [await state(at) for at in (asked[0], asked[2])] == ["404", "done"]


def test_an_officer_of_another_competence_reads_no_answer_of_before(jobs: Jobs) -> None:
    before, after = (
        Viewer("li", "regulator", "a", Competence(frozenset(["retail"]), frozenset([region])))
        for region in ("1101", "1102")
    )
    job = jobs.begin(two, what="/trace", by=before)
    jobs.wait(job, 10)
    with pytest.raises(NotFound):
        jobs.job(job.id, by=after)


def test_answers_take_so_many_bytes_and_the_oldest_of_the_account_makes_room(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suyuan.api.incident.jobs.BYTES_OF_ONE", 100)
    monkeypatch.setattr("suyuan.api.incident.jobs._LOOKED_AT_EVERY", 10)

    def work(_: Progress) -> Made:
        return Made([b"x" * 20] * 4)

    first, second = jobs.begin(work, what="/trace", by=LI), jobs.begin(two, what="/trace", by=WANG)
    assert jobs.wait(first, 10)
    assert jobs.wait(second, 10)
    third = jobs.begin(work, what="/trace", by=LI)
    assert jobs.wait(third, 10)
    assert (third.state, second.size, first.size) == ("done", 7, 0)
    too_large = jobs.begin(lambda _: Made([b"x" * 200]), what="/trace", by=LI)
    assert jobs.wait(too_large, 10)
    assert isinstance(too_large.error, JobFailed)


async def test_a_question_that_is_waited_for_leaves_the_threads_of_the_server_to_others(jobs: Jobs) -> None:
    go_on = threading.Event()

    def work(_: Progress) -> Made:
        go_on.wait(10)
        return Made([b"{}"])

    def ask(request: Request) -> Response:
        return answered(request, LI, work)

    def greet(_: Request) -> Response:
        go_on.set()
        return Response(b"hello")

    app = Starlette(routes=[Route("/trace", ask, methods=["POST"]), Route("/hello", greet)])
    app.state.jobs = jobs
    to_thread.current_default_thread_limiter().total_tokens = 1
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        asked = [client.post("/trace", headers={"Prefer": "wait=9"}) for _ in range(2)]
        told = await asyncio.gather(*asked, client.get("/hello"))
    assert [(one.status_code, one.text) for one in told] == [(200, "{}"), (200, "{}"), (200, "hello")]
