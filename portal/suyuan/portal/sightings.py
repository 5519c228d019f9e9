"""Scopes in words: lines with their labels, what left our sight, and the sums of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from suyuan.portal.services import House, Label
from suyuan.trace.lineage.contract import ScopeLine, Status
from suyuan.trace.recall.lost import Lost

Fate = Literal["to-hold", "lost", "sold", "gone"]
_FATES: Mapping[Status, Fate] = {
    "in_stock": "to-hold",
    "in_transit": "to-hold",
    "unaccounted": "to-hold",
    "sold": "sold",
    "consumed": "gone",
    "destroyed": "gone",
}


@dataclass(frozen=True, slots=True)
class Total:
    """All amounts of one unit and one fate in a scope.

    ``fate``: ``to-hold`` what is still on the way or on a shelf, ``lost`` what left our sight, ``sold``, or
    ``gone`` (used up, destroyed).
    ``hold_is_all`` is False where some of it has no known amount.
    """

    fate: Fate
    uom: str | None
    objects: int
    hold: float
    hold_is_all: bool
    min: float
    expected: float | None
    max: float | None


def totals(lines: Sequence[ScopeLine], lost: Sequence[Lost] = ()) -> list[Total]:
    """The sums of a scope per fate and unit, what is to be held first; ``lost`` is what left our sight.

    What any line does not know, the sum does not know either.
    """
    parts: dict[tuple[Fate, str | None], list[ScopeLine]] = {}
    for fate in get_args(Fate):
        for line in (one.line for one in lost) if fate == "lost" else lines:
            if fate in ("lost", _FATES[line.status]):
                parts.setdefault((fate, line.uom), []).append(line)
    return [
        Total(
            fate=fate,
            uom=uom,
            objects=sum(line.objects for line in found),
            hold=sum(line.hold or 0.0 for line in found),
            hold_is_all=all(line.hold is not None for line in found),
            min=sum(line.contaminated_min for line in found),
            expected=_sum(line.contaminated_expected for line in found),
            max=_sum(line.contaminated_max for line in found),
        )
        for (fate, uom), found in parts.items()
    ]


def _sum(values: Iterable[float | None]) -> float | None:
    known = list(values)
    return None if None in known else sum(value for value in known if value is not None)


def scope_rows(
    lines: Sequence[ScopeLine], house: House
) -> list[tuple[ScopeLine, Label | None, Label | None]]:
    """The lines with the labels of their place and party."""
    keys = {key for line in lines for key in (line.place, line.party) if key}
    labels = house.labels(sorted(keys))
    return [
        (line, labels.get(line.place) if line.place else None, labels.get(line.party) if line.party else None)
        for line in lines
    ]


@dataclass(frozen=True, slots=True)
class LostRow:
    """What left our sight, with the labels of its last place, its holder and where it was sent."""

    lost: Lost
    place: Label | None
    holder: Label | None
    to: Label | None


def lost_rows(lost: Sequence[Lost], house: House) -> list[LostRow]:
    """The rows of what left our sight, the longest gone first."""
    keys = {
        key
        for one in lost
        for key in (one.to, *((one.last.place, one.last.holder) if one.last else ()))
        if key
    }
    labels = house.labels(sorted(keys))
    return [
        LostRow(
            one,
            labels.get(one.last.place) if one.last and one.last.place else None,
            labels.get(one.last.holder) if one.last else None,
            labels.get(one.to) if one.to else None,
        )
        for one in lost
    ]
