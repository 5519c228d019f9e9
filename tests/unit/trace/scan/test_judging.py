"""What a look finds out joins what is on record."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from suyuan.trace.recall.passport import Level, Passport, Reason, Seen, Verdict, VerdictState
from suyuan.trace.scan.judging import judged

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("recorded", "found", "headline"),
    [
        (VerdictState.REGISTERED, VerdictState.VERIFIED, VerdictState.VERIFIED),
        (VerdictState.SOLD, VerdictState.VERIFIED, VerdictState.VERIFIED),
        (VerdictState.RECALLED, VerdictState.VERIFIED, VerdictState.RECALLED),
        (VerdictState.HELD, VerdictState.SUSPICIOUS, VerdictState.SUSPICIOUS),
        (VerdictState.DESTROYED, VerdictState.SUSPICIOUS, VerdictState.DESTROYED),
    ],
)
def test_the_more_serious_is_the_headline(
    recorded: VerdictState, found: VerdictState, headline: VerdictState
) -> None:
    verdict = Verdict(recorded, (Reason(recorded, recorded.value),), NOW)
    passport = Passport(key="k", digital_link="", kind="item", verdict=verdict)
    after = judged(passport, Seen(Level.TAP, (Reason(found, found.value),)))
    assert after.verdict.state is headline
    assert {reason.state for reason in after.verdict.reasons} == {recorded, found}
