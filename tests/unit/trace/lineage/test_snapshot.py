"""A snapshot gives back the chronicle that was saved, which goes on as if it had never stopped."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from suyuan.trace.lineage.chronicle import Chronicle, mapped, snapshot
from suyuan.trace.lineage.chronicle.books import HEAP, NEXT, NODES, PIT
from suyuan.trace.lineage.chronicle.columns import Column
from suyuan.trace.lineage.chronicle.mapped import SnapshotFailed, SnapshotUnfit
from suyuan.trace.lineage.chronicle.snapshot import Snapshot, opened, resumed, save
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.lineage.standing import Since, Standing, Told

from .test_chronicle import CASES, ITEM, MILL, items, made, packed, seen, told

SALT = b"known to nobody"


def history() -> list[Occurrence]:
    """What is told before the snapshot is taken, and after it what is late, wrong, or of what was told."""
    wrong = datetime(2026, 3, 3, tzinfo=UTC)
    shared: dict[str, Any] = {"transformation_id": "urn:t:1", "biz_location": MILL}
    return [
        made(0, 60),
        packed(1, CASES[0], items(0, 20)),
        packed(2, CASES[1], items(20, 40)),
        told(3, "ObjectEvent", 3, action="DELETE", what=items(40, 45), event_id="gone"),
        told(4, "TransformationEvent", 4, inputs=items(45, 47), **shared),
        seen(5, [CASES[0]], 9),
        # a snapshot stands here
        seen(6, items(3, 5), 5, MILL),
        told(7, "TransformationEvent", 4, outputs=[f"{ITEM}A1"], **shared),
        told(8, "ObjectEvent", 6, event_id="gone", declared_wrong_at=wrong),
        told(9, "ObjectEvent", 3, action="DELETE", what=items(50, 52), event_id="gone"),
        told(10, "AggregationEvent", 2, action="DELETE", parent=CASES[1], children=items(25, 26)),
        seen(11, ["urn:new:7"], 12, "urn:place:new"),
    ]


BEFORE = 6


def stored(events: Sequence[Occurrence], after: int) -> Iterator[tuple[int, Occurrence]]:
    """As a store gives them; every sequence number is ten times the place in the row."""
    return ((10 * n, one) for n, one in enumerate(events, 1) if 10 * n > after)


def kept(path: Path, events: Sequence[Occurrence]) -> tuple[Chronicle, Standing]:
    """A chronicle that was told ``events``, and its snapshot."""
    chronicle = Chronicle(16, salt=SALT)
    standing = follow(chronicle, Standing(aliases=2), stored(events, 0))
    save(chronicle, path, standing)
    return chronicle, standing


def follow(chronicle: Chronicle, standing: Standing, news: Iterable[Told]) -> Standing:
    """Tell a chronicle what is new, one by one; how far it followed then."""
    for sequence, one in news:
        chronicle.add([one])
        standing = Standing(sequence, one.evidence, standing.aliases)
    return standing


def caught_up(path: Path, since: Since, *, aliases: int) -> tuple[Chronicle, Standing, Snapshot | None]:
    """A chronicle that was told everything, from its snapshot where that serves."""
    found = resumed(path, since, aliases=aliases)
    if found is None:
        chronicle = Chronicle(salt=SALT)
        return chronicle, follow(chronicle, Standing(aliases=aliases), since(0)), None
    snapshot_, news = found
    return snapshot_.chronicle, follow(snapshot_.chronicle, snapshot_.standing, news), snapshot_


def rows(chronicle: Chronicle) -> dict[str, Any]:
    """Everything that a chronicle consists of."""
    return {name: column.array[: column.used].copy() for name, column in chronicle.columns().items()}


def assert_same(one: Chronicle, other: Chronicle) -> None:
    these, those = rows(one), rows(other)
    assert list(these) == list(those)
    for name, table in these.items():
        if name not in {"used", "tables.shelves"} and not name.endswith(".seats"):
            for field in table.dtype.names or [...]:
                np.testing.assert_array_equal(table[field], those[name][field], f"{name} {field}")
    assert [one.node(key) for key in items(0, 61)] == [other.node(key) for key in items(0, 61)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lineage.chronicle"


def test_what_was_saved_is_opened(path: Path) -> None:
    chronicle, standing = kept(path, history()[:BEFORE])
    snapshot_ = opened(path)
    assert snapshot_.standing == standing == Standing(60, "e0005", 2)
    assert_same(snapshot_.chronicle, chronicle)
    snapshot_.check()
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_told_afterwards_is_as_if_it_had_never_stopped(path: Path) -> None:
    """Late words, error declarations, splits and new names; the file does not change by them."""
    events = history()
    chronicle, _ = kept(path, events[:BEFORE])
    written = path.read_bytes()
    follow(chronicle, Standing(), stored(events, 10 * BEFORE))
    found, standing, _ = caught_up(path, partial(stored, events), aliases=2)
    assert standing == Standing(120, "e0011", 2)
    assert_same(found, chronicle)
    assert_same(
        found.as_known(datetime(2026, 3, 2, 5, tzinfo=UTC)),
        chronicle.as_known(datetime(2026, 3, 2, 5, tzinfo=UTC)),
    )
    assert len(found) == len(events)
    found.add(events)  # known already
    assert_same(found, chronicle)
    assert path.read_bytes() == written
    save(found, path, standing)
    assert_same(opened(path).chronicle, chronicle)


def test_room_in_the_file_is_room_to_go_on(path: Path) -> None:
    """Tables are not copied before the room behind them is used up."""
    kept(path, history()[:BEFORE])
    chronicle = opened(path).chronicle
    before = chronicle.books.nodes
    chronicle.add([seen(100, items(200, 201), 1)])
    assert np.shares_memory(np.asarray(before), np.asarray(chronicle.books.nodes))
    chronicle.add([seen(101, items(300, 600)[::2], 1)])
    assert not np.shares_memory(np.asarray(before), np.asarray(chronicle.books.nodes))


def short(content: bytes) -> bytes:
    return content[:-1]


def cut(content: bytes) -> bytes:
    return content[:5000]


def empty(content: bytes) -> bytes:
    return content[:0]


def strange(content: bytes) -> bytes:
    return b"PK\3\4" + content[4:]


def bent(content: bytes) -> bytes:
    """One bit of the header."""
    return content[:40] + bytes([content[40] ^ 1]) + content[41:]


def long(content: bytes) -> bytes:
    """A header that is said to be longer than the file."""
    return content[:8] + b"\xff\xff\xff\xff" + content[12:]


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (short, "damaged in events.next"),
        (cut, "damaged in "),
        (empty, "is not a snapshot"),
        (strange, "is not a snapshot"),
        (bent, "damaged in about"),
        (long, "damaged in about"),
    ],
)
def test_what_is_not_whole_is_refused_and_told_anew(
    path: Path, harm: Any, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    events = history()
    chronicle, standing = kept(path, events)
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(SnapshotUnfit, match=says) as refused:
        opened(path)
    assert refused.value.code == "snapshot-unfit"
    with caplog.at_level(logging.WARNING):
        found, reached, snapshot_ = caught_up(path, partial(stored, events), aliases=2)
    assert (reached, snapshot_) == (standing, None)
    assert "lineage is replayed from evidence" in caplog.text
    assert_same(found, chronicle)


@pytest.mark.parametrize("part", ["tables.episodes", "evidence.bytes", "names.rows"])
def test_a_bit_that_a_disk_lost_is_found_by_checking(path: Path, part: str) -> None:
    kept(path, history())
    place = next(one for one in opened(path).file.places if one.name == part)
    with path.open("r+b") as stream:
        stream.seek(place.offset + 3)
        (byte,) = stream.read(1)
        stream.seek(place.offset + 3)
        stream.write(bytes([byte ^ 16]))
    # the mark of the first opening is there: nobody checked it then, so it is checked now
    with pytest.raises(SnapshotUnfit, match=f"damaged in {part}"):
        opened(path)
    path.with_name(path.name + ".unchecked").unlink()
    snapshot_ = opened(path)
    with pytest.raises(SnapshotUnfit, match=f"damaged in {part}"):
        snapshot_.check()


def test_no_bit_of_the_header_goes_unnoticed(path: Path) -> None:
    kept(path, history()[:BEFORE])
    content = bytearray(path.read_bytes())
    length = int.from_bytes(content[8:12], "little") + 16
    for position in range(0, length, 61):
        content[position] ^= 1 << position % 8
        path.write_bytes(content)
        content[position] ^= 1 << position % 8
        with pytest.raises(SnapshotUnfit):
            opened(path)


def test_of_another_version_other_names_or_another_store(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    events = history()
    kept(path, events)
    restored = events[:3]  # an older backup, after which other things happened
    restored.append(seen(77, items(0, 1), 4))
    for since, aliases in (
        (partial(stored, events), 3),
        (partial(stored, restored), 2),
        (partial(stored, ()), 2),
    ):
        _, _, snapshot_ = caught_up(path, since, aliases=aliases)
        assert snapshot_ is None
    assert "knows other second names" in caplog.text
    assert caplog.text.count("is of another store") == 2
    monkeypatch.setattr(snapshot, "code", lambda: "newer")
    with pytest.raises(SnapshotUnfit, match="another version"):
        opened(path)


def test_counts_that_contradict_are_refused(path: Path) -> None:
    """Though the checksum of the header is right, no machine code walks rows that are not there."""
    chronicle, _ = kept(path, history())
    about = opened(path).file.about
    some = (
        "used",
        "tables.nodes",
        "tables.heap",
        "tables.shelves",
        "parties.ends",
        "parties.seats",
        "names.rows",
    )
    for name in some:
        columns = chronicle.columns()
        columns[name] = Column(columns[name].array, columns[name].used - 1 if columns[name].used else 1)
        mapped.write(path, columns, about)
        with pytest.raises(SnapshotUnfit, match=f"damaged in {name}"):
            opened(path)


def test_what_others_may_write_is_refused(path: Path) -> None:
    kept(path, history())
    path.chmod(0o620)
    with pytest.raises(SnapshotUnfit, match="by others"):
        opened(path)
    path.chmod(0o600)
    aside = path.with_name("aside")
    path.rename(aside)
    path.symlink_to(aside)
    with pytest.raises(SnapshotFailed, match="cannot be read"):
        opened(path)


def test_a_folder_where_others_may_write_is_refused(path: Path) -> None:
    chronicle, standing = kept(path, history()[:BEFORE])
    path.parent.chmod(0o777)
    with pytest.raises(SnapshotFailed, match="Others may write in the folder"):
        save(chronicle, path, standing)


def test_a_link_that_lies_in_the_way_is_not_followed(path: Path) -> None:
    aside = path.with_name("aside")
    aside.write_text("precious")
    path.with_name(path.name + ".part").symlink_to(aside)
    kept(path, history()[:BEFORE])
    assert aside.read_text() == "precious"
    assert path.is_file()
    assert not path.is_symlink()


@pytest.mark.parametrize("counter", [HEAP, PIT, NEXT])
def test_what_was_not_told_to_its_end_is_not_saved_nor_opened(path: Path, counter: int) -> None:
    chronicle, standing = kept(path, history()[:BEFORE])
    about = opened(path).file.about
    used = chronicle.columns()["used"].array
    used[counter] += -1 if counter == NEXT else 1
    with pytest.raises(SnapshotFailed, match="not told to its end"):
        save(chronicle, path, standing)
    mapped.write(path, chronicle.columns(), about)
    with pytest.raises(SnapshotUnfit, match="damaged in used"):
        opened(path)


@pytest.mark.parametrize("name", ["tables.stack", "tables.bonds", "tables.heap"])
def test_rooms_that_contradict_are_refused(path: Path, name: str) -> None:
    """Machine code looks for room in one table of those that stand side by side."""
    chronicle, _ = kept(path, history())
    about = opened(path).file.about
    columns = chronicle.columns()
    used = 0 if name == "tables.heap" else columns[name].used
    columns[name] = Column(columns[name].array[: used + 1], used)
    mapped.write(path, columns, about)
    with pytest.raises(SnapshotUnfit, match=f"damaged in {name}"):
        opened(path)


def test_fewer_nodes_than_every_chronicle_has_are_refused(path: Path) -> None:
    """Those without a name are found by their numbers, whatever was told."""
    chronicle, _ = kept(path, history()[:BEFORE])
    about = opened(path).file.about
    chronicle.columns()["used"].array[NODES] = 5
    mapped.write(path, chronicle.columns(), about)
    with pytest.raises(SnapshotUnfit, match=r"damaged in tables\.nodes"):
        opened(path)


def test_without_sources_there_is_no_snapshot(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(path, history()[:BEFORE])
    monkeypatch.setattr(snapshot, "_MEANING", ("lineage", "store/words.pyc"))
    monkeypatch.setattr(snapshot, "code", snapshot.code.__wrapped__)
    with pytest.raises(SnapshotFailed, match="Without the sources"):
        opened(path)
    _, _, snapshot_ = caught_up(path, partial(stored, history()), aliases=2)
    assert snapshot_ is None


def test_what_was_checked_says_nothing_of_a_later_file(path: Path) -> None:
    """A check that ends after the file was replaced leaves the mark of the new one."""
    chronicle, standing = kept(path, history()[:BEFORE])
    earlier = opened(path)
    save(chronicle, path, standing)
    later = opened(path)
    later.check()
    later = opened(path)
    earlier.check()
    assert later.mark.exists()
    later.check()
    assert not later.mark.exists()


def test_half_a_snapshot_is_none(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full before the end: what was there is there, and nothing else."""
    chronicle, standing = kept(path, history()[:BEFORE])
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mapped.os, "fsync", full)
    with pytest.raises(SnapshotFailed, match="No space left on device"):
        save(chronicle, path, standing)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    with pytest.raises(SnapshotFailed, match="cannot be written"):
        save(chronicle, path.parent / "nowhere" / "x", standing)


def test_the_first_start_has_none(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    events = history()
    with caplog.at_level(logging.INFO):
        found, standing, snapshot_ = caught_up(path, partial(stored, events), aliases=0)
    assert (len(found), standing.followed, snapshot_) == (len(events), 120, None)
    assert "cannot be read: No such file" in caplog.text
    assert {record.levelno for record in caplog.records} == {logging.INFO}
