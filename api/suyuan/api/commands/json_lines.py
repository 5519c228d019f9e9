"""JSON lines in and out: one object a line, answered in its turn, however many there are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import orjson

from suyuan.trace.errors import InvalidInput

LONGEST_LINE = 1 << 20
"""Bytes of a line; no identifier and no symbol comes near it."""

Answer = Mapping[str, object]


class LineWrong(InvalidInput):
    """A line of the input that is not what the command reads. Fields: line (from 1)."""

    code = "json-line"
    title = "A line of the input cannot be read"


def answer_lines(answer: Callable[[Mapping[str, Any]], Answer], *needed: str) -> None:
    """Read objects with the text fields ``needed`` from standard input and print the answer to each.

    Raises:
        LineWrong: at the first line that is no such object; what came before it has been answered.
    """
    for told in _objects(needed):
        sys.stdout.write(orjson.dumps(answer(told)).decode() + "\n")


def _objects(needed: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    lines = iter(lambda: sys.stdin.buffer.readline(LONGEST_LINE + 1), b"")
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise _wrong(number, "Line {line} is longer than {most} bytes.", "Give one object a line.")
        if not line.strip():
            continue
        try:
            told: object = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise _wrong(
                number, "Line {line} is not JSON: {reason}.", "Give one object a line.", reason=error.msg
            ) from error
        if not isinstance(told, dict):
            raise _wrong(number, "Line {line} is no JSON object.", "Give one object a line.")
        found = cast("dict[str, Any]", told)
        for name in needed:
            if not isinstance(found.get(name), str):
                raise _wrong(
                    number, "Line {line} has no text {name}.", 'Write {"{name}": "…", …}.', name=name
                )
        yield found


def _wrong(number: int, template: str, remedy: str, **fields: object) -> LineWrong:
    return LineWrong(
        template,
        where=f"line {number}",
        remedy=remedy.replace("{name}", str(fields.get("name", ""))),
        line=number,
        most=LONGEST_LINE,
        **fields,
    )
