"""Looks at codes: what each finds out, and what is kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Engine

from suyuan.api.proofs import Proofs
from suyuan.api.scan_log import ScanLog
from suyuan.trace.recall.passport import Passport, Reason, Seen, VerdictState
from suyuan.trace.scan.likelihood import State
from suyuan.trace.scan.look import Look
from suyuan.trace.scan.parameters import WARNED
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.scans import Scan, Summary, summary_of

_SINGLE = frozenset({"item", "unit"})
_TELLING, _MOST_TOLD = 0.3, 3  # bans of the evidence that a shopper is told of, and how many kinds of it


class Scanning:
    """What looks at codes find out, over one store."""

    def __init__(self, engine: Engine, log: ScanLog, proofs: Proofs) -> None:
        self._engine = engine
        self.log = log
        self._proofs = proofs

    def seen(self, passport: Passport, look: Look) -> Seen:
        """What ``look`` says of the thing of ``passport``, and a note that it was looked at.

        One look-up beside those of the proof; the note is written later.

        Raises:
            NotGivenOut: the code has a mark or signature that it was not given out with.
        """
        visitor = self.log.visitor(look.time, look.address, look.agent)
        proof = self._proofs.of(passport, replace(look, visitor=visitor))
        with Reading(self._engine) as reading:
            summary = summary_of(reading, passport.key)
        if look.is_scan:
            self.log.note(
                Scan(
                    passport.key,
                    look.time,
                    visitor,
                    place=look.place,
                    channel=look.channel.value,
                    outcome=proof.outcome.value,
                    is_single=passport.kind in _SINGLE,
                )
            )
        if summary is None:
            return Seen(proof.level, proof.reasons)
        reasons = (*proof.reasons, *suspicions(summary))
        return Seen(proof.level, reasons, summary.count, summary.first)

    def placed(self, passport: Passport, look: Look) -> None:
        """Note where a visitor says that they are; kept beside the look that was noted shortly before."""
        visitor = self.log.visitor(look.time, look.address, look.agent)
        is_single = passport.kind in _SINGLE
        told = Scan(passport.key, look.time, visitor, place=look.place, is_single=is_single, is_look=False)
        self.log.note(told)


def suspicions(summary: Summary) -> Iterator[Reason]:
    """What a shopper is told where the scans of a code, or what was found of it, speak for a copy.

    Most suspected codes are genuine: only from ``WARNED`` on it is said of one that it may be copied.
    """
    if summary.state == State.SUSPICIOUS and summary.score < WARNED:
        yield Reason(VerdictState.ATTENTION, "scans-unusual")
    elif summary.state in (State.SUSPICIOUS, State.KNOWN_COPY):
        yield Reason(VerdictState.SUSPICIOUS, "copied", {"count": summary.count})
        heavy = [told for told in summary.reasons if told["weight"] >= _TELLING]
        for told in heavy[:_MOST_TOLD]:
            yield Reason(VerdictState.SUSPICIOUS, f"copied-{told['code']}", told["fields"])
