"""Two kept scopes beside each other: what either has alone, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.doors import viewer_of
from suyuan.portal.incident.asking import form_of, whole_number, window_in_words
from suyuan.portal.incident.captions import Marks
from suyuan.portal.incident.desk import IncidentDesk
from suyuan.portal.incident.drawn import pictured
from suyuan.portal.incident.paths import HOME
from suyuan.portal.incident.rooms import STATUS_ORDER, head, labels_typed
from suyuan.portal.incident.scoping import Services, lookups_of
from suyuan.portal.incident.waiting import (
    Answered,
    Hands,
    Part,
    Progress,
    Underway,
    asked_of,
    calling_off,
    question_at,
    waiting_page,
)
from suyuan.portal.rendering import Page, render
from suyuan.portal.services import House
from suyuan.trace.errors import InvalidInput, NotFound, SuyuanError
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.scope.answer import Figures, KeyChange, Overview
from suyuan.trace.store.investigations import KeptAnswer, KeptHead

_MOST_CHANGES = 300
_MOST_STEPS = 4


def routes(house: House, desk: IncidentDesk, hands: Hands) -> list[BaseRoute]:
    """``…/compare``."""
    path = f"{HOME}/{{number}}/compare"
    return [Route(path, _compare(house, desk, hands), methods=["GET"]), calling_off(path, hands)]


def _compare(house: House, desk: IncidentDesk, hands: Hands) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        by = viewer_of(request)
        page, work, stopped = asked_of(Page.of(request))
        room = desk.room(request.path_params["number"], by)
        scopes = [one for one in room.answers if one.kind == "scope"]
        chosen = [_chosen(request.query_params.get(name, ""), scopes) for name in ("first", "second")]
        if chosen == [None, None] and len(scopes) > 1:
            chosen = [scopes[-2], scopes[-1]]
        first, second = chosen
        found: Answered[dict[str, Any]] | Underway | None = None
        failure: SuyuanError | None = None
        if first is not None and second is not None and not stopped:
            sides = (
                desk.kept_answer(room.investigation.number, by, first.number),
                desk.kept_answer(room.investigation.number, by, second.number),
            )
            make = partial(_difference, page, (house, desk, by), *sides)
            question = question_at(page), first.number, second.number
            try:
                found = hands.made(by, question, make, work=work)
            except (InvalidInput, NotFound) as error:
                failure = error
        if isinstance(found, Underway):
            return waiting_page(page, found, head(room, "compare"), page.speech.say("incident.part.compare"))
        context: dict[str, Any] = {
            **head(room, "compare"),
            "scopes": scopes,
            "chosen": chosen,
            "answer": found.value if found else None,
            "asked": found.asked if found and work else None,
            "stopped": None not in chosen and not found and not failure,
            "failure": failure,
        }
        return render(page, "incident/compare.html", context, status=failure.status if failure else 200)

    return handler


def _chosen(text: str, scopes: Sequence[KeptHead]) -> KeptHead | None:
    return next((one for one in scopes if one.number == whole_number(text)), None)


def _difference(
    page: Page, services: Services, first: KeptAnswer, second: KeptAnswer, progress: Progress
) -> dict[str, Any]:
    house, desk, by = services
    one = desk.asked(by, first.question, Part(progress, 0.0, 0.4))
    other = desk.asked(by, second.question, Part(progress, 0.4, 0.8))
    progress.at(0.8, "compare")
    found = desk.compared(by, one, other)
    things = [change for change in found.keys if change.kind in ("lot", "product")]
    others = Counter(
        (change.kind, "second" if change.first is None else "first" if change.second is None else "both")
        for change in found.keys
        if change.kind not in ("lot", "product", "place")
    )
    keys = {key for line in found.lines for key in (line.place, line.party) if key}
    keys |= {change.key for change in things[:_MOST_CHANGES]}
    keys |= {edge.source for change in things for edge in change.edges}
    forms = form_of(one.question), form_of(other.question)
    typed = labels_typed(house, by, (row.key for form in forms for row in (*form.rows, *form.supposed)))
    drawn = "second" if len(found.only_second) >= len(found.only_first) else "first"
    scope, alone = (other, found.only_second) if drawn == "second" else (one, found.only_first)
    marks = Marks(added=frozenset(alone))

    def heard() -> None:
        progress.at(0.9, "picture")

    trace, lookups = scope.bounds.maximum.trace, lookups_of(desk)
    return {
        "picture": pictured(trace, lookups, page, marks, heard=heard) if alone else None,
        "drawn": drawn,
        "sides": [(first, one, forms[0]), (second, other, forms[1])],
        "totals": _beside(one.overview, other.overview),
        "lines": sorted(
            found.lines[:_MOST_CHANGES],
            key=lambda line: (line.place is None, line.place or "", STATUS_ORDER.index(line.status)),
        ),
        "line_count": len(found.lines),
        "said": window_in_words,
        "things": [(change, _steps(change)) for change in things[:_MOST_CHANGES]],
        "others": sorted(others.items()),
        "labels": {**typed, **desk.labels(sorted(keys))},
        "grown": (one.evidence > first.evidence, other.evidence > second.evidence),
    }


def _steps(change: KeyChange) -> Sequence[tuple[str, Sequence[str], int]]:
    """The steps that lead to it in one scope alone, by kind: lots by name, and how many others."""
    kinds: dict[str, tuple[dict[str, None], int]] = {}
    for edge in change.edges:
        lots, others = kinds.setdefault(edge.kind, ({}, 0))
        if kind_by_name(edge.source) == "lot":
            lots[edge.source] = None
        else:
            kinds[edge.kind] = (lots, others + 1)
    return [(kind, tuple(lots)[:_MOST_STEPS], others) for kind, (lots, others) in kinds.items()]


def _beside(
    one: Overview, other: Overview
) -> Sequence[tuple[str, str | None, bool, Figures | None, Figures | None]]:
    """Totals of both, per status and unit."""
    left = {(line.status, line.uom, line.known): line.maximum for line in one.totals}
    right = {(line.status, line.uom, line.known): line.maximum for line in other.totals}
    heads = sorted(
        left.keys() | right.keys(), key=lambda head: (STATUS_ORDER.index(head[0]), not head[2], head[1] or "")
    )
    return [(*head, left.get(head), right.get(head)) for head in heads]
