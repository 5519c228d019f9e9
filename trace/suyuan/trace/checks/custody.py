"""What is in what, and where each thing was seen last, while a history is told once in its order.

Less than lineage knows (no intervals, no past) and therefore cheap: constant work per name, and memory of
what there is now. The meaning of packing, unpacking and ending is that of the law of tracing (§2.4, §3).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from suyuan.trace.checks.told import Told
from suyuan.trace.lineage.occurrence import Holding, Occurrence
from suyuan.trace.lineage.records import ENOUGH
from suyuan.trace.lineage.statement import holdings, packs, says_destroyed, says_sold

Lot = tuple[str, str | None]
"""A lot and the unit in which an amount of it is told."""
Load = dict[Lot, float | None]
"""Amounts of lots; None: nobody said how much."""
_NO_LOAD: Mapping[Lot, float | None] = MappingProxyType({})
Fate = Literal["used", "destroyed", "sold", "removed"]


@dataclass(frozen=True, slots=True)
class Sighting:
    """An event saw something at a site; one value for all that the event names."""

    site: str
    at: int
    party: str
    step: str | None
    leaves: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class End:
    """What became of a thing that is there no more, by which event."""

    fate: Fate
    at: int
    site: str | None
    party: str
    evidence: str


class Custody:
    """The present of the history told so far."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}
        self.inside: dict[str, dict[str, None]] = {}
        self.loads: dict[str, Load] = {}
        self.seen: dict[str, Sighting] = {}
        self.ends: dict[str, End] = {}
        self.lots: dict[str, str] = {}
        self.pieces: dict[str, int] = {}  # instances of each lot
        self.units: dict[str, str | None] = {}  # the unit in which amounts of each lot were told first
        self._laden: dict[str, dict[str, None]] = {}  # containers -> those in them that carry amounts

    # Questions

    def last(self, key: str) -> Sighting | None:
        """When and where a thing was seen last, itself or what it is in. Linear in the depth of packing."""
        found, above = self.seen.get(key), self.parent.get(key)
        while above is not None:
            there = self.seen.get(above)
            if there is not None and (found is None or there.at > found.at):
                found = there
            above = self.parent.get(above)
        return found

    def around(self, key: str) -> Iterator[str]:
        """What it is in, nearest first."""
        above = self.parent.get(key)
        while above is not None:
            yield above
            above = self.parent.get(above)

    def contents(self, key: str) -> Iterator[str]:
        """The instances in it at any depth."""
        stack = [key]
        while stack:
            for child in self.inside.get(stack.pop(), ()):
                yield child
                stack.append(child)

    def laden(self, key: str) -> Iterable[str]:
        """``key`` and the containers in it that hold amounts themselves; no others are looked at."""
        if key not in self._laden:
            return (key,) if key in self.loads else ()
        return self._all_laden(key)

    def _all_laden(self, key: str) -> Iterator[str]:
        stack = [key]
        while stack:
            one = stack.pop()
            if one in self.loads:
                yield one
            stack.extend(self._laden.get(one, ()))

    def load(self, key: str) -> Mapping[Lot, float | None]:
        """The amounts in it at any depth."""
        if key not in self._laden:
            return self.loads.get(key, _NO_LOAD)
        return self._sum(self.laden(key))

    def loads_of(self, listed: Iterable[Holding]) -> Mapping[Lot, float | None]:
        """The amounts in the containers of a list at any depth, each container once."""
        laden = {one: None for holding in listed if not holding.is_class for one in self.laden(holding.key)}
        return self._sum(laden) if laden else _NO_LOAD

    def _sum(self, laden: Iterable[str]) -> Load:
        total: Load = {}
        for one in laden:
            for lot, quantity in self.loads[one].items():
                before = total.get(lot, 0.0)
                total[lot] = None if quantity is None or before is None else before + quantity
        return total

    def amounts(self, listed: Iterable[Holding]) -> Load:
        """The amounts of lots in a list, each lot once; None where one of them is not stated.

        Where no amount is stated no unit is either: then that of the lot is meant. What is negative or no
        number states nothing.
        """
        found: Load = {}
        for one in listed:
            if one.is_class:
                quantity = one.quantity if one.quantity is not None and 0 <= one.quantity < math.inf else None
                lot = (one.key, self.units.get(one.key, one.uom) if one.quantity is None else one.uom)
                before = found.get(lot, 0.0)
                found[lot] = None if quantity is None or before is None else before + quantity
        return found

    # What an event changes; checks have looked at it before

    def take(self, told: Told) -> None:
        """The next event happens."""
        said = told.said
        self._learn(said)
        if packs(said) and said.parent is not None:
            self._repack(said, said.parent)
        self._see(told)
        if said.type == "TransformationEvent":
            for one in said.inputs:
                self._end(told, one, "used")
            for one in said.outputs:  # what an event both uses and makes is there after it
                self.ends.pop(one.key, None)
        elif said.type == "ObjectEvent" and (fate := fate_of(said)) is not None:
            for one in said.what:
                self._end(told, one, fate)

    def _learn(self, said: Occurrence) -> None:
        for one in holdings(said):
            if one.is_class and one.quantity is not None:
                self.units.setdefault(one.key, one.uom)
        for instance, lot in said.lot_of:
            if instance not in self.lots:
                self.lots[instance] = lot
                self.pieces[lot] = self.pieces.get(lot, 0) + 1

    def _see(self, told: Told) -> None:
        here, said = told.here, told.said
        if self.ends:
            for one in named(said):  # whatever is named is there again
                self.ends.pop(one, None)
        if here is None:
            return
        sighting = Sighting(
            here, told.statement.at, said.party, said.biz_step, told.statement.leaves, said.evidence
        )
        for one in named(said):
            self.seen[one] = sighting

    def _repack(self, said: Occurrence, parent: str) -> None:
        if said.action == "DELETE":
            self._unpack(said, parent)
            return
        for one in said.children:
            if one.is_class:
                self._put_in(parent, one)
            elif self.parent.get(one.key) != parent and parent != one.key:
                if one.key in self.around(parent):
                    continue  # a thing is not in itself
                self._leave(one.key)
                self.parent[one.key] = parent
                self.inside.setdefault(parent, {})[one.key] = None
                if one.key in self.loads or one.key in self._laden:
                    self._mark_laden(one.key)

    def _unpack(self, said: Occurrence, parent: str) -> None:
        if not said.children:
            for child in list(self.inside.get(parent, ())):
                self._leave(child)
            self._set_load(parent, {})
            return
        for one in said.children:
            if not one.is_class:
                if self.parent.get(one.key) == parent:
                    self._leave(one.key)
                continue
            for lot, quantity in self.amounts((one,)).items():
                self._set_load(parent, _less(self.loads.get(parent, {}), lot, quantity))

    def _put_in(self, parent: str, one: Holding) -> None:
        load = self.loads.setdefault(parent, {})
        for lot, quantity in self.amounts((one,)).items():
            before = load.get(lot, 0.0)
            load[lot] = None if quantity is None or before is None else before + quantity
        self._mark_laden(parent)

    def _mark_laden(self, key: str) -> None:
        above = self.parent.get(key)
        while above is not None:
            inner = self._laden.setdefault(above, {})
            if key in inner:
                return
            inner[key] = None
            key, above = above, self.parent.get(above)

    def _set_load(self, key: str, load: Load) -> None:
        if load:
            self.loads[key] = load
        elif self.loads.pop(key, None) is not None:
            self._unmark(key)

    def _unmark(self, key: str) -> None:
        """What carries nothing any more is not looked into again."""
        while key not in self.loads and not self._laden.get(key):
            self._laden.pop(key, None)
            above = self.parent.get(key)
            if above is None or above not in self._laden:
                return
            self._laden[above].pop(key, None)
            key = above

    def _leave(self, key: str) -> None:
        """An instance leaves what it is in, and was last seen where that was."""
        last = self.last(key)
        above = self.parent.pop(key, None)
        if above is None:
            return
        if last is not None:
            self.seen[key] = last
        inside = self.inside[above]
        del inside[key]
        if not inside:
            del self.inside[above]
        if key in self._laden.get(above, ()):
            del self._laden[above][key]
            self._unmark(above)

    def _end(self, told: Told, one: Holding, fate: Fate) -> None:
        if one.is_class:
            return
        end = End(fate, told.statement.at, told.here, told.said.party, told.said.evidence)
        gone = [one.key, *(self.contents(one.key) if fate != "removed" else ())]
        for key in gone:
            self.ends[key] = end
        self._leave(one.key)
        for key in gone:
            for child in list(self.inside.get(key, ())):
                self._leave(child)
            self._set_load(key, {})


