"""kill -9 in the midst of work: what the process had acknowledged is in its outbox, in order and once."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

KILLS = 20
WORKER = """
import asyncio, sys
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

async def main():
    folder, run = Path(sys.argv[1]), sys.argv[2]
    async with Outbox(folder, "s", now=lambda: datetime.now(UTC)) as outbox:
        await asyncio.gather(*(feed(outbox, run, lane) for lane in range(4)))

asyncio.run(main())
"""


@pytest.mark.slow
def test_no_acknowledged_event_is_lost_to_kill_9(tmp_path: Path) -> None:
    chance = random.Random(7)
    acknowledged: dict[str, int] = {}
    for run in range(KILLS):
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path), str(run)], stdout=subprocess.PIPE, text=True
        )
        assert worker.stdout is not None
        first = worker.stdout.readline()  # it works: the kill falls into the midst of it
        time.sleep(chance.uniform(0.0, 0.15))
        worker.send_signal(signal.SIGKILL)
        rest = worker.stdout.read()
        worker.wait()
        worker.stdout.close()
        for line in (first + rest).splitlines(keepends=True):
            if line.endswith("\n"):
                sequence, name = line.split()
                acknowledged[name] = int(sequence)
    db = sqlite3.connect(tmp_path / "outbox.sqlite")
    rows = dict(db.execute("SELECT event_id, sequence FROM outbox").fetchall())
    db.close()
    assert len(acknowledged) > KILLS
    assert {name: rows.get(name) for name in acknowledged} == acknowledged
    assert sorted(rows.values()) == list(range(1, len(rows) + 1))
