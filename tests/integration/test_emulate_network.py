"""``suyuan reader emulate r700`` and ``mqtt`` as a user runs them, and what they say when they cannot."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.conformance.network_rigs import running

from suyuan.readers.reader import Reader
from suyuan.readers.registry import open_reader

SUYUAN = str(Path(sys.executable).parent / "suyuan")


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def emulated(*options: str) -> Generator[str]:
    """What the emulator says first; afterwards Ctrl-C must end it well."""
    with subprocess.Popen(
        [SUYUAN, "reader", "emulate", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        # A shell without job control lets what it starts in the background ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 (nothing else runs)
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)
        assert process.returncode == 0
        assert "Traceback" not in process.stdout.read()


def refused(*options: str) -> str:
    """What the command says on standard error when it cannot begin."""
    made = subprocess.run([SUYUAN, *options], capture_output=True, text=True, timeout=60, check=False)
    assert made.returncode in {1, 2}
    assert "Traceback" not in made.stderr
    return made.stderr


async def names(reader: Reader, count: int) -> set[int]:
    """The antennas at which that many tags were seen."""
    seen: list[int] = []
    async with asyncio.timeout(20):
        while len(seen) < count:
            seen += [each.antenna for each in await reader.receive()]
    return set(seen)


async def test_an_r700_that_asks_who_is_there() -> None:
    options = ("--port", "0", "--login", "root:impinj", "--antennas", "2", "--rate", "20")
    with emulated("r700", *options) as said:
        url = next(word for word in said.split() if "://" in word)
        async with open_reader(url.replace("//", "//root:impinj@"), now=now) as reader:
            assert await names(reader, 4) == {1, 2}
        check = refused("reader", "check", url.replace("//", "//root:s3cret@"))
        assert "does not take this user and password" in check
        assert "s3cret" not in check
        port = url.rstrip("/").rpartition(":")[2]
        assert "Address already in use" in refused("reader", "emulate", "r700", "--port", port)


async def test_a_reader_behind_a_broker(tmp_path: Path) -> None:
    async with running(tmp_path) as broker:
        url = f"mqtt://127.0.0.1:{broker.port}/dock/tags"
        with emulated("mqtt", url, "--dialect", "zebra", "--rate", "20") as said:
            assert said == f"A reader publishes to {url} (Ctrl-C ends it).\n"
            async with open_reader(f"{url}?dialect=zebra", now=now) as reader:
                assert await names(reader, 2) == {1}
    assert "is away" in refused("reader", "emulate", "mqtt", url)
    assert "without TLS and wildcards" in refused("reader", "emulate", "mqtt", f"{url}/+")
