"""A chronicle on disk: opened at once, and told what was stored meanwhile.

A snapshot says up to which sequence number its chronicle followed the evidence, and under which second names
(decision 0007). It is a copy of what evidence says and never a source: one that is damaged, was made by other
code, or belongs to another store is told of in the log, and everything is replayed from evidence.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from suyuan.trace.lineage.chronicle.books import (
    COUNTERS,
    HEAP,
    KINDS,
    NEXT,
    NODES,
    PASSING,
    PIT,
    STATEMENTS,
)
from suyuan.trace.lineage.chronicle.chronicle import GUESTS, Chronicle
from suyuan.trace.lineage.chronicle.mapped import (
    Mapped,
    SnapshotFailed,
    SnapshotUnfit,
    damaged,
    mapped,
    other_version,
    write,
)
from suyuan.trace.lineage.standing import Since, Standing, Told

_log = logging.getLogger(__name__)
_MEANING = ("lineage", "gs1", "epcis", "store/history.py", "register/aliases.py")
"""What decides what evidence becomes: folders and files of this portion."""
_OF_EACH_TEXT = ("rows", "events", "groups")
"""Columns with a row for each text of their part."""
_SIDE_BY_SIDE = {
    "lives": "nodes",
    "stack": "nodes",
    "causes": "groups",
    "bonds": "containments",
    "visits": "episodes",
}
"""Tables with as much room as another: room is looked for in that one alone."""
_OF_EACH_STATEMENT = ("heap", "pit")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A chronicle that was opened, as it stood."""

    chronicle: Chronicle
    standing: Standing
    file: Mapped
    mark: Path

    def check(self) -> None:
        """Read the whole file, as :meth:`Mapped.check`; questions may be asked meanwhile.

        Raises ``SnapshotUnfit``: then no answer of this chronicle holds.
        """
        self.file.check()
        try:
            if self.mark.read_text() == self.file.identity:  # a later file there has yet to be checked
                self.mark.unlink(missing_ok=True)
        except OSError:  # somebody who checked the same file was first; or checking is done again
            return


@cache
def code() -> str:
    """A digest of everything that decides what evidence becomes, and how it is laid down.

    Raises ``SnapshotFailed`` where Suyuan is installed without its sources.
    """
    here = Path(__file__).parents[2]
    digest = sha256()
    for name in _MEANING:
        sources = sorted((here / name).rglob("*.py")) if "." not in name else [here / name]
        if not all(source.is_file() for source in sources) or not sources:
            raise SnapshotFailed(
                "Without the sources of Suyuan nobody can tell which version made a snapshot",
                where=name,
                remedy="Nothing is lost: lineage is replayed from evidence.",
            )
        for source in sources:
            digest.update(source.read_bytes())
    return digest.hexdigest()


def save(chronicle: Chronicle, path: Path, standing: Standing) -> None:
    """Write ``chronicle`` to ``path``, all or nothing. Nothing may be added meanwhile; questions go on.

    O(its size); what an earlier snapshot there was opened as stays what it is. Raises ``SnapshotFailed``,
    also where something was appended that was not told to its end.
    """
    about = {
        "code": code(),
        "salt": chronicle.salt.hex(),
        "followed": standing.followed,
        "evidence": standing.evidence,
        "aliases": standing.aliases,
    }
    with chronicle.turns.asking():
        columns = chronicle.columns()
        if not _told_to_its_end(columns["used"].array.tolist()):
            raise SnapshotFailed(
                "The chronicle was not told to its end, and no snapshot {path} is made of it",
                where=str(path),
                path=str(path),
                remedy="Start Suyuan again: lineage is replayed from evidence.",
            )
        write(path, columns, about)


def opened(path: Path) -> Snapshot:
    """The chronicle at ``path``. It goes on in memory; the file does not change. O(1).

    Its rows are not read, so that damage by a disk would be met while they are walked, and could end the
    process. So :meth:`Snapshot.check` is to be called once, in the background; where that did not come to
    its end last time, it is called here first, before anything is walked.

    Raises:
        SnapshotUnfit: damaged, or made by another version.
        SnapshotFailed: there is none, or it cannot be read.
    """
    empty = Chronicle()
    file = mapped(path, {name: column.array.dtype for name, column in empty.columns().items()})
    if file.about.get("code") != code():
        raise other_version(path)
    standing, chronicle = _about(file)
    _check_counts(file)
    snapshot = Snapshot(chronicle, standing, file, path.with_name(path.name + ".unchecked"))
    if not _marked(snapshot.mark, file.identity):
        snapshot.check()
    chronicle.take(file.columns)
    return snapshot


