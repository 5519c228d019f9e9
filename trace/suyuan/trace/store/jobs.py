"""Capture jobs: what became of each capture, kept for whoever sent it. Source: EPCIS 2.0 §12.7.2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import insert, select, tuple_

from suyuan.trace.epcis.event import Event
from suyuan.trace.errors import NotFound
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.tables import CaptureJobRow

Behaviour = Literal["rollback", "proceed"]


@dataclass(frozen=True, slots=True)
class CaptureError:
    """Why an event was not captured. ``index`` is its place in the document, None if it has none."""

    index: int | None
    code: str
    where: str
    template: str
    fields: Mapping[str, str]
    remedy: str

    @property
    def detail(self) -> str:
        """The English sentence with its values."""
        return self.template.format(**self.fields) if self.fields else self.template


@dataclass(frozen=True, slots=True)
class Evidence:
    """One event as it was stored now, and the same reduced for lineage."""

    sequence: int
    key: str
    event: Event
    occurrence: Occurrence


@dataclass(frozen=True, slots=True)
class CaptureJob:
    """The outcome of a capture; it is finished when it is told (``running`` False).

    ``captured``, ``duplicates`` and ``conflicts`` count events. ``evidence`` is what lineage takes in, in
    sequence order; ``conflicting`` was stored, but stays out of lineage. Both are empty for a job read back.
    """

    capture_id: str
    party: str
    created_at: datetime
    finished_at: datetime
    success: bool
    capture_error_behaviour: Behaviour
    captured: int
    duplicates: int
    conflicts: int
    errors: tuple[CaptureError, ...] = ()
    running: bool = False
    evidence: tuple[Evidence, ...] = ()
    conflicting: tuple[Evidence, ...] = ()


def store_job(writing: Writing, job: CaptureJob, document_id: int | None) -> None:
    """Keep a job."""
    row = {
        "id": job.capture_id,
        "party": job.party,
        "created": job.created_at,
        "finished": job.finished_at,
        "success": job.success,
        "behaviour": job.capture_error_behaviour,
        "captured": job.captured,
        "duplicates": job.duplicates,
        "conflicts": job.conflicts,
        "errors": [
            [error.index, error.code, error.where, error.template, dict(error.fields), error.remedy]
            for error in job.errors
        ],
        "document_id": document_id,
    }
    writing.connection.execute(insert(CaptureJobRow), row)


def capture_job(reading: Reading, capture_id: str) -> CaptureJob:
    """The job of that captureID, or ``NotFound``."""
    row = reading.connection.execute(_JOBS.where(CaptureJobRow.id == capture_id)).first()
    if row is None:
        raise NotFound("There is no capture job {id}", where="captureID", id=capture_id)
    return _job(tuple(row))


def capture_jobs(
    reading: Reading, *, party: str | None = None, limit: int = 30, before: CaptureJob | None = None
) -> Sequence[CaptureJob]:
    """Jobs, newest first, of one party or of all; the next page begins ``before`` the last of this."""
    statement = _JOBS
    if party is not None:
        statement = statement.where(CaptureJobRow.party == party)
    if before is not None:
        statement = statement.where(
            tuple_(CaptureJobRow.created, CaptureJobRow.id) < (before.created_at, before.capture_id)
        )
    ordered = statement.order_by(CaptureJobRow.created.desc(), CaptureJobRow.id.desc()).limit(limit)
    return [_job(tuple(row)) for row in reading.connection.execute(ordered)]


_JOBS = select(
    CaptureJobRow.id,
    CaptureJobRow.party,
    CaptureJobRow.created,
    CaptureJobRow.finished,
    CaptureJobRow.success,
    CaptureJobRow.behaviour,
    CaptureJobRow.captured,
    CaptureJobRow.duplicates,
    CaptureJobRow.conflicts,
    CaptureJobRow.errors,
)


def _job(values: tuple[Any, ...]) -> CaptureJob:
    capture_id, party, created, finished, success, behaviour, captured, duplicates, conflicts, errors = values
    return CaptureJob(
        capture_id=capture_id,
        party=party,
        created_at=created,
        finished_at=finished,
        success=success,
        capture_error_behaviour=behaviour,
        captured=captured,
        duplicates=duplicates,
        conflicts=conflicts,
        errors=tuple(CaptureError(*error) for error in errors),
    )
