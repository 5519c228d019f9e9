"""The durable outbox of a station: an event is acknowledged only after the commit that makes it safe.

One thread owns the SQLite connection. Events that arrive while a commit is under way, or within a few
milliseconds, share the next one: a disk that syncs 500 times a second would otherwise be the limit.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import stat
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import structlog

from suyuan.readers.station import journal, lately, memory, undo
from suyuan.readers.station.device_key import sync_folder
from suyuan.readers.station.errors import OutboxDamaged, OutboxTaken, OutboxUnavailable
from suyuan.readers.station.journal import Entry, Queue, Waiting
from suyuan.readers.station.memory import Connection
from suyuan.readers.station.room import LIMIT, Room, admit, room
from suyuan.readers.station.steps import Known

log = structlog.get_logger(__name__)
_T = TypeVar("_T")
FILE = "outbox.sqlite"
GROUP_S = 0.005
MOST_IN_GROUP = 500
_ASIDE = ".damaged-"
_TRIAL = "trial"
_BLOCK = 1 << 20
_OWN_FOLDER, _OWN_FILE, _OTHERS = 0o700, 0o600, 0o077
_CORRUPT = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def connect(path: Path) -> Connection:
    """A connection in autocommit mode for one thread (at a time).

    The file that is made is this user's alone, and so are those that SQLite makes beside it: they take over
    its mode.
    """
    with suppress(OSError):  # it is there, or else SQLite says why it cannot be made
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWN_FILE))
    return sqlite3.connect(path, timeout=10.0, isolation_level=None, check_same_thread=False)


def _make_durably(folder: Path, mode: int = 0o777) -> None:
    """Make a folder so that a power cut does not take it away again, with all that was stored in it."""
    if folder.is_dir():
        return
    _make_durably(folder.parent)
    folder.mkdir(mode, exist_ok=True)
    sync_folder(folder.parent)


def _tell_if_open(folder: Path) -> None:
    """Tell in the log that others on this machine can get at the records; it is theirs to change who may."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & _OTHERS:
        log.warning(
            "outbox.folder_open_to_others", folder=str(folder), mode=f"{mode:04o}", do=f"chmod 700 {folder}"
        )


def harden(log: Path) -> None:
    """Write the bytes of a write-ahead log over themselves, and see them to the disk.

    After a failed fsync Linux takes what it could not write for written: it can be read, is not on the disk,
    and no later fsync writes it (PostgreSQL's "fsyncgate"). SQLite, which reads it, would copy it into the
    file, and lose what it had acknowledged if the power failed meanwhile. Written anew, it is written.

    Raises:
        OSError: the disk does not take it; then nothing may be built on it.
    """
    handle = os.open(log, os.O_RDWR | os.O_CLOEXEC)
    try:
        place = 0
        while block := os.pread(handle, _BLOCK, place):
            place += os.pwrite(handle, block, place)
        os.fsync(handle)
    finally:
        os.close(handle)
    sync_folder(log.parent)  # SQLite does so with the first sync of a log, which may be the one that failed


