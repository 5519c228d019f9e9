"""What named queries and subscriptions share: lists in pages, the JSON of new entries, and who may."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from suyuan.api.device_auth import check_account
from suyuan.api.epcis.answers import discovered, paged
from suyuan.api.problems import UnsupportedMediaType
from suyuan.api.security import reader_of_events
from suyuan.portal.services import Principal
from suyuan.trace.epcis.json_shapes import is_object
from suyuan.trace.epcis.json_text import parse
from suyuan.trace.epcis.problems import DEFAULT_LIMITS, Findings
from suyuan.trace.errors import TooLarge
from suyuan.trace.store import page_tokens
from suyuan.trace.store.parameters import QueryParameterWrong

MOST_ENTRIES = 100  # of one page
MOST_BYTES = 64 << 10  # of a query or a subscription
_DEFAULT_PAGE = 30
_JSON = ("application/json", "application/ld+json")
_Entry = TypeVar("_Entry")


def offers(router: APIRouter, path: str, methods: str) -> None:
    """Answer OPTIONS at ``path``, to everybody: what may be done there."""

    def options() -> Response:
        """What may be done here."""
        return discovered(methods)

    router.add_api_route(path, options, methods=["OPTIONS"], status_code=204)


def keeper(by: Annotated[Principal, Depends(reader_of_events)]) -> Principal:
    """Who keeps and ends queries and subscriptions; a dependency.

    Raises:
        NotAnAccount: an enrolled device.
    """
    check_account(by)
    return by


def page(
    request: Request,
    of: str,
    now: datetime,
    entries: Callable[[str, int], Sequence[_Entry]],
    shown: Callable[[_Entry], tuple[str, Mapping[str, Any]]],
) -> Response:
    """One page of the list ``of``.

    ``entries`` finds so many after the one of that name; ``shown`` gives the name of one, and its JSON.

    Raises:
        QueryParameterWrong: see :func:`page_size` and :func:`place_in`.
    """
    size = page_size(request)
    found = entries(place_in(request, of, now), size + 1)
    listed = [shown(entry) for entry in found[:size]]
    more = page_tokens.leading_on(of, listed[-1][:1], now) if len(found) > size else (None, None)
    return told([body for _, body in listed], paged(request, *more))


def page_size(request: Request) -> int:
    """How many entries are asked for, at most a hundred.

    Raises:
        QueryParameterWrong: ``perPage`` is no number from 1.
    """
    text = request.query_params.get("perPage", str(_DEFAULT_PAGE))
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text)):  # noqa: PLR2004 (digits)
        raise QueryParameterWrong(
            "{name} is a whole number from 1, not {value}", where="perPage", name="perPage", value=text[:100]
        )
    return min(int(text), MOST_ENTRIES)


def place_in(request: Request, of: str, now: datetime) -> str:
    """After which entry the page begins; the empty text for the first.

    Raises:
        QueryParameterWrong: the token is none, of another list, or has expired.
    """
    token = request.query_params.get("nextPageToken")
    return "" if token is None else page_tokens.place_in(token, of, (str,), now)[0]


def told(content: Any, headers: Mapping[str, str], *, status: int = 200) -> Response:
    """A JSON answer with these headers."""
    return Response(
        orjson.dumps(content, option=orjson.OPT_UTC_Z), status, headers, media_type="application/json"
    )


async def json_object(request: Request) -> Mapping[str, Any]:
    """The JSON object that a request brings; a dependency. An empty one for any other JSON.

    Raises:
        UnsupportedMediaType: it says that it is something else.
        ValidationError: it is not JSON.
        TooLarge: more than 64 KiB.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _JSON:
        raise UnsupportedMediaType(
            "A body of type {given} is not read here",
            where="Content-Type",
            given=media_type or "(none)",
            remedy="Send application/json.",
        )
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MOST_BYTES:
            raise TooLarge("The body is larger than {limit} bytes", limit=MOST_BYTES)
    value = parse(bytes(content), DEFAULT_LIMITS, Findings())
    return value if is_object(value) else {}
