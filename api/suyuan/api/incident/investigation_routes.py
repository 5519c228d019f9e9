"""``/investigations``: what an authority or a company looks into, with cases, kept answers and history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, get_args

import orjson
from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from suyuan.api.house import House
from suyuan.api.incident.answer_routes import Desk, Investigator, Told, Who
from suyuan.api.incident.desk import STEPS
from suyuan.api.incident.reading import read_at, read_forward_at
from suyuan.api.security import house_of
from suyuan.portal.incident.desk import Room
from suyuan.trace.epcis.json_shapes import is_object
from suyuan.trace.incident.problems import Problems
from suyuan.trace.scope.members import Members
from suyuan.trace.scope.problems import QuestionInvalid
from suyuan.trace.scope.render import question_json
from suyuan.trace.scope.selection import Question
from suyuan.trace.store import investigations as kept

router = APIRouter(prefix="/investigations", tags=["Incidents"])

Number = Annotated[str, Path(max_length=40)]
Place = Annotated[int, Path(ge=1, le=1_000_000)]
AnyHouse = Annotated[House, Depends(house_of)]
_KINDS: tuple[kept.AnswerKind, ...] = get_args(kept.AnswerKind)
_STATES: tuple[kept.State, ...] = get_args(kept.State)


@router.get("")
def investigations(
    _by: Investigator,
    viewer: Who,
    desk: Desk,
    state: Annotated[kept.State | None, Query()] = None,
    before: Annotated[str, Query(max_length=40)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Those in sight, newest first; the next page has those ``before`` the last number of this one."""
    found = desk.listed(viewer, state=state, before=before, limit=limit)
    return _json({"investigations": [_told(one) for one in found]})


@router.post("", status_code=201)
def open_investigation(_by: Investigator, viewer: Who, desk: Desk, told: Told) -> Response:
    """Open an investigation."""
    members, problems = _members(told)
    zh, en, suspicion = _head(members, problems, "", "", "")
    _end(members, problems)
    number = desk.begin(viewer, zh=zh, en=en, suspicion=suspicion)
    room = desk.room(number, viewer)
    return _json(_room(room), 201, {"Location": f"/investigations/{number}"})


@router.get("/{number}")
def investigation(_by: Investigator, viewer: Who, desk: Desk, number: Number) -> Response:
    """One investigation with its cases, what its kept answers are called, and its newest steps."""
    return _json(_room(desk.room(number, viewer)))


@router.patch("/{number}")
def change_investigation(_by: Investigator, viewer: Who, desk: Desk, number: Number, told: Told) -> Response:
    """Give it another title, suspicion or state; what is left out stays."""
    members, problems = _members(told)
    before = desk.investigation(number, viewer)
    zh, en, suspicion = _head(members, problems, before.zh, before.en, before.suspicion)
    state: kept.State = members.word("state", _STATES, before.state)
    _end(members, problems)
    desk.change(number, viewer, zh=zh, en=en, suspicion=suspicion, state=state)
    return _json(_room(desk.room(number, viewer)))


@router.get("/{number}/cases")
def cases(_by: Investigator, viewer: Who, desk: Desk, number: Number) -> Response:
    """The cases, in the order in which they were added."""
    return _json({"cases": _cases(desk.cases(number, viewer))})


@router.post("/{number}/cases", status_code=201)
def add_cases(_by: Investigator, viewer: Who, desk: Desk, number: Number, told: Told) -> Response:
    """Add one case or a list of them, all or none."""
    numbers = desk.add_cases(number, viewer, [told] if is_object(told) else told)
    return _json({"numbers": list(numbers)}, 201)


@router.delete("/{number}/cases/{case}", status_code=204)
def remove_case(_by: Investigator, viewer: Who, desk: Desk, number: Number, case: Place) -> Response:
    """Take a case out; that it was there stays in the history."""
    desk.remove(number, viewer, case)
    return Response(status_code=204)


@router.get("/{number}/answers")
def kept_answers(_by: Investigator, viewer: Who, desk: Desk, number: Number) -> Response:
    """What was kept, without its questions and what they came to."""
    return _json({"answers": [_answer(one) for one in desk.answers(number, viewer)]})


@router.post("/{number}/answers", status_code=201)
def keep_answer(
    _by: Investigator, viewer: Who, desk: Desk, house: AnyHouse, number: Number, told: Told
) -> Response:
    """Keep what was asked and what came of it; ``evidence`` is what the answer said of itself."""
    members, problems = _members(told)
    kind: kept.AnswerKind = members.word("kind", _KINDS, None)
    name = members.text("name")
    question, summary = _object(members, "question", problems), _object(members, "summary", problems)
    if kind in ("scope", "trace") and not problems.fault_count:
        question = question_json(_question(question, kind))  # one that can be asked again
    newest = house.follow()
    evidence = members.whole("evidence", 0, newest)
    _end(members, problems)
    place = desk.keep_answer(
        number, viewer, kind, name, question, newest if evidence is None else evidence, summary
    )
    at = f"/investigations/{number}/answers/{place}"
    return _json(_whole(desk.kept_answer(number, viewer, place)), 201, {"Location": at})


