"""Sections 6 and 7 of the law of tracing (docs/decisions/0002): a naive fixpoint over sets of facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from suyuan.trace.lineage.contract import CrossContamination, EdgeKind, Options, Suspect
from suyuan.trace.lineage.occurrence import Basis

from .history import (
    ALWAYS,
    NEVER,
    Consumption,
    Containment,
    Episode,
    History,
    Presence,
    Process,
    Production,
    instant,
    kind_of,
    known_place,
    place_told,
    same_site,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One path reaches ``key``: affected (or carrier) during [start, end), over ``hops`` transformations.

    Backward: a path leads from ``key`` to a suspect if ``key`` is affected at an instant of [start, end).
    """

    key: str
    start: int
    end: int
    certain: bool = True
    carrier: bool = False
    hops: int = 0


@dataclass(frozen=True, slots=True)
class Way:
    """How a key was reached, for the amounts of section 8; ``inside`` for *contain* of a class child."""

    key: str
    kind: str
    certain: bool
    inside: float | None = None
    uom: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Section 10: one edge."""

    source: str
    target: str
    kind: EdgeKind
    start: int
    end: int
    certain: bool
    basis: Basis
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """4.2: a consumed object and an output of its group."""

    consumption: Consumption
    production: Production

    @property
    def certain(self) -> bool:
        """4.2 and 4.3."""
        return self.consumption.time <= self.production.time and not self.consumption.possible

    @property
    def step(self) -> Step:
        """Section 10; one occurrence that both consumes and produces is told twice, as both."""
        return Step(
            self.consumption.key,
            self.production.holding.key,
            "transform",
            min(self.consumption.time, self.production.time),
            self.production.time,
            self.certain,
            self.consumption.basis,
            (self.consumption.occurrence.evidence, self.production.occurrence.evidence),
        )


def links_of(process: Process, kill: frozenset[str]) -> list[Link]:
    """The links of a group that are not killed (4.4)."""
    links = [Link(c, p) for c in process.consumptions for p in process.productions]
    return [link for link in links if not is_killed(link, kill)]


def is_killed(link: Link, kill: frozenset[str]) -> bool:
    """4.4; entries of ``kill`` that are places are compared by site."""
    for occurrence in (link.consumption.occurrence, link.production.occurrence):
        place = known_place(place_told(occurrence))
        at_place = place is not None and any(same_site(place, entry) for entry in kill)
        if occurrence.evidence in kill or at_place:
            return True
    return False


def produced(history: History, key: str) -> tuple[float | None, str | None]:
    """8: Q(o) and its unit."""
    if kind_of(key) == "place":
        return None, None
    if not history.is_class(key):
        return 1.0, None
    members = history.instances_of(key)
    stated = [
        holding
        for o in history.occurrences
        for holding in (
            *(o.what if o.type == "ObjectEvent" and o.action == "ADD" else ()),
            *(o.outputs if o.type == "TransformationEvent" else ()),
        )
        if holding.is_class and holding.key == key
    ]
    if not stated:
        return (float(len(members)), None) if members else (None, None)
    units = {holding.uom for holding in stated}
    quantities = [holding.quantity for holding in stated if holding.quantity is not None]
    if len(units) > 1 or len(quantities) < len(stated):
        return None, None
    return sum(quantities), stated[0].uom


def is_all_of_its_lot(history: History, containment: Containment) -> bool:
    """6, *contain*. Reading: the amount inside is the largest that was ever in during this containment."""
    quantity, uom = produced(history, containment.child)
    if quantity is None or containment.peak is None or uom != containment.uom:
        return False
    return containment.peak >= quantity


def overlap(*spans: tuple[int, int]) -> tuple[int, int] | None:
    """The common part of half-open spans, if not empty."""
    start = max(span[0] for span in spans)
    end = min(span[1] for span in spans)
    return (start, end) if start < end else None


def window(of: Suspect | CrossContamination) -> tuple[int, int]:
    """Its [from, to) in instants."""
    start = ALWAYS if of.from_time is None else instant(of.from_time)
    end = NEVER if of.to_time is None else instant(of.to_time)
    return start, end


def contain_step(history: History, containment: Containment) -> Step:
    """Section 10: container to content."""
    certain = not containment.is_class or is_all_of_its_lot(history, containment)
    return Step(
        containment.parent,
        containment.child,
        "contain",
        containment.start,
        containment.end,
        certain,
        containment.basis,
        (containment.evidence,),
    )


def carry_step(containment: Containment) -> Step:
    """Section 10: content to container."""
    return Step(
        containment.child,
        containment.parent,
        "carry",
        containment.start,
        containment.end,
        True,
        containment.basis,
        (containment.evidence,),
    )


def member_step(history: History, key: str) -> Step:
    """Section 10: lot to instance."""
    lot, told_by = history.lot_of[key]
    return Step(lot, key, "member", history.birth[key], NEVER, True, told_by.basis, (told_by.evidence,))


class Influence:
    """What follows from the suspects: facts, ways and steps, until nothing new follows."""

    def __init__(self, history: History, suspects: Iterable[Suspect], options: Options) -> None:
        self.history = history
        self.options = options
        self.links = [
            link for process in history.processes.values() for link in links_of(process, options.what_if.kill)
        ]
        self.given: set[Fact] = set()
        self.found: set[Fact] = set()
        self.ways: set[Way] = set()
        self.steps: set[Step] = set()
        followed: set[Fact] = set()
        waiting: list[Fact] = []
        for suspect in suspects:
            waiting += self._begin(suspect)
        while waiting:
            fact = waiting.pop()
            if fact in followed:
                continue
            followed.add(fact)
            found = list(self._forward(fact) if options.direction == "forward" else self._backward(fact))
            self.found |= set(found)
            waiting += found

    def facts(self) -> set[Fact]:
        """What is reported: backward "(-∞, β)", and the suspects as given (section 7)."""
        if self.options.direction == "forward":
            return self.given | self.found
        return self.given | {replace(fact, start=ALWAYS) for fact in self.found}

    def _begin(self, suspect: Suspect) -> list[Fact]:
        """The suspect's own state is as given; backward, what matters is to reach it before its end."""
        start, end = window(suspect)
        if start >= end:
            return []
        given = Fact(suspect.key, start, end)
        self.given.add(given)
        self.ways.add(Way(suspect.key, "suspect", certain=True))
        if self.options.direction == "forward":
            return [given]
        if kind_of(suspect.key) != "place":
            return [replace(given, start=ALWAYS)]
        present = [(p.key, overlap((p.start, p.end), (start, end))) for p in self._present(suspect.key)]
        found = [Fact(key, ALWAYS, within[1]) for key, within in present if within]
        for supposed in self.options.what_if.cross_contamination:
            if supposed.key == suspect.key:  # what was there before made it affected
                since, until = window(supposed)
                found += self._back_to_sharers(given, suspect.key, since, min(until, end))
        self.found |= set(found)
        return found

    def _crosses(self, fact: Fact) -> Fact | None:
        """The fact after one more transformation; None beyond the depth. Hops matter only with a depth."""
        if self.options.depth is None:
            return fact
        return replace(fact, hops=fact.hops + 1) if fact.hops < self.options.depth else None

    def _present(self, place: str) -> Iterator[Presence | Episode]:
        """6: instances with an effective place there, lots with an own episode there."""
        for presence in self.history.presences:
            if same_site(presence.place, place):
                yield presence
        for episode in self.history.episodes:
            if episode.key not in self.history.instances and same_site(episode.place, place):
                yield episode

    def _reach(self, fact: Fact, way: str, containment: Containment | None = None) -> Fact:
        inside, uom = (containment.peak, containment.uom) if containment else (None, None)
        self.ways.add(Way(fact.key, way, fact.certain, inside, uom))
        return fact

    # --- section 6

    def _forward(self, fact: Fact) -> Iterator[Fact]:
        if fact.carrier:
            yield from self._carry(fact)
        elif kind_of(fact.key) == "place":
            yield from self._affect_present(fact)
        else:
            yield from self._transform(fact)
            yield from self._contain(fact)
            yield from self._member(fact)
            yield from self._carry(fact)
            yield from self._cross_contaminate(fact)

    def _transform(self, fact: Fact) -> Iterator[Fact]:
        after = self._crosses(fact)
        for link in self.links:
            if after and link.consumption.key == fact.key and fact.start <= link.consumption.time < fact.end:
                self.steps.add(link.step)
                output = Fact(link.production.holding.key, link.production.time, NEVER, hops=after.hops)
                yield self._reach(replace(output, certain=fact.certain and link.certain), "transform")

    def _contain(self, fact: Fact) -> Iterator[Fact]:
        for containment in self.history.containments:
            within = overlap((fact.start, fact.end), (containment.start, containment.end))
            if containment.parent == fact.key and within:
                step = contain_step(self.history, containment)
                self.steps.add(step)
                child = Fact(containment.child, within[0], NEVER, fact.certain and step.certain)
                yield self._reach(
                    replace(child, hops=fact.hops), "contain", containment if containment.is_class else None
                )

    def _member(self, fact: Fact) -> Iterator[Fact]:
        for key in self.history.instances_of(fact.key):
            start = max(fact.start, self.history.birth[key])
            if start < fact.end:
                self.steps.add(member_step(self.history, key))
                yield self._reach(replace(fact, key=key, start=start), "member")

    def _carry(self, fact: Fact) -> Iterator[Fact]:
        for containment in self.history.containments:
            within = overlap((fact.start, fact.end), (containment.start, containment.end))
            if containment.child == fact.key and within:
                self.steps.add(carry_step(containment))
                yield replace(fact, key=containment.parent, start=within[0], end=within[1], carrier=True)

    def _affect_present(self, fact: Fact) -> Iterator[Fact]:
        for presence in self._present(fact.key):
            within = overlap((fact.start, fact.end), (presence.start, presence.end))
            if within:
                yield self._reach(replace(fact, key=presence.key, start=within[0], end=NEVER), "place")

    def _cross_contaminate(self, fact: Fact) -> Iterator[Fact]:
        for supposed in self.options.what_if.cross_contamination:
            start, end = window(supposed)
            spans: list[tuple[int, int]]
            if kind_of(supposed.key) == "place":
                spans = [(p.start, p.end) for p in self._present(supposed.key) if p.key == fact.key]
            else:
                spans = [
                    (c.start, c.end)
                    for c in self.history.containments
                    if c.child == fact.key and c.parent == supposed.key
                ]
            for span in spans:
                within = overlap((fact.start, fact.end), span, (start, end))
                if within:
                    yield self._reach(replace(fact, key=supposed.key, start=within[0], end=end), "cross")

    # --- section 7: a fact (x, [start, end)) is what x must be affected in for a suspect to be reached.
    # A place passes on by what is present there alone (6), so no other step leads back to one.

    def _backward(self, fact: Fact) -> Iterator[Fact]:
        if kind_of(fact.key) != "place":  # what makes a place affected is followed with its sharers
            yield from self._back_transform(fact)
            yield from self._back_contain(fact)
            yield from self._back_member(fact)
            yield from self._back_cross_contaminate(fact)

    def _back_transform(self, fact: Fact) -> Iterator[Fact]:
        after = self._crosses(fact)
        for link in self.links:
            passes = link.production.holding.key == fact.key and kind_of(link.consumption.key) != "place"
            if after and passes and link.production.time < fact.end:
                self.steps.add(link.step)
                at = link.consumption.time
                yield Fact(link.consumption.key, at, at + 1, fact.certain and link.certain, False, after.hops)

    def _back_contain(self, fact: Fact) -> Iterator[Fact]:
        """Forward the content is affected from max(a, s) without end: only the end of the window matters."""
        for containment in self.history.containments:
            within = overlap((containment.start, containment.end), (ALWAYS, fact.end))
            if containment.child == fact.key and within and kind_of(containment.parent) != "place":
                step = contain_step(self.history, containment)
                self.steps.add(step)
                container = Fact(containment.parent, within[0], within[1], hops=fact.hops)
                yield replace(container, certain=fact.certain and step.certain)

    def _back_member(self, fact: Fact) -> Iterator[Fact]:
        """Forward the instance is affected on [max(a, birth), b): within the lot's own interval."""
        lot, _ = self.history.lot_of.get(fact.key, (None, None))
        if lot is not None and kind_of(lot) != "place":
            start = max(fact.start, self.history.birth[fact.key])
            if start < fact.end:
                self.steps.add(member_step(self.history, fact.key))
                yield replace(fact, key=lot, start=start)

    def _back_cross_contaminate(self, fact: Fact) -> Iterator[Fact]:
        """Forward the container or place is affected on [u, y) only, so it must meet the window before y."""
        for supposed in self.options.what_if.cross_contamination:
            start, end = window(supposed)
            if kind_of(supposed.key) == "place":
                for presence in self._present(supposed.key):
                    onward = overlap((presence.start, presence.end), (start, end), (ALWAYS, fact.end))
                    reaches = min(end, presence.end, fact.end)
                    if presence.key == fact.key and presence.start < reaches and onward:
                        yield replace(fact, key=supposed.key, start=presence.start, end=reaches)
                        yield from self._back_to_sharers(fact, supposed.key, start, reaches)
            elif supposed.key == fact.key and fact.start < end:
                for containment in self.history.containments:
                    within = overlap((containment.start, containment.end), (start, end), (ALWAYS, fact.end))
                    if containment.parent == supposed.key and within:
                        yield replace(fact, key=containment.child, start=within[0], end=within[1])

    def _back_to_sharers(self, fact: Fact, place: str, start: int, end: int) -> Iterator[Fact]:
        """The objects whose presence makes the place affected before ``end``."""
        for presence in self._present(place):
            within = overlap((presence.start, presence.end), (start, end))
            if within:
                yield replace(fact, key=presence.key, start=within[0], end=within[1])
