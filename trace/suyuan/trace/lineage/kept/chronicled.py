"""A lineage kept by the chronicle: tables in machine memory, what statements said in evidence.

Whoever keeps it lets nobody ask while it is told, and tells from one thread.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from suyuan.trace.lineage.chronicle import Chronicle, ChronicleTracer
from suyuan.trace.lineage.chronicle.books import AMOUNTS, KINDS, NAMED, STANDING, STATEMENTS
from suyuan.trace.lineage.chronicle.names import spelled
from suyuan.trace.lineage.common import Source
from suyuan.trace.lineage.compiled.loose import LooseGoods
from suyuan.trace.lineage.compiled.machine import Made
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.contract import Options, Scope, Suspect, Trace
from suyuan.trace.lineage.kept.listed import Listed
from suyuan.trace.lineage.kept.recorded import RecordedThings
from suyuan.trace.lineage.kept.words import ReadBack, Words
from suyuan.trace.lineage.known import RecordTimes
from suyuan.trace.lineage.live import VIEWS_KEPT
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.runs import one_by_one
from suyuan.trace.lineage.statement import NEVER, moment
from suyuan.trace.lineage.where import Owner, nobody

_EVERYTHING = Options()
_ROWS = {**{name: counter for name, (_, counter) in KINDS.items()}, "mentions": AMOUNTS}
"""Where it is counted how many rows a table of a record has."""


class ChronicleLineage:
    """A lineage of numbers: tens of bytes for each row, and for each answer what it touches."""

    def __init__(self, chronicle: Chronicle, read_back: ReadBack, *, owner: Owner = nobody) -> None:
        """Goes on with ``chronicle``, which is told by nobody else from now on."""
        self._owner = owner
        self._words = Words(read_back)
        self._now = _State(chronicle, owner)
        self._views: OrderedDict[int, _State] = OrderedDict()
        self._recorded: RecordTimes | None = None  # looked up when the past is asked for first

    @property
    def tracer(self) -> ChronicleLineage:
        """What traces over it."""
        return self

    def add(self, occurrences: Sequence[Occurrence]) -> None:
        """Take in what was told."""
        if self._recorded is not None:
            first = min((self._recorded.note(one.record_time) for one in occurrences), default=NEVER)
            for known in [one for one in self._views if one >= first]:
                del self._views[known]
        self._now.chronicle.add(occurrences)

    def in_use(self) -> Record:
        """What is on record now, without the room behind the rows that are in use. Nothing is copied."""
        record, used = self._now.record, self._now.chronicle.books.used

        def cut(rows: Any) -> dict[str, Any]:
            names = [name for name in rows._fields if name in _ROWS]
            return {name: getattr(rows, name)[: used[_ROWS[name]]] for name in names}

        tables, told = record.tables._replace(**cut(record.tables)), record.told._replace(**cut(record.told))
        return replace(record, tables=tables, told=told)

    @property
    def latest_record(self) -> datetime | None:
        """The latest record time of all that it was told, None where it was told nothing. O(all of it)."""
        times = self._now.chronicle.record_times()
        return moment(int(times[-1])) if len(times) else None

    def things(self, known_at: datetime | None = None) -> RecordedThings:
        """What is on record of single things."""
        state = self._as_known(known_at)
        return RecordedThings(state, self._words, self._owner)

    def trace(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Trace:
        """See ``Tracer.trace``; a row for each instance."""
        found = self._as_known(options.known_at).tracer.trace(suspects, replace(options, known_at=None))
        return replace(one_by_one(found, between), options=options)

    def scope(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Scope:
        """See ``Tracer.scope``."""
        found = self._as_known(options.known_at).tracer.scope(suspects, replace(options, known_at=None))
        return replace(found, trace=replace(one_by_one(found.trace, between), options=options))

    def common_sources(self, suspects: Sequence[Suspect], options: Options) -> tuple[Source, ...]:
        """See :class:`suyuan.trace.lineage.common.Common`."""
        known = self._as_known(options.known_at)
        return known.tracer.common_sources(suspects, replace(options, known_at=None))

    def _as_known(self, known_at: datetime | None) -> _State:
        """What is on record now; or what was then, told anew if it was not asked for lately."""
        if known_at is None:
            return self._now
        if self._recorded is None:
            self._recorded = RecordTimes(self._now.chronicle.record_times().tolist())
        known = self._recorded.known(known_at)
        if known is None:
            return self._now
        if known not in self._views:
            while len(self._views) >= VIEWS_KEPT:
                self._views.popitem(last=False)
            self._views[known] = _State(self._now.chronicle.as_known(known_at), self._owner)
        self._views.move_to_end(known)
        return self._views[known]


def between(first: str, count: int) -> Sequence[str]:
    """The keys of so many instances in sequence."""
    spelling, number = spelled(first)
    return [spelling.key(number + one) for one in range(count)]


@dataclass(slots=True)
class _State:
    """A chronicle as :class:`suyuan.trace.lineage.kept.rows.Annals`, with what asks it."""

    chronicle: Chronicle
    owner: Owner
    goods: LooseGoods = field(default_factory=LooseGoods)
    tracer: ChronicleTracer = field(init=False)
    lots_named: Listed = field(init=False)

    def __post_init__(self) -> None:
        self.tracer = ChronicleTracer(self.chronicle, owner=self.owner)
        self.lots_named = Listed(self.chronicle)

    @property
    def record(self) -> Record:
        """The tables as they are now."""
        return self.chronicle.record()

    @property
    def statements(self) -> int:
        """How many statements there are."""
        return int(self.chronicle.books.used[STATEMENTS])

    def naming(self, node: int) -> list[int]:
        """The statements that count and name a node."""
        books: Any = self.chronicle.books
        found: list[int] = []
        row = int(books.lives["first_concern"][node])
        while row != NONE:
            concern = books.concerns[row]
            if concern["marks"] & NAMED:
                found.append(int(concern["by"]))
            row = int(concern["next"])
        return found

    def counting(self, numbers: Made) -> Made:
        """Those of the statements that count."""
        books: Any = self.chronicle.books
        counting: Made = numbers[books.stories["state"][numbers] == STANDING]
        return counting

    def site(self, name: str) -> int | None:
        """The number of a site."""
        return self.chronicle.sites.get(name)

    def party(self, name: str) -> int | None:
        """The number of a party."""
        return self.chronicle.parties.get(name)
