"""A trace or a scope as lines of JSON, things that stand alike and follow each other as one line.

The first line tells what was asked; then, of a scope, each ``line``; then each ``state`` and each ``edge``.
Serials that count up by one, all else being equal, are one line: a state with ``count`` and ``last`` as the
contract has them; beside an edge, ``along`` names the end whose serial counts up, ``through`` is its last key
and ``count`` how many they are. So a scope of a million pieces that were packed in runs is some thousand
lines, and none waits for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any, TypeVar

import orjson

from suyuan.trace.lineage.contract import Edge, Scope, ScopeLine, State, Trace
from suyuan.trace.lineage.render import gathered

_DIGITS = "0123456789"
_MOST_DIGITS = 18
_KEYS_AT_ONCE = 10_000
Of = TypeVar("Of", State, Edge)


def trace_lines(trace: Trace, evidence: int) -> Iterator[bytes]:
    """The lines of a trace in pieces; ``evidence`` is the newest that it knew."""
    yield _head(trace, evidence)  # by itself: whoever waits sees at once what is coming
    yield from gathered(_members(trace))


def scope_lines(scope: Scope, evidence: int) -> Iterator[bytes]:
    """The lines of a scope in pieces: its own ``line`` first, their keys as ranges; then the trace."""
    yield _head(scope.trace, evidence)
    yield from gathered(_after_head(scope))


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
    if len(before) != len(key):
        return False
    head = key.rstrip(_DIGITS)
    if not 0 < len(key) - len(head) <= _MOST_DIGITS or "/21/" not in head or not before.startswith(head):
        return False
    last = before[len(head) :]
    return last.isascii() and last.isdigit() and int(key[len(head) :]) == int(last) + 1


def _after_head(scope: Scope) -> Iterator[bytes]:
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
    for states in _together(trace.states, ("key",), _LIKE_STATES):
        first, final = states[0], states[-1]
        count = sum(one.count for one in states)
        whole = first if count == 1 else replace(first, count=count, last=final.last or final.key)
        yield _line({"state": whole})
    for edges in _together(trace.edges, ("target", "source"), _LIKE_EDGES):
        told: dict[str, object] = {"edge": edges[0]}
        if len(edges) > 1:
            along = _along(edges[0], edges[1], ("target", "source"))
            told |= {"along": along, "through": getattr(edges[-1], along), "count": len(edges)}
        yield _line(told)


def _alike(kind: type[State | Edge], end: str, *but: str) -> attrgetter[tuple[object, ...]]:
    return attrgetter(*(one.name for one in fields(kind) if one.name not in (end, *but)))


_LIKE_STATES = {"key": _alike(State, "key", "count", "last")}
_LIKE_EDGES = {end: _alike(Edge, end) for end in ("target", "source")}


def _together(
    values: Iterable[Of], ends: Sequence[str], alike: Mapping[str, attrgetter[tuple[object, ...]]]
) -> Iterator[list[Of]]:
    """Neighbours that are equal but for serials that count up at one of their ends."""
    run: list[Of] = []
    moving = ""
    for value in values:
        along = moving or (_along(run[-1], value, ends) if run else "")
        if along and _along(run[-1], value, (along,)) and alike[along](run[0]) == alike[along](value):
            run.append(value)
            moving = along
            continue
        if run:
            yield run
        run, moving = [value], ""
    if run:
        yield run


def _along(before: State | Edge, value: State | Edge, ends: Sequence[str]) -> str:
    """At which end a serial goes on; nothing where at none."""
    for end in ends:
        last = getattr(before, "last", None) or getattr(before, end)
        if _follows(last, getattr(value, end)):
            return end
    return ""


def _line(value: object) -> bytes:
    return orjson.dumps(value, default=_sorted, option=orjson.OPT_UTC_Z) + b"\n"


def _sorted(value: object) -> list[str]:
    if isinstance(value, frozenset):
        return sorted(map(str, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - a set of anything
    raise TypeError(type(value).__name__)