def resumed(path: Path, since: Since, *, aliases: int) -> tuple[Snapshot, Iterable[Told]] | None:
    """The snapshot of a store, to be checked in the background, and what is to be told to it.

    None where it does not serve, of which the log tells why: then everything is to be told anew.
    """
    try:
        snapshot = opened(path)
        return snapshot, _of_this_store(path, snapshot.standing, since, aliases)
    except (SnapshotUnfit, SnapshotFailed) as error:
        level = logging.INFO if isinstance(error.__cause__, FileNotFoundError) else logging.WARNING
        _log.log(level, "lineage is replayed from evidence: %s", error, extra={"code": error.code})
        return None


def _of_this_store(path: Path, standing: Standing, since: Since, aliases: int) -> Iterator[Told]:
    """What a store knows after a snapshot that is of this store.

    A store that was restored from an older backup gives other evidence the numbers that it gave before.
    """
    if standing.aliases != aliases:
        raise SnapshotUnfit(
            "The snapshot {path} knows other second names than the store",
            where=str(path),
            path=str(path),
            remedy="Nothing is lost: lineage is replayed from evidence.",
        )
    if not standing.followed:
        return iter(since(0))
    told = iter(since(standing.followed - 1))
    sequence, last = next(told, (0, None))
    if last is None or (sequence, last.evidence) != (standing.followed, standing.evidence):
        raise SnapshotUnfit(
            "The snapshot {path} is of another store, or of a later state of this one",
            where=str(path),
            path=str(path),
            remedy="Nothing is lost: lineage is replayed from evidence.",
        )
    return told


def _about(file: Mapped) -> tuple[Standing, Chronicle]:
    """How a chronicle stood, and one with its salt that was told nothing yet."""
    told = file.about
    try:
        standing = Standing(int(told["followed"]), str(told["evidence"]), int(told["aliases"]))
        return standing, Chronicle(salt=bytes.fromhex(told["salt"]))
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(file.path, "about") from error


def _check_counts(file: Mapped) -> None:
    """What is counted twice is counted alike, and hash tables have a power of two of seats. O(tables)."""
    columns = file.columns
    if columns["used"].used != COUNTERS or not _told_to_its_end(columns["used"].array.tolist()):
        raise damaged(file.path, "used")
    used = columns["used"].array.tolist()
    for name, column in columns.items():
        part, _, kind = name.partition(".")
        if kind in {"seats", "shelves"}:
            fits = column.used == len(column.array) and column.used.bit_count() == 1
        elif part == "tables":
            fits = column.used == (0 if kind in PASSING else used[KINDS[kind][1]])
            fits = fits and len(column.array) == len(columns[f"tables.{_SIDE_BY_SIDE.get(kind, kind)}"].array)
            fits = fits and (kind not in _OF_EACH_STATEMENT or len(column.array) >= used[STATEMENTS])
            fits = fits and (kind != "nodes" or used[NODES] >= len(GUESTS))
        elif kind == "ends":
            fits = column.used > 0 and int(column.array[column.used - 1]) == columns[f"{part}.bytes"].used
            fits = fits and (part != "evidence" or column.used - 1 == used[STATEMENTS])
        elif name == "events.next":
            fits = column.used <= used[STATEMENTS]
        else:
            fits = kind not in _OF_EACH_TEXT or column.used == columns[f"{part}.ends"].used - 1
        if not fits:
            raise damaged(file.path, name)


def _told_to_its_end(used: list[int]) -> bool:
    """Whether nothing waits to be told or undone: an exception may have ended the telling."""
    return used[HEAP] == used[PIT] == 0 and used[NEXT] == used[STATEMENTS]


def _marked(mark: Path, identity: str) -> bool:
    """Whether the file was checked whenever it was opened; a mark says from now on that it is not.

    The mark names the file, which another may have replaced before it is checked.
    """
    try:
        with mark.open("x") as stream:
            stream.write(identity)
    except FileExistsError:  # checking cannot wait
        with suppress(OSError):
            mark.unlink()
            mark.write_text(identity)
        return False
    except OSError:
        return False
    return True
