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

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    exists,
    false,
    func,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from suyuan.trace.store.concerns import party_key
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.record_tables import (
    AliasRow,
    ComplaintRow,
    ConcernedRow,
    ConcernRow,
    DeviceRow,
    EntryRow,
    LabelJobRow,
    LotDocumentRow,
    PassedRow,
)
from suyuan.trace.store.tables import EvidenceRow, IncidenceRow, ObjectRow, VocabularyRow

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


AS_PLACE, AS_PARTY = "https://id.gs1.org/414/", "https://id.gs1.org/417/"
"""A GLN as that of a place and as that of a party."""
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


def visible_events(viewer: Viewer, purpose: Purpose = NO_PURPOSE) -> ColumnElement[bool]:
    """For selects from ``evidence``: per row one look-up in the index of ``concern``."""
    reach = reach_of(viewer)
    if reach is Reach.ALL:
        return true()
    if reach is Reach.NOTHING:
        return false()
    concerns = (
        exists()
        .where(ConcernRow.sequence == EvidenceRow.sequence, ConcernRow.concerned_id.in_(in_sight(viewer)))
        .correlate(EvidenceRow)
    )
    return or_(concerns, *_among(EvidenceRow.key, purpose.evidence))


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


def visible_entries(viewer: Viewer) -> ColumnElement[bool]:
    """For selects from ``entry``. Recipes are seen by their owner and by authorities only."""
    match reach_of(viewer):
        case Reach.ALL:
            return true()
        case Reach.COMPETENCE:
            placed = and_(EntryRow.kind.in_(_PLACES), _competent(viewer))
            theirs = and_(EntryRow.kind.not_in(_PLACES), EntryRow.party.in_(_competent_parties(viewer)))
            return or_(_ours(EntryRow.owner, viewer), _ours(EntryRow.party, viewer), placed, theirs)
        case Reach.PARTY:
            approved = EntryRow.state == _APPROVED
            return or_(
                _ours(EntryRow.owner, viewer),
                _ours(EntryRow.party, viewer),
                and_(approved, EntryRow.kind.in_(("party", *_PLACES)), EntryRow.key.in_(_partners(viewer))),
                and_(approved, EntryRow.kind == "product", EntryRow.key.in_(_handled(viewer))),
                and_(approved, EntryRow.kind == "lot", EntryRow.key.in_(_given(viewer))),
            )
        case Reach.NOTHING:
            return false()


def visible_statements(viewer: Viewer) -> ColumnElement[bool]:
    """For selects from ``vocabulary``: own statements, and those about what is in sight."""
    match reach_of(viewer):
        case Reach.ALL:
            return true()
        case Reach.COMPETENCE:
            seen = _apart(EntryRow.key).where(visible_entries(viewer))
            told = [VocabularyRow.key.in_(part) for part in (seen, _partners(viewer))]
            return or_(_ours(VocabularyRow.party, viewer), *told)
        case Reach.PARTY:
            seen = _apart(EntryRow.key).where(visible_entries(viewer))
            keys = (seen, _partners(viewer), _handled(viewer))
            told = [VocabularyRow.key.in_(part) for part in keys]
            return or_(_ours(VocabularyRow.party, viewer), *told)
        case Reach.NOTHING:
            return false()


def visible_documents(viewer: Viewer, purpose: Purpose = NO_PURPOSE) -> ColumnElement[bool]:
    """For selects from ``lot_document``; ``purpose.keys`` are lots that were received inside containers."""
    own = _ours(LotDocumentRow.owner, viewer)
    given = [LotDocumentRow.lot.in_(_given(viewer)), *_among(LotDocumentRow.lot, purpose.keys)]
    match reach_of(viewer):
        case Reach.ALL:
            return true()
        case Reach.COMPETENCE:
            theirs = LotDocumentRow.owner.in_(_competent_parties(viewer))
            return or_(own, theirs, *_among(LotDocumentRow.lot, purpose.keys))
        case Reach.PARTY:
            return or_(own, and_(LotDocumentRow.withdrawn.is_(None), or_(*given)))
        case Reach.NOTHING:
            return false()


def visible_devices(viewer: Viewer) -> ColumnElement[bool]:
    """For selects from ``device``: one's own; an authority sees those at places of its competence."""
    match reach_of(viewer):
        case Reach.ALL:
            return true()
        case Reach.COMPETENCE:
            return or_(_ours(DeviceRow.party, viewer), DeviceRow.place.in_(_competent_places(viewer)))
        case Reach.PARTY:
            return _ours(DeviceRow.party, viewer)
        case Reach.NOTHING:
            return false()


def visible_label_jobs(viewer: Viewer) -> ColumnElement[bool]:
    """For selects from ``label_job``: one's own; labels are no business of authorities."""
    if viewer.role == "administrator":
        return true()
    return false() if reach_of(viewer) is Reach.NOTHING else _ours(LabelJobRow.owner, viewer)


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


def governed_places(viewer: Viewer) -> CompoundSelect[str]:
    """Keys and second names of the places within an authority's competence; none for anybody else."""
    return _competent_places(viewer)


