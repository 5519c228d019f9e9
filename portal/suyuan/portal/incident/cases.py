"""The cases of an investigation: one in a form, many from a table, and what was reported to the authority."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.doors import viewer_of
from suyuan.portal.incident.desk import IncidentDesk, Room
from suyuan.portal.incident.filling import (
    COLUMNS,
    Fault,
    Line,
    all_faults,
    faults_of,
    next_label,
    read_table,
    told,
)
from suyuan.portal.incident.illness import MOST, IllnessReports, Offered, offered
from suyuan.portal.incident.paths import HOME, room_path
from suyuan.portal.incident.rooms import AsyncHandler, Handler, head, labels_typed, texts_of
from suyuan.portal.rendering import Page, render
from suyuan.portal.report_desk import desk_path
from suyuan.portal.reporting import Subject
from suyuan.portal.services import House, Label
from suyuan.trace.errors import Conflict, InvalidInput, SuyuanError, TooLarge
from suyuan.trace.incident.problems import CasesInvalid
from suyuan.trace.incident.reported import AgeGroup, Kind, Standing, read_reported
from suyuan.trace.recall.complaints import Complaint
from suyuan.trace.store.sight import Viewer

Services = tuple[House, IncidentDesk, IllnessReports]

_SEARCH_LIMIT = 8
_MOST_FAULTS = 100
_MOST_CASES = 500  # shown; all of them count


@dataclass(frozen=True, slots=True)
class Written:
    """What was sent with the page of cases: one case in the form, or a table; and what is wrong with it.

    ``reports`` are numbers of reports instead, to whose places faults refer by their line, from 1.
    """

    values: Mapping[str, str]
    table: str = ""
    reports: Sequence[str] = ()
    faults: Sequence[Fault] = ()
    failure: SuyuanError | None = None


def routes(house: House, desk: IncidentDesk, reports: IllnessReports) -> list[BaseRoute]:
    """``…/cases``."""
    services = house, desk, reports
    path = f"{HOME}/{{number}}/cases"
    return [
        Route(path, _cases(services), methods=["GET"]),
        Route(path, _add(services), methods=["POST"]),
    ]


def _cases(services: Services) -> Handler:
    def handler(request: Request) -> Response:
        by = viewer_of(request)
        room = services[1].room(request.path_params["number"], by)
        values, wanted = _blank(room), request.query_params.get("report", "")
        for one in _offered(services, by, room, services[2].chosen(by, [wanted])) if wanted else ():
            values |= one.values
        return _cases_page(Page.of(request), services, by, room, Written(values))

    return handler


def _offered(
    services: Services, by: Viewer, room: Room, found: Sequence[tuple[Complaint, Subject | None]]
) -> Sequence[Offered]:
    """Reports of illness as cases that an authority may take over."""
    if not found:
        return ()
    find = _finder(services[0], by)

    def place(name: str) -> Label | None:
        named = [one for one in find(name, frozenset({"place"})) if _is_called(one, name)]
        return named[0] if len(named) == 1 else None

    return offered(found, place, [case.label for case in room.reported])


def _blank(room: Room) -> dict[str, str]:
    values = dict.fromkeys(COLUMNS, "")
    return values | {"label": next_label(case.label for case in room.reported), "kind": "ill"}


def _cases_page(page: Page, services: Services, by: Viewer, room: Room, written: Written) -> Response:
    house, today = services[0], services[1].today()
    reports = services[2].of_illness(by, MOST, dict(page.query).get("older", ""))
    reported = _offered(services, by, room, reports.reports)
    faults = list(written.faults)
    rows = list(zip(room.cases, room.reported, strict=True))[-_MOST_CASES:]
    keys = {key for _, case in rows for key in (*case.places, *case.goods)}
    context = {
        **head(room, "cases"),
        "rows": rows,
        "labels": labels_typed(house, by, keys),
        "values": written.values,
        "table": written.table,
        "faults": faults[:_MOST_FAULTS],
        "fault_count": len(faults),
        "in_form": {fault.column: fault.error for fault in faults if not fault.number and fault.column},
        "fault_of": written.reports,
        "failure": written.failure,
        "columns": COLUMNS,
        "kinds": get_args(Kind),
        "standings": get_args(Standing),
        "ages": [age for age in get_args(AgeGroup) if age],
        "today": today.isoformat(),
        "reported": reported,
        "older": reports.older,
        "report_of": {one.label: desk_path(one.report.number) for one in reported if one.is_case},
        "desk_path": desk_path,
    }
    wrong = bool(faults or written.failure)
    return render(page, "incident/cases.html", context, status=400 if wrong else 200)


def _add(services: Services) -> AsyncHandler:
    async def handler(request: Request) -> Response:
        page, by = Page.of(request), viewer_of(request)
        async with request.form(max_files=0, max_fields=40 + MOST, max_part_size=1 << 20) as form:
            values = texts_of(form, ("way", *COLUMNS))
            values["table"] = str(form.get("table", "")).replace("\r\n", "\n")  # its first cell may be empty
            chosen = frozenset(str(one) for one in form.getlist("report"))
        number: str = request.path_params["number"]
        if values["way"] == "reports":
            return await run_in_threadpool(_taken_over, services, page, by, (number, chosen))
        return await run_in_threadpool(_added, services, page, by, (number, values))

    return handler


def _taken_over(services: Services, page: Page, by: Viewer, sent: tuple[str, frozenset[str]]) -> Response:
    """The chosen reports become cases, all or none; those that are cases already are left alone."""
    _, desk, reports = services
    number, chosen = sent
    room = desk.room(number, by)
    offered_now = _offered(services, by, room, reports.chosen(by, chosen))
    found = [one for one in offered_now if one.is_enough and not one.is_case]
    gone = len(chosen) - len(found) - sum(one.is_case for one in offered_now)
    if gone:
        failure = InvalidInput(
            "{n} of the chosen reports cannot be added as they stand now",
            where="reports",
            n=gone,
            remedy="Nothing was added. Look at the list again: some may have been refused meanwhile.",
        )
        return _cases_page(page, services, by, room, Written(_blank(room), failure=failure))
    try:
        desk.add(number, by, [_told(one) for one in found])
    except CasesInvalid as error:
        lines = [Line(at, one.values) for at, one in enumerate(found, 1)]
        written = Written(
            _blank(room), reports=[one.report.number for one in found], faults=faults_of(error, lines)
        )
        return _cases_page(page, services, by, room, written)
    except (Conflict, TooLarge) as error:
        return _cases_page(page, services, by, room, Written(_blank(room), failure=error))
    return RedirectResponse(page.link(room_path(number, "cases")), status_code=303)


def _told(one: Offered) -> Mapping[str, Any]:
    days = {name: one.values[name] for name in ("from_day", "to_day") if one.values[name]}
    return {
        **{name: one.values[name] for name in ("label", "kind", "standing")},
        **days,
        "places": [one.place.key] if one.place else [],
        "goods": [one.values["goods"]] if one.values["goods"] else [],
    }


def _added(services: Services, page: Page, by: Viewer, sent: tuple[str, Mapping[str, str]]) -> Response:
    house, desk, _ = services
    number, values = sent
    room = desk.room(number, by)
    table = values["table"] if values["way"] == "table" else ""
    form = _blank(room) if values["way"] == "table" else dict(values)
    try:
        lines = read_table(values["table"]) if values["way"] == "table" else [_line(values)]
    except InvalidInput as error:
        return _cases_page(page, services, by, room, Written(form, table or " ", failure=error))
    cases, faults = told(lines, _finder(house, by))
    try:
        if not faults:
            desk.add(number, by, cases)
            return RedirectResponse(page.link(room_path(number, "cases")), status_code=303)
        read_reported(cases, today=desk.today(), taken=[case.label for case in room.reported])
    except CasesInvalid as error:
        faults = all_faults(faults, faults_of(error, lines))
    except (Conflict, TooLarge) as error:
        return _cases_page(page, services, by, room, Written(form, table, failure=error))
    return _cases_page(page, services, by, room, Written(form, table, faults=faults))


def _line(values: Mapping[str, str]) -> Line:
    return Line(0, {name: values[name] for name in COLUMNS})


def _finder(house: House, by: Viewer) -> Callable[[str, frozenset[str]], Sequence[Label]]:
    """Looks a text up among what the viewer sees; a name that is the whole name of one thing is that."""
    view = house.seen_by(by)

    def find(text: str, kinds: frozenset[str]) -> Sequence[Label]:
        labels = [label for label in view.search(text, _SEARCH_LIMIT * 4) if label.kind in kinds]
        whole = [label for label in labels if _is_called(label, text)]
        return (whole or labels)[:_SEARCH_LIMIT]

    return find


def _is_called(label: Label, text: str) -> bool:
    return text in (label.name.zh, label.name.en, label.code, label.code.rsplit(")", 1)[-1])
