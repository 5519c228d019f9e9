"""The station's file as the setup page changes it: complete or not at all, and nothing of others is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from suyuan.readers.station.config import ReaderConfig
from suyuan.readers.station.config_file import load
from suyuan.readers.station.setup_file import (
    Draft,
    DraftPoint,
    FileNotWritten,
    draft_of,
    point_of,
    read_text,
    with_reader,
    without_reader,
    write,
)
from suyuan.trace.errors import InvalidInput, WrongUse

PLACE = "https://id.gs1.org/414/9521234000006"
ENROLLED = """\
# Dock 1, by the river
[station]
id = "dock-1"
party = "https://id.gs1.org/417/9521234000006"
data = "data"
place = "https://id.gs1.org/414/9521234000006"

[server]
url = "https://trace.example"
device_key_file = "device-key.json"
"""
DOCK = ReaderConfig("月台", "llrp://10.0.0.5")
SHIP = DraftPoint("发货口", "月台", "ship", f"{PLACE}/254/1", PLACE, (1, 2))
RECEIVE = DraftPoint("收货口", "月台", "receive", f"{PLACE}/254/2", PLACE, (3,))


def test_from_nothing_to_a_station_that_loads(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    assert draft_of(read_text(path)) == Draft()
    text = with_reader(ENROLLED, DOCK, [SHIP, RECEIVE])
    write(path, text)
    config = load(path)
    assert [reader.url for reader in config.readers] == ["llrp://10.0.0.5"]
    assert [(p.name, p.antennas, p.step.value) for p in config.read_points] == [
        ("发货口", frozenset({1, 2}), "ship"),
        ("收货口", frozenset({3}), "receive"),
    ]
    assert config.place == PLACE
    assert path.read_text("utf-8").startswith("# Dock 1, by the river\n")
    assert path.stat().st_mode & 0o077 == 0
    draft = draft_of(read_text(path))
    assert draft.complete
    assert draft.points == (SHIP, RECEIVE)


def test_changing_a_reader_keeps_what_else_is_told() -> None:
    text = with_reader(ENROLLED, DOCK, [SHIP, RECEIVE])
    text = text.replace('step = "ship"', 'step = "ship" # the blue gate\nautomatic = true')
    text += "[read_points.order]\n"  # of the last one
    till = ReaderConfig("till", "wedge://page")
    text = with_reader(text, till, [DraftPoint("till", "till", "sell", f"{PLACE}/254/9", PLACE)])
    moved = DraftPoint("发货口", "月台", "receive", f"{PLACE}/254/1", PLACE)
    changed = with_reader(text, ReaderConfig("月台", "llrp://10.0.0.6"), [moved])
    draft = draft_of(changed)
    assert [point.name for point in draft.points] == ["发货口", "till"]
    assert draft.reader("月台") == ReaderConfig("月台", "llrp://10.0.0.6")
    assert draft.points[0] == moved
    assert "automatic = true" in changed
    alone = draft_of(without_reader(changed, "月台"))
    assert [reader.name for reader in alone.readers] == ["till"]
    assert draft_of(without_reader(without_reader(changed, "月台"), "till")).readers == ()


def test_a_complete_file_that_is_wrong_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    write(path, with_reader(ENROLLED, DOCK, [SHIP]))
    before = path.read_bytes()
    wrong = DraftPoint("gate", "月台", "fly", f"{PLACE}/254/1", PLACE)
    with pytest.raises(WrongUse, match="cannot be 'fly'; allowed: "):
        write(path, with_reader(read_text(path), DOCK, [wrong]))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotWritten, match="cannot be written"):
        write(tmp_path / "absent" / "station.toml", ENROLLED)


def test_a_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="not TOML"):
        draft_of("[station")
    (tmp_path / "station.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(WrongUse, match="cannot be read"):
        read_text(tmp_path / "station.toml")


def test_strange_values_are_left_out_of_the_draft() -> None:
    draft = draft_of('readers = 7\n[station]\nid = 3\n[[read_points]]\nname = "x"\nantennas = ["a", 2]\n')
    assert draft.station == ""
    assert draft.readers == ()
    assert draft.points == (DraftPoint("x", "", "", "", "", (2,)),)


def test_read_points_follow_from_the_place() -> None:
    assert point_of("9521234000006", 3) == f"{PLACE}/254/3"
    assert point_of(PLACE, 1) == f"{PLACE}/254/1"
    for wrong in ("", "9521234000007", "https://id.gs1.org/01/09521234000013", "the dock"):
        with pytest.raises(InvalidInput, match="not the code of a place"):
            point_of(wrong, 1)


@pytest.mark.parametrize(
    "written",
    [
        'readers = [{name = "gate", url = "sim://gate"}]\n[page]\nlisten = "off"\n',
        '[[readers]]\nname = "gate"  # mine\nurl = "sim://gate"\n[page]\nlisten = "off"\n',
    ],
)
def test_readers_written_in_any_way_of_toml_stay(written: str) -> None:
    text = with_reader(written, DOCK, [SHIP])
    draft = draft_of(text)
    assert [reader.name for reader in draft.readers] == ["gate", "月台"]
    assert draft.points == (SHIP,)
    assert draft_of(without_reader(text, "月台")).readers == (ReaderConfig("gate", "sim://gate"),)
    assert 'listen = "off"' in text


@pytest.mark.parametrize("written", ["readers = 3", "readers = [1, 2]", "[readers]\na = 1"])
def test_readers_that_are_none_are_told_and_left(written: str) -> None:
    with pytest.raises(WrongUse) as told:
        with_reader(written, DOCK, [SHIP])
    assert told.value.where == "readers"
