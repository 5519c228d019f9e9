"""How much room the outbox's file has, said before it is over: its own limit, and the disk's.

The limit keeps a station that is offline for weeks from filling the disk of its machine. Delivered records
are kept for a week where there is room; where it grows short they go first, the oldest before the others.
What the station remembers of things for 400 days is in the same file: where that alone takes the room, no
delivery makes any, and only a higher limit helps.
Functions over a connection, inside the thread of :mod:`suyuan.readers.station.outbox`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from suyuan.readers.station.errors import OutboxUnavailable
from suyuan.readers.station.memory import Connection

LIMIT = 2 << 30
"""Bytes; some two million records."""
SOON = 0.80
FULL = 0.95
"""Of the limit. What is left above it is for notes of what was delivered, without which nothing gets free."""
LITTLE_FREE = 200 << 20
"""Bytes free on the disk below which it is told."""
NOTHING_FREE = 1 << 20
"""Bytes free on the disk below which the next commit may find no room: SQLite's log grows with each."""
_AT_ONCE = 5_000  # delivered records let go by one transaction
_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes that the file takes, of at most ``limit``; bytes ``free`` on the disk, which may be read-only.

    ``waits``: delivery will make room. ``delivered``: there are records that can be let go.
    """

    used: int
    limit: int
    free: int
    read_only: bool = False
    waits: bool = True
    delivered: bool = False

    @property
    def full(self) -> bool:
        """Whether no more records are taken."""
        return self.used >= FULL * self.limit and not self.delivered

    @property
    def short(self) -> bool:
        """Whether it is time to say so."""
        return self.used >= SOON * self.limit or self.free < LITTLE_FREE

    def as_fields(self) -> dict[str, object]:
        """In whole megabytes, for a message."""
        return {"used": self.used // _MB, "limit": self.limit // _MB, "free": self.free // _MB}


def room(db: Connection, folder: Path, limit: int) -> Room:
    """How much there is now: five look-ups, no reading of records.

    Raises:
        OutboxUnavailable: the folder is gone.
    """
    try:
        disk = os.statvfs(folder)
    except OSError as error:
        raise OutboxUnavailable(
            "The data folder cannot be used: {reason}.",
            where=str(folder),
            remedy="Check that the disk is there; the station goes on by itself once it is.",
            reason=error.strerror or str(error),
        ) from error
    free = disk.f_bavail * disk.f_frsize
    read_only = bool(disk.f_flag & os.ST_RDONLY)
    return Room(_used(db), limit, free, read_only, _waits(db), _is_there(db, "sent_at IS NOT NULL"))


def admit(db: Connection, limit: int) -> None:
    """Return if another record may be stored, having let delivered ones go where that was needed.

    Raises:
        OutboxUnavailable: there is no room within the limit.
    """
    while _used(db) >= FULL * limit:
        if not _let_go(db):
            if _waits(db):
                raise OutboxUnavailable(
                    "Records have taken the {limit} MB that they may",
                    where="station.outbox_limit_mb",
                    remedy="Bring the platform back, so that they are delivered, or raise the limit.",
                    limit=limit // _MB,
                )
            raise OutboxUnavailable(
                "What the station remembers has taken the {limit} MB that it may",
                where="station.outbox_limit_mb",
                remedy="Raise outbox_limit_mb and start the station anew.",
                limit=limit // _MB,
            )


def _waits(db: Connection) -> bool:
    return _is_there(db, "sent_at IS NULL AND refused IS NULL")


def _is_there(db: Connection, which: str) -> bool:
    return db.execute(f"SELECT 1 FROM outbox WHERE {which} LIMIT 1").fetchone() is not None  # noqa: S608


def _used(db: Connection) -> int:
    pages, free, size = (
        db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _let_go(db: Connection) -> bool:
    """Delete the oldest of what was delivered, in one statement; whether there was any."""
    oldest = "SELECT sequence FROM outbox WHERE sent_at IS NOT NULL ORDER BY sequence LIMIT ?"
    gone = db.execute(
        f"DELETE FROM outbox WHERE sequence IN ({oldest}) RETURNING sequence",  # noqa: S608 (a constant)
        (_AT_ONCE,),
    ).fetchall()
    return bool(gone)
