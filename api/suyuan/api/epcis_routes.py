"""The EPCIS 2.0 interface: ``/capture`` with its jobs, ``/events`` in JSON and XML.

Source: EPCIS 2.0 §12 (REST bindings). What is not here yet (named queries, subscriptions, top-level
resources) is not announced in OPTIONS either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import orjson
from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from suyuan.api.body import Body, received
from suyuan.api.house import CapturedBy, House
from suyuan.api.problems import NotAcceptable, preferred
from suyuan.api.security import capturer, house_of, reader_of_events, viewer_of
from suyuan.portal.services import Principal
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.json_document import write_json
from suyuan.trace.epcis.problems import DEFAULT_LIMITS
from suyuan.trace.epcis.xml_write import write_xml
from suyuan.trace.errors import InvalidInput
from suyuan.trace.store.jobs import Behaviour, CaptureError, CaptureJob
from suyuan.trace.store.sight import Viewer

router = APIRouter(tags=["EPCIS 2.0"])

VERSIONS = {
    "GS1-EPCIS-Version": "2.0.0",
    "GS1-EPCIS-Min": "1.2",
    "GS1-EPCIS-Max": "2.0.0",
    "GS1-CBV-Version": "2.0.0",
    "GS1-CBV-Min": "1.2",
    "GS1-CBV-Max": "2.0.0",
    "GS1-EPC-Format": "Never_Translates",
    "GS1-CBV-XML-Format": "Never_Translates",
    "GS1-Extensions": "suyuan=https://ns.suyuan.example/",
    "GS1-Vendor-Version": "0.1.0",
}
CAPTURE_LIMITS = {
    "GS1-EPCIS-Capture-Limit": str(DEFAULT_LIMITS.events),
    "GS1-EPCIS-Capture-File-Size-Limit": str(DEFAULT_LIMITS.body_bytes),
    "GS1-Capture-Error-Behaviour": "all",
}
_OFFERED = ("application/json", "application/ld+json", "application/xml", "text/xml")
_ALLOWED = "GET, HEAD, OPTIONS, POST"
_BEHAVIOURS: dict[str, Behaviour] = {"rollback": "rollback", "proceed": "proceed"}


@router.options("/capture", status_code=204)
def capture_options() -> Response:
    """What this capture interface offers."""
    return Response(status_code=204, headers={"Allow": _ALLOWED, **VERSIONS, **CAPTURE_LIMITS})


def single_options() -> Response:
    """What one job or one event offers."""
    return Response(status_code=204, headers={"Allow": "GET, HEAD, OPTIONS", **VERSIONS})


for _path in ("/capture/{capture_id}", "/events/{event_id:path}"):
    router.add_api_route(_path, single_options, methods=["OPTIONS"], status_code=204)


@router.options("/events", status_code=204)
def events_options() -> Response:
    """What this query interface offers."""
    return Response(status_code=204, headers={"Allow": _ALLOWED, **VERSIONS})


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
    return _json(job_body(house.capture_job(capture_id, by=CapturedBy.of(by))))


@router.head("/capture", include_in_schema=False)
@router.get("/capture")
def capture_jobs(
    by: Annotated[Principal, Depends(capturer)], house: Annotated[House, Depends(house_of)]
) -> Response:
    """The newest capture jobs of the asking party."""
    return _json([job_body(job) for job in house.capture_jobs(by=CapturedBy.of(by))])


@router.post("/events", status_code=201)
def post_event(
    by: Annotated[Principal, Depends(capturer)],
    body: Annotated[Body, Depends(received)],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """Store one event, synchronously; 409 where it exists already."""
    event_id = house.capture_event(body.content, body.media_type, by=CapturedBy.of(by))
    return Response(status_code=201, headers={"Location": f"/events/{quote(event_id, safe='')}", **VERSIONS})


@router.head("/events", include_in_schema=False)
@router.get("/events")
def events(
    request: Request,
    _by: Annotated[Principal, Depends(reader_of_events)],
    viewer: Annotated[Viewer, Depends(viewer_of)],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """The events in sight that match a SimpleEventQuery, as an EPCISQueryDocument, page by page."""
    page = house.seen_by(viewer).events(request.query_params.multi_items())
    headers = dict(VERSIONS)
    if page.next_token is not None:
        keep = [
            (name, value) for name, value in request.query_params.multi_items() if name != "nextPageToken"
        ]
        link = f"{request.url.path}?{urlencode([*keep, ('nextPageToken', page.next_token)])}"
        headers["Link"] = f'<{link}>; rel="next"'
        if page.token_expires is not None:
            headers["GS1-Next-Page-Token-Expires"] = page.token_expires.isoformat()
    return _document(request, [found.event for found in page.events], house.now(), headers)


@router.head("/events/{event_id:path}", include_in_schema=False)
@router.get("/events/{event_id:path}")
def event(
    request: Request,
    event_id: Annotated[str, Path(max_length=2048)],
    _by: Annotated[Principal, Depends(reader_of_events)],
    viewer: Annotated[Viewer, Depends(viewer_of)],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """The event of this id and its error declarations; one that is not in sight is as absent."""
    found = house.seen_by(viewer).events_with_id(event_id)
    return _document(request, [item.event for item in found], house.now(), dict(VERSIONS))


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


def _document(request: Request, found: Sequence[Event], now: datetime, headers: dict[str, str]) -> Response:
    accepted = preferred(request.headers.get("accept", ""), _OFFERED)
    if accepted is None:
        raise NotAcceptable(
            "Events are not available in {given}",
            where="Accept",
            given=request.headers.get("accept", ""),
            remedy="Ask for application/json, application/ld+json or application/xml.",
        )
    if accepted.endswith("xml"):
        return Response(write_xml(found, creation_date=now), media_type=accepted, headers=headers)
    content = write_json(found, form="EPCISQueryDocument", creation_date=now)
    return Response(content, media_type=accepted, headers=headers)


def _json(content: object) -> Response:
    return Response(
        orjson.dumps(content, option=orjson.OPT_UTC_Z), media_type="application/json", headers=VERSIONS
    )
