"""The scopes of an investigation: the builder, the answer with its pictures, and what is kept."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast, get_args
from urllib.parse import parse_qsl, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.doors import viewer_of
from suyuan.portal.incident.asking import (
    SELECTIONS,
    SUPPOSITIONS,
    Form,
    Row,
    filled_in,
    form_of,
    nothing_suspected,
    place_failure,
    place_faults,
    question_of,
    whole_number,
    window_in_words,
)
from suyuan.portal.incident.captions import Marks
from suyuan.portal.incident.desk import Asked, IncidentDesk, Room
from suyuan.portal.incident.drawn import Lookups, pictured
from suyuan.portal.incident.paths import HOME, room_path
from suyuan.portal.incident.rooms import STATUS_ORDER, Refused, head, labels_typed
from suyuan.portal.incident.stops import FOLDS, Fold
from suyuan.portal.incident.waiting import (
    WORK,
    Answered,
    Hands,
    Progress,
    Underway,
    asked_of,
    calling_off,
    question_at,
    waiting_page,
)
from suyuan.portal.numbers import NUMBER
from suyuan.portal.question import MAX_SUSPECTS
from suyuan.portal.rendering import Page, render
from suyuan.portal.services import House, Label
from suyuan.trace.errors import InvalidInput, NotFound, SuyuanError
from suyuan.trace.gs1 import site
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.scope.answer import CommonLinks, Holding, Of, Overview
from suyuan.trace.scope.answer import Row as Line
from suyuan.trace.scope.problems import QuestionInvalid
from suyuan.trace.scope.reading import read_question
from suyuan.trace.store.investigations import KeptAnswer
from suyuan.trace.store.sight import Viewer

Services = tuple[House, IncidentDesk, Viewer]

EXPORTS = ("xlsx", "csv", "svg", "png", "graphml", "geojson", "jsonl")
_LONGEST_QUESTION = 6_000
_MOST_CHOSEN = 40
_MOST_OFFERED = 200
_MOST_SHARED = 12
_NAME = "name"
"""In an address: under which name the answer is to be kept once it was seen."""
_KEPT = "kept"
"""In an address: the number of the kept scope that it opened."""


def routes(house: House, desk: IncidentDesk, hands: Hands) -> list[BaseRoute]:
    """``…/scope`` and ``…/kept/N``."""
    room = f"{HOME}/{{number}}"
    return [
        Route(f"{room}/scope", _scope(house, desk, hands), methods=["GET"]),
        Route(f"{room}/scope", _keep(house, desk, hands), methods=["POST"]),
        calling_off(f"{room}/scope", hands),
        Route(f"{room}/kept/{{answer:{NUMBER}}}", _kept(desk), methods=["GET"]),
    ]


def lookups_of(desk: IncidentDesk) -> Lookups:
    """Names, stages and coordinates, as the desk tells them."""
    return Lookups(desk.labels, desk.stages, desk.positions)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a page shows of a scope, and the question in JSON that it answers."""

    told: Mapping[str, Any]
    asked: Asked
    shown: Mapping[str, Any]


def _scope(house: House, desk: IncidentDesk, hands: Hands) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        by, wanted = viewer_of(request), request.query_params
        page, work, stopped = asked_of(Page.of(request))
        room = desk.room(request.path_params["number"], by)
        form, services = filled_in(wanted), (house, desk, by)
        told = question_of(form, room) if form.asks else {}
        found: Answered[_Answer] | Underway | None = None
        failure: SuyuanError | None = None
        if told and not form.errors and not stopped:
            changed = room.investigation.changed if form.cases else None
            make = _maker(page, services, room, told, wanted)
            try:
                found = hands.made(by, question_at(page), make, work=work, as_of=changed)
            except QuestionInvalid as error:
                place_faults(form, error)
            except (InvalidInput, NotFound) as error:
                failure = None if place_failure(form, error) else error
        elif not form.asks and "select" in wanted:
            form.errors.setdefault("key-0", nothing_suspected())
        if isinstance(found, Underway):
            return waiting_page(page, found, head(room, "scope"), page.speech.say("incident.part.scope"))
        kept = _named(desk, by, room, form, wanted.get(_KEPT, "")) if found else None
        about, name = (room, form, kept), wanted.get(_NAME, "")
        return _scope_page(page, services, about, found, failure=failure, name=name, again=bool(work))

    return handler


