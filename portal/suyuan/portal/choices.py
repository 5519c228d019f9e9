"""The page of a code with several links that nothing in the request tells apart (HTTP 300)."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from suyuan.portal.rendering import Page, render
from suyuan.trace.resolver import Link


def choices_page(request: Request, what: str, choices: Sequence[tuple[str, Link]]) -> Response:
    """The page; ``choices`` are links with the addresses that they lead to for this request."""
    page = Page.of(request)
    return render(
        page, "choices.html", {"what": what, "choices": choices}, status=300, cache_control="no-cache"
    )
