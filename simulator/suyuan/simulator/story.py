"""What happens in the sample world, told step by step: every step moves the goods and leaves an assignment.

The story keeps its own account of where everything is and of what was made from what. Ground truth is read
off this account; nothing here knows how lineage is traced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from suyuan.readers.station.order import Order, Step
from suyuan.simulator.cast import Party, Product, Site
from suyuan.simulator.numbers import lot_key
from suyuan.trace.epcis.event import QuantityElement, TypedReference

Condition = Literal["in_stock", "in_transit", "sold", "consumed"]
Sensed = tuple[Mapping[str, Any], ...]
"""Sensor elements of an event, as in EPCIS 2.0 §7.3.7."""


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot as it was made: ``quantity`` in ``product.uom``."""

    key: str
    code: str
    product: Product
    quantity: float
    made: datetime
    produced: date
    expires: date | None

    @property
    def amount(self) -> QuantityElement:
        """All of it."""
        return self.part(self.quantity)

    def part(self, quantity: float) -> QuantityElement:
        """So much of it."""
        return QuantityElement(self.key, quantity, self.product.uom)


@dataclass(frozen=True, slots=True)
class Tagged:
    """A thing with a tag: an item, an animal, a crate, case or pallet. ``memory`` is the tag's EPC memory."""

    key: str
    memory: bytes


