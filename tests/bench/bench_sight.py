"""How long a company and an authority wait for what they see among a million events of others.

Prints milliseconds of one page of events (30 of them, bodies read and parsed), best of five, per viewer::

    python tests/bench/bench_sight.py [EVENTS] [DATABASE]

``make bench`` takes 200,000 events and holds the goal for pages without conditions.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

import orjson
from sqlalchemy import Engine

from suyuan.trace.store.bulk import insert_rows
from suyuan.trace.store.columns import microseconds
from suyuan.trace.store.engine import Reading, Writing, open_engine
from suyuan.trace.store.migrate import migrate
from suyuan.trace.store.query import events, parse_query
from suyuan.trace.store.record_tables import ConcernedRow, ConcernRow, EntryRow
from suyuan.trace.store.sight import HOUSE, Competence, Viewer
from suyuan.trace.store.tables import DocumentRow, EvidenceRow

START = datetime(2026, 1, 1, tzinfo=UTC)
ITEM = "https://id.gs1.org/01/09521234000013/21/"
GOAL_S = 0.2  # of a page of the console (issue "Start real"); what has no condition is far below
COMPANIES = 1000
"""The first captures half of all events, the others share the rest; the last did so only at the beginning."""


def main(number: int, database: str) -> float:
    """Fill a store and ask; the seconds of the slowest page without conditions."""
    engine = open_engine(database)
    migrate(engine)
    fill(engine, number)
    viewers = {
        "administrator": HOUSE,
        "company with half of all": Viewer("a", "company", party(0)),
        "company with one in 2000": Viewer("b", "company", party(1)),
        "company of long ago": Viewer("c", "company", party(COMPANIES - 1)),
        "company with nothing": Viewer("d", "company", party(COMPANIES + 1)),
        "authority of a county": Viewer(
            "e", "regulator", "", Competence(frozenset(("retail",)), frozenset(("330106",)))
        ),
    }
    slowest = 0.0
    for asked in ([], [("EQ_bizStep", "receiving")], [("EQ_bizStep", "destroying")]):
        query = parse_query([("perPage", "30"), *asked])
        for name, viewer in viewers.items():
            best, found = float("inf"), 0
            for _ in range(5):
                begun = perf_counter()
                with Reading(engine) as reading:
                    found = len(events(reading, query, viewer=viewer, now=START).events)
                best = min(best, perf_counter() - begun)
            sys.stdout.write(f"{name:28} {dict(asked)!s:32} {found:3} events {best * 1000:8.1f} ms\n")
            slowest = max(slowest, 0.0 if asked else best)
    engine.dispose()
    return slowest


def test_a_page_of_events_in_time(tmp_path: Path) -> None:
    assert main(200_000, str(tmp_path / "bench.db")) < GOAL_S


def party(number: int) -> str:
    """The key of a company."""
    return f"https://ns.suyuan.example/party/{number}"


def place(number: int) -> str:
    """The key of a company's place."""
    return f"https://ns.suyuan.example/place/{number}"


def fill(engine: Engine, number: int) -> None:
    """Evidence with its concerns, and the register of places; bodies of an ordinary length."""
    body = orjson.dumps(
        {
            "type": "ObjectEvent", "eventTime": START.isoformat(), "eventTimeZoneOffset": "+08:00",
            "action": "OBSERVE", "epcList": [f"{ITEM}{n}" for n in range(20)],
        }
    )  # fmt: skip
    owners = [*range(COMPANIES)]
    with Writing(engine) as writing:
        connection = writing.connection
        insert_rows(
            connection,
            (DocumentRow.id, DocumentRow.party, DocumentRow.sha256, DocumentRow.media_type,
             DocumentRow.content, DocumentRow.size, DocumentRow.received),
            [(1, "x", b"1", "application/json", b"", 0, 0)],
        )  # fmt: skip
        insert_rows(
            connection, (ConcernedRow.id, ConcernedRow.key),
            [(n + 1, party(n)) for n in owners] + [(COMPANIES + n + 1, place(n)) for n in owners],
        )  # fmt: skip
        columns = [
            EntryRow.key, EntryRow.kind, EntryRow.owner, EntryRow.state, EntryRow.created,
            EntryRow.created_by, EntryRow.note, EntryRow.code, EntryRow.search, EntryRow.party,
            EntryRow.place, EntryRow.stage, EntryRow.district,
        ]  # fmt: skip
        insert_rows(
            connection, columns,
            [(place(n), "place", party(n), "approved", 0, "x", "", "", "", party(n), "", "retail",
              "330106" if n % 100 == 7 else "110101") for n in owners],
        )  # fmt: skip
    for first in range(0, number, 50_000):
        _fill_part(engine, range(first, min(first + 50_000, number)), number, body)


def _fill_part(engine: Engine, numbers: range, total: int, body: bytes) -> None:
    evidence: list[tuple[object, ...]] = []
    concerns: list[tuple[object, ...]] = []
    for n in numbers:
        owner = 0 if n % 2 else 1 + (n // 2) % (COMPANIES - 2)
        if n < total // 1000:
            owner = COMPANIES - 1
        time = microseconds(START + timedelta(seconds=n))
        step = "receiving" if n % 10 == 0 else "packing"
        evidence.append(
            (n + 1, f"{n:064x}", party(owner), "h", 1, n, f"e{n}", time, "+08:00", time, "ObjectEvent", step,
             None, place(owner), "accepted", body)
        )  # fmt: skip
        concerns += [(owner + 1, time, n + 1, time), (COMPANIES + owner + 1, time, n + 1, time)]
    names = (
        EvidenceRow.sequence, EvidenceRow.key, EvidenceRow.party, EvidenceRow.hash, EvidenceRow.document_id,
        EvidenceRow.position, EvidenceRow.event_id, EvidenceRow.event_time, EvidenceRow.time_zone_offset,
        EvidenceRow.record_time, EvidenceRow.type, EvidenceRow.biz_step, EvidenceRow.read_point,
        EvidenceRow.biz_location, EvidenceRow.status, EvidenceRow.body,
    )  # fmt: skip
    with Writing(engine) as writing:
        insert_rows(writing.connection, names, evidence)
        insert_rows(
            writing.connection,
            (ConcernRow.concerned_id, ConcernRow.event_time, ConcernRow.sequence, ConcernRow.record_time),
            concerns,
        )


if __name__ == "__main__":
    arguments = [*sys.argv[1:], *("1000000", "")[len(sys.argv) - 1 :]]
    with tempfile.TemporaryDirectory() as folder:
        main(int(arguments[0]), arguments[1] or str(Path(folder) / "bench.db"))
