"""The log of scans, what it comes to per code, and the salts of days (decision 0035).

A visitor that looks at a code again within ten minutes made one scan. A later look of it is kept if it told
something else, a place or another proof, and is not counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, bindparam, delete, func, insert, select, text, update

from suyuan.trace.store.bulk import insert_rows, look_up
from suyuan.trace.store.columns import microseconds
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.scan_tables import ScanProbeRow, ScanRow, ScanSaltRow, ScanSummaryRow

ONE_SCAN = timedelta(minutes=10)
MOST_OF_HISTORY = 2_000
"""Scans of one code that its history tells, the latest."""

_FORGOTTEN_AT_ONCE = 20_000  # rows of one transaction: others want to write too
_CHECKPOINT_PATIENCE_MS = 1_000


@dataclass(frozen=True, slots=True)
class Scan:
    """A look to be kept, or one that is. ``batch`` is the key of its lot as far as it is known.

    ``place`` is a code of GB/T 2260 or empty; ``channel`` and ``outcome`` are words of
    :mod:`suyuan.trace.scan.past`. ``is_single``: the code is of one thing, which may be found to be copied.
    ``is_look`` is False where a visitor only tells the place of a look.
    """

    key: str
    time: datetime
    visitor: bytes
    batch: str = ""
    place: str = ""
    channel: str = "phone"
    outcome: str = "none"
    is_single: bool = True
    is_look: bool = True


@dataclass(frozen=True, slots=True)
class Summary:
    """What the scans of a code come to so far: how many, since which day, and what was thought of them."""

    count: int
    first: datetime
    state: str
    score: float
    reasons: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Judged:
    """What was thought of a code. ``far``: the place of a scan far from where the thing should be."""

    state: str
    score: float
    reasons: Sequence[Mapping[str, Any]]
    far: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """A code of which something is new; ``version`` tells what was known of it when that was read."""

    key: str
    batch: str
    version: int


@dataclass(frozen=True, slots=True)
class BatchScans:
    """What the scans of a lot tell.

    ``placed`` codes were scanned with a place; ``far`` are, by place, those of them that were far from where
    they should be. ``probes`` asked for codes that it does not have, of these ``sequential`` for the next.
    """

    placed: int
    far: Mapping[str, int]
    probes: int
    sequential: int


_SUMMARY = select(
    ScanSummaryRow.count,
    ScanSummaryRow.first,
    ScanSummaryRow.state,
    ScanSummaryRow.score,
    ScanSummaryRow.reasons,
).where(ScanSummaryRow.key == bindparam("key"))


def summary_of(reading: Reading, key: str) -> Summary | None:
    """What the scans of ``key`` come to; None before the first. One look-up."""
    found = reading.connection.execute(_SUMMARY, {"key": key}).one_or_none()
    return None if found is None else Summary(*found)


def keep_scans(
    writing: Writing,
    scans: Sequence[Scan],
    day_of: Callable[[datetime], datetime],
    batches: Mapping[str, str] | None = None,
) -> int:
    """Write scans down and count them; how many counted. A few statements for 500 scans.

    A place is kept if its visitor looked at the code within :data:`ONE_SCAN` before; other places are not.
    ``day_of`` gives the start of the day of an instant, ``batches`` the keys of lots that scans do not tell.
    """
    kept: list[Scan] = []
    counted: dict[str, int] = defaultdict(int)
    before = _lately(writing, scans)
    for scan in sorted(scans, key=lambda one: one.time):
        own = before[scan.key, scan.visitor]
        recent = [told for time, told in own if time > microseconds(scan.time - ONE_SCAN)]
        told = (scan.place, scan.channel, scan.outcome)
        if told in recent or not (scan.is_look or any(not place for place, *_ in recent)):
            continue
        counted[scan.key] += not recent
        own.append((microseconds(scan.time), told))
        kept.append(scan)
    _insert_scans(writing, kept)
    _add_up(writing, kept, counted, day_of, batches or {})
    return sum(counted.values())


_Told = tuple[str, str, str]


def _lately(writing: Writing, scans: Sequence[Scan]) -> dict[tuple[str, bytes], list[tuple[int, _Told]]]:
    """Of each code and visitor the scans that are on record since ten minutes before the first of these."""
    found: dict[tuple[str, bytes], list[tuple[int, _Told]]] = defaultdict(list)
    if not scans:
        return found
    since = min(scan.time for scan in scans) - ONE_SCAN
    keys = {scan.key for scan in scans}
    for key, time, visitor, *told in look_up(
        writing.connection, _SCAN, keys, since={ScanRow.time: microseconds(since)}
    ):
        found[key, bytes(visitor)].append((time, (told[0], told[1], told[2])))
    return found


_SCAN = (ScanRow.key, ScanRow.time, ScanRow.visitor, ScanRow.place, ScanRow.channel, ScanRow.outcome)


def _insert_scans(writing: Writing, scans: Sequence[Scan]) -> None:
    rows = [
        (one.key, microseconds(one.time), one.visitor, one.place, one.channel, one.outcome) for one in scans
    ]
    insert_rows(writing.connection, _SCAN, rows, "ON CONFLICT DO NOTHING")


_SUMMED = (
    ScanSummaryRow.key, ScanSummaryRow.count, ScanSummaryRow.first, ScanSummaryRow.last, ScanSummaryRow.batch,
    ScanSummaryRow.placed, ScanSummaryRow.pending, ScanSummaryRow.far, ScanSummaryRow.state,
    ScanSummaryRow.score, ScanSummaryRow.reasons, ScanSummaryRow.version,
)  # fmt: skip
_ADD_UP = """
    ON CONFLICT (key) DO UPDATE SET
        count = scan_summary.count + excluded.count,
        last = CASE WHEN excluded.last > scan_summary.last THEN excluded.last ELSE scan_summary.last END,
        batch = CASE WHEN excluded.batch = '' THEN scan_summary.batch ELSE excluded.batch END,
        placed = scan_summary.placed OR excluded.placed,
        pending = scan_summary.pending OR excluded.pending,
        version = scan_summary.version + 1