@router.get("/{number}/answers/{answer}")
def kept_answer(_by: Investigator, viewer: Who, desk: Desk, number: Number, answer: Place) -> Response:
    """One kept answer: ask its question again to have the whole of it as of now."""
    return _json(_whole(desk.kept_answer(number, viewer, answer)))


@router.delete("/{number}/answers/{answer}", status_code=204)
def remove_answer(_by: Investigator, viewer: Who, desk: Desk, number: Number, answer: Place) -> Response:
    """Take a kept answer out; that it was there stays in the history."""
    desk.forget(number, viewer, answer)
    return Response(status_code=204)


@router.post("/{number}/notes", status_code=201)
def add_note(_by: Investigator, viewer: Who, desk: Desk, number: Number, told: Told) -> Response:
    """Write something down; it stays as it is."""
    members, problems = _members(told)
    text = members.take("text")
    _end(members, problems)
    desk.note(number, viewer, text if isinstance(text, str) else "")
    return _json({"history": _history(desk.history(number, viewer, limit=1))}, 201)


@router.get("/{number}/history")
def history(
    _by: Investigator,
    viewer: Who,
    desk: Desk,
    number: Number,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = STEPS,
) -> Response:
    """Who did what, newest first; the next page has those ``before`` the last number of this one."""
    return _json({"history": _history(desk.history(number, viewer, before=before, limit=limit))})


def _members(told: object) -> tuple[Members, Problems]:
    problems = Problems(QuestionInvalid)
    return Members(told, "", problems), problems


def _end(members: Members, problems: Problems) -> None:
    members.end()
    problems.raise_any()


def _head(members: Members, problems: Problems, *before: str) -> tuple[str, str, str]:
    """Title and suspicion, or what they were."""
    zh, en, suspicion = before
    if (title := members.take("title")) is not None:
        inner = Members(title, "/title", problems)
        zh, en = (_text(inner, name, "/title", problems) for name in ("zh", "en"))
        inner.end()
    told = members.take("suspicion")
    if told is not None and not isinstance(told, str):
        problems.fault("{value} is no text.", where="/suspicion", remedy=_A_TEXT, value=told)
    return zh, en, told if isinstance(told, str) else suspicion


_A_TEXT = "Write a text, or leave it out."


def _text(members: Members, name: str, where: str, problems: Problems) -> str:
    value = members.take(name)
    if value is None or isinstance(value, str):
        return value or ""
    problems.fault("{value} is no text.", where=f"{where}/{name}", remedy=_A_TEXT, value=value)
    return ""


def _object(members: Members, name: str, problems: Problems) -> Mapping[str, Any]:
    value = members.take(name)
    if is_object(value):
        return value
    problems.fault(
        "{value} is no JSON object.", where=f"/{name}", remedy="Write its members in braces.", value=value
    )
    return {}


def _question(told: Mapping[str, Any], kind: kept.AnswerKind) -> Question:
    return read_forward_at(told, "/question") if kind == "scope" else read_at(told, "/question")


def _told(found: kept.Investigation) -> dict[str, Any]:
    return {
        "number": found.number,
        "title": {"zh": found.zh, "en": found.en},
        "suspicion": found.suspicion,
        "state": found.state,
        "party": found.party,
        "role": found.role,
        "opened": found.opened,
        "opened_by": found.opened_by,
        "changed": found.changed,
        "case_count": found.cases,
        "answer_count": found.answers,
    }


def _room(room: Room) -> dict[str, Any]:
    return {
        **_told(room.investigation),
        "may_change": room.may_change,
        "cases": _cases(room.cases),
        "answers": [_answer(one) for one in room.answers],
        "history": _history(room.history),
    }


def _cases(found: Sequence[kept.OutbreakCase]) -> list[dict[str, Any]]:
    return [
        {"number": case.number, "added": case.added, "added_by": case.added_by, "case": case.told}
        for case in found
    ]


def _answer(found: kept.KeptHead) -> dict[str, Any]:
    return {
        "number": found.number,
        "kind": found.kind,
        "name": found.name,
        "evidence": found.evidence,
        "asked": found.asked,
        "kept_by": found.kept_by,
    }


def _whole(found: kept.KeptAnswer) -> dict[str, Any]:
    return {**_answer(found), "question": found.question, "summary": found.summary}


def _history(found: Sequence[kept.Entry]) -> list[dict[str, Any]]:
    return [
        {"number": one.number, "time": one.time, "by": one.by, "what": one.what, "content": one.content}
        for one in found
    ]


def _json(told: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    content = orjson.dumps(told, option=orjson.OPT_UTC_Z)
    return Response(content, status, headers=headers, media_type="application/json")
