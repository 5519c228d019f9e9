"""The questions of an investigator over HTTP. Every answer tells the newest evidence that it knew.

A question is JSON (:mod:`suyuan.trace.scope.reading`); what is out of sight is left out and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from suyuan.api.house import House
from suyuan.api.incident.answering import JSON_LINES, answered, doubts_told, takes_lines, with_evidence
from suyuan.api.incident.checks import Checks, read_checks
from suyuan.api.incident.desk import InvestigationDesk
from suyuan.api.incident.jobs import Made, Progress
from suyuan.api.incident.ranking import Sources
from suyuan.api.incident.reading import (
    read_linked,
    read_pair,
    read_ranking,
    read_shared_sources,
    read_to_hold,
    received_json,
)
from suyuan.api.incident.supposed import unknown_key
from suyuan.api.networks import read_network
from suyuan.api.security import allow, house_of, viewer_of
from suyuan.portal.services import Principal
from suyuan.trace.checks import checked_json
from suyuan.trace.epcis.problems import Problem
from suyuan.trace.incident import Dates, Dialect, score
from suyuan.trace.incident.render import scores_json
from suyuan.trace.lineage.lines import scope_lines, trace_lines
from suyuan.trace.scope.reading import read_question
from suyuan.trace.scope.render import answer_json, bounds_json
from suyuan.trace.store.sight import Viewer

router = APIRouter(tags=["Incidents"])

Investigator = Annotated[Principal, Depends(allow("regulator", "company"))]
Who = Annotated[Viewer, Depends(viewer_of)]
AnyHouse = Annotated[House, Depends(house_of)]
Told = Annotated[Any, Depends(received_json)]


def desk_of(request: Request) -> InvestigationDesk:
    """The incident desk of this application."""
    found: InvestigationDesk = request.app.state.incidents
    return found


Desk = Annotated[InvestigationDesk, Depends(desk_of)]


@router.post("/trace")
def post_trace(
    request: Request, _by: Investigator, viewer: Who, house: AnyHouse, desk: Desk, told: Told
) -> Response:
    """The least and the most that follows from what a question selects, or that it may come from."""
    question, in_lines, doubts = read_question(told), takes_lines(request), doubts_told(request)

    def work(progress: Progress) -> Made:
        with house.settled() as evidence:
            bounds = desk.traced(viewer, question, progress)
        progress.at(0.9, "write")
        if in_lines:
            return Made(trace_lines(bounds.maximum, evidence), JSON_LINES)
        return Made(with_evidence(evidence, bounds_json(bounds, doubts)))

    return answered(request, viewer, work)


@router.post("/scope")
def post_scope(
    request: Request, _by: Investigator, viewer: Who, house: AnyHouse, desk: Desk, told: Told
) -> Response:
    """The least and the most that is affected, per place, party and status."""
    question, in_lines, doubts = read_question(told), takes_lines(request), doubts_told(request)

    def work(progress: Progress) -> Made:
        with house.settled() as evidence:
            bounds = desk.scoped(viewer, question, progress)
        progress.at(0.9, "write")
        if in_lines:
            return Made(scope_lines(bounds.maximum, evidence), JSON_LINES)
        return Made(with_evidence(evidence, bounds_json(bounds, doubts)))

    return answered(request, viewer, work)


@router.post("/scope/compare")
def compare_scopes(
    request: Request, _by: Investigator, viewer: Who, house: AnyHouse, desk: Desk, told: Told
) -> Response:
    """What differs between two scopes, and by which steps."""
    pair, doubts = read_pair(told), doubts_told(request)
    return _answer(
        request, viewer, house, lambda progress: answer_json(desk.comparison(viewer, pair, progress), doubts)
    )


@router.post("/scope/cut")
def cut_scope(
    request: Request, _by: Investigator, viewer: Who, house: AnyHouse, desk: Desk, told: Told
) -> Response:
    """The smallest set to hold so that nothing more reaches the sinks."""
    wanted, doubts = read_to_hold(told), doubts_told(request)
    return _answer(
        request, viewer, house, lambda progress: answer_json(desk.to_hold(viewer, wanted, progress), doubts)
    )


@router.post("/common-links")
def common_links(
    request: Request, _by: Investigator, viewer: Who, house: AnyHouse, desk: Desk, told: Told
) -> Response:
    """What lies on every way to every case."""
    wanted, doubts = read_linked(told), doubts_told(request)
    return _answer(
        request, viewer, house, lambda progress: answer_json(desk.linked(viewer, wanted, progress), doubts)
    )


@router.post("/common-sources")
def common_sources(
    request: Request, _by: Investigator, viewer: Who, house: AnyHouse, desk: Desk, told: Told
) -> Response:
    """The lots that enough of some things came from."""
    question, doubts = read_shared_sources(told), doubts_told(request)

    def work(progress: Progress) -> bytes:
        return answer_json(desk.shared_sources(viewer, question, progress), doubts)

    return _answer(request, viewer, house, work)


@router.post("/rank")
def rank_sources(
    request: Request, _by: Investigator, viewer: Who, house: AnyHouse, desk: Desk, told: Told
) -> Response:
    """Which source explains the cases: posterior, evidence, and the orders of other methods beside it."""
    wanted, doubts = read_ranking(told, desk.today()), doubts_told(request)
    if wanted.investigation:
        desk.investigation(wanted.investigation, viewer)  # 404 at once

    def work(progress: Progress) -> bytes:
        return orjson.dumps(
            sources_json(desk.sources(viewer, wanted, progress), doubts), option=orjson.OPT_UTC_Z
        )

    return _answer(request, viewer, house, work, is_long=True)


@router.post("/checks")
def post_checks(request: Request, _by: Investigator, viewer: Who, told: Told) -> Response:
    """What does not add up: mass balance, clones, diversion, missing halves, expiry, completeness."""
    wanted, doubts = read_checks(told), doubts_told(request)
    checks: Checks = request.app.state.checks

    def work(progress: Progress) -> Made:
        seen = checks.seen(viewer, wanted, progress)
        progress.at(0.95, "write")
        silent = wanted.party is not None and wanted.party not in seen.parties
        shown = seen.checked.findings or seen.checked.balances  # of somebody who told nothing, too
        unknown = [unknown_key(wanted.party or "", "/party")] if silent and not shown else []
        about = {"withheld": seen.withheld, "doubts": [doubts(one) for one in unknown]}
        pieces = chain([orjson.dumps(about)[:-1] + b","], _inside(checked_json(seen.checked)))
        return Made(with_evidence(seen.evidence, pieces))

    return answered(request, viewer, work, is_long=True)


def _inside(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A JSON object in pieces without the brace that begins it."""
    yield next(pieces).removeprefix(b"{")
    yield from pieces


