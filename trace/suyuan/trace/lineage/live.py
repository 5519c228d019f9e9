"""Lineage kept live: occurrences come in any order, answers are as if they had come in the right one.

Law of tracing §1: which history counts.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from datetime import datetime
from threading import RLock

from suyuan.trace.lineage.history import History, replayed
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.statement import Statement, statement

_VIEWS_KEPT = 4


class Lineage:
    """All occurrences ever told, and the history they make.

    Adding at the end of time costs what the new occurrences cost. One that comes late, or that declares an
    earlier one wrong, makes the next question replay everything (about 2 s for 100,000 objects).
    Safe to use from several threads; a :class:`History` handed out is only to be read, and is not changed by
    a question, but grows with later occurrences.
    """

    def __init__(self, occurrences: Iterable[Occurrence] = ()) -> None:
        self._known: dict[str, Occurrence] = {}
        self._wrong: defaultdict[tuple[str, str], list[Occurrence]] = defaultdict(list)
        self._by_event: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self._waiting: list[Statement] = []
        self._last: Statement | None = None
        self._stale = False
        self._history = History()
        self._views: OrderedDict[datetime, History] = OrderedDict()
        self._latest_record: datetime | None = None
        self._lock = RLock()
        self.add(occurrences)

    def __len__(self) -> int:
        return len(self._known)

    def add(self, occurrences: Iterable[Occurrence]) -> None:
        """Take in ``occurrences``, in any order; evidence that is already known is left alone."""
        with self._lock:
            for occurrence in occurrences:
                if occurrence.evidence not in self._known:
                    self._known[occurrence.evidence] = occurrence
                    self._take_in(occurrence)
            self._views.clear()

    def _take_in(self, occurrence: Occurrence) -> None:
        if self._latest_record is None or occurrence.record_time > self._latest_record:
            self._latest_record = occurrence.record_time
        event = _event_of(occurrence)
        if occurrence.declared_wrong_at is not None:
            if event is not None:
                self._wrong[event].append(occurrence)
                self._stale = self._stale or event in self._by_event
            return
        if event is not None:
            if event in self._wrong:
                return
            self._by_event[event].append(occurrence.evidence)
        if not self._stale:
            self._waiting.append(statement(occurrence))

    def history(self, known_at: datetime | None = None) -> History:
        """The history that counts now, or that counted with what was recorded by ``known_at`` (§1.1)."""
        with self._lock:
            if known_at is None or self._latest_record is None or known_at >= self._latest_record:
                self._catch_up()
                return self._history
            view = self._views.get(known_at)
            if view is None:
                known = [o for o in self._known.values() if o.record_time <= known_at]
                view = self._views[known_at] = replayed(counted(known))
                while len(self._views) > _VIEWS_KEPT:
                    self._views.popitem(last=False)
            return view

    def _catch_up(self) -> None:
        if not self._stale and not self._waiting:
            return
        fresh = sorted(self._waiting, key=lambda told: told.position)
        self._waiting = []
        if self._stale or not self._appends(fresh):
            everything = counted(self._known.values())
            self._history = replayed(everything)
            self._last = everything[-1] if everything else None
            self._stale = False
        else:
            self._history.announce(fresh)
            self._history.replay(fresh)
            self._last = fresh[-1]

    def _appends(self, fresh: list[Statement]) -> bool:
        """Whether replaying ``fresh`` on top gives what replaying everything would."""
        if self._last is None:
            return False
        if fresh[0].position <= self._last.position:
            return False
        consumed = self._history.last_class_consumption
        for told in fresh:
            for instance, lot in told.occurrence.lot_of:
                # An instance told of after its lot was consumed may have been there then (§4.3).
                born = self._history.births.get(instance, told.at)
                if lot in consumed and born <= consumed[lot] and instance not in self._history.lots:
                    return False
        return True


def counted(occurrences: Iterable[Occurrence]) -> list[Statement]:
    """The statements that count, in order of positions, without what was declared wrong (§1.2)."""
    everything = list(occurrences)
    wrong = {_event_of(o) for o in everything if o.declared_wrong_at is not None}
    wrong.discard(None)
    return sorted(
        (statement(o) for o in everything if o.declared_wrong_at is None and _event_of(o) not in wrong),
        key=lambda told: told.position,
    )


def _event_of(occurrence: Occurrence) -> tuple[str, str] | None:
    """What an error declaration points at; an occurrence without event id cannot be pointed at."""
    return None if occurrence.event_id is None else (occurrence.party, occurrence.event_id)
