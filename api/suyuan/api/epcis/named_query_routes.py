"""``/queries``: queries under a name, and what they find. Source: EPCIS 2.0 §12 (REST bindings).

Queries are their party's: its accounts see and delete them, its devices run them, others' are as absent. What
a query finds is what the asking account sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from suyuan.api.epcis.answers import VERSIONS, document, json, paged
from suyuan.api.epcis.list_pages import json_object, keeper, offers, page
from suyuan.api.epcis.negotiation import extensions
from suyuan.api.house import House
from suyuan.api.notify.standing import owner_of
from suyuan.api.security import house_of, reader_of_events, viewer_of
from suyuan.portal.services import Principal
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.named_queries import (
    NamedQuery,
    QueryUnfit,
    create_query,
    delete_query,
    named_queries,
    named_query,
)
from suyuan.trace.store.parameters import parse_query
from suyuan.trace.store.sight import Viewer

router = APIRouter(tags=["EPCIS 2.0"])

QueryName = Annotated[str, Path(max_length=200)]
_MEMBERS = frozenset(("name", "query", "@context"))


offers(router, "/queries", "GET, HEAD, OPTIONS, POST")
offers(router, "/queries/{query_name}", "DELETE, GET, HEAD, OPTIONS")
offers(router, "/queries/{query_name}/events", "GET, HEAD, OPTIONS")


@router.post("/queries", status_code=201)
def post_query(
    request: Request,
    by: Annotated[Principal, Depends(keeper)],
    body: Annotated[Mapping[str, Any], Depends(json_object)],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """Keep a query under a name; 409 where the party has one of that name."""
    name, query = body.get("name"), body.get("query")
    unknown = next((member for member in body if member not in _MEMBERS), None)
    if not isinstance(name, str) or not is_object(query) or unknown is not None:
        raise QueryUnfit(
            "A named query is an object with a name and a query",
            where="query" if isinstance(name, str) else "name",
            remedy="Send an object with the members name and query, and no others.",
        )
    if declared := extensions(request):  # a query means the same whoever runs it later
        context = query.get("@context", [])
        query = {**query, "@context": [*(context if is_list(context) else [context]), declared]}
    parse_query(query)
    made = NamedQuery(owner_of(by), name, query, house.now(), by.name)
    with Writing(house.engine) as writing:
        create_query(writing, made)
    return Response(status_code=201, headers={"Location": f"/queries/{quote(name, safe='')}", **VERSIONS})


@router.head("/queries", include_in_schema=False)
@router.get("/queries")
def get_queries(
    request: Request,
    by: Annotated[Principal, Depends(reader_of_events)],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """The queries of the asking party by name, page by page."""
    party = owner_of(by)
    with Reading(house.engine) as reading:
        return page(
            request,
            "queries",
            house.now(),
            lambda after, most: named_queries(reading, party, after=after, limit=most),
            lambda query: (query.name, _body(query)),
        )


@router.head("/queries/{query_name}", include_in_schema=False)
@router.get("/queries/{query_name}")
def get_query(
    query_name: QueryName,
    by: Annotated[Principal, Depends(reader_of_events)],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """What a query asks for."""
    with Reading(house.engine) as reading:
        return json(_body(named_query(reading, owner_of(by), query_name)))


@router.delete("/queries/{query_name}", status_code=204)
def remove_query(
    request: Request,
    query_name: QueryName,
    by: Annotated[Principal, Depends(keeper)],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """Forget a query; all its subscriptions end, by webhook and by WebSocket."""
    with Writing(house.engine) as writing:
        delete_query(writing, owner_of(by), query_name)
    request.app.state.deliverer.changed()
    return Response(status_code=204, headers=VERSIONS)


@router.head("/queries/{query_name}/events", include_in_schema=False)
@router.get("/queries/{query_name}/events")
def get_query_events(
    request: Request,
    query_name: QueryName,
    by: Annotated[Principal, Depends(reader_of_events)],
    viewer: Annotated[Viewer, Depends(viewer_of)],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """The events in sight that a query finds, page by page; parameters of the address narrow it."""
    with Reading(house.engine) as reading:
        known = named_query(reading, owner_of(by), query_name)
    view, params = house.seen_by(viewer), request.query_params.multi_items()
    page = view.told.page_of_query(known.query, params, prefixes=extensions(request))
    headers = paged(request, page.next_token, page.token_expires)
    return document(request, page.events, house.now(), headers)


def _body(query: NamedQuery) -> Mapping[str, Any]:
    return {"name": query.name, "query": query.query}
