"""The top-level resources: what there is to ask for, each value's own address, and its events.

Source: EPCIS 2.0 §12 (REST bindings). ``/`` is the front page for people; programs that ask for JSON there
get the list of resources. Who may see which member is :mod:`suyuan.trace.store.resources`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, cast
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Path, Request
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from suyuan.api.epcis.answers import READ, VERSIONS, collection, discovered, lengths, only_read, paged
from suyuan.api.epcis.event_routes import found_events
from suyuan.api.epcis.negotiation import check_headers, extensions, wanted
from suyuan.api.epcis.released import ReleasedTokens
from suyuan.api.house import House
from suyuan.api.problems import preferred
from suyuan.api.security import allow, house_of, reader_of_events, viewer_of
from suyuan.portal.services import Principal
from suyuan.trace.epcis.cbv import BIZ_STEP, DISPOSITION, Vocabulary
from suyuan.trace.epcis.representation import as_epc_urn
from suyuan.trace.errors import NotFound
from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.store.columns import storable
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.parameters import DEFAULT_PAGE, LARGEST_PAGE, QueryParameterWrong
from suyuan.trace.store.resources import STANDARD, Field, Members, ValuesInSight, epcs
from suyuan.trace.store.sight import Reach, Viewer, reach_of

TOP_LEVEL = (
    "capture",
    "events",
    "eventTypes",
    "epcs",
    "bizSteps",
    "bizLocations",
    "readPoints",
    "dispositions",
    "queries",
)


def _place_key(value: str) -> str:
    try:
        return identify(value).key
    except IdentifierError:
        return value


def _word(vocabulary: Vocabulary) -> Callable[[str], str]:
    return lambda value: vocabulary.xml_spellings.get(value, value)


def _event_type(value: str) -> str:
    return value.removeprefix("https://ref.gs1.org/epcis/").removeprefix("epcis:")


@dataclass(frozen=True, slots=True)
class Resource:
    """A collection: a member's path parameter, the query parameter that it stands for, its one spelling."""

    name: str
    member: str
    parameter: str
    spelled: Callable[[str], str]
    are_identifiers: bool = False


RESOURCES = (
    Resource("eventTypes", "eventType", "eventType", _event_type),
    Resource("epcs", "epc", "MATCH_anyEPC", _place_key, are_identifiers=True),
    Resource("bizSteps", "bizStep", "EQ_bizStep", _word(BIZ_STEP)),
    Resource("bizLocations", "bizLocation", "EQ_bizLocation", _place_key, are_identifiers=True),
    Resource("readPoints", "readPoint", "EQ_readPoint", _place_key, are_identifiers=True),
    Resource("dispositions", "disposition", "EQ_disposition", _word(DISPOSITION)),
)


class ForPrograms(APIRoute):
    """A route for who wants JSON rather than a page; for everybody else it is not there."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether the request is for this route."""
        found, child = super().matches(scope)
        if found is not Match.NONE and scope["method"] in ("GET", "HEAD"):
            accept = Headers(scope=scope).get("accept", "")
            if preferred(accept, ("text/html", "application/json", "application/ld+json")) in (
                "text/html",
                None,
            ):
                return Match.NONE, {}
        return found, child


router = APIRouter(tags=["EPCIS 2.0"])
front = APIRouter(tags=["EPCIS 2.0"], route_class=ForPrograms)


@front.head("/", include_in_schema=False)
@front.get("/")
def top_level(request: Request) -> Response:
    """The top-level resources of this repository, for programs; a browser gets the front page here."""
    return collection(request, TOP_LEVEL, {"Vary": "Accept"})


front.add_api_route("/", only_read, methods=["OPTIONS"], status_code=204, name="front_options")


def check_request(request: HTTPConnection) -> None:
    """What every route of the standard checks first: headers can be met, a page token still leads on.

    Raises:
        NotAcceptable: a version or a spelling that there is not.
        QueryParameterWrong: the page token was given back.
    """
    check_headers(request)
    token = request.query_params.get("nextPageToken")
    by: Principal | None = request.state.principal
    if token is not None and by is not None:
        released: ReleasedTokens = request.app.state.released_tokens
        released.check(by.name, token)


@router.delete("/nextPageToken/{token}", status_code=204)
def give_back(
    request: Request,
    token: Annotated[str, Path(max_length=4096)],
    by: Annotated[Principal, Depends(allow("regulator", "company", "station"))],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """Give a page token back: from now on it leads nowhere."""
    released: ReleasedTokens = request.app.state.released_tokens
    released.release(by.name, token, house.now())
    return Response(status_code=204, headers=VERSIONS)


router.add_api_route(
    "/nextPageToken/{token}",
    lambda: discovered("DELETE, OPTIONS"),
    methods=["OPTIONS"],
    status_code=204,
    name="token_options",
)


def _members_route(resource: Resource) -> Callable[..., Response]:
    def members(
        request: Request,
        _by: Annotated[Principal, Depends(reader_of_events)],
        viewer: Annotated[Viewer, Depends(viewer_of)],
        house: Annotated[House, Depends(house_of)],
    ) -> Response:
        page = _page(request, resource, viewer, house)
        headers = paged(request, page.next_token, page.token_expires)
        if not resource.are_identifiers:
            return collection(request, page.members, headers)
        # Keys on record are Digital Links; whatever else is asked for, they are not spelled otherwise.
        if wanted(request).epc_format != "Always_EPC_URN":
            return collection(request, page.members, {**headers, "GS1-EPC-Format": "Always_GS1_Digital_Link"})
        length_of = lengths(request, "Always_EPC_URN")
        spelled = [as_epc_urn(member, length_of) for member in page.members]
        done = not any(one.startswith("https://id.gs1.org/") for one in spelled)
        headers["GS1-EPC-Format"] = "Always_EPC_URN" if done else "No_Preference"
        return collection(request, spelled, headers)

    return members


def _page(request: Request, resource: Resource, viewer: Viewer, house: House) -> Members:
    """One page of a collection; it takes no parameters but those of paging."""
    params = dict(request.query_params)
    other = next((name for name in params if name not in ("perPage", "nextPageToken")), None)
    if other is not None:
        raise QueryParameterWrong(
            "{list} takes no parameter {name}",
            where=other[:100],
            list=request.url.path,
            name=other[:100],
            remedy="Ask for events with it, at /events.",
        )
    size, token = _per_page(params), params.get("nextPageToken")
    with Reading(house.engine) as reading:
        if resource.name == "epcs":
            return epcs(reading, viewer, now=house.now(), per_page=size, token=token)
        return _values(request).page(
            reading, _field(resource), viewer, now=house.now(), per_page=size, token=token
        )


def _per_page(params: Mapping[str, str]) -> int:
    text = params.get("perPage", str(DEFAULT_PAGE))
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text)):  # noqa: PLR2004 (digits of 2**31)
        raise QueryParameterWrong(
            "{name} is a whole number from 1, not {value}", where="perPage", name="perPage", value=text[:100]
        )
    return min(int(text), LARGEST_PAGE)


