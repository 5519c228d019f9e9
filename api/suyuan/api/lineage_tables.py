"""Lineage in tables, and the file in which they outlive the process."""

from __future__ import annotations

import logging
from pathlib import Path
from secrets import token_bytes

from suyuan.api.lineages import Begun
from suyuan.trace.lineage.chronicle import Chronicle
from suyuan.trace.lineage.chronicle.mapped import SnapshotUnfit
from suyuan.trace.lineage.chronicle.snapshot import Snapshot, resumed, save
from suyuan.trace.lineage.kept.chronicled import ChronicleLineage
from suyuan.trace.lineage.kept.words import ReadBack
from suyuan.trace.lineage.standing import Since, Standing
from suyuan.trace.lineage.where import Owner

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
    return Begun(ChronicleLineage(chronicle, read_back, owner=owner), standing, news, disk)
