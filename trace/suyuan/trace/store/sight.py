"""Who may see which row: the one place that answers it (decision 0005), as WHERE clauses.

A viewer is whoever asks, with the party that they belong to and, for an officer, the competence of their
authority. Every list, query, export and page goes through here::

    select(LabelJobRow).where(visible_label_jobs(viewer))

* **A company** (and its stations and phones) sees its own rows; of others' events those that hand over to or
  from it or happen at its places (table ``concern``, written at capture); of others' entries its partners and
  what passed between them. What it received it may look up at its origin: that needs lineage, so the caller
  finds the evidence and gives it as a :class:`Purpose`.
* **An authority** sees what happened at, or was handed to or from, places of its stages and regions, what
  belongs to whoever runs such a place, and, as a Purpose, what belongs to the trace of a case that it
  conducts. Without competence it sees nothing.
* **The administrator** sees everything. Whoever has no party and no competence sees nothing.

Own claims open nothing of others': that a lot was *given* to a company is believed when another party's
event says so.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from suyuan.trace.store.dealings import (
    APPROVED,
    AS_PARTY,
    AS_PLACE,
    KEPT,
    PLACES,
    apart,
    competent,
    competent_parties,
    competent_places,
    given,
    handled,
    in_sight,
    ours,
    partners,
)
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.listed import listed
from suyuan.trace.store.record_tables import (
    ComplaintRow,
    ConcernRow,
    DeviceRow,
    EntryRow,
    InvestigationRow,
    LabelJobRow,
    LotDocumentRow,
)
from suyuan.trace.store.scan_tables import ScanSummaryRow
from suyuan.trace.store.tables import EvidenceRow, IncidenceRow, ObjectRow, VocabularyRow
from suyuan.trace.store.viewer import (
    EVERYTHING,
    HOUSE,
    NO_COMPETENCE,
    NO_PURPOSE,
    STAGES,
    Competence,
    Purpose,
    Reach,
    Viewer,
    conducts,
    is_own,
    party_names,
    reach_of,
    sees_case,
)

__all__ = [
    "AS_PARTY",
    "AS_PLACE",
    "EVERYTHING",
    "HOUSE",
    "NO_COMPETENCE",
    "NO_PURPOSE",
    "STAGES",
    "Competence",
    "Purpose",
    "Reach",
    "Viewer",
    "competent_places",
    "conducts",
    "events_in_sight",
    "in_sight",
    "is_own",
    "made_by",
    "party_names",
    "reach_of",
    "sees_case",
    "visible_complaints",
    "visible_devices",
    "visible_documents",
    "visible_entries",
    "visible_events",
    "visible_investigations",
    "visible_label_jobs",
    "visible_objects",
    "visible_statements",
    "visible_suspects",
]


def visible_events(viewer: Viewer, purpose: Purpose = NO_PURPOSE) -> ColumnElement[bool]:
    """For selects from ``evidence``: per row one look-up in the index of ``concern``."""
    reach = reach_of(viewer)
    if reach is Reach.ALL:
        return true()
    if reach is Reach.NOTHING:
        return false()
    # An event concerns a few: these are read, and each is looked for among those in sight. Were the column
    # bare, SQLite would look for each of those in sight, of which an authority has hundreds.
    concerned = ConcernRow.concerned_id + 0
    concerns = (
        exists()
        .where(ConcernRow.sequence == EvidenceRow.sequence, concerned.in_(in_sight(viewer)))
        .correlate(EvidenceRow)
    )
    return or_(concerns, *_among(EvidenceRow.key, purpose.evidence))


def events_in_sight(reading: Reading, viewer: Viewer, evidence: Collection[str]) -> frozenset[str]:
    """Those of the events with these keys that the viewer may see."""
    asked = select(EvidenceRow.key).where(EvidenceRow.key.in_(listed(evidence)), visible_events(viewer))
    return frozenset(reading.connection.execute(asked).scalars())


def visible_objects(viewer: Viewer, purpose: Purpose = NO_PURPOSE) -> ColumnElement[bool]:
    """For selects from ``object``: things that an event in sight names."""
    reach = reach_of(viewer)
    if reach is Reach.ALL:
        return true()
    if reach is Reach.NOTHING:
        return false()
    named = (
        exists()
        .where(
            IncidenceRow.object_id == ObjectRow.id,
            ConcernRow.sequence == IncidenceRow.sequence,
            ConcernRow.concerned_id.in_(in_sight(viewer)),
        )
        .correlate(ObjectRow)
    )
    return or_(named, *_among(ObjectRow.key, purpose.keys))


@lru_cache(KEPT)
def visible_entries(viewer: Viewer) -> ColumnElement[bool]:
    """For selects from ``entry``. Recipes are seen by their owner and by authorities only."""
    match reach_of(viewer):
        case Reach.ALL:
            return true()
        case Reach.COMPETENCE:
            placed = and_(EntryRow.kind.in_(PLACES), competent(viewer))
            theirs = and_(EntryRow.kind.not_in(PLACES), EntryRow.party.in_(competent_parties(viewer)))
            return or_(ours(EntryRow.owner, viewer), ours(EntryRow.party, viewer), placed, theirs)
        case Reach.PARTY:
            approved = EntryRow.state == APPROVED
            return or_(
                ours(EntryRow.owner, viewer),
                ours(EntryRow.party, viewer),
                and_(approved, EntryRow.kind.in_(("party", *PLACES)), EntryRow.key.in_(partners(viewer))),
                and_(approved, EntryRow.kind == "product", EntryRow.key.in_(handled(viewer))),
                and_(approved, EntryRow.kind == "lot", EntryRow.key.in_(given(viewer))),
            )
        case Reach.NOTHING:
            return false()


@lru_cache(KEPT)
def visible_statements(viewer: Viewer) -> ColumnElement[bool]:
    """For selects from ``vocabulary``: own statements, and those about what is in sight."""
    match reach_of(viewer):
        case Reach.ALL:
            return true()
        case Reach.COMPETENCE:
            seen = apart(EntryRow.key).where(visible_entries(viewer))
            told = [VocabularyRow.key.in_(part) for part in (seen, partners(viewer))]
            return or_(ours(VocabularyRow.party, viewer), *told)
        case Reach.PARTY:
            seen = apart(EntryRow.key).where(visible_entries(viewer))
            keys = (seen, partners(viewer), handled(viewer))
            told = [VocabularyRow.key.in_(part) for part in keys]
            return or_(ours(VocabularyRow.party, viewer), *told)
        case Reach.NOTHING:
            return false()


def visible_documents(viewer: Viewer, purpose: Purpose = NO_PURPOSE) -> ColumnElement[bool]:
    """For selects from ``lot_document``; ``purpose.keys`` are lots that were received inside containers."""
    own = ours(LotDocumentRow.owner, viewer)
    opened = _among(LotDocumentRow.lot, purpose.keys)
    match reach_of(viewer):
        case Reach.ALL:
            return true()
        case Reach.COMPETENCE:
            return or_(own, LotDocumentRow.owner.in_(competent_parties(viewer)), *opened)
        case Reach.PARTY:
            came = or_(LotDocumentRow.lot.in_(given(viewer)), *opened)
            return or_(own, and_(LotDocumentRow.withdrawn.is_(None), came))
        case Reach.NOTHING:
            return false()


def visible_devices(viewer: Viewer) -> ColumnElement[bool]:
    """For selects from ``device``: one's own; an authority sees those at places of its competence."""
    match reach_of(viewer):
        case Reach.ALL:
            return true()
        case Reach.COMPETENCE:
            return or_(ours(DeviceRow.party, viewer), DeviceRow.place.in_(competent_places(viewer)))
        case Reach.PARTY:
            return ours(DeviceRow.party, viewer)
        case Reach.NOTHING:
            return false()


