"""The officers' desk of reports: what came in, calls and laboratory results, what is done about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.doors import viewer_of
from suyuan.portal.rendering import Page, render
from suyuan.portal.report_form import QUESTIONS, Filled, filled
from suyuan.portal.reporting import Subject
from suyuan.trace.errors import Conflict, InvalidInput, NotFound, SuyuanError
from suyuan.trace.recall.complaints import FOLLOWS, Channel, Complaint, ComplaintState, Note
from suyuan.trace.store.sight import Viewer

PAGE = 50
_DESK = "/console/complaints"
Word = TypeVar("Word", ComplaintState, Channel)
_CHANNELS = (Channel.OFFICER, Channel.LABORATORY)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reports to list; None: all. ``before`` is the last of the page before."""

    state: ComplaintState | None = None
    channel: Channel | None = None
    before: tuple[datetime, str] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One report with all that the officer may see; ``looks`` are time, account and purpose."""

    complaint: Complaint
    notes: Sequence[Note]
    looks: Sequence[tuple[datetime, str, str]]
    subject: Subject | None


class ReportDesk(Protocol):
    """What the desk asks of the house. What the viewer may not see raises ``NotFound``."""

    def new_form(self) -> str:
        """A random name for a form."""
        ...

    def today(self) -> date:
        """The local date."""
        ...

    def listed(
        self, viewer: Viewer, wanted: Wanted, limit: int
    ) -> Sequence[tuple[Complaint, Subject | None]]:
        """Reports, the newest first."""
        ...

    def shown(self, viewer: Viewer, number: str) -> Shown:
        """One report."""
        ...

    def enter(self, viewer: Viewer, channel: Channel, told: Filled) -> str:
        """Take in a call, a visit or a laboratory result; its number."""
        ...

    def note(
        self, viewer: Viewer, number: str, state: ComplaintState | None, text: str, *, public: bool
    ) -> None:
        """Say what was done."""
        ...

    def join(self, viewer: Viewer, number: str, case: str) -> None:
        """Make it part of a case, or of none."""
        ...

    def contact(self, viewer: Viewer, number: str, purpose: str) -> str:
        """How to reach who reported; logged."""
        ...

    def photo(self, viewer: Viewer, number: str) -> tuple[bytes, str]:
        """The photo and its media type."""
        ...


def routes(desk: ReportDesk) -> list[BaseRoute]:
    """The list, intake, one report with its steps, and its photo."""
    return [
        Route(_DESK, _list(desk), methods=["GET"]),
        Route(f"{_DESK}/new/{{channel}}", _new(desk), methods=["GET"]),
        Route(f"{_DESK}/new/{{channel}}", _entered(desk), methods=["POST"]),
        Route(f"{_DESK}/{{number}}", _one(desk), methods=["GET"]),
        Route(f"{_DESK}/{{number}}/photo", _photo(desk), methods=["GET"]),
        Route(f"{_DESK}/{{number}}/contact", _contact(desk), methods=["POST"]),
        *(Route(f"{_DESK}/{{number}}/{name}", _step(desk, name), methods=["POST"]) for name in _steps(desk)),
    ]


def desk_path(number: str) -> str:
    """The page of a report at the desk."""
    return f"{_DESK}/{quote(number, safe='')}"


def _list(desk: ReportDesk) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        query = request.query_params
        wanted = Wanted(
            _one_of(ComplaintState, query.get("state", "")),
            _one_of(Channel, query.get("channel", "")),
            _mark(query.get("before", "")),
        )
        rows = desk.listed(viewer_of(request), wanted, PAGE + 1)
        last = rows[PAGE - 1][0] if len(rows) > PAGE else None
        context: dict[str, Any] = {
            "q": "",
            "rows": rows[:PAGE],
            "wanted": wanted,
            "states": list(ComplaintState),
            "channels": list(Channel),
            "more": f"{last.received.isoformat()}|{last.number}" if last else "",
            "desk_path": desk_path,
        }
        return render(Page.of(request), "report/desk.html", context)

    return handler


def _one_of(kind: type[Word], text: str) -> Word | None:
    return next((word for word in kind if word.value == text), None)


def _mark(text: str) -> tuple[datetime, str] | None:
    moment, _, number = text.partition("|")
    try:
        received = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (received, number) if received.tzinfo else None


def _new(desk: ReportDesk) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        channel = _channel(request)
        told = Filled(desk.new_form(), "", {question.name: "" for question in QUESTIONS[channel]}, {})
        return _new_page(request, desk, channel, told)

    return handler


def _channel(request: Request) -> Channel:
    found = _one_of(Channel, request.path_params["channel"])
    if found is None or found not in _CHANNELS:
        raise NotFound("There is nothing at this address")
    return found


def _new_page(
    request: Request, desk: ReportDesk, channel: Channel, told: Filled, failure: SuyuanError | None = None
) -> Response:
    context: dict[str, Any] = {
        "q": "",
        "channel": channel,
        "told": told,
        "questions": QUESTIONS[channel],
        "failure": failure,
        "today": desk.today().isoformat(),
    }
    status = failure.status if failure else 400 if told.errors else 200
    return render(Page.of(request), "report/intake.html", context, status=status)


def _entered(desk: ReportDesk) -> Any:
    async def handler(request: Request) -> Response:
        channel = _channel(request)
        async with request.form(max_files=0, max_fields=30) as data:
            told = filled(data, channel, desk.today())
        return await run_in_threadpool(enter, request, channel, told)

    def enter(request: Request, channel: Channel, told: Filled) -> Response:
        if told.errors:
            return _new_page(request, desk, channel, told)
        try:
            number = desk.enter(viewer_of(request), channel, told)
        except InvalidInput as error:
            return _new_page(request, desk, channel, told, error)
        return RedirectResponse(Page.of(request).link(desk_path(number)), status_code=303)

    return handler


def _one(desk: ReportDesk) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        return _page(request, desk.shown(viewer_of(request), request.path_params["number"]))

    return handler


def _page(
    request: Request,
    shown: Shown,
    *,
    failure: SuyuanError | None = None,
    contact: str | None = None,
) -> Response:
    context: dict[str, Any] = {
        "q": "",
        "shown": shown,
        "complaint": shown.complaint,
        "possible": FOLLOWS[shown.complaint.state],
        "failure": failure,
        "contact": contact,
        "desk_path": desk_path(shown.complaint.number),
    }
    return render(Page.of(request), "report/one.html", context, status=failure.status if failure else 200)


def _photo(desk: ReportDesk) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        content, media_type = desk.photo(viewer_of(request), request.path_params["number"])
        headers = {"Content-Disposition": "inline", "Cache-Control": "no-store"}
        return Response(content, media_type=media_type, headers=headers)

    return handler


def _steps(desk: ReportDesk) -> dict[str, Callable[[Viewer, str, Mapping[str, str]], None]]:
    """What a form on the page of a report does, by the last part of its address."""

    def note(viewer: Viewer, number: str, told: Mapping[str, str]) -> None:
        state = _one_of(ComplaintState, told.get("state", ""))
        desk.note(viewer, number, state, told.get("text", ""), public=told.get("public") == "1")

    def join(viewer: Viewer, number: str, told: Mapping[str, str]) -> None:
        desk.join(viewer, number, told.get("case", ""))

    return {"note": note, "join": join}


def _step(desk: ReportDesk, name: str) -> Any:
    deed = _steps(desk)[name]

    def taken(request: Request, told: Mapping[str, str]) -> Response:
        viewer, number = viewer_of(request), request.path_params["number"]
        shown = desk.shown(viewer, number)
        try:
            deed(viewer, number, told)
        except (InvalidInput, Conflict, NotFound) as error:
            return _page(request, shown, failure=error)
        return RedirectResponse(Page.of(request).link(desk_path(number)), status_code=303)

    return _posted(taken)


def _contact(desk: ReportDesk) -> Any:
    def taken(request: Request, told: Mapping[str, str]) -> Response:
        viewer, number = viewer_of(request), request.path_params["number"]
        try:
            contact = desk.contact(viewer, number, told.get("purpose", ""))
        except InvalidInput as error:
            return _page(request, desk.shown(viewer, number), failure=error)
        # Answered at once and not by a redirect: it must not stay in any address or history.
        return _page(request, desk.shown(viewer, number), contact=contact)

    return _posted(taken)


def _posted(taken: Callable[[Request, Mapping[str, str]], Response]) -> Any:
    async def handler(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=20) as data:
            told = {name: value.strip() for name, value in data.items() if isinstance(value, str)}
        return await run_in_threadpool(taken, request, told)

    return handler
