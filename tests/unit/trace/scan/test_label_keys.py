"""Keys of labels: files that nobody else reads, versions that are named after themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from suyuan.trace.scan.label_keys import (
    LabelKeyError,
    new_label_keys,
    read_label_keys,
    renew_label_keys,
)
from suyuan.trace.scan.seals import jwk_set, public_keys


def drawing() -> Callable[[int], bytes]:
    numbers: Iterator[int] = count()
    return lambda size: hashlib.sha256(bytes([next(numbers)])).digest()[:size]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "labels.toml"
    new_label_keys(made, random=drawing())
    return made


def test_a_file_is_for_its_owner_alone_and_never_overwritten(path: Path) -> None:
    before = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(LabelKeyError, match="File exists"):
        new_label_keys(path)
    assert path.read_bytes() == before
    path.chmod(0o640)
    with pytest.raises(LabelKeyError, match="others than its owner"):
        read_label_keys(path)


def test_keys_are_named_after_themselves_so_that_a_new_file_does_not_pass_for_a_lost_one(
    path: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.toml"
    new_label_keys(again)
    assert read_label_keys(path).names != read_label_keys(again).names
    assert read_label_keys(path).names == read_label_keys(path).names


def test_a_renewed_file_has_the_old_keys_too(path: Path) -> None:
    (old,) = read_label_keys(path).names
    signature = read_label_keys(path).sign(b"x", old)
    assert renew_label_keys(path, random=lambda size: bytes(range(size))) == 2
    renewed = read_label_keys(path)
    assert renewed.names[1] == old
    assert renewed.names[0] != old
    assert renewed.sign(b"x", old) == signature
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_producers_and_versions_have_keys_of_their_own(path: Path) -> None:
    renew_label_keys(path, random=lambda size: bytes(range(size)))
    keys = read_label_keys(path)
    made = {keys.owner_key(owner, name) for owner in ("a", "b") for name in keys.names}
    assert len(made) == 4
    with pytest.raises(LabelKeyError, match="nobodys"):
        keys.owner_key("a", "nobodys")


def test_the_public_keys_are_a_jwk_set_that_is_read_back(path: Path) -> None:
    keys = read_label_keys(path)
    (jwk,) = jwk_set(keys)["keys"]
    assert (jwk["kty"], jwk["crv"], jwk["kid"]) == ("OKP", "Ed25519", keys.names[0])
    assert public_keys(jwk_set(keys)) == {keys.names[0]: keys.public_key(keys.names[0])}
    assert jwk_set(None) == {"keys": []}


@pytest.mark.parametrize(
    "told",
    [None, 7, [], {}, {"keys": {}}, {"keys": [3, {}, {"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}]},
     {"keys": [{"kty": "EC", "crv": "Ed25519", "x": "A" * 43}]}, {"keys": [{"kty": "OKP", "x": "="}]}],
)  # fmt: skip
def test_what_is_no_key_is_none(told: object) -> None:
    assert public_keys(told) == {}


GOOD = f'version = 1\nmark = "{"0123456789abcdef" * 4}"\nsign = "{"fedcba9876543210" * 4}"\n'


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "tables"),
        ("keys = 3", "tables"),
        ("[[keys]]\nversion = 1\n", "needs version, mark and sign"),
        (f"[[keys]]\n{GOOD}more = 1\n", "needs version, mark and sign"),
        (f"[[keys]]\n{GOOD}[[keys]]\n{GOOD}", "each once"),
        (f"[[keys]]\n{GOOD}".replace("= 1", "= 0"), "from 1 to 99"),
        (f"[[keys]]\n{GOOD}".replace("= 1", "= true"), "from 1 to 99"),
        (f"[[keys]]\n{GOOD}".replace("ab", "0g", 1), "hexadecimal"),
        (f"[[keys]]\n{GOOD}".replace("0123456789abcdef" * 4, "a" * 64), "not all alike"),
        (f"[[keys]]\n{GOOD}é", "ASCII"),
        ("[[keys]", "TOML"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_says_so_and_no_more(path: Path, text: str, fault: str) -> None:
    path.write_text(text, "utf-8")
    with pytest.raises(LabelKeyError, match=fault) as told:
        read_label_keys(path)
    assert "0123" not in f"{told.value}"
    assert "fedc" not in f"{told.value}"


def test_a_file_that_is_not_there_says_which_command_makes_it(tmp_path: Path) -> None:
    with pytest.raises(LabelKeyError, match="suyuan label keys"):
        read_label_keys(tmp_path / "absent.toml")
    with pytest.raises(LabelKeyError, match="No such file"):
        new_label_keys(tmp_path / "absent" / "labels.toml")
