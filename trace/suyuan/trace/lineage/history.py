"""The history that counts, replayed in the order of positions (law of tracing §2-§5).

A :class:`History` is told statements in the order of their positions and keeps, for every object, its births
and ends, containments, own episodes, consumptions and productions. It knows nothing of late arrivals: see
:class:`suyuan.trace.lineage.live.Lineage`.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Iterator

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.contract import Amount
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.lineage.occurrence import Holding, Occurrence
from suyuan.trace.lineage.records import (
    ENOUGH,
    Consumption,
    Containment,
    Draw,
    End,
    Episode,
    Group,
    Inside,
    Production,
)
from suyuan.trace.lineage.statement import Position, Statement, holdings, names, packs, says_destroyed


class History:
    """What is known of every object after the statements told so far.

    The public attributes are for reading: per key, in order of positions.
    Kept by :class:`suyuan.trace.lineage.live.Replay`.
    """

    def __init__(self) -> None:
        self.statements: dict[str, Statement] = {}
        self.naming: defaultdict[str, list[Statement]] = defaultdict(list)
        self.births: dict[str, int] = {}
        self.lots: dict[str, tuple[str, Statement]] = {}
        self.instances: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self.classes: set[str] = set()
        self.ends: dict[str, End] = {}
        self.inside: dict[str, Containment] = {}
        self.contents: defaultdict[str, dict[tuple[str, bool], Containment]] = defaultdict(dict)
        self.containers_of: defaultdict[str, list[Containment]] = defaultdict(list)
        self.containments_in: defaultdict[str, list[Containment]] = defaultdict(list)
        self.lot_exits: defaultdict[str, list[tuple[Position, str]]] = defaultdict(list)
        self.emptied_at: dict[tuple[Position, str], str] = {}  # where a container was, if nobody said it then
        self.here: dict[str, Episode] = {}
        self.episodes: defaultdict[str, list[Episode]] = defaultdict(list)
        self.visitors: defaultdict[str, list[tuple[str, Episode]]] = defaultdict(list)
        self.groups: dict[tuple[str, ...], Group] = {}
        self.consumptions: defaultdict[str, list[Consumption]] = defaultdict(list)
        self.productions: defaultdict[str, list[Production]] = defaultdict(list)
        self.stated: defaultdict[str, list[Amount | None]] = defaultdict(list)
        self.last_class_consumption: dict[str, int] = {}

    # What must be known of all statements before the first is replayed

    def announce(self, statements: Iterable[Statement]) -> None:
        """Learn births, lots and classes: §4.3 asks for all instances of a lot, also those told of later.

        ``statements`` are in order of positions, but may come late: see :mod:`suyuan.trace.lineage.late`.
        """
        for told in statements:
            occurrence = told.occurrence
            self.statements[occurrence.evidence] = told
            for key in names(occurrence):
                self._born(key, told.at)
                _insert(self.naming[key], told)
            for holding in holdings(occurrence):
                if holding.is_class:
                    self.classes.add(holding.key)
            for instance, lot in occurrence.lot_of:
                self._born(instance, told.at)
                self._born(lot, told.at)
                self.classes.add(lot)
                if instance not in self.lots:
                    self.lots[instance] = (lot, told)
                    self.instances[lot][instance] = None

    def _born(self, key: str, at: int) -> None:
        if at < self.births.setdefault(key, at):
            self.births[key] = at

    def replay(self, told: Statement) -> None:
        """Apply an announced statement. Order of positions is the caller's care."""
        occurrence = told.occurrence
        if packs(occurrence):
            if occurrence.action == "DELETE":
                self._unpack(told)
            else:
                self._pack(told)
        elif occurrence.type == "TransformationEvent":
            self._transform(told)
        elif occurrence.type == "ObjectEvent" and occurrence.action == "DELETE":
            self._delete(told)
        else:
            self._see(told)

    # Questions

    def is_class(self, key: str) -> bool:
        """Whether ``key`` was named as a lot or product, or is one by its name where nobody named it."""
        return key in self.classes or (key not in self.births and kind_by_name(key) in {"lot", "product"})

    def produced(self, key: str) -> Amount | None:
        """Q of §8: how much of it there ever was."""
        if not self.is_class(key):
            return Amount(1.0)
        stated = self.stated.get(key)
        if stated is not None:
            return total(stated)
        number = len(self.instances.get(key, ()))
        return Amount(float(number)) if number else None

    def effective_place(self, key: str) -> str | None:
        """Where ``key`` is now: the place of its outermost container, or its own (§5)."""
        here = self.here.get(self.outermost(key))
        return None if here is None else here.place

    def outermost(self, key: str) -> str:
        """The outermost container that ``key`` is in now, or ``key`` itself."""
        while (containment := self.inside.get(key)) is not None:
            key = containment.parent
        return key

    # Places (§5)

    def _arrive(self, key: str, told: Statement, place: str, *, inferred: bool = False) -> None:
        here = self.here.get(key)
        if here is not None and site(here.place) == site(place):
            return
        self._depart(key, told.at)
        episode = Episode(place, told.at, told, inferred)
        self.here[key] = episode
        self.episodes[key].append(episode)
        self.visitors[site(place)].append((key, episode))

    def _depart(self, key: str, at: int) -> None:
        here = self.here.pop(key, None)
        if here is None:
            return
        here.end = at
        if here.start == at:  # it never was there for the smallest step of time
            self.episodes[key].pop()
            visitors = self.visitors[site(here.place)]
            visitors.remove((key, here))

    def _seen(self, key: str, told: Statement) -> None:
        if told.place is not None:
            self._arrive(key, told, told.place)
        elif told.leaves:
            self._depart(key, told.at)

    def _see(self, told: Statement) -> None:
        """ObjectEvent ADD and OBSERVE, TransactionEvent: named, and perhaps told where."""
        occurrence = told.occurrence
        if occurrence.parent is not None:
            self._revive((occurrence.parent,))
            self._seen(occurrence.parent, told)
        for holding in occurrence.what:
            self._name(holding, told)
        if occurrence.type == "ObjectEvent" and occurrence.action == "ADD":
            for holding in occurrence.what:
                if holding.is_class:
                    self.stated[holding.key].append(stated(holding))

    def _name(self, holding: Holding, told: Statement) -> None:
        if not holding.is_class:
            self.ends.pop(holding.key, None)
        self._seen(holding.key, told)

    def _revive(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.ends.pop(key, None)

    # Containment (§3)

    def _name_packing(self, told: Statement) -> None:
        occurrence = told.occurrence
        if occurrence.parent is not None:
            self._revive((occurrence.parent,))
            self._seen(occurrence.parent, told)
        for child in occurrence.children:
            if not child.is_class:
                self._name(child, told)
            elif told.place is not None:  # as a child, a lot's episode only begins: the rest of it may stay
                self._arrive(child.key, told, told.place)

    def _pack(self, told: Statement) -> None:
        self._name_packing(told)
        parent = told.occurrence.parent
        if parent is None:  # an OBSERVE of children under no named parent
            return
        for child in told.occurrence.children:
            if child.is_class:
                self._pack_class(child, parent, told)
            else:
                self._pack_instance(child.key, parent, told)

    def _pack_instance(self, child: str, parent: str, told: Statement) -> None:
        current = self.inside.get(child)
        if (current is not None and current.parent == parent) or self._is_in(parent, child):
            return
        if current is not None:
            self._take_out(current, told)
        self._depart(child, told.at)
        self.inside[child] = self._open(Containment(child, parent, told.at, told))

    def _pack_class(self, child: Holding, parent: str, told: Statement) -> None:
        containment = self.contents[parent].get((child.key, True))
        if containment is None:
            if self._is_in(parent, child.key):
                return
            containment = self._open(Containment(child.key, parent, told.at, told, Inside()))
        if told.occurrence.action == "ADD" and containment.inside is not None:
            containment.inside.add(child.quantity, child.uom)

    def _open(self, containment: Containment) -> Containment:
        self.contents[containment.parent][containment.child, containment.is_class] = containment
        self.containments_in[containment.parent].append(containment)
        self.containers_of[containment.child].append(containment)
        return containment

    def _is_in(self, key: str, container: str) -> bool:
        """Whether ``key`` is ``container`` or in it at any depth."""
        if key == container:
            return True
        if not self.contents.get(container):
            return False
        seen, stack = {key}, [key]
        while stack:
            for containment in self.containers_of.get(stack.pop(), ()):
                if containment.ended is None and containment.parent not in seen:
                    if containment.parent == container:
                        return True
                    seen.add(containment.parent)
                    stack.append(containment.parent)
        return False

    def _unpack(self, told: Statement) -> None:
        self._name_packing(told)
        parent, children = told.occurrence.parent, told.occurrence.children
        if parent is None:
            return
        place = self.effective_place(parent)
        self._note_place(parent, told, place)
        if not children:
            self._release_all(parent, told, place)
        for child in children:
            containment = self.contents[parent].get((child.key, child.is_class))
            if containment is None:
                continue
            if containment.inside is None:
                self._let_go(containment, told, place)
            elif child.quantity is None:
                self._take_out(containment, told)
            else:
                containment.inside.take(child.quantity, child.uom)
                left = containment.inside.amount()
                if left is not None and left.quantity <= ENOUGH:
                    self._take_out(containment, told)

    def _release_all(self, parent: str, told: Statement, place: str | None) -> None:
        """Everything directly in ``parent`` leaves it; instances stay alive."""
        for containment in list(self.contents.get(parent, {}).values()):
            if containment.is_class:
                self._take_out(containment, told)
            else:
                self._let_go(containment, told, place)

    def _let_go(self, containment: Containment, told: Statement, place: str | None) -> None:
        """An instance leaves a container alive: where is it then? (§5)."""
        self._take_out(containment, told)
        if told.place is not None or told.leaves:
            self._seen(containment.child, told)
        elif place is not None:
            self._arrive(containment.child, told, place, inferred=True)

    def _note_place(self, container: str, told: Statement, place: str | None) -> None:
        if told.place is None and place is not None:
            self.emptied_at[told.position, container] = place

    def _take_out(self, containment: Containment, told: Statement) -> None:
        containment.end, containment.ended = told.at, told.position
        del self.contents[containment.parent][containment.child, containment.is_class]
        if containment.is_class:
            self.lot_exits[containment.child].append((told.position, containment.parent))
        else:
            del self.inside[containment.child]
        if containment.start == containment.end:  # empty: no influence, and replay needs it no more
            self.containments_in[containment.parent].remove(containment)
            self.containers_of[containment.child].remove(containment)

    def within(self, container: str) -> Iterator[Containment]:
        """What is in ``container`` now, at any depth, nearest first."""
        stack = [container]
        while stack:
            for containment in self.contents.get(stack.pop(), {}).values():
                yield containment
                stack.append(containment.child)

    # Ends (§2.4)

    def _delete(self, told: Statement) -> None:
        occurrence = told.occurrence
        for holding in occurrence.what:
            self._name(holding, told)
        doomed = [holding.key for holding in occurrence.what if not holding.is_class]
        places = {key: self.effective_place(key) for key in doomed}
        for key, place in places.items():
            self._note_place(key, told, place)
        spared = {
            containment.child: None
            for key in doomed
            for containment in self.within(key)
            if not containment.is_class
        }
        if says_destroyed(occurrence):
            for child in spared:
                self._empty(child, told)
                self._end(child, told, consumed=False)
        for key in doomed:
            self._end(key, told, consumed=False)
        for key in doomed:
            self._release_all(key, told, places[key])

    def _end(self, key: str, told: Statement, *, consumed: bool) -> None:
        containment = self.inside.get(key)
        if containment is not None:
            self._take_out(containment, told)
        self._depart(key, told.at)
        self.ends[key] = End(consumed, told)

    # Consumption and production (§4)

    def _transform(self, told: Statement) -> None:
        occurrence = told.occurrence
        group = self.groups.setdefault(group_of(occurrence), Group())
        consumed: dict[str, Consumption] = {}
        for holding in occurrence.inputs:
            self._consume(holding, told, group, consumed)
        self._consume_contents(told, group, consumed)
        for consumption in list(consumed.values()):
            if consumption.is_class:
                last = self.last_class_consumption.get(consumption.key, told.at)
                self.last_class_consumption[consumption.key] = max(last, told.at)
                self._consume_instances(consumption, group)
        for key in [key for key, consumption in consumed.items() if not consumption.is_class]:
            self._empty(key, told)
            self._end(key, told, consumed=True)
        for holding in occurrence.outputs:
            self._produce(holding, told, group)

    def _empty(self, container: str, told: Statement) -> None:
        """What is directly in a container that ends with its contents is in nothing from now on."""
        for containment in list(self.contents.get(container, {}).values()):
            self._take_out(containment, told)

    def _consume(
        self, holding: Holding, told: Statement, group: Group, consumed: dict[str, Consumption]
    ) -> None:
        """What is named as an input; a container counts by its contents."""
        again = holding.key in consumed
        consumption = self._consumption(holding.key, told, group, consumed, is_class=holding.is_class)
        if holding.is_class:
            consumption.amounts.append(stated(holding))
            group.draws.append(Draw(holding.key, stated(holding), consumption))
        elif not again and not self.contents.get(holding.key):
            group.draws.append(Draw(holding.key, Amount(1.0), consumption))

    def _consume_contents(self, told: Statement, group: Group, consumed: dict[str, Consumption]) -> None:
        """What is in the named containers; what is also named itself is consumed once, as named."""
        named = set(consumed)
        contents: dict[Containment, None] = {}
        for key in [key for key, consumption in consumed.items() if not consumption.is_class]:
            contents.update(dict.fromkeys(self.within(key)))
        for containment in contents:
            if containment.child in named:
                continue
            inner = self._consumption(
                containment.child, told, group, consumed, is_class=containment.is_class, inferred=True
            )
            if containment.inside is not None:
                amount = containment.inside.amount()
                inner.amounts.append(amount)
                group.draws.append(Draw(containment.child, amount, inner))
            elif not self.contents.get(containment.child):
                group.draws.append(Draw(containment.child, Amount(1.0), inner))

    def _consumption(
        self,
        key: str,
        told: Statement,
        group: Group,
        consumed: dict[str, Consumption],
        *,
        is_class: bool,
        inferred: bool = False,
    ) -> Consumption:
        """The consumption of ``key`` by this event: one, however often and deep it is listed."""
        consumption = consumed.get(key)
        if consumption is None:
            consumption = Consumption(key, told, group, inferred=inferred, is_class=is_class)
            consumed[key] = consumption
            group.consumptions.append(consumption)
            insort(self.consumptions[key], consumption, key=_position_of)
            if not is_class:
                group.outright.add(key)
        return consumption

    def _consume_instances(self, consumption: Consumption, group: Group) -> None:
        """Class-level consumption possibly takes every instance that may have been there (§4.3)."""
        told = consumption.by
        place = None if told.place is None else site(told.place)
        for instance in self.instances.get(consumption.key, ()):
            if self.births[instance] > told.at or instance in self.ends:
                continue
            there = None if place is None else self.effective_place(instance)
            if there is None or site(there) == place:
                possible = Consumption(instance, told, group, inferred=consumption.inferred, possible=True)
                group.consumptions.append(possible)
                self.consumptions[instance].append(possible)

    def _produce(self, holding: Holding, told: Statement, group: Group) -> None:
        self._name(holding, told)  # made after all is consumed: what is reworked into itself lives on
        production = next((p for p in reversed(self.productions[holding.key]) if p.by is told), None)
        if production is None:
            production = Production(holding.key, told, group)
            group.productions.append(production)
            self.productions[holding.key].append(production)
        production.amounts.append(stated(holding) if holding.is_class else Amount(1.0))
        if holding.is_class:
            self.stated[holding.key].append(stated(holding))


def _insert(line: list[Statement], told: Statement) -> None:
    """Keep ``line`` in order of positions; most often ``told`` is the last."""
    if not line or line[-1].position < told.position:
        line.append(told)
    else:
        insort(line, told, key=lambda one: one.position)


def _position_of(consumption: Consumption) -> Position:
    return consumption.by.position


def group_of(occurrence: Occurrence) -> tuple[str, ...]:
    """Events with one transformationID of one party are one group, others each their own (§4.2)."""
    if occurrence.transformation_id is None:
        return (occurrence.party, "", occurrence.evidence)
    return (occurrence.party, occurrence.transformation_id)


def stated(holding: Holding) -> Amount | None:
    """The amount a class-level holding states."""
    return None if holding.quantity is None else Amount(holding.quantity, holding.uom)


def total(amounts: Iterable[Amount | None]) -> Amount | None:
    """The sum, if every amount is known and all are in one unit; None also for no amounts at all."""
    uom: str | None = None
    quantity: float | None = None
    for amount in amounts:
        if amount is None or (quantity is not None and amount.uom != uom):
            return None
        uom = amount.uom
        quantity = amount.quantity + (quantity or 0.0)
    return None if quantity is None else Amount(quantity, uom)
