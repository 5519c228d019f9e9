"""Which engine keeps the lineage of a store (decision 0027), and what it begins with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from secrets import token_bytes
from typing import NamedTuple

from suyuan.api.settings import Form
from suyuan.trace.lineage.chronicle import Chronicle
from suyuan.trace.lineage.chronicle.snapshot import Since, Snapshot, Standing, Told, resumed
from suyuan.trace.lineage.kept import ExactLineage, Kept
from suyuan.trace.lineage.kept.chronicled import ChronicleLineage
from suyuan.trace.lineage.kept.words import ReadBack
from suyuan.trace.lineage.where import Owner

MOST_IN_OBJECTS = 200_000
"""Events beyond which lineage is kept in tables, where nobody said how."""
_SALT = 16  # bytes


class Begun(NamedTuple):
    """A lineage as it begins, how far it follows the evidence already, and what it is to be told."""

    kept: Kept
    standing: Standing
    news: Iterable[Told]
    snapshot: Snapshot | None
    """What it was taken from, yet to be checked."""


def begun(
    form: Form,
    events: int,
    path: Path | None,
    *,
    aliases: int,
    since: Since,
    read_back: ReadBack,
    owner: Owner,
) -> Begun:
    """The lineage of a store of so many events: from the snapshot at ``path`` where there is one that serves.

    ``aliases`` is the version of the second names that ``since`` and ``read_back`` tell things under.
    """
    nothing = Standing(aliases=aliases)
    if form == "objects" or (not form and events <= MOST_IN_OBJECTS):
        return Begun(ExactLineage(owner=owner), nothing, since(0), None)
    found = None if path is None else resumed(path, since, aliases=aliases)
    if found is None:
        chronicle = Chronicle(salt=token_bytes(_SALT))
        return Begun(ChronicleLineage(chronicle, read_back, owner=owner), nothing, since(0), None)
    snapshot, news = found
    lineage = ChronicleLineage(snapshot.chronicle, read_back, owner=owner)
    return Begun(lineage, snapshot.standing, news, snapshot)
