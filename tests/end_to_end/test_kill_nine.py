"""``kill -9`` of the real station and the real server, at random points, while a real reader protocol runs.

What the station said "done" to must be in the server's evidence exactly once, whatever died and whenever.
The suite kills 50 times, in two worlds that live side by side: half of such a test is waiting for the next
kill. A start is a fork that has read its modules (:mod:`tests.forked`). ``SUYUAN_KILLS=10000`` makes a
campaign of it.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sqlite3
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from typing import Any

import httpx
import orjson
import pytest
from tests.forked import ended, forked, ready_to_fork
from tests.ports import free_port

from suyuan.api.authority import ensure_authority, own_party
from suyuan.readers.llrp.emulator import LlrpEmulator
from suyuan.trace.gs1 import canonical_key, encode_epc, identify
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import Writing, open_engine
from suyuan.trace.store.migrate import migrate

KILLS = int(os.environ.get("SUYUAN_KILLS", "50"))
SEED = int(os.environ.get("SUYUAN_SEED", "20261121"))
WORLDS = 2
LONGEST_LIFE = 4.0
"""Between two kills, in starts of the server: of those that hit a server just started, one in four comes
before it can answer, the others while it is delivered to."""
PATIENCE_S = 60.0
"""For a station that has just found its server away: it asks again within ten seconds."""
PLACE = "https://id.gs1.org/414/9521234000006"


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Process:
    """A program of ours that can be killed with everything it started, and started again."""

    words: tuple[str, ...]
    environ: dict[str, str]
    output: Path
    running: ForkServerProcess = field(init=False)

    def start(self) -> None:
        self.running = forked(*self.words, environ=self.environ, output=self.output)

    def end(self, signum: int, *, whole: bool = True) -> int:
        """Signal the program with everything it started, or only its first process; its exit status."""
        assert self.running.pid
        assert self.running.is_alive(), self.output.read_text(encoding="utf-8")[-2000:]
        (os.killpg if whole else os.kill)(self.running.pid, signum)
        return ended(self.running, 20)

    def make_sure_of_its_end(self) -> None:
        """Whatever became of the test."""
        if self.running.pid and self.running.is_alive():
            os.killpg(self.running.pid, signal.SIGKILL)
            ended(self.running, 20)


AUTHORITY = own_party("bureau")


def _tokens(folder: Path) -> dict[str, str]:
    engine = open_engine(folder / "suyuan.db")
    migrate(engine)
    made: dict[str, str] = {}
    with Writing(engine) as writing:
        ensure_authority(writing, AUTHORITY, name="局", now=now())
        for name, role, party in (
            ("dock", AccountRole.STATION, "https://id.gs1.org/417/9521234000013"),
            ("officer", AccountRole.REGULATOR, AUTHORITY),
        ):
            create_account(writing, name, role=role, party=party, now=now())
            made[name], _ = create_token(writing, name, now=now(), randbytes=secrets.token_bytes)
    engine.dispose()
    return made


async def test_no_acknowledged_read_is_lost_or_doubled(tmp_path: Path) -> None:
    ready_to_fork(tmp_path)
    async with asyncio.TaskGroup() as worlds:
        for number in range(WORLDS):
            folder = tmp_path / str(number)
            folder.mkdir()
            kills = KILLS // WORLDS + (number < KILLS % WORLDS)
            worlds.create_task(_nothing_is_lost_or_doubled(folder, Random(SEED + number), kills))


async def _nothing_is_lost_or_doubled(folder: Path, random: Random, kills: int) -> None:
    port, tokens = free_port(), _tokens(folder)
    environ = {**os.environ, "SUYUAN_VAR": str(folder), "SUYUAN_PORT": str(port)}
    server = Process(("serve",), environ, folder / "server.out")
    async with LlrpEmulator(now=now) as reader, AsyncExitStack() as stack:
        config = _config(folder, reader.url, port, tokens["dock"])
        station = Process(("station", "run", str(config)), environ, folder / "station.out")
        stack.callback(server.make_sure_of_its_end)
        stack.callback(station.make_sure_of_its_end)
        server.start()
        start_s = await _until_ready(port)
        station.start()
        belt = asyncio.create_task(_present_tags(reader))
        try:
            for kill in range(kills):
                await asyncio.sleep(random.uniform(0.1, LONGEST_LIFE * start_s))
                victim = random.choice((server, station))
                assert victim.end(signal.SIGKILL, whole=random.random() < 0.5) == -signal.SIGKILL
                victim.start()
                assert not belt.done(), f"the reader ended at kill {kill}"
            await asyncio.sleep(3)
        finally:
            belt.cancel()
        acknowledged = _acknowledged(station.output)
        if missing := await _missing(port, tokens["officer"], set(acknowledged)):
            pytest.fail(_what_became_of(missing, folder))
        assert station.end(signal.SIGTERM) == 0
        stored = _stored(port, tokens["officer"])
        assert server.end(signal.SIGTERM) == 0

    assert len(acknowledged) > kills  # it did work in between
    assert Counter(acknowledged).most_common(1)[0][1] == 1
    counted = Counter(event["eventID"] for event in stored)
    assert set(acknowledged) <= counted.keys()
    assert counted.most_common(1)[0][1] == 1
    reads = Counter(canonical_key(epc) for event in stored for epc in event["epcList"])
    assert reads.most_common(1)[0][1] == 1  # each tag passed once, so it is read in one event


def _config(folder: Path, reader_url: str, port: int, token: str) -> Path:
    config = folder / "station.toml"
    config.write_text(
        f"""
