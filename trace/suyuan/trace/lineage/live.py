"""Lineage kept live: occurrences come in any order, answers are as if they had come in the right one.

Law of tracing §1: which history counts.
"""

from __future__ import annotations

import gc
from collections import OrderedDict, defaultdict
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import RLock

from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.known import RecordTimes
from suyuan.trace.lineage.late import Concern, concerned
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.replaying import replay
from suyuan.trace.lineage.statement import NEVER, Position, Statement, instant, names, statement

VIEWS_KEPT = 2
"""Histories of the past that are kept for the next question: each is as large as that of now."""


class Replay:
    """A history in the making, and for everything the last position at which it was of concern."""

    def __init__(self, statements: Sequence[Statement] = ()) -> None:
        self.history = History()
        self._concerned: dict[Concern, Position] = {}
        self._last: Position | None = None
        self.history.announce(statements)
        for told in statements:
            self._go_on(told)

    def take_in(self, fresh: Sequence[Statement]) -> bool:
        """Replay ``fresh``, in order of positions. False where that was too late; all is spoilt then."""
        if not self._of_its_own(fresh):
            return False
        self.history.announce(fresh)
        return all(map(self._go_on, fresh))

    def _go_on(self, told: Statement) -> bool:
        concerns = set(concerned(self.history, told))
        if self._last is not None and told.position < self._last:
            if any(self._concerned.get(one, told.position) > told.position for one in concerns):
                return False
        else:
            self._last = told.position
        replay(self.history, told)
        for one in concerns:
            self._concerned[one] = told.position
        return True

    def _of_its_own(self, fresh: Iterable[Statement]) -> bool:
        """Whether what is told of lots changes nothing before.

        It does where an instance is first told of a lot after that was consumed (§4.3 takes it in), or where
        a lot is told of that was an instance of another until now (§2.2).
        """
        history = self.history
        born: dict[str, int] = {}
        for told in fresh:
            for instance in names(told.occurrence):
                born.setdefault(instance, told.at)
            for instance, lot in told.occurrence.lot_of:
                if lot in history.lots:
                    return False
                consumed = history.last_class_consumption.get(lot)
                if consumed is None or instance in history.lots:
                    continue
                if min(born.setdefault(instance, told.at), history.births.get(instance, NEVER)) <= consumed:
                    return False
        return True


class Lineage:
    """All occurrences ever told, and the history they make.

    Adding costs what the new occurrences cost, also for those that come late, unless what they concern was
    spoken of again since: then, and after an error declaration, the next question replays everything.
    Safe to use from several threads; a :class:`History` handed out is only to be read, and is not changed by
    a question, but grows with later occurrences.
    """

    def __init__(self, occurrences: Iterable[Occurrence] = ()) -> None:
        self._known: dict[str, Occurrence] = {}
        self._wrong: defaultdict[tuple[str, str], list[Occurrence]] = defaultdict(list)
        self._by_event: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self._waiting: list[Statement] = []
        self._stale = False
        self._replay = Replay()
        self._views: OrderedDict[int, History] = OrderedDict()
        self._recorded = RecordTimes()
        self._latest_record: datetime | None = None
        self._lock = RLock()
        self.add(occurrences)

    def __len__(self) -> int:
        return len(self._known)

    @property
    def latest_record(self) -> datetime | None:
        """The latest record time of all that was told, declarations and what they take out included."""
        return self._latest_record

    def add(self, occurrences: Iterable[Occurrence]) -> None:
        """Take in ``occurrences``, in any order; evidence that is already known is left alone."""
        with self._lock:
            for occurrence in occurrences:
                if occurrence.evidence not in self._known:
                    self._known[occurrence.evidence] = occurrence
                    self._take_in(occurrence)
                    at = self._recorded.note(occurrence.record_time)
                    for known in [one for one in self._views if one >= at]:
                        del self._views[known]

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
            known = self._recorded.known(known_at)
            if known is None:
                self._catch_up()
                return self._replay.history
            if known not in self._views:
                while len(self._views) >= VIEWS_KEPT:
                    self._views.popitem(last=False)
                told = [one for one in self._known.values() if instant(one.record_time) <= known]
                with _nothing_to_collect():
                    self._views[known] = Replay(counted(told)).history
            self._views.move_to_end(known)
            return self._views[known]

    def _catch_up(self) -> None:
        if not self._stale and not self._waiting:
            return
        fresh = sorted(self._waiting, key=lambda told: told.position)
        self._waiting = []
        stale, self._stale = self._stale, True  # should memory run out, all is told anew
        with _nothing_to_collect():
            if stale or not self._replay.take_in(fresh):
                self._replay = Replay(counted(self._known.values()))
        self._stale = False


@contextmanager
def _nothing_to_collect() -> Generator[None]:
    """The garbage collector rests: a replay leaves no garbage, but to look for it takes as long as replaying.

    Reference counts go on freeing. It is the collector of the whole process; a replay takes some seconds.
    """
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


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
