"""Terms of the CBV as the documents of events spelled them (EPCIS 2.0 §12, GS1-CBV-XML-Format).

Evidence keeps words; their spelling stands in the document as it was received, and is looked up there. What
came in JSON has none that XML could have.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from suyuan.trace.epcis.document import is_xml
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.representation import with_terms_of
from suyuan.trace.epcis.xml_document import bodies_as_sent
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.tables import DocumentRow, EvidenceRow

MOST_BYTES = 16 << 20
"""Of all documents that one answer looks into: as much as one document may have."""


def with_sent_terms(reading: Reading, events: Sequence[Event]) -> list[Event] | None:
    """These recorded events, in order, with the terms of those that came in XML as they were spelled.

    None where their documents have more than ``MOST_BYTES`` together. Costs the reading of each document.
    """
    wanted: dict[int, list[tuple[int, int]]] = defaultdict(list)  # document → (position there, place here)
    for place, (document, position) in _origins(reading, events).items():
        wanted[document].append((position, place))
    told = list(events)
    total = 0
    for document, places in wanted.items():
        here = DocumentRow.id == document
        total += reading.connection.execute(select(DocumentRow.size).where(here)).scalar_one()
        if total > MOST_BYTES:
            return None
        content, media_type = reading.connection.execute(
            select(DocumentRow.content, DocumentRow.media_type).where(here)
        ).one()
        data = zlib.decompress(content)
        if not is_xml(data, media_type):
            continue
        bodies = bodies_as_sent(data, {position for position, _ in places})
        for position, place in places:
            if position in bodies:
                told[place] = with_terms_of(events[place], bodies[position])
    return told


def _origins(reading: Reading, events: Sequence[Event]) -> dict[int, tuple[int, int]]:
    """Place among ``events`` → document and position of the evidence with its eventID and recordTime."""
    places = {(event.event_id, event.record_time): place for place, event in enumerate(events)}
    found: dict[int, tuple[int, int]] = {}
    for chunk in chunks(event_id for event_id, _ in places if event_id is not None):
        rows = reading.connection.execute(
            select(
                EvidenceRow.event_id, EvidenceRow.record_time, EvidenceRow.document_id, EvidenceRow.position
            ).where(EvidenceRow.event_id.in_(chunk))
        )
        for event_id, recorded, document, position in rows:
            if (place := places.get((event_id, recorded))) is not None:
                found[place] = document, position
    return found
