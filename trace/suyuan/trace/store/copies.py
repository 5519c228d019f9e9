"""Codes that may have been copied, those most suspected first, and what was said for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, text

from suyuan.trace.store.copy_tables import CopyClearingRow
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.scan_tables import ScanSummaryRow
from suyuan.trace.store.scans import ask_again
from suyuan.trace.store.sight import Viewer, made_by, visible_suspects


@dataclass(frozen=True, slots=True)
class Suspected:
    """A code with what its scans came to. ``first`` is the start of the day of its first scan."""

    key: str
    batch: str
    state: str
    score: float
    reasons: Sequence[Mapping[str, Any]]
    count: int
    first: datetime
    judged: datetime | None


@dataclass(frozen=True, slots=True)
class Clearing:
    """Somebody answered for a code: by ``time`` nothing that was known of it speaks against it."""

    key: str
    time: datetime
    by: str
    reason: str
    score: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which to list: of a product, of what a party made; ``before`` is the last of the page before."""

    product: str = ""
    party: str = ""
    before: tuple[float, str] | None = None


_ROW = ScanSummaryRow
_COLUMNS = (_ROW.key, _ROW.batch, _ROW.state, _ROW.score, _ROW.reasons, _ROW.count, _ROW.first, _ROW.judged)
_SUSPECTED = text("scan_summary.state IN ('suspicious', 'known-copy')")  # as the index has it


def suspected(reading: Reading, viewer: Viewer, wanted: Wanted, limit: int) -> Sequence[Suspected]:
    """Suspected codes in sight, the highest score first, equal ones by key."""
    where: list[ColumnElement[bool]] = [visible_suspects(viewer)]
    if wanted.product:
        where.append(_ROW.key.startswith(f"{wanted.product}/", autoescape=True))
    if wanted.party:
        where.append(made_by(_ROW.key, wanted.party))
    if wanted.before is not None:
        score, key = wanted.before
        where.append(or_(_ROW.score < score, and_(_ROW.score == score, _ROW.key > key)))
    asked = select(*_COLUMNS).where(_SUSPECTED, *where).order_by(_ROW.score.desc(), _ROW.key).limit(limit)
    return [Suspected(*row) for row in reading.connection.execute(asked)]


def suspect(reading: Reading, viewer: Viewer, key: str) -> Suspected | None:
    """One code that was scanned, suspected or not; None for what is not in sight."""
    asked = select(*_COLUMNS).where(_ROW.key == key, visible_suspects(viewer))
    found = reading.connection.execute(asked).one_or_none()
    return None if found is None else Suspected(*found)


def clear(writing: Writing, clearing: Clearing) -> None:
    """Write down that somebody answered for a code, and let it be judged anew."""
    row = CopyClearingRow
    told = {
        "key": clearing.key,
        "time": clearing.time,
        "by": clearing.by,
        "reason": clearing.reason,
        "score": clearing.score,
    }
    writing.connection.execute(insert(row), told)
    ask_again(writing, [clearing.key])


def clearings(reading: Reading, key: str) -> Sequence[Clearing]:
    """What was said for a code, the latest first."""
    row = CopyClearingRow
    asked = select(row.key, row.time, row.by, row.reason, row.score).where(row.key == key)
    found = reading.connection.execute(asked.order_by(row.time.desc(), row.id.desc()))
    return [Clearing(*one) for one in found]


def cleared_at(reading: Reading, key: str) -> datetime | None:
    """When somebody last answered for a code; None: nobody did."""
    row = CopyClearingRow
    return reading.connection.execute(select(func.max(row.time)).where(row.key == key)).scalar()
