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
from suyuan.trace.store.history import Recorded
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.prepared import LINES
from suyuan.trace.store.tables import DocumentRow, EvidenceRow

MOST_BYTES = 16 << 20
"""Of all documents that one answer looks into: as much as one document may have."""


def with_sent_terms(reading: Reading, found: Sequence[Recorded]) -> list[Event] | None:
    """These events, in order, with the terms of those that came in XML as they were spelled.

    None where their documents in XML have more than ``MOST_BYTES`` together. Costs the reading of each.
    """
    wanted: dict[int, list[tuple[int, int]]] = defaultdict(list)  # document → (position there, place here)
    for place, (document, position) in _origins(reading, found).items():
        wanted[document].append((position, place))
    told = [one.event for one in found]
    total = 0
    for document, places in wanted.items():
        here = DocumentRow.id == document
        media_type, size = reading.connection.execute(
            select(DocumentRow.media_type, DocumentRow.size).where(here)
        ).one()
        if media_type == LINES or not is_xml(b"<", media_type):  # whatever it begins with
            continue
        total += size
        if total > MOST_BYTES:
            return None
        data = zlib.decompress(
            reading.connection.execute(select(DocumentRow.content).where(here)).scalar_one()
        )
        if not is_xml(data, media_type):
            continue
        bodies = bodies_as_sent(data, {position for position, _ in places})
        for position, place in places:
            if position in bodies:
                told[place] = with_terms_of(told[place], bodies[position])
    return told


def _origins(reading: Reading, found: Sequence[Recorded]) -> dict[int, tuple[int, int]]:
    """Place among ``found`` → document and position; a declaration there may share eventID and recordTime."""
    places = {one.sequence: place for place, one in enumerate(found)}
    origins: dict[int, tuple[int, int]] = {}
    for chunk in chunks(places):
        rows = reading.connection.execute(
            select(EvidenceRow.sequence, EvidenceRow.document_id, EvidenceRow.position).where(
                EvidenceRow.sequence.in_(chunk)
            )
        )
        origins.update((places[sequence], (document, position)) for sequence, document, position in rows)
    return origins
