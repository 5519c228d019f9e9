"""What a shopper is told of a code that is suspected: most of those are genuine."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from suyuan.api.scanning import suspicions
from suyuan.trace.recall.passport import VerdictState
from suyuan.trace.store.scans import Summary

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
WARNED = [(VerdictState.SUSPICIOUS, "copied"), (VerdictState.SUSPICIOUS, "copied-far-away")]
FAR = [{"code": "far-away", "weight": 0.9, "fields": {"far": 2, "kilometres": 900}}]


@pytest.mark.parametrize(
    ("state", "score", "told"),
    [
        ("cannot-tell", 0.6, []),
        ("cannot-tell", 4.0, []),
        ("suspicious", 0.65, [(VerdictState.ATTENTION, "scans-unusual")]),
        ("suspicious", 2.99, [(VerdictState.ATTENTION, "scans-unusual")]),
        ("suspicious", 3.0, WARNED),
        ("known-copy", 1.0, WARNED),
    ],
)
def test_only_what_is_known_or_weighs_three_bans_is_a_warning(
    state: str, score: float, told: list[tuple[VerdictState, str]]
) -> None:
    found = suspicions(Summary(7, NOON, state, score, FAR))
    assert [(reason.state, reason.code) for reason in found] == told
