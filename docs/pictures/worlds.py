"""The worlds that the pictures are taken in: processes of the commands that the README names."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx

from suyuan.readers.llrp.emulator import LlrpEmulator


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environ(var: Path, port: int) -> dict[str, str]:
    """Settings of an installation of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SUYUAN_")}
    own = {"SUYUAN_VAR": str(var), "SUYUAN_PORT": str(port), "SUYUAN_PUBLIC_URL": f"http://localhost:{port}"}
    return kept | own


def suyuan(*words: str, environ: dict[str, str]) -> str:
    """One command; what it said."""
    command = [sys.executable, "-m", "suyuan.api.cli", *words]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise RuntimeError(done.stderr or done.stdout)
    return done.stdout


@contextmanager
def running(
    *words: str, environ: dict[str, str], log: Path, until: str = ""
) -> Iterator[subprocess.Popen[bytes]]:
    """A command that goes on; ready when its log says ``until``, or at once."""
    with log.open("wb") as sink:
        command = [sys.executable, "-m", "suyuan.api.cli", *words]
        process = subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink)
        try:
            deadline = time.monotonic() + 600
            while until and until not in log.read_text("utf-8", "replace"):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(log.read_text("utf-8", "replace"))
                time.sleep(0.5)
            yield process
        finally:
            process.terminate()
            process.wait(30)


def wait_for(url: str) -> None:
    """Until it answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=2).status_code < 500:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    message = f"{url} never answered"
    raise RuntimeError(message)


class Reader:
    """An LLRP reader with three antennas, alive in a thread of its own while the context is entered."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.emulator = LlrpEmulator(now=lambda: datetime.now(UTC), antennas=3)

    def __enter__(self) -> Self:
        self._thread.start()
        self.do(self.emulator.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self.do(self.emulator.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def do(self, work: Coroutine[Any, Any, Any]) -> None:
        """Let the reader do something."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def hold(self, antenna: int, *epcs: str) -> None:
        """Hold tags before an antenna for a moment."""
        self.do(self.emulator.listening(antenna))
        self.do(self.emulator.present(antenna, [bytes.fromhex(epc) for epc in epcs]))
