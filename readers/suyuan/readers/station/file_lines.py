"""In which line of a TOML file a key stands, for errors that a person has to find."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any

_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def line_of(text: str, where: str) -> int | None:
    """The line, from 1, of the key ``where`` (as ``read_points[0].step``), or of the nearest table around it.

    None where neither is in the file. For errors alone: quadratic in the lines of the file.
    """
    path: list[str | int] = [int(index) if index else name for name, index in _PART.findall(where)]
    lines = text.splitlines()
    while path:
        line = _first_line(lines, path)
        if line is not None:
            return line
        path.pop()
    return None


def _first_line(lines: Sequence[str], path: Sequence[str | int]) -> int | None:
    """The line with which ``path`` comes in: the file is cut after each line, and read.

    A value of several lines counts as its first one, for a cut within it is no TOML.
    """
    begins = 1
    for count in range(1, len(lines) + 1):
        try:
            data = tomllib.loads("\n".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            continue
        if _has(data, path):
            return begins
        begins = count + 1
    return None


def _has(data: Any, path: Sequence[str | int]) -> bool:
    found: Any = data
    for step in path:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True