def in_sight(viewer: Viewer) -> Select[int]:
    """Ids of ``concerned``: the viewer's names and places, or the places of an authority's competence.

    For viewers whose reach is a party or a competence; of use to whoever walks ``concern`` by its index.
    """
    ours: list[ColumnElement[bool]] = [false()]
    if viewer.party:
        ours = [_ours(ConcernedRow.key, viewer), ConcernedRow.key.in_(_own_places(viewer))]
    if reach_of(viewer) is Reach.COMPETENCE:
        ours.append(ConcernedRow.key.in_(_competent_places(viewer)))
        ours.append(ConcernedRow.key.in_(_as_parties(_competent(viewer))))
    return _apart(ConcernedRow.id).where(or_(*ours))


def _apart(column: InstrumentedAttribute[Any]) -> Select[Any]:
    """A select that stands alone wherever it is put: the same table around it is another one."""
    return select(column).correlate(None)


_APPROVED = "approved"
_STOOD = (_APPROVED, "withdrawn")  # what happened at a place that was given up goes on having happened there
_PLACES = ("place", "read_point")


def _ours(column: InstrumentedAttribute[str], viewer: Viewer) -> ColumnElement[bool]:
    """The column names the viewer's party, by whichever name; aliases are the register's."""
    names = party_names(viewer.party)
    if not names:
        return false()
    return or_(
        column.in_(names),
        column.in_(_apart(AliasRow.alias).where(AliasRow.key.in_(names))),
        column.in_(_apart(AliasRow.key).where(AliasRow.alias.in_(names))),
    )


def _own_places(viewer: Viewer) -> CompoundSelect[str]:
    own = and_(EntryRow.state.in_(_STOOD), _ours(EntryRow.party, viewer))
    places = _apart(EntryRow.key).where(EntryRow.kind.in_(_PLACES), own)
    return union(places, _apart(AliasRow.alias).where(AliasRow.key.in_(places)), _as_parties(own))


def _as_parties(*where: ColumnElement[bool]) -> Select[str]:
    """GLNs of places as a hand-over names them where somebody gave a shop's GLN for that of its company.

    A GLN that a party has is that party's, whoever else may have entered a place with it.
    """
    party = aliased(EntryRow)
    key = func.replace(EntryRow.key, AS_PLACE, AS_PARTY)
    taken = exists().where(party.key == key, party.kind == "party").correlate(EntryRow)
    second = exists().where(AliasRow.alias == key).correlate(EntryRow)
    return (
        select(key)
        .where(*where, EntryRow.kind == "place", EntryRow.key.startswith(AS_PLACE), ~taken, ~second)
        .correlate(None)
    )


def _competent(viewer: Viewer) -> ColumnElement[bool]:
    competence = viewer.competence or NO_COMPETENCE
    return and_(
        EntryRow.state != "refused",  # what waits for the operator is no secret from the authority
        EntryRow.stage.in_(sorted(competence.stages)),
        EntryRow.district != "",
        or_(
            false(),
            *(EntryRow.district.startswith(region, autoescape=True) for region in sorted(competence.regions)),
        ),
    )


def _competent_places(viewer: Viewer) -> CompoundSelect[str]:
    places = _apart(EntryRow.key).where(EntryRow.kind.in_(_PLACES), _competent(viewer))
    return union(places, _apart(AliasRow.alias).where(AliasRow.key.in_(places)))


def _competent_parties(viewer: Viewer) -> Select[str]:
    """Who runs a place within the competence."""
    place = aliased(EntryRow)
    return _apart(place.party).where(place.key.in_(_competent_places(viewer)))


def _partners(viewer: Viewer) -> CompoundSelect[str]:
    """Parties and places with whom something was exchanged, and whose those places are."""
    ids = union(
        _apart(PassedRow.by_id).where(PassedRow.concerned_id.in_(in_sight(viewer))),
        _apart(PassedRow.concerned_id).where(PassedRow.by_id.in_(in_sight(viewer))),
    )
    keys = _apart(ConcernedRow.key).where(ConcernedRow.id.in_(ids))
    place = aliased(EntryRow)
    runs = _apart(place.party).where(place.key.in_(keys), place.kind.in_(_PLACES), place.state == _APPROVED)
    return union(keys, runs)


def _handled(viewer: Viewer) -> CompoundSelect[str]:
    """Products and lots told of in events that concern the viewer, the viewer's own among them."""
    return union(
        _apart(PassedRow.key).where(PassedRow.concerned_id.in_(in_sight(viewer))),
        _apart(PassedRow.key).where(PassedRow.by_id.in_(in_sight(viewer))),
    )


def _given(viewer: Viewer) -> Select[str]:
    """Products and lots that, as another party's event says, came to the viewer or went from them."""
    return _apart(PassedRow.key).where(
        PassedRow.concerned_id.in_(in_sight(viewer)), PassedRow.by_id.not_in(in_sight(viewer))
    )


def _among(column: InstrumentedAttribute[str], keys: Collection[str]) -> list[ColumnElement[bool]]:
    return [column.in_(part) for part in chunks(sorted(keys))]
