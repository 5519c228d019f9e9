"""Answers that take their time: made in the background, kept for an hour, cancelled when nobody wants them.

An answer lies in a file of this process, so that one of millions of rows takes no memory. After a restart it
is gone, and that is what is told: the number of a job begins with the run of the server that took it in.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from traceback import format_exception
from typing import Literal

import structlog

from suyuan.trace.errors import NotFound, SuyuanError
from suyuan.trace.store.sight import Viewer

State = Literal["waiting", "running", "done", "failed", "cancelled"]

KEPT = timedelta(hours=1)
QUICK, LONG = 4, 2
"""Answers made side by side: short ones have hands of their own, so that they wait for no long one."""
OF_ONE = 10
"""Jobs of one account that are waited for or kept; the oldest that is finished makes room."""
IN_ALL = 200
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
    owner: tuple[str, str, str]
    what: str
    begun: datetime
    progress: Progress
    path: Path
    state: State = "waiting"
    error: SuyuanError | None = None
    media_type: str = ""
    file_name: str = ""
    size: int = 0
    finished: datetime | None = None
    future: Future[None] | None = field(default=None, repr=False)

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in ("done", "failed", "cancelled")


class Jobs:
    """The jobs of one server process. Safe to use from several threads; ``close`` ends all of them."""

    def __init__(self, now: Callable[[], datetime], randbytes: Callable[[int], bytes]) -> None:
        self._now = now
        self._randbytes = randbytes
        self._run = randbytes(4).hex()
        self._folder: TemporaryDirectory[str] | None = None  # made with the first job
        self._hands = {
            is_long: ThreadPoolExecutor(most, thread_name_prefix="answers")
            for is_long, most in ((False, QUICK), (True, LONG))
        }
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()

    def close(self) -> None:
        """Cancel what is under way and drop all answers."""
        with self._lock:
            for job in self._jobs.values():
                job.progress.stop()
        for hands in self._hands.values():
            hands.shutdown(wait=True, cancel_futures=True)
        if self._folder is not None:
            self._folder.cleanup()

    def begin(self, work: Work, *, what: str, by: Viewer, is_long: bool = False) -> Job:
        """Take in some work; ``what`` names the question, as the path that it was sent to.

        Raises:
            TooManyJobs: the account waits for ten already.
        """
        owner = (by.name, by.role, by.party)
        with self._lock:
            self._forget()
            self._make_room(owner)
            number = f"{self._run}-{self._randbytes(12).hex()}"
            if self._folder is None:
                self._folder = TemporaryDirectory(prefix="suyuan-answers-", ignore_cleanup_errors=True)
            job = Job(number, owner, what, self._now(), Progress(), Path(self._folder.name) / number)
            self._jobs[number] = job
            job.future = self._hands[is_long].submit(self._do, job, work)
        job.future.add_done_callback(lambda done: _tell_fault(done, what))
        return job

    def wait(self, job: Job, seconds: float) -> bool:
        """Wait for the end of a job; whether it came."""
        if job.future is not None:
            wait([job.future], seconds)
        return job.is_over

    def job(self, number: str, *, by: Viewer) -> Job:
        """A job of that account.

        Raises:
            JobGone: it was taken in before a restart.
            NotFound: there is none of that number, it is another's, or its hour is over.
        """
        with self._lock:
            self._forget()
            found = self._jobs.get(number)
        if found is not None and found.owner == (by.name, by.role, by.party):
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
        if job.future is not None and job.future.cancel():
            self._end(job, "cancelled")
        elif job.is_over:
            with self._lock:
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
        try:
            file = job.path.open("rb")
        except OSError as error:
            raise _gone() from error

        def read() -> Iterator[bytes]:
            with file:
                while piece := file.read(_PIECE):
                    yield piece

        return read()

    def _do(self, job: Job, work: Work) -> None:
        job.state = "running"
        try:
            job.progress.at(0.0)
            made = work(job.progress)
            with job.path.open("wb") as file:
                for piece in made.pieces:
                    file.write(piece)
                    job.size += len(piece)
                    job.progress.at(job.progress.share)
            job.media_type, job.file_name = made.media_type, made.file_name
            job.progress.share = 1.0
        except Cancelled:
            self._end(job, "cancelled")
        except SuyuanError as error:
            job.error = error
            self._end(job, "failed")
        except OSError as error:
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

    def _end(self, job: Job, state: State) -> None:
        if state != "done":
            job.path.unlink(missing_ok=True)
        job.finished = self._now()
        job.state = state

    def _forget(self) -> None:
        """Drop what is over for an hour."""
        limit = self._now() - KEPT
        for job in [one for one in self._jobs.values() if one.finished is not None and one.finished < limit]:
            self._drop(job)

    def _make_room(self, owner: tuple[str, str, str]) -> None:
        own = [job for job in self._jobs.values() if job.owner == owner]
        for some, most in ((own, OF_ONE), (list(self._jobs.values()), IN_ALL)):
            if len(some) < most:
                continue
            over = [job for job in some if job.is_over]
            if not over:
                raise TooManyJobs(
                    "{count} answers are being made already",
                    count=len(some),
                    seconds=10,
                    remedy="Wait for one of them, or cancel it.",
                )
            self._drop(over[0])

    def _drop(self, job: Job) -> None:
        self._jobs.pop(job.id, None)
        job.path.unlink(missing_ok=True)


def _tell_fault(done: Future[None], what: str) -> None:
    if not done.cancelled() and (fault := done.exception()) is not None:
        _log.error("an answer failed", what=what, traceback="".join(format_exception(fault)))


def _gone() -> JobGone:
    return JobGone("Nobody waited for this answer any more", where="job", remedy="Ask again.")
