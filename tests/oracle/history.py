"""Sections 1 to 5 of the law of tracing (docs/decisions/0002), stated slowly: what occurrences tell.

Instants are whole microseconds. Numbers in comments are the paragraphs of the law. A comment "reading"
marks a place where its words leave room and says how they are taken here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from suyuan.trace.lineage.contract import Kind, Status
from suyuan.trace.lineage.occurrence import Basis, Holding, Occurrence

ALWAYS = -(10**24)  # earlier than every instant
NEVER = 10**24  # later than every instant
LEAVES = "leaves"  # the occurrence says that its objects go away, to no known place
NOT_TOLD = "not told"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOTHING_LEFT = 1e-9

Position = tuple[int, int, int, str]
Group = tuple[str, str, str]


def instant(time: datetime) -> int:
    """Whole microseconds since the epoch."""
    return (time - EPOCH) // timedelta(microseconds=1)


def moment(at: int) -> datetime | None:
    """The time of an instant; None for the two without bound."""
    return None if at in (ALWAYS, NEVER) else EPOCH + timedelta(microseconds=at)


def kind_of(key: str) -> Kind:
    """What a canonical Digital Link names, from its application identifiers."""
    parts = key.split("/")
    identifiers = parts[3::2]
    kinds: tuple[tuple[str, Kind], ...] = (
        ("414", "place"),
        ("00", "unit"),
        ("8003", "unit"),
        ("8004", "unit"),
        ("21", "item"),
        ("10", "lot"),
        ("01", "product"),
    )
    for identifier, kind in kinds:
        if identifier in identifiers:
            return kind
    return "other"


def site_of(place: str) -> str:
    """2.5: a place without its GLN extension."""
    return place.partition("/254/")[0]


def same_site(one: str, other: str) -> bool:
    """2.5: places are compared by site."""
    return site_of(one) == site_of(other)


def is_leaving(occurrence: Occurrence) -> bool:
    """2.5: by its words; section 9 calls it in transit even where a bizLocation is told."""
    return occurrence.disposition == "in_transit" or occurrence.biz_step in ("shipping", "departing")


def place_told(occurrence: Occurrence) -> str:
    """2.5: a place, LEAVES or NOT_TOLD."""
    if occurrence.biz_location is not None:
        return occurrence.biz_location
    if is_leaving(occurrence):
        return LEAVES
    if occurrence.read_point is not None:
        return occurrence.read_point
    return NOT_TOLD


def known_place(told: str) -> str | None:
    """The place itself, if one is told."""
    return None if told in (LEAVES, NOT_TOLD) else told


def is_destroying(occurrence: Occurrence) -> bool:
    """2.4: an ObjectEvent DELETE that takes the contents along."""
    return occurrence.biz_step == "destroying" or occurrence.disposition == "destroyed"


def is_selling(occurrence: Occurrence) -> bool:
    """9: by its words."""
    return occurrence.biz_step == "retail_selling" or occurrence.disposition == "retail_sold"


def status_of_deletion(occurrence: Occurrence) -> Status:
    """9: what an ObjectEvent DELETE says became of what it names; destroyed goes before sold."""
    if is_destroying(occurrence):
        return "destroyed"
    return "sold" if is_selling(occurrence) else "unaccounted"


def rank(occurrence: Occurrence) -> int:
    """1.4: unpack, consume, produce, pack, destroy."""
    if occurrence.type in ("AggregationEvent", "AssociationEvent"):
        return 0 if occurrence.action == "DELETE" else 3
    if occurrence.type == "TransformationEvent":
        return 1
    if occurrence.type == "ObjectEvent" and occurrence.action == "DELETE":
        return 4
    return 2


def position(occurrence: Occurrence) -> Position:
    """1.4."""
    return instant(occurrence.time), rank(occurrence), occurrence.sequence, occurrence.evidence


def counted(occurrences: Iterable[Occurrence], known_at: datetime | None) -> list[Occurrence]:
    """Section 1: the occurrences that count, in the order of their positions."""
    known = [o for o in occurrences if known_at is None or o.record_time <= known_at]  # 1.1
    wrong = {  # 1.2; a declaration without an event id takes out nothing
        (o.party, o.event_id) for o in known if o.declared_wrong_at is not None and o.event_id is not None
    }
    facts = [o for o in known if o.declared_wrong_at is None and (o.party, o.event_id) not in wrong]
    return sorted(facts, key=position)


def holdings(occurrence: Occurrence) -> tuple[Holding, ...]:
    """Every holding named in it, whatever its role; the parent is an instance."""
    parent = () if occurrence.parent is None else (Holding(occurrence.parent),)
    return (*occurrence.what, *parent, *occurrence.children, *occurrence.inputs, *occurrence.outputs)


def instances(named: Iterable[Holding]) -> list[str]:
    """The keys of the serialised ones."""
    return [holding.key for holding in named if not holding.is_class]


def classes(named: Iterable[Holding]) -> list[Holding]:
    """The amounts of lots and products."""
    return [holding for holding in named if holding.is_class]


@dataclass(slots=True)
class Containment:
    """Section 3: child in parent, [start, end) in time and by position; a class child has an amount."""

    child: str
    parent: str
    is_class: bool
    start: int
    evidence: str
    basis: Basis
    end: int = NEVER
    amount: float | None = None
    uom: str | None = None
    peak: float | None = None  # the largest amount inside; None once unknown
    is_unknown: bool = False  # an ADD stated no quantity, or another unit


@dataclass(slots=True)
class Episode:
    """Section 5: the object's own stay at a place, [start, end)."""

    key: str
    place: str
    start: int
    evidence: str
    basis: Basis
    end: int = NEVER


