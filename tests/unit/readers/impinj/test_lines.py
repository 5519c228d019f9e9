from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.readers.errors import ProtocolError
from suyuan.readers.impinj.lines import LONGEST, Lines

STREAM = b'\r\n{"a":1}\r\n\r\ndata: {"b":2}\n\n: comment\nevent: x\nid: 7\nretry: 5\n{"c":3}\n  \n{"d'
EVENTS = [b'{"a":1}', b'{"b":2}', b'{"c":3}']


@given(st.lists(st.integers(0, len(STREAM))))
def test_lines_are_the_same_however_they_are_cut(cuts: list[int]) -> None:
    lines = Lines()
    edges = [0, *sorted(cuts), len(STREAM)]
    read = [line for start, stop in pairwise(edges) for line in lines.feed(STREAM[start:stop])]
    assert read == EVENTS
    assert lines.partial == len(b'{"d')


def test_a_line_without_end_is_given_up() -> None:
    lines = Lines()
    for _ in range(LONGEST // 1024):
        assert lines.feed(b"x" * 1024) == []
    with pytest.raises(ProtocolError, match="without the end of a line"):
        lines.feed(b"x")
    with pytest.raises(ProtocolError):
        Lines().feed(b"x" * (LONGEST + 1) + b"\n")


def test_a_million_events_in_one_piece() -> None:
    assert len(Lines().feed(b'{"a":1}\n' * 1_000_000)) == 1_000_000
