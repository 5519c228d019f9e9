"""``kill -9`` in the middle of captures: what was answered is there whole, and nothing is there in part."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from sqlalchemy import func, select, text

from suyuan.trace.store.engine import Reading, open_engine
from suyuan.trace.store.migrate import migrate
from suyuan.trace.store.tables import CaptureJobRow, DocumentRow, EvidenceRow, IncidenceRow

KILLS = int(os.environ.get("SUYUAN_KILLS", "12"))
SEED = int(os.environ.get("SUYUAN_SEED", "20261121"))
EVENTS = 40  # of a document; with `proceed` one of them is not valid

# One process that has read its modules, and a fork of it for every life: a life begins at once.
CAPTURING = """
import os, sys
from datetime import UTC, datetime
import orjson
from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import open_engine

def observed(number, epc):
    return {"type": "ObjectEvent", "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
            "eventTime": "2026-05-01T08:00:00+08:00", "eventTimeZoneOffset": "+08:00",
            "action": "OBSERVE", "epcList": [epc]}

def document(first, count, spoilt):
    item = "https://id.gs1.org/01/09506000134352/21/"
    events = [observed(first + each, item + str(first + each)) for each in range(count)]
    if spoilt:
        events[count // 2]["epcList"] = ["no identifier"]
    return orjson.dumps({"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-05-01T08:00:00Z",
        "epcisBody": {"eventList": events}})

def live(store, first, count):
    engine = open_engine(store)
    for number in range(first, first + 10**6, 2 * count):
        for behaviour, start in (("rollback", number), ("proceed", number + count)):
            job = capture(engine, document(start, count, behaviour == "proceed"), "application/json",
                          party="farm", now=datetime.now(UTC), behaviour=behaviour)
            os.write(1, f"done {job.capture_id} {job.captured}\\n".encode())

for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        live(sys.argv[1], int(line) * 10**6, int(sys.argv[2]))
    os.write(1, f"pid {pid}\\n".encode())
    os.waitpid(pid, 0)
    os.write(1, b"gone\\n")
"""


def _note(line: str, answered: dict[str, int]) -> None:
    assert line.startswith("done "), line
    _, capture_id, captured = line.split()
    answered[capture_id] = int(captured)


def test_nothing_is_half_written_and_nothing_that_was_answered_is_lost(tmp_path: Path) -> None:
    store, random = tmp_path / "store.db", Random(SEED)
    engine = open_engine(store)
    migrate(engine)
    engine.dispose()
    answered: dict[str, int] = {}
    with subprocess.Popen(
        [sys.executable, "-c", CAPTURING, str(store), str(EVENTS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for turn in range(KILLS):
            process.stdin.write(f"{turn}\n")
            process.stdin.flush()
            at_work = int(process.stdout.readline().removeprefix("pid "))
            for _ in range(random.randrange(1, 4)):  # it does work, however busy the machine is
                _note(process.stdout.readline(), answered)
            time.sleep(random.uniform(0, 0.1))
            os.kill(at_work, signal.SIGKILL)
            while (line := process.stdout.readline()) != "gone\n":
                _note(line, answered)
        process.stdin.close()

    engine = open_engine(store)
    with Reading(engine) as reading:
        ask = reading.connection.execute
        assert ask(text("PRAGMA integrity_check")).scalar() == "ok"
        assert ask(text("PRAGMA foreign_key_check")).all() == []
        jobs = {
            row.id: row
            for row in ask(
                select(
                    CaptureJobRow.id,
                    CaptureJobRow.captured,
                    CaptureJobRow.behaviour,
                    CaptureJobRow.document_id,
                )
            )
        }
        counted = ask(select(EvidenceRow.document_id, func.count()).group_by(EvidenceRow.document_id))
        per_document = {row[0]: row[1] for row in counted}
        sequences = list(ask(select(EvidenceRow.sequence).order_by(EvidenceRow.sequence)).scalars())
        named = list(ask(select(IncidenceRow.sequence).order_by(IncidenceRow.sequence)).scalars())
        documents = list(ask(select(DocumentRow.id)).scalars())
    engine.dispose()

    assert len(answered) >= KILLS
    assert answered.items() <= {capture_id: job.captured for capture_id, job in jobs.items()}.items()
    assert {job.document_id: job.captured for job in jobs.values()} == per_document
    assert sorted(documents) == sorted(per_document)
    whole = {"rollback": EVENTS, "proceed": EVENTS - 1}
    assert all(job.captured == whole[job.behaviour] for job in jobs.values())
    assert sequences == named == list(range(1, len(sequences) + 1))
