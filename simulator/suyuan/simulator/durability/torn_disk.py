"""A disk whose power is cut: a SQLite VFS over real files, which remembers what of them is safe.

Whatever was written and not synced may survive a cut whole, in part, or not at all, write by write; a write
is torn in its 512-byte sectors, a shorter one anywhere. The name of a new file survives once its directory is
synced, which SQLite does with the first sync of a journal or log. A sync may fail: then the writes before it
stay readable and are never written again, as Linux does it. The disk may be full for a while.

Not modelled: a disk that says it has synced and has not.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import apsw

SECTOR = 512
_JOURNALS = ("-wal", "-journal")
_KEPT, _TORN = 0.3, 0.6
"""Below the first a loose write survives a cut as a whole, below the second in part."""


@dataclass(slots=True)
class Disk:
    """The files as they would be found after a cut, and the writes that are not safe yet.

    The power goes at the operation after ``cut_after`` of them. Of syncs ``failing`` go wrong (a share), of
    writes ``filling`` begin a time in which the disk is full.
    """

    chance: Random
    cut_after: int
    stable: dict[str, bytearray] = field(default_factory=dict[str, bytearray])
    failing: float = 0.0
    filling: float = 0.0
    steps: int = 0
    off: bool = False
    failed: int = 0
    full: int = 0
    surprises: list[str] = field(default_factory=list[str])
    _loose: dict[str, list[tuple[int, bytes | None]]] = field(
        default_factory=dict[str, list[tuple[int, bytes | None]]]
    )
    _named: set[str] = field(default_factory=set[str])
    _gone: dict[str, bytearray] = field(default_factory=dict[str, bytearray])
    _full_until: int = 0

    def __post_init__(self) -> None:
        self._named.update(self.stable)

    def step(self) -> None:
        """One operation; from the cut on, every one fails."""
        self.steps += 1
        if self.off or self.steps > self.cut_after:
            self.off = True
            raise apsw.IOError

    def write(self, name: str, offset: int, data: bytes | None) -> None:
        """Take a write, or with None a truncation to ``offset``."""
        if data is not None and self._is_full():
            raise apsw.FullError
        self._loose.setdefault(name, []).append((offset, data))

    def _is_full(self) -> bool:
        if self.steps >= self._full_until and self.chance.random() < self.filling:
            self._full_until = self.steps + self.chance.randint(1, 20)
            self.full += 1
        return self.steps < self._full_until

    def sync(self, name: str) -> None:
        """Make what was written to ``name`` safe, or fail and forget that it is not."""
        loose = self._loose.pop(name, [])
        if loose and self.chance.random() < self.failing:
            self.failed += 1
            for offset, data in loose:
                self._survive(name, offset, data)
            raise apsw.IOError
        for offset, data in loose:
            self._apply(name, offset, data)
        self.stable.setdefault(name, bytearray())
        if name.endswith(_JOURNALS) and name not in self._named:
            self._named.update({*self.stable, *self._loose})
            self._gone.clear()

    def harden(self, path: Path) -> None:
        """Write a file over itself and sync it, as the station does with its log.

        Raises:
            OSError: the disk does not take it.
        """
        try:
            self.step()
            self._loose.setdefault(path.name, []).append((0, path.read_bytes()))
            self.step()
            self.sync(path.name)
        except apsw.Error as error:
            raise OSError(errno.EIO, "the imagined disk fails") from error

    def delete(self, name: str, *, durably: bool) -> None:
        """Take a file out of its directory; without syncing that, it may be back after a cut."""
        content = self.stable.pop(name, None)
        self._loose.pop(name, None)
        if content is not None and name in self._named and not durably:
            self._gone[name] = content
        self._named.discard(name)
        if durably:
            self._gone.clear()

    def cut(self, folder: Path) -> None:
        """Write what survives into ``folder``, in place of what is there."""
        for name, writes in self._loose.items():
            for offset, data in writes:
                self._survive(name, offset, data)
        found = {
            name: content
            for name, content in self.stable.items()
            if name in self._named or self.chance.random() < 0.5  # noqa: PLR2004 (as likely as not)
        }
        found |= {name: old for name, old in self._gone.items() if self.chance.random() < 0.5}  # noqa: PLR2004
        for path in folder.iterdir():
            path.unlink()
        for name, content in found.items():
            if not name.endswith("-shm"):
                (folder / name).write_bytes(content)

    def unheard(self, args: sys.UnraisableHookArgs) -> None:
        """What SQLite cannot raise because it is tidying up: troubles of this disk are no surprise."""
        if not issubclass(args.exc_type, apsw.IOError | apsw.FullError):
            self.surprises.append(repr(args.exc_value))

    def _survive(self, name: str, offset: int, data: bytes | None) -> None:
        """A write that was not synced: all of it, some of its sectors, or nothing."""
        fate = self.chance.random()
        if fate < _KEPT:
            self._apply(name, offset, data)
        elif data is not None and fate < _TORN:
            if len(data) < SECTOR:
                self._apply(name, offset, data[: self.chance.randrange(len(data) + 1)])
                return
            for start in range(0, len(data), SECTOR):
                if self.chance.random() < 0.5:  # noqa: PLR2004 (as likely as not)
                    self._apply(name, offset + start, data[start : start + SECTOR])

    def _apply(self, name: str, offset: int, data: bytes | None) -> None:
        content = self.stable.setdefault(name, bytearray())
        if data is None:
            del content[offset:]
            return
        content.extend(bytes(max(0, offset + len(data) - len(content))))
        content[offset : offset + len(data)] = data


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        path = name if isinstance(name, str) else name.filename()
        self._name = Path(path).name
        self._disk = disk

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802 (SQLite's name)
        self._disk.step()
        self._disk.write(self._name, offset, bytes(data))
        usual: Any = super()
        usual.xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 (SQLite's name)
        self._disk.step()
        self._disk.write(self._name, newsize, None)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802 (SQLite's name)
        del flags  # the real file need not be synced: the modelled one is what survives
        self._disk.step()
        self._disk.sync(self._name)


class _Vfs(apsw.VFS):
    def __init__(self, name: str, disk: Disk) -> None:
        self._disk = disk
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> _File:  # noqa: N802 (SQLite's name)
        return _File(self._disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 (SQLite's name and call)
        self._disk.step()
        self._disk.delete(Path(filename).name, durably=syncdir)
        super().xDelete(filename, syncdir)


@contextmanager
def mounted(disk: Disk) -> Generator[str]:
    """The name under which SQLite finds ``disk``; at the end its power is off."""
    name = f"torn-{id(disk)}"
    vfs = _Vfs(name, disk)
    usual, sys.unraisablehook = sys.unraisablehook, disk.unheard
    try:
        yield name
    finally:
        disk.off = True
        vfs.unregister()
        sys.unraisablehook = usual
