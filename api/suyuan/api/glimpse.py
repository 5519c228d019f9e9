"""What of lineage a viewer sees who does not see everything: things that they handled, one step up and down.

Sight of events is a WHERE clause (:mod:`suyuan.trace.store.sight`); what follows from events is not. A thing
is *handled* by a viewer if an event in sight names it, or one of somebody else's names a container that it
was in at the time; what they say themselves of a container counts once they know that it was put there
(:func:`suyuan.trace.lineage.journey.in_hand`). It was *given* to them if such an event is somebody else's.
The origin of what was given (who made it, when, where) is theirs to know; of what it was made is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Engine

from suyuan.api.records import LiveRecords
from suyuan.trace.epcis.event import Event
from suyuan.trace.gs1 import canonical_key, site
from suyuan.trace.lineage import Scope, ScopeLine, Trace
from suyuan.trace.lineage.contract import State
from suyuan.trace.lineage.journey import in_hand
from suyuan.trace.lineage.portions import Portion
from suyuan.trace.lineage.scope import Head
from suyuan.trace.recall.parcels import Parcel, held_states, told_apart
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import evidence_in_sight
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.query import EventQuery
from suyuan.trace.store.sight import Viewer, is_own

_AT_ONCE = 200
_MOST_PIECES = 2_000
"""Pieces of a lot that are looked at to find out whether any of them was given to a viewer."""

WITHHELD = "suyuan:withheld"
_SHOWN = frozenset(
    (
        "@context", "type", "eventID", "eventTime", "eventTimeZoneOffset", "recordTime", "action", "bizStep",
        "disposition", "readPoint", "bizLocation", "ilmd", "certificationInfo", "errorDeclaration",
    )
)  # fmt: skip
_WHAT = ("epcList", "outputEPCList")
_MADE = frozenset(("epc", "outputEPC", "anyEPC", "epcClass", "outputEPCClass", "anyEPCClass"))
_ASKED = frozenset(
    (
        "type", "eventTime", "recordTime", "action", "bizStep", "disposition", "readPoint", "bizLocation",
        "eventID", "errorDeclaration", "declarationTime",
    )
)  # fmt: skip
_COMPARED = frozenset(("EQ", "GT", "GE", "LT", "LE", "EXISTS", "WD"))
_AMOUNTS = ("quantityList", "outputQuantityList")


def tells_no_more(asked: EventQuery) -> bool:
    """Whether it says no more of an origin than can be read in it, that it is among the answers or is not.

    So it is where one thing is named, by what was made of it, and all else asked for is shown. Any other
    condition, or an order by another field, would let what is withheld be found out by asking.
    """
    named = [one for one in asked.conditions if one.comparison == "MATCH"]
    others = [one for one in asked.conditions if one.comparison != "MATCH"]
    return (
        asked.order in ("eventTime", "recordTime")
        and len(named) == 1
        and named[0].field in _MADE
        and len(named[0].values) == 1
        and all(one.field in _ASKED and one.comparison in _COMPARED for one in others)
    )


@dataclass(frozen=True, slots=True)
class Handled:
    """A thing in the hands of a viewer: the evidence in sight that says so, and whether its last word is."""

    evidence: frozenset[str]
    given: bool
    last_seen: bool


class Glimpse:
    """The lineage of one store through the eyes of one viewer, for the time of one request."""

    def __init__(self, engine: Engine, records: LiveRecords, viewer: Viewer) -> None:
        self._engine = engine
        self._records = records
        self._viewer = viewer
        self._parties: dict[str, str | None] = {}

    def handled(self, keys: Iterable[str]) -> Mapping[str, Handled]:
        """Those of ``keys`` that were in the viewer's hands. The work is that of their journeys."""
        found: dict[str, Handled] = {}
        for some in chunks(dict.fromkeys(keys), _AT_ONCE):
            journeys = self._records.checkpoints(some)
            parties = self._seen({told.occurrence.evidence for one in journeys.values() for told, _ in one})
            others = {one for one, party in parties.items() if not is_own(self._viewer, party)}
            for key, journey in journeys.items():
                known = in_hand(journey, parties.__contains__, others.__contains__)
                if seen := frozenset(told.occurrence.evidence for told in known):
                    last, _ = journey[-1]
                    found[key] = Handled(seen, not seen.isdisjoint(others), last.occurrence.evidence in seen)
        return found

    def handles(self, key: str) -> bool:
        """Whether a thing, or for a lot any of its pieces, was in the viewer's hands."""
        return any(True for _ in self._in_hands(key))

    def given(self, key: str) -> bool:
        """Whether somebody else's event says that a thing, or for a lot any of its pieces, came to them."""
        return any(one.given for one in self._in_hands(key))

    def origin(self, key: str) -> frozenset[str]:
        """The evidence of how a thing that was given came about, and its lot; none of what was not given."""
        lot = self._records.lot_of(key)
        own = [key] if lot is None else [key, lot]
        if not self.given(key):
            return frozenset()
        return frozenset(one for thing in own for one in self._records.making(thing))

    def cut(self, trace: Trace) -> Trace:
        """The part of a trace that the viewer may see; ``withheld`` counts the things left out.

        Kept are things that they handled; what joins them where an event in sight says it, or, of packing and
        lots, where they handled both; and the places where events in sight put them.
        """
        things = {state.key for state in trace.states if state.kind != "place"}
        handled = dict(self.handled(things))
        for edge in trace.edges:  # who handled a piece has something of its lot in hand
            if edge.kind == "member" and edge.target in handled:
                handled.setdefault(edge.source, replace(handled[edge.target], last_seen=False))
        seen = {one for hand in handled.values() for one in hand.evidence}
        moves = {
            edge
            for edge in trace.edges
            if edge.kind == "move" and edge.source in handled and not seen.isdisjoint(edge.evidence)
        }
        places = {edge.target for edge in moves}
        joins = {
            edge
            for edge in trace.edges
            if edge.kind != "move"
            and edge.source in handled
            and edge.target in handled
            and (edge.kind != "transform" or self._sees_any(edge.evidence))
        }
        shown = [
            state
            for state in trace.states
            if state.key in handled or (state.kind == "place" and state.key in places)
        ]
        states = self._as_known(shown, handled)
        edges = tuple(edge for edge in trace.edges if edge in moves or edge in joins)
        told = self._seen({one for edge in edges for one in edge.evidence})
        return replace(
            trace,
            states=states,
            edges=tuple(replace(edge, evidence=tuple(filter(told.get, edge.evidence))) for edge in edges),
            parties=tuple(sorted(set(told.values()))),
            places=tuple(place for place in trace.places if place in places),
            withheld=len(things - handled.keys()),
        )

    def among(self, things: Collection[str]) -> tuple[frozenset[str], int]:
        """Those of a trace's things that :meth:`cut` leaves in, and how many it leaves out."""
        handled = self.handled(things)
        lots = self._records.lots(handled).values()  # who handled a piece has something of its lot in hand
        shown = handled.keys() | set(things).intersection(lots)
        return frozenset(shown), len(set(things) - shown)

    def _as_known(self, states: Sequence[State], handled: Mapping[str, Handled]) -> tuple[State, ...]:
        """States without where a thing is now, or how much of it there is, where the viewer cannot know."""
        lasting = {key for key, hand in handled.items() if hand.last_seen}
        for lot, portions in self._portions(handled).items():
            newest = next((one for _, one in portions if not one.gone), portions[0][1])
            (lasting.add if self._knows(newest, lasting) else lasting.discard)(lot)
        # How much of a lot there ever was is known to whoever saw all of it made.
        secret = {state.key for state in states if state.kind == "lot" and not self._saw_made(state.key)}
        return tuple(
            replace(
                state,
                where_now=state.where_now if state.key in lasting else None,
                hold=state.hold if state.key not in secret else None,
                contaminated=state.contaminated if state.key not in secret else None,
            )
            for state in states
        )

    def cut_scope(self, scope: Scope) -> Scope:
        """The lines, each as far as the viewer knows the last word: of pieces, and of portions of lots.

        An authority that knows of a portion is told of all of the lot: what it must hold, or ask others to.
        """
        keys = {key for line in scope.lines for key in line.keys}
        handled = self.handled(keys)
        known = {key for key, hand in handled.items() if hand.last_seen}
        share, states = self._records.share(scope), held_states(scope)
        loose = self._portions(handled)
        heard = self._records.heard(handled)
        self._seen({one for told in heard.values() for one in told.values()})
        official = {
            lot
            for lot, portions in loose.items()
            if self._viewer.role == "regulator" and any(self._knows(one, known) for _, one in portions)
        }

        def shown(line: ScopeLine) -> ScopeLine | None:
            def is_seen(key: str, parcel: Parcel) -> bool:
                if key in official:
                    return True
                if line.hold is None and key in heard:
                    return self._sees_any({heard[key].get(line.place, "")})
                if key in loose:
                    return parcel.last is not None and self._sees_any([parcel.last.evidence])
                return key in known

            return told_apart(line, states, share, is_seen).get(True)

        lines = tuple(part for line in scope.lines if (part := shown(line)) is not None)
        seen = {key for line in lines for key in line.keys}
        trace = self.cut(scope.trace)
        return Scope(replace(trace, withheld=len(keys - seen)), lines)

    def _saw_made(self, lot: str) -> bool:
        making = self._records.making(lot)
        return bool(making) and len(self._seen(set(making))) == len(set(making))

    def _portions(self, keys: Iterable[str]) -> Mapping[str, Sequence[tuple[Head, Portion]]]:
        """The portions of lots; the evidence of all of them is looked up at once."""
        lots = self._records.lying(keys)
        self._seen({one.by.occurrence.evidence for portions in lots.values() for _, one in portions})
        return lots

    def _knows(self, portion: Portion, known: Collection[str]) -> bool:
        """Whether the viewer saw a portion of a lot put where it is: in a container, where that is."""
        if portion.container is not None and portion.container not in known:
            hand = self.handled([portion.container]).get(portion.container)
            if hand is None or not hand.last_seen:
                return False
        return self._sees_any([portion.by.occurrence.evidence])

    def is_origin(self, event: Event) -> bool:
        """Whether something that came about by this event was given to the viewer."""
        if event.action != "ADD" and event.type != "TransformationEvent":
            return False
        epcs = (*event.epc_list, *event.output_epc_list)
        amounts = (*event.quantity_list, *event.output_quantity_list)
        return bool(self._given_among([*epcs, *(amount.epc_class for amount in amounts)]))

    def redacted(self, event: Event) -> dict[str, Any]:
        """The body of an origin event: who, when, where and its master data; of things only those given.

        What it was made of, how much there was, and who else had part in it is left out and named as such.
        """
        body = dict(event.body)
        kept = {name: value for name, value in body.items() if name in _SHOWN}
        classes = {name: [one["epcClass"] for one in body[name]] for name in _AMOUNTS if name in body}
        epcs = [epc for name in _WHAT for epc in body.get(name, ())]
        given = self._given_among([*epcs, *(epc for told in classes.values() for epc in told)])
        for name in _WHAT:
            if name in body:
                kept[name] = [epc for epc in body[name] if epc in given]
        for name, told in classes.items():
            kept[name] = [{"epcClass": epc} for epc in told if epc in given]
        kept[WITHHELD] = " ".join(sorted(name for name in body if kept.get(name) != body[name]))
        return kept

    def _given_among(self, epcs: Iterable[str]) -> frozenset[str]:
        """Those of these identifiers, as spelled, that were given to the viewer."""
        keys = {epc: canonical_key(epc) for epc in epcs}
        handled = self.handled(keys.values())
        return frozenset(
            epc
            for epc, key in keys.items()
            if (key in handled and handled[key].given) or (self._records.pieces(key, 1) and self.given(key))
        )

    def _in_hands(self, key: str) -> Iterator[Handled]:
        yield from self.handled([key]).values()
        for some in chunks(self._records.pieces(key, _MOST_PIECES), _AT_ONCE):
            yield from self.handled(some).values()

    def _sees_any(self, evidence: Iterable[str]) -> bool:
        return bool(self._seen(set(evidence)))

    def _seen(self, evidence: Collection[str]) -> Mapping[str, str]:
        """Those in sight with their party; each is looked up once per request."""
        asked = [key for key in evidence if key not in self._parties]
        if asked:
            with Reading(self._engine) as reading:
                found = evidence_in_sight(reading, asked, self._viewer)
            self._parties.update({key: found.get(key) for key in asked})
        return {key: party for key in evidence if (party := self._parties[key]) is not None}


def place_of(event: Event) -> str | None:
    """The site where an event happened, as a key."""
    place = event.biz_location or event.read_point
    return None if place is None else site(canonical_key(place))
