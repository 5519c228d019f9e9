from __future__ import annotations

import os
import re
import traceback
from pathlib import Path

import pytest

from suyuan.trace.sun import (
    KeySet,
    Role,
    SunKeyError,
    diversified,
    new_key_file,
    read_key_file,
    renew_key_file,
)
from suyuan.trace.sun.ciphers import cmac

UID = bytes.fromhex("04a1b2c3d4e5f6")
KEYS = """[[keys]]
version = {version}
system = "Suyuan"
application = "{key}00"
meta_read = "{key}01"
file_read = "{key}02"
"""
HALF = "5ec4e7" + "ab" * 12


def written(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_published_example() -> None:
    """AN10922 §2.2.1 (AES-128)."""
    master = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
    m = bytes.fromhex("04782E21801D803042F54E585020416275")
    assert diversified(master, m).hex().upper() == "A8DD63A3B89D54B37CA802473FDA9175"
    for size in (0, 15, 32):
        with pytest.raises(SunKeyError, match="16 to 31 bytes"):
            diversified(master, bytes(size))


def test_each_tag_and_each_role_has_its_own_key_and_one_is_shared() -> None:
    keys = KeySet(1, "Suyuan", b"A" * 16, b"M" * 16, b"F" * 16)
    other = bytes.fromhex("04a1b2c3d4e5f7")
    made = [keys.tag_key(role, uid) for role in Role for uid in (UID, other)]
    assert len(set(made)) == 9  # twice the same: the one that has to be known before the UID is
    assert keys.tag_key(Role.META_READ, UID) == keys.tag_key(Role.META_READ, other) == b"M" * 16
    assert keys.tag_key(Role.FILE_READ, UID) == cmac(
        b"F" * 16, b"\x01" + UID + bytes.fromhex("D276000085010102") + b"Suyuan"
    )
    assert KeySet(1, "Suyuan2", b"A" * 16, b"M" * 16, b"F" * 16).tag_key(Role.FILE_READ, UID) not in made
    with pytest.raises(SunKeyError, match="7 bytes"):
        keys.tag_key(Role.FILE_READ, UID[:4])


def test_a_new_file_is_of_its_owner_alone_and_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "sun.toml"
    new_key_file(path, system="Suyuan")
    assert path.stat().st_mode & 0o777 == 0o600
    keys = read_key_file(path)
    assert keys.versions == (1,)
    assert len({keys.tag_key(role, UID, 1) for role in Role}) == 5
    before = path.read_bytes()
    with pytest.raises(SunKeyError, match="File exists"):
        new_key_file(path, system="Suyuan")
    assert path.read_bytes() == before
    new_key_file(tmp_path / "other.toml", system="Suyuan")
    assert (
        len(set(re.findall(r"[0-9a-f]{32}", path.read_text() + (tmp_path / "other.toml").read_text()))) == 6
    )
    with pytest.raises(SunKeyError, match="No such file"):
        new_key_file(tmp_path / "no" / "sun.toml", system="Suyuan")
    for system in ("溯源", "S", "S" * 17, 'a"b', "a\\b"):
        with pytest.raises(SunKeyError, match="2 to 16 letters") as caught:
            new_key_file(tmp_path / "x.toml", system=system)
        assert "restore" not in caught.value.remedy
    assert not (tmp_path / "x.toml").exists()


def test_a_renewed_file_has_the_old_keys_too(tmp_path: Path) -> None:
    path = tmp_path / "sun.toml"
    new_key_file(path, system="Suyuan")
    old = read_key_file(path).tag_key(Role.FILE_READ, UID, 1)
    assert renew_key_file(path) == 2
    renewed = read_key_file(path)
    assert (renewed.versions, renewed.newest.system) == ((2, 1), "Suyuan")
    assert renewed.tag_key(Role.FILE_READ, UID, 1) == old
    assert renewed.tag_key(Role.FILE_READ, UID, 2) != old
    assert path.stat().st_mode & 0o777 == 0o600
    for version in range(3, 17):
        assert renew_key_file(path) == version
    before = path.read_bytes()
    with pytest.raises(SunKeyError, match="no room"):
        renew_key_file(path)
    assert path.read_bytes() == before


def test_versions(tmp_path: Path) -> None:
    text = KEYS.format(version=3, key=HALF) + KEYS.format(version=7, key="ba" * 15)
    keys = read_key_file(written(tmp_path / "sun.toml", text))
    assert keys.versions == (7, 3)
    assert keys.tag_key(Role.META_READ, UID, 3).hex() == HALF + "01"
    with pytest.raises(SunKeyError, match="no keys of version 4; there are 7, 3"):
        keys.tag_key(Role.META_READ, UID, 4)


GOOD = KEYS.format(version=1, key=HALF)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[keys]",
        "\0",
        GOOD + 'more = "1"',
        "extra = 1\n" + GOOD,
        GOOD + GOOD,
        KEYS.format(version=0, key=HALF),
        KEYS.format(version=256, key=HALF),
        GOOD.replace("version = 1", 'version = "1"'),
        GOOD.replace("Suyuan", "S"),
        GOOD.replace("Suyuan", "S" * 17),
        GOOD.replace('"Suyuan"', "7"),
        GOOD.replace(HALF, HALF[2:]),
        GOOD.replace(HALF, "zz" + HALF[2:]),
        GOOD.replace(HALF + "00", "00" * 16),  # the maker's: everybody has it
        GOOD.replace('"' + HALF + '00"', HALF + "00"),
        "".join(KEYS.format(version=n, key=HALF) for n in range(1, 18)),
        "keys = 1",
        "keys = [1]",
    ],
)
def test_a_file_that_is_not_right_says_so_and_never_what_is_in_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(SunKeyError) as caught:
        read_key_file(written(tmp_path / "sun.toml", text))
    assert str(tmp_path / "sun.toml") in str(caught.value)
    assert "restore the copy" in caught.value.remedy
    assert "suyuan tag keys" not in caught.value.remedy  # with new ones no tag in the field verifies
    told = "".join(traceback.format_exception(caught.value))
    assert "5ec4e7" not in told.lower()


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "sun.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "sun.toml").chmod(0o600)
    with pytest.raises(SunKeyError, match="not TOML"):
        read_key_file(tmp_path / "sun.toml")


@pytest.mark.skipif(os.name != "posix", reason="files have no such modes there")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_keys_that_others_may_read_are_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(SunKeyError, match="chmod 600"):
        read_key_file(written(tmp_path / "sun.toml", GOOD, mode))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SunKeyError, match="No such file"):
        read_key_file(tmp_path / "sun.toml")
    with pytest.raises(SunKeyError, match="Is a directory"):
        read_key_file(tmp_path)


def test_keys_are_never_shown() -> None:
    keys = KeySet(1, "Suyuan", b"A" * 16, b"M" * 16, b"F" * 16)
    assert repr(keys) == "KeySet(version=1, system='Suyuan')"
