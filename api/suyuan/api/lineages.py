"""Which engine keeps the lineage of a store (decision 0027), and what it begins with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Protocol

from suyuan.api.settings import Form
from suyuan.trace.lineage.kept import ExactLineage, Kept
from suyuan.trace.lineage.kept.words import ReadBack
from suyuan.trace.lineage.standing import Since, Standing, Told
from suyuan.trace.lineage.where import Owner
from suyuan.trace.store.engine import Writing

MOST_EVENTS, MOST_THINGS = 200_000, 500_000
"""Beyond which lineage is kept in tables, where nobody said how.

One event may name a thousand things, and at each start objects are told all of them again.
"""


class OnDisk(Protocol):
    """Where a lineage outlives the process."""

    def is_sound(self) -> bool:
        """Whether what was opened is what was written; read once, the log tells what is wrong."""
        ...

    def save(self, standing: Standing) -> None:
        """Write it as it stands. Raises ``SnapshotFailed``."""
        ...


class InStore(Protocol):
    """Where a lineage is written for whoever has none in memory (decision 0026)."""

    def write(self, writing: Writing, evidence: int, aliases: int) -> str:
        """Write it whole, told up to this evidence under these second names; what was written, in words.

        Raises ``LineageNewer``.
        """
        ...


class Begun(NamedTuple):
    """A lineage as it begins, how far it follows the evidence already, and what it is to be told."""

    kept: Kept
    standing: Standing
    news: Iterable[Told]
    disk: OnDisk | None = None
    store: InStore | None = None


def begun(
    form: Form,
    events: int,
    things: int,
    path: Path | None,
    *,
    aliases: int,
    since: Since,
    read_back: ReadBack,
    owner: Owner,
) -> Begun:
    """The lineage of a store of so many events and things: from the snapshot at ``path`` where one serves.

    ``aliases`` is the version of the second names that ``since`` and ``read_back`` tell things under.
    """
    is_small = events <= MOST_EVENTS and things <= MOST_THINGS
    if form == "objects" or (not form and is_small):
        return Begun(ExactLineage(owner=owner), Standing(aliases=aliases), since(0))
    # Who keeps objects pays for no compiler of machine code: half a second of each start, and 150 MiB.
    from suyuan.api.lineage_tables import begun_in_tables  # noqa: PLC0415

    return begun_in_tables(path, aliases=aliases, since=since, read_back=read_back, owner=owner)
