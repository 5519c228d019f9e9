"""Lineage in tables, the file in which they outlive the process, and what the store holds of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from secrets import token_bytes

from sqlalchemy import Engine

from suyuan.api.lineages import Begun
from suyuan.trace.lineage import Options, Scope, Suspect, Trace, Tracer
from suyuan.trace.lineage.chronicle import Chronicle
from suyuan.trace.lineage.chronicle.mapped import SnapshotUnfit
from suyuan.trace.lineage.chronicle.snapshot import Snapshot, resumed, save
from suyuan.trace.lineage.kept.chronicled import ChronicleLineage, between
from suyuan.trace.lineage.kept.words import ReadBack
from suyuan.trace.lineage.runs import one_by_one
from suyuan.trace.lineage.standing import Since, Standing
from suyuan.trace.lineage.where import Owner
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.lineage import SqlTracer, write

_EVERYTHING = Options()
_SALT = 16  # bytes
_log = logging.getLogger(__name__)


class TablesOnDisk:
    """The snapshot of a chronicle at ``path``, and the one that it was taken from, yet to be checked."""

    def __init__(self, chronicle: Chronicle, path: Path, opened: Snapshot | None) -> None:
        self._chronicle = chronicle
        self._path = path
        self._unchecked = opened

    def is_sound(self) -> bool:
        """See :class:`suyuan.api.lineages.OnDisk`; everybody may ask meanwhile."""
        if self._unchecked is None:
            return True
        try:
            self._unchecked.check()
        except SnapshotUnfit as error:
            _log.error(
                "lineage was taken from a snapshot that is damaged: %s", error, extra={"code": error.code}
            )
            return False
        self._unchecked = None
        return True

    def save(self, standing: Standing) -> None:
        """See :func:`suyuan.trace.lineage.chronicle.snapshot.save`."""
        save(self._chronicle, self._path, standing)


class TablesInStore:
    """A chronicle as the store holds it."""

    def __init__(self, lineage: ChronicleLineage) -> None:
        self._lineage = lineage

    def write(self, writing: Writing, evidence: int, aliases: int) -> str:
        """See :class:`suyuan.api.lineages.InStore`."""
        record = self._lineage.in_use()
        write(writing, record, evidence=evidence, aliases=aliases, known=self._lineage.latest_record)
        return (
            f"{len(record.tables.nodes)} nodes, {len(record.tables.statements)} statements, as of {evidence}"
        )


class _OneByOne:
    """A row for each instance of a run, as pages and programs expect it."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def trace(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Trace:
        return one_by_one(self._tracer.trace(suspects, options), between)

    def scope(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Scope:
        found = self._tracer.scope(suspects, options)
        return replace(found, trace=one_by_one(found.trace, between))


def in_store(engine: Engine, evidence: int, owner: Owner) -> Tracer:
    """What traces over the lineage in the store, as long as it is what was told this evidence."""
    return _OneByOne(SqlTracer(engine, owner=owner, evidence=evidence))


def begun_in_tables(
    path: Path | None, *, aliases: int, since: Since, read_back: ReadBack, owner: Owner
) -> Begun:
    """See :func:`suyuan.api.lineages.begun`."""
    found = None if path is None else resumed(path, since, aliases=aliases)
    if found is None:
        snapshot, chronicle = None, Chronicle(salt=token_bytes(_SALT))
        standing, news = Standing(aliases=aliases), since(0)
    else:
        snapshot, news = found
        chronicle, standing = snapshot.chronicle, snapshot.standing
    disk = None if path is None else TablesOnDisk(chronicle, path, snapshot)
    kept = ChronicleLineage(chronicle, read_back, owner=owner)
    return Begun(kept, standing, news, disk, TablesInStore(kept))