"""
_NOTHING_YET = ("", "", 0.0, b"[]", 1)  # far, state, score, reasons, version


def _add_up(
    writing: Writing,
    scans: Sequence[Scan],
    counted: Mapping[str, int],
    day_of: Callable[[datetime], datetime],
    batches: Mapping[str, str],
) -> None:
    last = {scan.key: scan for scan in scans}  # in the order of time
    placed = {scan.key for scan in scans if scan.place}
    rows: list[tuple[Any, ...]] = []
    for key, scan in sorted(last.items()):
        day = microseconds(day_of(scan.time))
        summed = (
            key,
            counted[key],
            day,
            day,
            scan.batch or batches.get(key, ""),
            key in placed,
            scan.is_single,
        )
        rows.append((*summed, *_NOTHING_YET))
    insert_rows(writing.connection, _SUMMED, rows, _ADD_UP)


def scans_of(reading: Reading, key: str) -> list[Scan]:
    """The latest scans of a code that are on record, in the order of time."""
    columns = (ScanRow.key, ScanRow.time, ScanRow.visitor, ScanRow.place, ScanRow.channel, ScanRow.outcome)
    asked = select(*columns).where(ScanRow.key == key).order_by(ScanRow.time.desc()).limit(MOST_OF_HISTORY)
    found = reading.connection.execute(asked).all()
    return [
        Scan(key, time, visitor, place=place, channel=channel, outcome=outcome)
        for key, time, visitor, place, channel, outcome in reversed(found)
    ]


def pending(reading: Reading, limit: int, after: str = "") -> list[Pending]:
    """Codes of which something is new since they were judged: those after ``after``, in the order of keys."""
    row = ScanSummaryRow
    asked = select(row.key, row.batch, row.version).where(row.pending.is_(True), row.key > after)
    found = reading.connection.execute(asked.order_by(row.key).limit(limit))
    return [Pending(key, batch, version) for key, batch, version in found]


def keep_judged(writing: Writing, judged: Mapping[Pending, Judged], *, now: datetime) -> None:
    """Write down what was thought of codes; one of which something was told meanwhile stays pending."""
    row = ScanSummaryRow
    for code, found in judged.items():
        reasons = [dict(reason) for reason in found.reasons]
        told = {
            "state": found.state,
            "score": found.score,
            "reasons": reasons,
            "far": found.far,
            "judged": now,
        }
        of_code = update(row).where(row.key == code.key)
        writing.connection.execute(of_code.values(told))
        writing.connection.execute(of_code.where(row.version == code.version).values(pending=False))


def ask_again(writing: Writing, keys: Collection[str]) -> None:
    """Let those of ``keys`` that were ever scanned be judged anew: something else is known of them now."""
    for chunk in chunks(keys):
        of_keys = update(ScanSummaryRow).where(ScanSummaryRow.key.in_(chunk))
        writing.connection.execute(of_keys.values(pending=True, version=ScanSummaryRow.version + 1))


def batch_scans(reading: Reading, batch: str, product: str = "") -> BatchScans:
    """What the scans of the things of ``batch`` tell, and what was asked for of it or of its product."""
    row, probe = ScanSummaryRow, ScanProbeRow
    placed = select(row.far, func.count()).where(row.batch == batch, row.placed.is_(True)).group_by(row.far)
    by_place: dict[str, int] = {far: number for far, number in reading.connection.execute(placed)}  # noqa: C416 (rows are not pairs to a type checker)
    asked = select(func.coalesce(func.sum(probe.count), 0), func.coalesce(func.sum(probe.sequential), 0))
    probes, sequential = reading.connection.execute(asked.where(probe.key.in_((batch, product)))).one()
    far = {place: number for place, number in by_place.items() if place}
    return BatchScans(sum(by_place.values()), far, int(probes), int(sequential))


_PROBE = """
    INSERT INTO scan_probe (key, day, count, sequential) VALUES (:key, :day, :count, :sequential)
    ON CONFLICT (key, day) DO UPDATE SET
        count = scan_probe.count + excluded.count, sequential = scan_probe.sequential + excluded.sequential
