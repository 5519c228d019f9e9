"""The codes of an entry of the register: its own, and those of GS1 that came later and mean the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.doors import viewer_of
from suyuan.portal.register.paths import entry_path
from suyuan.portal.rendering import Page, render
from suyuan.trace.errors import SuyuanError
from suyuan.trace.recall.passport import Text
from suyuan.trace.store.sight import Viewer

PATH = "/console/labels/codes"
_FAULT = 500

Handler = Callable[[Request], Response | Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Codes:
    """What an entry is called and its codes; ``own`` where the first was given by a platform."""

    key: str
    kind: str
    name: Text
    own: bool
    others: Sequence[str]


class CodeDesk(Protocol):
    """The services behind the page."""

    def codes(self, viewer: Viewer, key: str) -> Codes:
        """The codes of an entry, or ``NotFound``."""
        ...

    def link_code(self, viewer: Viewer, key: str, code: str) -> None:
        """Make a code mean the entry; see ``suyuan.trace.register.aliases.link``."""
        ...

    def unlink_code(self, viewer: Viewer, code: str) -> None:
        """Take a code back that was linked by mistake."""
        ...


def routes(desk: CodeDesk) -> list[BaseRoute]:
    """The page, and its two forms; before the page of a label job, whose address it could be."""
    return [Route(PATH, _codes(desk), methods=["GET"]), Route(PATH, _change(desk), methods=["POST"])]


def _codes(desk: CodeDesk) -> Handler:
    def handler(request: Request) -> Response:
        return _page(request, desk, request.query_params.get("key", ""), "", None)

    return handler


def _change(desk: CodeDesk) -> Handler:
    async def handler(request: Request) -> Response:
        sent = await request.form()
        told = {name: str(sent.get(name, "")).strip() for name in ("key", "code", "unlink")}
        return await run_in_threadpool(changed, request, **told)

    def changed(request: Request, key: str, code: str, unlink: str) -> Response:
        viewer = viewer_of(request)
        try:
            if unlink:
                desk.unlink_code(viewer, unlink)
            else:
                desk.link_code(viewer, key, code)
        except SuyuanError as error:
            if error.status >= _FAULT:
                raise
            return _page(request, desk, key, code, error)
        return RedirectResponse(Page.of(request).link(PATH, key=key), status_code=303)

    return handler


def _page(request: Request, desk: CodeDesk, key: str, typed: str, error: SuyuanError | None) -> Response:
    codes = desk.codes(viewer_of(request), key)
    context = {"q": "", "codes": codes, "typed": typed, "error": error, "entry": entry_path(codes.key)}
    return render(Page.of(request), "labels/codes.html", context, status=error.status if error else 200)
