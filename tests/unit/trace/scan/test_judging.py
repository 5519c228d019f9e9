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
        (VerdictState.ATTENTION, VerdictState.VERIFIED, VerdictState.ATTENTION),
        (VerdictState.SOLD, VerdictState.VERIFIED, VerdictState.VERIFIED),
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


def test_no_chip_praises_what_must_not_be_eaten() -> None:
    assert codes(VerdictState.RECALLED, ("recalled", "registered"), VERIFIED) == ["recalled"]


def test_beside_a_chip_that_answered_nothing_is_said_of_codes_that_can_be_copied() -> None:
    assert codes(VerdictState.SOLD, ("sold", "registered"), VERIFIED) == ["chip-verified", "sold"]
    assert codes(VerdictState.SOLD, ("sold", "copyable"), VERIFIED) == ["chip-verified", "sold"]
    assert codes(VerdictState.SOLD, ("sold", "copyable"), MARKED) == ["sold", "copyable", "mark-right"]


VERIFIED = Reason(VerdictState.VERIFIED, "chip-verified")
MARKED = Reason(VerdictState.REGISTERED, "mark-right")


def codes(state: VerdictState, recorded: tuple[str, str], found: Reason) -> list[str]:
    reasons = (Reason(state, recorded[0]), Reason(VerdictState.REGISTERED, recorded[1]))
    passport = Passport(key="k", digital_link="", kind="item", verdict=Verdict(state, reasons, NOW))
    return [reason.code for reason in judged(passport, Seen(Level.TAP, (found,))).verdict.reasons]
