"""What the workbench asks of the house. The composition root provides it; tests bring fakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from suyuan.portal.incident.atlas import Where
from suyuan.portal.incident.waiting import Progress
from suyuan.portal.services import Label
from suyuan.trace.epcis.problems import Problem
from suyuan.trace.incident.reported import Reported
from suyuan.trace.lineage.contract import Scope
from suyuan.trace.scope.answer import Balance, Bounds, CommonLinks, Comparison, Holding, Of, Overview
from suyuan.trace.scope.selection import Question
from suyuan.trace.store.investigations import Entry, Investigation, KeptAnswer, KeptHead, OutbreakCase
from suyuan.trace.store.sight import Viewer


@dataclass(frozen=True, slots=True)
class Room:
    """An investigation with what is in it. ``may_change``: whether this viewer works on it."""

    investigation: Investigation
    cases: Sequence[OutbreakCase]
    reported: Sequence[Reported]  # the same cases, read
    answers: Sequence[KeptHead]
    history: Sequence[Entry]  # the newest steps
    may_change: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What is assumed for a ranking beside the records."""

    pathogen: str = "salmonella"
    carry_over: float = 0.0
    begins_only: bool = False


@dataclass(frozen=True, slots=True)
class LotAt:
    """A lot at a place, since a day."""

    lot: str
    place: str
    day: date | None


@dataclass(frozen=True, slots=True)
class Way:
    """How a source may have reached one case. ``probability``: that it did, the source being the right one.

    ``lots`` lead from the source to what was eaten; ``supposed`` are those of them that are reached by goods
    of which no record tells where they went.
    """

    case: str
    probability: float
    lots: tuple[LotAt, ...]
    supposed: tuple[LotAt, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One place with its best run of lots.

    ``explains`` counts the cases that are rather its doing than not, ``left`` are the others.
    ``distance`` and ``score`` are the effective distance and FoodChain-Lab's score, with their ranks among
    all sources, the best being 1; equals share a rank.
    """

    place: str
    product: str
    first_day: date
    last_day: date
    lots: tuple[str, ...]
    posterior: float
    explains: int
    left: tuple[str, ...]
    distance: float
    distance_rank: int
    score: float
    score_rank: int
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Ranked:
    """Sources, most probable first; with ``unexplained`` and ``rest`` (those not listed) they sum to 1.

    ``used`` cases counted; ``unused`` are labels of those that could not be used, each with what is wrong.
    ``silent``: the share of goods of which nobody says where they went, 0 to 1. ``withheld`` counts
    things out of the viewer's sight.
    """

    sources: Sequence[Source]
    rest: float
    unexplained: float
    used: int
    unused: Sequence[tuple[str, Problem]]
    doubts: Sequence[Problem]
    silent: float | None
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """The answer to a question, as far as it is in sight: what evidence it knew, and when it was read."""

    question: Question
    bounds: Bounds[Scope]
    overview: Overview
    balances: Sequence[Balance]
    evidence: int
    at: datetime


class IncidentDesk(Protocol):
    """The services behind the workbench. What a viewer may not see raises ``NotFound``."""

    def listed(self, by: Viewer) -> Sequence[Investigation]:
        """The viewer's investigations, newest first."""
        ...

    def may_begin(self, by: Viewer) -> bool:
        """Whether the viewer investigates at all."""
        ...

    def begin(self, by: Viewer, *, zh: str, en: str, suspicion: str) -> str:
        """Open an investigation; its number."""
        ...

    def room(self, number: str, by: Viewer) -> Room:
        """One investigation."""
        ...

    def kept_answer(self, number: str, by: Viewer, answer: int) -> KeptAnswer:
        """The whole of one kept answer."""
        ...

    def history(self, number: str, by: Viewer, *, before: int | None = None) -> Sequence[Entry]:
        """Steps of an investigation, newest first: a page of those before that number."""
        ...

    def now(self) -> datetime:
        """The clock."""
        ...

    def today(self) -> date:
        """The local date."""
        ...

    def add(self, number: str, by: Viewer, told: Sequence[Mapping[str, Any]]) -> int:
        """Add cases as JSON objects; how many. All or none."""
        ...

    def remove(self, number: str, by: Viewer, case: int) -> None:
        """Take a case out."""
        ...

    def note(self, number: str, by: Viewer, text: str) -> None:
        """Write something down."""
        ...

    def close(self, number: str, by: Viewer) -> None:
        """Close it."""
        ...

    def reopen(self, number: str, by: Viewer) -> None:
        """Open it again."""
        ...

    def ranked(self, number: str, by: Viewer, wish: Wish, progress: Progress) -> Ranked:
        """Which sources explain the cases; ``progress`` is told how far that is."""
        ...

    def asked(self, by: Viewer, told: Mapping[str, Any], progress: Progress) -> Asked:
        """The answer to a question in JSON (:mod:`suyuan.trace.scope.reading`)."""
        ...

    def holding(self, by: Viewer, asked: Asked, of: Of, shops: bool) -> Holding:
        """The fewest things to hold so that nothing more reaches the shops, or whoever is last."""
        ...

    def common(self, number: str, by: Viewer) -> CommonLinks:
        """What lies on every way to every case."""
        ...

    def keep(self, number: str, by: Viewer, name: str, told: Mapping[str, Any], asked: Asked) -> int:
        """Keep a scope under a name; its number."""
        ...

    def forget(self, number: str, by: Viewer, answer: int) -> None:
        """Take a kept answer out."""
        ...

    def compared(self, by: Viewer, first: Asked, second: Asked) -> Comparison:
        """What differs between two scopes."""
        ...

    def labels(self, keys: Sequence[str]) -> Mapping[str, Label]:
        """How to show these keys."""
        ...

    def stages(self, places: Sequence[str]) -> Mapping[str, str]:
        """The stage of the chain of those places of which it is told."""
        ...

    def positions(self, places: Sequence[str]) -> Mapping[str, Where]:
        """Latitude and longitude of those places of which they are told."""
        ...
