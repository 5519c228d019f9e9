"""The house as one viewer sees it: every page and program that reads goes through here (decision 0005)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Engine, select

from suyuan.api.competence import StoredRegister
from suyuan.api.events_shown import event_row, place_of
from suyuan.api.glimpse import Glimpse
from suyuan.api.records import LiveRecords
from suyuan.portal.services import EventRow, Label
from suyuan.trace.epcis.build import event_from_body
from suyuan.trace.errors import NotAllowed, NotFound
from suyuan.trace.gs1 import IdentifierError, canonical_key, site
from suyuan.trace.lineage import Options, Scope, Suspect, Trace
from suyuan.trace.recall.recall import Case
from suyuan.trace.store import query, vocabulary
from suyuan.trace.store.access import note_access
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.history import Recorded, event, events_naming, events_of, evidence_in_sight
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.sight import (
    HOUSE,
    NO_PURPOSE,
    Purpose,
    Reach,
    Viewer,
    conducts,
    reach_of,
    visible_entries,
    visible_objects,
    visible_statements,
)
from suyuan.trace.store.tables import ObjectRow, VocabularyRow


class BeyondCompetence(NotAllowed):
    """What an officer asks for lies with another authority, or with none that is registered."""

    code = "beyond-competence"
    title = "This lies beyond your authority's competence"


class Around(Protocol):
    """What a view needs of the house around it."""

    engine: Engine

    def now(self) -> datetime:
        """The clock."""
        ...

    def labels(self, keys: Sequence[str]) -> Mapping[str, Label]:
        """How to show keys."""
        ...

    def cases(self) -> Sequence[Case]:
        """All cases."""
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

    # Names

    def search(self, text: str, limit: int = 30) -> Sequence[Label]:
        """What a text may mean, of what is in sight."""
        with Reading(self._house.engine) as reading:
            found = [item.key for item in vocabulary.find(reading, text, limit, viewer=self._viewer)]
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
        """Raise ``NotFound`` for a key that is not in sight, whether or not there is such a thing."""
        if self._reach is Reach.ALL or self._sees(_key(key) or key):
            return
        if self._viewer.role == "regulator":
            raise self._beyond(self._records.where_now(key).place)
        raise NotFound("Nothing is on record under {key}", where="key", key=key)

    # Events

    def events(self, params: Sequence[tuple[str, str]]) -> query.Page:
        """One page of a SimpleEventQuery given as URL parameters.

        Where it names things that were given to the viewer, their origin is among the answers.
        """
        token = next((value for name, value in params if name == "nextPageToken"), None)
        parsed = query.parse_query([(name, value) for name, value in params if name != "nextPageToken"])
        purpose = self._purpose([value for name, value in params if name.startswith("MATCH_")])
        with Reading(self._house.engine) as reading:
            page = query.events(
                reading, parsed, viewer=self._viewer, purpose=purpose, now=self._house.now(), token=token
            )
        return replace(page, events=tuple(self._shown(page.events, purpose)))

    def events_with_id(self, event_id: str) -> Sequence[Recorded]:
        """The event of this eventID and the declarations that correct it, or ``NotFound``."""
        with Reading(self._house.engine) as reading:
            told = events_of(reading, event_id, viewer=self._viewer)
            hidden = events_of(reading, event_id, viewer=HOUSE) if self._in_part() and not told else ()
        found = [one for one in told if one.status == "accepted"]
        found = found or [one for one in map(self._as_origin, hidden) if one and one.status == "accepted"]
        if not found:
            if hidden and self._viewer.role == "regulator":
                raise self._beyond(place_of(hidden[0]))
            raise NotFound("There is no event {id}", where="eventID", id=event_id)
        return found

    def event(self, evidence: str) -> Mapping[str, Any]:
        """The body of one event as stored; of an origin, what the viewer may know of it."""
        with Reading(self._house.engine) as reading:
            purpose = self._case_purpose(evidence)
            try:
                found = event(reading, evidence, viewer=self._viewer, purpose=purpose)
            except NotFound:
                if not self._in_part():
                    raise
                stored = event(reading, evidence, viewer=HOUSE)
                origin = self._as_origin(stored)
                if origin is None:
                    if self._viewer.role == "regulator":
                        raise self._beyond(place_of(stored)) from None
                    raise
                found = origin
        body: Mapping[str, Any] = found.event.body
        return body

    def events_of(self, key: str, limit: int = 200) -> Sequence[EventRow]:
        """The newest events in sight that name a key, its origin among them if it was given to the viewer."""
        purpose = self._purpose([key])
        with Reading(self._house.engine) as reading:
            found = events_naming(reading, key, limit, viewer=self._viewer, purpose=purpose)
        places = self._house.labels([place for place in map(place_of, found) if place])
        return [event_row(stored, places) for stored in self._shown(found, purpose)]

    # Lineage

    def trace(self, suspects: Sequence[Suspect], options: Options) -> Trace:
        """The trace as far as it is in sight; of a case that the viewer conducts, the whole, and logged."""
        if self._reach is Reach.ALL or self._is_for_a_case(suspects):
            return self._records.trace(suspects, options)
        return self._glimpse.cut(self._records.trace(self._known(suspects), options))

    def scope(self, suspects: Sequence[Suspect], options: Options) -> Scope:
        """The scope as far as it is in sight; of a case that the viewer conducts, the whole, and logged."""
        if self._reach is Reach.ALL or self._is_for_a_case(suspects):
            return self._records.scope(suspects, options)
        return self._glimpse.cut_scope(self._records.scope(self._known(suspects), options))

    def _in_part(self) -> bool:
        return self._reach in (Reach.PARTY, Reach.COMPETENCE)

    def _known(self, suspects: Sequence[Suspect]) -> Sequence[Suspect]:
        """Suspects in sight; those that are not end the question: an unknown one would, too."""
        for suspect in suspects:
            self.check(suspect.key)
        return suspects

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

    def _purpose(self, keys: Sequence[str]) -> Purpose:
        """The origins of those things that were given to a company."""
        if self._reach is not Reach.PARTY:
            return NO_PURPOSE
        found = {key for text in keys for part in text.split("|") if (key := _key(part))}
        return Purpose(frozenset(one for key in found for one in self._glimpse.origin(key)))

    def _shown(self, found: Sequence[Recorded], purpose: Purpose) -> Sequence[Recorded]:
        """Events as this viewer may read them: those that are in sight only as an origin are redacted."""
        asked = [one.key for one in found if one.key in purpose.evidence]
        with Reading(self._house.engine) as reading:
            seen = evidence_in_sight(reading, asked, self._viewer) if asked else {}
        return [
            self._redacted(one) if one.key in purpose.evidence and one.key not in seen else one
            for one in found
        ]

    def _as_origin(self, stored: Recorded) -> Recorded | None:
        if self._reach is Reach.PARTY and self._glimpse.is_origin(stored.event):
            return self._redacted(stored)
        return None

    def _redacted(self, stored: Recorded) -> Recorded:
        body = self._glimpse.redacted(stored.event)
        told = event_from_body(body, stored.event.context)
        return replace(stored, event=replace(told, record_time=stored.event.record_time))

    # Cases

    def _own_cases(self) -> Sequence[Case]:
        if self._reach is not Reach.COMPETENCE:
            return ()
        return [case for case in self._house.cases() if conducts(self._viewer, [case.draft.party])]

    def _is_for_a_case(self, suspects: Sequence[Suspect]) -> bool:
        """Whether all of it belongs to one case that the viewer conducts; the look is logged."""
        keys = {suspect.key for suspect in suspects}
        for case in self._own_cases():
            if keys <= case.keys | {suspect.key for suspect in case.draft.suspects}:
                self._log(f"case {case.number}", "trace of " + ", ".join(sorted(keys)))
                return True
        return False

    def _case_purpose(self, evidence: str) -> Purpose:
        """Of a case that the viewer conducts everything that its trace rests on; the look is logged."""
        for case in self._own_cases():
            for direction in ("backward", "forward"):
                trace = self._records.trace(case.draft.suspects, Options(direction))
                if any(evidence in edge.evidence for edge in trace.edges):
                    self._log(f"case {case.number}", f"evidence {evidence}")
                    return Purpose(frozenset((evidence,)))
        return NO_PURPOSE

    def _log(self, what: str, purpose: str) -> None:
        with Writing(self._house.engine) as writing:
            note_access(
                writing, by=self._viewer.name, what=what, purpose=purpose[:1000], now=self._house.now()
            )

    # Competence

    def _beyond(self, place: str | None) -> BeyondCompetence:
        """Who is competent for a place, in words."""
        if self._viewer.competence is None:
            return BeyondCompetence(
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
            return BeyondCompetence(
                "This lies beyond the competence of your authority; which one is competent is not on record",
                remedy="If it belongs to an incident of yours, open a case: its trace is shown as a whole.",
            )
        labels = self._house.labels(theirs)
        names = ", ".join(labels[party].name.zh or labels[party].name.en or party for party in theirs)
        return BeyondCompetence(
            "This lies with {authorities}",
            authorities=names,
            remedy="Ask them. If it belongs to an incident of yours, open a case: its trace is shown whole.",
        )


def _key(text: str) -> str:
    try:
        return canonical_key(text.strip())
    except IdentifierError:
        return ""
