"""The append-only log of decisions upon cases: what a regulator decided, when, and on what grounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select

from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.tables import DecisionRow


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """One entry; ``payload`` is JSON whose form the recall room owns."""

    sequence: int
    case: str
    time: datetime
    by: str
    what: str
    payload: bytes


def append_decision(
    writing: Writing, *, case: str, time: datetime, by: str, what: str, payload: bytes
) -> int:
    """Log a decision and return its sequence number, which rises without gaps."""
    connection = writing.connection
    sequence = (connection.execute(select(func.max(DecisionRow.sequence))).scalar() or 0) + 1
    connection.execute(
        insert(DecisionRow),
        {
            "sequence": sequence,
            "case_number": case,
            "time": time,
            "decided_by": by,
            "what": what,
            "payload": payload,
        },
    )
    return sequence


def decisions(reading: Reading, *, case: str | None = None, after: int = 0) -> Iterator[LoggedDecision]:
    """The log in order, of one case or of all, after a sequence number."""
    statement = select(
        DecisionRow.sequence,
        DecisionRow.case_number,
        DecisionRow.time,
        DecisionRow.decided_by,
        DecisionRow.what,
        DecisionRow.payload,
    ).where(DecisionRow.sequence > after)
    if case is not None:
        statement = statement.where(DecisionRow.case_number == case)
    for row in reading.connection.execute(statement.order_by(DecisionRow.sequence)):
        yield LoggedDecision(*row)