def _values(request: Request) -> ValuesInSight:
    found: ValuesInSight = request.app.state.values_in_sight
    return found


def _field(resource: Resource) -> Field:
    return cast("Field", resource.name)


def _one_route(resource: Resource) -> Callable[..., Response]:
    def one(
        request: Request,
        _by: Annotated[Principal, Depends(reader_of_events)],
        viewer: Annotated[Viewer, Depends(viewer_of)],
        house: Annotated[House, Depends(house_of)],
    ) -> Response:
        value, _ = _asked(request, resource)
        _check_known(request, resource, value, viewer, house)
        return collection(request, ("events",))

    return one


def _events_route(resource: Resource) -> Callable[..., Response]:
    def its_events(
        request: Request,
        _by: Annotated[Principal, Depends(reader_of_events)],
        viewer: Annotated[Viewer, Depends(viewer_of)],
        house: Annotated[House, Depends(house_of)],
    ) -> Response:
        value, events_wanted = _asked(request, resource)

        def check() -> None:
            _check_known(request, resource, value, viewer, house)

        if not events_wanted:  # a value that ends so itself
            check()
            return collection(request, ("events",))
        among = (resource.parameter, value)
        try:
            return found_events(request, viewer, house, among=among, if_none=check)
        except QueryParameterWrong as wrong:
            if wrong.where == resource.parameter:
                check()  # what can be no value of a query is not here either
            raise

    return its_events


def _asked(request: Request, resource: Resource) -> tuple[str, bool]:
    """The value in the path, in its one spelling, and whether its events are asked for.

    As it was sent, an encoded slash is told from one between segments; where the path comes decoded only, a
    trailing ``/events`` is taken for the sub-resource.
    """
    raw: bytes = request.scope.get("raw_path") or b""
    sent = raw.partition(b"?")[0].decode("ascii", "replace").split("/")
    segments = sent[sent.index(resource.name) + 1 :] if resource.name in sent else []
    if len(segments) == 1 or (len(segments) == 2 and segments[1] == "events"):  # noqa: PLR2004
        value, events_wanted = unquote(segments[0]), len(segments) > 1
    else:
        value = str(request.path_params[resource.member])
        events_wanted = request.scope["path"].endswith("/events")
    prefix, _, rest = value.partition(":")
    namespace = extensions(request).get(prefix)
    return resource.spelled(value if namespace is None else namespace + rest), events_wanted


def _check_known(request: Request, resource: Resource, value: str, viewer: Viewer, house: House) -> None:
    """Raise ``NotFound`` for a value that nothing in the viewer's sight has, whether or not there is one."""
    if resource.name == "epcs" and storable(value):
        house.seen_by(viewer).check(value)
        if reach_of(viewer) is Reach.ALL:  # who sees everything, sees no more than there is
            house.known(value)
        return
    found = value in STANDARD.get(_field(resource), ())
    if not found and resource.name != "epcs":
        with Reading(house.engine) as reading:
            found = value in _values(request).values(reading, _field(resource), viewer)
    if not found:
        raise NotFound(
            "Nothing here is known as {value}",
            where=resource.member,
            value=value[:200],
            remedy="The list above this address has what there is in your sight.",
        )


def _add(resource: Resource) -> None:
    parameter: dict[str, Any] = {
        "in": "path",
        "name": resource.member,
        "required": True,
        "description": "Percent-encoded; for words of the CBV the bare word or its URI.",
        "schema": {"type": "string", "minLength": 1},
    }
    parts = (
        (f"/{resource.name}", _members_route(resource), "List", None),
        (f"/{resource.name}/{{{resource.member}:path}}/events", _events_route(resource), "Events", parameter),
        (f"/{resource.name}/{{{resource.member}:path}}", _one_route(resource), "SubResources", parameter),
    )
    for path, endpoint, what, told in parts:
        name = f"{resource.member}{what}"
        extra = None if told is None else {"parameters": [told]}
        router.add_api_route(path, endpoint, methods=["GET"], name=name, openapi_extra=extra)
        router.add_api_route(path, endpoint, methods=["HEAD"], include_in_schema=False, name=f"{name}Head")
        router.add_api_route(
            path,
            lambda: discovered(READ),
            methods=["OPTIONS"],
            status_code=204,
            name=f"{name}Options",
            openapi_extra=extra,
        )


for _resource in RESOURCES:
    _add(_resource)
