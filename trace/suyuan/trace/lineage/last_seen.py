"""When, where and by whom an object was last told of: the last word of the law of tracing §9, in full."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from suyuan.trace.lineage.statement import Statement
from suyuan.trace.lineage.where import Owner, nobody


@dataclass(frozen=True, slots=True)
class LastSeen:
    """The last statement that names an object or a container now holding it.

    ``place`` is where the object then came to be, or the one that it left; ``holder`` who answers for that
    place, or who told.
    """

    time: datetime
    biz_step: str | None
    place: str | None
    holder: str
    evidence: str


def sighting(told: Statement, owner: Owner = nobody) -> LastSeen:
    """What a statement says of where something was seen."""
    said = told.occurrence
    place = told.place or said.read_point
    holder = (None if place is None else owner(place)) or said.party
    return LastSeen(said.time, said.biz_step, place, holder, said.evidence)
