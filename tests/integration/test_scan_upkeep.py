"""What a server does about scans while it runs: queue, salts, retention, and a database that is away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from time import monotonic, sleep
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select

from suyuan.api import scan_log
from suyuan.api import scan_upkeep as scan_upkeep_
from suyuan.api.scan_log import ScanLog
from suyuan.api.scan_upkeep import Upkeep, scan_upkeep
from suyuan.trace.store.engine import DatabaseUnavailable, Reading
from suyuan.trace.store.scan_tables import ScanSaltRow
from suyuan.trace.store.scans import Scan, batch_scans, scans_of, summary_of

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 5, 4, 4, 0, tzinfo=UTC)
ITEM = "https://id.gs1.org/01/09521234000013/21/K7M3QP9"
LOT = "https://id.gs1.org/01/09521234000013/10/L1"
ADDRESS, AGENT = "203.0.113.7", "Mozilla/5.0 (iPhone) Safari"


def log_over(engine: Engine, fill: int = 1) -> ScanLog:
    salts = count(fill, 10)
    return ScanLog(
        engine,
        zone=ZONE,
        batches=lambda keys: dict.fromkeys(keys, LOT),
        is_known=lambda key: key == LOT,
        randbytes=lambda size: bytes([next(salts)]) * size,
    )


def upkeep_of(engine: Engine, log: ScanLog, now: datetime = NOON) -> Upkeep:
    return Upkeep(engine, log, lambda _: None, now=lambda: now, kept=timedelta(days=180))


def on_record(engine: Engine) -> list[Scan]:
    with Reading(engine) as reading:
        return scans_of(reading, ITEM)


def until(holds: Callable[[], bool]) -> None:
    patience = monotonic() + 20
    while not holds() and monotonic() < patience:
        sleep(0.02)
    assert holds()


def test_a_running_server_writes_what_is_noted_and_the_rest_when_it_ends(sqlite_engine: Engine) -> None:
    log = log_over(sqlite_engine)
    judged: list[int] = []
    with scan_upkeep(
        sqlite_engine, log, lambda _: judged.append(1), now=lambda: NOON, kept=timedelta(days=180)
    ):
        log.note(Scan(ITEM, NOON, b"a" * 8))
        until(lambda: len(on_record(sqlite_engine)) == 1 and bool(judged))
        log.note(Scan(ITEM, NOON, b"b" * 8))
    assert len(on_record(sqlite_engine)) == 2


def test_a_scan_is_of_the_lot_that_is_on_record(sqlite_engine: Engine) -> None:
    log = log_over(sqlite_engine)
    log.note(Scan(ITEM, NOON, b"a" * 8, place="330100"))
    assert not log.write()
    with Reading(sqlite_engine) as reading:
        assert batch_scans(reading, LOT).placed == 1


def test_what_comes_while_the_queue_is_full_is_counted(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scan_log, "MOST_WAITING", 3)
    log = log_over(sqlite_engine)
    for number in range(5):
        log.note(Scan(ITEM, NOON, bytes([number]) * 8))
    assert log.dropped == 2
    upkeep = upkeep_of(sqlite_engine, log)
    upkeep.settle()
    assert "number=2" in capfd.readouterr().out
    upkeep.settle()
    assert "number" not in capfd.readouterr().out, "told once"
    upkeep.write()
    assert len(on_record(sqlite_engine)) == 3


def test_more_than_one_batch_is_written_at_once(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan_log, "_AT_ONCE", 2)
    log = log_over(sqlite_engine)
    for number in range(5):
        log.note(Scan(ITEM, NOON, bytes([number]) * 8))
    upkeep_of(sqlite_engine, log).write()
    assert len(on_record(sqlite_engine)) == 5


def test_judging_has_a_share_of_the_time_and_one_code_in_ten_rounds_where_many_are_scanned(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan_upkeep_, "thread_time", count(0, 0.1).__next__)
    monkeypatch.setattr(scan_upkeep_, "_BREATH", 0)
    monkeypatch.setattr(scan_log, "_AT_ONCE", 1)
    log, judged = log_over(sqlite_engine), list[int]()

    def judge(goes_on: Callable[[], bool]) -> None:
        judged.append(1)
        while goes_on():
            judged[-1] += 1

    upkeep = Upkeep(sqlite_engine, log, judge, now=lambda: NOON, kept=timedelta(days=180))
    for looks, after in ((0, [3]), (1, [3, 3]), *[(3, [3, 3])] * 9, (3, [3, 3, 1]), (0, [3, 3, 1, 3])):
        for number in range(looks):
            log.note(Scan(ITEM, NOON, bytes([number] * 8)))
        upkeep.write()
        upkeep.judge()
        assert judged == after


def test_while_the_database_is_away_looks_wait(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = log_over(sqlite_engine)
    log.note(Scan(ITEM, NOON, b"a" * 8))
    with monkeypatch.context() as away:

        def fail(*_given: object) -> None:
            raise DatabaseUnavailable

        away.setattr(scan_log, "keep_scans", fail)
        with pytest.raises(DatabaseUnavailable):
            log.write()
    log.write()
    assert len(on_record(sqlite_engine)) == 1


def test_processes_agree_on_a_visitor_and_a_day_ends_at_midnight_of_the_house(engine: Engine) -> None:
    one, other = log_over(engine, 1), log_over(engine, 2)
    one.turn(NOON)
    other.turn(NOON)
    today = one.visitor(NOON, ADDRESS, AGENT)
    assert other.visitor(NOON, ADDRESS, AGENT) == today
    evening = datetime(2026, 5, 4, 15, 57, tzinfo=UTC)  # three minutes to midnight in Shanghai
    one.turn(evening)
    with Reading(engine) as reading:
        days = reading.connection.execute(select(ScanSaltRow.day).order_by(ScanSaltRow.day)).scalars().all()
    assert days == ["2026-05-04", "2026-05-05"]
    assert one.visitor(evening, ADDRESS, AGENT) == today
    morning = evening + timedelta(minutes=4)
    one.turn(morning)
    other.turn(morning)
    assert one.visitor(morning, ADDRESS, AGENT) == other.visitor(morning, ADDRESS, AGENT) != today
    with Reading(engine) as reading:
        assert reading.connection.execute(select(ScanSaltRow.day)).scalars().all() == ["2026-05-05"]


def test_before_the_first_turn_nobody_waits_for_a_salt(sqlite_engine: Engine) -> None:
    one, other = log_over(sqlite_engine, 1), log_over(sqlite_engine, 2)
    assert one.visitor(NOON, ADDRESS, AGENT) == one.visitor(NOON, ADDRESS, AGENT)
    assert one.visitor(NOON, ADDRESS, AGENT) != other.visitor(NOON, ADDRESS, AGENT), "each has its own"
    with Reading(sqlite_engine) as reading:
        assert reading.connection.execute(select(ScanSaltRow.day)).all() == []


def test_old_scans_go_and_their_number_stays(sqlite_engine: Engine) -> None:
    log = log_over(sqlite_engine)
    log.note(Scan(ITEM, NOON, b"a" * 8))
    log.write()
    upkeep_of(sqlite_engine, log, NOON + timedelta(days=179)).forget()
    assert len(on_record(sqlite_engine)) == 1
    upkeep_of(sqlite_engine, log, NOON + timedelta(days=181)).forget()
    assert on_record(sqlite_engine) == []
    with Reading(sqlite_engine) as reading:
        found = summary_of(reading, ITEM)
    assert found is not None
    assert found.count == 1


def test_probes_of_what_is_on_record_are_added_up(sqlite_engine: Engine) -> None:
    log = log_over(sqlite_engine)
    for path in (
        "/01/09521234000013/10/L1/21/1001",
        "/p/01/09521234000013/10/L1/21/1002",
        "/p/01/09521234000013/10/L1/21/9002",
        "/01/09521234000020/10/L9/21/1",
        "/not/a/code",
        "/01/09521234000014",
    ):
        log.miss(path)
    log.write_probes(NOON)
    with Reading(sqlite_engine) as reading:
        found = batch_scans(reading, LOT)
    assert (found.probes, found.sequential) == (3, 1)
