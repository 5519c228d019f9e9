"""``suyuan load``: documents and lines, packed or plain, hostile, interrupted and loaded again."""

from __future__ import annotations

import gzip
import os
import signal
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
import typer
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from suyuan.api.commands.event_files import LARGEST, batches
from suyuan.api.commands.line_readers import line_readers, prepared_batches
from suyuan.api.commands.load import load
from suyuan.trace.errors import InvalidInput, Unavailable
from suyuan.trace.store.capture import store
from suyuan.trace.store.engine import Reading, open_engine
from suyuan.trace.store.jobs import CaptureJob
from suyuan.trace.store.prepared import Prepared
from suyuan.trace.store.tables import CaptureJobRow, DocumentRow, EvidenceRow

CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": "https://e.cn/"}]
COMMAND = typer.Typer()
COMMAND.command()(load)


def observed(number: int, **other: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
        "eventTime": "2026-05-01T08:00:00.000+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "epcList": [f"https://id.gs1.org/01/09506000134352/21/{number}"],
        **other,
    }


def line(number: int, **other: Any) -> bytes:
    return orjson.dumps({"@context": CONTEXT, **observed(number, **other)})


def document(events: Sequence[dict[str, Any]]) -> bytes:
    return orjson.dumps(
        {
            "@context": CONTEXT,
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-05-01T08:00:00Z",
            "epcisBody": {"eventList": events},
        }
    )


@dataclass(frozen=True, slots=True)
class Loaded:
    status: int
    files: list[dict[str, Any]]

    @property
    def counts(self) -> list[tuple[int, int, int, int]]:
        names = ("captured", "duplicates", "conflicts", "refusals")
        return [(one[names[0]], one[names[1]], one[names[2]], one[names[3]]) for one in self.files]


