"""Who may see which row: the one place that answers it (decision 0005), as WHERE clauses.

A viewer is whoever asks, with the party that they belong to and, for an officer, the competence of their
authority. Every list, query, export and page goes through here.
"""

from __future__ import annotations

from dataclasses import dataclass

STAGES = (
    "farm",
    "slaughter",
    "processing",
    "storage",
    "transport",
    "wholesale",
    "retail",
    "catering",
    "import",
)
"""The stages of the chain by which competence is divided (Food Safety Law Art 6; decision 0005)."""


@dataclass(frozen=True, slots=True)
class Competence:
    """What an authority is responsible for.

    ``regions`` are beginnings of district codes (GB/T 2260): ``33`` is Zhejiang, ``3301`` Hangzhou, the empty
    text the whole country.
    """

    stages: frozenset[str]
    regions: frozenset[str]

    def covers(self, stage: str, district: str) -> bool:
        """Whether a place of this stage and district falls under it."""
        return stage in self.stages and any(district.startswith(region) for region in self.regions)


EVERYTHING = Competence(frozenset(STAGES), frozenset({""}))


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. ``role`` is a word of ``AccountRole``; ``competence`` is None but for officers."""

    name: str
    role: str
    party: str
    competence: Competence | None = None
