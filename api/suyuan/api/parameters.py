"""Query parameters: what a resource does not have is refused, what is no value is told in our own words.

A parameter that is passed over answers another question than the one that was asked: ``knwon_at`` would tell
today's trace as yesterday's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from starlette.requests import Request

from suyuan.trace.epcis.problems import quote
from suyuan.trace.errors import InvalidInput

_WORD = re.compile(r"'([^']*)'")
_LEAVE_OUT = "Correct it, or leave it out."


def only_known(request: Request) -> None:
    """Refuse parameters that the description of the asked resource does not have, and any that is told twice.

    Raises:
        InvalidInput: with the name of the first, and one that is near.
    """
    if not request.query_params:
        return
    path, method = request.scope["route"].path_format, request.method.lower()
    operation = request.app.openapi()["paths"].get(path, {}).get(method, {})
    known = {
        one["name"]: one.get("schema", {})
        for one in operation.get("parameters", ())
        if one.get("in") == "query"
    }
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name not in known:
            raise _unknown(name, known)
        if name in seen and known[name].get("type") != "array":
            raise InvalidInput("{name} is told twice.", where=name, remedy="Tell it once.", name=quote(name))
        seen.add(name)


def _unknown(name: str, known: Mapping[str, Any]) -> InvalidInput:
    near = get_close_matches(name[:100], known, n=1, cutoff=0.6)
    if near:
        return InvalidInput(
            "There is no parameter {name} here; did you mean {near}?",
            where=quote(name),
            remedy=_LEAVE_OUT,
            name=quote(name),
            near=near[0],
        )
    return InvalidInput(
        "There is no parameter {name} here", where=quote(name), remedy=_LEAVE_OUT, name=quote(name)
    )


def misread(told: Sequence[Mapping[str, Any]]) -> InvalidInput:
    """What the framework found wrong with the parameters of a request: the first of it, in our words."""
    if not told:
        return InvalidInput("The request is not valid")
    first = told[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    value = quote(first.get("input"))
    for kinds, explained in _EXPLAINED:
        if kinds.match(first["type"]):
            return explained(where, value, first.get("ctx") or {})
    return InvalidInput(
        "{value} is not taken here.", where=where, remedy="/openapi.json tells what is.", value=value
    )


def _missing(where: str, _value: str, _more: Mapping[str, Any]) -> InvalidInput:
    return InvalidInput(
        "{name} is missing.", where=where, remedy="/openapi.json tells what has to be said.", name=where
    )


def _word(where: str, value: str, more: Mapping[str, Any]) -> InvalidInput:
    words = ", ".join(_WORD.findall(str(more.get("expected", ""))))
    return InvalidInput(
        "{value} is none of {words}.",
        where=where,
        remedy="Write one of these words.",
        value=value,
        words=words,
    )


def _too_little(where: str, value: str, more: Mapping[str, Any]) -> InvalidInput:
    least = str(more.get("ge", more.get("gt", "")))
    return InvalidInput(
        "{value} is less than {least}.",
        where=where,
        remedy="Write a larger number.",
        value=value,
        least=least,
    )


def _too_much(where: str, value: str, more: Mapping[str, Any]) -> InvalidInput:
    most = str(more.get("le", more.get("lt", "")))
    return InvalidInput(
        "{value} is more than {most}.", where=where, remedy="Write a smaller number.", value=value, most=most
    )


def _whole(where: str, value: str, _more: Mapping[str, Any]) -> InvalidInput:
    return InvalidInput("{value} is no whole number.", where=where, remedy="Write digits only.", value=value)


def _truth(where: str, value: str, _more: Mapping[str, Any]) -> InvalidInput:
    return InvalidInput(
        "{value} is neither true nor false.",
        where=where,
        remedy="Write true or false, or leave it out.",
        value=value,
    )


def _instant(where: str, value: str, _more: Mapping[str, Any]) -> InvalidInput:
    return InvalidInput(
        "{value} is no instant with its offset.",
        where=where,
        remedy="Write it like 2026-03-01T08:00:00+08:00.",
        value=value,
    )


def _too_long(where: str, _value: str, more: Mapping[str, Any]) -> InvalidInput:
    return InvalidInput(
        "{name} is longer than {most} characters.",
        where=where,
        remedy="Write it shorter.",
        name=where,
        most=str(more.get("max_length", "")),
    )


def _too_many(where: str, _value: str, more: Mapping[str, Any]) -> InvalidInput:
    return InvalidInput(
        "{name} is told more than {most} times.",
        where=where,
        remedy="Ask in parts, or post the question as JSON.",
        name=where,
        most=str(more.get("max_length", "")),
    )


_EXPLAINED: Sequence[tuple[re.Pattern[str], Callable[[str, str, Mapping[str, Any]], InvalidInput]]] = tuple(
    (re.compile(kinds), explained)
    for kinds, explained in (
        (r"missing$", _missing),
        (r"(literal_error|enum)$", _word),
        (r"greater_than", _too_little),
        (r"less_than", _too_much),
        (r"int_", _whole),
        (r"bool_", _truth),
        (r"(datetime|timezone)_", _instant),
        (r"string_too_long$", _too_long),
        (r"too_long$", _too_many),
    )
)
"""Kinds of errors of pydantic, by how their names begin, and our words for them."""