def _maker(
    page: Page, services: Services, room: Room, told: Mapping[str, Any], wanted: QueryParams
) -> Callable[[Progress], _Answer]:
    _, desk, by = services

    def make(progress: Progress) -> _Answer:
        asked = desk.asked(by, told, progress)
        return _Answer(told, asked, _shown(page, desk, by, (room, asked), wanted, progress))

    return make


def _scope_page(
    page: Page,
    services: Services,
    about: tuple[Room, Form, KeptAnswer | None],
    found: Answered[_Answer] | None,
    *,
    failure: SuyuanError | None = None,
    name: str = "",
    again: bool = False,
) -> Response:
    """The builder, with the answer that was found; ``again``: it was waited for and may be of a while ago."""
    room, form, kept = about
    answer = found.value if found else None
    house, _, by = services
    labels = labels_typed(house, by, (row.key for row in (*form.rows, *form.supposed)))
    context: dict[str, Any] = {
        **head(room, "scope"),
        "form": form,
        "rows": [*form.rows, Row("objects", "")],
        "supposed": [*form.supposed, Row("place", "")],
        "selections": SELECTIONS,
        "suppositions": SUPPOSITIONS,
        "offered": _offered(services, room, answer.asked if answer else None, page.speech.language),
        "typed_labels": labels,
        "called_as": _called(labels, page.speech.language),
        "errors": form.errors,
        "failure": failure,
        "name": name,
        "kept": [one for one in room.answers if one.kind == "scope"],
        "this": kept,
        "said": window_in_words,
        "grown": kept is not None and answer is not None and answer.asked.evidence > kept.evidence,
        "answer": answer.shown if answer else None,
        "work": found.work if found else "",
        "asked": found.asked if found and again else None,
        "stopped": form.asks and not (found or failure or form.errors),
        "exports": _exports(page, answer.told) if answer else (),
        "query": form.query(),
    }
    wrong = failure or next(iter(form.errors.values()), None)
    return render(page, "incident/scope.html", context, status=wrong.status if wrong else 200)


def _called(labels: Mapping[str, Label], language: str) -> Mapping[str, str]:
    """What stands in the rows of the form, by name, where the row itself shows a code."""
    return {
        key: " ".join(filter(None, (label.name.in_language(language), label.code.rsplit(")", 1)[-1])))
        for key, label in labels.items()
        if label.name.in_language(language)
    }


