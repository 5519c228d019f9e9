"""Power cuts under the outbox that stations ship, on a disk that forgets what was not synced.

A life is three cuts of one disk, one after another, so that some fall into recovering from the one before.
On the way syncs fail and the disk is full for a while; the outbox mends itself, and work goes on.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from suyuan.readers.station import journal
from suyuan.readers.station.errors import OutboxDamaged, OutboxUnavailable
from suyuan.readers.station.journal import Entry
from suyuan.readers.station.outbox import FILE, Outbox, connect
from suyuan.simulator.durability.history import Verdict, judged, together
from suyuan.simulator.durability.torn_connection import TornConnection
from suyuan.simulator.durability.torn_disk import Disk, mounted

CUTS_OF_A_LIFE = 3
LONGEST = 500
"""Operations of the disk between two cuts."""
STATION = "dock"
_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_PADDING = "x" * 700


@dataclass(slots=True)
class Cuts:
    """What came of a campaign. ``in_recovery`` are cuts before the first record after another cut."""

    cuts: int = 0
    in_recovery: int = 0
    failed_syncs: int = 0
    full: int = 0
    verdict: Verdict = field(default_factory=lambda: Verdict(0, 0, 0, 0, 0, 0, 0, 0))
    corrupt: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong beside the power: shares of syncs that fail, and of writes that find the disk full."""

    failing: float = 0.01
    filling: float = 0.002


@dataclass(slots=True)
class _Life:
    """One disk and what was written to it; ``damaged`` once the outbox had to set its file aside."""

    folder: Path
    chance: Random
    normal: bool
    trouble: Trouble
    tried: set[str] = field(default_factory=set[str])
    acknowledged: set[str] = field(default_factory=set[str])
    damaged: bool = False


def power_cuts(
    folder: Path,
    cuts: int,
    *,
    seed: int,
    normal: bool = False,
    trouble: Trouble = Trouble(),
    tell: Callable[[str], None] = lambda _told: None,
) -> Cuts:
    """Cut the power ``cuts`` times or a little more, in an empty ``folder``.

    With ``normal`` commits are not durable, whatever the outbox asks for. The same seed cuts at the same
    places.
    """
    return asyncio.run(_power_cuts(folder, cuts, seed, normal, trouble, tell))


async def _power_cuts(
    folder: Path,
    cuts: int,
    seed: int,
    normal: bool,
    trouble: Trouble,
    tell: Callable[[str], None],
) -> Cuts:
    came = Cuts()
    lives = 0
    while came.cuts < cuts:
        life = _Life(folder, Random(f"{seed} {lives}"), normal, trouble)  # noqa: S311 (to be repeated)
        await _live(life, came)
        _clear(folder)
        lives += 1
        if lives % 500 == 0:
            tell(f"{came.cuts:,} cuts")
    return came


async def _live(life: _Life, came: Cuts) -> None:
    for cycle in range(CUTS_OF_A_LIFE):
        stable = {path.name: bytearray(path.read_bytes()) for path in _files(life.folder)}
        disk = Disk(
            life.chance,
            life.chance.randint(1, LONGEST),
            stable,
            failing=life.trouble.failing,
            filling=life.trouble.filling,
        )
        before = len(life.acknowledged)
        try:
            await _work(life, disk, cycle)
        except OutboxDamaged:
            life.damaged = True
            break
        if disk.surprises:
            raise AssertionError(disk.surprises)
        disk.cut(life.folder)
        came.cuts += 1
        came.in_recovery += cycle > 0 and len(life.acknowledged) == before
        came.failed_syncs += disk.failed
        came.full += disk.full
    _judge(life, came)


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def _files(folder: Path) -> list[Path]:
    """Those of the database: the lock is of no disk that matters. In an order that the next run has too."""
    return sorted(path for path in folder.iterdir() if path.name.startswith(FILE))


async def _work(life: _Life, disk: Disk, cycle: int) -> None:
    """Record until the power goes, and begin anew where the outbox could not even be opened."""
    records = _Records(cycle)
    opened: list[TornConnection] = []
    with mounted(disk) as vfs:

        def torn(path: Path) -> TornConnection:
            opened.append(TornConnection(path, vfs, normal=life.normal))
            return opened[-1]

        try:
            while not disk.off:
                await _run(life, disk, records, torn)
        finally:
            disk.off = True
            for db in opened:
                db.abandon()


async def _run(life: _Life, disk: Disk, records: _Records, connect: Callable[[Path], TornConnection]) -> None:
    """One run of a station's outbox."""
    outbox = Outbox(life.folder, STATION, now=lambda: _NOW, group_s=0.0, connect=connect, harden=disk.harden)
    try:
        async with outbox:
            while not disk.off:
                try:
                    await _record(life, outbox, records)
                except OutboxUnavailable:
                    continue  # as whoever works at the station does: once more
    except OutboxUnavailable:
        return


@dataclass(slots=True)
class _Records:
    """The names of records to come."""

    cycle: int
    count: int = 0

    def some(self, chance: Random) -> list[Entry]:
        """One to four of them."""
        first = self.count
        self.count += chance.randint(1, 4)
        return [_entry(self.cycle, number) for number in range(first, self.count)]


async def _record(life: _Life, outbox: Outbox, records: _Records) -> None:
    """Passes at one to three read points, whose records share a commit; now and then some are delivered."""
    groups = [records.some(life.chance) for _ in range(life.chance.randint(1, 3))]
    life.tried.update(one.event_id for group in groups for one in group)
    told = await asyncio.gather(*(outbox.append(group) for group in groups), return_exceptions=True)
    for group, numbers in zip(groups, told, strict=True):
        if not isinstance(numbers, BaseException):
            life.acknowledged.update(one.event_id for one in group)
    for numbers in told:
        if isinstance(numbers, BaseException):
            raise numbers
        if life.chance.random() < 0.1:  # noqa: PLR2004 (now and then)
            await outbox.count_attempt(numbers)
            await outbox.mark_sent(numbers, "job")


def _entry(cycle: int, number: int) -> Entry:
    return Entry(
        f"urn:uuid:{cycle}-{number}", {"type": "ObjectEvent", "padding": _PADDING}, _NOW, 0.0, "boot"
    )


def _judge(life: _Life, came: Cuts) -> None:
    rows: list[tuple[int, str]] = []
    following = 0
    try:
        if not life.damaged:
            with closing(connect(life.folder / FILE)) as db:
                journal.prepare(db, STATION)
                rows = db.execute("SELECT sequence, event_id FROM outbox ORDER BY rowid").fetchall()
                (following,) = journal.append(db, [_entry(CUTS_OF_A_LIFE, 0)])
    except (journal.Corrupt, sqlite3.DatabaseError):
        life.damaged = True
    came.corrupt += life.damaged
    found = judged(life.tried, life.acknowledged, ((STATION, number, name) for number, name in rows))
    if not life.damaged and following != len(rows) + 1:
        raise AssertionError(f"after {len(rows)} records the next had the number {following}")
    came.verdict = together((came.verdict, found))
