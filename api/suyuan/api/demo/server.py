"""The server as a process of its own, started for the demonstration and ended with it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from suyuan.api.port import wait_for_port
from suyuan.api.settings import Settings
from suyuan.trace.errors import Unavailable

READY_WITHIN_S = 60.0


class ServerFailed(Unavailable):
    """The server process did not come up."""

    code = "server-failed"
    title = "The server did not start"


@contextmanager
def running_server(settings: Settings) -> Generator[str]:
    """The base URL of a server of these settings, ready to answer, for as long as the block lasts."""
    wait_for_port(settings.host, settings.port)
    log = settings.var / "server.log"
    environ = {
        **os.environ,
        "SUYUAN_VAR": str(settings.var),
        "SUYUAN_DATABASE": settings.database,
        "SUYUAN_HOST": settings.host,
        "SUYUAN_PORT": str(settings.port),
        "SUYUAN_PUBLIC_URL": settings.public_url,
        "SUYUAN_LINEAGE": settings.lineage,
    }
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "suyuan.api.demo.served"],
            env=environ,
            stdin=subprocess.PIPE,  # never written to: its end is ours, see `served`
            stdout=sink,
            stderr=sink,
            start_new_session=True,  # Ctrl-C is for the demonstration, which ends the server in order
        )
    try:
        url = f"http://{settings.host}:{settings.port}"
        _wait_until_ready(process, url, log)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with suppress(httpx.TransportError):
            if httpx.get(f"{url}/readyz", timeout=5).is_success:
                return
        time.sleep(0.1)
    last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
    raise ServerFailed("The server did not start: {reason}", reason=" ".join(last), remedy=f"See {log}.")
