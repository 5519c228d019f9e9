"""``suyuan reader emulate llrp`` as a user runs it: a reader for anybody's client."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.readers.certificates import make_certificate

from suyuan.api.cli import main
from suyuan.readers.reader import Reader
from suyuan.readers.registry import open_reader
from suyuan.readers.tags.gen2 import Bank

SUYUAN = str(Path(sys.executable).parent / "suyuan")
NEW = bytes.fromhex("3066c4409047e140075bcd15")


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def emulated(*options: str) -> Generator[tuple[str, subprocess.Popen[str]]]:
    """The address of a reader, and its process; afterwards Ctrl-C must end it well."""
    command = [SUYUAN, "reader", "emulate", "llrp", "--port", "0", *options]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        # A shell without job control lets what it starts in the background ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 (nothing else runs)
    ) as process:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        try:
            yield next(word for word in words if "://" in word), process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)
        assert process.returncode == 0


async def epcs(reader: Reader, count: int) -> list[bytes]:
    found: list[bytes] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            found += [seen.epc for seen in await reader.receive(count - len(found))]
    return found


async def test_any_client_reads_and_writes_and_what_it_asks_is_told() -> None:
    with emulated("--tags", "3") as (url, process):
        async with open_reader(url, now=now) as reader:
            seen = await epcs(reader, 3)
            assert len(set(seen)) == 3
            await reader.write_epc(seen[0], NEW)
            assert len(await reader.read_memory(NEW, Bank.TID, 0, 6)) == 12
        process.send_signal(signal.SIGINT)
        told, _ = process.communicate(timeout=20)
    assert "ADD_ROSPEC" in told
    assert f"C1G2Write on {seen[0].hex().upper()}: done" in told
    assert "is gone" in told
    assert "Traceback" not in told


async def test_over_tls_as_an_impinj_reader_with_tags_that_pass(tmp_path: Path) -> None:
    files = make_certificate(tmp_path)
    options = (
        "--cert",
        str(files.certificate),
        "--key",
        str(files.key),
        "--vendor",
        "impinj",
        "--rate",
        "50",
    )
    with emulated(*options, "--quiet") as (url, _):
        assert url.startswith("llrps://")
        async with open_reader(f"{url}?fingerprint={files.fingerprint}", now=now) as reader:
            assert len(await epcs(reader, 5)) == 5
            assert reader.info is not None
            assert reader.info.model.startswith("25882/")


def test_what_it_cannot_do_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(*options: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["reader", "emulate", "llrp", *options])
        assert ended.value.code in {1, 2}
        return capsys.readouterr().err

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "Give another --host or --port" in refused("--port", str(taken.getsockname()[1]))
    assert "PEM" in refused("--cert", str(tmp_path / "none"))
    assert "vendor" in refused("--vendor", "nobody")
    assert "key is given without" in refused("--key", str(tmp_path / "none"))
