"""What a server does about scans while it runs: writes them, judges what is new, forgets what is old."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from time import thread_time

import structlog
from sqlalchemy import Engine

from suyuan.api.scan_log import ScanLog
from suyuan.trace.errors import SuyuanError
from suyuan.trace.store.scans import forget_scans

_EVERY = 1.0  # seconds: what a crash can lose
_BREATH = 0.02  # seconds between two writings of one round, or two codes that are judged: pages come first
_JUDGING = 0.25  # seconds of a processor in a round, and what the last code takes beyond
_BUSY_EVERY = 10  # rounds, of which one has a code judged while pages take all there is
_SETTLE_EVERY = 60  # rounds
_FORGET_EVERY = 3_600  # rounds
_PATIENCE = 2.0  # seconds, of the eight that a server is given to stop
_log = structlog.get_logger(__name__)

Judge = Callable[[Callable[[], bool]], object]
"""Looks at codes of which something is new, for as long as what it is given says so after each of them."""


@contextmanager
def scan_upkeep(
    engine: Engine, log: ScanLog, judge: Judge, *, now: Callable[[], datetime], kept: timedelta
) -> Generator[None]:
    """Do all of it in a thread of its own, and write what waits at the end.

    Scans older than ``kept`` are forgotten.
    """
    upkeep = Upkeep(engine, log, judge, now=now, kept=kept)
    thread = Thread(target=upkeep.run, name="scans", daemon=True)
    thread.start()
    try:
        yield
    finally:
        upkeep.ending.set()
        thread.join(_PATIENCE)
        if not thread.is_alive():
            _attempt(upkeep.write)


class Upkeep:
    """The rounds of the thread."""

    def __init__(
        self, engine: Engine, log: ScanLog, judge: Judge, *, now: Callable[[], datetime], kept: timedelta
    ) -> None:
        self._engine = engine
        self._log = log
        self._judge = judge
        self._now = now
        self._kept = kept
        self._told = 0
        self._busy = 0  # rounds in a row
        self.ending = Event()

    def run(self) -> None:
        """Round after round until the end."""
        number = 0
        while True:
            for step in self.steps(number):
                _attempt(step)
            number += 1
            if self.ending.wait(_EVERY):
                return

    def steps(self, number: int) -> Iterator[Callable[[], object]]:
        """What is due in a round. Salts come first: visitors of the day should be the same everywhere."""
        if number % _SETTLE_EVERY == 0:
            yield self.settle
        yield self.write
        if number % _FORGET_EVERY == 0:
            yield self.forget
        yield self.judge

    def breathe(self) -> None:
        """Let others have the processor, unless this is the end."""
        self.ending.wait(_BREATH)

    def judge(self) -> None:
        """Have codes judged, for a share of the time; one now and then while many are scanned."""
        if self._busy % _BUSY_EVERY:
            return
        end = thread_time() + (0 if self._busy else _JUDGING)

        def goes_on() -> bool:
            self.breathe()
            return thread_time() < end and not self.ending.is_set()

        self._judge(goes_on)

    def settle(self) -> None:
        """Turn over to the salt of a new day, and tell how many looks were lost."""
        self._log.turn(self._now())
        if self._log.dropped > self._told:
            _log.warning("scans were not noted: too many at once", number=self._log.dropped - self._told)
            self._told = self._log.dropped

    def write(self) -> None:
        """Write all that waits.

        Raises ``DatabaseUnavailable``; nothing is lost then while there is room.
        """
        units = 1
        while self._log.write():
            units += 1
            self.breathe()
        self._busy = self._busy + 1 if units > 1 else 0
        self._log.write_probes(self._now(), self.breathe)

    def forget(self) -> None:
        """Delete scans that are too old; only numbers remain of them."""
        if forgotten := forget_scans(self._engine, self._now() - self._kept):
            _log.info("old scans were deleted", number=forgotten)


def _attempt(step: Callable[[], object]) -> None:
    """What cannot be done now, because the database is away, is done in a later round."""
    try:
        step()
    except SuyuanError as error:
        _log.warning("scans are not kept up with", code=error.code, detail=error.detail)
