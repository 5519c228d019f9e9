"""Our own certificate: which file is wrong, and why, is told before anything is dialled."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from tests.unit.readers.certificates import Certificate, make_certificate

from suyuan.readers import tls
from suyuan.readers.errors import ReaderConfigError
from suyuan.readers.registry import open_reader
from suyuan.readers.tls import Security
from suyuan.readers.words import sentence

ADDRESSES = ("llrps://10.0.0.5", "impinj+https://10.0.0.5", "mqtts://10.0.0.5/tags")
PLAIN = ("impinj+http://10.0.0.5", "mqtt://10.0.0.5/tags")


def now() -> datetime:
    return datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def files(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path)


async def refused(cert: Path, key: Path | None = None) -> tuple[str, str, str]:
    """The option, the file and the reason that are told."""
    with pytest.raises(ReaderConfigError) as caught:
        await tls.context(Security(cert=cert, key=key), "127.0.0.1", 1, timeout_s=1)
    error = caught.value
    assert "本机证书或密钥" in sentence(error).zh
    assert str(error.fields["reason"]) not in sentence(error).zh
    return error.where, Path(str(error.fields["path"])).name, str(error.fields["reason"])


async def test_certificate_and_key_may_be_in_one_file_or_in_two(files: Certificate, tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(files.certificate.read_bytes() + files.key.read_bytes())
    for ours in (Security(cert=both), Security(cert=files.certificate, key=files.key)):
        assert await tls.context(ours, "127.0.0.1", 1, timeout_s=1)


async def test_which_file_is_wrong_and_why_is_told(files: Certificate, tmp_path: Path) -> None:
    nothing, other = tmp_path / "none.pem", make_certificate(tmp_path / "other")
    large = tmp_path / "large.pem"
    large.write_bytes(b"x" * (tls.LONGEST + 1))
    locked = tmp_path / "locked.key"
    key = load_pem_private_key(files.key.read_bytes(), None)
    kind = BestAvailableEncryption(b"secret")
    locked.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, kind))
    assert await refused(nothing, files.key) == ("cert", "none.pem", "No such file or directory")
    assert await refused(tmp_path, files.key) == ("cert", tmp_path.name, "Is a directory")
    assert await refused(large, files.key) == ("cert", "large.pem", "too long")
    assert await refused(files.key) == ("cert", "reader.key", "no certificate in PEM")
    assert await refused(files.certificate) == ("key", "reader.pem", "no key in PEM")
    assert await refused(files.certificate, nothing) == ("key", "none.pem", "No such file or directory")
    assert await refused(files.certificate, locked) == ("key", "locked.key", "it has a password")
    assert await refused(files.certificate, other.key) == (
        "key",
        "reader.key",
        "it is not the key of the certificate",
    )


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_secure_address_takes_our_certificate_and_no_key_alone(address: str) -> None:
    open_reader(f"{address}?cert=/etc/suyuan/station.pem&key=/etc/suyuan/station.key", now=now)
    with pytest.raises(ReaderConfigError) as caught:
        open_reader(f"{address}?key=/etc/suyuan/station.key", now=now)
    assert caught.value.where == "key"


@pytest.mark.parametrize("address", PLAIN)
@pytest.mark.parametrize("option", ["ca", "cert", "key"])
def test_without_tls_there_is_no_certificate(address: str, option: str) -> None:
    with pytest.raises(ReaderConfigError, match="Without TLS") as caught:
        open_reader(f"{address}?{option}=/etc/suyuan/x.pem", now=now)
    assert caught.value.where == option
