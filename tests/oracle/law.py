"""The oracle: sections 9 and 10 of the law of tracing (docs/decisions/0002), and the answers.

Slow and obvious on purpose, and written from the law alone. Engines are compared with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from suyuan.trace.lineage.contract import (
    Amount,
    Contaminated,
    Edge,
    Options,
    Scope,
    ScopeLine,
    State,
    Status,
    Suspect,
    Trace,
    WhereNow,
)
from suyuan.trace.lineage.occurrence import Occurrence

from .amounts import Amounts, Share
from .history import (
    NOTHING_LEFT,
    History,
    classes,
    holdings,
    is_destroying,
    is_leaving,
    is_selling,
    kind_of,
    known_place,
    moment,
    place_told,
    position,
    site_of,
    status_of_deletion,
)
from .influence import Fact, Influence, Step, overlap
from .portions import Lot, Portion

DEFAULT = Options()
LIVING = ("in_stock", "in_transit", "unaccounted")
Span = tuple[int, int]


def merged(spans: Iterable[Span]) -> list[Span]:
    """10: maximal intervals."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What of ``spans`` is not in ``taken``."""
    left = list(spans)
    for start, end in taken:
        parts = [part for a, b in left for part in ((a, min(b, start)), (max(a, end), b))]
        left = [(a, b) for a, b in parts if a < b]
    return sorted(left)


