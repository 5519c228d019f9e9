"""``/jobs``: answers that take their time, as their account sees them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from suyuan.api.incident.answering import COMES_WITHIN, headers, job_json, jobs_of
from suyuan.api.problems import speech_of
from suyuan.api.security import allow, viewer_of
from suyuan.portal.services import Principal
from suyuan.trace.errors import Conflict
from suyuan.trace.store.sight import Viewer

router = APIRouter(prefix="/jobs", tags=["Incidents"])

Investigator = Annotated[Principal, Depends(allow("regulator", "company"))]
Who = Annotated[Viewer, Depends(viewer_of)]
Number = Annotated[str, Path(max_length=100)]


class NotReady(Conflict):
    """The answer is still being made."""

    code = "job-not-ready"
    title = "The answer is still being made"


@router.get("/{job}")
def job(request: Request, _by: Investigator, viewer: Who, job: Number) -> dict[str, Any]:
    """How far an answer is."""
    jobs = jobs_of(request)
    found = jobs.job(job, by=viewer)
    jobs.expect(found, COMES_WITHIN)
    return job_json(found, speech_of(request.headers.get("accept-language", "")))


@router.get("/{job}/answer")
def job_answer(request: Request, _by: Investigator, viewer: Who, job: Number) -> Response:
    """The answer, as often as it is asked for within the hour."""
    jobs = jobs_of(request)
    found = jobs.job(job, by=viewer)
    if not found.is_over:
        raise NotReady("The answer is still being made", where="job", remedy="Ask how far it is: GET /jobs.")
    pieces = jobs.pieces(found)
    jobs.delivered(found)
    return StreamingResponse(pieces, media_type=found.media_type, headers=headers(found))


@router.delete("/{job}", status_code=204)
def cancel_job(request: Request, _by: Investigator, viewer: Who, job: Number) -> Response:
    """Nobody waits for the answer any more."""
    jobs = jobs_of(request)
    jobs.cancel(jobs.job(job, by=viewer))
    return Response(status_code=204)
