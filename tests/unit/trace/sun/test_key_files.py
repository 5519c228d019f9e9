"""Files of keys that are replaced: whose they are, and where they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from suyuan.trace.sun.key_files import replace_private, write_private


def test_who_replaces_a_file_does_not_take_it_from_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys.toml"
    write_private(path, "old")
    given: list[tuple[str, int, int]] = []

    def chown(of: Path, owner: int, group: int) -> None:
        given.append((of.name, owner, group))

    monkeypatch.setattr(os, "chown", chown)
    old = path.stat()
    replace_private(path, "new")
    assert path.read_text() == "new"
    assert given == [(".keys.toml.new", old.st_uid, old.st_gid)]


def test_a_file_that_cannot_be_given_back_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys.toml"
    write_private(path, "old")

    def chown(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", chown)
    with pytest.raises(PermissionError):
        replace_private(path, "new")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["keys.toml"]


def test_a_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "safe").mkdir()
    real, link = tmp_path / "safe" / "keys.toml", tmp_path / "keys.toml"
    write_private(real, "old")
    link.symlink_to(real)
    replace_private(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert real.stat().st_mode & 0o777 == 0o600