def reported(facts: Iterable[Fact]) -> list[Fact]:
    """10, last paragraph: states of one key, role and certainty merged, weaker time dropped."""
    groups: dict[str, dict[tuple[bool, bool], list[Span]]] = {}
    for fact in facts:
        spans = groups.setdefault(fact.key, {})
        spans.setdefault((fact.carrier, fact.certain), []).append((fact.start, fact.end))
    found: list[Fact] = []
    for key, spans in groups.items():
        stronger: list[Span] = []
        for carrier, certain in ((False, True), (False, False), (True, True), (True, False)):
            own = without(merged(spans.get((carrier, certain), [])), stronger)
            stronger += own
            found += [Fact(key, start, end, certain, carrier) for start, end in own]
    return found


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an object for the scope: ``quantity`` of it, there, in that status."""

    quantity: float
    where: WhereNow


class Oracle:
    """Answers from a list of occurrences; ``owner`` is what master data tell: the owner of a place."""

    def __init__(self, occurrences: Sequence[Occurrence], owner: Mapping[str, str] | None = None) -> None:
        self.occurrences = occurrences
        self.owner = owner or {}

    def trace(self, suspects: Sequence[Suspect], options: Options = DEFAULT) -> Trace:
        """Everything of interest that follows from the suspects."""
        return Answer(self, suspects, options).trace()

    def scope(self, suspects: Sequence[Suspect], options: Options = DEFAULT) -> Scope:
        """Where that is now, and how much."""
        return Answer(self, suspects, replace(options, direction="forward")).scope()


class Answer:
    """One question answered."""

    def __init__(self, oracle: Oracle, suspects: Sequence[Suspect], options: Options) -> None:
        self.owner = oracle.owner
        self.suspects = tuple(suspects)
        self.options = options
        self.history = History(oracle.occurrences, options.known_at)
        influence = Influence(self.history, suspects, options)
        self.influence = influence
        self.amounts = Amounts(self.history, influence) if options.direction == "forward" else None
        objects = reported(influence.facts())
        moves, places = self._moves(objects)
        self.facts = reported([*objects, *places])
        self.steps = influence.steps | moves
        if options.certain_only:  # 10: the finished answer, less what is only possible and touches it
            self.facts = [fact for fact in self.facts if fact.certain]
            left = {fact.key for fact in self.facts}
            self.steps = {s for s in self.steps if s.certain and s.source in left and s.target in left}

    def _moves(self, objects: list[Fact]) -> tuple[set[Step], list[Fact]]:
        """10, *move*."""
        steps: set[Step] = set()
        places: list[Fact] = []
        for fact in objects:
            for episode in self.history.episodes:
                within = overlap((fact.start, fact.end), (episode.start, episode.end))
                if episode.key == fact.key and within:
                    steps.add(
                        Step(
                            fact.key,
                            episode.place,
                            "move",
                            episode.start,
                            episode.end,
                            True,
                            episode.basis,
                            (episode.evidence,),
                        )
                    )
                    places.append(Fact(episode.place, within[0], within[1], fact.certain, carrier=True))
        return steps, places

    # --- section 9: where now

    def _last(self, keys: Iterable[str]) -> Occurrence | None:
        named = [self.history.last_named[key] for key in keys if key in self.history.last_named]
        return max(named, key=position, default=None)

    def _owner(self, place: str | None, told_by: Occurrence | None) -> str | None:
        if place is not None and place in self.owner:
            return self.owner[place]
        return None if told_by is None else told_by.party

    def where_now(self, key: str) -> WhereNow:
        """Section 9."""
        portions = Lot(self.history, key).portions
        if portions:
            living = [portion for portion in portions if not portion.gone]
            return self._where((living or portions)[-1])
        return self._as_instance(key)

    def _as_instance(self, key: str) -> WhereNow:
        around = self.history.containers(key)
        place = self.history.effective_place(key)
        last = self._last([key, *around])
        container = around[0] if around else None
        return WhereNow(place, container, self._owner(place, last), self._status(key, place, last))

    def _where(self, portion: Portion) -> WhereNow:
        """9: one in a container is where that is. Reading: a lot has no container itself."""
        if portion.container is not None:
            return replace(self._as_instance(portion.container), container=None)
        return WhereNow(portion.place, None, self._owner(portion.place, portion.put_by), portion.status)

    def _status(self, key: str, place: str | None, last: Occurrence | None) -> Status:
        ending = self.history.ended.get(key)
        told = ending or last
        if told is None:
            return "unaccounted"
        deleted = told.type == "ObjectEvent" and told.action == "DELETE"
        rules: tuple[tuple[bool, Status], ...] = (
            (ending is not None and ending.type == "TransformationEvent", "consumed"),
            (deleted, status_of_deletion(told)),
            (is_selling(told), "sold"),
            (is_destroying(told), "destroyed"),
            (is_leaving(told), "in_transit"),
            (place is not None, "in_stock"),
            (True, "unaccounted"),
        )
        return next(status for applies, status in rules if applies)

    # --- the answer

    def _numbers(self, fact: Fact) -> tuple[Amount | None, Contaminated | None]:
        if self.amounts is None or fact.carrier or kind_of(fact.key) == "place":
            return None, None
        hold = self.amounts.hold(fact.key)
        share = self.amounts.contaminated(fact.key)
        if hold is None or share is None:
            return hold, None
        return hold, Contaminated(share.min if fact.certain else 0.0, share.expected, share.max, hold.uom)

    def _state(self, fact: Fact) -> State:
        hold, contaminated = self._numbers(fact)
        kind = kind_of(fact.key)
        return State(
            key=fact.key,
            kind=kind,
            from_time=moment(fact.start),
            to_time=moment(fact.end),
            certainty="certain" if fact.certain else "possible",
            carrier=fact.carrier,
            hold=hold,
            contaminated=contaminated,
            where_now=None if kind == "place" else self.where_now(fact.key),
        )

    def trace(self) -> Trace:
        """States and edges sorted as the contract says."""
        facts = sorted(self.facts, key=lambda f: (f.start, f.key, f.end))
        states = tuple(self._state(fact) for fact in facts)
        steps = sorted(self.steps, key=lambda s: (s.start, s.source, s.target, s.kind, s.end, s.evidence))
        edges = tuple(
            Edge(
                step.source,
                step.target,
                step.kind,
                moment(step.start),
                moment(step.end),
                "certain" if step.certain else "possible",
                str(step.basis),
                step.evidence,
            )
            for step in steps
        )
        places = {state.key for state in states if state.kind == "place"}
        told = {key for edge in edges for key in edge.evidence}
        parties = {o.party for o in self.history.occurrences if o.evidence in told}
        wheres = [state.where_now for state in states if state.where_now is not None]
        parties |= {where.party for where in wheres if where.party is not None}
        return Trace(
            suspects=self.suspects,
            options=self.options,
            states=states,
            edges=edges,
            parties=tuple(sorted(parties)),
            places=tuple(sorted(places)),
        )

    # --- section 9: scope

    def _counts(self, key: str, affected: set[str]) -> bool:
        """Instances that hold no affected objects now, and lots of which no instance is known."""
        if self.history.is_class(key):
            return not self.history.instances_of(key)
        holders = [key, *self.history.deep_contents(key)]
        inside = {*holders[1:]} | {c.child for holder in holders for c in self.history.class_contents(holder)}
        return not inside & affected

    def _parts(self, key: str, hold: Amount | None, affected: set[str]) -> list[Part]:
        """A lot is split into its portions, as far as its hold goes; more than them is where the lot is.

        Reading: a hold of nothing is a line of nothing.
        """
        lot = Lot(self.history, key)
        if hold is None or not lot.portions or hold.uom != lot.uom or hold.quantity <= NOTHING_LEFT:
            return [Part(0.0 if hold is None else hold.quantity, self.where_now(key))]
        parts = [(portion, portion.amount) for portion in lot.portions]
        if hold.quantity < lot.quantity - NOTHING_LEFT:
            parts = in_doubt(lot.portions, hold.quantity, affected)
        found = [Part(amount, self._where(portion)) for portion, amount in parts]
        left = hold.quantity - sum(amount for _, amount in parts)
        return [*found, *([Part(left, self.where_now(key))] if left > NOTHING_LEFT else [])]

    def _heard_of(self, key: str) -> list[WhereNow]:
        """Where a lot may be, nobody knows how much.

        Readings: a living portion in a container is where that is now, and lives if its status is a living
        one; what leaves tells no place (2.5); the place is told under the key that it has there.
        """
        if not self.history.is_class(key) or self.history.instances_of(key):
            return []
        wheres = [self._where(portion) for portion in Lot(self.history, key).portions if not portion.gone]
        living = {site_of(where.place) for where in wheres if where.place and where.status in LIVING}
        last: dict[str, Occurrence] = {}
        for occurrence in self.history.occurrences:
            if any(holding.key == key for holding in classes(holdings(occurrence))):
                for place in (known_place(place_told(occurrence)), occurrence.read_point):
                    if place is not None:
                        last[site_of(place)] = occurrence
        return [
            WhereNow(here, None, self._owner(here, occurrence), "in_stock")
            for site, occurrence in last.items()
            if site not in living
            and (here := known_place(place_told(occurrence))) is not None
            and site_of(here) == site
            and not takes_away(occurrence, key)
        ]

    def scope(self) -> Scope:
        """Lines per (place, party, status, unit), None first."""
        answer = self.trace()
        best: dict[str, State] = {}
        for state in answer.states:
            if not state.carrier and state.kind != "place":
                known = best.get(state.key)
                if known is None or known.certainty == "possible":
                    best[state.key] = state
        lines: dict[
            tuple[str | None, str | None, Status, str | None, str], list[tuple[str, float | None, Share]]
        ] = {}
        for key, state in best.items():
            if self._counts(key, set(best)):
                uom = None if state.hold is None else state.hold.uom
                apart = key if state.hold is None else ""
                for part in self._parts(key, state.hold, set(best)):
                    where = part.where
                    line = lines.setdefault((where.place, where.party, where.status, uom, apart), [])
                    quantity = None if state.hold is None else part.quantity
                    line.append((key, quantity, share_of(state, part.quantity)))
                unknown = {(place, status) for place, _, status, _, of in lines if of == key}
                for where in self._heard_of(key):
                    if (where.place, where.status) not in unknown:
                        line = lines.setdefault((where.place, where.party, where.status, None, key), [])
                        line.append((key, None, Share(0.0, None, 0.0)))
        ordered = sorted(lines, key=lambda line: tuple((value is not None, value or "") for value in line))
        return Scope(answer, tuple(summed(line, lines[line]) for line in ordered))


def takes_away(occurrence: Occurrence, lot: str) -> bool:
    """9: it sells, destroys, deletes, packs or consumes the lot."""
    return (
        is_selling(occurrence)
        or is_destroying(occurrence)
        or (occurrence.type == "ObjectEvent" and occurrence.action == "DELETE")
        or (occurrence.action != "DELETE" and any(holding.key == lot for holding in occurrence.children))
        or any(holding.key == lot for holding in occurrence.inputs)
    )


def in_doubt(portions: Sequence[Portion], hold: float, affected: set[str]) -> list[tuple[Portion, float]]:
    """9: of a hold below Q, what is or was in affected containers, then others for what is missing."""
    mixed = [p for p in portions if p.container in affected or p.through & affected]
    counted = [(portion, min(hold, portion.amount)) for portion in mixed]
    left = hold - sum(amount for _, amount in counted)
    for portion in [p for p in reversed(portions) if p not in mixed]:
        amount = min(left, portion.amount)
        left -= amount
        if amount > NOTHING_LEFT:
            counted.append((portion, amount))
    return counted


def share_of(state: State, quantity: float) -> Share:
    """9: C in proportion to a part; nothing known of C is (0, unknown, the part)."""
    if state.contaminated is None or state.hold is None:
        return Share(0.0, None, quantity)
    if state.hold.quantity == 0:
        return Share(0.0, 0.0, 0.0)
    ratio = quantity / state.hold.quantity
    expected = state.contaminated.expected
    return Share(
        state.contaminated.min * ratio,
        None if expected is None else expected * ratio,
        state.contaminated.max * ratio,
    )


def summed(
    line: tuple[str | None, str | None, Status, str | None, str], parts: list[tuple[str, float | None, Share]]
) -> ScopeLine:
    """One line; its expected amount is unknown if one of its parts is."""
    place, party, status, uom, _ = line
    expected: float | None = 0.0
    for _, _, share in parts:
        expected = None if expected is None or share.expected is None else expected + share.expected
    keys = tuple(sorted({key for key, _, _ in parts}))
    is_unknown = any(quantity is None for _, quantity, _ in parts)  # a line of its own
    return ScopeLine(
        place=place,
        party=party,
        status=status,
        uom=uom,
        objects=len(keys),
        hold=None if is_unknown else sum(quantity or 0.0 for _, quantity, _ in parts),
        contaminated_min=sum(share.min for _, _, share in parts),
        contaminated_expected=expected,
        contaminated_max=None if is_unknown else sum(share.max for _, _, share in parts),
        keys=keys,
    )
