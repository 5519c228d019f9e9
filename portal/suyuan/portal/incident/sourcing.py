"""Which source explains the cases: ranked places with their reasons, the ways to the cases, and a drawing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.doors import viewer_of
from suyuan.portal.incident.asking import MOST_ROWS, whole_number
from suyuan.portal.incident.captions import Marks
from suyuan.portal.incident.desk import IncidentDesk, Ranked, Room, Source, Wish
from suyuan.portal.incident.drawn import Picture, picture_of
from suyuan.portal.incident.paths import HOME
from suyuan.portal.incident.rooms import head
from suyuan.portal.incident.scoping import lookups_of
from suyuan.portal.incident.stops import Journeys, Passage, Stop
from suyuan.portal.incident.waiting import (
    Answered,
    Hands,
    Progress,
    Underway,
    asked_of,
    calling_off,
    question_at,
    waiting_page,
)
from suyuan.portal.language import CHINA_TIME
from suyuan.portal.rendering import Page, render
from suyuan.trace.errors import InvalidInput, NotFound, SuyuanError, TooLarge, WrongUse

PATHOGENS = ("salmonella", "stec", "campylobacter", "listeria", "norovirus", "hepatitis-a")
_RATHER = 0.5
_WAYS = 40
_MOST_CARRY = 90


@dataclass(frozen=True, slots=True)
class Listed:
    """A source as the page lists it. ``query`` leads to the scope of its lots, if it can."""

    source: Source
    query: str


def routes(desk: IncidentDesk, hands: Hands) -> list[BaseRoute]:
    """``…/sources``."""
    path = f"{HOME}/{{number}}/sources"
    return [Route(path, _sources(desk, hands), methods=["GET"]), calling_off(path, hands)]


def _sources(desk: IncidentDesk, hands: Hands) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        by = viewer_of(request)
        page, work, stopped = asked_of(Page.of(request))
        room = desk.room(request.path_params["number"], by)
        wish, errors = _wish(request.query_params)
        found: Answered[dict[str, Any]] | Underway | None = None
        failure: SuyuanError | None = None
        ill = [case for case in room.reported if case.kind == "ill"]

        def make(progress: Progress) -> dict[str, Any]:
            ranked = desk.ranked(room.investigation.number, by, wish, progress)
            return _answer(page, desk, room, ranked, request.query_params)

        if ill and not errors and not stopped:
            changed = room.investigation.changed
            try:
                found = hands.made(by, question_at(page), make, work=work, as_of=changed, is_long=True)
            except (InvalidInput, NotFound, TooLarge, WrongUse) as error:
                failure = error
        if isinstance(found, Underway):
            return waiting_page(page, found, head(room, "sources"), page.speech.say("incident.part.sources"))
        context = {
            **head(room, "sources"),
            "wish": wish,
            "typed": request.query_params.get("carry_over", ""),
            "pathogens": PATHOGENS,
            "errors": errors,
            "failure": failure,
            "ill": len(ill),
            "answer": found.value if found else None,
            "asked": found.asked if found and work else None,
            "stopped": bool(ill) and not errors and not failure and not found,
        }
        wrong = failure or next(iter(errors.values()), None)
        return render(page, "incident/sources.html", context, status=wrong.status if wrong else 200)

    return handler


def _wish(params: QueryParams) -> tuple[Wish, dict[str, SuyuanError]]:
    errors: dict[str, SuyuanError] = {}
    pathogen = params.get("pathogen", PATHOGENS[0])
    text = params.get("carry_over", "").strip()
    share = whole_number(text)
    if text and (share is None or share > _MOST_CARRY):
        errors["carry_over"] = InvalidInput(
            "{given} is not a share from 0 to {limit} per cent",
            where="carry_over",
            given=text[:40],
            limit=_MOST_CARRY,
        )
        share = None
    return (
        Wish(
            pathogen if pathogen in PATHOGENS else PATHOGENS[0],
            (share or 0) / 100,
            params.get("begins_only") == "1",
        ),
        errors,
    )


def _answer(
    page: Page, desk: IncidentDesk, room: Room, ranked: Ranked, wanted: QueryParams
) -> dict[str, Any]:
    shown = _shown(ranked, wanted.get("source", ""))
    keys = {one.place for one in ranked.sources} | {one.product for one in ranked.sources}
    keys |= {lot for one in ranked.sources for lot in one.lots}
    keys |= {lot.lot for one in ranked.sources for way in one.ways for lot in way.lots}
    keys |= {lot.place for one in ranked.sources for way in one.ways for lot in way.lots}
    listed = [Listed(one, _scope_query(one)) for one in ranked.sources]
    return {
        "ranked": ranked,
        "listed": listed,
        "shown": next((one for one in listed if one.source is shown), None),
        "picture": _picture(page, desk, room, shown) if shown else None,
        "supposed": len({lot for way in shown.ways for lot in way.supposed}) if shown else 0,
        "rather": _RATHER,
        "labels": desk.labels(sorted(keys - {""})),
    }


def _shown(ranked: Ranked, wanted: str) -> Source | None:
    """The source whose ways are drawn: the one asked for, else the best."""
    named = next((one for one in ranked.sources if one.place == wanted), None)
    return named or (ranked.sources[0] if ranked.sources else None)


def _scope_query(source: Source) -> str:
    """What asks the scope builder for the lots of a source; nothing where it cannot take them all."""
    if len(source.lots) > MOST_ROWS:
        return ""
    return urlencode(
        [
            pair
            for lot in source.lots
            for pair in (("select", "objects"), ("key", lot), ("from", ""), ("to", ""))
        ]
    )


def _picture(page: Page, desk: IncidentDesk, room: Room, source: Source) -> Picture | None:
    """The most probable ways from a source to the cases, drawn as stops."""
    found = ways_as_stops(source)
    if not found.stops:
        return None
    ends = {way.case: way.lots[-1] for way in source.ways if way.lots}
    ill: dict[str, list[frozenset[str]]] = defaultdict(list)
    for case in room.reported:
        if case.kind == "ill" and case.label in ends:
            ill[ends[case.label].place].append(frozenset((ends[case.label].lot,)))
    return picture_of(found, lookups_of(desk), page, Marks(ill))


def ways_as_stops(source: Source) -> Journeys:
    """Every lot at a place on some way, once; passages that only suppositions tell are possible."""
    days: dict[tuple[str, str], date | None] = {}
    steps: Counter[tuple[tuple[str, str], tuple[str, str]]] = Counter()
    supposed: set[tuple[str, str]] = set()
    for way in source.ways[:_WAYS]:
        at = [(one.lot, one.place) for one in way.lots]
        days.update({(one.lot, one.place): one.day for one in way.lots})
        supposed |= {(one.lot, one.place) for one in way.supposed}
        steps.update(pairwise(at))
    order = sorted(days, key=lambda one: (days[one] or date.min, one))
    number = {one: at for at, one in enumerate(order)}
    stops = tuple(
        Stop(
            number[one],
            (one[0],),
            one[1] or None,
            _noon(days[one]),
            None,
            0,
            None,
            one[0] in source.lots,
            "possible" if one in supposed else "certain",
        )
        for one in order
    )
    passages = tuple(
        Passage(
            number[out],
            number[into],
            "moved" if out[0] == into[0] else "made",
            "possible" if into in supposed else "certain",
            0,
            None,
            (),
        )
        for (out, into), _ in sorted(steps.items())
    )
    return Journeys(stops, passages)


def _noon(day: date | None) -> datetime | None:
    """A day as a moment that is that day wherever it is read."""
    return None if day is None else datetime.combine(day, time(12), CHINA_TIME).astimezone(UTC)
