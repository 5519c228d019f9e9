"""Power cuts under the outbox: a disk that forgets what was not synced loses nothing that was acknowledged.

``SUYUAN_POWER_CUTS`` sets the number of cuts (50; a campaign runs 10,000). The disk is a SQLite VFS: writes
go to a buffer that a cut drops, keeps or tears, write by write, in 512-byte sectors; a sync makes them stay.
Not modelled: lost directory entries, and disks that lie about syncing.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
import pytest

from suyuan.readers.station import journal
from suyuan.readers.station.journal import Entry

CUTS = int(os.environ.get("SUYUAN_POWER_CUTS", "50"))
NORMAL = 1
SECTOR = 512
NOW = datetime(2026, 11, 21, tzinfo=UTC)


@dataclass
class Disk:
    """The files as they would be found after a cut, and the writes that are not safe yet."""

    chance: random.Random
    cut_after: int
    stable: dict[str, bytearray] = field(default_factory=dict[str, bytearray])
    loose: dict[str, list[tuple[int, bytes | None]]] = field(
        default_factory=dict[str, list[tuple[int, bytes | None]]]
    )
    steps: int = 0
    off: bool = False
    surprises: list[str] = field(default_factory=list[str])

    def step(self) -> None:
        """One operation; the power goes before the one numbered ``cut_after``."""
        self.steps += 1
        if self.off or self.steps > self.cut_after:
            self.off = True
            raise apsw.IOError

    def write(self, name: str, offset: int, data: bytes | None) -> None:
        self.loose.setdefault(name, []).append((offset, data))

    def sync(self, name: str) -> None:
        for offset, data in self.loose.pop(name, []):
            self._apply(name, offset, data)

    def delete(self, name: str) -> None:
        self.stable.pop(name, None)
        self.loose.pop(name, None)

    def _apply(self, name: str, offset: int, data: bytes | None) -> None:
        content = self.stable.setdefault(name, bytearray())
        if data is None:
            del content[offset:]
            return
        content.extend(bytes(max(0, offset + len(data) - len(content))))
        content[offset : offset + len(data)] = data

    def unheard(self, args: sys.UnraisableHookArgs) -> None:
        """What SQLite cannot raise because it is tidying up: after a cut, only the cut itself."""
        if not (self.off and issubclass(args.exc_type, apsw.IOError)):
            self.surprises.append(repr(args.exc_value))

    def cut(self, folder: Path) -> None:
        """Write what survives into ``folder``: of each loose write all, nothing, or some of its sectors."""
        for name, writes in self.loose.items():
            for offset, data in writes:
                fate = self.chance.random()
                if data is None or fate < 0.3:
                    self._apply(name, offset, data)
                elif fate < 0.6:
                    for start in range(0, len(data), SECTOR):
                        if self.chance.random() < 0.5:
                            self._apply(name, offset + start, data[start : start + SECTOR])
        for path in folder.iterdir():
            path.unlink()
        for name, content in self.stable.items():
            if not name.endswith("-shm"):
                (folder / name).write_bytes(content)


class CutFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        path = name if isinstance(name, str) else name.filename()
        self._name = Path(path).name
        self._disk = disk

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.step()
        self._disk.write(self._name, offset, bytes(data))
        usual: Any = super()
        usual.xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.step()
        self._disk.write(self._name, newsize, None)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.step()
        del flags
        self._disk.sync(self._name)  # the real file need not be synced: the modelled one is what survives


class CutVFS(apsw.VFS):
    def __init__(self, name: str, disk: Disk) -> None:
        self._disk = disk
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> CutFile:  # noqa: N802 - SQLite's name
        return CutFile(self._disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - SQLite's name and call
        self._disk.step()
        self._disk.delete(Path(filename).name)
        super().xDelete(filename, syncdir)


@contextmanager
def powered(path: Path, disk: Disk) -> Generator[Any, None, None]:
    vfs = CutVFS(f"cut-{id(disk)}", disk)
    db = apsw.Connection(str(path), vfs=f"cut-{id(disk)}")
    usual, sys.unraisablehook = sys.unraisablehook, disk.unheard
    try:
        yield db
    finally:
        disk.off = True
        with suppress(apsw.Error):
            db.close()
        vfs.unregister()
        sys.unraisablehook = usual


def entry(cycle: int, number: int) -> Entry:
    body = {"type": "ObjectEvent", "padding": "x" * 700}
    return Entry(f"urn:uuid:{cycle}-{number}", body, NOW, 0.0, "boot")


def work_until_the_cut(path: Path, disk: Disk, cycle: int, synchronous: int) -> tuple[set[str], set[str]]:
    """Append until the power goes; returns what was attempted and what was acknowledged."""
    tried: set[str] = set()
    acknowledged: set[str] = set()
    with powered(path, disk) as db, suppress(apsw.Error):
        db.execute("PRAGMA wal_autocheckpoint=20")
        journal.prepare(db, "s", synchronous=synchronous)
        number = 0
        while True:
            group = [entry(cycle, number + i) for i in range(disk.chance.randint(1, 4))]
            number += len(group)
            tried.update(e.event_id for e in group)
            journal.append(db, group)
            acknowledged.update(e.event_id for e in group)
    return tried, acknowledged


def cycle_of_cuts(folder: Path, seed: int, synchronous: int) -> tuple[int, int]:
    """Three cuts in a row on one disk; returns the acknowledged and the lost."""
    chance = random.Random(seed)
    path = folder / "outbox.sqlite"
    tried: set[str] = set()
    acknowledged: set[str] = set()
    for cycle in range(3):
        stable = {p.name: bytearray(p.read_bytes()) for p in folder.iterdir()}
        disk = Disk(chance, chance.randint(1, 200), stable)
        more_tried, more_acknowledged = work_until_the_cut(path, disk, cycle, synchronous)
        tried |= more_tried
        acknowledged |= more_acknowledged
        assert disk.surprises == []
        disk.cut(folder)
    db: Any = apsw.Connection(str(path))
    try:
        journal.prepare(db, "s")  # raises if the file is corrupt
        rows = db.execute("SELECT sequence, event_id FROM outbox ORDER BY sequence").fetchall()
        assert [row[0] for row in rows] == list(range(1, len(rows) + 1)), f"seed {seed}: gaps"
        stored = {row[1] for row in rows}
        assert stored <= tried, f"seed {seed}: something was made up"
        (next_number,) = journal.append(db, [entry(9, 9)])
        assert next_number == len(rows) + 1
    finally:
        db.close()
    return len(acknowledged), len(acknowledged - stored)


def campaign(folder: Path, cuts: int, synchronous: int) -> tuple[int, int]:
    total = lost = 0
    for seed in range(cuts):
        place = folder / str(seed)
        place.mkdir()
        one_total, one_lost = cycle_of_cuts(place, seed, synchronous)
        total, lost = total + one_total, lost + one_lost
        for path in place.iterdir():
            path.unlink()
    return total, lost


@pytest.mark.slow
def test_no_acknowledged_event_is_lost(tmp_path: Path) -> None:
    total, lost = campaign(tmp_path, CUTS, journal.FULL)
    assert total > CUTS, "the campaign acknowledged too little to mean anything"
    assert lost == 0


@pytest.mark.slow
def test_the_same_test_finds_what_the_usual_setting_loses(tmp_path: Path) -> None:
    _, lost = campaign(tmp_path, 50, NORMAL)
    assert lost > 0
