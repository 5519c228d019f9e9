"""Which tags were signed."""

from __future__ import annotations

from pathlib import Path

import pytest

from suyuan.trace.sun import SunKeyError, beside, note_signed, read_signed

UID, OTHER = bytes.fromhex("04a1b2c3d4e5f6"), bytes.fromhex("04ffffffffffff")


def test_what_is_entered_is_known(tmp_path: Path) -> None:
    path = beside(tmp_path / "sun.toml")
    assert path == tmp_path / "sun.toml.signed"
    assert read_signed(path) == frozenset()
    note_signed(path, UID)
    note_signed(path, OTHER)
    assert read_signed(path) == {UID, OTHER}
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == "04A1B2C3D4E5F6\n04FFFFFFFFFFFF\n"


@pytest.mark.parametrize(
    "line", ["04A1B2C3D4E5F6", "04A1", "04A1\n", "\n", "04A1B2C3D4E5F6F7\n", "溯源\n", "\0\n"]
)
def test_a_line_that_is_no_uid_is_told_and_never_left_out(tmp_path: Path, line: str) -> None:
    path = tmp_path / "sun.toml.signed"
    path.write_text("04FFFFFFFFFFFF\n" + line, encoding="utf-8")
    with pytest.raises(SunKeyError, match="Line 2") as caught:
        read_signed(path)
    assert caught.value.where == f"{path}:2"


def test_a_file_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    with pytest.raises(SunKeyError, match="Is a directory"):
        read_signed(tmp_path)
    with pytest.raises(SunKeyError, match="Is a directory"):
        note_signed(tmp_path, UID)
    with pytest.raises(SunKeyError, match="No such file"):
        note_signed(tmp_path / "no" / "sun.toml.signed", UID)
