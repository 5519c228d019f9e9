"""Who asks: a viewer with their party and competence, and how far they see at all (decision 0005).

Which rows that means is :mod:`suyuan.trace.store.sight`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from suyuan.trace.store.concerns import party_key

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

    @property
    def is_whole(self) -> bool:
        """Whether it covers every stage of the whole country, so that nothing lies outside of it."""
        return self.stages.issuperset(STAGES) and "" in self.regions


EVERYTHING = Competence(frozenset(STAGES), frozenset({""}))
NO_COMPETENCE = Competence(frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. ``role`` is a word of ``AccountRole``; ``competence`` is None but for officers."""

    name: str
    role: str
    party: str
    competence: Competence | None = None


HOUSE = Viewer("", "administrator", "")
"""The house itself: what serves everybody alike, such as passports and the block list, sees everything."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What lets a viewer see more than their share, found by the caller: a case's trace, a lot's origin.

    ``evidence`` are keys of events, ``keys`` those of lots and other objects.
    """

    evidence: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()


NO_PURPOSE = Purpose()


class Reach(Enum):
    """How far a viewer sees at all."""

    ALL = "all"
    COMPETENCE = "competence"
    PARTY = "party"
    NOTHING = "nothing"


def reach_of(viewer: Viewer) -> Reach:
    """How far a viewer sees; what is not stated here sees nothing."""
    match viewer.role:
        case "administrator":
            return Reach.ALL
        case "regulator" if viewer.competence is not None:
            return Reach.ALL if viewer.competence.is_whole else Reach.COMPETENCE
        case "company" | "station" if viewer.party:
            return Reach.PARTY
        case _:
            return Reach.NOTHING


def party_names(party: str) -> tuple[str, ...]:
    """The keys under which a party may be named: its own, and the same GLN as a place (GS1: one owner)."""
    if not party:
        return ()
    key = party_key(party)
    found = [key, party]
    for ai, other in (("/417/", "/414/"), ("/414/", "/417/")):
        if key.startswith(f"https://id.gs1.org{ai}"):
            found.append(key.replace(ai, other, 1).partition("/254/")[0])
    return tuple(dict.fromkeys(found))


def is_own(viewer: Viewer, party: str) -> bool:
    """Whether a party is the viewer's own."""
    return bool(party) and party_key(party) in party_names(viewer.party)


def sees_case(viewer: Viewer, conducted_by: Iterable[str], *, touches_competence: bool) -> bool:
    """Whether a viewer sees a case: it is theirs, or (for an authority) something of it lies with them.

    ``conducted_by`` are the parties that drafted or decided. A company that a case affects sees a notice with
    its own lines, not the case.
    """
    match reach_of(viewer):
        case Reach.ALL:
            return True
        case Reach.COMPETENCE:
            return touches_competence or any(is_own(viewer, party) for party in conducted_by)
        case Reach.PARTY:
            return any(is_own(viewer, party) for party in conducted_by)
        case Reach.NOTHING:
            return False


def conducts(viewer: Viewer, conducted_by: Iterable[str]) -> bool:
    """Whether a case is the viewer's own: only then does it open the whole of its trace."""
    return viewer.role == "administrator" or any(is_own(viewer, party) for party in conducted_by)