def loaded(folder: Path, *names: str) -> Loaded:
    words = [*(str(folder / name) for name in names), "--db", str(folder / "store.db"), "--json"]
    done = CliRunner().invoke(COMMAND, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Loaded(done.exit_code, [orjson.loads(one) for one in done.stdout.splitlines()])


def test_lines_are_captured_each_for_itself_and_known_ones_are_passed_over(tmp_path: Path) -> None:
    lines = [
        line(1, **{"ex:note": "一"}),
        b"",
        b"{",
        line(2, epcList=["urn:epc:id:sgtin:x"]),
        document([observed(3), observed(4)]),
        document([observed(5), observed(6, action="LOST")]),
        b'  {"type": "EPCISDocument"}  ',
        b'["EPCISDocument"]',
        line(7),
        line(7),
    ]
    (tmp_path / "day.ndjson").write_bytes(b"\r\n".join(lines))
    first = loaded(tmp_path, "day.ndjson")
    assert (first.status, first.counts) == (1, [(4, 1, 0, len(first.files[0]["refused"]))])
    told = sorted({int(reason.split(":")[0].removeprefix("line ")) for reason in first.files[0]["refused"]})
    assert told == [3, 4, 6, 7, 8]
    assert "line 4: /epcList/0: " in "\n".join(first.files[0]["refused"])
    assert "line 6: /epcisBody/eventList/1/action: " in "\n".join(first.files[0]["refused"])
    engine = open_engine(tmp_path / "store.db")
    with Reading(engine) as reading:
        rows = reading.connection.execute(
            select(EvidenceRow.position, EvidenceRow.event_id, DocumentRow.media_type)
            .join(DocumentRow, DocumentRow.id == EvidenceRow.document_id)
            .order_by(EvidenceRow.sequence)
        ).all()
        jobs = reading.connection.execute(select(CaptureJobRow.behaviour, CaptureJobRow.success)).all()
    engine.dispose()
    kept = [(position, int(event_id[-3:])) for position, event_id, _ in rows]
    assert kept == [(0, 1), (1, 3), (2, 4), (3, 7)]
    assert {media_type for _, _, media_type in rows} == {"application/x-ndjson"}
    assert [tuple(job) for job in jobs] == [("proceed", False)]
    (tmp_path / "day.jsonl.gz").write_bytes(gzip.compress(line(1, **{"ex:note": "一"}) + b"\n") * 2)
    assert loaded(tmp_path, "day.jsonl.gz").counts == [(0, 2, 0, 0)]


def test_a_line_that_the_database_does_not_take_is_told_and_the_others_are_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(engine: Engine, prepared: Prepared, **options: Any) -> CaptureJob:
        """As PostgreSQL does with a text that no index holds."""
        if any(rows.event_id.endswith("005") for rows in prepared.events):
            raise InvalidInput("A text is too long for the database: {reason}", reason="index row size")
        return store(engine, prepared, **options)

    monkeypatch.setattr("suyuan.api.commands.load.store", refusing)
    monkeypatch.setattr("suyuan.api.commands.event_files.BATCH_LINES", 6)
    (tmp_path / "day.ndjson").write_bytes(b"\n".join([*map(line, range(8)), b"{", line(8)]))
    done = loaded(tmp_path, "day.ndjson")
    assert done.counts == [(8, 0, 0, 2)]
    told = [reason.partition(": ")[::2] for reason in done.files[0]["refused"]]
    assert [number for number, _ in told] == ["line 6", "line 9"]
    assert "too long for the database: index row size" in told[0][1]


def test_an_interrupted_file_is_captured_as_far_as_it_goes_and_loaded_again_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suyuan.api.commands.event_files.BATCH_LINES", 100)
    monkeypatch.setattr("suyuan.api.commands.load.INLINE_BYTES", 0)  # so that several processes work
    lines = [line(number) for number in range(260)]
    whole = gzip.compress(b"\n".join(lines))
    (tmp_path / "long.ndjson.gz").write_bytes(whole[: len(whole) * 9 // 10])
    (tmp_path / "other.json").write_bytes(document([observed(9000)]))
    cut = loaded(tmp_path, "long.ndjson.gz", "other.json")
    captured, _, _, refused = cut.counts[0]
    assert (cut.status, cut.counts[1]) == (1, (1, 0, 0, 0))
    assert 200 < captured < 260
    assert refused in (1, 2)  # the end of the stream, and the line that it cut, if it did
    assert "not valid gzip" in cut.files[0]["refused"][-1]
    (tmp_path / "long.ndjson.gz").write_bytes(whole)
    again = loaded(tmp_path, "long.ndjson.gz")
    assert (again.status, again.counts) == (0, [(260 - captured, captured, 0, 0)])


def test_several_processes_read_in_the_order_of_the_file_and_one_that_is_ended_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suyuan.api.commands.event_files.BATCH_LINES", 2)
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(line(number) for number in range(40)))
    read = list(batches(tmp_path / "a.jsonl"))
    with line_readers() as readers:
        worker = readers.started.result(timeout=60)
        found = list(prepared_batches(read, "farm", readers))
        assert worker != os.getpid()
        assert [batch for batch, _ in found] == read
        names = [rows.event_id for _, prepared in found for rows in prepared.events]
        assert names == [observed(number)["eventID"] for number in range(40)]
        os.kill(worker, signal.SIGKILL)
        with pytest.raises(Unavailable, match="ended from outside"):
            list(prepared_batches(read * 100, "farm", readers))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("bomb.ndjson.gz", gzip.compress(b"0" * (40 << 20)), "more than 200 times"),
        ("lines.ndjson.gz", gzip.compress((b" " * 1023 + b"\n") * 4096), "more than 200 times"),
        ("bomb.json.gz", gzip.compress(b"0" * (40 << 20)), "larger than"),
        ("none.json.gz", b"no gzip", "not valid gzip"),
        ("cut.json.gz", gzip.compress(document([]))[:-9], "not valid gzip"),
        ("tail.jsonl.gz", gzip.compress(line(1)) + b"tail", "not valid gzip"),
        ("broken.jsonl.gz", gzip.compress(line(1))[:20] + b"\xff" * 30, "not valid gzip"),
        ("plain.xml", b" " * (LARGEST + 1), "larger than"),
    ],
    # Not by its bytes: gzip writes the time into them, and each process would name its test otherwise.
    ids=lambda value: value if isinstance(value, str) else "…",
)
def test_a_hostile_file_is_refused_and_told(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    refused = loaded(tmp_path, name)
    assert (refused.status, len(refused.files)) == (1, 1)
    assert reason in refused.files[0]["refused"][-1]


def test_a_line_that_is_too_long_is_passed_over(tmp_path: Path) -> None:
    long = b'"' + b"x" * (2 * LARGEST) + b'"'
    (tmp_path / "a.jsonl").write_bytes(b"\n".join((line(1), long, line(2))))
    told = loaded(tmp_path, "a.jsonl")
    assert (told.status, told.counts) == (1, [(2, 0, 0, 1)])
    assert told.files[0]["refused"] == ["line 2: it is too long"]


def test_a_line_as_long_as_may_be_is_read_however_it_ends(tmp_path: Path) -> None:
    for end in (b"\n", b"\r\n", b""):
        longest, longer = b"x" * LARGEST, b"x" * (LARGEST + 1)
        (tmp_path / "a.jsonl").write_bytes(longest + end + (longer + end if end else b""))
        found = list(batches(tmp_path / "a.jsonl"))
        assert [(number, len(line)) for batch in found for number, line in batch.lines] == [(1, LARGEST)]
        assert [number for batch in found for number in batch.too_long] == ([2] if end else [])


def test_a_long_file_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    some = b"\n".join(line(number) for number in range(8_000)) + b"\n"
    with gzip.open(tmp_path / "long.ndjson.gz", "wb", compresslevel=1) as packed:
        for _ in range(3):
            packed.write(some)
    tracemalloc.start()
    found = sum(len(batch.lines) for batch in batches(tmp_path / "long.ndjson.gz"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found, peak < len(some) / 2) == (24_000, True)


def test_a_folder_gives_its_lines_and_documents(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, content in (
        ("a.json", document([observed(1)])),
        ("b.jsonl", line(2)),
        ("c.json", b'{"$schema": "x"}'),
        ("d.json", b"{"),
        ("e.txt", b"no"),
    ):
        (tmp_path / "in" / name).write_bytes(content)
    assert loaded(tmp_path, "in").counts == [(1, 0, 0, 0), (1, 0, 0, 0), (0, 0, 0, 1)]