"""


def keep_probes(writing: Writing, probes: Mapping[str, tuple[int, int]], day: datetime) -> None:
    """Add to what was asked for in vain on ``day``: of each product or lot how many, how many in sequence."""
    rows = [
        {"key": key, "day": microseconds(day), "count": count, "sequential": sequential}
        for key, (count, sequential) in sorted(probes.items())
    ]
    if rows:
        writing.connection.execute(text(_PROBE), rows)


def salt_of(writing: Writing, day: str, fresh: bytes) -> bytes:
    """The salt of a day: ``fresh`` if it has none yet. All processes agree on one."""
    of_day = select(ScanSaltRow.salt).where(ScanSaltRow.day == day)
    found = writing.connection.execute(of_day).scalar()
    if found is None:
        writing.connection.execute(insert(ScanSaltRow), {"day": day, "salt": fresh})
        return fresh
    return found


def destroy_salts(engine: Engine, before: str) -> bool:
    """Destroy the salts of the days before a day (ISO date); whether all of what is ours to erase is gone.

    SQLite overwrites the rows, and its log is cut off, which has to wait while somebody reads: False then,
    and the caller tries again. PostgreSQL throws the file of the table away and begins another one.
    """
    with Writing(engine) as writing:
        connection, row = writing.connection, ScanSaltRow
        is_sqlite = connection.dialect.name == "sqlite"
        gone = connection.execute(select(func.count()).where(row.day < before)).scalar_one()
        if gone and is_sqlite:
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
            connection.execute(delete(row).where(row.day < before))
        elif gone:
            kept = [
                tuple(one) for one in connection.execute(select(row.day, row.salt).where(row.day >= before))
            ]
            connection.exec_driver_sql("TRUNCATE TABLE scan_salt")
            insert_rows(connection, (row.day, row.salt), kept)
    return _cut_log_off(engine) if is_sqlite else True


def _cut_log_off(engine: Engine) -> bool:
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        patience = driver.execute("PRAGMA busy_timeout").fetchone()[0]
        driver.execute(f"PRAGMA busy_timeout={_CHECKPOINT_PATIENCE_MS}")
        try:
            busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            driver.execute(f"PRAGMA busy_timeout={patience}")
    return not busy


def forget_scans(engine: Engine, before: datetime) -> int:
    """Delete the scans of before an instant; how many. Of their codes the count and the days remain."""
    deleted = 0
    while True:
        with Writing(engine) as writing:
            times = select(ScanRow.time).where(ScanRow.time < before).order_by(ScanRow.time)
            last = writing.connection.execute(times.offset(_FORGOTTEN_AT_ONCE).limit(1)).scalar()
            some = delete(ScanRow).where(ScanRow.time < before if last is None else ScanRow.time <= last)
            deleted += writing.connection.execute(some).rowcount
            if last is None:
                _forget_places(writing, before)
                return deleted


def _forget_places(writing: Writing, before: datetime) -> None:
    row = ScanSummaryRow
    idle = update(row).where(row.last < before, row.placed.is_(True))
    writing.connection.execute(idle.values(placed=False, far=""))
    writing.connection.execute(delete(ScanProbeRow).where(ScanProbeRow.day < before))
