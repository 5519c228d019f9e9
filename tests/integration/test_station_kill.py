"""kill -9 in the midst of work: what the process had acknowledged is in its outbox, in order and once."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

KILLS = 20

# One process that has read its modules, and a fork of it for every life: a life begins at once.
WORKER = """
import asyncio, os, sys
from datetime import UTC, datetime
from pathlib import Path
from suyuan.readers.station.journal import Entry
from suyuan.readers.station.outbox import Outbox

async def feed(outbox, run, lane):
    number = 0
    while True:
        name = f"{run}-{lane}-{number}"
        entry = Entry(name, {"type": "ObjectEvent"}, datetime.now(UTC), 0.0, "boot")
        (sequence,) = await outbox.append([entry])
        sys.stdout.write(f"{sequence} {name}\\n")
        sys.stdout.flush()
        number += 1

async def live(folder, run):
    async with Outbox(folder, "s", now=lambda: datetime.now(UTC)) as outbox:
        await asyncio.gather(*(feed(outbox, run, lane) for lane in range(4)))

for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        os.write(1, f"{os.getpid()}\\n".encode())
        asyncio.run(live(Path(sys.argv[1]), int(line)))
    os.waitpid(pid, 0)
    os.write(1, b"gone\\n")
"""


@pytest.mark.slow
def test_no_acknowledged_event_is_lost_to_kill_9(tmp_path: Path) -> None:
    chance = random.Random(7)
    acknowledged: dict[str, int] = {}
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for run in range(KILLS):
            process.stdin.write(f"{run}\n")
            process.stdin.flush()
            at_work = int(process.stdout.readline())
            line = process.stdout.readline()  # it works: the kill falls into the midst of it
            time.sleep(chance.uniform(0.0, 0.15))
            os.kill(at_work, signal.SIGKILL)
            while line != "gone\n":
                sequence, name = line.split()
                acknowledged[name] = int(sequence)
                line = process.stdout.readline()
        process.stdin.close()
    db = sqlite3.connect(tmp_path / "outbox.sqlite")
    rows = dict(db.execute("SELECT event_id, sequence FROM outbox").fetchall())
    db.close()
    assert len(acknowledged) > KILLS
    assert {name: rows.get(name) for name in acknowledged} == acknowledged
    assert sorted(rows.values()) == list(range(1, len(rows) + 1))
