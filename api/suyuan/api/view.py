"""The house as one viewer sees it: every page and program that reads goes through here (decision 0005)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from suyuan.api.around import Around
from suyuan.api.elsewhere import is_bounded, lies_elsewhere
from suyuan.api.event_view import EventView, key_in
from suyuan.api.glimpse import Glimpse
from suyuan.api.own_cases import OwnCases
from suyuan.api.records import LiveRecords
from suyuan.portal.services import EventRow, Label, Notice
from suyuan.trace.errors import NotFound
from suyuan.trace.gs1 import IdentifierError, identify, site
from suyuan.trace.lineage import Options, Scope, Suspect, Trace
from suyuan.trace.lineage.contract import CrossContamination
from suyuan.trace.lineage.statement import EVER, NEVER
from suyuan.trace.recall.facts import told_by_strangers
from suyuan.trace.recall.passport import Paper, Text
from suyuan.trace.recall.recall import Case
from suyuan.trace.recall.receipt import Answer
from suyuan.trace.register.documents import documents_of
from suyuan.trace.store import vocabulary
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import (
    evidence_in_sight,
)
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.sight import (
    NO_PURPOSE,
    Purpose,
    Reach,
    Viewer,
    competent_places,
    reach_of,
    visible_entries,
    visible_objects,
    visible_statements,
)
from suyuan.trace.store.tables import ObjectRow, VocabularyRow

_PARTS = 16
"""What many suspects may come from is looked for in so many steps at most: nobody else is answered in one."""


class View:
    """What one viewer sees, for the time of one request.

    What is not in sight is as absent as what never was, with the same words; officers are told who is
    competent instead. ``told``: the events.
    """

    def __init__(self, house: Around, records: LiveRecords, viewer: Viewer) -> None:
        self._house = house
        self._records = records
        self._viewer = viewer
        self._reach = reach_of(viewer)
        self._checked: set[str] = set()
        self._glimpse = Glimpse(house.engine, records, viewer)
        self._cases = OwnCases(house, records, viewer)
        self.told = EventView(house, records, viewer, glimpse=self._glimpse, cases=self._cases)

    # Names

    def search(self, text: str, limit: int = 30) -> Sequence[Label]:
        """What a text may mean, of what is in sight."""
        with Reading(self._house.engine) as reading:
            found = [item.key for item in vocabulary.find(reading, text, limit, viewer=self._viewer)]
        found = list(dict.fromkeys(map(self._records.aliases().key, found)))
        if not found and (key := key_in(text)) and self._in_part() and self._glimpse.handles(key):
            found = [key]  # it came in a container that nobody has opened here
        labels = self._house.labels(found)
        return [labels[key] for key in found]

    def label(self, key: str) -> Label:
        """How to show a key that is in sight, or ``NotFound``."""
        self.check(key)
        return self._house.labels([key])[key]

    def labels(self, keys: Sequence[str]) -> Mapping[str, Label]:
        """How to show keys that came out of this view."""
        return self._house.labels(keys)

    def strange(self, key: str) -> frozenset[str]:
        """The evidence of what those told of goods who never had them on record; for officers alone."""
        if self._viewer.role in ("company", "station"):
            return frozenset()
        return told_by_strangers(key, self._records, self._records.aliases().key)

    def check(self, key: str) -> None:
        """Raise ``NotFound`` for a key that is not in sight, whether or not there is such a thing.

        An officer is told instead with whom it lies, of what there is.
        """
        key = key_in(key) or key
        if self._reach is Reach.ALL or key in self._checked:
            return
        if any(map(self._sees, self._spellings(key))) or self._cases.purpose([key], "page of").keys:
            self._checked.add(key)
            return
        if is_bounded(self._viewer) and (
            self._records.is_known(key) or self._records.trace((Suspect(key),), Options(depth=0)).edges
        ):
            place = key if _is_place(key) else self._records.where_now(key).place
            raise lies_elsewhere(self._house, self._viewer, place)
        raise _nothing_under(key)

    # Events and papers

    def event(self, evidence: str) -> Mapping[str, Any]:
        """The body of one event as stored; of an origin, what the viewer may know of it."""
        return self.told.body(evidence)

    def events_of(self, key: str, limit: int = 200) -> Sequence[EventRow]:
        """The newest events in sight that name a key; see :meth:`suyuan.api.event_view.EventView.naming`."""
        return self.told.naming(key, limit)

    def in_sight(self, key: str, evidence: Collection[str]) -> Collection[str]:
        """Those of some evidence about a thing that are in sight; of a case's thing all of it, and logged."""
        if self._reach is Reach.ALL or self._cases.purpose([key], "evidence of").keys:
            return evidence
        with Reading(self._house.engine) as reading:
            return evidence_in_sight(reading, evidence, self._viewer).keys()

    def papers_of(self, lot: str) -> Purpose:
        """What opens the papers of a lot: that it came to a company in a box, or a case; logged."""
        if self._reach is Reach.PARTY:
            return Purpose(keys=frozenset([lot])) if self._glimpse.given(lot) else NO_PURPOSE
        return self._cases.purpose([lot], "documents of")

    def papers(self, lot: str) -> Sequence[Paper]:
        """The documents of a lot that stand, in the order in which they came."""
        purpose = self.papers_of(lot)  # before the reading: it may write down that somebody looked
        with Reading(self._house.engine) as reading:
            found = documents_of(reading, lot, viewer=self._viewer, purpose=purpose)
        return [
            Paper(one.kind, one.number, one.issuer, one.issued, one.expires, one.attachment is not None)
            for one in found
            if one.withdrawn is None
        ]

    # Lineage

    def trace(self, suspects: Sequence[Suspect], options: Options) -> Trace:
        """The trace as far as it is in sight; of a case that the viewer conducts, the whole, and logged."""
        if self._reach is Reach.ALL or self._cases.purpose(_keys(suspects), "trace of").keys:
            found = self._records.trace(suspects, options)
            self._require_recorded(suspects, found)
            return found
        known, asked = self._known(suspects), self._supposing(options)
        found = self._glimpse.cut(self._records.trace(known, asked))
        if not asked.what_if.cross_contamination:
            return found
        plain = self._glimpse.cut(self._records.trace(known, _sharing(asked, ())))
        return replace(found, withheld=plain.withheld)

    def origins(
        self, suspects: Sequence[Suspect], options: Options, heard: Callable[[], None]
    ) -> tuple[frozenset[str], int]:
        """The things that suspects may come from, as far as they are in sight, and how many are not.

        What :meth:`trace` finds, looked for some suspects at a time; ``heard`` is called between them.
        """
        whole = self._reach is Reach.ALL or bool(self._cases.purpose(_keys(suspects), "trace of").keys)
        things: set[str] = set()
        for some in chunks(suspects, -(-len(suspects) // _PARTS) or 1):
            found = self._records.trace(some if whole else self._known(some), options)
            things.update(one.key for one in found.states if not one.carrier and one.kind != "place")
            heard()
        return (frozenset(things), 0) if whole else self._glimpse.among(things)

    def scope(self, suspects: Sequence[Suspect], options: Options) -> Scope:
        """The scope as far as it is in sight; of a case that the viewer conducts, the whole, and logged."""
        if self._reach is Reach.ALL or self._cases.purpose(_keys(suspects), "scope of").keys:
            found = self._records.scope(suspects, options)
            self._require_recorded(suspects, found.trace)
            return found
        known, asked = self._known(suspects), self._supposing(options)
        found = self._glimpse.cut_scope(self._records.scope(known, asked))
        if not asked.what_if.cross_contamination:
            return found
        plain = self._glimpse.cut_scope(self._records.scope(known, _sharing(asked, ())))
        return replace(found, trace=replace(found.trace, withheld=plain.trace.withheld))

    def lots_of_receipt(self, shop: str, product: str, day: date) -> Answer:
        """The lots of a purchase at a shop within the competence; at another, those of a case they conduct.

        Raises:
            LiesElsewhere: neither; it says who is competent.
        """
        answer = self._house.lots_of_receipt(shop, product, day)
        if self._reach is Reach.ALL or self._governs(shop):
            return answer
        purpose = self._cases.purpose([shop], f"receipt of {product} on {day.isoformat()} at")
        lots = tuple(one for one in answer.candidates if one.lot in purpose.keys)
        if not lots:
            raise lies_elsewhere(self._house, self._viewer, shop)
        return Answer(lots, tuple(key for key in answer.loose if key in purpose.keys))

    def notices(self) -> Sequence[Notice]:
        """Holds and recalls in force that affect goods of the viewer's company: its own lines, nobody else's.

        One trace per case in force.
        """
        if self._reach is not Reach.PARTY:
            return ()
        found = (self._notice(case) for case in self._house.cases() if case.stops is not None)
        return [notice for notice in found if notice.lines]

    def _notice(self, case: Case) -> Notice:
        scope = self._glimpse.cut_scope(self._records.scope(case.draft.suspects, Options()))
        published = case.stops == "recalled"
        return Notice(
            number=case.number,
            state=case.state,
            since=(case.published_at if published else case.held_at) or case.log[-1].time,
            title=case.draft.title if published else Text(),
            what_to_do=case.draft.what_to_do,
            contact=case.draft.contact,
            by=case.draft.party,
            lines=scope.lines,
        )

    def _governs(self, place: str) -> bool:
        """Whether a place lies within the competence of the viewer's authority."""
        names = self._spellings(site(place))
        governed = select(EntryRow.key).where(
            EntryRow.key.in_(names), EntryRow.key.in_(competent_places(self._viewer))
        )
        with Reading(self._house.engine) as reading:
            return reading.connection.execute(governed.limit(1)).first() is not None

    def _in_part(self) -> bool:
        return self._reach in (Reach.PARTY, Reach.COMPETENCE)

    def _known(self, suspects: Sequence[Suspect]) -> Sequence[Suspect]:
        """Suspects in sight; those that are not end the question: an unknown one would, too."""
        for suspect in suspects:
            self.check(suspect.key)
        return suspects

    def _supposing(self, options: Options) -> Options:
        """``options`` without what is supposed to be shared somewhere that nothing in sight was.

        What else shares it may be out of sight: how much that is would tell of others' goods, so that it is
        not counted as withheld either.
        """
        crossed = options.what_if.cross_contamination
        shared = tuple(one for one in crossed if self._was_at(one.key, options.known_at))
        return options if shared == crossed else _sharing(options, shared)

    def _was_at(self, key: str, known_at: datetime | None) -> bool:
        """Whether anything in sight was in a container, or was told of at the site of a place."""
        key = self._records.aliases().key(key)
        if not _is_place(key) and self._glimpse.handles(key):
            return True
        there = self._records.asked(lambda things: things.told_at({site(key)}, EVER, NEVER), known_at)
        evidence = dict.fromkeys(told.occurrence.evidence for told in there)
        with Reading(self._house.engine) as reading:
            return any(evidence_in_sight(reading, some, self._viewer) for some in chunks(evidence))

    def _require_recorded(self, suspects: Sequence[Suspect], found: Trace) -> None:
        """A suspect that was mistyped has nothing around it, which is no answer to the question."""
        linked = {key for edge in found.edges for key in (edge.source, edge.target)}
        for key in _keys(suspects):
            if key not in linked and not self._records.is_known(key):
                raise _nothing_under(key)

    def _spellings(self, key: str) -> tuple[str, ...]:
        """All names under which a thing was told of."""
        return self._records.aliases().spellings(key)

    def _sees(self, key: str) -> bool:
        if not self._in_part():
            return False
        viewer = self._viewer
        ways = (
            select(ObjectRow.key).where(ObjectRow.key == key, visible_objects(viewer)),
            select(EntryRow.key).where(EntryRow.key == key, visible_entries(viewer)),
            select(VocabularyRow.key).where(VocabularyRow.key == key, visible_statements(viewer)),
        )
        with Reading(self._house.engine) as reading:
            if any(reading.connection.execute(way.limit(1)).first() for way in ways):
                return True
        return self._glimpse.handles(key)


def _nothing_under(key: str) -> NotFound:
    return NotFound(
        "Nothing is on record under {key}",
        where="key",
        key=key,
        remedy="Compare it with the label, or search for a lot number or a name.",
    )


def _sharing(options: Options, crossed: tuple[CrossContamination, ...]) -> Options:
    return replace(options, what_if=replace(options.what_if, cross_contamination=crossed))


def _is_place(key: str) -> bool:
    try:
        return identify(key).kind == "place"
    except IdentifierError:
        return False


def _keys(suspects: Sequence[Suspect]) -> Sequence[str]:
    return [key_in(suspect.key) or suspect.key for suspect in suspects]
