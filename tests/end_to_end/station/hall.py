"""A hall with a station: its agent, the portal that reads, a platform that is mostly not there."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.unit.readers.station.fakes import item, tag

from suyuan.readers.llrp.emulator import LlrpEmulator

expect.set_options(timeout=15_000)
ROOT = Path(__file__).resolve().parents[3]
SIGNER = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 640}
CONFIG = """
[station]
id = "dairy-7"
party = "https://id.gs1.org/417/6901234567892"
data = "data"
[server]
url = "http://127.0.0.1:{platform}"
token = "x"
key = "{key}"
[page]
listen = "127.0.0.1:{port}"
{more}
[[readers]]
name = "portal"
url = "{reader}"
[[read_points]]
name = "dock"
reader = "portal"
antennas = [1]
step = "commission"
read_point = "{place}/254/1"
biz_location = "{place}"
[read_points.smoothing]
quiet_s = 1.5
[read_points.order]
product = "{gtin}"
lot = "L20261121A"
[[read_points]]
name = "gate"
reader = "portal"
antennas = [2]
step = "ship"
read_point = "{place}/254/2"
[read_points.smoothing]
quiet_s = 1.5
[[readers]]
name = "scanner"
url = "wedge://page"
[[read_points]]
name = "till"
reader = "scanner"
step = "receive"
read_point = "{place}/254/3"
"""


class Portal:
    """An LLRP reader that runs in a thread of its own: Playwright keeps this one's loop."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.device = LlrpEmulator(now=lambda: datetime.now(UTC))
        self._run(self.device.__aenter__())

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def listening(self) -> None:
        """Wait until the station has asked the reader to read."""
        self._run(self.device.listening(1))

    def show(self, *epcs: str | bytes, antenna: int = 1) -> None:
        """Bring tags into the field."""
        memories = [tag(epc) if isinstance(epc, str) else epc for epc in epcs]
        assert self._run(self.device.present(antenna, memories)) == len(memories)

    def close(self) -> None:
        """The power goes off."""
        self._run(self.device.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


class Platform:
    """As much of a platform as a station delivers to; it can go away and come back on its port."""

    def __init__(self, port: int, blocked: dict[str, dict[str, str]]) -> None:
        self.port = port
        self.events: list[dict[str, Any]] = []
        payload = orjson.dumps({"issued": "2026-11-21T00:00:00Z", "sequence": 3, "keys": blocked})
        parts = {"payload": payload, "signature": SIGNER.sign(payload)}
        self.blocks = orjson.dumps({n: base64.b64encode(v).decode() for n, v in parts.items()})
        self._server: ThreadingHTTPServer | None = None

    def open(self) -> None:
        """Be there."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.events += json.loads(body)["epcisBody"]["eventList"]
                self._answer(202, b"", Location="/capture/1")

            def do_GET(self) -> None:
                job = b'{"running":false,"success":true}'
                self._answer(200, outer.blocks if self.path == "/blocklist" else job)

            def _answer(self, status: int, body: bytes, **headers: str) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Be gone."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@dataclass
class Agent:
    """The station's program and its page's address."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        rooms = os.pathsep.join(
            str(ROOT / room) for room in ("readers", "trace", "api", "portal", "simulator")
        )
        with (self.folder / "out").open("ab") as out, (self.folder / "err").open("ab") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "suyuan.api.cli", "station", "run", str(self.folder / "station.toml")],
                env={**os.environ, "PYTHONPATH": rooms},
                stdout=out,
                stderr=err,
            )

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def end(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)

    def stored(self) -> list[dict[str, Any]]:
        """The events in the outbox, as they are on the disk at this moment."""
        with closing(sqlite3.connect(self.folder / "data" / "outbox.sqlite")) as db:
            rows = db.execute("SELECT payload FROM outbox ORDER BY sequence").fetchall()
        return [orjson.loads(row[0]) for row in rows]


@dataclass
class Hall:
    """Everything of one test."""

    agent: Agent
    portal: Portal
    platform: Platform
    browser: Browser

    def context(self, language: str = "zh-CN", size: dict[str, int] = WIDE, **more: Any) -> BrowserContext:
        return self.browser.new_context(locale=language, viewport=size, **more)  # type: ignore[arg-type]

    def open(self, language: str = "zh-CN", size: dict[str, int] = WIDE, **more: Any) -> Page:
        page = self.context(language, size, **more).new_page()
        page.goto(self.agent.url)
        return page


def wait_for_page(agent: Agent) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", agent.port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the page does not answer")


def until_true(true: Callable[[], bool]) -> None:
    for _ in range(200):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("it does not come true")


def in_state(page: Page, state: str) -> None:
    expect(page.locator("body")).to_have_class(re.compile(rf"\bstate-{state}\b"))


def counts(page: Page, *numbers: str) -> None:
    expect(page.locator(".counter dd")).to_have_text(list(numbers))


def expect_so_many(page: Page, count: int) -> None:
    """Fill in how many there should be; on a phone the fields are folded."""
    if not page.locator("#f-expected_count").is_visible():
        page.locator("#fields > summary").click()
    page.locator("#f-expected_count").fill(str(count))


def serials(first: int, count: int) -> list[str]:
    return [item(first + n) for n in range(count)]
