"""The pages over the fake house, served to a browser."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.end_to_end.programs import PATIENCE_S, wait_for
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
_ROOMS = ("readers", "trace", "api", "portal", "simulator")


@contextmanager
def serving() -> Generator[str]:
    """The address of a server of the fake house, as long as the block lasts."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "1", "--no-access-log", "tests.unit.portal.fake_house:app"]
    rooms = os.pathsep.join(str(ROOT / room) for room in _ROOMS)
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": rooms},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(address, process)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)
