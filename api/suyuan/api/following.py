"""The lineage of one store, following its evidence; on disk between two runs where it is large."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import RLock, local

from sqlalchemy import Engine

from suyuan.api import master_data
from suyuan.api.lineages import OnDisk, begun
from suyuan.api.settings import Form
from suyuan.trace.lineage.kept import ExactLineage, Kept
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.standing import Standing, Told
from suyuan.trace.register.aliases import NO_ALIASES, Aliases, alias_version, aliases
from suyuan.trace.store import vocabulary
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import newest_sequence, occurrences, occurrences_by_key
from suyuan.trace.store.objects import chunks

_TAKEN_IN_AT_ONCE = 10_000


class _Asking(local):
    """Whether the thread asks a question for which new evidence was looked for already."""

    settled = False


class FollowedLineage:
    """One store's lineage, following its evidence by sequence number, under one lock.

    Whoever holds ``lock`` may ask ``kept`` and ``aliases``; after :meth:`follow` all is in it that was told.
    A new second name makes the lineage be replayed, since what seemed two things is one. Until all of it is
    told, whoever looked for news already (:meth:`settled`) is answered from the lineage of before.

    ``snapshot`` names the file in which a lineage of tables outlives the process (:meth:`save`).
    """

    def __init__(self, engine: Engine, form: Form = "", snapshot: Path | None = None) -> None:
        self.lock = RLock()
        self.aliases = NO_ALIASES
        self.kept: Kept = ExactLineage(owner=self._owner_of)
        self._engine = engine
        self._form: Form = form
        self._snapshot = snapshot
        self._disk: OnDisk | None = None
        self._standing, self._saved = Standing(), 0
        self._looked_to = 0
        self._described: tuple[int, ...] = ()
        self._owners: dict[str, str | None] = {}
        self._asking = _Asking()

    def follow(self) -> int:
        """Take in new evidence; returns the sequence number of the newest. One cheap query if none."""
        with self.lock:
            if self._asking.settled:
                return self._standing.followed
            with Reading(self._engine) as reading:
                renamed = alias_version(reading) != self.aliases.version
                described = vocabulary.latest_change(reading)
                newest = newest_sequence(reading)
                is_new = newest > self._looked_to
                if renamed or (is_new and not self._standing.followed):
                    self._begin(reading, aliases(reading) if renamed else self.aliases, newest)
                elif is_new:
                    self._go_on(reading, newest)
            if described != self._described:
                self._described = described
                self._owners.clear()
            return self._standing.followed

    @contextmanager
    def settled(self) -> Generator[int]:
        """Look for new evidence once for all that this thread asks within; the number of the newest.

        For a question of many looks. What others take in meanwhile is known to the later ones.
        """
        newest, before = self.follow(), self._asking.settled
        self._asking.settled = True
        try:
            yield newest
        finally:
            self._asking.settled = before

    def state(self) -> tuple[int, ...]:
        """What an answer of now depends on: evidence, second names, master data and the register."""
        with self.lock:
            return (self.follow(), self.aliases.version, *self._described)

    def check(self) -> None:
        """Read the snapshot that lineage was taken from, once; while it is read, everybody may ask.

        It is opened without being read. What a disk has damaged is replayed from evidence, as the log tells.
        """
        disk = self._disk
        if disk is not None and not disk.is_sound():
            with self.lock, Reading(self._engine) as reading:
                self._begin(reading, self.aliases, newest_sequence(reading))

    def save(self, news: int = 1) -> None:
        """Write a snapshot if as many events as ``news`` are not in one yet; of objects there is none.

        Nobody is answered meanwhile: some three seconds for each gigabyte.
        Raises ``SnapshotFailed``: the next one is tried after as many events again.
        """
        with self.lock:
            followed = self._standing.followed
            if self._disk is not None and followed - self._saved >= news:
                self._saved = followed
                self._disk.save(self._standing)

    def _begin(self, reading: Reading, names: Aliases, newest: int) -> None:
        """Begin anew under these names, aside: until all is told, what was there answers."""
        kept, standing, news, disk = begun(
            self._form,
            newest,
            self._snapshot,
            aliases=names.version,
            since=partial(_since, reading, names),
            read_back=partial(self._read_back, names),
            owner=self._owner_of,
        )
        reached = standing
        for told_to in _told(kept, standing, news):
            reached = told_to
        self.kept, self.aliases, self._disk = kept, names, disk
        self._standing, self._saved, self._looked_to = reached, standing.followed, newest
        self._owners.clear()

    def _go_on(self, reading: Reading, newest: int) -> None:
        """Take in what is new."""
        news = _since(reading, self.aliases, self._standing.followed)
        for standing in _told(self.kept, self._standing, news):
            self._standing = standing
        self._looked_to = newest

    def _read_back(self, names: Aliases, evidence: Collection[str]) -> Iterable[Occurrence]:
        """What was told by events, as lineage was told it: under these names."""
        with Reading(self._engine) as reading:
            return [names.occurrence(told) for told in occurrences_by_key(reading, evidence)]

    def _owner_of(self, place: str) -> str | None:
        if place not in self._owners:
            with Reading(self._engine) as reading:
                told = master_data.attributes(reading, [place], self.aliases)
            party = told.get(place, {}).get("party")
            self._owners[place] = None if party is None else self.aliases.key(party)
        return self._owners[place]


def _since(reading: Reading, names: Aliases, after: int) -> Iterator[Told]:
    """What was stored after a sequence number, under these names."""
    return ((sequence, names.occurrence(told)) for sequence, told in occurrences(reading, after))


def _told(kept: Kept, standing: Standing, news: Iterable[Told]) -> Iterator[Standing]:
    """Tell a lineage; how far it followed, now and then. Not all of a store need be in memory at once."""
    for some in chunks(news, _TAKEN_IN_AT_ONCE):
        kept.add([occurrence for _, occurrence in some])
        sequence, last = some[-1]
        yield Standing(sequence, last.evidence, standing.aliases)
