"""Files of keys that are replaced: whose they are, and where they are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from suyuan.trace.scan.label_keys import LabelKeyError, new_label_keys, renew_label_keys
from suyuan.trace.sun import key_files
from suyuan.trace.sun.key_files import alone, replace_private, write_private
from suyuan.trace.sun.keys import new_key_file


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


def test_who_finds_the_folder_locked_is_told_so_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys.toml"
    new_label_keys(path)
    old = path.read_text()
    monkeypatch.setattr(key_files, "_PAUSE", 0)
    with alone(path), pytest.raises(LabelKeyError, match="another program has locked its folder"):
        renew_label_keys(path)
    assert path.read_text() == old
    assert renew_label_keys(path) == 2


_RENEWS = """
import sys, time
from pathlib import Path
from {module} import {name} as renew

def random(count, made=[]):
    time.sleep(0.02)  # whoever comes meanwhile finds the file as it was
    made.append(count)
    return bytes([int(sys.argv[2])]) * (count - 1) + bytes([len(made)])

print("ready", flush=True)
sys.stdin.readline()
print(*(renew(Path(sys.argv[1]), random=random) for _ in range(3)))
"""


@pytest.mark.parametrize(
    ("module", "name"),
    [("suyuan.trace.sun.keys", "renew_key_file"), ("suyuan.trace.scan.label_keys", "renew_label_keys")],
)
def test_two_who_renew_at_once_both_find_their_keys_in_the_file(
    tmp_path: Path, module: str, name: str
) -> None:
    """Else tags bear keys that are in no file: nobody verifies or changes them ever again."""
    real, link = tmp_path / "keys.toml", tmp_path / "link.toml"
    if name == "renew_key_file":
        new_key_file(real, system="Suyuan")
    else:
        new_label_keys(real)
    link.symlink_to(real)  # each may know the file under another name
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", _RENEWS.format(module=module, name=name), str(path), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number, path in ((161, real), (178, link))
    ]
    for program in programs:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("\n")
        program.stdin.flush()
    made = [[int(one) for one in program.communicate(timeout=60)[0].split()] for program in programs]
    assert [program.returncode for program in programs] == [0, 0]
    assert sorted(made[0] + made[1]) == [2, 3, 4, 5, 6, 7]
    text = real.read_text()
    for number, versions in zip((161, 178), made, strict=True):
        for version in versions:
            (keys,) = [one for one in text.split("[[keys]]") if f"\nversion = {version}\n" in one]
            assert f'"{number:x}{number:x}' in keys, version
    assert [one.name for one in sorted(tmp_path.iterdir())] == ["keys.toml", "link.toml"]
