from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.readers.mqtt import payloads


def read_payload(payload: bytes) -> tuple[list[object], bool]:
    """The events, and whether anything behind them was no JSON."""
    events: list[object] = []
    try:
        for event in payloads.read_payload(payload):
            events.append(event)  # noqa: PERF402 - what came before the fault is kept
    except ValueError:
        return events, True
    return events, False


OBJECTS = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), min_size=1, max_size=3)


@pytest.mark.parametrize(
    ("payload", "events"),
    [
        (b'{"a":1}', [{"a": 1}]),
        (b'[{"a":1},{"b":2}]', [{"a": 1}, {"b": 2}]),
        (b'[[{"a":1}],[{"b":2}]]', [{"a": 1}, {"b": 2}]),
        (b'{"a":1}{"b":2}', [{"a": 1}, {"b": 2}]),
        (b' {"a":1}\r\n{"b":2} , {"c":3} ', [{"a": 1}, {"b": 2}, {"c": 3}]),
        (b'[{"a":1}][{"b":"}{"}]', [{"a": 1}, {"b": "}{"}]),
        (b"[]", []),
    ],
)
def test_events_alone_in_arrays_and_joined(payload: bytes, events: list[Any]) -> None:
    assert read_payload(payload) == (events, False)


@pytest.mark.parametrize(
    ("payload", "kept"),
    [
        (b"", 0),
        (b"   ", 0),
        (b"hello", 0),
        (b"\xff\xfe{}", 0),
        (b'{"a":1}{"b":', 1),
        (b'{"a":1}{"b":2}x', 2),
        (b'{"a":NaN}', 0),
        (b'{"a":-Infinity}', 0),
        (b"[" * 100_000, 0),
        (b'{"a":' * 100_000, 0),
        (b'{"a":1}' + b"[" * 100_000, 1),
        (b'{"a":' + b"9" * 10_000 + b"}{}", 0),
    ],
)
def test_garbage_is_told_and_what_comes_before_it_is_kept(payload: bytes, kept: int) -> None:
    events, garbage = read_payload(payload)
    assert (len(events), garbage) == (kept, True)


def test_a_hundred_thousand_events_in_one_chunk() -> None:
    one = b'{"data":{"idHex":"e2"}}'
    assert len(read_payload(one * 100_000)[0]) == 100_000
    assert len(read_payload(b"[" + b",".join([one] * 100_000) + b"]")[0]) == 100_000


@given(st.lists(OBJECTS, min_size=1), st.sampled_from(["", "\n", " ", ",", ", \n"]))
def test_any_events_joined_in_any_way(events: list[dict[str, Any]], gap: str) -> None:
    assert read_payload(gap.join(map(json.dumps, events)).encode()) == (events, False)


@given(st.binary(max_size=60))
def test_any_bytes(payload: bytes) -> None:
    events, garbage = read_payload(payload)
    assert events or garbage or payload.strip() in {b"[]", b"[[]]"} or b"[" in payload
