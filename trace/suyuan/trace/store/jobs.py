"""Capture jobs: what became of each capture, kept for whoever sent it. Source: EPCIS 2.0 §12.7.2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import insert, select, tuple_

from suyuan.trace.epcis.event import Event
from suyuan.trace.errors import NotFound
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.store import page_tokens
from suyuan.trace.store.columns import instant, microseconds
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.parameters import QueryParameterWrong
from suyuan.trace.store.tables import CaptureJobRow

_LIST = "capture jobs"  # as page tokens name it
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
    sequence order; ``conflicting`` was stored, but stays out of lineage. ``repeated`` are stations under
    whose name a number came twice of late, each with it. All three are empty for a job read back.
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
    repeated: tuple[tuple[str, int], ...] = ()


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


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some of a party's jobs, newest first; ``next_token`` leads to older ones, until ``token_expires``."""

    jobs: tuple[CaptureJob, ...]
    next_token: str | None = None
    token_expires: datetime | None = None


def capture_jobs(
    reading: Reading, *, party: str, now: datetime, per_page: int = 30, token: str | None = None
) -> JobPage:
    """One page of a party's jobs. It goes on by key, so jobs that are added meanwhile move nothing.

    Raises:
        QueryParameterWrong: the token is none of ours, or has expired.
    """
    statement = _JOBS.where(CaptureJobRow.party == party)
    if token is not None:
        statement = statement.where(tuple_(CaptureJobRow.created, CaptureJobRow.id) < _place(token, now))
    ordered = statement.order_by(CaptureJobRow.created.desc(), CaptureJobRow.id.desc()).limit(per_page + 1)
    found = [_job(tuple(row)) for row in reading.connection.execute(ordered)]
    if len(found) <= per_page:
        return JobPage(tuple(found))
    del found[per_page:]
    last = (microseconds(found[-1].created_at), found[-1].capture_id)
    return JobPage(tuple(found), *page_tokens.leading_on(_LIST, last, now))


def _place(token: str, now: datetime) -> tuple[datetime, str]:
    """Where the page before ended."""
    created, capture_id = page_tokens.place_in(token, _LIST, (int, str), now)
    try:
        return instant(created), capture_id
    except OverflowError as error:
        raise QueryParameterWrong(
            "This is not a page token", where="nextPageToken", remedy="Begin at the first page."
        ) from error


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
