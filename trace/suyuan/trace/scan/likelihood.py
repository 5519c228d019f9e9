"""Whether a code was copied: how many times more likely what is known of it is if it was.

Pure: the same history gives the same answer, wherever and whenever it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from suyuan.trace.scan.past import (
    Batch,
    Channel,
    Finding,
    FindingKind,
    History,
    Outcome,
    Scan,
    Spot,
    Stay,
)

__all__ = [
    "Batch",
    "Channel",
    "Finding",
    "FindingKind",
    "History",
    "Outcome",
    "Reason",
    "Scan",
    "Spot",
    "State",
    "Stay",
    "Suspicion",
    "suspicion",
]


class State(StrEnum):
    """What may be said of a code, from best to worst; ``CANNOT_TELL`` is the usual answer."""

    GENUINE_LOOKING = "genuine-looking"
    CANNOT_TELL = "cannot-tell"
    SUSPICIOUS = "suspicious"
    KNOWN_COPY = "known-copy"


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence: its code, how many bans it weighs (may be negative), numbers for its sentence.

    ``fields`` hold counts and distances only, never where anybody was: shoppers are shown them.
    """

    code: str
    weight: float
    fields: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Suspicion:
    """``score`` in bans: 2.0 means that what is known is 100 times as likely if the code was copied.

    ``reasons`` by weight, heaviest first; their weights add up to the score.
    """

    score: float = 0.0
    state: State = State.CANNOT_TELL
    reasons: tuple[Reason, ...] = ()


def suspicion(history: History) -> Suspicion:
    """What is to be thought of the code that ``history`` is of."""
    del history
    return Suspicion()
