"""What was told meanwhile, and of which things: what a passport that is kept must be compared with."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from sqlalchemy import Engine

from suyuan.api.arrivals import Arrivals
from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.statement import names as names_in
from suyuan.trace.register.aliases import NO_ALIASES, aliases
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import occurrences
from suyuan.trace.store.jobs import CaptureJob
from suyuan.trace.store.passport_news import Latest, latest, named_beside

MOST = 1_000_000
"""Things of which it is known when they were last told of; beyond that all is forgotten and built anew."""
_AT_ONCE = 20_000
"""Events that are read back at most, some seconds: beyond that likewise."""


class News:
    """Follows the evidence of one store by the things that it names. Safe to use from several threads.

    ``touched`` tells of a thing the newest evidence that may change what follows from it, of those after
    ``floor``; what is older than that is not known, and what is kept from before it must not be relied upon.
    ``names`` are the second names as of ``latest``.
    """

    def __init__(self, engine: Engine, floor: int) -> None:
        self._engine = engine
        self._lock = Lock()
        self._arrivals = Arrivals()
        self._lately: set[str] | None = set()
        self.names = NO_ALIASES
        self.floor = floor
        self.touched: dict[str, int] = {}
        self.latest = Latest(evidence=floor)

    def hand_over(self, job: CaptureJob) -> None:
        """What this process just stored need not be read back."""
        self._arrivals.hand_over(job)

    def catch_up(self) -> Latest:
        """Take in what is new. When it returns, all is known that was acknowledged before it was called."""
        with self._lock, Reading(self._engine) as reading:
            now, before = latest(reading), self.latest
            if now == before:
                return now
            if now.aliases != self.names.version:  # what stands under other names is not found any more
                self.names = aliases(reading)
                self._forget(now.evidence)
            elif now.evidence > before.evidence:
                self._take_in(reading, before.evidence, now.evidence)
            self.latest = now
            return now

    def lately(self) -> frozenset[str] | None:
        """The things that were touched since this was asked for the last time; None: it may be any."""
        with self._lock:
            found, self._lately = self._lately, set()
            return None if found is None else frozenset(found)

    def _forget(self, evidence: int) -> None:
        self._lately = None
        self.floor = evidence  # first: whoever finds nothing touched must find that it is not known either
        self.touched = {}
        self._arrivals.take(evidence, evidence)

    def _take_in(self, reading: Reading, after: int, newest: int) -> None:
        if newest - after > _AT_ONCE or len(self.touched) > MOST:
            self._forget(newest)
            return
        reached, told = self._arrivals.take(after, newest)
        self._note(reading, told)
        if reached < newest:
            self._note(reading, list(occurrences(reading, reached)))

    def _note(self, reading: Reading, told: Iterable[tuple[int, Occurrence]]) -> None:
        for sequence, said in told:
            keys = touching(self.names.occurrence(said))
            transformation = {said.transformation_id} - {None}
            wrong = {said.event_id} if said.declared_wrong_at is not None else set[str | None]()
            if transformation or wrong:
                beside = named_beside(
                    reading, [one for one in transformation if one], [one for one in wrong if one]
                )
                keys |= {self.names.key(key) for key in beside}
            if self._lately is not None:
                self._lately |= keys
            for key in keys:
                self.touched[key] = sequence


def touching(said: Occurrence) -> set[str]:
    """The things whose passports an event may change: those named, their lots, their products."""
    keys = names_in(said)
    for piece, lot in said.lot_of:
        keys.update((piece, lot))
    return keys | {pieces_of(key) for key in keys}


def pieces_of(key: str) -> str:
    """What stands for all pieces and lots of a product; empty for what is of none."""
    try:
        product = identify(key).product_key
    except IdentifierError:
        return ""
    return f"{product}/*" if product else ""