[station]
id = "dock"
party = "https://id.gs1.org/417/9521234000013"
data = "station"
utc_offset = "+08:00"

[page]
listen = "off"
[server]
url = "http://127.0.0.1:{port}"
token = "{token}"

[[readers]]
name = "dock"
url = "{reader_url}"

[[read_points]]
name = "dock"
reader = "dock"
step = "receive"
read_point = "{PLACE}/254/dock"
biz_location = "{PLACE}"
automatic = true
[read_points.smoothing]
min_reads = 1
quiet_s = 0.02
dedupe_s = 3600.0
[read_points.order]
""",
        encoding="utf-8",
    )
    return config


async def _present_tags(reader: LlrpEmulator) -> None:
    """A belt that never stops: a new tag every few hundredths of a second, whoever is listening."""
    serial = 1
    while True:
        if reader.connected:
            tag = identify(f"https://id.gs1.org/01/09521234000020/21/{serial}")
            await reader.present(1, [encode_epc(tag, company_prefix_length=7)], at=now())
            serial += 1
        await asyncio.sleep(0.05)


def _acknowledged(output: Path) -> list[str]:
    """The eventIDs of every outcome that the station told; a line cut off by a kill was not told."""
    told: list[str] = []
    for line in output.read_bytes().splitlines(keepends=True):
        if line.startswith(b"{") and line.endswith(b"\n"):
            told.extend(orjson.loads(line).get("eventIDs", ()))
    return told


async def _until_ready(port: int) -> float:
    """Seconds until the server answers for the first time: kills are timed by what this machine can do."""
    began = time.monotonic()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        while time.monotonic() < began + PATIENCE_S:
            try:
                (await client.get("/livez")).raise_for_status()
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return time.monotonic() - began
    pytest.fail("the server did not start")


async def _missing(port: int, token: str, wanted: set[str]) -> set[str]:
    """Those of ``wanted`` that the server does not have, once it has all or patience is over."""
    deadline = time.monotonic() + PATIENCE_S
    missing = wanted
    while missing and time.monotonic() < deadline:
        try:
            missing = wanted - {event["eventID"] for event in await asyncio.to_thread(_stored, port, token)}
        except httpx.TransportError:
            missing = wanted  # the server is still starting
        await asyncio.sleep(0.5)
    return missing


def _what_became_of(missing: set[str], folder: Path) -> str:
    """The station's own account of the missing events, and the server's last words."""
    with sqlite3.connect(folder / "station" / "outbox.sqlite") as outbox:
        rows = outbox.execute(
            "SELECT event_id, created_wall, attempts, sent_at, receipt, refused FROM outbox"
        )
        told = [row for row in rows if row[0] in missing]
    lines = [f"{len(missing)} acknowledged events never arrived; the outbox has {len(told)} of them:"]
    lines += [str(row) for row in told[:20]]
    return "\n".join([*lines, (folder / "server.out").read_text(encoding="utf-8")[-2000:]])


def _stored(port: int, token: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    link = "/events?perPage=1000"
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}, timeout=20
    ) as client:
        while True:
            answer = client.get(link)
            answer.raise_for_status()
            found.extend(answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"])
            if "next" not in answer.links:
                return found
            link = answer.links["next"]["url"]
