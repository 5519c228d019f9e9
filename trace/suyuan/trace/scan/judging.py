"""The verdict of a passport once the look itself is known: what it found out joins what is on record."""

from __future__ import annotations

from dataclasses import replace

from suyuan.trace.recall.passport import Passport, Seen, Verdict, VerdictState
from suyuan.trace.recall.passports import NOT_PRAISED, in_order

_OF_COPYABLE_CODES = frozenset({"registered", "copyable"})


def judged(passport: Passport, seen: Seen) -> Passport:
    """``passport`` with the reasons of ``seen`` in their rank; the first is the headline.

    A chip that answered is not beside "do not eat it", nor beside what says that codes can be copied.
    """
    verdict = passport.verdict
    found = [*verdict.reasons, *seen.reasons]
    if any(reason.state in NOT_PRAISED for reason in found):
        found = [reason for reason in found if reason.state is not VerdictState.VERIFIED]
    elif any(reason.state is VerdictState.VERIFIED for reason in found):
        found = [reason for reason in found if reason.code not in _OF_COPYABLE_CODES]
    reasons = tuple(in_order(found))
    return replace(passport, seen=seen, verdict=Verdict(reasons[0].state, reasons, verdict.checked_at))
