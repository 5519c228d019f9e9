"""Answers that take their time: a page waits a moment, then shows how far its answer is until it is there.

The waiting page asks for itself again every few seconds, and needs no script for it. Its address names the
work, so that the answer is the one of when it was asked for, however much is recorded meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suyuan.portal.doors import viewer_of
from suyuan.portal.incident.island import script
from suyuan.portal.rendering import Page, render
from suyuan.trace.store.sight import Viewer

WORK, STOPPED = "work", "stopped"
"""In an address: the work that makes its answer; that nobody wants it made."""
STEPS = (
    "trace", "amounts", "network", "rank", "evidence", "hold", "links", "picture", "compare", "check",
    "write",
)  # fmt: skip
"""What is done, as the work tells it; other words are not shown."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Progress(Protocol):
    """What a work tells how far it is."""

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        ...

    def at(self, share: float, step: str = "") -> None:
        """So much is done (0 to 1), and that comes next; raises to end the work where nobody waits for it."""
        ...


class Unheard:
    """For a work that is done at once: nobody asks how far it is."""

    share = 0.0

    def at(self, share: float, step: str = "") -> None:
        """So much is done."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a work, which is all of it from ``start`` to ``end``."""

    whole: Progress
    start: float
    end: float

    @property
    def share(self) -> float:
        """How much of this part is done."""
        return max(0.0, (self.whole.share - self.start) / (self.end - self.start))

    def at(self, share: float, step: str = "") -> None:
        """So much of this part is done."""
        self.whole.at(self.start + (self.end - self.start) * share, step)


@dataclass(frozen=True, slots=True)
class Underway:
    """An answer that is being made. ``percent`` is 0 to 99."""

    work: str
    percent: int
    step: str
    begun: datetime


@dataclass(frozen=True, slots=True)
class Answered(Generic[T_co]):
    """An answer; ``asked`` is when its making began."""

    value: T_co
    work: str
    asked: datetime


class Hands(Protocol):
    """Who makes the answers of pages. The composition root provides them."""

    def made(
        self,
        by: Viewer,
        question: Hashable,
        make: Callable[[Progress], T],
        *,
        work: str = "",
        as_of: Hashable = None,
        is_long: bool = False,
    ) -> Answered[T] | Underway | None:
        """The answer to a question, or how far it is; None where its work was called off.

        ``work`` names what was begun before; if it is gone or was of another question, all begins anew.
        ``as_of`` is the state of what is asked about: who names a work gets its answer, whatever changed
        since; who names none shares what is being made only of the same state. What ``make`` raises is raised
        here.

        Raises:
            TooManyRequests: the viewer has more answers under way than one may have.
        """
        ...

    def value(self, by: Viewer, work: str) -> object | None:
        """What came of a work, as long as it is kept."""
        ...

    def call_off(self, by: Viewer, work: str) -> None:
        """Nobody waits for it any more."""
        ...


def asked_of(page: Page) -> tuple[Page, str, bool]:
    """The page without what its address says of its work; that work; whether it was called off."""
    given = dict(page.query)
    rest = tuple(pair for pair in page.query if pair[0] not in (WORK, STOPPED))
    return replace(page, query=rest), given.get(WORK, ""), given.get(STOPPED) == "1"


def question_at(page: Page) -> Hashable:
    """What a page asks: its address and language."""
    return page.path, page.speech.language, page.query


def waiting_page(page: Page, found: Underway, head: Mapping[str, Any], title: str) -> Response:
    """How far the answer of ``page`` is; ``head`` is what it shows above its own."""
    context = {
        **head,
        "title": title,
        "underway": found,
        "again": page.here(**{WORK: found.work}),
        "step": found.step if found.step in STEPS else "",
        "step_words": json.dumps({one: page.speech.say(f"waiting.step.{one}") for one in STEPS}),
        "waiting_script": script("waiting")[0],
        "back": page.query,
    }
    return render(page, "incident/waiting.html", context, status=202)


def calling_off(path: str, hands: Hands) -> Route:
    """``POST path/stop``: the work of the page at ``path`` is called off, and its form is shown again."""

    async def handler(request: Request) -> Response:
        page, by = Page.of(request), viewer_of(request)
        async with request.form(max_files=0, max_fields=1_000) as form:
            told = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        work = next((value for name, value in told if name == WORK), "")
        await run_in_threadpool(hands.call_off, by, work)
        rest = tuple(pair for pair in told if pair[0] not in (WORK, STOPPED))
        form_page = replace(page, path=page.path.removesuffix("/stop"), query=rest)
        return RedirectResponse(form_page.here(**{STOPPED: 1}), status_code=303)

    return Route(f"{path}/stop", handler, methods=["POST"])
