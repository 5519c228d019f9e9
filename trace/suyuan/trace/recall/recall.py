"""Holds and recalls as values: what was decided, by whom, when, and what it covers.

Decisions are an append-only log; the state of a case is what the log says so far.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from suyuan.trace.lineage.contract import ScopeLine, Suspect
from suyuan.trace.recall.passport import Text


class CaseState(StrEnum):
    """Where a hold or recall stands."""

    DRAFT = "draft"
    HELD = "held"
    PUBLISHED = "published"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class CaseDraft:
    """What the regulator writes before anything happens."""

    title: Text
    reason: Text
    hazard: str
    recall_class: int  # 1 (most serious) to 3
    what_to_do: Text
    contact: str
    suspects: tuple[Suspect, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """One entry of the log: drafted, held, published, released."""

    time: datetime
    by: str
    what: CaseState
    note: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A hold or recall with its scope as it was when it was last decided upon."""

    number: str
    state: CaseState
    draft: CaseDraft
    scope: tuple[ScopeLine, ...]
    keys: frozenset[str]  # every affected item, lot and unit
    log: tuple[Decision, ...]
    carriers: frozenset[str] = (
        frozenset()
    )  # units that hold something of it now; their other contents are free

    @property
    def published_at(self) -> datetime | None:
        """When it was published, if it was."""
        return next((d.time for d in self.log if d.what is CaseState.PUBLISHED), None)
