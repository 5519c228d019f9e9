"""Lineage written to a store of its own, and the engine that answers from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from suyuan.trace.lineage.chronicle import Chronicle
from suyuan.trace.lineage.contract import Options, Scope, Suspect, Trace, Tracer
from suyuan.trace.lineage.kept.chronicled import ChronicleLineage
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.where import Owner
from suyuan.trace.store.engine import Writing, open_engine
from suyuan.trace.store.lineage import SqlTracer, write
from suyuan.trace.store.migrate import migrate

from .chronicled import one_by_one

_EVERYTHING = Options()
_FOLDER = TemporaryDirectory(prefix="suyuan-lineage-")


@cache
def a_store() -> Engine:
    """One for all histories of this process: each replaces the one before."""
    engine = open_engine(Path(_FOLDER.name) / "suyuan.db")
    migrate(engine)
    return engine


_HELD: dict[Engine, tuple[StoredTracer, datetime | None]] = {}


class StoredTracer:
    """A chronicle that is written to the store whenever that holds another; its runs are written out."""

    def __init__(self, occurrences: Sequence[Occurrence], owner: Owner, engine: Engine | None = None) -> None:
        self._chronicle = Chronicle(16)
        self._chronicle.add(occurrences)
        self._owner = owner
        self._engine = engine or a_store()

    def _store(self, known_at: datetime | None = None) -> None:
        if _HELD.get(self._engine) == (self, known_at):
            return
        _HELD[self._engine] = self, known_at
        told = self._chronicle if known_at is None else self._chronicle.as_known(known_at)
        lineage = ChronicleLineage(told, lambda _: ())
        with Writing(self._engine) as writing:
            known = known_at or lineage.latest_record
            write(writing, lineage.in_use(), evidence=0, aliases=0, known=known)

    def _tracer(self) -> Tracer:
        self._store()
        return SqlTracer(self._engine, owner=self._owner, past=self._as_known)

    def _as_known(self, known_at: datetime) -> Tracer:
        self._store(known_at)
        return SqlTracer(self._engine, owner=self._owner)

    def trace(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Trace:
        return one_by_one(self._tracer().trace(suspects, options))

    def scope(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Scope:
        scope = self._tracer().scope(suspects, options)
        return replace(scope, trace=one_by_one(scope.trace))
