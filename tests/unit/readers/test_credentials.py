from __future__ import annotations

from pathlib import Path

import pytest

from suyuan.readers.address import parse_address, read_options, redacted
from suyuan.readers.credentials import OPTIONS, Credentials, credentials
from suyuan.readers.errors import ReaderConfigError


def known(url: str, environment: dict[str, str] | None = None) -> Credentials | None:
    address = parse_address(url)
    return credentials(address, read_options(address, OPTIONS), environment or {})


def test_a_password_comes_from_the_address_a_file_or_a_variable(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret 溯\nsecond line\n", "utf-8")
    assert known("mqtt://dock:s%3Acret@broker/t") == Credentials("dock", "s:cret")
    assert known(f"mqtt://dock@broker/t?password_file={file}") == Credentials("dock", "s3cret 溯")
    file.write_text("s3cret", "utf-8-sig")  # as some editors save it
    assert known(f"mqtt://dock@broker/t?password_file={file}") == Credentials("dock", "s3cret")
    assert known("mqtt://dock@broker/t?password_env=PW", {"PW": "x"}) == Credentials("dock", "x")
    assert known("mqtt://dock@broker/t") == Credentials("dock", "")
    assert known("mqtt://broker/t") is None


def test_a_password_is_not_in_the_repr() -> None:
    assert "s3cret" not in repr(Credentials("dock", "s3cret"))


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("mqtt://dock@broker/t?password_file=relative", "an absolute path is needed"),
        ("mqtt://dock@broker/t?password_file=/does/not/exist", "No such file"),
        ("mqtt://dock@broker/t?password_env=PW", "the password of broker is not set"),
        ("mqtt://dock@broker/t?password_env=P%20W", "the name of an environment variable"),
        ("mqtt://dock:p@broker/t?password_env=PW", "given twice"),
        ("mqtt://broker/t?password_env=PW", "no user"),
        ("mqtt://:p@broker/t", "no user"),
    ],
)
def test_credentials_that_cannot_be(query: str, says: str) -> None:
    with pytest.raises(ReaderConfigError, match=says):
        known(query)


@pytest.mark.parametrize(
    "url",
    [
        "impinj+https:root:s3cret@r700.local",
        "mqtts:/dock:s3cret@broker/x",
        "root:s3cret@r700.local",
        "root:/s3cret@r700.local",
        "mqtts://dock@broker/x?password_file=s3cret",
        "mqtts://dock@broker/x?password_env=s3cret",
        "mqtts://dock@broker/x?password_env=s3cret!",
    ],
)
def test_no_error_tells_a_password_that_stands_where_it_should_not(url: str) -> None:
    with pytest.raises(ReaderConfigError) as caught:
        known(url)
    assert "s3cret" not in f"{caught.value} {caught.value.remedy}"


@pytest.mark.parametrize("url", ["llrp://user@host", "sim://x?epcs=a:b@c", "pcsc://", "10.0.0.5:5084"])
def test_what_holds_no_password_is_shown_whole(url: str) -> None:
    assert redacted(url) == url


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"x" * 2000])
def test_a_file_without_a_password_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    with pytest.raises(ReaderConfigError, match="cannot be read from"):
        known(f"mqtt://dock@broker/t?password_file={file}")
