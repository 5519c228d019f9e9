"""The regulator's console: the worklist of cases, search, objects and evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.desk import CaseDesk, overdue
from suyuan.portal.doors import viewer_of
from suyuan.portal.rendering import Page, object_path, render
from suyuan.portal.report_desk import desk_path
from suyuan.portal.services import House, View
from suyuan.portal.sightings import scope_rows
from suyuan.trace.lineage.contract import Options, ScopeLine, Suspect, WhereNow
from suyuan.trace.recall.recall import ENDED, Case, CaseState

Handler = Callable[[Request], Response]

_OPEN_FIRST = (CaseState.DRAFT, CaseState.HELD, CaseState.PUBLISHED, *ENDED)
_SEARCH_LIMIT = 30
_EVENTS_LIMIT = 200


def worklist(cases: list[Case]) -> list[Case]:
    """What waits for a second person first: holds in force on one's word, then proposals.

    Then open cases, the most serious class first, the oldest decision first; those that ended last.
    """

    def urgency(case: Case) -> tuple[bool, bool, bool, int, int, float]:
        decided = case.log[0].time.timestamp() if case.log else 0.0
        return (
            case.urgent is None,
            case.proposal is None,
            case.state in ENDED,
            case.draft.recall_class,
            _OPEN_FIRST.index(case.state),
            decided,
        )

    return sorted(cases, key=urgency)


def running_since(case: Case, house: House) -> timedelta | None:
    """How long one has known of it (or has had the case, where that was not recorded); None once ended."""
    if not case.log or case.state in ENDED:
        return None
    return house.now() - (case.draft.known_at or case.log[0].time)


def where_of(view: View, key: str) -> tuple[WhereNow | None, bool]:
    """Where the object is now, and whether it is a lot on record piece by piece (each has its own place).

    A trace of the object alone tells both.
    """
    trace = view.trace((Suspect(key),), Options(depth=0))
    where = next((state.where_now for state in trace.states if state.key == key and state.where_now), None)
    return where, any(edge.kind == "member" and edge.source == key for edge in trace.edges)


def portions_of(view: View, lot: str) -> Sequence[ScopeLine]:
    """Where loose goods of a lot are, as far as the viewer knows, if that is more than one place or fate."""
    lines = [line for line in view.scope((Suspect(lot),), Options(depth=0)).lines if lot in line.keys]
    return lines if len(lines) > 1 else ()


def routes(house: House, desk: CaseDesk) -> list[BaseRoute]:
    """Worklist, search, object, event."""
    return [
        Route("/console", _worklist(house, desk), methods=["GET"]),
        Route("/console/search", _search(house, desk), methods=["GET"]),
        Route("/console/object/{key:path}", _object(house), methods=["GET"]),
        Route("/console/event/{evidence:path}", _event(house), methods=["GET"]),
    ]


def _worklist(house: House, desk: CaseDesk) -> Handler:
    def handler(request: Request) -> Response:
        by = viewer_of(request)
        work = desk.work(by)
        notices = house.seen_by(by).notices()
        parties = {case.draft.party for case, _ in work.requests} | {case.draft.party for case in work.cases}
        parties |= {notice.by for notice in notices}
        context: dict[str, Any] = {
            "q": "",
            "rows": [(case, running_since(case, house)) for case in worklist(list(work.cases))],
            "work": work,
            "notices": [(notice, scope_rows(notice.lines, house)) for notice in notices],
            "late": {case.number: late for case in work.cases if (late := overdue(case, house.now()))},
            "me": by.name,
            "me_party": by.party,
            "labels": house.labels(sorted(parties - {""})),
        }
        return render(Page.of(request), "console/worklist.html", context)

    return handler


def _search(house: House, desk: CaseDesk) -> Handler:
    def handler(request: Request) -> Response:
        page = Page.of(request)
        text = request.query_params.get("q", "").strip()
        view = house.seen_by(viewer_of(request))
        found = list(view.search(text, _SEARCH_LIMIT)) if text else []
        if text and not found and (number := desk.report_named(text, viewer_of(request))):
            return RedirectResponse(page.link(desk_path(number)), status_code=303)
        if len(found) == 1 and found[0].key == text:
            return RedirectResponse(page.link(object_path(text)), status_code=303)
        context: dict[str, Any] = {"q": text, "found": found, "limit": _SEARCH_LIMIT}
        return render(page, "console/search.html", context)

    return handler


def _object(house: House) -> Handler:
    def handler(request: Request) -> Response:
        key: str = request.path_params["key"]
        view = house.seen_by(viewer_of(request))
        label = view.label(key)
        events = view.events_of(key, _EVENTS_LIMIT)
        where, itemised = where_of(view, key) if label.kind in ("item", "unit", "lot") else (None, False)
        portions = portions_of(view, key) if label.kind == "lot" and not itemised else ()
        near = {name for name in (where.place, where.container) if name} if where else set[str]()
        near |= {event.party for event in events}
        context: dict[str, Any] = {
            "q": "",
            "label": label,
            "events": events,
            "strange": view.strange(label.key) if label.kind in ("item", "unit", "lot") else frozenset[str](),
            "limit": _EVENTS_LIMIT,
            "where": where,
            "itemised": itemised,
            "portions": scope_rows(portions, house),
            "papers": view.papers(label.key) if label.kind == "lot" else (),
            "near": view.labels(sorted(near)),
        }
        return render(Page.of(request), "console/object.html", context)

    return handler


def _event(house: House) -> Handler:
    def handler(request: Request) -> Response:
        evidence: str = request.path_params["evidence"]
        body = house.seen_by(viewer_of(request)).event(evidence)
        return render(Page.of(request), "console/event.html", {"q": "", "evidence": evidence, "body": body})

    return handler
