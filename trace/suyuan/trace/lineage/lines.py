"""A trace or a scope as lines of JSON, things that stand alike and follow each other as one line.

The first line tells what was asked; then, of a scope, each ``line``; then each ``state`` and each ``edge``.
Serials that count up by one, all else being equal, are one line: ``along`` names the member whose serial
counts up, ``through`` is its last key and ``count`` how many they are. So a scope of a million pieces that
were packed in runs is some thousand lines, and none waits for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any, TypeVar

import orjson

from suyuan.trace.lineage.contract import Edge, Scope, ScopeLine, State, Trace
from suyuan.trace.lineage.render import gathered

_SERIAL = re.compile(r"(.*/21/(?:.*[^0-9])?)([0-9]{1,18})")
_KEYS_AT_ONCE = 10_000
Of = TypeVar("Of", State, Edge)


def trace_lines(trace: Trace, evidence: int) -> Iterator[bytes]:
    """The lines of a trace in pieces; ``evidence`` is the newest that it knew."""
    return gathered(_lines(trace, evidence))


def scope_lines(scope: Scope, evidence: int) -> Iterator[bytes]:
    """The lines of a scope in pieces: its own ``line`` first, their keys as ranges; then the trace."""
    return gathered(_scope_lines(scope, evidence))


def ranges(keys: Iterable[str]) -> Iterator[tuple[str, str, int]]:
    """Keys in their order, serials that count up by one together: (first, last, how many).

    >>> list(ranges(["x/21/S08", "x/21/S09", "x/21/S10", "x/21/S12"]))
    [('x/21/S08', 'x/21/S10', 3), ('x/21/S12', 'x/21/S12', 1)]
    """
    first = last = ""
    count = 0
    for key in keys:
        if count and _follows(last, key):
            last, count = key, count + 1
            continue
        if count:
            yield first, last, count
        first, last, count = key, key, 1
    if count:
        yield first, last, count


def _follows(before: str, key: str) -> bool:
    """Whether a serial is the next one, written with as many digits."""
    found, last = _SERIAL.fullmatch(key), _SERIAL.fullmatch(before)
    return (
        found is not None
        and last is not None
        and found[1] == last[1]
        and len(found[2]) == len(last[2])
        and int(found[2]) == int(last[2]) + 1
    )


def _scope_lines(scope: Scope, evidence: int) -> Iterator[bytes]:
    yield _head(scope.trace, evidence)
    for line in scope.lines:
        yield from _of_line(line)
    yield from _members(scope.trace)


def _of_line(line: ScopeLine) -> Iterator[bytes]:
    """One line of a scope, and as many more as its ranges need."""
    told = orjson.loads(orjson.dumps(replace(line, keys=())))
    del told["keys"]
    part: list[list[Any]] = []
    for one in ranges(line.keys):
        part.append(list(one))
        if len(part) == _KEYS_AT_ONCE:
            yield _line({"line": told, "ranges": part})
            told, part = {"continued": True}, []
    if part or "continued" not in told:
        yield _line({"line": told, "ranges": part})


def _lines(trace: Trace, evidence: int) -> Iterator[bytes]:
    yield _head(trace, evidence)
    yield from _members(trace)


def _head(trace: Trace, evidence: int) -> bytes:
    return _line(
        {
            "evidence": evidence,
            "suspects": trace.suspects,
            "options": trace.options,
            "parties": trace.parties,
            "places": trace.places,
            "withheld": trace.withheld,
            "states": len(trace.states),
            "edges": len(trace.edges),
        }
    )


def _members(trace: Trace) -> Iterator[bytes]:
    yield from _runs("state", trace.states, State, ("key",))
    yield from _runs("edge", trace.edges, Edge, ("target", "source"))


def _runs(name: str, values: Iterable[Of], kind: type[Of], ends: Sequence[str]) -> Iterator[bytes]:
    """Neighbours that are equal but for serials that count up at one of their ``ends``, as one line each."""
    others = {end: attrgetter(*(one.name for one in fields(kind) if one.name != end)) for end in ends}
    run: list[Of] = []  # its first and its last
    count, moving = 0, ""
    for value in values:
        along = moving or next((end for end in ends if run and _goes_on(run[-1], value, end)), "")
        if (
            run
            and along
            and _goes_on(run[-1], value, along)
            and others[along](run[0]) == others[along](value)
        ):
            run, count, moving = [run[0], value], count + 1, along
            continue
        if run:
            yield _run(name, run, count, moving)
        run, count, moving = [value], 1, ""
    if run:
        yield _run(name, run, count, moving)


def _goes_on(before: State | Edge, value: State | Edge, end: str) -> bool:
    return _follows(getattr(before, end), getattr(value, end))


def _run(name: str, run: Sequence[State | Edge], count: int, moving: str) -> bytes:
    if count == 1:
        return _line({name: run[0]})
    return _line({name: run[0], "along": moving, "through": getattr(run[-1], moving), "count": count})


def _line(value: object) -> bytes:
    return orjson.dumps(value, default=_sorted, option=orjson.OPT_UTC_Z) + b"\n"


def _sorted(value: object) -> list[str]:
    if isinstance(value, frozenset):
        return sorted(map(str, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - a set of anything
    raise TypeError(type(value).__name__)