@dataclass(frozen=True, slots=True)
class Presence:
    """The effective place of an instance during [start, end)."""

    key: str
    place: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Ingredient:
    """An amount that went into a transformation, to be drawn from what is known of ``key``."""

    key: str
    quantity: float | None
    uom: str | None


@dataclass(frozen=True, slots=True)
class Intake:
    """A directly named input; a container is counted by its contents (section 8)."""

    key: str
    time: int
    occurrence: Occurrence
    ingredients: tuple[Ingredient, ...]


@dataclass(frozen=True, slots=True)
class Consumption:
    """4.1: an object consumed; 4.3: an instance possibly consumed."""

    key: str
    is_class: bool
    time: int
    occurrence: Occurrence
    basis: Basis
    possible: bool = False


@dataclass(frozen=True, slots=True)
class Production:
    """An output of a group."""

    holding: Holding
    time: int
    occurrence: Occurrence


@dataclass(slots=True)
class Process:
    """4.2: the events of one transformation."""

    intakes: list[Intake] = field(default_factory=list[Intake])
    consumptions: list[Consumption] = field(default_factory=list[Consumption])
    productions: list[Production] = field(default_factory=list[Production])


class History:
    """What the counted occurrences tell, after replaying them in order."""

    def __init__(self, occurrences: Iterable[Occurrence], known_at: datetime | None = None) -> None:
        self.occurrences = counted(occurrences, known_at)
        self.lot_of: dict[str, tuple[str, Occurrence]] = {}
        self.birth: dict[str, int] = {}
        self.inside: dict[str, Containment] = {}
        self.amounts_inside: dict[tuple[str, str], Containment] = {}
        self.containments: list[Containment] = []
        self.episode: dict[str, Episode] = {}
        self.episodes: list[Episode] = []
        self.presences: list[Presence] = []
        self.seen_at: dict[str, tuple[str, int]] = {}
        self.ended: dict[str, Occurrence] = {}
        self.last_named: dict[str, Occurrence] = {}
        self.processes: dict[Group, Process] = {}
        self.emptied: dict[str, list[Containment]] = {}  # by evidence: class containments that it ended
        self.places_before: dict[str, dict[str, str | None]] = {}  # by evidence: of containers, just before
        self.instances: set[str] = set()
        self.class_keys: set[str] = set()
        self._tell_lots_and_births()
        for occurrence in self.occurrences:
            self._replay(occurrence)
        for key, (place, start) in self.seen_at.items():
            self.presences.append(Presence(key, place, start, NEVER))
        self._drop_outright()

    def _tell_lots_and_births(self) -> None:
        lots = {lot for occurrence in self.occurrences for _, lot in occurrence.lot_of}
        for occurrence in self.occurrences:
            for key, lot in occurrence.lot_of:  # 2.2: the earliest position wins; a lot has none itself
                if key not in lots:
                    self.lot_of.setdefault(key, (lot, occurrence))
        for occurrence in self.occurrences:
            named = {holding.key for holding in holdings(occurrence)}
            named |= {key for pair in occurrence.lot_of for key in pair}
            self.instances |= set(instances(holdings(occurrence))) | {key for key, _ in occurrence.lot_of}
            self.class_keys |= {h.key for h in classes(holdings(occurrence))}
            self.class_keys |= {lot for _, lot in occurrence.lot_of}
            for key in sorted(named):  # 2.3
                self.birth.setdefault(key, instant(occurrence.time))

    def instances_of(self, lot: str) -> list[str]:
        """2.2: the known instances of a lot."""
        return sorted(key for key, (its, _) in self.lot_of.items() if its == lot)

    def is_class(self, key: str) -> bool:
        """2.1: named at class level or as a lot, or else, of what nobody named, by its kind."""
        return key in self.class_keys or (key not in self.birth and kind_of(key) in ("lot", "product"))

    # --- containers and places, as they are at this point of the replay

    def containers(self, key: str) -> list[str]:
        """The containers of an instance, outward."""
        found: list[str] = []
        while key in self.inside:
            key = self.inside[key].parent
            found.append(key)
        return found

    def around(self, key: str) -> set[str]:
        """3: the key itself and whatever it is in, at any depth, as an instance or as an amount."""
        found: set[str] = set()
        outward = {key}
        while outward:
            found |= outward
            amounts = {parent for child, parent in self.amounts_inside if child in outward}
            outward = amounts | {self.inside[one].parent for one in outward if one in self.inside}
            outward -= found
        return found

    def effective_place(self, key: str) -> str | None:
        """5: that of the outermost container, or its own."""
        outermost = [key, *self.containers(key)][-1]
        return self.episode[outermost].place if outermost in self.episode else None

    def effective_place_at(self, key: str, time: datetime) -> str | None:
        """9: by the containments and episodes that contain the time."""
        at = instant(time)
        inside = {c.child: c.parent for c in self.containments if not c.is_class and c.start <= at < c.end}
        while key in inside:
            key = inside[key]
        return next((e.place for e in self.episodes if e.key == key and e.start <= at < e.end), None)

    def contents(self, parent: str) -> list[str]:
        """The instances directly inside."""
        return sorted(key for key, containment in self.inside.items() if containment.parent == parent)

    def deep_contents(self, parent: str) -> list[str]:
        """The instances inside at any depth; an amount of what is a container itself leads further in."""
        return [key for key in self.nested(parent)[1:] if key in self.inside]

    def nested(self, parent: str) -> list[str]:
        """The container and all that is in it at any depth, each once."""
        found = [parent]
        for outer in found:  # which grows meanwhile
            inner = [*self.contents(outer), *(c.child for c in self.class_contents(outer))]
            found += [key for key in inner if key not in found]
        return found

    def class_contents(self, parent: str) -> list[Containment]:
        """The amounts directly inside."""
        return [c for (_, its), c in sorted(self.amounts_inside.items()) if its == parent]

    # --- the steps of the replay

    def _replay(self, occurrence: Occurrence) -> None:
        before = dict(self.amounts_inside)
        self.places_before[occurrence.evidence] = {
            parent: self.effective_place(parent)
            for parent in {occurrence.parent or "", *(parent for _, parent in before)}
        }
        if occurrence.type == "TransformationEvent":
            self._consume_and_produce(occurrence)
        else:
            self._name(occurrence, (*occurrence.what, *occurrence.children), occurrence.parent)
            if occurrence.type in ("AggregationEvent", "AssociationEvent"):
                self._aggregate(occurrence)
            if occurrence.type == "ObjectEvent" and occurrence.action == "DELETE":
                self._delete(occurrence)
        for holding in holdings(occurrence):
            self.last_named[holding.key] = occurrence
        self.emptied[occurrence.evidence] = [
            c for pair, c in before.items() if pair not in self.amounts_inside
        ]
        self._note_presences(instant(occurrence.time))

    def _name(self, occurrence: Occurrence, named: tuple[Holding, ...], parent: str | None) -> None:
        """2.4: alive again. 5: the place told begins or ends episodes."""
        told = place_told(occurrence)
        for key in [*instances(named), *([] if parent is None else [parent])]:
            self.ended.pop(key, None)
            self._tell_place(key, told, occurrence, occurrence.basis)
        for holding in classes(
            named
        ):  # a lot; "as child only the begin": packing some for a journey ends none
            if not (told == LEAVES and holding in occurrence.children):
                self._tell_place(holding.key, told, occurrence, occurrence.basis)

    def _tell_place(self, key: str, told: str, occurrence: Occurrence, basis: Basis) -> None:
        now = self.episode.get(key)
        if told == NOT_TOLD:
            return
        if told == LEAVES:
            self._end_episode(key, instant(occurrence.time))
            return
        if now is not None and same_site(now.place, told):  # the same place again: it goes on
            return
        self._end_episode(key, instant(occurrence.time))
        begun = Episode(key, told, instant(occurrence.time), occurrence.evidence, basis)
        self.episode[key] = begun
        self.episodes.append(begun)

    def _end_episode(self, key: str, at: int) -> None:
        ending = self.episode.pop(key, None)
        if ending is not None:
            ending.end = at

    def _aggregate(self, occurrence: Occurrence) -> None:
        parent = occurrence.parent
        if parent is None:
            return
        if occurrence.action == "DELETE":
            named = instances(occurrence.children)
            for key in self.contents(parent):
                if key in named or not occurrence.children:
                    self._leave(key, occurrence)
            self._take_amounts(parent, occurrence)
            return
        for key in instances(occurrence.children):
            self._enter(key, parent, occurrence)
        for holding in classes(occurrence.children):
            self._add_amount(holding, parent, occurrence)

    def _enter(self, key: str, parent: str, occurrence: Occurrence) -> None:
        """3, instance child."""
        if key in self.inside and self.inside[key].parent == parent:
            return
        if key in self.around(parent):  # it would close a cycle
            return
        self._end_containment(key, instant(occurrence.time))
        self._end_episode(key, instant(occurrence.time))
        begun = Containment(
            key, parent, False, instant(occurrence.time), occurrence.evidence, occurrence.basis
        )
        self.inside[key] = begun
        self.containments.append(begun)

    def _end_containment(self, key: str, at: int) -> None:
        ending = self.inside.pop(key, None)
        if ending is not None:
            ending.end = at

    def _leave(self, key: str, occurrence: Occurrence) -> None:
        """5: on leaving a container alive."""
        told = place_told(occurrence)
        containers_place = self.effective_place(self.inside[key].parent)
        self._end_containment(key, instant(occurrence.time))
        if told != NOT_TOLD:
            self._tell_place(key, told, occurrence, occurrence.basis)
        elif containers_place is not None:
            self._tell_place(key, containers_place, occurrence, Basis.INFERRED)

    def _add_amount(self, holding: Holding, parent: str, occurrence: Occurrence) -> None:
        """3, class child: OBSERVE tells no amount. Reading: ADDed in two units it is unknown."""
        into = self.amounts_inside.get((holding.key, parent))
        if into is None:
            if holding.key in self.around(parent):  # it would close a cycle
                return
            start = instant(occurrence.time)
            into = Containment(holding.key, parent, True, start, occurrence.evidence, occurrence.basis)
            self.amounts_inside[(holding.key, parent)] = into
            self.containments.append(into)
        if occurrence.action != "ADD":
            return
        other_unit = into.amount is not None and holding.uom != into.uom
        into.is_unknown = into.is_unknown or holding.quantity is None or other_unit
        if into.is_unknown or holding.quantity is None:
            into.amount = into.peak = None
        else:
            into.amount, into.uom = (into.amount or 0.0) + holding.quantity, holding.uom
            into.peak = max(into.peak or 0.0, into.amount)

    def _take_amounts(self, parent: str, occurrence: Occurrence) -> None:
        if not occurrence.children:
            self._end_amounts(parent, instant(occurrence.time))
        for holding in classes(occurrence.children):
            inside = self.amounts_inside.get((holding.key, parent))
            if inside is None:
                continue
            if inside.amount is not None and holding.quantity is not None and holding.uom == inside.uom:
                inside.amount -= holding.quantity
            emptied = inside.amount is not None and inside.amount <= NOTHING_LEFT
            if holding.quantity is None or emptied:
                inside.end = instant(occurrence.time)
                del self.amounts_inside[(holding.key, parent)]

    def _end_amounts(self, parent: str, at: int) -> None:
        for containment in self.class_contents(parent):
            containment.end = at
            del self.amounts_inside[(containment.child, parent)]

    def _end(self, key: str, occurrence: Occurrence) -> None:
        """2.4: consumed or destroyed."""
        self._end_containment(key, instant(occurrence.time))
        self._end_episode(key, instant(occurrence.time))
        self.ended[key] = occurrence

    def _delete(self, occurrence: Occurrence) -> None:
        """2.4 and 3: an ObjectEvent DELETE."""
        named = instances(occurrence.what)
        gone = set(named)
        if is_destroying(occurrence):
            gone |= {inner for key in named for inner in self.deep_contents(key)}
        for parent in named:
            for key in self.contents(parent):
                if key not in gone:
                    self._leave(key, occurrence)
        for parent in sorted(gone):  # 3: class contents also of what is destroyed inside another container
            self._end_amounts(parent, instant(occurrence.time))
        for key in sorted(gone):
            self._end(key, occurrence)

    def _note_presences(self, at: int) -> None:
        for key in sorted(self.instances):
            place = self.effective_place(key)
            outermost = [key, *self.containers(key)][-1]
            if outermost != key and self.class_keys & {key, outermost}:
                place = None  # the law's "Not yet": of a container that is told of as an amount, too
            before = self.seen_at.get(key)
            if before is not None and before[0] == place:
                continue
            if before is not None:
                del self.seen_at[key]
                if before[1] < at:
                    self.presences.append(Presence(key, before[0], before[1], at))
            if place is not None:
                self.seen_at[key] = (place, at)

    # --- section 4

    def _consume_and_produce(self, occurrence: Occurrence) -> None:
        group: Group = ("event", occurrence.evidence, "")
        if occurrence.transformation_id is not None:
            group = ("group", occurrence.party, occurrence.transformation_id)
        process = self.processes.setdefault(group, Process())
        consumed = self._consumed(occurrence)
        opened: set[str] = set()
        process.intakes += [self._intake(holding, occurrence, opened) for holding in occurrence.inputs]
        process.consumptions += consumed
        for consumption in consumed:
            if consumption.is_class:
                process.consumptions += self._possibly_consumed(consumption)
        for key in [c.key for c in consumed if not c.is_class]:
            self._end_amounts(key, instant(occurrence.time))
            self._end(key, occurrence)
        # 2.4: what one event both consumes and outputs is consumed first and is alive after.
        self._name(occurrence, occurrence.outputs, None)
        process.productions += [
            Production(holding, instant(occurrence.time), occurrence) for holding in occurrence.outputs
        ]

    def _consumed(self, occurrence: Occurrence) -> list[Consumption]:
        """4.1: what is both named and inside a named container is consumed once, as named."""
        at = instant(occurrence.time)
        found: dict[tuple[str, bool], Consumption] = {}
        for holding in occurrence.inputs:
            found[(holding.key, holding.is_class)] = Consumption(
                holding.key, holding.is_class, at, occurrence, occurrence.basis
            )
        for key in instances(occurrence.inputs):
            for inner in self.deep_contents(key):
                inferred = Consumption(inner, False, at, occurrence, Basis.INFERRED)
                found.setdefault((inner, False), inferred)
            for container in self.nested(key):
                for inside in self.class_contents(container):
                    inferred = Consumption(inside.child, True, at, occurrence, Basis.INFERRED)
                    found.setdefault((inside.child, True), inferred)
        return list(found.values())

    def _possibly_consumed(self, of_lot: Consumption) -> list[Consumption]:
        """4.3, but for the last sentence. Reading: alive is not ended; one born in this instant counts."""
        here = known_place(place_told(of_lot.occurrence))
        found: list[Consumption] = []
        for key in self.instances_of(of_lot.key):
            there = self.effective_place(key)
            together = here is None or there is None or same_site(here, there)
            if self.birth[key] <= of_lot.time and key not in self.ended and together:
                found.append(Consumption(key, False, of_lot.time, of_lot.occurrence, of_lot.basis, True))
        return found

    def _drop_outright(self) -> None:
        """4.3, last sentence: not for instances that the same group consumes outright."""
        for process in self.processes.values():
            outright = {c.key for c in process.consumptions if not c.possible}
            process.consumptions = [c for c in process.consumptions if not (c.possible and c.key in outright)]

    def _intake(self, holding: Holding, occurrence: Occurrence, opened: set[str]) -> Intake:
        if holding.is_class:
            ingredients = [Ingredient(holding.key, holding.quantity, holding.uom)]
        else:
            ingredients = self._ingredients(holding.key, {named.key for named in occurrence.inputs}, opened)
        return Intake(holding.key, instant(occurrence.time), occurrence, tuple(ingredients))

    def _ingredients(self, key: str, named: set[str], opened: set[str]) -> list[Ingredient]:
        """A container counts by its contents; where one of these has no amount, the whole is unknown.

        ``opened`` are containers of which there are amounts in others: these count once for the event.
        """
        if not self.contents(key) and not self.class_contents(key):
            return [Ingredient(key, 1.0, None)]
        inside = self.class_contents(key)
        amounts = [Ingredient(c.child, c.amount, c.uom) for c in inside if c.child not in named]  # 4.1
        inner = [one for one in self.contents(key) if one not in named]
        inner += [c.child for c in inside if len(self.nested(c.child)) > 1 and c.child not in opened]
        opened |= {c.child for c in inside}
        for one in inner:
            amounts += self._ingredients(one, named, opened)
        return amounts
