"""A snapshot of lineage, and the store whose evidence it follows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine

from suyuan.trace.lineage.chronicle.snapshot import caught_up, save
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import occurrences

from .test_store_capture import document, observed, send


def test_a_snapshot_is_told_what_was_stored_since(engine: Engine, tmp_path: Path) -> None:
    """Also over the gap that a conflict leaves; and one of another store tells nothing."""

    def since(after: int) -> Sequence[tuple[int, Occurrence]]:
        with Reading(engine) as reading:
            return list(occurrences(reading, after))

    path = tmp_path / "lineage.chronicle"
    send(engine, document([observed(1), observed(2)]))
    send(engine, document([observed(2, bizStep="receiving")]))
    chronicle, standing, snapshot = caught_up(path, since, aliases=1, salt=b"s")
    assert (len(chronicle), standing.followed, snapshot) == (2, 2, None)
    save(chronicle, path, standing)
    send(engine, document([observed(4)]))
    chronicle, standing, snapshot = caught_up(path, since, aliases=1, salt=b"")
    assert (len(chronicle), standing.followed) == (3, 4)
    assert snapshot is not None
    assert [chronicle.evidence.get(told.evidence) for _, told in since(0)] == [0, 1, 2]
    _, _, snapshot = caught_up(path, lambda after: since(max(after, 2)), aliases=1, salt=b"")
    assert snapshot is None
