"""Codes that may have been copied: the list of officials and makers, and what speaks for and against each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.doors import OFFICIALS, viewer_of
from suyuan.portal.rendering import Page, render
from suyuan.portal.services import Label
from suyuan.trace.errors import InvalidInput, SuyuanError
from suyuan.trace.recall.passport import Text
from suyuan.trace.store.copies import Clearing, Suspected, Wanted
from suyuan.trace.store.sight import Viewer

PATH = "/console/copies"
ONE = f"{PATH}/code"
PAGE = 50
LONGEST_REASON = 1000
_FAULT = 500
_MOST_BANS = 9  # beyond it the figure says nothing more

Handler = Callable[[Request], Response | Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Listed:
    """A suspected code with how to show it and its lot."""

    suspected: Suspected
    label: Label


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the history of a code: a scan, or a stay of the thing that begins or ends.

    ``what`` is ``scan``, ``came``, ``left``, ``sold``, ``destroyed`` or a kind of finding; ``where`` names a
    city, empty where nobody told one. ``km`` is how far a scan was from where the thing should have been.
    """

    time: datetime
    what: str
    where: Text = field(default_factory=Text)
    km: float | None = None
    channel: str = ""
    outcome: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One code with its evidence. ``scans_withheld``: the viewer may not see single scans, only their sum."""

    listed: Listed
    history: Sequence[Moment]
    clearings: Sequence[Clearing]
    may_clear: bool
    scans_withheld: bool


class CopyDesk(Protocol):
    """What the pages ask of the house. What the viewer may not see raises ``NotFound``."""

    def wanted(self, product: str, party: str, before: str) -> Wanted:
        """Which codes are meant by what somebody typed; ``InvalidInput`` for what is no identifier."""
        ...

    def listed(self, viewer: Viewer, wanted: Wanted, limit: int) -> Sequence[Listed]:
        """Suspected codes, the highest score first."""
        ...

    def shown(self, viewer: Viewer, key: str) -> Shown:
        """One code; that an official looked is noted."""
        ...

    def clear(self, viewer: Viewer, key: str, reason: str) -> None:
        """Answer for all that is known of a code."""
        ...


def routes(desk: CopyDesk) -> list[BaseRoute]:
    """The list, one code, and the form that answers for it."""
    return [
        Route(PATH, _list(desk), methods=["GET"]),
        Route(ONE, _one(desk), methods=["GET"]),
        Route(ONE, _cleared(desk), methods=["POST"]),
    ]


def mark(one: Suspected) -> str:
    """Where the next page begins."""
    return f"{one.score!r}|{one.key}"


def times(score: float) -> float:
    """How many times as likely a score is, to two figures."""
    return float(f"{10 ** max(-_MOST_BANS, min(_MOST_BANS, score)):.1e}")


def may_clear(viewer: Viewer) -> bool:
    """Officials may answer for a code; its maker may not answer for itself."""
    return viewer.role in OFFICIALS


def _list(desk: CopyDesk) -> Handler:
    def handler(request: Request) -> Response:
        query = request.query_params
        typed = {name: query.get(name, "").strip() for name in ("product", "party")}
        error: InvalidInput | None = None
        rows: Sequence[Listed] = []
        try:
            wanted = desk.wanted(typed["product"], typed["party"], query.get("before", ""))
            rows = desk.listed(viewer_of(request), wanted, PAGE + 1)
        except InvalidInput as wrong:
            error = wrong
        context: dict[str, Any] = {
            "q": "",
            "typed": typed,
            "error": error,
            "rows": rows[:PAGE],
            "more": mark(rows[PAGE - 1].suspected) if len(rows) > PAGE else "",
            "one_path": ONE,
            "list_path": PATH,
        }
        return render(Page.of(request), "console/copies.html", context, status=error.status if error else 200)

    return handler


def _one(desk: CopyDesk) -> Handler:
    def handler(request: Request) -> Response:
        viewer, key = viewer_of(request), request.query_params.get("key", "")
        return _page(request, desk.shown(viewer, key), "", None)

    return handler


def _cleared(desk: CopyDesk) -> Handler:
    async def handler(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=20) as form:
            values = {name: str(form.get(name, "")) for name in ("key", "reason")}
        return await run_in_threadpool(cleared, request, values)

    def cleared(request: Request, values: Mapping[str, str]) -> Response:
        viewer, key = viewer_of(request), values["key"]
        try:
            desk.clear(viewer, key, values["reason"])
        except SuyuanError as error:
            if error.where != "reason" or error.status >= _FAULT:
                raise
            return _page(request, desk.shown(viewer, key), values["reason"], error)
        return RedirectResponse(Page.of(request).link(ONE, key=key, done="cleared"), status_code=303)

    return handler


def _page(request: Request, shown: Shown, reason: str, failure: SuyuanError | None) -> Response:
    context: dict[str, Any] = {
        "q": "",
        "shown": shown,
        "one": shown.listed.suspected,
        "label": shown.listed.label,
        "reason": reason,
        "failure": failure,
        "done": request.query_params.get("done", "") == "cleared" and failure is None,
        "longest": LONGEST_REASON,
        "times": times,
        "one_path": ONE,
        "list_path": PATH,
    }
    status = failure.status if failure is not None else 200
    return render(Page.of(request), "console/copies-one.html", context, status=status)
