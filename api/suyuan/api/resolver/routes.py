"""The resolver's addresses: Digital Links of every key, what the resolver says of itself, and its words.

A browser that asks for nothing in particular is answered at once with our page where that is the default: one
round trip less for a shopper. Everything else is redirected (307), as the standard has it.

Source: GS1-Conformant Resolver Standard 1.0; the checks of GS1's test suite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.api.house import House
from suyuan.api.problems import preferred, wants_page
from suyuan.api.resolver.description import context, description
from suyuan.api.resolver.resolving import VERIFICATION_SERVICE, Resolved, Resolving
from suyuan.api.resolver.short import ShortLink, in_plain
from suyuan.api.resolver.verifying import VERIFICATION
from suyuan.portal.choices import choices_page
from suyuan.portal.consumer import PAGES, look_of, passport_page, refused_early, request_link
from suyuan.portal.looking_up import form_again
from suyuan.trace.errors import InvalidInput, NotFound, SuyuanError
from suyuan.trace.gs1 import Identifier, check_link
from suyuan.trace.gs1.application_identifiers import KEYS
from suyuan.trace.gs1.digital_links import start_of_key
from suyuan.trace.gs1.errors import shown
from suyuan.trace.gs1.verdict import OLD_LABELS
from suyuan.trace.recall.passport import VerdictState
from suyuan.trace.resolver import (
    MEDIA_TYPE,
    Link,
    Wish,
    link_type,
    links_for,
    linkset,
    preferences,
    short_name,
    target,
)
from suyuan.trace.resolver.link_types import HANDLED_BY
from suyuan.trace.scan.visitor import is_early

DESCRIPTION = "/.well-known/gs1resolver"
CONTEXT = "/linkset-context.jsonld"
_CONTEXT_RELATION = "http://www.w3.org/ns/json-ld#context"
_METHODS = "GET, HEAD, OPTIONS"
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": _METHODS,
    "Access-Control-Allow-Headers": "Accept, Accept-Language",
    "Access-Control-Expose-Headers": "Link, Location",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_LINKSETS = frozenset({"linkset", "all"})  # "all" is what editions before 1.2 of the syntax called it
_AS_VERIFIERS_ASK = {"verificationService": "gs1:verificationService"}
"""The word of the standard for verification, which is older than prefixes."""
_HANDLED_BY = frozenset({HANDLED_BY, short_name(HANDLED_BY)})
_NOT_ELSEWHERE = frozenset(
    {
        VerdictState.RECALLED,
        VerdictState.DESTROYED,
        VerdictState.SUSPICIOUS,
        VerdictState.HELD,
        VerdictState.WITHDRAWN,
        VerdictState.EXPIRED,
        VerdictState.RESOLD,
        VerdictState.UNKNOWN,
    }
)
"""Of goods that nobody should eat or sell the shopper is told here, wherever their producer's link leads."""
_WARNINGS = frozenset({"wrong-lot", "unfit", "scans-unusual", "made-by-others", "unsure-word"})
"""Reasons to pay attention of which the same holds; a record that is merely not whole is none."""

Render = Callable[[Request, Exception], Response]


def routes(house: House, resolving: Resolving, render: Render) -> list[BaseRoute]:
    """Every primary key, the resolver's own descriptions, and short links.

    They come after all others: a short link may look like any other address.
    """

    def resolve(request: Request) -> Response:
        link = request_link(request)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_CORS | {"Allow": _METHODS, "Link": _linkset_of(link)})
        plain = in_plain(link)
        if _begins_elsewhere(plain):
            raise HTTPException(404)
        if "/" not in plain[1:]:
            return _incomplete(request, render, plain[1:])
        response = _answer(request, house, resolving, render, plain)
        response.headers.update(_CORS)
        same = f', <{resolving.public_url}{_in_header(plain)}>; rel="owl:sameAs"' if plain != link else ""
        links = response.headers.get("Link") or f"{_linkset_of(plain)}, {_CONTEXT_LINK}"
        response.headers["Link"] = f"{links}{same}"
        _add_vary(response, "Accept", "Accept-Language")
        return response

    def describe(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_CORS | {"Allow": _METHODS})
        return _json(description(resolving.public_url, CONTEXT), "application/json")

    def tell_context(_request: Request) -> Response:
        return _json(context(), "application/ld+json")

    asked = ["GET", "OPTIONS"]  # who takes GET takes HEAD
    return [
        *(Route(f"/{key}{rest}", resolve, methods=asked) for key in (*KEYS, "own") for rest in ("", _BEHIND)),
        Route(DESCRIPTION, describe, methods=asked),
        Route(CONTEXT, tell_context, methods=["GET"]),
        ShortLink("/{code}", resolve, methods=asked),
    ]


