"""What an investigation is, as values: its head, its cases, its kept answers, its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

State = Literal["open", "closed"]
AnswerKind = Literal["scope", "comparison", "cut", "common", "ranking", "score", "trace", "findings"]
What = Literal[
    "opened",
    "amended",
    "closed",
    "reopened",
    "cases-added",
    "case-removed",
    "answer-kept",
    "answer-removed",
    "note",
    "handed-over",
]


@dataclass(frozen=True, slots=True)
class Investigation:
    """An investigation as it stands. ``cases`` and ``answers`` count those that were not removed."""

    number: str
    party: str
    role: str
    zh: str
    en: str
    suspicion: str
    state: State
    opened: datetime
    opened_by: str
    changed: datetime
    cases: int
    answers: int


@dataclass(frozen=True, slots=True)
class OutbreakCase:
    """One case; ``told`` is the JSON of :mod:`suyuan.trace.incident.reported`."""

    number: int
    label: str
    told: Mapping[str, Any]
    added: datetime
    added_by: str


@dataclass(frozen=True, slots=True)
class KeptHead:
    """What a kept answer is called; ``evidence`` is the newest that the answer knew."""

    number: int
    kind: AnswerKind
    name: str
    evidence: int
    asked: datetime
    kept_by: str


@dataclass(frozen=True, slots=True)
class KeptAnswer(KeptHead):
    """What was asked, as it can be asked again, and what it came to: up to a mebibyte of both."""

    question: Mapping[str, Any]
    summary: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of the history; ``content`` by ``what``: a note has ``text``, a hand-over ``case``."""

    number: int
    time: datetime
    by: str
    what: What
    content: Mapping[str, Any]
