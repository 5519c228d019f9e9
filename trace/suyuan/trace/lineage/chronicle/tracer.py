"""Answers from a chronicle, in turns with who tells it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager

from suyuan.trace.lineage.chronicle.chronicle import Chronicle
from suyuan.trace.lineage.common import Source
from suyuan.trace.lineage.compiled.loose import LooseGoods
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.scratch import Rooms
from suyuan.trace.lineage.compiled.tables import Tables
from suyuan.trace.lineage.compiled.tracer import TableTracer
from suyuan.trace.lineage.contract import Options, Scope, Suspect, Trace
from suyuan.trace.lineage.where import Owner, nobody

_EVERYTHING = Options()


class ChronicleTracer:
    """Traces over a live :class:`Chronicle`. ``owner`` tells from master data whose a place is.

    States and lines of answers stand for runs of instances. Safe to use from several threads, also while
    others tell: an answer is of one state of the chronicle. An instance that a question names is a node of
    its own from then on. A view of the past is told anew for each question: O(all that is known).
    """

    def __init__(self, chronicle: Chronicle, *, owner: Owner = nobody) -> None:
        self._chronicle = chronicle
        self._owner = owner
        self._now = _Standing(chronicle, owner)

    def trace(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Trace:
        """As :meth:`suyuan.trace.lineage.compiled.CompiledTracer.trace`."""
        return self._as_known(options).trace(suspects, options)

    def scope(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Scope:
        """As :meth:`suyuan.trace.lineage.compiled.CompiledTracer.scope`; keys of lines may be read later."""
        return self._as_known(options).scope(suspects, options)

    def common_sources(self, suspects: Sequence[Suspect], options: Options) -> tuple[Source, ...]:
        """As :func:`suyuan.trace.lineage.common.common_sources`."""
        return self._as_known(options).common_sources(suspects, options)

    def _as_known(self, options: Options) -> _Standing:
        if options.known_at is None:
            return self._now
        with self._chronicle.turns.asking():
            return _Standing(self._chronicle.as_known(options.known_at), self._owner)


class _Standing(TableTracer):
    """All that a chronicle holds, in turns with who tells it."""

    def __init__(self, chronicle: Chronicle, owner: Owner) -> None:
        super().__init__(owner)
        self._chronicle = chronicle
        self._rooms: tuple[Tables, Rooms] | None = None
        self._goods = LooseGoods()

    def trace(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Trace:
        with self._asking(suspects, options):
            return super().trace(suspects, options)

    def scope(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Scope:
        with self._asking(suspects, options):
            return super().scope(suspects, options)

    def common_sources(self, suspects: Sequence[Suspect], options: Options) -> tuple[Source, ...]:
        with self._asking(suspects, options):
            return super().common_sources(suspects, options)

    @contextmanager
    def _asking(self, suspects: Sequence[Suspect], options: Options) -> Generator[None]:
        """A turn in which each instance that the question names is a node of its own."""
        supposed = options.what_if.cross_contamination
        keys = [*(one.key for one in suspects), *(one.key for one in supposed)]
        while True:
            with self._chronicle.turns.asking():
                in_runs = self._chronicle.in_runs(keys)
                if not in_runs:
                    yield
                    return
            self._chronicle.single(in_runs)  # others may tell before the next turn

    def _on_record(self, options: Options) -> tuple[Record, Rooms, LooseGoods]:  # noqa: ARG002 - all there is
        record, known = self._chronicle.record(), self._rooms
        if known is None or any(one is not other for one, other in zip(known[0], record.tables, strict=True)):
            known = self._rooms = record.tables, Rooms(record.tables)
        return record, known[1], self._goods
