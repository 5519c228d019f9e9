"""The verdict of a passport once the look itself is known: what it found out joins what is on record."""

from __future__ import annotations

from dataclasses import replace

from suyuan.trace.recall.passport import Passport, Seen, Verdict
from suyuan.trace.recall.passports import in_order


def judged(passport: Passport, seen: Seen) -> Passport:
    """``passport`` with the reasons of ``seen`` in their rank; the first is the headline."""
    verdict = passport.verdict
    reasons = tuple(in_order([*verdict.reasons, *seen.reasons]))
    return replace(passport, seen=seen, verdict=Verdict(reasons[0].state, reasons, verdict.checked_at))