@dataclass(frozen=True, slots=True)
class Assignment:
    """One step that a station is to do at ``time``: the order, and the tags that pass its reader.

    ``after`` are assignments of other stations that must be done first, since they sent the goods.
    """

    order_id: str
    station: str
    read_point: str
    time: datetime
    order: Order
    tags: tuple[bytes, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a thing is: ``place`` None while it travels."""

    place: str | None
    container: str | None
    status: Condition


@dataclass(slots=True)
class _Step:
    """An assignment in the making, and the keys that it touches."""

    site: Site
    time: datetime
    order: Order
    tags: tuple[bytes, ...]
    touches: frozenset[str]


@dataclass(slots=True)
class Story:
    """The account. Each method is one step at one station; times must grow along the way of each thing."""

    name: str
    steps: list[_Step] = field(default_factory=list["_Step"])
    made_from: dict[str, set[str]] = field(default_factory=dict[str, "set[str]"])
    lots: dict[str, Lot] = field(default_factory=dict[str, Lot])
    lot_of: dict[str, str] = field(default_factory=dict[str, str])
    crated: dict[str, str] = field(default_factory=dict[str, str])
    consumed_at: dict[str, str] = field(default_factory=dict[str, str])
    _own: dict[str, tuple[str | None, Condition]] = field(
        default_factory=dict[str, "tuple[str | None, Condition]"]
    )
    _container: dict[str, str] = field(default_factory=dict[str, str])

    def harvest(self, site: Site, time: datetime, lot: Lot) -> None:
        """A grower tells of a new lot by weight."""
        self._make(lot, ())
        order = _making(Step.COMMISSION, lot, typed=True, quantities=(lot.amount,))
        self._do(site, time, order, (), [lot.key])

    def register(self, site: Site, time: datetime, lot: Lot, things: Sequence[Tagged]) -> None:
        """Items or animals of ``lot`` get their identity; the lot itself is told here if it is new."""
        if lot.key not in self.lots:
            self._make(lot, ())
        for thing in things:
            self.lot_of[thing.key] = lot.key
            self._own[thing.key] = (site.key, "in_stock")
        self._do(site, time, _making(Step.COMMISSION, lot), things, [lot.key])

    def crate(self, site: Site, time: datetime, crate: Tagged, lot: Lot, quantity: float) -> None:
        """So much of ``lot`` goes into a crate."""
        self.crated[crate.key] = lot.key
        self._own[crate.key] = (site.key, "in_stock")
        order = Order(Step.PACK, parent=crate.key, quantities=(lot.part(quantity),))
        self._do(site, time, order, [crate], [lot.key], expected=False)

    def pack(self, site: Site, time: datetime, parent: Tagged, things: Sequence[Tagged]) -> None:
        """Things go into a case or onto a pallet."""
        self._own[parent.key] = (site.key, "in_stock")
        for thing in things:
            self._container[thing.key] = parent.key
        self._do(site, time, Order(Step.PACK, parent=parent.key), things, [], also=parent)

    def unpack(
        self, site: Site, time: datetime, parent: Tagged, things: Sequence[Tagged], stored: Sensed = ()
    ) -> None:
        """Everything leaves a case or pallet; ``stored`` is what was measured while it lay here."""
        for thing in things:
            del self._container[thing.key]
            self._own[thing.key] = (site.key, "in_stock")
        order = Order(Step.UNPACK, parent=parent.key, sensor_elements=stored)
        self._do(site, time, order, things, [], also=parent)

    def cook(self, site: Site, time: datetime, inputs: Sequence[Tagged], made: Lot) -> None:
        """Crates or animals become a new lot; what lies in a crate is used up with it."""
        used = {self.crated.get(thing.key) or self.lot_of[thing.key] for thing in inputs}
        self._make(made, used)
        for thing in inputs:
            self._own[thing.key] = (site.key, "consumed")
        self.consumed_at.update(dict.fromkeys(used, site.key))
        order = _making(Step.TRANSFORM, made, outputs=(made.amount,))
        self._do(site, time, order, inputs, [made.key, *used])

    def inspect(self, site: Site, time: datetime, lot: Lot, check: Mapping[str, Any]) -> None:
        """A finding about a lot is put on record; typed."""
        order = Order(Step.INSPECT, typed=True, quantities=(lot.amount,), extra={"suyuan:check": dict(check)})
        self._do(site, time, order, (), [lot.key])

    def examine(self, site: Site, time: datetime, things: Sequence[Tagged], check: Mapping[str, Any]) -> None:
        """A finding about these very things is put on record; typed."""
        keys = [thing.key for thing in things]
        order = Order(Step.INSPECT, typed=True, epcs=tuple(keys), extra={"suyuan:check": dict(check)})
        self._do(site, time, order, (), keys)

    def send(
        self,
        source: Site,
        left: datetime,
        target: Site,
        arrived: datetime | None,
        things: Sequence[Tagged],
        *,
        stored: Sensed = (),
        carried: Sensed = (),
    ) -> None:
        """Things travel from one site to another; ``arrived`` None: they are still under way.

        ``stored`` was measured before they left, ``carried`` on the way.
        """
        number = f"{source.station.upper()}-{left:%y%m%d%H%M}-{target.station.upper()}"
        despatch = f"urn:epcglobal:cbv:bt:{_gln(source.party)}:{number}"
        papers = Order(
            Step.SHIP,
            biz_transactions=(TypedReference("desadv", despatch),),
            sources=_ends(source),
            destinations=_ends(target),
            sensor_elements=stored,
        )
        for thing in things:
            self._own[thing.key] = (None, "in_transit") if arrived is None else (target.key, "in_stock")
        self._do(source, left, papers, things, [])
        if arrived is not None:
            received = replace(papers, step=Step.RECEIVE, sensor_elements=carried)
            self._do(target, arrived, received, things, [])

    def sell(self, site: Site, time: datetime, things: Sequence[Tagged]) -> None:
        """Items go over the till."""
        for thing in things:
            self._own[thing.key] = (site.key, "sold")
        self._do(site, time, Order(Step.SELL), things, [])

    # What the account tells

    def whereabouts(self, key: str) -> Whereabouts:
        """Where a tagged thing is now: its container's place and condition, if it is in one."""
        outermost = key
        while outermost in self._container:
            outermost = self._container[outermost]
        place, status = self._own[outermost]
        return Whereabouts(place, self._container.get(key), status)

    def made_with(self, lot: str) -> set[str]:
        """The lots that ``lot`` went into, at any depth."""
        found: set[str] = set()
        waiting = [lot]
        while waiting:
            used = waiting.pop()
            new = {made for made, inputs in self.made_from.items() if used in inputs} - found
            found |= new
            waiting += new
        return found

    def assignments(self) -> tuple[Assignment, ...]:
        """All steps in the order of their time, each with what it must wait for."""
        numbers: dict[str, int] = {}
        last: dict[str, tuple[str, str]] = {}  # touched key -> station, order id
        result: list[Assignment] = []
        for step in sorted(self.steps, key=lambda s: s.time):
            station = step.site.station
            numbers[station] = numbers.get(station, 0) + 1
            order_id = f"{self.name}-{station}-{numbers[station]:04d}"
            before = {last[key] for key in step.touches if key in last}
            after = tuple(sorted(other for where, other in before if where != station))
            last.update(dict.fromkeys(step.touches, (station, order_id)))
            door = step.site.door(step.order.step)
            result.append(
                Assignment(
                    order_id,
                    station,
                    door.name,
                    step.time,
                    replace(step.order, order_id=order_id),
                    step.tags,
                    after,
                )
            )
        return tuple(result)

    # Inside

    def _make(self, lot: Lot, used: Iterable[str]) -> None:
        self.lots[lot.key] = lot
        self.made_from[lot.key] = set(used)

    def _do(
        self,
        site: Site,
        time: datetime,
        order: Order,
        things: Sequence[Tagged],
        also_touched: Iterable[str],
        *,
        also: Tagged | None = None,
        expected: bool = True,
    ) -> None:
        if expected and things:
            order = replace(order, expected=tuple(thing.key for thing in things))
        passing = [*things, *([also] if also else [])]
        touches = frozenset([*(thing.key for thing in passing), *also_touched])
        self.steps.append(_Step(site, time, order, tuple(thing.memory for thing in passing), touches))


def _making(step: Step, lot: Lot, **more: Any) -> Order:
    return Order(
        step,
        product=lot.product.gtin,
        lot=lot.code,
        produced=lot.produced,
        expires=lot.expires,
        country_of_origin="CN",
        **more,
    )


def _ends(site: Site) -> tuple[TypedReference, ...]:
    """A site as source or destination: whose it is, and where."""
    return (TypedReference("possessing_party", site.party.key), TypedReference("location", site.key))


def _gln(party: Party) -> str:
    return party.key.rpartition("/")[2]


def new_lot(
    product: Product, code: str, quantity: float, made: datetime, produced: date, expires: date | None = None
) -> Lot:
    """A lot of ``product``."""
    return Lot(lot_key(product.gtin, code), code, product, quantity, made, produced, expires)
