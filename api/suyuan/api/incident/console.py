"""The hands behind the pages of the workbench: their answers are jobs like those of programs.

What came of a job is kept for the page as the value that it is, not as bytes: a page shows it, and keeps of a
scope exactly what was seen. A few are remembered; of the others the question is asked again.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import timedelta
from operator import itemgetter
from threading import BoundedSemaphore, Lock
from typing import Any, TypeVar

from suyuan.api.incident.checks import Checks, ChecksWanted
from suyuan.api.incident.jobs import Job, JobGone, Jobs, Made, Progress
from suyuan.portal.incident.findings import Found
from suyuan.portal.incident.waiting import Answered, Underway
from suyuan.portal.incident.waiting import Progress as Told
from suyuan.trace.errors import NotFound
from suyuan.trace.store.sight import Viewer

PATIENCE_S = 2.0
"""How long a page waits for its answer before it shows how far it is."""
LATER_S = 0.2
"""How long it waits when it looks again."""
REMEMBERED = 8
"""Values that are kept for pages, the last made; each may be some ten megabytes."""
UNSEEN_FOR = timedelta(minutes=1)
"""A value that no page has come for yet is kept so long, however many were made after it."""
UNSEEN = 4
"""Of one account; a page comes for its value every few seconds."""
WAITING = 16
"""Pages that wait with a thread of the server, of which it has forty; others look how far it is at once."""

T = TypeVar("T")


@dataclass(slots=True)
class _Value:
    """What came of a work, once ``is_made``."""

    value: Any = None
    is_made: bool = False
    is_seen: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question of a page, the job that answers it, and where its value is put."""

    by: Viewer
    question: Hashable
    as_of: Hashable
    job: Job
    box: _Value


class PageAnswers:
    """See :class:`suyuan.portal.incident.waiting.Hands`. Safe to use from several threads."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._asked: OrderedDict[str, _Asked] = OrderedDict()
        self._lock = Lock()
        self._waiting = BoundedSemaphore(WAITING)

    def made(
        self,
        by: Viewer,
        question: Hashable,
        make: Callable[[Told], T],
        *,
        work: str = "",
        as_of: Hashable = None,
        is_long: bool = False,
    ) -> Answered[T] | Underway | None:
        """See ``Hands.made``: the answer, how far it is, or None where it was called off.

        Raises:
            TooManyJobs: the account waits for as many as it may.
        """
        with self._lock:
            found = self._known(by, question, work, as_of)
            if found is None:
                found, patience = self._begun(by, question, make, as_of, is_long=is_long), PATIENCE_S
            else:
                patience = LATER_S
        job = found.job
        if not self._is_over(job, patience):
            percent = min(99, int(100 * job.progress.share))
            return Underway(job.id, percent, job.progress.step, job.begun)
        if found.box.is_made:
            found.box.is_seen = True
            self._jobs.cancel(job)  # it is delivered: the job makes room for others of the account
            return Answered(found.box.value, job.id, job.begun)
        with self._lock:
            self._asked.pop(job.id, None)
        if job.error is not None:
            raise job.error
        return None

    def value(self, by: Viewer, work: str) -> object | None:
        """What came of a work of that viewer, as long as it is remembered."""
        with self._lock:
            found = self._asked.get(work)
        return found.box.value if found is not None and found.by == by else None

    def call_off(self, by: Viewer, work: str) -> None:
        """Let a work of that viewer end at its next step; nothing happens where there is none."""
        try:
            self._jobs.cancel(self._jobs.job(work, by=by))
        except (NotFound, JobGone):
            return

    def _known(self, by: Viewer, question: Hashable, work: str, as_of: Hashable) -> _Asked | None:
        """What the named work answers or, where none is named, what is being made of the same question."""
        if work:
            found = self._asked.get(work)
            return found if found and (found.by, found.question) == (by, question) else None
        wanted = by, question, as_of
        same = (one for one in self._asked.values() if (one.by, one.question, one.as_of) == wanted)
        return next((one for one in same if not one.job.is_over), None)

    def _begun(
        self, by: Viewer, question: Hashable, make: Callable[[Told], Any], as_of: Hashable, *, is_long: bool
    ) -> _Asked:
        box = _Value()

        def work(progress: Progress) -> Made:
            box.value, box.is_made = make(progress), True
            return Made(())

        job = self._jobs.begin(work, what="/console/incident", by=by, is_long=is_long)
        self._asked[job.id] = asked = _Asked(by, question, as_of, job, box)
        self._forget()
        return asked

    def _is_over(self, job: Job, patience: float) -> bool:
        if not self._waiting.acquire(blocking=False):
            return job.is_over
        try:
            return self._jobs.wait(job, patience)
        finally:
            self._waiting.release()

    def _forget(self) -> None:
        """Keep the values that were made last, and for a minute those that no page has come for yet."""
        over = [(one.job.finished, one) for one in self._asked.values() if one.job.finished is not None]
        over.sort(key=itemgetter(0))
        since, unseen = self._jobs.now() - UNSEEN_FOR, Counter[str]()
        for finished, one in reversed(over[:-REMEMBERED]):
            unseen[one.by.name] += not one.box.is_seen
            if one.box.is_seen or finished < since or unseen[one.by.name] > UNSEEN:
                del self._asked[one.job.id]


class PageFindings:
    """See :class:`suyuan.portal.incident.findings.Finder`."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks

    def found(self, by: Viewer, progress: Told) -> Found:
        """All that is in sight of the viewer."""
        seen = self._checks.seen(by, ChecksWanted(), progress)
        return Found(seen.checked, seen.withheld)
