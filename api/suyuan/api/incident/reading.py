"""What investigators send beside plain questions: pairs to compare, what to hold, common links, rankings.

Every fault is told at its JSON pointer, and nothing is half-read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, get_args

from starlette.requests import Request

from suyuan.api.problems import UnsupportedMediaType
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.json_text import parse
from suyuan.trace.epcis.problems import Findings, Limits, ValidationError, json_pointer, quote
from suyuan.trace.gs1 import IdentifierError, canonical_key
from suyuan.trace.incident.lags import PATHOGENS
from suyuan.trace.incident.problems import CasesInvalid, Faulty, Problems
from suyuan.trace.incident.reported import Reported, read_reported
from suyuan.trace.lineage import Suspect
from suyuan.trace.scope.answer import By, Of
from suyuan.trace.scope.members import Members
from suyuan.trace.scope.problems import QuestionInvalid
from suyuan.trace.scope.reading import read_question
from suyuan.trace.scope.selection import Cases, Eaten, Question, Suppositions

LIMITS = Limits(body_bytes=1 << 20, text=4_000)
"""Of a question; networks of stations and deliveries have their own."""
_OF: tuple[Of, ...] = get_args(Of)
_BY: tuple[By, ...] = get_args(By)
_MOST_SHOWN = 50


async def received_json(request: Request) -> Any:
    """The JSON value of a request.

    Raises:
        UnsupportedMediaType: it is no JSON by its type.
        QuestionInvalid: it is none by its text.
        TooLarge: over a limit.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != "application/json":
        raise UnsupportedMediaType(
            "A body of type {given} is not read here",
            where="Content-Type",
            given=given[:100] or "(none)",
            remedy="Send application/json.",
        )
    packed = request.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("", "identity"):
        raise UnsupportedMediaType(
            "A body packed by {given} is not read here",
            where="Content-Encoding",
            given=packed[:100],
            remedy="Send it as it is.",
        )
    return read_json_text(await request.body())


def read_json_text(content: bytes, limits: Limits = LIMITS) -> Any:
    """The value of a JSON text; a member that is told twice is a fault. Raises as :func:`received_json`."""
    repeated = Findings()
    try:
        value = parse(content, limits, repeated)
    except ValidationError as error:
        raise QuestionInvalid(error.problems) from error
    if repeated.problems:
        raise QuestionInvalid(repeated.problems)
    return value


def read_at(value: object, where: str) -> Question:
    """The question that stands at a JSON pointer; raises as :func:`read_question`."""
    try:
        return read_question(value)
    except QuestionInvalid as error:
        raise _moved(error, where) from error


def read_forward_at(value: object, where: str) -> Question:
    """The same of a question of which a scope is summed; backward there is none."""
    found = read_at(value, where)
    if found.options.direction != "forward":
        problems = Problems(QuestionInvalid)
        problems.fault(
            "A scope is summed from a forward trace.",
            where=f"{where}/options/direction",
            remedy="Trace back first, then ask for the scope of the source that was found.",
        )
        problems.raise_any()
    return found


