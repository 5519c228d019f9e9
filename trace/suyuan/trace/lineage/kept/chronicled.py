"""A lineage kept by the chronicle: tables in machine memory, what statements said in evidence.

Whoever keeps it lets nobody ask while it is told, and tells from one thread.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np

from suyuan.trace.lineage.chronicle import Chronicle, ChronicleTracer
from suyuan.trace.lineage.chronicle.books import NAMED, NODES, STANDING, STATEMENTS
from suyuan.trace.lineage.chronicle.names import spelled
from suyuan.trace.lineage.common import Source
from suyuan.trace.lineage.compiled.loose import LooseGoods
from suyuan.trace.lineage.compiled.machine import Made
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.contract import Options, Scope, Suspect, Trace
from suyuan.trace.lineage.kept.exact import product_of
from suyuan.trace.lineage.kept.recorded import RecordedThings
from suyuan.trace.lineage.kept.words import ReadBack, Words
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.runs import one_by_one
from suyuan.trace.lineage.where import Owner, nobody

_VIEWS_KEPT = 4
_EVERYTHING = Options()
_MAY_BE_LOTS = frozenset({"lot", "product", "other"})


class ChronicleLineage:
    """A lineage of numbers: tens of bytes for each row, and for each answer what it touches.

    ``salt`` is that of its chronicle: bytes that strangers do not know.
    """

    def __init__(self, read_back: ReadBack, *, owner: Owner = nobody, salt: bytes = b"") -> None:
        self._owner = owner
        self._words = Words(read_back)
        self._now = _State(Chronicle(salt=salt), owner)
        self._views: OrderedDict[datetime, _State] = OrderedDict()
        self._latest_record: datetime | None = None

    @property
    def tracer(self) -> ChronicleLineage:
        """What traces over it."""
        return self

    def add(self, occurrences: Sequence[Occurrence]) -> None:
        """Take in what was told."""
        self._now.chronicle.add(occurrences)
        self._views.clear()
        if occurrences:
            latest = max(one.record_time for one in occurrences)
            self._latest_record = max(latest, self._latest_record or latest)

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
        if known_at is None or self._latest_record is None or known_at >= self._latest_record:
            return self._now
        view = self._views.get(known_at)
        if view is None:
            view = self._views[known_at] = _State(self._now.chronicle.as_known(known_at), self._owner)
            while len(self._views) > _VIEWS_KEPT:
                self._views.popitem(last=False)
        return view


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
    _products: dict[int, str | None] = field(default_factory=dict[int, "str | None"])
    _lots: defaultdict[str, array[int]] = field(default_factory=lambda: defaultdict(lambda: array("i")))
    _sorted_in: int = field(init=False)

    def __post_init__(self) -> None:
        self.tracer = ChronicleTracer(self.chronicle, owner=self.owner)
        self._sorted_in = self.chronicle.record().guests.stop  # they have no names

    @property
    def record(self) -> Record:
        """The tables as they are now."""
        return self.chronicle.record()

    @property
    def statements(self) -> int:
        """How many statements there are."""
        return int(self.chronicle.books.used[STATEMENTS])

    def lots_named(self, product: str) -> Sequence[int]:
        """Nodes among which are all lots of a product; those named since the last time are sorted in."""
        books: Any = self.chronicle.books
        first, until = self._sorted_in, int(books.used[NODES])
        if first < until:
            prefixes = books.lives["prefix"][first:until]
            order = np.argsort(prefixes, kind="stable")
            begins = np.flatnonzero(np.diff(prefixes[order])) + 1
            for nodes in np.split(order, begins):
                if (of := self._product(int(prefixes[nodes[0]]))) is not None:
                    self._lots[of].extend((first + nodes).tolist())
            self._sorted_in = until
        return self._lots.get(product, ())

    def _product(self, prefix: int) -> str | None:
        """The product of all keys of a prefix, None of such as are no lots."""
        if prefix not in self._products:
            key = self.chronicle.names.key(prefix, 0)
            self._products[prefix] = product_of(key) if kind_by_name(key) in _MAY_BE_LOTS else None
        return self._products[prefix]

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
