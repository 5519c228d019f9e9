"""The house as one viewer sees it: every page and program that reads goes through here (decision 0005)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import Engine, select

from suyuan.api.competence import StoredRegister
from suyuan.api.events_shown import event_row, place_of
from suyuan.api.glimpse import Glimpse, tells_no_more
from suyuan.api.openings import Opened, Openings
from suyuan.api.records import LiveRecords
from suyuan.portal.services import EventRow, Label, Notice
from suyuan.trace.epcis.build import event_from_body
from suyuan.trace.errors import NotAllowed, NotFound
from suyuan.trace.gs1 import IdentifierError, canonical_key, identify, site
from suyuan.trace.lineage import Options, Scope, Suspect, Trace
from suyuan.trace.lineage.digest import NAMESPACE
from suyuan.trace.recall.passport import Paper, Text
from suyuan.trace.recall.recall import Case
from suyuan.trace.recall.receipt import Answer
from suyuan.trace.register.documents import documents_of
from suyuan.trace.store import query, vocabulary
from suyuan.trace.store.access import note_access
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.history import (
    Recorded,
    events_by_key,
    events_naming,
    events_of,
    evidence_in_sight,
)
from suyuan.trace.store.named_queries import combined
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.sight import (
    HOUSE,
    NO_PURPOSE,
    Purpose,
    Reach,
    Viewer,
    competent_places,
    conducts,
    reach_of,
    visible_entries,
    visible_objects,
    visible_statements,
)
from suyuan.trace.store.subscriptions import Due, due_events
from suyuan.trace.store.tables import ObjectRow, VocabularyRow


class LiesElsewhere(NotAllowed):
    """What an officer asks for lies with another authority, or with none that is registered."""

    code = "lies-elsewhere"
    title = "This lies beyond your authority's competence"


class Around(Protocol):
    """What a view needs of the house around it."""

    engine: Engine
    openings: Openings

    def now(self) -> datetime:
        """The clock."""
        ...

    def labels(self, keys: Sequence[str]) -> Mapping[str, Label]:
        """How to show keys."""
        ...

    def cases(self) -> Sequence[Case]:
        """All cases."""
        ...

    def lots_of_receipt(self, shop: str, product: str, day: date) -> Answer:
        """The lots that a purchase can have been of."""
        ...


class View:
    """What one viewer sees, for the time of one request.

    What is not in sight is as absent as what never was, with the same words; officers are told who is
    competent instead.
    """

    def __init__(self, house: Around, records: LiveRecords, viewer: Viewer) -> None:
        self._house = house
        self._records = records
        self._viewer = viewer
        self._reach = reach_of(viewer)
        self._glimpse = Glimpse(house.engine, records, viewer)
        self._opened: Sequence[Opened] | None = None

    # Names

    def search(self, text: str, limit: int = 30) -> Sequence[Label]:
        """What a text may mean, of what is in sight."""
        with Reading(self._house.engine) as reading:
            found = [item.key for item in vocabulary.find(reading, text, limit, viewer=self._viewer)]
        found = list(dict.fromkeys(map(self._records.aliases().key, found)))
        if not found and (key := _key(text)) and self._in_part() and self._glimpse.handles(key):
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

    def check(self, key: str) -> None:
        """Raise ``NotFound`` for a key that is not in sight, whether or not there is such a thing.

        An officer is told instead with whom it lies, of what there is.
        """
        key = _key(key) or key
        names = self._spellings(key)
        if self._reach is Reach.ALL or any(map(self._sees, names)) or self._for_a_case([key], "page of").keys:
            return
        if self._is_officer and (
            self._records.is_known(key) or self._records.trace((Suspect(key),), Options(depth=0)).edges
        ):
            raise self._elsewhere(key if _is_place(key) else self._records.where_now(key).place)
        raise _nothing_under(key)

    # Events

    def events(
        self,
        params: Sequence[tuple[str, str]],
        *,
        among: tuple[str, str] | None = None,
        prefixes: Mapping[str, str] | None = None,
    ) -> query.Page:
        """One page of a SimpleEventQuery given as URL parameters; ``among`` is one more that must be met.

        Where it names one thing that was given to the viewer, its origin is among the answers. ``prefixes``
        are those of extension fields that the request declares.
        """
        token = next((value for name, value in params if name == "nextPageToken"), None)
        asked = [(name, value) for name, value in params if name != "nextPageToken"]
        parsed = query.parse_query(asked, prefixes=prefixes)
        if among is not None:
            parsed = query.narrowed(parsed, among[0], [among[1]])
            asked.append(among)
        purpose = self._purpose(parsed)
        with Reading(self._house.engine) as reading:
            page = query.events(
                reading, parsed, viewer=self._viewer, purpose=purpose, now=self._house.now(), token=token
            )
        return replace(page, events=tuple(self._shown(page.events, purpose)))

    def events_of_query(
        self,
        stored: Mapping[str, Any],
        params: Sequence[tuple[str, str]],
        *,
        prefixes: Mapping[str, str] | None = None,
    ) -> query.Page:
        """One page of a named query, narrowed by URL parameters; these rule order and number if told."""
        token = next((value for name, value in params if name == "nextPageToken"), None)
        more = [(name, value) for name, value in params if name != "nextPageToken"]
        given = {name for name, _ in more}
        order = [(name, stored[name]) for name in ("orderBy",) if name in stored and name not in given]
        narrowing = query.parse_query([*more, *order], prefixes=prefixes)
        asked = combined(query.parse_query(stored), narrowing, given)
        purpose = self._purpose(asked)
        with Reading(self._house.engine) as reading:
            page = query.events(
                reading, asked, viewer=self._viewer, purpose=purpose, now=self._house.now(), token=token
            )
        return replace(page, events=tuple(self._shown(page.events, purpose)))

    def events_due(self, stored: Mapping[str, Any], due: Due, most: int) -> tuple[Sequence[Recorded], int]:
        """The next events of a standing query, in the order of capture, and up to which sequence that is all.

        What the query says of order and number does not apply.
        """
        asked = replace(
            query.parse_query(stored), order_by=None, event_count_limit=None, max_event_count=None
        )
        purpose = self._purpose(asked)
        with Reading(self._house.engine) as reading:
            found, through = due_events(reading, asked, due, most, viewer=self._viewer, purpose=purpose)
        return self._shown(found, purpose), through

    def events_with_id(self, event_id: str) -> Sequence[Recorded]:
        """The event of this eventID and the declarations that correct it, or ``NotFound``."""
        with Reading(self._house.engine) as reading:
            told = events_of(reading, event_id, viewer=self._viewer)
            hidden = () if told or self._reach is Reach.ALL else events_of(reading, event_id, viewer=HOUSE)
        found = [one for one in told or self._let_in(hidden) if one.status == "accepted"]
        if not found:
            if self._is_officer:
                raise self._elsewhere(place_of(hidden[0]) if hidden else None)
            raise NotFound("There is no event {id}", where="eventID", id=event_id)
        return found

    def event(self, evidence: str) -> Mapping[str, Any]:
        """The body of one event as stored; of an origin, what the viewer may know of it."""
        with Reading(self._house.engine) as reading:
            seen = evidence_in_sight(reading, [evidence], self._viewer)
            stored = list(events_by_key(reading, [evidence]).values())
        found = stored if seen else self._let_in(stored)
        if not found:
            if self._is_officer:
                raise self._elsewhere(place_of(stored[0]) if stored else None)
            raise NotFound("There is no evidence {key}", where="evidence", key=evidence)
        body: Mapping[str, Any] = found[0].event.body
        return body

    def events_of(self, key: str, limit: int = 200) -> Sequence[EventRow]:
        """The newest events in sight that name a key, its origin among them if it was given to the viewer."""
        names = self._spellings(key)
        purpose = self._origins(names) if self._reach is Reach.PARTY else self._for_a_case([key], "events of")
        with Reading(self._house.engine) as reading:
            told = [
                one
                for name in names
                for one in events_naming(reading, name, limit, viewer=self._viewer, purpose=purpose)
            ]
        found = (
            sorted(told, key=lambda one: one.event.event_time, reverse=True)[:limit] if names[1:] else told
        )
        places = self._house.labels([place for place in map(place_of, found) if place])
        return [event_row(stored, places) for stored in self._shown(found, purpose)]

    def in_sight(self, key: str, evidence: Collection[str]) -> Collection[str]:
        """Those of some evidence about a thing that are in sight; of a case's thing all of it, and logged."""
        if self._reach is Reach.ALL or self._for_a_case([key], "evidence of").keys:
            return evidence
        with Reading(self._house.engine) as reading:
            return evidence_in_sight(reading, evidence, self._viewer).keys()

    def papers_of(self, lot: str) -> Purpose:
        """What opens the papers of a lot: that it came to a company in a box, or a case; logged."""
        if self._reach is Reach.PARTY:
            return Purpose(keys=frozenset([lot])) if self._glimpse.given(lot) else NO_PURPOSE
        return self._for_a_case([lot], "documents of")

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
        if self._reach is Reach.ALL or self._for_a_case(_keys(suspects), "trace of").keys:
            found = self._records.trace(suspects, options)
            self._require_recorded(suspects, found)
            return found
        return self._glimpse.cut(self._records.trace(self._known(suspects), options))

    def scope(self, suspects: Sequence[Suspect], options: Options) -> Scope:
        """The scope as far as it is in sight; of a case that the viewer conducts, the whole, and logged."""
        if self._reach is Reach.ALL or self._for_a_case(_keys(suspects), "scope of").keys:
            found = self._records.scope(suspects, options)
            self._require_recorded(suspects, found.trace)
            return found
        return self._glimpse.cut_scope(self._records.scope(self._known(suspects), options))

    def lots_of_receipt(self, shop: str, product: str, day: date) -> Answer:
        """The lots of a purchase at a shop within the competence; at another, those of a case they conduct.

        Raises:
            LiesElsewhere: neither; it says who is competent.
        """
        answer = self._house.lots_of_receipt(shop, product, day)
        if self._reach is Reach.ALL or self._governs(shop):
            return answer
        purpose = self._for_a_case([shop], f"receipt of {product} on {day.isoformat()} at")
        lots = tuple(one for one in answer.candidates if one.lot in purpose.keys)
        if not lots:
            raise self._elsewhere(shop)
        return Answer(lots, tuple(key for key in answer.loose if key in purpose.keys))

    @property
    def _is_officer(self) -> bool:
        return self._viewer.role == "regulator" and self._reach is not Reach.ALL

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

    def _purpose(self, asked: query.EventQuery) -> Purpose:
        """The origin of the one thing that is asked for, if it was given to a company."""
        if not tells_no_more(asked):
            return NO_PURPOSE
        return self._origins([str(one.values[0]) for one in asked.conditions if one.comparison == "MATCH"])

    def _origins(self, names: Sequence[str]) -> Purpose:
        """The origins of those things that were given to a company."""
        if self._reach is not Reach.PARTY:
            return NO_PURPOSE
        keys = {key for name in names if (key := _key(name))}
        return Purpose(frozenset(one for key in keys for one in self._glimpse.origin(key)))

    def _shown(self, found: Sequence[Recorded], purpose: Purpose) -> Sequence[Recorded]:
        """Events as this viewer may read them: those that a company sees only as an origin are redacted."""
        asked = [one.key for one in found if one.key in purpose.evidence]
        if self._reach is not Reach.PARTY or not asked:
            return found
        with Reading(self._house.engine) as reading:
            hidden = purpose.evidence - evidence_in_sight(reading, asked, self._viewer).keys()
        return [self._redacted(one) if one.key in hidden else one for one in found]

    def _let_in(self, hidden: Sequence[Recorded]) -> Sequence[Recorded]:
        """Of events out of sight those that are seen all the same: origins, and what a case opens."""
        if self._reach is Reach.PARTY:
            return [self._redacted(one) for one in hidden if self._glimpse.is_origin(one.event)]
        return [one for one in hidden if self._for_a_case([one.key], "evidence").keys]

    def _redacted(self, stored: Recorded) -> Recorded:
        body = self._glimpse.redacted(stored.event)
        told = event_from_body(body, (*stored.event.context, {"suyuan": NAMESPACE}))
        return replace(stored, event=replace(told, record_time=stored.event.record_time))

    # Cases

    def _cases(self) -> Sequence[Opened]:
        """The cases that the viewer's authority conducts, each with the whole of its trace."""
        if self._opened is None:
            own = self._house.cases() if self._reach is Reach.COMPETENCE else ()
            mine = [case for case in own if conducts(self._viewer, [case.draft.party])]
            self._opened = self._house.openings.of(mine)
        return self._opened

    def _for_a_case(self, keys: Collection[str], what: str) -> Purpose:
        """What a case of the viewer's opens, if all of ``keys`` (things or evidence) belong to it; logged."""
        spellings = [self._spellings(one) for one in keys] if self._cases() else []
        for case in self._cases():
            if keys and all(map(case.covers, spellings)):
                with Writing(self._house.engine) as writing:
                    told = f"{what} {', '.join(sorted(keys))}"[:1000]
                    note_access(
                        writing,
                        by=self._viewer.name,
                        what=f"case {case.number}",
                        purpose=told,
                        now=self._house.now(),
                    )
                return Purpose(case.evidence, case.keys)
        return NO_PURPOSE

    # Competence

    def _elsewhere(self, place: str | None) -> LiesElsewhere:
        """Who is competent for a place, in words."""
        if self._viewer.competence is None:
            return LiesElsewhere(
                "Your authority is not in the register with its stages and regions",
                remedy="Ask the operator of the platform to enter its competence.",
            )
        register = StoredRegister(self._house.engine)
        facts = register.facts([place, site(place)] if place else [])
        stage, district = next(iter(facts.values()), ("", ""))
        theirs = [
            party
            for party, competence in (register.authorities() if stage else ())
            if competence.covers(stage, district)
        ]
        if not theirs:
            return LiesElsewhere(
                "This lies beyond the competence of your authority; which one is competent is not on record",
                remedy="If it belongs to an incident of yours, open a case: its trace is shown as a whole.",
            )
        labels = self._house.labels(theirs)
        names = ", ".join(labels[party].name.zh or labels[party].name.en or party for party in theirs)
        return LiesElsewhere(
            "This lies with {authorities}",
            authorities=names,
            remedy="Ask them. If it belongs to an incident of yours, open a case: its trace is shown whole.",
        )


def _nothing_under(key: str) -> NotFound:
    return NotFound(
        "Nothing is on record under {key}",
        where="key",
        key=key,
        remedy="Compare it with the label, or search for a lot number or a name.",
    )


def _key(text: str) -> str:
    try:
        return canonical_key(text.strip())
    except IdentifierError:
        return ""


def _is_place(key: str) -> bool:
    try:
        return identify(key).kind == "place"
    except IdentifierError:
        return False


def _keys(suspects: Sequence[Suspect]) -> Sequence[str]:
    return [_key(suspect.key) or suspect.key for suspect in suspects]
