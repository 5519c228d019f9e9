"""A trace and a scope as JSON, with the names of the contract, piece by piece.

Times are UTC with ``Z``, null where there is no bound. A trace of a million states is never in memory twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import orjson

from suyuan.trace.lineage.contract import Scope, Trace

_PIECE = 65_536
"""Pieces have at least this many bytes, the last one aside: fewer, larger writes."""


def trace_json(trace: Trace) -> Iterator[bytes]:
    """The JSON object of ``trace`` in pieces: suspects, options, parties, places, withheld, states, edges.

    What is short and tells what was asked stands first, so that a reader of the stream can show it early.
    """
    return gathered(_trace_members(trace))


def scope_json(scope: Scope) -> Iterator[bytes]:
    """The JSON object of ``scope`` in pieces: its lines, then the trace they sum."""
    return gathered(_scope_members(scope))


def _trace_members(trace: Trace) -> Iterator[bytes]:
    yield b'{"suspects":' + _dumped(trace.suspects)
    yield b',"options":' + _dumped(trace.options)
    yield b',"parties":' + _dumped(trace.parties)
    yield b',"places":' + _dumped(trace.places)
    yield b',"withheld":' + _dumped(trace.withheld)
    yield b',"states":'
    yield from _array(trace.states)
    yield b',"edges":'
    yield from _array(trace.edges)
    yield b"}"


def _scope_members(scope: Scope) -> Iterator[bytes]:
    yield b'{"lines":'
    yield from _array(scope.lines)
    yield b',"trace":'
    yield from _trace_members(scope.trace)
    yield b"}"


def _array(values: Iterable[object]) -> Iterator[bytes]:
    before = b"["
    for value in values:
        yield before + _dumped(value)
        before = b","
    yield b"[]" if before == b"[" else b"]"


def _dumped(value: object) -> bytes:
    return orjson.dumps(value, default=_listed, option=orjson.OPT_UTC_Z)


def _listed(value: object) -> list[str]:
    """``WhatIf.kill`` is a set; JSON wants an order, the same every time. Keys may be any sequence."""
    if isinstance(value, frozenset):
        return sorted(str(member) for member in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - a set of anything
    if isinstance(value, Sequence):
        return [str(member) for member in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - of keys
    raise TypeError(type(value).__name__)


def gathered(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are worth writing."""
    piece = bytearray()
    for part in parts:
        piece += part
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)
