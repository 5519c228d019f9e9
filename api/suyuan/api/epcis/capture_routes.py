"""``/capture``: documents in, and the jobs that tell what became of them. Source: EPCIS 2.0 §12."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from suyuan.api.body import Body, received
from suyuan.api.epcis.answers import VERSIONS, discovered, json, only_read
from suyuan.api.house import CapturedBy, House
from suyuan.api.security import capturer, house_of
from suyuan.portal.services import Principal
from suyuan.trace.epcis.problems import DEFAULT_LIMITS
from suyuan.trace.errors import InvalidInput
from suyuan.trace.store.jobs import Behaviour, CaptureError, CaptureJob

router = APIRouter(tags=["EPCIS 2.0"])

CAPTURE_LIMITS = {
    "GS1-EPCIS-Capture-Limit": str(DEFAULT_LIMITS.events),
    "GS1-EPCIS-Capture-File-Size-Limit": str(DEFAULT_LIMITS.body_bytes),
    "GS1-Capture-Error-Behaviour": "all",
}
_BEHAVIOURS: dict[str, Behaviour] = {"rollback": "rollback", "proceed": "proceed"}


@router.options("/capture", status_code=204)
def capture_options() -> Response:
    """What this capture interface offers."""
    return discovered("GET, HEAD, OPTIONS, POST", CAPTURE_LIMITS)


router.add_api_route("/capture/{capture_id}", only_read, methods=["OPTIONS"], status_code=204)


@router.post("/capture", status_code=202)
def capture(
    request: Request,
    by: Annotated[Principal, Depends(capturer)],  # before the body: strangers' bodies are not read
    body: Annotated[Body, Depends(received)],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """Store a document. The answer comes after the commit: a 202 here is already durable."""
    asked = request.headers.get("GS1-Capture-Error-Behaviour", "rollback")
    behaviour = _BEHAVIOURS.get(asked)
    if behaviour is None:
        raise InvalidInput(
            "GS1-Capture-Error-Behaviour is {given}",
            where="GS1-Capture-Error-Behaviour",
            given=asked,
            remedy="Use rollback (all or nothing) or proceed (keep what is valid).",
        )
    job = house.capture(body.content, body.media_type, by=CapturedBy.of(by), behaviour=behaviour)
    return Response(
        status_code=202, headers={"Location": f"/capture/{job.capture_id}", **VERSIONS, **CAPTURE_LIMITS}
    )


@router.head("/capture/{capture_id}", include_in_schema=False)
@router.get("/capture/{capture_id}")
def capture_job(
    capture_id: Annotated[str, Path(max_length=64)],
    by: Annotated[Principal, Depends(capturer)],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """The state of one capture job; a party sees its own."""
    return json(job_body(house.capture_job(capture_id, by=CapturedBy.of(by))))


@router.head("/capture", include_in_schema=False)
@router.get("/capture")
def capture_jobs(
    by: Annotated[Principal, Depends(capturer)], house: Annotated[House, Depends(house_of)]
) -> Response:
    """The newest capture jobs of the asking party."""
    return json([job_body(job) for job in house.capture_jobs(by=CapturedBy.of(by))])


def job_body(job: CaptureJob) -> Mapping[str, Any]:
    """The CaptureJob of the standard, with our counts beside it."""
    return {
        "captureID": job.capture_id,
        "createdAt": job.created_at,
        "finishedAt": job.finished_at,
        "running": False,
        "success": job.success,
        "captureErrorBehaviour": job.capture_error_behaviour,
        "errors": [_job_error(error) for error in job.errors],
        "suyuan:captured": job.captured,
        "suyuan:duplicates": job.duplicates,
        "suyuan:conflicts": job.conflicts,
    }


def _job_error(error: CaptureError) -> Mapping[str, Any]:
    """The standard's problem form of what is wrong with one event."""
    return {
        "type": "epcisException:ValidationException",
        "title": "The event is not valid",
        "status": 400,
        "detail": error.detail,
        "code": error.code,
        "where": error.where,
        "remedy": error.remedy,
        "suyuan:event": error.index,
    }
