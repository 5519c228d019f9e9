"""JSON lines in and out: one object a line, answered in its turn, however many there are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, cast

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
    for _, told in objects(sys.stdin.buffer, *needed):
        sys.stdout.write(orjson.dumps(answer(told)).decode() + "\n")


def objects(source: BinaryIO, *needed: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The objects of the lines with their numbers, from 1; each has the text fields ``needed``.

    Raises:
        LineWrong: at the first line that is no such object.
    """
    lines = iter(lambda: source.readline(LONGEST_LINE + 1), b"")
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise wrong_line(number, "Line {line} is longer than {most} bytes.", "Give one object a line.")
        if not line.strip():
            continue
        try:
            told: object = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise wrong_line(
                number, "Line {line} is not JSON: {reason}.", "Give one object a line.", reason=error.msg
            ) from error
        if not isinstance(told, dict):
            raise wrong_line(number, "Line {line} is no JSON object.", "Give one object a line.")
        found = cast("dict[str, Any]", told)
        for name in needed:
            if not isinstance(found.get(name), str):
                raise wrong_line(
                    number, "Line {line} has no text {name}.", 'Write {"{name}": "…", …}.', name=name
                )
        yield number, found


def wrong_line(number: int, template: str, remedy: str, **fields: object) -> LineWrong:
    """What is wrong with a line of that number."""
    return LineWrong(
        template,
        where=f"line {number}",
        remedy=remedy.replace("{name}", str(fields.get("name", ""))),
        line=number,
        most=LONGEST_LINE,
        **fields,
    )
