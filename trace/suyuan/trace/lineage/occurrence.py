"""What lineage needs to know of an event: canonical keys instead of spellings, one instant, its evidence.

Pure values: :func:`suyuan.trace.lineage.digest.occurrence` makes them from EPCIS events.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Basis(StrEnum):
    """How a fact came to be known."""

    READ = "read"  # a reader of ours read the tags
    INFERRED = "inferred"  # follows from the container it was in
    TYPED = "typed"  # a person typed it
    TOLD = "told"  # another platform's event


@dataclass(frozen=True, slots=True)
class Holding:
    """Some of an object: one serialised instance, or with ``is_class`` an amount of a lot or product.

    ``quantity`` None: unspecified. ``uom`` None: pieces; else a UN/ECE Recommendation 20 code, for mass KGM
    and for volume LTR (:func:`suyuan.trace.lineage.measures.measured`).
    """

    key: str
    quantity: float | None = None
    uom: str | None = None
    is_class: bool = False


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event, reduced to what the law of tracing speaks of.

    Exactly the fields that apply to ``type`` are filled: ``what`` (ObjectEvent and TransactionEvent),
    ``parent`` and ``children`` (Aggregation- and AssociationEvent; TransactionEvent may have a parent),
    ``inputs`` and ``outputs`` (TransformationEvent). ``lot_of`` pairs each instance named in the event with
    its lot, where the event tells it (Digital Link or ILMD). ``destinations`` are places and parties.
    """

    evidence: str  # evidence key, unique
    party: str  # who captured it
    type: str  # an EPCIS event type
    time: datetime  # UTC
    record_time: datetime  # UTC, when it became known here
    sequence: int = 0  # the station's own order, 0 where unknown
    event_id: str | None = None
    action: str | None = None
    biz_step: str | None = None
    disposition: str | None = None
    read_point: str | None = None
    biz_location: str | None = None
    destinations: tuple[str, ...] = ()
    what: tuple[Holding, ...] = ()
    parent: str | None = None
    children: tuple[Holding, ...] = ()
    inputs: tuple[Holding, ...] = ()
    outputs: tuple[Holding, ...] = ()
    transformation_id: str | None = None
    lot_of: tuple[tuple[str, str], ...] = ()
    basis: Basis = Basis.TOLD
    declared_wrong_at: datetime | None = None  # set on an error declaration: its declarationTime
