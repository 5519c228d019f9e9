"""How a question is answered over HTTP: at once, or where that takes long by a job that tells how far it is.

``Prefer: respond-async`` asks for a job in any case, ``Prefer: wait=30`` says how long to wait (RFC 7240).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import orjson
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from suyuan.api.incident.jobs import Job, Jobs, Work
from suyuan.api.problems import NotAcceptable, preferred, problem_members, speech_of
from suyuan.portal.language import Speech
from suyuan.trace.epcis.problems import Problem
from suyuan.trace.errors import InvalidInput
from suyuan.trace.scope.render import doubt_json
from suyuan.trace.store.sight import Viewer

WAIT_S = 10.0
LONGEST_WAIT_S = 60
COMES_WITHIN = timedelta(seconds=10)
"""Who is told where an answer is or how far it is comes again so soon, or may find that it made room."""
_WAIT = re.compile(r"wait=([0-9]{1,4})")
JSON_LINES = "application/x-ndjson"


def jobs_of(request: Request) -> Jobs:
    """The jobs of this application."""
    found: Jobs = request.app.state.jobs
    return found


def answered(request: Request, by: Viewer, work: Work, *, is_long: bool = False) -> Response:
    """The answer, or where it will be: 202 with its ``Location``.

    Raises:
        TooManyJobs: the account waits for as many as it may.
    """
    jobs, asynchronous, seconds = jobs_of(request), *_preferred(request)
    awaited = COMES_WITHIN if asynchronous else timedelta(seconds=seconds) + COMES_WITHIN
    what = str(request.scope["path"])
    job = jobs.begin(work, what=what, by=by, is_long=is_long or asynchronous, awaited=awaited)
    return _later(job, asynchronous=True) if asynchronous else _Awaited(jobs, job, seconds)


class _Awaited(Response):
    """What comes of a job, waited for without a thread: the server has few, and everybody needs one.

    What the work raised is raised when it is sent, before anything of it is.
    """

    def __init__(self, jobs: Jobs, job: Job, seconds: float) -> None:
        super().__init__()
        self._jobs, self._job, self._seconds = jobs, job, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        jobs, job = self._jobs, self._job
        is_over = True  # also for whoever goes away meanwhile: they come no more
        try:
            is_over = await jobs.ended(job, self._seconds)
            found = self._found() if is_over else _later(job)
        finally:
            if is_over:
                jobs.delivered(job)
            else:
                jobs.expect(job, COMES_WITHIN)
        await found(scope, receive, send)

    def _found(self) -> Response:
        jobs, job = self._jobs, self._job
        ended = BackgroundTask(jobs.cancel, job)
        pieces = jobs.pieces(job)
        return StreamingResponse(pieces, media_type=job.media_type, headers=headers(job), background=ended)


def _later(job: Job, *, asynchronous: bool = False) -> Response:
    """Where the answer will be."""
    applied = {"Preference-Applied": "respond-async"} if asynchronous else {}
    told = {"Location": f"/jobs/{job.id}", "Retry-After": "1", **applied}
    return Response(orjson.dumps(job_json(job)), 202, headers=told, media_type="application/json")


def headers(job: Job) -> dict[str, str]:
    """What a download is called."""
    if not job.file_name:
        return {}
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(job.file_name, safe='')}"}


def job_json(job: Job, speech: Speech | None = None) -> dict[str, Any]:
    """How far a job is; ``answer`` is where the answer is, once there is one.

    Its problem is in English unless ``speech`` has other words.
    """
    return {
        "job": job.id,
        "question": job.what,
        "state": job.state,
        "progress": 100 if job.state == "done" else min(99, int(100 * job.progress.share)),
        "step": job.progress.step,
        "begun": _written(job.begun),
        "finished": None if job.finished is None else _written(job.finished),
        "answer": f"/jobs/{job.id}/answer" if job.state == "done" else None,
        "problem": None if job.error is None else dict(problem_members(job.error, job.what, speech)),
    }


def _written(moment: Any) -> str:
    return str(moment.isoformat()).replace("+00:00", "Z")


def with_evidence(evidence: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """A JSON object in pieces, with the number of the newest evidence that it knows as its first member."""
    rest = iter(pieces)
    first = next(rest)
    yield b'{"evidence":%d,' % evidence + first.removeprefix(b"{")
    yield from rest


def doubts_told(request: Request) -> Callable[[Problem], Mapping[str, str]]:
    """How doubts about a question are written: in the language that is asked for, else in English."""
    speech = speech_of(request.headers.get("accept-language", ""))
    if speech is None:
        return doubt_json

    def told(doubt: Problem) -> Mapping[str, str]:
        error = InvalidInput(doubt.template, remedy=doubt.remedy, **doubt.fields)
        return {"where": doubt.where, "detail": speech.error(error), "remedy": speech.remedy(error)}

    return told


def takes_lines(request: Request) -> bool:
    """Whether lines of JSON are wanted instead of one object; who takes JSON-LD only gets it as JSON.

    Raises:
        NotAcceptable: neither is.
    """
    accepted = request.headers.get("accept", "")
    found = preferred(accepted, (JSON_LINES, "application/json", "application/ld+json"))
    if found is None:
        raise NotAcceptable(
            "This is answered as {offered} only",
            where="Accept",
            remedy="Ask for one of these.",
            offered=f"application/json, {JSON_LINES}",
        )
    return found == JSON_LINES and JSON_LINES in accepted.lower()  # who takes anything gets one object


def _preferred(request: Request) -> tuple[bool, float]:
    """Whether a job is wanted in any case, and how many seconds to wait for an answer else."""
    told = request.headers.get("prefer", "").lower()
    wanted = [part.strip().replace(" ", "") for part in told.split(",")]
    seconds = next((int(found[1]) for part in wanted if (found := _WAIT.fullmatch(part))), None)
    return "respond-async" in wanted, WAIT_S if seconds is None else float(min(seconds, LONGEST_WAIT_S))
