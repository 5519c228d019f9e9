"""Short links of this host lead where their plain link leads: compressed links, and EPC memory as a path.

Both may look like any word, so these routes come after all others. The page is served where it was asked for;
the header ``Link`` tells the plain link (GS1 Digital Link Standard 1.1, resolvers).
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from suyuan.portal.consumer import in_plain, passport_page
from suyuan.portal.services import House
from suyuan.trace.gs1.short_links import link_in_path

# The shortest, a GTIN, takes ten characters; the longest path of an EPC 126.
_SHORT = re.compile("[A-Za-z0-9_-]{10,500}")
_GOODS = ("/01/", "/00/")


def routes(house: House) -> list[BaseRoute]:
    """Short links at the root; those behind a key in clear belong to the passports."""

    def resolve(request: Request) -> Response:
        path = f"/{request.path_params['code']}"
        plain = in_plain(path)
        if plain == path and (link := link_in_path(path)) is not None:
            plain = urlsplit(link).path
        if not plain.startswith(_GOODS):
            raise HTTPException(404)
        return passport_page(request, house, plain, asked=path)

    return [_Short("/{code}", resolve, methods=["GET"])]


class _Short(Route):
    """Matches only what may be a short link, so that other addresses answer as if it were not here."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(scope)
        fits = match is Match.FULL and _SHORT.fullmatch(child["path_params"]["code"])
        return (match, child) if fits else (Match.NONE, {})
