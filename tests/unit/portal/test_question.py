"""The trace form: read from the query, written back with nothing lost."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from starlette.datastructures import QueryParams

from suyuan.portal.question import asked, moment
from suyuan.trace.errors import InvalidInput


def test_local_times_are_china_time() -> None:
    assert moment("2026-11-21T08:30", "from") == datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
    assert moment("2026-11-21T08:30-01:00", "from") == datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    assert moment("  ", "from") is None


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "0001-01-01T00:00", "9999-12-31T23:59-23:00"])
def test_impossible_times(text: str) -> None:
    with pytest.raises(InvalidInput):
        moment(text, "from")


def test_round_trip() -> None:
    query = (
        "suspect=a&from=2026-11-21T08%3A30&to=&suspect=b&from=&to=&direction=backward&depth=3&certain_only=1"
    )
    question = asked(QueryParams(query))
    assert [suspect.key for suspect in question.suspects] == ["a", "b"]
    assert question.options.direction == "backward"
    assert question.options.depth == 3
    assert question.options.certain_only
    assert asked(QueryParams(question.query())) == question


def test_everything_wrong_is_told_at_once() -> None:
    question = asked(QueryParams("suspect=a&from=x&to=y&depth=-1&known_at=z"))
    assert set(question.errors) == {"from-0", "to-0", "depth", "known_at"}
    assert question.rows[0].from_ == "x"
    backwards = asked(QueryParams("suspect=a&from=2026-11-21&to=2026-11-20"))
    assert set(backwards.errors) == {"to-0"}
