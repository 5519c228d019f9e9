"""What was sold of a product at a place within a time, as the events tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from suyuan.trace.store.engine import Reading
from suyuan.trace.store.tables import EvidenceRow, IncidenceRow, ObjectRow

_SELLING = "retail_selling"  # CBV 2.0 §7.1.2
_BELOW = "/"
_AFTER = "0"  # the character after the slash: [key/, key0) is everything below key


@dataclass(frozen=True, slots=True)
class Sale:
    """One mention in a sale: a piece, or an amount of a lot. ``evidence`` is the key of the event."""

    key: str
    time: datetime
    quantity: float | None
    uom: str | None
    evidence: str


def sales_at(reading: Reading, place: str, product: str, start: datetime, end: datetime) -> Sequence[Sale]:
    """The sales of instances and lots of ``product`` at ``place`` in [start, end), in the order of time.

    ``place`` is a site: sales at its read points count. Events that were declared erroneous do not count.
    Ranges of indexes; linear in the sales of that place and time.
    """
    declaration = aliased(EvidenceRow)
    taken_back = exists(
        select(declaration.sequence).where(
            declaration.event_id == EvidenceRow.event_id,
            declaration.party == EvidenceRow.party,
            declaration.declaration_time.is_not(None),
        )
    )
    rows = reading.connection.execute(
        select(
            ObjectRow.key, EvidenceRow.event_time, IncidenceRow.quantity, IncidenceRow.uom, EvidenceRow.key
        )
        .select_from(EvidenceRow)
        .join(IncidenceRow, IncidenceRow.sequence == EvidenceRow.sequence)
        .join(ObjectRow, ObjectRow.id == IncidenceRow.object_id)
        .where(
            EvidenceRow.biz_step == _SELLING,
            EvidenceRow.event_time >= start,
            EvidenceRow.event_time < end,
            EvidenceRow.status == "accepted",
            EvidenceRow.declaration_time.is_(None),
            or_(_at(EvidenceRow.biz_location, place), _at(EvidenceRow.read_point, place)),
            and_(ObjectRow.key >= product + _BELOW, ObjectRow.key < product + _AFTER),
            ~taken_back,
        )
        .order_by(EvidenceRow.event_time, EvidenceRow.sequence, IncidenceRow.position)
    )
    return [Sale(*row) for row in rows]


def _at(column: InstrumentedAttribute[str | None], place: str) -> ColumnElement[bool]:
    return or_(column == place, and_(column >= place + _BELOW, column < place + _AFTER))
