"""Power cuts under the outbox: the station's own statements, on a disk that forgets what was not synced.

A life is three cuts of one disk, one after another, so that some fall into recovering from the one before.
On the way syncs fail and the disk is full for a while; then, as the station does, the file is opened anew and
work goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import apsw

from suyuan.readers.station import journal
from suyuan.readers.station.journal import Entry
from suyuan.readers.station.outbox import FILE
from suyuan.simulator.durability.history import Verdict, judged, together
from suyuan.simulator.durability.torn_disk import Disk, mounted, opened

CUTS_OF_A_LIFE = 3
LONGEST = 500
"""Operations of the disk between two cuts."""
NORMAL = 1
"""``PRAGMA synchronous`` as it is widely advised for WAL, and must not be."""
STATION = "dock"
_TROUBLES = (apsw.IOError, apsw.FullError, apsw.CantOpenError)
_BROKEN = (journal.Corrupt, apsw.CorruptError, apsw.NotADBError)
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
    """One disk and what was written to it."""

    folder: Path
    chance: Random
    synchronous: int
    trouble: Trouble
    tried: set[str] = field(default_factory=set[str])
    acknowledged: set[str] = field(default_factory=set[str])


def power_cuts(
    folder: Path,
    cuts: int,
    *,
    seed: int,
    synchronous: int = journal.FULL,
    trouble: Trouble = Trouble(),
    tell: Callable[[Cuts], None] | None = None,
) -> Cuts:
    """Cut the power ``cuts`` times or a little more, in an empty ``folder``; ``tell`` hears of each hundred.

    The same seed cuts at the same places. Some 200 cuts a second of a processor.
    """
    came = Cuts()
    lives = 0
    while came.cuts < cuts:
        life = _Life(folder, Random(f"{seed} {lives}"), synchronous, trouble)  # noqa: S311 (to be repeated)
        _live(life, came)
        for path in folder.iterdir():
            path.unlink()
        lives += 1
        if tell is not None and lives % 100 == 0:
            tell(came)
    return came


def _live(life: _Life, came: Cuts) -> None:
    for cycle in range(CUTS_OF_A_LIFE):
        stable = {path.name: bytearray(path.read_bytes()) for path in life.folder.iterdir()}
        disk = Disk(
            life.chance,
            life.chance.randint(1, LONGEST),
            stable,
            failing=life.trouble.failing,
            filling=life.trouble.filling,
        )
        before = len(life.acknowledged)
        try:
            _work(life, disk, cycle)
        except _BROKEN:
            break
        if disk.surprises:
            raise AssertionError(disk.surprises)
        disk.cut(life.folder)
        came.cuts += 1
        came.in_recovery += cycle > 0 and len(life.acknowledged) == before
        came.failed_syncs += disk.failed
        came.full += disk.full
    _judge(life, came)


def _work(life: _Life, disk: Disk, cycle: int) -> None:
    """Record until the power goes; whatever else goes wrong, open the file anew and go on."""
    path = life.folder / FILE
    log = path.with_name(f"{FILE}-wal")
    records = _Records(cycle)
    with mounted(disk) as vfs:
        while not disk.off:
            with suppress(*_TROUBLES):
                disk.harden(log)
                with opened(path, vfs) as db:
                    try:
                        _record(life, db, records)
                    except _TROUBLES:
                        _until_it_takes_it(disk, log)


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


def _record(life: _Life, db: Any, records: _Records) -> None:
    db.execute("PRAGMA wal_autocheckpoint=20")
    journal.prepare(db, STATION, synchronous=life.synchronous)
    while True:
        group = records.some(life.chance)
        life.tried.update(one.event_id for one in group)
        numbers = journal.append(db, group)
        life.acknowledged.update(one.event_id for one in group)
        if life.chance.random() < 0.2:  # noqa: PLR2004 (now and then some are delivered)
            journal.count_attempt(db, numbers)
            journal.mark_sent(db, numbers, _NOW, "job")


def _until_it_takes_it(disk: Disk, log: Path) -> None:
    """As the outbox does before it closes a connection that failed: closing copies the log into the file."""
    while not disk.off:
        with suppress(*_TROUBLES):
            disk.harden(log)
            return


def _entry(cycle: int, number: int) -> Entry:
    return Entry(
        f"urn:uuid:{cycle}-{number}", {"type": "ObjectEvent", "padding": _PADDING}, _NOW, 0.0, "boot"
    )


def _judge(life: _Life, came: Cuts) -> None:
    path = life.folder / FILE
    rows: list[tuple[int, str]] = []
    db: Any = apsw.Connection(str(path))
    try:
        journal.prepare(db, STATION)
        rows = db.execute("SELECT sequence, event_id FROM outbox ORDER BY rowid").fetchall()
        highest = len(rows)
        (following,) = journal.append(db, [_entry(CUTS_OF_A_LIFE, 0)])
    except _BROKEN:
        came.corrupt += 1
        highest, following = 0, 1
    finally:
        db.close()
    found = judged(life.tried, life.acknowledged, ((STATION, number, name) for number, name in rows))
    if following != highest + 1:
        raise AssertionError(f"after {highest} records the next had the number {following}")
    came.verdict = together((came.verdict, found))