async def _network(request: Request) -> bytes:
    return await request.body()


@router.post("/score")
def score_network(
    request: Request,
    _by: Investigator,
    viewer: Who,
    content: Annotated[bytes, Depends(_network)],
    dialect: Annotated[Dialect, Query()] = "exact",
    dates: Annotated[Dates, Query()] = "inferred",
    lots: Annotated[bool, Query()] = False,
) -> Response:
    """FoodChain-Lab's scores of a network that is sent: its JSON or an All-in-One workbook."""
    doubts = doubts_told(request)

    def work(progress: Progress) -> Made:
        read = read_network(content)
        progress.at(0.5, "score")
        found = score(read.network, read.settings, dialect=dialect, dates=dates)
        told: dict[str, Any] = {
            "dialect": dialect,
            **scores_json(found, lots=lots),
            "cycles": found.cycles,
            "returning": found.returning,
            "undated": found.undated,
            "doubts": [doubts(one) for one in read.warnings],
        }
        return Made([orjson.dumps(told)])

    return answered(request, viewer, work, is_long=True)


def sources_json(found: Sources, told: Callable[[Problem], Mapping[str, str]]) -> Mapping[str, Any]:
    """A ranking as JSON values; ``told`` writes what is doubtful."""
    ranked = found.ranked
    return {
        "sources": ranked.sources,
        "rest": ranked.rest,
        "unexplained": ranked.unexplained,
        "posterior": found.posterior,
        "used": found.used,
        "unused": [{"case": label, **told(doubt)} for label, doubt in ranked.unused],
        "doubts": [told(doubt) for doubt in ranked.doubts],
        "silent": ranked.silent,
        "withheld": ranked.withheld,
    }


def _answer(
    request: Request,
    viewer: Viewer,
    house: House,
    ask: Callable[[Progress], bytes],
    *,
    is_long: bool = False,
) -> Response:
    """An answer of one JSON object, with the newest evidence that it knew."""

    def work(progress: Progress) -> Made:
        with house.settled() as evidence:
            told = ask(progress)
        return Made(with_evidence(evidence, iter([told])))

    return answered(request, viewer, work, is_long=is_long)
