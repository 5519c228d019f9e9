"""``/capture``: documents in, and the jobs that tell what became of them. Source: EPCIS 2.0 §12."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from suyuan.api.body import Body, received
from suyuan.api.epcis.answers import VERSIONS, discovered, json, only_read
from suyuan.api.epcis.capture_jobs import job_json, job_xml
from suyuan.api.house import CapturedBy, House
from suyuan.api.problems import CAPTURE_LIMITS, CaptureWrong, NotAcceptable, preferred
from suyuan.api.security import capturer, house_of
from suyuan.portal.services import Principal
from suyuan.readers.station.delivery import REPEATED
from suyuan.trace.errors import NotFound
from suyuan.trace.store.jobs import Behaviour
from suyuan.trace.store.parameters import DEFAULT_PAGE, LARGEST_PAGE, QueryParameterWrong

router = APIRouter(tags=["EPCIS 2.0"])

_ABILITIES = {**CAPTURE_LIMITS, "GS1-Capture-Error-Behaviour": "all"}
_BEHAVIOURS: dict[str, Behaviour] = {"rollback": "rollback", "proceed": "proceed"}
_JSON = ("application/json", "application/ld+json")
_XML = ("application/xml", "text/xml")
_CAPTURE_ID = re.compile(r"[0-9a-f]{32}")
_MOST_REPEATED = 4  # stations named in a header: as a rule a document is one station's
_COUNT = re.compile(r"0*[1-9][0-9]{0,8}")


@router.options("/capture", status_code=204)
def capture_options() -> Response:
    """What this capture interface offers."""
    return discovered("GET, HEAD, OPTIONS, POST", _ABILITIES)


router.add_api_route("/capture/{capture_id}", only_read, methods=["OPTIONS"], status_code=204)


def _behaviour(request: Request) -> Behaviour:
    asked = request.headers.get("GS1-Capture-Error-Behaviour", "rollback")
    behaviour = _BEHAVIOURS.get(asked)
    if behaviour is None:
        raise CaptureWrong(
            "GS1-Capture-Error-Behaviour is {given}",
            where="GS1-Capture-Error-Behaviour",
            given=asked,
            remedy="Use rollback (all or nothing) or proceed (keep what is valid).",
        )
    return behaviour


@router.post("/capture", status_code=202)
def capture(
    by: Annotated[Principal, Depends(capturer)],  # before the body: strangers' bodies are not read
    behaviour: Annotated[Behaviour, Depends(_behaviour)],
    body: Annotated[Body, Depends(received)],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """Store a document. The answer comes after the commit: a 202 here is already durable."""
    job = house.capture(body.content, body.media_type, by=CapturedBy.of(by), behaviour=behaviour)
    headers = {"Location": f"/capture/{job.capture_id}", **VERSIONS, **_ABILITIES}
    if job.repeated:
        told = job.repeated[:_MOST_REPEATED]
        headers[REPEATED] = ", ".join(f"{quote(name, safe='')};{number}" for name, number in told)
    return Response(status_code=202, headers=headers)


@router.head("/capture/{capture_id}", include_in_schema=False)
@router.get("/capture/{capture_id}")
def capture_job(
    request: Request,
    capture_id: Annotated[str, Path()],
    by: Annotated[Principal, Depends(capturer)],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """The state of one capture job, in JSON or XML; a party sees its own."""
    form = _form(request, (*_JSON, *_XML), "Ask for application/json or application/xml.")
    if not _CAPTURE_ID.fullmatch(capture_id):
        raise NotFound("There is no capture job {id}", where="captureID", id=capture_id)
    job = house.capture_job(capture_id, by=CapturedBy.of(by))
    if form in _XML:
        return Response(job_xml(job), media_type=form, headers=VERSIONS)
    return json(job_json(job))


@router.head("/capture", include_in_schema=False)
@router.get("/capture")
def capture_jobs(
    request: Request,
    by: Annotated[Principal, Depends(capturer)],
    house: Annotated[House, Depends(house_of)],
    perPage: str = "",  # noqa: N803 (the name of the standard)
    nextPageToken: str = "",  # noqa: N803 (the name of the standard)
) -> Response:
    """The capture jobs of the asking party, newest first, page by page; in JSON only, as in the standard."""
    _form(request, _JSON, "Ask for application/json; single jobs come in XML too.")
    size = _page_size(perPage)
    page = house.capture_jobs(by=CapturedBy.of(by), per_page=size, token=nextPageToken or None)
    answer = json([job_json(job) for job in page.jobs])
    if page.next_token is not None and page.token_expires is not None:
        link = urlencode({"perPage": size, "nextPageToken": page.next_token})
        answer.headers["Link"] = f'<{request.url.path}?{link}>; rel="next"'
        answer.headers["GS1-Next-Page-Token-Expires"] = page.token_expires.isoformat()
    return answer


def _page_size(asked: str) -> int:
    if not asked:
        return DEFAULT_PAGE
    if not _COUNT.fullmatch(asked):
        raise QueryParameterWrong(
            "{name} is a whole number from 1, not {value}", where="perPage", name="perPage", value=asked[:100]
        )
    return min(int(asked), LARGEST_PAGE)


def _form(request: Request, offered: tuple[str, ...], remedy: str) -> str:
    accept = request.headers.get("accept", "")
    found = preferred(accept, offered)
    if found is None:
        raise NotAcceptable(
            "Capture jobs are not available in {given}", where="Accept", given=accept, remedy=remedy
        )
    return found
