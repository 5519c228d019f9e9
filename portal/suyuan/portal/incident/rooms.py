"""Investigations: the list, a new one, one with what was done and what comes next."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.doors import viewer_of
from suyuan.portal.incident.asking import Form, filled_in, whole_number
from suyuan.portal.incident.curve import curve_of
from suyuan.portal.incident.desk import IncidentDesk, Room
from suyuan.portal.incident.island import script
from suyuan.portal.incident.paths import HOME, room_path
from suyuan.portal.numbers import NUMBER
from suyuan.portal.rendering import Page, render
from suyuan.portal.services import House, Label, View
from suyuan.trace.errors import Conflict, InvalidInput, NotAllowed, NotFound, SuyuanError, TooLarge
from suyuan.trace.store.investigations import KeptAnswer
from suyuan.trace.store.sight import Viewer

Handler = Callable[[Request], Response]
AsyncHandler = Callable[[Request], Awaitable[Response]]
Refused = (InvalidInput, NotAllowed, NotFound, Conflict, TooLarge)

STATUS_ORDER = ("in_stock", "in_transit", "unaccounted", "sold", "consumed", "destroyed")
"""Statuses, what can still be stopped first."""
BOOKS = ("xlsx", "csv")
"""Forms in which a whole investigation is taken along."""
_OPENING = ("title_zh", "title_en", "suspicion")
_EVIDENCE = re.compile("[0-9a-f]{64}")
_MOST_EVIDENCE = 6
_SEARCH_LIMIT = 8
_MOST_FAULTS = 100
_MOST_CASES = 500  # shown; all of them count
_MOST_CAME_TO = 12  # kept scopes, the newest, that tell what they came to: each is up to a mebibyte
_MOST_TOTALS = 24
_LONGEST_UOM = 20


def routes(house: House, desk: IncidentDesk) -> list[BaseRoute]:
    """``/console/incident`` and the pages of one investigation that hold what was collected."""
    room = f"{HOME}/{{number}}"
    return [
        Route(HOME, _list(desk), methods=["GET"]),
        Route(f"{HOME}/new", _new(house, desk), methods=["GET"]),
        Route(f"{HOME}/new", _open(house, desk), methods=["POST"]),
        Route(room, _overview(desk), methods=["GET"]),
        Route(f"{room}/cases/{{case:{NUMBER}}}/remove", _step(desk, _remove, "cases"), methods=["POST"]),
        Route(f"{room}/note", _step(desk, _note, ""), methods=["POST"]),
        Route(f"{room}/close", _step(desk, lambda *told: desk.close(*told[:2]), ""), methods=["POST"]),
        Route(f"{room}/reopen", _step(desk, lambda *told: desk.reopen(*told[:2]), ""), methods=["POST"]),
        Route(f"{room}/kept/{{answer:{NUMBER}}}/remove", _step(desk, _forget, "scope"), methods=["POST"]),
    ]


def head(room: Room, tab: str) -> dict[str, Any]:
    """What every page of an investigation shows above its own."""
    return {
        "q": "",
        "room": room,
        "found": room.investigation,
        "tab": tab,
        "room_path": room_path,
        "picture_script": script("picture")[0],
    }


def labels_typed(house: House, by: Viewer, keys: Iterable[str]) -> Mapping[str, Label]:
    """How to show keys that somebody typed: a company learns no name of what it does not see."""
    asked = sorted(set(keys))
    if by.role == "company":
        view = house.seen_by(by)
        asked = [key for key in asked if _sees(view, key)]
    return house.labels(asked)


def _sees(view: View, key: str) -> bool:
    try:
        view.label(key)
    except NotFound:
        return False
    return True


# The list, and a new one


def _list(desk: IncidentDesk) -> Handler:
    def handler(request: Request) -> Response:
        by = viewer_of(request)
        context = {
            "q": "",
            "listed": desk.listed(by),
            "may_begin": desk.may_begin(by),
            "room_path": room_path,
        }
        return render(Page.of(request), "incident/list.html", context)

    return handler


@dataclass(frozen=True, slots=True)
class _Opening:
    """What a new investigation begins with: what was typed, what is suspected, what evidence speaks for it.

    Another page fills it in by its address, such as one that tells what does not add up.
    """

    values: Mapping[str, str]
    form: Form
    evidence: Sequence[str]

    @property
    def fault(self) -> SuyuanError | None:
        """What is wrong with how the address tells what is suspected."""
        return next(iter(self.form.errors.values()), None)

    @property
    def carried(self) -> Sequence[tuple[str, str]]:
        """What goes along with the form unseen."""
        rows = parse_qsl(self.form.query(), keep_blank_values=True)
        return [*rows, *(("evidence", one) for one in self.evidence)]


def _opening(told: QueryParams) -> _Opening:
    values = {name: told.get(name, "").strip() for name in _OPENING}
    evidence = [one for one in told.getlist("evidence") if _EVIDENCE.fullmatch(one)][:_MOST_EVIDENCE]
    return _Opening(values, filled_in(told), evidence)


def _new(house: House, desk: IncidentDesk) -> Handler:
    def handler(request: Request) -> Response:
        by = viewer_of(request)
        if not desk.may_begin(by):
            raise NotAllowed("This account opens no investigations")
        opening = _opening(request.query_params)
        return _new_page(Page.of(request), house, by, opening, opening.fault)

    return handler


def _new_page(
    page: Page, house: House, by: Viewer, opening: _Opening, failure: SuyuanError | None = None
) -> Response:
    rows = opening.form.rows
    context = {
        "q": "",
        "values": opening.values,
        "rows": rows,
        "labels": labels_typed(house, by, (row.key for row in rows)),
        "carried": opening.carried,
        "failure": failure,
    }
    return render(page, "incident/new.html", context, status=failure.status if failure else 200)


def _open(house: House, desk: IncidentDesk) -> AsyncHandler:
    async def handler(request: Request) -> Response:
        page, by = Page.of(request), viewer_of(request)
        async with request.form(max_files=0, max_fields=1_000, max_part_size=1 << 20) as form:
            told = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        return await run_in_threadpool(_opened, (house, desk), page, by, _opening(QueryParams(told)))

    return handler


def _opened(services: tuple[House, IncidentDesk], page: Page, by: Viewer, opening: _Opening) -> Response:
    house, desk = services
    values = opening.values
    if opening.fault is not None:
        return _new_page(page, house, by, opening, opening.fault)
    try:
        number = desk.begin(by, zh=values["title_zh"], en=values["title_en"], suspicion=values["suspicion"])
    except Refused as error:
        return _new_page(page, house, by, opening, error)
    if opening.evidence:
        desk.note(number, by, "\n".join([page.speech.say("findings.evidence"), *opening.evidence]))
    if opening.form.asks:
        query = opening.form.query(**page.kept)
        return RedirectResponse(f"{room_path(number, 'scope')}?{query}", status_code=303)
    return RedirectResponse(page.link(room_path(number, "cases")), status_code=303)


def texts_of(form: FormData, names: Sequence[str]) -> dict[str, str]:
    """What was sent under these names, trimmed."""
    return {name: str(form.get(name, "")).strip().replace("\r\n", "\n") for name in names}


# One investigation


def _overview(desk: IncidentDesk) -> Handler:
    def handler(request: Request) -> Response:
        return _overview_page(Page.of(request), desk, request.path_params["number"], viewer_of(request))

    return handler


def _overview_page(
    page: Page,
    desk: IncidentDesk,
    number: str,
    by: Viewer,
    failure: SuyuanError | None = None,
    text: str = "",
) -> Response:
    room = desk.room(number, by)
    before = whole_number(dict(page.query).get("before", ""))
    steps = room.history if before is None else desk.history(number, by, before=before)
    scopes = [one for one in room.answers if one.kind == "scope"]
    newest = {one.number for one in scopes[-_MOST_CAME_TO:]}
    context = {
        **head(room, ""),
        "scopes": [
            (one, _came_to(desk.kept_answer(number, by, one.number)) if one.number in newest else ())
            for one in scopes
        ],
        "history": steps,
        "older": steps[-1].number if steps and steps[-1].number > 1 else None,
        "ill": [case for case in room.reported if case.kind == "ill"],
        "curve": curve_of(room.reported),
        "books": BOOKS,
        "next": _next_step(room),
        "failure": failure,
        "text": text,
    }
    return render(page, "incident/overview.html", context, status=failure.status if failure else 200)


def _came_to(kept: KeptAnswer) -> list[tuple[str, float, str | None]]:
    """What a kept scope came to when it was kept: status, amount and unit, what can be stopped first.

    Programs keep what they like: what is not told as a scope tells it is left out.
    """
    match kept.summary:
        case {"overview": {"totals": [*totals]}}:
            lines = totals[:_MOST_TOTALS]
        case _:
            lines = []
    found: list[tuple[str, float, str | None]] = []
    for line in lines:
        match line:
            case {"known": True, "status": str(status), "maximum": {"hold": int() | float() as hold}}:
                uom = line.get("uom")
                if status in STATUS_ORDER and not isinstance(hold, bool) and (uom is None or _is_unit(uom)):
                    found.append((status, hold, uom))
            case _:
                continue
    return sorted(found, key=lambda one: (STATUS_ORDER.index(one[0]), one[2] or ""))


def _is_unit(told: object) -> bool:
    return isinstance(told, str) and len(told) <= _LONGEST_UOM


def _next_step(room: Room) -> str:
    """What an investigator does next: cases, sources, a scope, a second one to compare, the stop of sale."""
    scopes = sum(one.kind == "scope" for one in room.answers)
    if room.investigation.state != "open":
        return "closed"
    if not any(case.kind == "ill" for case in room.reported):
        return "cases"
    if not scopes:
        return "sources"
    return "compare" if scopes == 1 else "act"


Step = Callable[..., object]


def _step(desk: IncidentDesk, step: Step, part: str) -> AsyncHandler:
    """Something small that is done with one button; afterwards the page from which it was."""

    async def handler(request: Request) -> Response:
        page, by = Page.of(request), viewer_of(request)
        async with request.form(max_files=0, max_fields=10) as form:
            values = texts_of(form, ("text",))
        return await run_in_threadpool(_taken, request.path_params, page, by, values)

    def _taken(told: Mapping[str, Any], page: Page, by: Viewer, values: Mapping[str, str]) -> Response:
        number = told["number"]
        try:
            step(number, by, desk, told, values)
        except (InvalidInput, Conflict) as error:
            return _overview_page(page, desk, number, by, error, values["text"])
        return RedirectResponse(page.link(room_path(number, part)), status_code=303)

    return handler


def _remove(number: str, by: Viewer, desk: IncidentDesk, told: Mapping[str, Any], _: object) -> None:
    desk.remove(number, by, told["case"])


def _forget(number: str, by: Viewer, desk: IncidentDesk, told: Mapping[str, Any], _: object) -> None:
    desk.forget(number, by, told["answer"])


def _note(number: str, by: Viewer, desk: IncidentDesk, _: object, values: Mapping[str, str]) -> None:
    desk.note(number, by, values["text"])
