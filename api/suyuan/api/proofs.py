"""What looks prove, over one store and its keys: labels' marks and signatures, taps of chips that sign."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import Engine

from suyuan.api.chip_cases import case_of
from suyuan.trace.gs1 import Identifier, identify
from suyuan.trace.recall.passport import Passport, Reason, VerdictState
from suyuan.trace.register.labels import seal_of_label
from suyuan.trace.scan.chips import ChipCase, proof_of_chips
from suyuan.trace.scan.label_keys import LabelKeys
from suyuan.trace.scan.look import Look
from suyuan.trace.scan.proof import (
    Counted,
    NotGivenOut,
    Proof,
    TapFault,
    plain_level,
    proof_of_fault,
    proof_of_label,
    proof_of_tap,
    tap_in,
)
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.settings import set_setting, setting
from suyuan.trace.store.tag_bindings import Binding, ChipKind, bindings_of_chip, bindings_of_keys, signs
from suyuan.trace.store.tag_readings import LastReading, chip_of, count, last_reading
from suyuan.trace.store.tag_told import made_with
from suyuan.trace.sun import Freshness, Role, SunKeys, Tap, judge

_NOBODYS_UID = bytes(7)


class Proofs:
    """What looks prove. Safe to use from several threads."""

    def __init__(
        self,
        engine: Engine,
        *,
        labels: LabelKeys | None = None,
        sun: SunKeys | None = None,
    ) -> None:
        self._engine = engine
        self._labels = labels
        self._sun = sun
        self._lost = _keys_lost(engine, sun)

    def of(self, passport: Passport, look: Look) -> Proof:
        """What ``look`` proves of the thing of ``passport``; a fresh tap is on the disk when this returns.

        Raises :class:`~suyuan.trace.scan.proof.NotGivenOut` for a wrong mark or signature.
        """
        if not passport.digital_link:
            return Proof(plain_level(identify(passport.key)))
        scanned = identify(passport.digital_link)  # passport.key is the first of its names
        if scanned.kind not in ("item", "unit"):
            return Proof(plain_level(scanned))
        keys = {scanned.key, passport.key}
        with Reading(self._engine) as reading:
            label = seal_of_label(reading, scanned.key)
            chips = bindings_of_keys(reading, keys)
            case = case_of(reading, keys, chips) if scanned.kind == "item" else ChipCase()
        proof = proof_of_label(scanned, look.query, label, self._labels)
        return proof_of_chips(self._with_tap(proof, look, keys, chips), case, look.query)

    def _with_tap(self, proof: Proof, look: Look, keys: set[str], chips: Sequence[Binding]) -> Proof:
        """What the tap in ``look`` says instead, if there is one."""
        tap = tap_in(look.query, self._sun, lost=self._lost) if not look.ahead else None
        if isinstance(tap, TapFault):
            return proof_of_fault(tap, proof.level)
        if tap is not None:
            return self._of_tap(tap, look, keys)
        if any(one.kind is ChipKind.SUN and one.until is None for one in chips):
            untapped = Reason(VerdictState.REGISTERED, "chip-untapped")
            return Proof(proof.level, (*proof.reasons, untapped), proof.outcome)
        return proof

    def is_forged(self, identifier: Identifier, query: str) -> bool:
        """Whether ``query`` has a mark or signature that is not that of the label of ``identifier``."""
        with Reading(self._engine) as reading:
            label = seal_of_label(reading, identifier.key)
        try:
            proof_of_label(identifier, query, label, self._labels)
        except NotGivenOut:
            return True
        return False

    def _of_tap(self, tap: Tap, look: Look, own: set[str]) -> Proof:
        with Reading(self._engine) as reading:
            last = last_reading(reading, tap.uid)
            on = bindings_of_chip(reading, chip_of(tap.uid), at=look.time)
            bound = {one.key for one in on}
            if bound and bound.isdisjoint(own):
                makers = made_with(reading, own, chip_of(tap.uid))
                if makers and makers.isdisjoint(one.party for one in on):
                    bound.clear()  # two makers say that it is theirs: that accuses nobody's goods
        if last is None or tap.reading > last.reading:  # a link that was kept makes nobody write
            last = self._before(tap, look)
        if last is None:
            counted = Counted(Freshness.FRESH, look.time, same=True)
        else:
            counted = Counted(judge(tap.reading, last.reading), last.seen, last.visitor == look.visitor)
        return proof_of_tap(counted, look.time, bound=bound, own=own)

    def _before(self, tap: Tap, look: Look) -> LastReading | None:
        """Count ``tap``; None where it is the latest of its chip, else the one that came meanwhile."""
        with Writing(self._engine) as writing:
            if count(writing, tap, seen=look.time, visitor=look.visitor):
                signs(writing, chip_of(tap.uid))
                return None
            return last_reading(writing, tap.uid)


def _keys_lost(engine: Engine, sun: SunKeys | None) -> bool:
    """Whether tags may have been signed under keys that are not there any more; those there are noted.

    What is noted is a hash of the key of a tag that does not exist: it opens nothing.
    """
    here = set[str]() if sun is None else {_name(sun, version) for version in sun.versions}
    with Reading(engine) as reading:
        known = set((setting(reading, _SUN_NAMES) or b"").decode().split())
    if not here <= known:
        with Writing(engine) as writing:
            known = here | set((setting(writing, _SUN_NAMES) or b"").decode().split())
            set_setting(writing, _SUN_NAMES, " ".join(sorted(known)).encode())
    return not known <= here


_SUN_NAMES = "sun-key-sets"


def _name(sun: SunKeys, version: int) -> str:
    return hashlib.sha256(sun.tag_key(Role.SPARE_4, _NOBODYS_UID, version)).hexdigest()[:16]
