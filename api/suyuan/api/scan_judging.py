"""Whether codes were copied: asked again for those of which something is new, a few at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import Engine

from suyuan.api.scan_histories import Histories
from suyuan.trace.errors import SuyuanError, Unavailable
from suyuan.trace.scan import parameters as by
from suyuan.trace.scan.likelihood import suspicion
from suyuan.trace.scan.past import History
from suyuan.trace.scan.wandering import kilometres, place_on_record
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.scans import Judged, Pending, keep_judged, pending

AT_ONCE = 10
"""Codes of one round at most."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Judging:
    """The codes of one house in turn, in the order of keys: none waits for ever behind busier ones."""

    engine: Engine
    histories: Histories
    now: Callable[[], datetime]
    after: str = ""
    aside: set[Pending] = field(default_factory=set[Pending])

    def judge(self, goes_on: Callable[[], bool] = lambda: True) -> int:
        """Judge the next codes of which something is new; how many. Some milliseconds each.

        After each it is asked whether this ``goes_on``; else the next round begins behind it.

        One that cannot be judged is told to the log and set aside until it was scanned again: it holds up
        neither the others nor whatever else the caller has to do.
        """
        with Reading(self.engine) as reading:
            codes = pending(reading, AT_ONCE, self.after)
            judged: dict[Pending, Judged] = {}
            after = codes[-1].key if len(codes) == AT_ONCE else ""
            for code in codes:
                if code in self.aside:
                    continue
                try:
                    judged[code] = self._judged(reading, code)
                except Unavailable:
                    raise
                except (SuyuanError, ArithmeticError, LookupError, ValueError):
                    _log.exception("a code cannot be judged", key=code.key)
                    self.aside.add(code)
                if not goes_on():
                    after = code.key
                    break
        self.after = after
        if judged:
            with Writing(self.engine) as writing:
                keep_judged(writing, judged, now=self.now())
        return len(judged)

    def _judged(self, reading: Reading, code: Pending) -> Judged:
        history = self.histories.of(reading, code.key, code.batch)
        found = suspicion(history)
        reasons = [
            {"code": reason.code, "weight": reason.weight, "fields": dict(reason.fields)}
            for reason in found.reasons
        ]
        return Judged(found.state.value, found.score, reasons, far_place(history))


def far_place(history: History) -> str:
    """The place of the first scan that is far from where the thing should have been; empty: none."""
    for scan in history.scans:
        should_be, _ = place_on_record(history.stays, scan.time)
        km = None if should_be is None or scan.spot is None else kilometres(should_be, scan.spot)
        if km is not None and km > by.FAR_KM and scan.spot is not None:
            return scan.spot.code
    return ""
