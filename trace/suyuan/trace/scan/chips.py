"""What events told of the chips of one item, put together: is it the recorded chip, and one tag only? Pure.

::

    bindings, what was told ── chip_case ──> ChipCase ── proof_of_chips(query) ──> Proof
                                                     └── findings ──> for the likelihood of copies

Nothing is concluded from what one kind of chip says of another: goods may bear a UHF tag and an NFC one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from suyuan.trace.recall.passport import Level, Reason, VerdictState
from suyuan.trace.scan.past import Finding, FindingKind, Outcome
from suyuan.trace.scan.proof import Proof
from suyuan.trace.scan.seals import told_in
from suyuan.trace.scan.secrets import Act, Fork, Standing, standing, told_apart
from suyuan.trace.store.tag_bindings import Binding, ChipKind
from suyuan.trace.store.tag_told import TagTold, kind_of
from suyuan.trace.sun.renewal import PARAMETER, digest, is_secret


@dataclass(frozen=True, slots=True)
class ChipCase:
    """What is known of the chips of one item.

    ``bound``: its chips by the word of who brought it about. ``original``: whether the maker of the chip
    signed its number, as a station last saw; None: none looked. ``others`` told of chips that it never had.
    ``told`` is what counts of all that was told, ``fork`` what proves that two tags were read.
    """

    bound: frozenset[str] = frozenset()
    original: TagTold | None = None
    others: tuple[TagTold, ...] = ()
    told: tuple[TagTold, ...] = ()
    fork: Fork | None = None


def chip_case(bindings: Sequence[Binding], told: Sequence[TagTold]) -> ChipCase:
    """What follows from ``bindings`` of an item and what was ``told`` of its chips, in the order of arrival.

    All of it by those whose word counts: who never had the goods in hand could else make them look like a
    copy.
    """
    ours = {one.chip for one in bindings}
    kinds = {_physical(one.kind) for one in bindings}
    others = [one for one in told if ours and one.chip not in ours and kind_of(one.chip) in kinds]
    bound = frozenset(one.chip for one in bindings if one.until is None)
    looked = [one for one in told if one.chip in bound and one.original is not None]
    forks = (told_apart(_acts(told, chip)) for chip in sorted({one.chip for one in told}))
    fork = next((each for each in forks if each is not None), None)
    return ChipCase(bound, looked[-1] if looked else None, tuple(others), tuple(told), fork)


def cleared(case: ChipCase, by: datetime) -> ChipCase:
    """``case`` after somebody answered for all that was known then: only what became known later speaks."""
    later = [one for one in case.told if one.known > by]
    forks = (told_apart(_acts(later, chip)) for chip in sorted({one.chip for one in later}))
    fork = next((each for each in forks if each is not None), None)
    return replace(case, others=tuple(one for one in case.others if one.known > by), fork=fork)


def proof_of_chips(proof: Proof, case: ChipCase, query: str) -> Proof:
    """``proof`` with what ``case`` adds to it, and with what the number in ``query`` says."""
    reasons, level, outcome = list(proof.reasons), proof.level, proof.outcome
    if case.others:
        last = case.others[-1]
        reasons.append(Reason(VerdictState.SUSPICIOUS, "tag-mismatch", {"time": last.time}))
    if case.fork is not None:
        reasons.append(
            Reason(VerdictState.SUSPICIOUS, "secret-forked", {"time": _found_out(case, case.fork)})
        )
    elif case.bound and not case.others:
        level = max(level, Level.CHIP, key=_RANKS.index)
        if case.original is not None:
            code = "chip-original" if case.original.original else "chip-not-original"
            reasons.append(Reason(VerdictState.REGISTERED, code, {"time": case.original.time}))
    shown = told_in(query, PARAMETER)
    if shown is not None and is_secret(shown) and (written := _standing(case, shown)) is not None:
        said, time = written
        match said:
            case Standing.STALE:
                reasons.append(Reason(VerdictState.SUSPICIOUS, "secret-stale", {"time": time}))
                outcome = Outcome.STALE
            case Standing.CURRENT:
                reasons.append(Reason(VerdictState.REGISTERED, "secret-current", {"time": time}))
                level = level if case.fork or case.others else max(level, Level.RENEWED, key=_RANKS.index)
            case Standing.UNKNOWN:
                reasons.append(Reason(VerdictState.REGISTERED, "secret-unknown", {"time": time}))
    return Proof(level, tuple(reasons), outcome)


def findings(case: ChipCase) -> Sequence[Finding]:
    """What of a case speaks for a copy, with its evidence."""
    found = [Finding(FindingKind.WRONG_CHIP, one.time, (one.evidence,), one.known) for one in case.others]
    if case.fork is not None:
        evidence = tuple(act.evidence for act in case.fork.acts)
        known = max(one.known for one in case.told if one.evidence in evidence)
        found.append(Finding(FindingKind.STALE_SECRET, _found_out(case, case.fork), evidence, known))
    return found


_RANKS = tuple(Level)


def _physical(kind: ChipKind) -> ChipKind:
    return ChipKind.UHF if kind is ChipKind.UHF else ChipKind.NFC


def _acts(told: Iterable[TagTold], chip: str) -> list[Act]:
    return [
        Act(one.found, one.written, one.maybe, one.time if one.sound else None, one.evidence, one.near)
        for one in told
        if one.chip == chip and (one.found or one.written or one.maybe)
    ]


def _found_out(case: ChipCase, fork: Fork) -> datetime:
    """When the last of the readings was that prove it."""
    evidence = {act.evidence for act in fork.acts}
    return max(one.time for one in case.told if one.evidence in evidence)


def _standing(case: ChipCase, shown: str) -> tuple[Standing, datetime] | None:
    """What a number is that a tag had, and when its tag was last renewed; None where none ever was."""
    best: tuple[Standing, datetime] | None = None
    for key, chip in sorted({(one.key, one.chip) for one in case.told if one.written or one.maybe}):
        own = [one for one in case.told if (one.key, one.chip) == (key, chip)]
        said = standing(_acts(own, chip), digest(key, chip, shown))
        last = max(one.time for one in own)
        if best is None or said is not Standing.UNKNOWN:
            best = said, last
    return best