def _exports(page: Page, told: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """Forms in which the answer can be taken along, and where; none if the question is too long for that."""
    question = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    if len(question) > _LONGEST_QUESTION:
        return ()
    language = page.speech.language
    address = "/scope/export"
    return [
        (form, f"{address}?{urlencode({'format': form, 'lang': language, 'question': question})}")
        for form in EXPORTS
    ]


def _offered(services: Services, room: Room, asked: Asked | None, language: str) -> Sequence[tuple[str, str]]:
    """Keys with their names to choose from while typing: what the cases and the answer at hand name."""
    house, desk, by = services
    typed = [key for case in room.reported for key in (*case.places, *case.goods)][:_MOST_OFFERED]
    labels = dict(labels_typed(house, by, typed))
    if asked:
        keys = {chosen.suspect.key for chosen in asked.bounds.choice.chosen}
        keys |= set(asked.bounds.maximum.trace.places)
        labels.update(desk.labels(sorted(keys)[:_MOST_OFFERED]))
    return [(key, label.name.in_language(language) or label.code) for key, label in labels.items()]


def _shown(
    page: Page,
    desk: IncidentDesk,
    by: Viewer,
    about: tuple[Room, Asked],
    wanted: QueryParams,
    progress: Progress,
) -> dict[str, Any]:
    """Everything that the page shows of an answer."""
    room, asked = about
    fold = cast("Fold", wanted.get("fold")) if wanted.get("fold") in FOLDS else None
    of = cast("Of", wanted.get("hold")) if wanted.get("hold") in get_args(Of) else None
    progress.at(0.7, "hold")
    holding, not_held = _held(desk, by, asked, of, shops=wanted.get("shops") == "1")
    progress.at(0.8, "links")
    common, not_common = _common(desk, by, room) if wanted.get("links") == "1" else (None, None)
    marks = Marks(
        _ill(room, asked),
        frozenset(common.shared) if common else frozenset(),
        frozenset(one.key for one in holding.stopped) if holding else frozenset(),
    )
    progress.at(0.9, "picture")
    scope, options = asked.bounds.maximum, asked.question.options
    keys = {row.of for row in (*asked.overview.places, *asked.overview.parties) if row.of}
    keys |= {chosen.suspect.key for chosen in asked.bounds.choice.chosen[:_MOST_CHOSEN]}
    keys |= {balance.lot for balance in asked.balances}
    keys |= {one.key for one in holding.stopped} | set(holding.sinks) if holding else set()
    keys |= {past.sink for past in holding.past} if holding else set()
    shared = [key for key in common.shared if kind_by_name(key) == "lot"][:_MOST_SHARED] if common else []
    keys |= {link.key for link in common.links} | set(shared) if common else set()
    return {
        "totals": _ordered(asked.overview.totals),
        "places": _by(asked.overview, "places"),
        "parties": _by(asked.overview, "parties"),
        "unbalanced": [one for one in asked.balances if not one.reconciles],
        "picture": pictured(
            scope.trace, lookups_of(desk), page, marks, fold, heard=lambda: progress.at(0.9, "picture")
        ),
        "chosen": asked.bounds.choice.chosen[:_MOST_CHOSEN],
        "chosen_count": len(asked.bounds.choice.chosen),
        "tells_why": any(
            one.because != "named" for chosen in asked.bounds.choice.chosen for one in chosen.reasons
        ),
        "doubts": asked.bounds.choice.doubts,
        "holding": holding,
        "stopped": sorted(holding.stopped, key=lambda one: (one.kind != "lot", one.key)) if holding else (),
        "not_held": not_held,
        "of": of,
        "common": common,
        "shared": shared,
        "not_common": not_common,
        "withheld": scope.trace.withheld,
        "labels": desk.labels(sorted(keys)),
        "draft": _draft_query(asked),
        "supposes": bool(options.cross_contamination or options.kill or options.depth is not None),
        "most_suspects": MAX_SUSPECTS,
        "known_at": options.known_at,
    }


def _held(
    desk: IncidentDesk, by: Viewer, asked: Asked, of: Of | None, *, shops: bool
) -> tuple[Holding | None, SuyuanError | None]:
    if of is None:
        return None, None
    try:
        return desk.holding(by, asked, of, shops), None
    except (InvalidInput, NotFound) as error:
        return None, error


def _common(desk: IncidentDesk, by: Viewer, room: Room) -> tuple[CommonLinks | None, SuyuanError | None]:
    try:
        return desk.common(room.investigation.number, by), None
    except (InvalidInput, NotFound) as error:
        return None, error


def _ill(room: Room, asked: Asked) -> Mapping[str, Sequence[frozenset[str]]]:
    """What each of the ill who bought at a place ate: of a piece its lot, where it is known."""
    lot_of = {edge.target: edge.source for edge in asked.bounds.maximum.trace.edges if edge.kind == "member"}
    eaten: dict[str, list[frozenset[str]]] = defaultdict(list)
    for case in room.reported:
        if case.kind == "ill":
            goods = frozenset(lot_of.get(key, key) for key in case.goods)
            for place in {site(place) for place in case.places}:
                eaten[place].append(goods)
    return eaten


def _ordered(lines: Sequence[Line]) -> Sequence[Line]:
    return sorted(lines, key=lambda line: (STATUS_ORDER.index(line.status), not line.known, line.uom or ""))


def _by(overview: Overview, what: str) -> Sequence[tuple[str | None, Sequence[Line]]]:
    """The lines of each place or party, those with the most to stop first."""
    groups: dict[str | None, list[Line]] = {}
    for line in overview.places if what == "places" else overview.parties:
        groups.setdefault(line.of, []).append(line)

    def living(lines: Sequence[Line]) -> float:
        return sum(line.maximum.hold or 0.0 for line in lines if line.status in STATUS_ORDER[:3])

    return sorted(
        ((of, _ordered(lines)) for of, lines in groups.items()),
        key=lambda one: (-living(one[1]), one[0] or ""),
    )


def _draft_query(asked: Asked) -> str:
    """The suspects as the form of a draft takes them; nothing where it cannot take them all."""
    pairs: list[tuple[str, str]] = []
    if len(asked.bounds.choice.suspects) > MAX_SUSPECTS:
        return ""
    for suspect in asked.bounds.choice.suspects:
        start, end = suspect.from_time, suspect.to_time
        pairs += [
            ("suspect", suspect.key),
            ("from", start.isoformat() if start else ""),
            ("to", end.isoformat() if end else ""),
        ]
    return urlencode(pairs)


# Keeping


def _keep(house: House, desk: IncidentDesk, hands: Hands) -> Callable[[Request], Any]:
    async def handler(request: Request) -> Response:
        page, by = Page.of(request), viewer_of(request)
        async with request.form(max_files=0, max_fields=10) as form:
            sent = {name: str(form.get(name, "")).strip() for name in ("name", "query", WORK)}
        number: str = request.path_params["number"]
        return await run_in_threadpool(_kept_now, (house, desk, by), hands, page, number, sent)

    return handler


def _kept_now(services: Services, hands: Hands, page: Page, number: str, sent: Mapping[str, str]) -> Response:
    """Keep what was seen; where it is not at hand any more, what is found now.

    If that takes long, the page waits for it with its name filled in, and it is kept when it was seen.
    """
    _, desk, by = services
    room = desk.room(number, by)
    wanted = QueryParams(parse_qsl(sent["query"], keep_blank_values=True))
    again = *wanted.multi_items(), *page.kept.items(), (_NAME, sent["name"])
    page = replace(page, path=room_path(number, "scope"), query=again)
    form, seen = filled_in(wanted), hands.value(by, sent[WORK])
    told = question_of(form, room) if form.asks else {}
    if not told or form.errors:
        return _scope_page(page, services, (room, form, None), None)
    found: Answered[_Answer] | Underway | None = None
    try:
        if isinstance(seen, _Answer) and seen.told == told:
            found = Answered(seen, sent[WORK], seen.asked.at)
        else:
            found = hands.made(by, question_at(page), _maker(page, services, room, told, wanted))
        if not isinstance(found, Answered):
            work = found.work if found else None
            return RedirectResponse(page.here(**{WORK: work}), status_code=303)
        desk.keep(number, by, sent["name"], told, found.value.asked)
    except QuestionInvalid as error:
        place_faults(form, error)
        return _scope_page(page, services, (room, form, None), None)
    except Refused as error:
        shown = found if isinstance(found, Answered) else None
        return _scope_page(page, services, (room, form, None), shown, failure=error, name=sent["name"])
    return RedirectResponse(page.link(room_path(number, "compare")), status_code=303)


def _kept(desk: IncidentDesk) -> Callable[[Request], Response]:
    """A kept scope is asked again, with what is known by now."""

    def handler(request: Request) -> Response:
        page = Page.of(request)
        number = request.path_params["number"]
        one = desk.kept_answer(number, viewer_of(request), request.path_params["answer"])
        if one.kind != "scope":
            raise NotFound("There is no scope {number} here", where="answer", number=one.number)
        query = form_of(read_question(one.question)).query(**{_KEPT: str(one.number)}, **page.kept)
        return RedirectResponse(f"{room_path(number, 'scope')}?{query}", status_code=303)

    return handler


def _named(desk: IncidentDesk, by: Viewer, room: Room, form: Form, number: str) -> KeptAnswer | None:
    """The kept scope that an address names, if it is one that asks the same."""
    answer = whole_number(number)
    if not any(one.kind == "scope" and one.number == answer for one in room.answers) or answer is None:
        return None
    one = desk.kept_answer(room.investigation.number, by, answer)
    return one if form_of(read_question(one.question)).query() == form.query() else None