def visible_label_jobs(viewer: Viewer) -> ColumnElement[bool]:
    """For selects from ``label_job``: one's own; labels are no business of authorities."""
    if viewer.role == "administrator":
        return true()
    return false() if reach_of(viewer) is Reach.NOTHING else ours(LabelJobRow.owner, viewer)


def visible_investigations(viewer: Viewer) -> ColumnElement[bool]:
    """For selects from ``investigation``: those of one's own authority, or company, opened in that role.

    What an authority looks into is nobody else's business, nor is what a company tries out for itself.
    """
    if viewer.role == "administrator":
        return true()
    if viewer.role not in ("regulator", "company") or reach_of(viewer) is Reach.NOTHING:
        return false()
    return and_(InvestigationRow.role == viewer.role, ours(InvestigationRow.party, viewer))


def visible_complaints(viewer: Viewer, cases: Collection[str] = ()) -> ColumnElement[bool]:
    """For selects from ``complaint``; ``cases`` are the numbers of those that the viewer conducts.

    An authority sees its own intake, what became part of its cases, what concerns things that were at places
    of its competence, and what nobody could place: a report that is nobody's would be lost. Companies see
    none.
    """
    reach = reach_of(viewer)
    if reach is Reach.ALL:
        return true()
    if reach is not Reach.COMPETENCE:
        return false()
    thing = exists().where(ObjectRow.key == ComplaintRow.object).correlate(ComplaintRow)
    placed = (
        exists()
        .where(
            ObjectRow.key == ComplaintRow.object,
            IncidenceRow.object_id == ObjectRow.id,
            ConcernRow.sequence == IncidenceRow.sequence,
            ConcernRow.concerned_id.in_(in_sight(viewer)),
        )
        .correlate(ComplaintRow)
    )
    return or_(
        ComplaintRow.received_by == viewer.name,
        *_among(ComplaintRow.case_number, frozenset(cases)),
        placed,
        ~thing,
    )


