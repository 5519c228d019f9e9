"""Lineage written to a store of its own, and the engine that answers from there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from suyuan.trace.lineage import Lineage
from suyuan.trace.lineage.compiled.weave import weave
from suyuan.trace.lineage.contract import Options, Scope, Suspect, Trace, Tracer
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.where import Owner
from suyuan.trace.store.engine import Writing, open_engine
from suyuan.trace.store.lineage import SqlTracer, write
from suyuan.trace.store.migrate import migrate

_EVERYTHING = Options()
_FOLDER = TemporaryDirectory(prefix="suyuan-lineage-")


@cache
def a_store() -> Engine:
    """One for all histories of this process: each replaces the one before."""
    engine = open_engine(Path(_FOLDER.name) / "suyuan.db")
    migrate(engine)
    return engine


_HELD: dict[Engine, tuple[Lineage, datetime | None]] = {}


def store(engine: Engine, lineage: Lineage, known_at: datetime | None = None) -> None:
    """Write what a lineage leaves behind, unless that is what the store holds."""
    if _HELD.get(engine) == (lineage, known_at):
        return
    _HELD[engine] = lineage, known_at
    with Writing(engine) as writing:
        known = known_at or lineage.latest_record
        write(writing, weave(lineage.history(known_at)), evidence=0, aliases=0, known=known)


class StoredTracer:
    """Writes the history of ``occurrences`` whenever it is asked: another may have been written meanwhile."""

    def __init__(self, occurrences: Sequence[Occurrence], owner: Owner, engine: Engine | None = None) -> None:
        self._lineage = Lineage(occurrences)
        self._owner = owner
        self._engine = engine or a_store()

    def _tracer(self) -> Tracer:
        store(self._engine, self._lineage)
        return SqlTracer(self._engine, owner=self._owner, past=self._as_known)

    def _as_known(self, known_at: datetime) -> Tracer:
        store(self._engine, self._lineage, known_at)
        return SqlTracer(self._engine, owner=self._owner)

    def trace(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Trace:
        return self._tracer().trace(suspects, options)

    def scope(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Scope:
        return self._tracer().scope(suspects, options)
