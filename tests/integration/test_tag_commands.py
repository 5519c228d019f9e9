"""``suyuan tag`` as a user runs it; signing on the real pcscd with a virtual NTAG 424 DNA."""

from __future__ import annotations

import importlib
import re
import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from suyuan.api.commands.reader import app as reader_app
from suyuan.api.commands.tag import app
from suyuan.readers.errors import TagLocked, TagTaken, TagTooSmall, UnsupportedOperation
from suyuan.readers.virtual.ntag424 import VirtualNtag424
from suyuan.readers.virtual.pcscd import READER, PrivatePcscd
from suyuan.readers.virtual.tags import VirtualNtag
from suyuan.readers.virtual.vpcd import VpcdCard
from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import TagError
from suyuan.trace.sun import SunError, SunKeyError

UID = bytes.fromhex("04a1b2c3d4e5f6")
LINK = "https://id.example.cn/01/06901234567892/21/7"
P12 = "https://choose.url.com/ntag424?e=EF963FF7828658A599F3041510671E88&c=94EED9EE65337086"


@pytest.fixture
def reader(pcscd: PrivatePcscd) -> PrivatePcscd:
    """The daemon, once what lay on its first slot before is gone: it looks a few times in a second."""
    scard: Any = importlib.import_module("smartcard.scard")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        _, states = scard.SCardGetStatusChange(context, 0, [(f"{READER} 00 00", 0)])
        scard.SCardReleaseContext(context)
        if not states[0][1] & scard.SCARD_STATE_PRESENT:
            return pcscd
        time.sleep(0.05)
    pytest.fail("a card lies there that nobody takes away")


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.output


def fails(error: type[Exception], *arguments: str) -> str:
    with pytest.raises(error) as caught:
        CliRunner().invoke(app, arguments, catch_exceptions=False)
    return str(caught.value)


def test_a_tag_is_signed_and_its_link_verified(reader: PrivatePcscd, tmp_path: Path) -> None:
    keys = str(tmp_path / "sun.toml")
    assert "密钥" in run("keys", keys)
    tag = VirtualNtag424(UID)
    with VpcdCard(tag, reader.dial):
        said = run("sign", "pcsc://", LINK, "--keys", keys)
        assert said.startswith(f"NTAG 424 DNA {UID.hex().upper()}, signs: {LINK}?e=")
        link = said.split()[-1]
    told = run("verify", link, "--keys", keys)
    assert f"genuine: tag {UID.hex().upper()}, reading 1, keys of version 1\n" in told
    assert "真实" in told
    assert "a new reading" in run("verify", link, "--keys", keys, "--last", "0")
    assert "once more" in run("verify", link, "--keys", keys, "--last", "1")
    assert "older" in run("verify", link, "--keys", keys, "--last", "2", code=1)
    assert "older" in run("verify", link, "--keys", keys, "--last", "0", "--last-version", "2", code=1)
    assert "forged" in run(
        "verify", re.sub("c=.", "c=0" if "c=0" not in link else "c=1", link), "--keys", keys, code=1
    )
    masters = re.findall("[0-9a-f]{32}", Path(keys).read_text())
    assert len(masters) == 3
    assert not [m for m in masters if m in said + told]


def test_which_tags_were_signed_is_kept_beside_the_keys(reader: PrivatePcscd, tmp_path: Path) -> None:
    keys, register = str(tmp_path / "sun.toml"), tmp_path / "sun.toml.signed"
    run("keys", keys)
    with VpcdCard(VirtualNtag424(UID), reader.dial):
        for _ in range(2):
            run("sign", "pcsc://", LINK, "--keys", keys)
        assert register.read_text() == "04A1B2C3D4E5F6\n"
        assert "count anew" in fails(TagTaken, "sign", "pcsc://", LINK + "?x=1", "--keys", keys)


def test_a_blank_under_the_uid_of_a_signed_tag_is_refused(reader: PrivatePcscd, tmp_path: Path) -> None:
    keys = str(tmp_path / "sun.toml")
    run("keys", keys)
    (tmp_path / "sun.toml.signed").write_text("04A1B2C3D4E5F6\n")
    imitation = VirtualNtag424(UID)
    with VpcdCard(imitation, reader.dial):
        assert "does not have its keys" in fails(
            TagTaken, "sign", "pcsc://", LINK, "--keys", keys, "--overwrite"
        )
    assert {key.version for key in imitation.keys} == {0}


def test_a_tag_gets_a_password_and_is_written_again_with_its_keys_alone(
    reader: PrivatePcscd, tmp_path: Path
) -> None:
    keys, other = str(tmp_path / "sun.toml"), LINK.replace("/7", "/8")
    run("keys", keys)
    with VpcdCard(VirtualNtag(UID), reader.dial):
        done = CliRunner().invoke(reader_app, ["write", "pcsc://", LINK, "--keys", keys])
        assert done.output == f"NTAG215 {UID.hex().upper()}: {LINK}\n"
        with pytest.raises(TagLocked, match="password"):
            CliRunner().invoke(reader_app, ["write", "pcsc://", other, "--overwrite"], catch_exceptions=False)
        done = CliRunner().invoke(reader_app, ["write", "pcsc://", other, "--overwrite", "--keys", keys])
        assert done.output.endswith(f"{other}\n")


def test_keys_and_links_that_are_wrong_are_told(tmp_path: Path) -> None:
    keys = str(tmp_path / "sun.toml")
    assert "No such file" in fails(SunKeyError, "verify", P12, "--keys", keys)
    run("keys", keys)
    assert "File exists" in fails(SunKeyError, "keys", keys)
    assert "c is missing" in fails(SunError, "verify", "https://x.cn/", "--keys", keys)
    assert "伪造" in run("verify", P12, "--keys", keys, code=1)
    assert "cannot let tags sign" in fails(
        UnsupportedOperation, "sign", "sim://x", LINK, "--keys", keys, "--wait", "0"
    )


def test_what_to_write_on_a_uhf_tag() -> None:
    told = orjson.loads(run("epc", LINK, "--bits", "128", "--lot", "L1", "--expiry", "2026-12-31"))
    assert told == {
        "scheme": "DSGTIN+",
        "pc": "4000",
        "epc": "FB94359F0690123456789201710622F5",
        "told": {"17": "261231", "10": "L1"},
        "left_out": {},
    }
    assert orjson.loads(run("epc", LINK, "--prefix", "8"))["scheme"] == "SGTIN-96"
    fails(TagTooSmall, "epc", LINK, "--whole", "--lot", "L1")
    assert "2026-13-31 is not a day" in fails(InvalidInput, "epc", LINK, "--expiry", "2026-13-31")


def test_what_a_chip_says_of_itself() -> None:
    told = orjson.loads(run("tid", "E2801191200076D63DDC030A"))
    assert (told["chip"], told["unique"], told["epc_bits"]) == ("Impinj M730", True, 128)
    assert not orjson.loads(run("tid", "E2801191"))["unique"]
    assert "not hexadecimal" in fails(TagError, "tid", "xx")
