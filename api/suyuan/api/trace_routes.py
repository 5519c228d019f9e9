"""Traces and scopes for programs, in the words of ``suyuan.trace.lineage.contract``."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from suyuan.api.house import House
from suyuan.api.incident.answering import JSON_LINES, takes_lines, with_evidence
from suyuan.api.security import house_of, reader_of_events, viewer_of
from suyuan.portal.services import Principal
from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import IdentifierError, canonical_key
from suyuan.trace.lineage import Options, Suspect
from suyuan.trace.lineage.lines import scope_lines, trace_lines
from suyuan.trace.lineage.render import scope_json, trace_json
from suyuan.trace.store.sight import Viewer

router = APIRouter(tags=["Tracing"])

_NUMBER = re.compile(r"[+-]?[0-9.]+")


def _written(value: object) -> object:
    """Not a count of seconds: whoever sends one may mean milliseconds."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        raise PydanticCustomError("datetime_number", "a number is no instant")
    return value


Suspects = Annotated[list[str], Query(alias="suspect", min_length=1, max_length=100)]
Moment = Annotated[datetime | None, BeforeValidator(_written), Query()]
Depth = Annotated[int | None, Query(ge=0, le=1000)]
Reader = Annotated[Principal, Depends(reader_of_events)]
Who = Annotated[Viewer, Depends(viewer_of)]
AnyHouse = Annotated[House, Depends(house_of)]


@router.get("/trace")
def trace(
    request: Request,
    _by: Reader,
    viewer: Who,
    house: AnyHouse,
    suspect: Suspects,
    direction: Literal["forward", "backward"] = "forward",
    from_time: Moment = None,
    to_time: Moment = None,
    known_at: Moment = None,
    depth: Depth = None,
    certain_only: bool = False,
) -> Response:
    """Everything that follows from the suspects, or that they may come from."""
    in_lines, suspects = takes_lines(request), _suspects(suspect, from_time, to_time)
    options = Options(direction, _aware(known_at, "known_at"), depth, certain_only=certain_only)
    with house.settled() as evidence:
        found = house.seen_by(viewer).trace(suspects, options)
    if in_lines:
        return StreamingResponse(trace_lines(found, evidence), media_type=JSON_LINES)
    return StreamingResponse(with_evidence(evidence, trace_json(found)), media_type="application/json")


@router.get("/scope")
def scope(
    request: Request,
    _by: Reader,
    viewer: Who,
    house: AnyHouse,
    suspect: Suspects,
    from_time: Moment = None,
    to_time: Moment = None,
    known_at: Moment = None,
    depth: Depth = None,
) -> Response:
    """What is affected, per place, party and status."""
    in_lines, suspects = takes_lines(request), _suspects(suspect, from_time, to_time)
    options = Options("forward", _aware(known_at, "known_at"), depth)
    with house.settled() as evidence:
        found = house.seen_by(viewer).scope(suspects, options)
    if in_lines:
        return StreamingResponse(scope_lines(found, evidence), media_type=JSON_LINES)
    return StreamingResponse(with_evidence(evidence, scope_json(found)), media_type="application/json")


def _suspects(keys: list[str], from_time: datetime | None, to_time: datetime | None) -> list[Suspect]:
    start, end = _aware(from_time, "from_time"), _aware(to_time, "to_time")
    if start is not None and start == end:
        raise InvalidInput(
            "The window is empty.", where="to_time", remedy="Let to_time be later than from_time."
        )
    return [Suspect(_key(key, row), start, end) for row, key in enumerate(keys)]


def _key(told: str, row: int) -> str:
    try:
        return canonical_key(told)
    except IdentifierError as error:
        error.where = f"suspect/{row}"
        raise


def _aware(moment: datetime | None, name: str) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        raise InvalidInput(
            "{name} has no time zone",
            where=name,
            name=name,
            remedy="Write it like 2026-11-20T08:00:00+08:00.",
        )
    try:
        return None if moment is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise InvalidInput(
            "{name} is out of range",
            where=name,
            name=name,
            remedy="Write it like 2026-11-20T08:00:00+08:00.",
        ) from error
