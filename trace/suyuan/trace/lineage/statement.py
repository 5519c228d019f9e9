"""What one occurrence says, read once: its instant, its position among all, its place, whether it leaves.

Law of tracing (docs/decisions/0002) §1.3, §1.4, §2.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from suyuan.trace.lineage.contract import Status
from suyuan.trace.lineage.occurrence import Holding, Occurrence

EVER = -(1 << 62)
"""The instant before all others."""
NEVER = 1 << 62
"""The instant after all others."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEP = timedelta(microseconds=1)

_PACKING = frozenset({"AggregationEvent", "AssociationEvent"})
_LEAVING_STEPS = frozenset({"shipping", "departing"})

Position = tuple[int, int, int, str]
"""(instant, rank, sequence, evidence): history is replayed in this order."""


def instant(time: datetime) -> int:
    """``time`` (aware) as whole microseconds since 1970, exactly."""
    return (time - _EPOCH) // _STEP


def moment(at: int) -> datetime | None:
    """The UTC time of an instant; None for :data:`EVER` and :data:`NEVER`."""
    return None if at in (EVER, NEVER) else _EPOCH + at * _STEP


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """An occurrence that counts, with what is asked of it again and again.

    ``place`` is None where none is told; ``leaves`` tells that apart from simply not being told.
    """

    occurrence: Occurrence
    at: int
    position: Position
    place: str | None
    leaves: bool


def statement(occurrence: Occurrence) -> Statement:
    """Read ``occurrence``."""
    at = instant(occurrence.time)
    place = occurrence.biz_location
    leaves = place is None and says_it_leaves(occurrence)
    if place is None and not leaves:
        place = occurrence.read_point
    position = (at, _rank(occurrence), occurrence.sequence, occurrence.evidence)
    return Statement(occurrence, at, position, place, leaves)


def _rank(occurrence: Occurrence) -> int:
    """At one instant: unpack, consume and produce, see, pack, destroy (§1.4)."""
    delete = occurrence.action == "DELETE"
    if occurrence.type in _PACKING:
        return 0 if delete else 3
    if occurrence.type == "TransformationEvent":
        return 1
    return 4 if delete and occurrence.type == "ObjectEvent" else 2


def packs(occurrence: Occurrence) -> bool:
    """Whether it speaks of containment."""
    return occurrence.type in _PACKING


def says_it_leaves(occurrence: Occurrence) -> bool:
    """Whether its disposition or business step is of the leaving kind (§2.5), a told location aside."""
    return occurrence.disposition == "in_transit" or occurrence.biz_step in _LEAVING_STEPS


def says_destroyed(occurrence: Occurrence) -> bool:
    """Whether it speaks of destruction (§2.4)."""
    return occurrence.biz_step == "destroying" or occurrence.disposition == "destroyed"


def says_sold(occurrence: Occurrence) -> bool:
    """Whether it speaks of a sale to a consumer (§9)."""
    return occurrence.biz_step == "retail_selling" or occurrence.disposition == "retail_sold"


def after_deletion(occurrence: Occurrence) -> Status:
    """What becomes of what an ObjectEvent DELETE names: destroyed or sold where it says so, else unknown."""
    if says_destroyed(occurrence):
        return "destroyed"
    return "sold" if says_sold(occurrence) else "unaccounted"


def holdings(occurrence: Occurrence) -> Iterator[Holding]:
    """Every holding it names, in the order of its fields."""
    yield from occurrence.what
    yield from occurrence.children
    yield from occurrence.inputs
    yield from occurrence.outputs


def names(occurrence: Occurrence) -> set[str]:
    """Every object it names as what, parent, child, input or output."""
    keys = {holding.key for holding in holdings(occurrence)}
    if occurrence.parent is not None:
        keys.add(occurrence.parent)
    return keys