def page_headers(plain: str) -> dict[str, str]:
    """The headers of our page at the plain path of a Digital Link."""
    links = f"{_linkset_of(plain)}, {_CONTEXT_LINK}"
    return {**_CORS, "Link": links, "Vary": "Accept, Accept-Language, Accept-Encoding"}


def _add_vary(response: Response, *names: str) -> None:
    """Let the answer be kept apart by these headers too, beside those that it is kept apart by already."""
    told = [one.strip() for one in response.headers.get("Vary", "").split(",") if one.strip()]
    response.headers["Vary"] = ", ".join(dict.fromkeys((*names, *told)))


_BEHIND = "/{rest:path}"


def _incomplete(request: Request, render: Render, key: str) -> Response:
    """400 for a link that ends before the value of its key; people get the look-up."""
    error = InvalidInput(
        "The link ends before the number behind {key}",
        where=key,
        remedy="Scan the code again, or type it as it is printed.",
        key=f"/{key}/",
    )
    response = form_again(request, error) if wants_page(request) else render(request, error)
    response.headers.update(_CORS)
    return response


_CONTEXT_LINK = f'<{CONTEXT}>; rel="{_CONTEXT_RELATION}"; type="application/ld+json"'


def _linkset_of(path: str) -> str:
    return f'<{_in_header(path)}?linkType=linkset>; rel="linkset"; type="{MEDIA_TYPE}"'


def _in_header(path: str) -> str:
    """``path`` as it was sent, without what would end the address in a header."""
    return quote(path, safe="/%:@!$&'()*+,;=~")


def _begins_elsewhere(path: str) -> bool:
    """Whether the key of a Digital Link does not come first: below the root of this host is no other one."""
    segments = path.split("/")
    return start_of_key(segments, OLD_LABELS) > 1 and segments[1] != "own"


def _answer(request: Request, house: House, resolving: Resolving, render: Render, plain: str) -> Response:
    """The answer for the plain ``path`` of a Digital Link; the page tells people what is wrong with it."""
    asks_for_page = wants_page(request) and not request.query_params.get("linkType")
    try:
        identifier = house.identified(plain)
        if not asks_for_page and not identifier.own:
            _check(resolving.public_url + plain, request.url.query)
        return _found(request, house, resolving, plain, identifier)
    except SuyuanError as error:
        return passport_page(request, house, plain) if asks_for_page else render(request, error)


def _found(
    request: Request, house: House, resolving: Resolving, plain: str, identifier: Identifier
) -> Response:
    """The linkset, our page, a choice or a redirect. Raises ``NotFound`` where there is none of them."""
    wanted = request.query_params.get("linkType", "")
    is_browser = wants_page(request)
    try:
        resolved = resolving.resolved(identifier)
    except NotFound:
        if (root := house.handled_by(identifier)) is None:
            raise
        return _handed_over(root, plain, request.url.query, wanted)
    if resolved.is_unknown:
        request.state.missed = 1  # a linkset of its product is an answer to a guess, too
    if wanted in _LINKSETS or (not wanted and _takes_linkset(request)):
        return _json(linkset(resolved.anchors), MEDIA_TYPE)
    found = _asked_for(request, resolved, wanted)
    is_ours = len(found) == 1 and _is_ours(found[0], resolving)
    if is_browser and ((is_ours and not wanted) or resolved.is_unknown):
        return passport_page(request, house, plain)
    if (answer := _before_it_leads(request, house, plain, is_ours=is_ours)) is not None:
        return answer
    if len(found) > 1:
        return _choices(request, resolved, found)
    link = found[0]
    if is_ours and not wanted and resolved.is_unknown:  # the page of the product would not say so
        link = replace(link, href=resolving.page_of(identifier))
    return RedirectResponse(target(_of_this_very(link, resolving, identifier), request.url.query), 307)


