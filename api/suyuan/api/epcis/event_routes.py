"""``/events``: one event in, the events that match out. Source: EPCIS 2.0 §12 (REST bindings)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from suyuan.api.body import Body, received
from suyuan.api.epcis.answers import VERSIONS, discovered, document, only_read, paged
from suyuan.api.epcis.negotiation import extensions
from suyuan.api.house import CapturedBy, House
from suyuan.api.security import capturer, house_of, reader_of_events, viewer_of
from suyuan.portal.services import Principal
from suyuan.trace.store.sight import Viewer

router = APIRouter(tags=["EPCIS 2.0"])


@router.options("/events", status_code=204)
def events_options() -> Response:
    """What this query interface offers."""
    return discovered("GET, HEAD, OPTIONS, POST")


router.add_api_route("/events/{event_id:path}", only_read, methods=["OPTIONS"], status_code=204)


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
    return found_events(request, viewer, house)


def found_events(
    request: Request,
    viewer: Viewer,
    house: House,
    *,
    among: tuple[str, str] | None = None,
    if_none: Callable[[], None] = lambda: None,
) -> Response:
    """A page of the events in sight that match the request's parameters, and ``among`` as one more.

    ``if_none`` is asked where there are none, and may raise: whether there is such a resource at all is known
    at no cost where it has events.
    """
    view = house.seen_by(viewer)
    page = view.told.page(request.query_params.multi_items(), among=among, prefixes=extensions(request))
    if not page.events:
        if_none()
    headers = paged(request, page.next_token, page.token_expires)
    return document(request, page.events, house.now(), headers)


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
    found = house.seen_by(viewer).told.with_id(event_id)
    return document(request, found, house.now(), dict(VERSIONS))
