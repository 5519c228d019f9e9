"""Answers of pages: at once, or how far they are; of the work that is named, and of nobody else's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from suyuan.api.incident.console import REMEMBERED, UNSEEN_FOR, PageAnswers
from suyuan.api.incident.jobs import OF_ONE, Jobs
from suyuan.portal.incident.waiting import Answered, Part, Progress, Underway
from suyuan.trace.errors import InvalidInput
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


@pytest.fixture
def answers(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> PageAnswers:
    monkeypatch.setattr("suyuan.api.incident.console.PATIENCE_S", 0.05)
    monkeypatch.setattr("suyuan.api.incident.console.LATER_S", 0.05)
    return PageAnswers(jobs)


class Slow:
    """A work that stands still half way until it is let go."""

    def __init__(self) -> None:
        self.go, self.times = threading.Event(), 0

    def __call__(self, progress: Progress) -> str:
        self.times += 1
        Part(progress, 0.0, 0.5).at(0.8, "trace")
        self.go.wait(10)
        progress.at(0.9)
        return f"answer {self.times}"


def settled(answers: PageAnswers, question: str, slow: Slow, work: str) -> Answered[str] | None:
    for _ in range(100):
        found = answers.made(LI, question, slow, work=work)
        if not isinstance(found, Underway):
            return found
    raise AssertionError


def test_what_is_quick_is_answered_at_once_and_leaves_no_job_behind(answers: PageAnswers) -> None:
    for number in range(OF_ONE + 1):
        found = answers.made(LI, number, lambda _: "yes")
        assert isinstance(found, Answered)
        assert found.value == "yes"
        assert answers.value(LI, found.work) == "yes"
        assert answers.value(WANG, found.work) is None


def test_what_is_slow_tells_how_far_it_is_and_is_made_once(answers: PageAnswers) -> None:
    slow = Slow()
    first = answers.made(LI, "?", slow)
    assert isinstance(first, Underway)
    again = answers.made(LI, "?", slow)  # asked anew meanwhile: the same work
    assert isinstance(again, Underway)
    assert (again.work, again.percent, again.step) == (first.work, 40, "trace")
    other = answers.made(WANG, "?", lambda _: "hers", work=first.work)  # a number out of somebody's address
    assert isinstance(other, Answered)
    assert other.value == "hers"
    slow.go.set()
    found = settled(answers, "?", slow, first.work)
    assert found is not None
    assert (found.value, found.work, slow.times) == ("answer 1", first.work, 1)
    assert settled(answers, "?", slow, first.work) == found  # shown again as it was
    changed = settled(answers, "another", slow, first.work)
    assert changed is not None
    assert changed.value == "answer 2"


def test_a_named_work_outlives_changes_of_what_it_is_about(answers: PageAnswers) -> None:
    slow = Slow()
    first = answers.made(LI, "?", slow, as_of=1)
    assert isinstance(first, Underway)
    later = answers.made(LI, "?", slow, work=first.work, as_of=2)  # a colleague wrote a note meanwhile
    assert isinstance(later, Underway)
    assert later.work == first.work
    anew = answers.made(LI, "?", lambda _: "as of 2", as_of=2)
    assert isinstance(anew, Answered)
    assert anew.value == "as of 2"
    slow.go.set()


def test_what_is_called_off_has_no_answer_and_can_be_asked_anew(answers: PageAnswers) -> None:
    slow = Slow()
    found = answers.made(LI, "?", slow)
    assert isinstance(found, Underway)
    answers.call_off(WANG, found.work)  # not hers
    answers.call_off(LI, "nothing of the kind")
    answers.call_off(LI, found.work)
    slow.go.set()
    assert settled(answers, "?", slow, found.work) is None
    anew = settled(answers, "?", slow, found.work)
    assert anew is not None
    assert anew.value == "answer 2"


def test_what_the_work_refuses_is_raised_once_and_then_asked_anew(answers: PageAnswers) -> None:
    def refuse(_: Progress) -> str:
        raise InvalidInput("No", where="/x")

    for _ in range(2):
        with pytest.raises(InvalidInput, match="No"):
            answers.made(LI, "?", refuse)


def test_only_the_newest_values_are_remembered(answers: PageAnswers) -> None:
    made = [answers.made(LI, number, lambda _: "yes") for number in range(REMEMBERED + 2)]
    kept = [answers.value(LI, one.work) for one in made if isinstance(one, Answered)]
    assert kept[0] is None
    assert kept[-REMEMBERED:] == ["yes"] * REMEMBERED


def test_what_took_long_is_there_for_its_page_however_much_was_begun_meanwhile(
    answers: PageAnswers, jobs: Jobs, clock: Clock
) -> None:
    slow, others = Slow(), range(REMEMBERED + 2)
    found = answers.made(LI, "?", slow, is_long=True)
    assert isinstance(found, Underway)
    for number in others:
        answers.made(WANG, number, lambda _: "yes")
    slow.go.set()
    assert jobs.wait(jobs.job(found.work, by=LI), 10)
    for number in others:
        answers.made(WANG, -number, lambda _: "yes")
    assert answers.value(LI, found.work) == "answer 1"
    clock.time += UNSEEN_FOR + timedelta(seconds=1)
    answers.made(WANG, "last", lambda _: "yes")
    assert answers.value(LI, found.work) is None