def visible_suspects(viewer: Viewer) -> ColumnElement[bool]:
    """For selects from ``scan_summary``: an authority's by what is in its sight, a company's own goods only.

    A company answers for what it brought about; what became of it at others' is theirs.
    """
    key = ScanSummaryRow.key
    match reach_of(viewer):
        case Reach.ALL:
            return true()
        case Reach.COMPETENCE:
            return (
                exists()
                .where(
                    ObjectRow.key == key,
                    IncidenceRow.object_id == ObjectRow.id,
                    ConcernRow.sequence == IncidenceRow.sequence,
                    ConcernRow.concerned_id.in_(in_sight(viewer)),
                )
                .correlate(ScanSummaryRow)
            )
        case Reach.PARTY:
            return _brought_about(key, ours(EvidenceRow.party, viewer))
        case Reach.NOTHING:
            return false()


def made_by(key: InstrumentedAttribute[str], party: str) -> ColumnElement[bool]:
    """The column names something that this party, by any spelling of its name, brought about."""
    return _brought_about(key, EvidenceRow.party.in_(party_names(party)))


def _brought_about(key: InstrumentedAttribute[str], by: ColumnElement[bool]) -> ColumnElement[bool]:
    """Who told it first counts, in the order of arrival: telling it again of others' goods opens nothing."""
    told = aliased(EvidenceRow)
    first = (
        select(func.min(told.sequence))
        .where(
            ObjectRow.key == key,
            IncidenceRow.object_id == ObjectRow.id,
            told.sequence == IncidenceRow.sequence,
            told.type == "ObjectEvent",
            told.action == "ADD",
            told.status == "accepted",
        )
        .correlate(ScanSummaryRow)
        .scalar_subquery()
    )
    return exists().where(EvidenceRow.sequence == first, by).correlate(ScanSummaryRow)


def _among(column: InstrumentedAttribute[str], keys: Collection[str]) -> list[ColumnElement[bool]]:
    """One clause however many keys there are, and one parameter: a trace of a case may have 100,000."""
    if not keys:
        return []
    return [column.in_(listed(keys))]
