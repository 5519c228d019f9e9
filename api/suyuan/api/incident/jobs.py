"""Answers that take their time: made in the background, kept for an hour, cancelled when nobody wants them.

An answer lies in a file of this process, so that one of millions of rows takes no memory. The file has no
name: however the process ends, nothing stays behind. After a restart an answer is gone, and that is what is
told: the number of a job begins with the run of the server that took it in.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from tempfile import TemporaryFile
from traceback import format_exception
from typing import IO, Literal

import structlog

from suyuan.trace.errors import NotFound, SuyuanError
from suyuan.trace.store.sight import Viewer

State = Literal["waiting", "running", "done", "failed", "cancelled"]

KEPT = timedelta(hours=1)
QUICK, LONG = 4, 2
"""Answers made side by side: short ones have hands of their own, so that they wait for no long one."""
QUICK_OF_ONE, LONG_OF_ONE = 2, 1
"""Of these, made for one account at a time: its others wait, and accounts take turns."""
OF_ONE = 10
"""Jobs of one account that are waited for or kept; of those that are over, what was read makes room first."""
IN_ALL = 200
BYTES_OF_ONE, BYTES_IN_ALL = 2 << 30, 8 << 30
"""Bytes of the answers of one account, and of all."""
_LOOKED_AT_EVERY = 1 << 20
_PIECE = 1 << 18
_log = structlog.get_logger(__name__)


class JobGone(SuyuanError):
    """The answer was there, or was being made, and is not any more: ask again."""

    code = "job-gone"
    status = 410
    title = "This answer is gone"


class JobFailed(SuyuanError):
    """A fault of ours ended a job; the log has it."""

    code = "job-failed"
    title = "The answer could not be made"


class TooManyJobs(SuyuanError):
    """The account waits for as many answers as it may."""

    code = "too-many-jobs"
    status = 429
    title = "Too many answers are being made"


class Cancelled(Exception):
    """Raised inside the work of a job that was cancelled, at its next step."""


class _NoRoom(Exception):
    """There are too many bytes of answers."""


class Progress:
    """What the work of a job reports to, and what tells it that nobody waits any more."""

    def __init__(self) -> None:
        self.share = 0.0
        self.step = ""
        self._stop = threading.Event()

    def at(self, share: float, step: str = "") -> None:
        """So much of the work is done (0 to 1); ``step`` names what comes next, as a word.

        Raises:
            Cancelled: nobody wants the answer any more.
        """
        if self._stop.is_set():
            raise Cancelled
        self.share, self.step = max(self.share, min(share, 1.0)), step or self.step

    def stop(self) -> None:
        """Let the next step end the work."""
        self._stop.set()


@dataclass(frozen=True, slots=True)
class Made:
    """An answer: its pieces, its media type and, for a download, the name of its file."""

    pieces: Iterable[bytes]
    media_type: str = "application/json"
    file_name: str = ""


Work = Callable[[Progress], Made]


@dataclass(slots=True)
class Job:
    """One question and what became of it."""

    id: str
    owner: Viewer
    what: str
    begun: datetime
    progress: Progress
    awaited: datetime | None = None  # until then somebody comes for it: it makes no room for others
    is_delivered: bool = False
    state: State = "waiting"
    error: SuyuanError | None = None
    media_type: str = ""
    file_name: str = ""
    size: int = 0
    finished: datetime | None = None
    file: IO[bytes] | None = field(default=None, repr=False)
    over: Future[None] = field(default_factory=Future[None], repr=False)

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in ("done", "failed", "cancelled")


class _Lane:
    """Hands for one sort of work, which the accounts that wait take turns in."""

    def __init__(self, most: int, of_one: int) -> None:
        self.hands = ThreadPoolExecutor(most, thread_name_prefix="answers")
        self._most, self._of_one = most, of_one
        self._running: list[str] = []
        self._waiting: OrderedDict[str, deque[tuple[Job, Work]]] = OrderedDict()

    def add(self, job: Job, work: Work) -> None:
        """Put it behind the others of its account."""
        self._waiting.setdefault(job.owner.name, deque()).append((job, work))

    def next(self) -> tuple[Job, Work] | None:
        """What is to be worked on now, of the account whose turn it is; None where all hands are full."""
        if len(self._running) >= self._most:
            return None
        free = (name for name in self._waiting if self._running.count(name) < self._of_one)
        if (name := next(free, None)) is None:
            return None
        queue = self._waiting.pop(name)
        found = queue.popleft()
        if queue:
            self._waiting[name] = queue  # behind the other accounts
        self._running.append(name)
        return found

    def ended(self, job: Job) -> None:
        """A hand of this account is free again."""
        self._running.remove(job.owner.name)

    def take_out(self, job: Job) -> bool:
        """Whether it was still waiting; it does no more."""
        queue = self._waiting.get(job.owner.name, deque())
        found = next((one for one in queue if one[0] is job), None)
        if found is None:
            return False
        queue.remove(found)
        if not queue:
            del self._waiting[job.owner.name]
        return True


class Jobs:
    """The jobs of one server process. Safe to use from several threads; ``close`` ends all of them."""

    def __init__(self, now: Callable[[], datetime], randbytes: Callable[[int], bytes]) -> None:
        self.now = now
        self._randbytes = randbytes
        self._run = randbytes(4).hex()
        self._lanes = {False: _Lane(QUICK, QUICK_OF_ONE), True: _Lane(LONG, LONG_OF_ONE)}
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.RLock()

    def close(self) -> None:
        """Cancel what is under way and drop all answers."""
        with self._lock:
            for job in list(self._jobs.values()):
                self.cancel(job)
        for lane in self._lanes.values():
            lane.hands.shutdown(wait=True)
        with self._lock:
            for job in list(self._jobs.values()):
                self._drop(job)

    def begin(
        self,
        work: Work,
        *,
        what: str,
        by: Viewer,
        is_long: bool = False,
        awaited: timedelta | None = None,
    ) -> Job:
        """Take in some work; ``what`` names the question, as the path that it was sent to.

        For so long as it is ``awaited`` it makes no room for others: see :meth:`expect`.

        Raises:
            TooManyJobs: the account waits for ten already.
        """
        with self._lock:
            self._forget()
            self._make_room(by)
            now, number = self.now(), f"{self._run}-{self._randbytes(12).hex()}"
            job = Job(number, by, what, now, Progress(), None if awaited is None else now + awaited)
            self._jobs[number] = job
            self._lanes[is_long].add(job, work)
            self._go_on(self._lanes[is_long])
        return job

    def wait(self, job: Job, seconds: float) -> bool:
        """Wait for the end of a job; whether it came."""
        wait([job.over], seconds)
        return job.is_over

    async def ended(self, job: Job, seconds: float) -> bool:
        """The same without holding a thread, of which the server has few."""
        loop, over = asyncio.get_running_loop(), asyncio.Event()

        def tell(_: object) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(over.set)

        job.over.add_done_callback(tell)
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), seconds)
        return job.is_over

    def expect(self, job: Job, within: timedelta) -> None:
        """Whoever asked was told of it, and comes again so soon: until then it makes no room for others."""
        with self._lock:
            job.awaited = self.now() + within

    def delivered(self, job: Job) -> None:
        """It was read, or nobody comes for it: it makes room for others, before those that were not."""
        with self._lock:
            job.awaited, job.is_delivered = None, True

    def job(self, number: str, *, by: Viewer) -> Job:
        """A job of that account.

        Raises:
            JobGone: it was taken in before a restart.
            NotFound: there is none of that number, it is another's, or its hour is over.
        """
        with self._lock:
            self._forget()
            found = self._jobs.get(number)
        if found is not None and found.owner == by:
            return found
        run, _, rest = number.partition("-")
        if run != self._run and len(run) == len(self._run) and rest:
            raise JobGone(
                "The server was started anew since this was asked",
                where="job",
                remedy="Ask again: questions change nothing.",
            )
        raise NotFound("There is no answer {id}", where="job", id=number[:60], remedy="Ask again.")

    def cancel(self, job: Job) -> None:
        """Nobody wants the answer any more: it ends at its next step, and what there is of it goes."""
        job.progress.stop()
        with self._lock:
            if any(lane.take_out(job) for lane in self._lanes.values()):
                self._end(job, "cancelled")
            elif job.is_over:
                self._drop(job)

    def pieces(self, job: Job) -> Iterator[bytes]:
        """The answer of a job that is done.

        Raises:
            SuyuanError: what the work raised.
            JobGone: it was cancelled, or was dropped meanwhile.
        """
        if job.error is not None:
            raise job.error
        if job.state != "done":
            raise _gone()
        with self._lock:
            if job.file is None:
                raise _gone()
            file = os.fdopen(os.dup(job.file.fileno()), "rb", buffering=0)

        def read() -> Iterator[bytes]:
            with file:
                at = 0
                while piece := os.pread(file.fileno(), _PIECE, at):  # several read it, each at its own place
                    at += len(piece)
                    yield piece

        return read()

    def _go_on(self, lane: _Lane) -> None:
        """Give free hands something to do; for who holds the lock."""
        while (found := lane.next()) is not None:
            begun = lane.hands.submit(self._taken, lane, *found)
            begun.add_done_callback(partial(_tell_fault, what=found[0].what))

    def _taken(self, lane: _Lane, job: Job, work: Work) -> None:
        try:
            self._do(job, work)
        finally:
            with self._lock:
                lane.ended(job)
                self._go_on(lane)

    def _do(self, job: Job, work: Work) -> None:
        job.state = "running"
        try:
            job.progress.at(0.0)
            self._write(job, work(job.progress))
        except Cancelled:
            self._end(job, "cancelled")
        except SuyuanError as error:
            job.error = error
            self._end(job, "failed")
        except (OSError, _NoRoom) as error:
            _log.error("an answer could not be written", what=job.what, error=str(error))
            job.error = JobFailed(
                "There was no room for the answer", remedy="Ask for less, or in a while again."
            )
            self._end(job, "failed")
        else:
            self._end(job, "done")
        finally:
            if not job.is_over:  # a fault of ours: the log has it, whoever asked is told that it is ours
                job.error = JobFailed(remedy="Tell the operator of this server when it happened.")
                self._end(job, "failed")

    def _write(self, job: Job, made: Made) -> None:
        job.file = file = TemporaryFile(prefix="suyuan-answer-")  # noqa: SIM115 - it is kept for an hour
        looked_at = 0
        for piece in made.pieces:
            if job.size + len(piece) >= looked_at:
                looked_at = job.size + len(piece) + _LOOKED_AT_EVERY
                self._make_bytes(job, looked_at - job.size)
            file.write(piece)
            job.size += len(piece)
            job.progress.at(job.progress.share)
        file.flush()
        job.media_type, job.file_name = made.media_type, made.file_name
        job.progress.share = 1.0

    def _make_bytes(self, job: Job, more: int) -> None:
        """See that so many bytes are free for a job; other answers of its account make room."""
        with self._lock:
            own = [one for one in self._jobs.values() if one.owner.name == job.owner.name]
            for one in self._to_go(own):
                if sum(each.size for each in own) + more <= BYTES_OF_ONE:
                    break
                self._drop(one)
            own_size = sum(each.size for each in own)
            size = sum(each.size for each in self._jobs.values())
        if own_size + more > BYTES_OF_ONE or size + more > BYTES_IN_ALL:
            raise _NoRoom("too many bytes of answers are kept")

    def _end(self, job: Job, state: State) -> None:
        if state != "done":
            _close(job)
        job.finished = self.now()
        job.state = state
        job.over.set_result(None)

    def _forget(self) -> None:
        """Drop what is over for an hour."""
        limit = self.now() - KEPT
        for job in [one for one in self._jobs.values() if one.finished is not None and one.finished < limit]:
            self._drop(job)

    def _to_go(self, jobs: Iterable[Job]) -> list[Job]:
        """Those that are over and that nobody is about to come for: first the read, then the longest over."""
        now = self.now()
        over = [
            (not job.is_delivered, job.finished, place, job)
            for place, job in enumerate(jobs)
            if job.finished is not None and (job.awaited is None or job.awaited < now)
        ]
        return [job for *_, job in sorted(over)]

    def _make_room(self, by: Viewer) -> None:
        own = [job for job in self._jobs.values() if job.owner.name == by.name]
        for some, most in ((own, OF_ONE), (list(self._jobs.values()), IN_ALL)):
            if len(some) < most:
                continue
            to_go = self._to_go(some)
            if not to_go:
                raise TooManyJobs(
                    "{count} answers are being made already",
                    count=len(some),
                    seconds=10,
                    remedy="Wait for one of them, or cancel it.",
                )
            self._drop(to_go[0])

    def _drop(self, job: Job) -> None:
        self._jobs.pop(job.id, None)
        _close(job)


def _close(job: Job) -> None:
    """Let go of the bytes of an answer; who reads them reads on."""
    file, job.file, job.size = job.file, None, 0
    if file is not None:
        file.close()


def _tell_fault(done: Future[None], what: str) -> None:
    if not done.cancelled() and (fault := done.exception()) is not None:
        _log.error("an answer failed", what=what, traceback="".join(format_exception(fault)))


def _gone() -> JobGone:
    return JobGone("Nobody waited for this answer any more", where="job", remedy="Ask again.")
