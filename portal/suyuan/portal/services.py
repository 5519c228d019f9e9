"""What the pages ask of the house. The composition root (``suyuan.api``) provides it; tests bring fakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from suyuan.trace.lineage.contract import Kind, Options, Scope, Suspect, Trace
from suyuan.trace.recall.passport import Passport, Text
from suyuan.trace.recall.recall import Case, CaseDraft


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, as the security layer found out."""

    name: str
    role: str  # "regulator", "station", "administrator"
    party: str = ""  # owner of everything this principal captures


@dataclass(frozen=True, slots=True)
class Label:
    """How to show a key to people: its short code, its name, and what it is."""

    key: str
    kind: Kind
    code: str
    name: Text
    party: Text = Text()


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event in a list."""

    evidence: str
    time: datetime
    time_zone_offset: str
    type: str
    step: str | None
    disposition: str | None
    place: Label | None
    party: str
    objects: int


class House(Protocol):
    """The services behind the pages. Unknown keys raise ``NotFound``, impossible ones ``IdentifierError``."""

    def now(self) -> datetime: ...
    def passport(self, link: str) -> Passport: ...
    def search(self, text: str, limit: int = 30) -> Sequence[Label]: ...
    def label(self, key: str) -> Label: ...
    def labels(self, keys: Sequence[str]) -> Mapping[str, Label]: ...
    def events_of(self, key: str, limit: int = 200) -> Sequence[EventRow]: ...
    def event(self, evidence: str) -> Mapping[str, Any]: ...
    def trace(self, suspects: Sequence[Suspect], options: Options) -> Trace: ...
    def scope(self, suspects: Sequence[Suspect], options: Options) -> Scope: ...
    def cases(self) -> Sequence[Case]: ...
    def case(self, number: str) -> Case: ...
    def draft(self, draft: CaseDraft, by: Principal) -> Case: ...
    def hold(self, number: str, by: Principal) -> Case: ...
    def publish(self, number: str, by: Principal) -> Case: ...
    def release(self, number: str, by: Principal, note: str) -> Case: ...
