"""``suyuan reader`` as a user runs it, on the real pcscd with a virtual card."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from suyuan.readers.tags import ndef
from suyuan.readers.virtual.pcscd import PrivatePcscd
from suyuan.readers.virtual.tags import VirtualNtag
from suyuan.readers.virtual.vpcd import VpcdCard

SUYUAN = str(Path(sys.executable).parent / "suyuan")
UID = bytes.fromhex("04a1b2c3d4e5f6")
LINK = "https://id.example.cn/01/06901234567892/21/a%2Fb?e=9F&c=E4=="


def suyuan(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SUYUAN, "reader", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.usefixtures("pcscd")
def test_readers_are_found_and_checked() -> None:
    found = suyuan("list")
    assert found.returncode == 0
    first = found.stdout.split()[0]
    assert first.startswith("pcsc://ACS%20ACR122U")
    assert suyuan("check", first).returncode == 0
    wrong = suyuan("check", "pcsc://OMNIKEY")
    assert wrong.returncode == 1
    assert "lsusb" in wrong.stderr
    assert "请检查" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_a_tag_is_written_and_told_when_it_is_refused(pcscd: PrivatePcscd) -> None:
    tag = VirtualNtag(UID)
    with VpcdCard(tag, pcscd.dial):
        written = suyuan("write", "pcsc://", LINK)
        assert written.stdout == f"NTAG215 {UID.hex().upper()}: {LINK}\n"
        other = suyuan("write", "pcsc://", "https://id.example.cn/01/06901234567892/21/other")
        assert other.returncode == 1
        assert "belongs to https://id.gs1.org/01/06901234567892/21/a%2Fb" in other.stderr
        locked = suyuan("write", "pcsc://", LINK, "--lock")
        assert ", locked:" in locked.stdout
        again = suyuan("write", "pcsc://", LINK)
        assert again.returncode == 1
        assert "locked" in again.stderr
    time.sleep(1)
    nothing = suyuan("write", "pcsc://", LINK, "--wait", "0.5")
    assert nothing.returncode == 1
    assert "Lay one tag on the reader" in nothing.stderr
    assert not any("Traceback" in each.stderr for each in (other, again, nothing))


def test_watching_shows_links(pcscd: PrivatePcscd) -> None:
    message = ndef.encode([ndef.uri_record(LINK)])
    with subprocess.Popen(
        [SUYUAN, "reader", "watch", "--json", "pcsc://"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        # A shell without job control lets what it starts in the background ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 (nothing else runs)
    ) as watching:
        assert watching.stdout is not None
        with VpcdCard(VirtualNtag(UID, message=message), pcscd.dial):
            seen = orjson.loads(watching.stdout.readline())
            assert (seen["text"], seen["tid"]) == (LINK, UID.hex())
            assert seen["identifier"] == "https://id.gs1.org/01/06901234567892/21/a%2Fb"
        watching.send_signal(signal.SIGINT)
        _, complaints = watching.communicate(timeout=20)
        assert b"Traceback" not in complaints