def _before_it_leads(request: Request, house: House, link: str, *, is_ours: bool) -> Response | None:
    """What is answered instead of leading somewhere.

    To browsers that fetch ahead, as nobody who is led elsewhere is seen again: neither the look nor the tap
    would count. And to people, of goods of which no other page may hide what ours says.
    """
    if not is_ours and is_early(request.headers):
        return refused_early()
    return _page_of_stopped(request, house, link) if wants_page(request) else None


def _asked_for(request: Request, resolved: Resolved, wanted: str) -> Sequence[Link]:
    """The link that a request asks for, or those that nothing in it tells apart; ``NotFound`` for none."""
    found = links_for(_wish(request, wanted), resolved.levels)
    if not found:
        raise _not_linked(wanted)
    return found


def _of_this_very(link: Link, resolving: Resolving, identifier: Identifier) -> Link:
    """The link of the service that verifies items, where a coarser level gave it: of the item itself."""
    if link.link_type == VERIFICATION_SERVICE and _is_below(link, resolving, VERIFICATION):
        return replace(link, href=resolving.verification_of(identifier))
    return link


def _handed_over(root: str, plain: str, query: str, wanted: str) -> Response:
    """On to the resolver that answers for a code, with all that was asked here: nothing of it is known.

    Its address takes the place of the linkset's in the header ``Link``, under both names of the relation: in
    full, as RFC 8288 has it, and as GS1 writes it.
    """
    address = f"{root}{plain}"
    headers = {"Link": f'<{root}{_in_header(plain)}>; rel="{HANDLED_BY} {short_name(HANDLED_BY)}"'}
    if wanted in _HANDLED_BY:  # that was the question
        return RedirectResponse(target(Link(HANDLED_BY, address, ""), query), 307, headers)
    return RedirectResponse(f"{address}?{query}" if query else address, 307, headers)


def _check(uri: str, query: str) -> None:
    """Refuse what is no Digital Link in all its parts; people who scan are told of it by the page."""
    check_link(f"{uri}?{query}" if query else uri, OLD_LABELS).confirmed()


def _wish(request: Request, wanted: str) -> Wish:
    headers = request.headers
    try:
        in_full = link_type(_AS_VERIFIERS_ASK.get(wanted, wanted)) if wanted else ""
    except InvalidInput:
        raise _not_linked(wanted) from None
    return Wish(
        in_full,
        preferences(headers.get("accept-language", "")),
        preferences(headers.get("accept", "")),
        tuple(request.query_params.getlist("context")),
    )


def _takes_linkset(request: Request) -> bool:
    offered = (MEDIA_TYPE, "text/html")
    return MEDIA_TYPE in request.headers.get("accept", "") and (
        preferred(request.headers["accept"], offered) == MEDIA_TYPE
    )


def _is_ours(link: Link, resolving: Resolving) -> bool:
    return _is_below(link, resolving, PAGES)


def _is_below(link: Link, resolving: Resolving, path: str) -> bool:
    return link.href.startswith(f"{resolving.public_url}{path}/")


def _page_of_stopped(request: Request, house: House, link: str) -> Response | None:
    """Our page where it has something to say that no other page may hide; the look counts in any case."""
    look = look_of(request, house)
    try:
        if house.is_forged(link, look.query):
            return passport_page(request, house, link)
        scanned = house.scanned(link, look)
    except NotFound:  # the resolver says whether that alone is something to tell
        return None
    verdict = scanned.verdict
    if verdict.state in _NOT_ELSEWHERE or any(reason.code in _WARNINGS for reason in verdict.reasons):
        return passport_page(request, house, link, scanned)
    return None


def _choices(request: Request, resolved: Resolved, found: Sequence[Link]) -> Response:
    """300: nothing in the request tells these apart; whoever asks chooses."""
    anchor = next(one for one in resolved.anchors if found[0] in one.links)
    if wants_page(request):
        told = [(target(link, request.url.query), link) for link in found]
        return choices_page(request, anchor.description, told)
    return _json(linkset([replace(anchor, links=found)]), MEDIA_TYPE, status=300)


def _not_linked(wanted: str) -> NotFound:
    return NotFound(
        "There is no link of the type {type} for this code",
        where="linkType",
        remedy="Ask with linkType=linkset for all links that there are.",
        type=shown(wanted) if wanted else "gs1:defaultLink",
    )


def _json(told: Mapping[str, object], media_type: str, status: int = 200) -> Response:
    headers = _CORS | {"Link": _CONTEXT_LINK, "Cache-Control": "no-cache"}
    return Response(orjson.dumps(told), status, headers, media_type)
