"""The lineage of one store, following its evidence; on disk between two runs where it is large."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain
from pathlib import Path
from threading import RLock, local
from typing import TypeVar

from sqlalchemy import Engine

from suyuan.api.arrivals import Arrivals
from suyuan.api.lineages import InStore, OnDisk, begun
from suyuan.api.owners import Owners
from suyuan.api.settings import Form
from suyuan.api.stored_lineage import Stored, StoredLineage
from suyuan.trace.errors import TooLarge, Unavailable
from suyuan.trace.lineage import Tracer
from suyuan.trace.lineage.kept import ExactLineage, Kept
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.standing import Standing, Told
from suyuan.trace.register.aliases import NO_ALIASES, Aliases, alias_version, aliases
from suyuan.trace.store import vocabulary
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.history import newest_object, newest_sequence, occurrences, occurrences_by_key
from suyuan.trace.store.jobs import CaptureJob
from suyuan.trace.store.lineage_held import LineageAbsent
from suyuan.trace.store.objects import chunks

_TAKEN_IN_AT_ONCE = 10_000


class LineageMoved(Unavailable):
    """Records came in between two looks of one question, which began before lineage was ready."""

    code = "lineage-moved"
    title = "Records came in while lineage was being made ready"


Answer = TypeVar("Answer")


class _Asking(local):
    """Of a thread: whether it asks a question for which new evidence was looked for already, and of whom."""

    settled = False
    stored: Stored | None = None


class FollowedLineage:
    """One store's lineage, following its evidence by sequence number, under one lock.

    Whoever holds ``lock`` may ask ``kept`` and ``aliases``; after :meth:`follow` all is in it that was told.
    What this process stores is handed over (:meth:`hand_over`); all else is read from the store.
    A new second name makes the lineage be replayed, since what seemed two things is one. Until all of it is
    told, whoever looked for news already (:meth:`settled`) is answered from the lineage of before.

    While there is none in memory, the lineage in the store answers for traces (:meth:`ask`), if it was told
    everything.

    ``snapshot`` names the file in which a lineage of tables outlives the process (:meth:`save`).
    """

    def __init__(
        self,
        engine: Engine,
        form: Form = "",
        snapshot: Path | None = None,
        arrivals: Arrivals | None = None,
    ) -> None:
        self.lock = RLock()
        self.aliases = NO_ALIASES
        self._owners = Owners(engine, self.aliases)
        self.kept: Kept = ExactLineage(owner=self._owners)
        self._engine = engine
        self._form: Form = form
        self._snapshot = snapshot
        self._disk: OnDisk | None = None
        self._store: InStore | None = None
        self._stored = StoredLineage(engine)
        self._turn = RLock()
        self._arrivals = Arrivals() if arrivals is None else arrivals
        self._is_ready = False
        self._standing, self._saved = Standing(), 0
        self._looked_to = 0
        self._described: tuple[int, ...] = ()
        self._asking = _Asking()

    def follow(self) -> int:
        """Take in new evidence; returns the sequence number of the newest. One cheap query if none.

        Raises ``LineageMoved`` where a question of many looks was answered from the store so far, and what
        memory was told meanwhile is not the same.
        """
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
                self._owners.forget()
            if not self._is_ready:
                self._made_ready()
            self._hold_to_what_was_told()
            return self._standing.followed

    def hand_over(self, job: CaptureJob) -> None:
        """Let the next :meth:`follow` know what was just stored; ``job`` tells of all its evidence."""
        if self._is_ready:  # else all of the store is read
            self._arrivals.hand_over(job)

    def await_news(self, patience: float) -> None:
        """Return when much was handed over, after so many seconds, or when somebody says :meth:`stir`."""
        self._arrivals.news.wait(patience)
        self._arrivals.news.clear()

    def stir(self) -> None:
        """Let who awaits news look at once."""
        self._arrivals.news.set()

    def ready(self) -> Kept:
        """The lineage in memory as it stands, once there is one; for who holds the lock."""
        if not self._is_ready:
            self.follow()
        return self.kept

    def stored(self) -> Stored | None:
        """The lineage in the store, where it can answer and that in memory is not ready."""
        if self._asking.settled:
            return None
        if self._asking.stored is not None:
            return self._asking.stored
        return None if self._is_ready else self._stored.current()

    def ask(self, question: Callable[[Tracer, Aliases], Answer], *, of_now: bool) -> Answer:
        """What a question about traces finds, ``of_now`` or of what was known earlier.

        Of now the store is asked if it was told everything, while memory is not ready; else memory, for
        which everybody waits until it is. Of the store as of memory one asks at a time: a question may take
        gigabytes, and connections beside its own.
        """
        stored = self.stored() if of_now else None
        if stored is not None:
            # It was written anew meanwhile, or memory may be able to tell more.
            with self._turn, suppress(LineageAbsent, TooLarge):
                return question(stored.tracer, stored.aliases)
        with self.lock:
            self.follow()
            return question(self.kept.tracer, self.aliases)

    @contextmanager
    def settled(self) -> Generator[int]:
        """Look for new evidence once for all that this thread asks within; the number of the newest.

        For a question of many looks. What others take in meanwhile is known to the later ones.
        """
        asking, stored = self._asking, self.stored()
        before = asking.settled, asking.stored
        if stored is None:
            newest, asking.settled = self.follow(), True
        else:
            newest, asking.stored = stored.evidence, stored
        try:
            yield newest
        finally:
            asking.settled, asking.stored = before

    def _made_ready(self) -> None:
        self._is_ready = True
        self._stored.forget()

    def _hold_to_what_was_told(self) -> None:
        """From here on memory answers what this thread asks; what the store told before must stand in it."""
        stored, asking = self._asking.stored, self._asking
        if stored is None:
            return
        asking.stored, asking.settled = None, True
        if (stored.evidence, stored.aliases.version) != (self._looked_to, self.aliases.version):
            raise LineageMoved(remedy="Ask again.")

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
                self._made_ready()

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

    def write(self) -> str:
        """Replace the lineage in the store by this one; what was written, in words. Of objects nothing is.

        Nobody is answered meanwhile, and nobody else writes: half a minute for each million events.
        Raises ``LineageNewer`` where another has told the store more.
        """
        with self.lock:
            self.follow()
            if not self._looked_to:  # nothing was ever told: that is told
                with Reading(self._engine) as reading:
                    self._begin(reading, self.aliases, 0)
            if self._store is None:
                return ""
            with Writing(self._engine) as writing:
                return self._store.write(writing, self._looked_to, self.aliases.version)

    def _begin(self, reading: Reading, names: Aliases, newest: int) -> None:
        """Begin anew under these names, aside: until all is told, what was there answers."""
        self._is_ready = False
        self._arrivals.take(newest, newest)
        owners = Owners(self._engine, names)
        kept, standing, news, disk, store = begun(
            self._form,
            newest,
            newest_object(reading),
            self._snapshot,
            aliases=names.version,
            since=partial(_since, reading, names),
            read_back=partial(self._read_back, names),
            owner=owners,
        )
        reached = standing
        for told_to in _told(kept, standing, news):
            reached = told_to
        self.kept, self.aliases, self._owners, self._disk, self._store = kept, names, owners, disk, store
        self._standing, self._saved, self._looked_to = reached, standing.followed, newest

    def _go_on(self, reading: Reading, newest: int) -> None:
        """Take in what is new: what was handed over as it is, what is missing of it from the store."""
        names = self.aliases
        reached, told = self._arrivals.take(max(self._looked_to, self._standing.followed), newest)
        news: Iterable[Told] = ((sequence, names.occurrence(one)) for sequence, one in told)
        if reached < newest:
            news = chain(news, _since(reading, names, reached))
        for standing in _told(self.kept, self._standing, news):
            self._standing = standing
        self._looked_to = newest

    def _read_back(self, names: Aliases, evidence: Collection[str]) -> Iterable[Occurrence]:
        """What was told by events, as lineage was told it: under these names."""
        with Reading(self._engine) as reading:
            return [names.occurrence(told) for told in occurrences_by_key(reading, evidence)]


def _since(reading: Reading, names: Aliases, after: int) -> Iterator[Told]:
    """What was stored after a sequence number, under these names."""
    return ((sequence, names.occurrence(told)) for sequence, told in occurrences(reading, after))


def _told(kept: Kept, standing: Standing, news: Iterable[Told]) -> Iterator[Standing]:
    """Tell a lineage; how far it followed, now and then. Not all of a store need be in memory at once."""
    for some in chunks(news, _TAKEN_IN_AT_ONCE):
        kept.add([occurrence for _, occurrence in some])
        sequence, last = some[-1]
        yield Standing(sequence, last.evidence, standing.aliases)