def _moved(error: Faulty, where: str) -> QuestionInvalid:
    return QuestionInvalid([replace(one, where=where + one.where) for one in error.problems], error.count)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two scopes to compare."""

    first: Question
    second: Question


def read_pair(value: object) -> Pair:
    """``{"first": question, "second": question}``; raises ``QuestionInvalid``."""
    problems = Problems(QuestionInvalid)
    members = Members(value, "", problems)
    first, second = members.take("first"), members.take("second")
    members.end()
    problems.raise_any()
    return Pair(read_forward_at(first, "/first"), read_forward_at(second, "/second"))


@dataclass(frozen=True, slots=True)
class ToHold:
    """What to hold between the suspects of a question and its sinks."""

    question: Question
    sinks: tuple[str, ...]
    of: Of
    by: By
    values: Mapping[str, float] | None


def read_to_hold(value: object) -> ToHold:
    """``{"question": …, "sinks": [], "of": "lots", "by": "count", "values": {key: number}}``.

    Raises:
        QuestionInvalid: with every fault; a value that is negative or no number among them.
    """
    problems = Problems(QuestionInvalid)
    members = Members(value, "", problems)
    question = members.take("question")
    sinks = members.keys("sinks")
    of: Of = members.word("of", _OF, "lots")
    by: By = members.word("by", _BY, "count")
    values = _values(members.take("values"), problems)
    members.end()
    if values is not None and by != "value":
        problems.fault(
            "Values count for nothing if things are held by {by}.",
            where="/values",
            remedy="Ask for by: value, or leave the values out.",
            by=by,
        )
    problems.raise_any()
    return ToHold(read_forward_at(question, "/question"), sinks, of, by, values)


def _values(told: object, problems: Problems) -> Mapping[str, float] | None:
    if told is None:
        return None
    if not is_object(told):
        problems.fault(
            "{value} is no JSON object.", where="/values", remedy="Write its members in braces.", value=told
        )
        return None
    found: dict[str, float] = {}
    for key, value in told.items():
        where = f"/values{json_pointer((str(key),))}"
        right = isinstance(value, int | float) and not isinstance(value, bool)
        if not right or not math.isfinite(value) or value < 0:
            problems.fault(
                "{value} is no value of {key}.",
                where=where,
                remedy="Write a number that is not below zero.",
                value=quote(value),
                key=quote(key),
            )
            continue
        try:
            first = canonical_key(str(key))
        except IdentifierError as error:
            problems.fault(error.template, where=where, remedy=error.remedy, **error.fields)
            continue
        if first in found:  # under another spelling
            problems.fault("{name} is told twice.", where=where, remedy="Tell it once.", name=quote(key))
        found[first] = float(value)
    return found


@dataclass(frozen=True, slots=True)
class Linked:
    """Cases whose common links are asked for."""

    cases: tuple[Eaten, ...]
    sources: tuple[Suspect, ...]
    options: Suppositions


def read_linked(value: object) -> Linked:
    """``{"cases": [as in a selection], "sources": [key], "options": …}``; raises ``QuestionInvalid``."""
    problems = Problems(QuestionInvalid)
    members = Members(value, "", problems)
    cases, options = members.take("cases"), members.take("options")
    sources = members.keys("sources")
    members.end()
    problems.raise_any()
    selection, supposed = _cases(cases, options)
    return Linked(selection.cases, tuple(Suspect(key) for key in sources), supposed)


def _cases(cases: object, options: object, **more: object) -> tuple[Cases, Suppositions]:
    """Cases as a selection has them, their faults at the pointers of whoever sent them.

    They are traced back: who asks for another direction is told so.
    """
    if is_object(options) and options.get("direction") == "forward":
        problems = Problems(QuestionInvalid)
        problems.fault(
            "What is common is found by a trace back.",
            where="/options/direction",
            remedy="Leave the direction out.",
        )
        problems.raise_any()
    selection = {"kind": "cases", "cases": cases, **more}
    try:
        read = read_question({"selections": [selection], "options": options})
    except QuestionInvalid as error:
        faults = [replace(one, where=one.where.removeprefix("/selections/0")) for one in error.problems]
        raise QuestionInvalid(faults, error.count) from error
    (found,) = (one for one in read.selections if isinstance(one, Cases))
    return found, read.options


def read_shared_sources(value: object) -> Question:
    """``{"objects": [key], "least": 3, "common": "nearest"}``: the lots that so many of them came from.

    Raises:
        QuestionInvalid: with every fault.
    """
    problems = Problems(QuestionInvalid)
    members = Members(value, "", problems)
    objects = members.keys("objects", least=1)
    least, common, options = members.take("least"), members.take("common"), members.take("options")
    members.end()
    problems.raise_any()
    each = [{"case": key, "objects": [key]} for key in objects]
    found, supposed = _cases(each, options, least=least, common=common)
    return Question((found,), supposed)


@dataclass(frozen=True, slots=True)
class RankingWanted:
    """A ranking as it was sent: cases told with it or those of an investigation, and what is assumed."""

    cases: tuple[Reported, ...] = ()
    investigation: str = ""
    pathogen: str = "salmonella"
    incubation: tuple[float, float] | None = None
    consumption: tuple[float, float] | None = None
    unrelated: tuple[float, ...] | None = None
    longest_run_days: int | None = None
    complete: bool = True
    carry_over: float = 0.0
    begins_only: bool = False
    since_days: int | None = None
    most: int | None = None


def read_ranking(value: object, today: date) -> RankingWanted:
    """A ranking from JSON.

    ::

        {"cases": [as reported] or "investigation": "I2026-0001",
         "assumptions": {"pathogen": "salmonella", "incubation": {"median": 2, "dispersion": 1.8},
                         "consumption": {…}, "unrelated": [0.05, 0.2], "longest_run_days": 7,
                         "complete": true, "carry_over": 0.1, "begins_only": false},
         "since_days": 60, "most": 10}

    Raises:
        QuestionInvalid: with every fault; bounds of assumptions are checked when they are used.
        CasesInvalid: the same of the cases.
    """
    problems = Problems(QuestionInvalid)
    members = Members(value, "", problems)
    told, investigation = members.take("cases"), members.take("investigation")
    assumed = Members(members.take("assumptions") or {}, "/assumptions", problems)
    named = isinstance(investigation, str) and investigation.strip() != ""
    if (told is None) == (investigation is None) or not (named or investigation is None):
        problems.fault(
            "Either cases or an investigation must be named.",
            where="",
            remedy="Send cases as a list, or investigation as the number of one.",
        )
    found = RankingWanted(
        (),
        investigation if isinstance(investigation, str) else "",
        _pathogen(assumed, problems),
        _time(assumed, "incubation", problems),
        _time(assumed, "consumption", problems),
        _shares(assumed.take("unrelated"), problems),
        assumed.whole("longest_run_days", 1, 150),
        _truth(assumed, "complete", problems, usual=True),
        _number(assumed, "carry_over", problems) or 0.0,
        _truth(assumed, "begins_only", problems, usual=False),
        members.whole("since_days", 1, 3_650),
        members.whole("most", 1, _MOST_SHOWN),
    )
    assumed.end()
    members.end()
    problems.raise_any()
    return found if told is None else replace(found, cases=read_cases(told, today, where="/cases"))


def _pathogen(assumed: Members, problems: Problems) -> str:
    """One of ``suyuan.trace.incident.lags``."""
    told = assumed.take("pathogen")
    if told is None:
        return "salmonella"
    if isinstance(told, str) and told in PATHOGENS:
        return told
    problems.fault(
        "{value} is none of {known}.",
        where="/assumptions/pathogen",
        remedy="Take one of these, or tell the median and dispersion of the incubation.",
        value=told,
        known=", ".join(PATHOGENS),
    )
    return "salmonella"


def read_cases(
    told: object, today: date, *, where: str = "", taken: tuple[str, ...] = ()
) -> tuple[Reported, ...]:
    """Cases as they are reported, faults below a JSON pointer; raises ``CasesInvalid``."""
    try:
        return read_reported(told, today=today, taken=taken)
    except CasesInvalid as error:
        faults = [replace(one, where=where + one.where) for one in error.problems]
        raise CasesInvalid(faults, error.count) from error


def _time(members: Members, name: str, problems: Problems) -> tuple[float, float] | None:
    """Median and dispersion of a time in days."""
    told = members.take(name)
    if told is None:
        return None
    inner = Members(told, f"{members.where}/{name}", problems)
    median, dispersion = _number(inner, "median", problems), _number(inner, "dispersion", problems)
    inner.end()
    return (median or 0.0, dispersion or 0.0)


def _number(members: Members, name: str, problems: Problems) -> float | None:
    value = members.take(name)
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _MOST:
        return float(value)
    _no_number(value, f"{members.where}/{name}", problems)
    return None


_MOST = 1e9


def _shares(told: object, problems: Problems) -> tuple[float, ...] | None:
    if told is None:
        return None
    if is_list(told) and 0 < len(told) <= _MOST_SHOWN:
        right = [one for one in told if isinstance(one, int | float) and not isinstance(one, bool)]
        if len(right) == len(told):
            return tuple(map(float, right))
    _no_number(told, "/assumptions/unrelated", problems)
    return None


def _truth(members: Members, name: str, problems: Problems, *, usual: bool) -> bool:
    value = members.take(name)
    if value is None or isinstance(value, bool):
        return usual if value is None else value
    problems.fault(
        "{value} is neither true nor false.",
        where=f"{members.where}/{name}",
        remedy="Write true or false, or leave it out.",
        value=value,
    )
    return usual


def _no_number(value: object, where: str, problems: Problems) -> None:
    problems.fault(
        "{value} is no number.", where=where, remedy="Write numbers such as 0.05.", value=quote(value)
    )
