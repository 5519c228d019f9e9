"""The log of scans: what counts, what it comes to, what is destroyed with its day and what with its age."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text

from suyuan.trace.scan.visitor import visitor_of
from suyuan.trace.store.backup import back_up
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.scan_tables import ScanProbeRow, ScanRow, ScanSaltRow
from suyuan.trace.store.scans import (
    Judged,
    Pending,
    Scan,
    Summary,
    ask_again,
    batch_scans,
    destroy_salts,
    forget_scans,
    keep_judged,
    keep_probes,
    keep_scans,
    pending,
    salt_of,
    scans_of,
    summary_of,
)

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ITEM = "https://id.gs1.org/01/09521234000013/21/K7M3QP9"
OTHER = "https://id.gs1.org/01/09521234000013/21/K7M3QPA"
LOT = "https://id.gs1.org/01/09521234000013/10/L1"
ANNA, BERT = b"anna....", b"bert...."


def midnight(time: datetime) -> datetime:
    return time.replace(hour=0, minute=0, second=0, microsecond=0)


def scan(
    visitor: bytes = ANNA, minutes: float = 0, key: str = ITEM, *, place: str = "", outcome: str = "none"
) -> Scan:
    time = NOON + timedelta(minutes=minutes)
    return Scan(key, time, visitor, LOT, place=place, outcome=outcome)


def keep(engine: Engine, *scans: Scan) -> int:
    with Writing(engine) as writing:
        return keep_scans(writing, scans, midnight)


def test_who_did_not_look_within_ten_minutes_tells_no_place(engine: Engine) -> None:
    told = [replace(scan(ANNA, at, place="650100"), is_look=False) for at in (9, 10.5, 18)]
    other = replace(scan(BERT, 1, place="650100"), is_look=False)
    assert keep(engine, scan(ANNA), *told, other) == 1
    with Reading(engine) as reading:
        found = [(one.visitor, one.time - NOON, one.place) for one in scans_of(reading, ITEM)]
    assert found == [(ANNA, timedelta(0), ""), (ANNA, timedelta(minutes=9), "650100")]


def summary(engine: Engine, key: str = ITEM) -> Summary | None:
    with Reading(engine) as reading:
        return summary_of(reading, key)


def on_record(engine: Engine, key: str = ITEM) -> list[Scan]:
    with Reading(engine) as reading:
        return scans_of(reading, key)


def test_a_code_that_nobody_scanned_has_no_summary(engine: Engine) -> None:
    assert summary(engine) is None
    assert keep(engine) == 0


def test_one_visitor_within_ten_minutes_is_one_scan(engine: Engine) -> None:
    assert keep(engine, scan(), scan(minutes=3)) == 1
    assert keep(engine, scan(minutes=9)) == 0, "in a later batch too"
    assert keep(engine, scan(BERT, minutes=9)) == 1
    assert keep(engine, scan(minutes=10)) == 1
    assert summary(engine) == Summary(3, midnight(NOON), "", 0.0, [])
    assert [one.visitor for one in on_record(engine)] == [ANNA, BERT, ANNA]


def test_a_later_look_that_tells_something_else_is_kept_and_not_counted(engine: Engine) -> None:
    assert keep(engine, scan(), scan(minutes=1, place="330100"), scan(minutes=2, place="330100")) == 1
    assert keep(engine, scan(minutes=3, outcome="replayed")) == 0
    assert [(one.place, one.outcome) for one in on_record(engine)] == [
        ("", "none"),
        ("330100", "none"),
        ("", "replayed"),
    ]
    found = summary(engine)
    assert found is not None
    assert found.count == 1


def test_scans_of_one_batch_may_come_in_any_order(engine: Engine) -> None:
    assert keep(engine, scan(minutes=25), scan(), scan(minutes=12)) == 3
    assert [one.time for one in on_record(engine)] == [NOON + timedelta(minutes=n) for n in (0, 12, 25)]


def test_what_is_new_is_judged_once_and_again_when_more_comes(engine: Engine) -> None:
    keep(engine, scan(), scan(key=OTHER), Scan(LOT, NOON, ANNA, LOT, is_single=False))
    with Reading(engine) as reading:
        first, second = pending(reading, 10)
        assert pending(reading, 10, after=ITEM) == [second]
    assert first == Pending(ITEM, LOT, 1)
    keep(engine, scan(BERT))  # while it is judged
    reasons = [{"code": "far", "weight": 1.5, "fields": {"km": 800.0}}]
    with Writing(engine) as writing:
        judged = Judged("suspicious", 2.5, reasons)
        keep_judged(writing, {first: judged, second: Judged("cannot-tell", 0.0, ())}, now=NOON)
        assert [one.key for one in pending(writing, 10)] == [ITEM], "its second scan is not judged yet"
    assert summary(engine) == Summary(2, midnight(NOON), "suspicious", 2.5, reasons)
    with Writing(engine) as writing:
        ask_again(writing, [OTHER, "https://id.gs1.org/01/09521234000013/21/NEVER"])
        assert [one.key for one in pending(writing, 10)] == [ITEM, OTHER]


def test_what_is_told_while_a_code_is_judged_is_judged_next(engine: Engine) -> None:
    """A place, which is no further scan; a chip or a clearing, which is none at all."""
    judged = Judged("cannot-tell", 0.0, ())
    keep(engine, scan())
    with Writing(engine) as writing:
        (before,) = pending(writing, 10)
    keep(engine, scan(minutes=1, place="650100"))
    with Writing(engine) as writing:
        keep_judged(writing, {before: judged}, now=NOON)
        (before,) = pending(writing, 10)
        ask_again(writing, [ITEM])
        keep_judged(writing, {before: judged}, now=NOON)
        (before,) = pending(writing, 10)
        keep_judged(writing, {before: judged}, now=NOON)
        assert pending(writing, 10) == []


def test_the_scans_of_a_lot_tell_how_many_were_far_and_what_was_asked_for_in_vain(engine: Engine) -> None:
    third = "https://id.gs1.org/01/09521234000013/21/K7M3QPB"
    keep(engine, scan(place="330100"), scan(key=OTHER, place="650100"), scan(key=third))
    with Writing(engine) as writing:
        judged = Judged("suspicious", 3.0, (), far="650100")
        keep_judged(writing, {Pending(OTHER, LOT, 1): judged}, now=NOON)
        keep_probes(writing, {LOT: (3, 1)}, midnight(NOON))
        keep_probes(writing, {LOT: (2, 2)}, midnight(NOON))
        keep_probes(writing, {LOT: (1, 0)}, midnight(NOON) + timedelta(days=1))
        found = batch_scans(writing, LOT)
    assert (found.placed, found.far, found.probes, found.sequential) == (2, {"650100": 1}, 6, 3)


def test_old_scans_are_forgotten_and_their_number_remains(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suyuan.trace.store.scans._FORGOTTEN_AT_ONCE", 2)
    keep(engine, *(scan(bytes([n]) * 8, place="330100") for n in range(7)), scan(BERT, minutes=20))
    with Writing(engine) as writing:
        keep_probes(writing, {LOT: (3, 1)}, midnight(NOON) - timedelta(days=1))
    assert forget_scans(engine, NOON + timedelta(minutes=5)) == 7
    assert [one.visitor for one in on_record(engine)] == [BERT]
    assert summary(engine) == Summary(8, midnight(NOON), "", 0.0, [])
    assert forget_scans(engine, NOON + timedelta(days=1)) == 1
    with Reading(engine) as reading:
        assert reading.connection.execute(select(func.count()).select_from(ScanRow)).scalar() == 0
        assert reading.connection.execute(select(func.count()).select_from(ScanProbeRow)).scalar() == 0
        assert batch_scans(reading, LOT).placed == 0, "nor any place"
    assert summary(engine) == Summary(8, midnight(NOON), "", 0.0, [])


def test_all_processes_have_one_salt_of_a_day(engine: Engine) -> None:
    with Writing(engine) as writing:
        assert salt_of(writing, "2026-05-04", b"a" * 32) == b"a" * 32
    with Writing(engine) as writing:
        assert salt_of(writing, "2026-05-04", b"b" * 32) == b"a" * 32
        assert salt_of(writing, "2026-05-05", b"c" * 32) == b"c" * 32


def test_once_its_day_is_over_nobody_can_compute_a_visitor_again(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    """Not even with all that is on the disk: whoever guesses an address has nothing to try it with."""
    salt = secrets.token_bytes(32)
    address, agent = "203.0.113.7", "Mozilla/5.0 (iPhone) Safari"
    with Writing(sqlite_engine) as writing:
        salt_of(writing, "2026-05-04", salt)
        keep_scans(writing, [Scan(ITEM, NOON, visitor_of(salt, address, agent), LOT)], midnight)
    back_up(sqlite_engine, tmp_path / "backup.zip", now=NOON)
    store = [path for path in tmp_path.iterdir() if path.name.startswith("one.db")]
    assert any(salt in path.read_bytes() for path in store), "it was there"
    assert destroy_salts(sqlite_engine, "2026-05-05")
    assert not [path.name for path in tmp_path.iterdir() if salt in path.read_bytes()]
    with Reading(sqlite_engine) as reading:
        assert reading.connection.execute(select(ScanSaltRow.day)).all() == []
    with Writing(sqlite_engine) as writing:
        anew = salt_of(writing, "2026-05-04", secrets.token_bytes(32))
    assert visitor_of(anew, address, agent) != on_record(sqlite_engine)[0].visitor


def test_no_backup_holds_a_salt(sqlite_engine: Engine, tmp_path: Path) -> None:
    with Writing(sqlite_engine) as writing:
        salt_of(writing, "2026-05-04", b"s" * 32)
    told = back_up(sqlite_engine, tmp_path / "backup.zip", now=NOON)
    assert {"scan", "scan_summary", "scan_probe"} <= {table.name for table in told.tables}
    assert "scan_salt" not in {table.name for table in told.tables}


def test_the_salt_of_today_stays(engine: Engine) -> None:
    with Writing(engine) as writing:
        salt_of(writing, "2026-05-03", b"a" * 32)
        salt_of(writing, "2026-05-04", b"b" * 32)
    assert destroy_salts(engine, "2026-05-04")
    with Reading(engine) as reading:
        assert reading.connection.execute(select(ScanSaltRow.day, ScanSaltRow.salt)).all() == [
            ("2026-05-04", b"b" * 32)
        ]


def test_while_somebody_reads_the_log_of_sqlite_cannot_be_cut_off_yet(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suyuan.trace.store.scans._CHECKPOINT_PATIENCE_MS", 20)
    with Writing(sqlite_engine) as writing:
        salt_of(writing, "2026-05-03", b"a" * 32)
    with Reading(sqlite_engine) as reading:
        reading.connection.execute(select(ScanSaltRow.day)).all()
        assert not destroy_salts(sqlite_engine, "2026-05-04")
    assert destroy_salts(sqlite_engine, "2026-05-04"), "asked again, though no row was left to delete"


def test_no_archive_of_postgresql_gets_a_salt(postgresql_engine: Engine) -> None:
    asked = text("SELECT relpersistence FROM pg_class WHERE relname = 'scan_salt'")
    with Reading(postgresql_engine) as reading:
        assert reading.connection.execute(asked).scalar() == "u"