def fate_of(said: Occurrence) -> Fate | None:
    """What an ObjectEvent says becomes of what it names; None if it goes on."""
    if says_destroyed(said):
        return "destroyed"
    if says_sold(said):
        return "sold"
    return "removed" if said.action == "DELETE" else None


def named(said: Occurrence) -> Iterator[str]:
    """The instances that an event names."""
    if said.parent is not None:
        yield said.parent
    for listed in (said.what, said.children, said.inputs, said.outputs):
        for one in listed:
            if not one.is_class:
                yield one.key


def loosely(listed: Iterable[Holding], custody: Custody) -> Load:
    """The amounts of lots in a list, less what is in containers named beside them (law of tracing §9)."""
    found = custody.amounts(listed)
    if not found:
        return found
    for lot, quantity in custody.loads_of(listed).items():
        before = found.get(lot)
        if before is not None:
            found[lot] = None if quantity is None else max(0.0, before - quantity)
    return {lot: quantity for lot, quantity in found.items() if quantity is None or quantity > 0}


def _less(load: Load, lot: Lot, quantity: float | None) -> Load:
    """A load without an amount of a lot; without all of the lot where no amount is stated."""
    if quantity is None:
        return {one: inside for one, inside in load.items() if one[0] != lot[0]}
    left = dict(load)
    before = left.get(lot)
    if before is not None:
        if before - quantity > ENOUGH:
            left[lot] = before - quantity
        else:
            del left[lot]
    return left