class Outbox:
    """The outbox in ``folder``: an async context manager.

    Args:
        folder: made if it is not there; locked against a second process.
        station: whose sequence it is.
        party: in whose name events are recorded and sent; what was recorded for another stays apart.
        first_sequence: where the sequence of a new outbox begins.
        now: aware UTC, for purging and for the name of a damaged file.
        group_s: how long the first event of a group waits for others.
        limit: bytes that records may take.
        connect: opens the database.
        harden: in place of the function of this name, where the disk is not the machine's.
    """

    def __init__(
        self,
        folder: Path,
        station: str,
        *,
        now: Callable[[], datetime],
        party: str = "",
        first_sequence: int = 1,
        group_s: float = GROUP_S,
        limit: int = LIMIT,
        connect: Callable[[Path], Connection] = connect,
        harden: Callable[[Path], None] | None = None,
    ) -> None:
        self.path = folder / FILE
        self._station = station
        self._party = party
        self._first = first_sequence
        self._now = now
        self._group_s = group_s
        self._limit = limit
        self._connect = connect
        self._own_harden = harden
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="outbox")
        self._db: Connection | None = None
        self._lock: int | None = None
        self._pending: list[tuple[Sequence[Entry], asyncio.Future[list[int]]]] = []
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._closing = False
        self._doubtful = False
        self.failure: str = ""
        """Why the last write failed; empty while all is well."""

    async def __aenter__(self) -> Self:
        try:
            await self._in_thread(self._open)
        except BaseException:
            self._release()
            raise
        self._writer = asyncio.create_task(self._write(), name="outbox")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._closing = True
            self._wake.set()
            await asyncio.wait([self._writer])  # to its own end: who waits for a group under way is told
        await self._in_thread(self._close)
        self._release()

    @property
    def station(self) -> str:
        """Whose sequence it is."""
        return self._station

    async def append(self, entries: Sequence[Entry]) -> list[int]:
        """Store events and return their sequence numbers once they are on the disk.

        Raises:
            OutboxUnavailable: they could not be stored; nothing of them is acknowledged.
            OutboxDamaged: the file is corrupt and was set aside.
        """
        done: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self._pending.append((entries, done))
        self._wake.set()
        return await done

    async def known(self, keys: Sequence[str]) -> dict[str, Known]:
        """What this station remembers of ``keys``."""
        return await self._call(lambda db: memory.known(db, keys))

    async def recollect(self, ask: memory.Ask) -> memory.Recollection:
        """What this station remembers of all that a judgement can come to look at."""
        return await self._call(lambda db: memory.recollect(db, ask))

    async def lately(self, now: lately.Moment, within_s: float) -> list[lately.Passed]:
        """What passed in the last ``within_s`` by this station's records, the newest first."""
        return await self._call(lambda db: lately.passed(db, now, within_s, self._party))

    async def done(self, order_id: str) -> dict[str, Any] | None:
        """The outcome noted with the event of an order."""
        return await self._call(lambda db: journal.done(db, order_id))

    async def last(self, read_point: str, now: datetime, mono: float, boot_id: str) -> undo.Last | None:
        """The last event of ``read_point``; the moment is given so that its age can be told."""
        return await self._call(lambda db: undo.last(db, read_point, now, mono, boot_id, self._party))

    async def undo(self, read_point: str, claim: undo.Claim) -> undo.Undone:
        """Declare the last event of ``read_point`` wrong; returns once that is on the disk.

        Raises:
            NothingToUndo: there is none that can be undone.
            OutboxUnavailable: it could not be stored; the event stands.
        """
        return await self._call(lambda db: journal.declare_wrong(db, read_point, claim, self._party))

    async def waiting(self, limit: int, most_bytes: int | None = None) -> list[Waiting]:
        """The first unconfirmed events, up to ``limit`` and as many as have ``most_bytes``: at least one."""
        return await self._call(lambda db: journal.waiting(db, limit, self._party, most_bytes))

    async def count_attempt(self, sequences: Sequence[int]) -> None:
        """Note that these are about to be sent."""
        await self._call(lambda db: journal.count_attempt(db, sequences))

    async def mark_sent(self, sequences: Sequence[int], receipt: str) -> None:
        """Note that the server has these."""
        now = self._now()
        await self._call(lambda db: journal.mark_sent(db, sequences, now, receipt))

    async def mark_refused(self, sequence: int, words: str) -> None:
        """Park an event that the server refuses."""
        await self._call(lambda db: journal.mark_refused(db, sequence, words))

    async def retry(self) -> int:
        """Let what was refused wait again; how many there were.

        Raises:
            OutboxUnavailable: that could not be noted.
        """
        return await self._call(lambda db: journal.retry(db, self._party))

    async def queue(self) -> Queue:
        """How much waits, and what is kept apart."""
        return await self._call(lambda db: journal.queue(db, self._party))

    async def room(self) -> Room:
        """How much room there is."""
        return await self._call(lambda db: room(db, self.path.parent, self._limit))

    async def try_again(self) -> None:
        """See by a small commit whether the disk takes records again after a failure; then it is forgotten.

        Raises:
            OutboxUnavailable: it does not.
            OutboxDamaged: the file is corrupt and was set aside.
        """
        await self.keep(_TRIAL, b"")
        self.failure = ""

    async def purge(self) -> int:
        """Delete what was delivered long ago."""
        now = self._now()
        return await self._call(lambda db: journal.purge(db, now))

    async def keep(self, name: str, value: bytes) -> None:
        """Store a small value durably: also if who waits for it is cancelled, before the outbox closes."""
        await asyncio.shield(self._call(lambda db: journal.keep(db, name, value)))

    async def kept(self, name: str) -> bytes | None:
        """The value stored under ``name``."""
        return await self._call(lambda db: journal.kept(db, name))

    async def within(self, work: Callable[[Connection], _T]) -> _T:
        """Carry ``work`` out in one transaction; returns once that is on the disk.

        Raises:
            OutboxUnavailable: it could not be stored, and nothing of it is.
            OutboxDamaged: the file is corrupt and was set aside.
        """

        def transacted(db: Connection) -> _T:
            with journal.transaction(db):
                return work(db)

        return await self._call(transacted)

    # The writer

    async def _write(self) -> None:
        while self._pending or not self._closing:
            await self._wake.wait()
            await asyncio.sleep(self._group_s)
            self._wake.clear()
            while self._pending:
                await self._write_group(self._take_group())

    def _take_group(self) -> list[tuple[Sequence[Entry], asyncio.Future[list[int]]]]:
        size = count = 0
        for entries, _ in self._pending:
            if count and size + len(entries) > MOST_IN_GROUP:
                break
            size, count = size + len(entries), count + 1
        group, self._pending = self._pending[:count], self._pending[count:]
        return group

    async def _write_group(self, group: list[tuple[Sequence[Entry], asyncio.Future[list[int]]]]) -> None:
        """Store the group and tell each who waits, whatever comes of it: the next group has its turn."""
        entries = [entry for part, _ in group for entry in part]
        work = asyncio.ensure_future(self._call(lambda db: self._append(db, entries)))
        await asyncio.wait([work])
        error = work.exception()
        if error is not None:
            for _, done in group:
                if not done.done():
                    done.set_exception(error)
            return
        self.failure, numbers = "", work.result()
        for part, done in group:
            if not done.done():  # its step may have been given up meanwhile; the event is stored all the same
                done.set_result(numbers[: len(part)])
            del numbers[: len(part)]

    def _append(self, db: Connection, entries: Sequence[Entry]) -> list[int]:
        try:
            admit(db, self._limit)
        except OutboxUnavailable as error:
            self.failure = error.detail
            raise
        return journal.append(db, entries, self._party)

    # Inside the thread

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _call(self, work: Callable[[Connection], _T]) -> _T:
        return await self._in_thread(lambda: self._guarded(work))

    def _guarded(self, work: Callable[[Connection], _T]) -> _T:
        """Do ``work``; after a failure the connection is given up, and the next work opens it anew."""
        try:
            return work(self._open())
        except sqlite3.DatabaseError as error:
            raise self._failed(error) from error

    def _open(self) -> Connection:
        if self._doubtful:
            self._give_up()
        if self._db is not None:
            return self._db
        self._lock_folder()
        self._refuse_after_damage()
        self._harden()
        try:
            db = self._connect(self.path)
            try:
                journal.prepare(db, self._station, self._first, party=self._party)
            except BaseException:
                db.close()
                raise
        except sqlite3.DatabaseError as error:
            raise self._failed(error) from error
        except journal.Corrupt as error:
            raise self._set_aside(str(error)) from error
        self._db = db
        return db

    def _lock_folder(self) -> None:
        if self._lock is not None:
            return
        try:
            _make_durably(self.path.parent, _OWN_FOLDER)
            _tell_if_open(self.path.parent)
            lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWN_FILE)
        except OSError as error:
            raise OutboxUnavailable(
                "The data folder cannot be used: {reason}.",
                where=str(self.path.parent),
                remedy="Check that the folder is writable and the disk is not full.",
                reason=error.strerror or str(error),
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise OutboxTaken(
                "Another process uses the data folder {folder}.",
                where=str(self.path.parent),
                remedy="Stop it, or give this station its own folder.",
                folder=str(self.path.parent),
            ) from error
        self._lock = lock

    def _refuse_after_damage(self) -> None:
        """A new, empty outbox beside a damaged one would begin its sequence anew behind everybody's back."""
        aside = sorted(self.path.parent.glob(FILE + _ASIDE + "*"))
        if aside and not self.path.exists():
            raise OutboxDamaged(
                "The outbox was damaged and set aside as {name}; unsent records may be in it.",
                where=str(aside[-1]),
                remedy="Keep that file for rescue and move it elsewhere. Then set station.first_sequence"
                " above the last number the platform has, and start again.",
                name=aside[-1].name,
            )

    def _failed(self, error: sqlite3.DatabaseError) -> OutboxUnavailable | OutboxDamaged:
        """What ``error`` means to us; the connection is given up, so that the next call opens it anew."""
        name = getattr(error, "sqlite_errorname", "") or ""
        reason = str(error)
        self._doubtful = self._db is not None
        with suppress(OutboxUnavailable):  # tried again before anything else is done
            self._give_up()
        if name.startswith(_CORRUPT):
            return self._set_aside(reason)
        self.failure = reason
        return OutboxUnavailable(
            "The outbox cannot store records: {reason}.",
            where=str(self.path),
            remedy="Check that the disk is there, writable and not full; the step must be done again.",
            reason=reason,
        )

    def _set_aside(self, reason: str) -> OutboxDamaged:
        stamp = self._now().strftime("%Y%m%dT%H%M%SZ")
        name = FILE + _ASIDE + stamp
        for suffix in ("", "-wal", "-shm"):
            part = self.path.with_name(FILE + suffix)
            if part.exists():
                part.rename(self.path.with_name(name + suffix))
        self.failure = reason
        return OutboxDamaged(
            "The outbox is corrupt ({reason}) and was set aside as {name}.",
            where=str(self.path),
            remedy="Keep that file for rescue and have the disk checked; no new outbox is made by itself.",
            reason=reason,
            name=name,
        )

    def _harden(self) -> None:
        """See that what the log holds is on the disk, before SQLite builds on it."""
        log = self.path.with_name(FILE + "-wal")
        try:
            if log.exists():
                (self._own_harden or harden)(log)
        except OSError as error:
            self.failure = error.strerror or str(error)
            raise OutboxUnavailable(
                "The disk does not take the records' log: {reason}.",
                where=str(log),
                remedy="Check the disk; the station goes on by itself once it takes it.",
                reason=self.failure,
            ) from error

    def _give_up(self) -> None:
        """Close the connection, which copies the log into the file: after a failure, once that is safe."""
        if self._doubtful:
            self._harden()
            self._doubtful = False
        db, self._db = self._db, None
        if db is not None:
            try:
                db.close()
            except sqlite3.DatabaseError as error:
                self.failure = str(error)

    def _close(self) -> None:
        with suppress(OutboxUnavailable):  # what is not on the disk was not acknowledged
            self._give_up()

    def _release(self) -> None:
        self._thread.shutdown(wait=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
