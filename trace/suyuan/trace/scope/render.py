"""Questions and answers as JSON, with the names of their fields.

What :func:`question_json` writes, :func:`suyuan.trace.scope.reading.read_question` reads again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from typing import Any, cast

import orjson

from suyuan.trace.epcis.problems import Problem
from suyuan.trace.lineage.contract import Scope
from suyuan.trace.lineage.render import scope_json, trace_json
from suyuan.trace.scope.amounts import overview
from suyuan.trace.scope.answer import Balance, Bounds, Choice, CommonLinks, Comparison, Found, Holding
from suyuan.trace.scope.selection import (
    Cases,
    Lots,
    Objects,
    Place,
    Product,
    Question,
    Selection,
    Supplier,
    Suppositions,
)

_KINDS: dict[type, str] = {
    Objects: "objects",
    Lots: "lots",
    Product: "product",
    Place: "place",
    Supplier: "supplier",
    Cases: "cases",
}


def question_json(question: Question) -> dict[str, Any]:
    """The JSON object of a question; times in UTC."""
    return {
        "selections": [selection_json(one) for one in question.selections],
        "options": suppositions_json(question.options),
    }


def selection_json(selection: Selection) -> dict[str, Any]:
    """The JSON object of a selection."""
    told: dict[str, Any] = {"kind": _KINDS[type(selection)]} | _plain(selection)
    if isinstance(selection, Cases):
        told["cases"] = [_plain(case) for case in selection.cases]
    return told


def suppositions_json(options: Suppositions) -> dict[str, Any]:
    """The JSON object of the options of a question."""
    return {
        "direction": options.direction,
        "known_at": _value(options.known_at),
        "depth": options.depth,
        "what_if": {
            "cross_contamination": [_plain(one) for one in options.cross_contamination],
            "kill": [_plain(one) for one in options.kill],
        },
    }


def doubt_json(doubt: Problem) -> dict[str, str]:
    """The JSON object of a doubt, in English."""
    return {"where": doubt.where, "detail": doubt.detail, "remedy": doubt.remedy}


Told = Callable[[Problem], Mapping[str, str]]
"""How a doubt is written: in English as :func:`doubt_json`, or in the words of whoever asks."""


def bounds_json(bounds: Bounds[Found], told: Told = doubt_json) -> Iterator[bytes]:
    """The JSON object of both bounds in pieces: what was asked, suspects with reasons, amounts, answers.

    ``minimum`` and ``maximum`` are as :func:`suyuan.trace.lineage.scope_json` and ``trace_json`` write them.
    """
    yield b'{"question":' + orjson.dumps(question_json(bounds.question))
    yield b',"choice":' + answer_json(bounds.choice, told)
    low, high = bounds.minimum, bounds.maximum
    if isinstance(low, Scope) and isinstance(high, Scope):
        yield b',"overview":' + orjson.dumps(overview(low, high), option=orjson.OPT_UTC_Z)
    for name, found in ((b"minimum", low), (b"maximum", high)):
        yield b',"' + name + b'":'
        yield from scope_json(found) if isinstance(found, Scope) else trace_json(found)
    yield b"}"


def answer_json(
    answer: Choice | Comparison | Holding | CommonLinks | Balance, told: Told = doubt_json
) -> bytes:
    """The JSON object of any other answer."""
    members = {one.name: getattr(answer, one.name) for one in fields(answer)}
    if "doubts" in members:
        members["doubts"] = [told(doubt) for doubt in members["doubts"]]
    return orjson.dumps(members, option=orjson.OPT_UTC_Z)


def _plain(value: Any) -> dict[str, Any]:
    return {one.name: _value(getattr(value, one.name)) for one in fields(value)}


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [*cast("tuple[object, ...]", value)]
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, date) else value
