"""Suyuan as people run it: the README's commands in processes of their own, and a reader of theirs.

The pictures of docs/pictures are taken in worlds that are made with these, too.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx

from suyuan.readers.llrp.emulator import LlrpEmulator

PATIENCE_S = 600.0


def environ(var: Path, port: int) -> dict[str, str]:
    """Settings of an installation of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SUYUAN_")}
    own = {"SUYUAN_VAR": str(var), "SUYUAN_PORT": str(port), "SUYUAN_PUBLIC_URL": f"http://localhost:{port}"}
    return kept | own


def suyuan(*words: str, environ: dict[str, str]) -> str:
    """One command that succeeds; what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "suyuan.api.cli", *words],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


@contextmanager
def running(
    *words: str,
    environ: dict[str, str],
    log: Path,
    until: str = "",
    end: signal.Signals = signal.SIGTERM,
) -> Generator[subprocess.Popen[bytes]]:
    """A command that goes on, ready when its log says ``until``; asked to end, it ends in order."""
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "suyuan.api.cli", *words],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
        )
        try:
            deadline = time.monotonic() + PATIENCE_S
            while until not in said(log):
                assert process.poll() is None, said(log)
                assert time.monotonic() < deadline, said(log)
                time.sleep(0.1)
            yield process
        finally:
            process.send_signal(end)
            status = process.wait(PATIENCE_S)
        assert status == 0, said(log)


def said(log: Path) -> str:
    """What a command wrote so far."""
    return log.read_text("utf-8", "replace")


def wait_for(url: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """Until it answers, for as long as ``process`` is there."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        assert process is None or process.poll() is None, "the server did not start"
        try:
            if httpx.get(url, timeout=2).status_code < 500:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    message = f"{url} never answered"
    raise AssertionError(message)


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
        self._loop.close()

    def do(self, work: Coroutine[Any, Any, Any]) -> None:
        """Let the reader do something."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def hold(self, antenna: int, *epcs: str) -> None:
        """Hold tags before an antenna for a moment."""
        self.do(self.emulator.listening(antenna))
        self.do(self.emulator.present(antenna, [bytes.fromhex(epc) for epc in epcs]))
