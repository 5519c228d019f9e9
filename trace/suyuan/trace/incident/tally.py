"""What is reached of all weight, for each station, delivery and lot of a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from suyuan.trace.incident.flows import Layout
from suyuan.trace.incident.network import Network, Settings
from suyuan.trace.incident.sweep import Plan
from suyuan.trace.incident.weighing import Block, Scale, blocks


@dataclass(frozen=True, slots=True)
class Sums:
    """For each of many things what it reaches of the weights above zero, and below (without their sign)."""

    above: list[float]
    below: list[float]

    def add(self, place: int, sums: tuple[float, float]) -> None:
        """Add to both sums of one thing."""
        self.above[place] += sums[0]
        self.below[place] += sums[1]

    def add_weights(self, weights: Mapping[int, float]) -> None:
        """Add weights to the things that have them."""
        for place, weight in weights.items():
            self.add(place, (max(weight, 0.0), max(-weight, 0.0)))


def no_sums(count: int) -> Sums:
    """Sums of nothing yet."""
    return Sums([0.0] * count, [0.0] * count)


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums by number, in the order of ``Layout.stations``, of the deliveries and of ``lots``.

    ``above`` and ``below`` are the sums over all weights. ``returning``: weighted stations that reach
    themselves.
    """

    stations: Sums
    deliveries: Sums
    lots: Mapping[str, Sequence[int]]
    lot_sums: Sums
    above: float
    below: float
    returning: set[int] = field(default_factory=set[int])


def lots_of(network: Network) -> dict[str, list[int]]:
    """The deliveries of each lot, by its id; one whose lot is not told is a lot by itself, ``" D1"``."""
    lots: dict[str, list[int]] = {}
    for number, delivery in enumerate(network.deliveries):
        lots.setdefault(delivery.lot or f" {delivery.id}", []).append(number)
    return lots


def tally(network: Network, settings: Settings, laid: Layout, plan: Plan, *, once: bool) -> Tally:
    """The sums over forward closures; ``once``: what reaches itself counts its own weight once, not twice."""
    place = {name: number for number, name in enumerate(laid.stations)}
    number = {delivery.id: position for position, delivery in enumerate(network.deliveries)}
    stations = {place[name]: weight for name, weight in settings.station_weight.items()}
    deliveries = {number[name]: weight for name, weight in settings.delivery_weight.items()}
    weights = [*stations.values(), *deliveries.values()]
    lots = lots_of(network)
    counted = Tally(
        no_sums(len(place)),
        no_sums(len(number)),
        lots,
        no_sums(len(lots)),
        sum(weight for weight in weights if weight > 0),
        -sum(weight for weight in weights if weight < 0),
    )
    leaving = laid.leaving()
    for block in blocks(stations, deliveries):
        _count(counted, block, laid, leaving, plan, once=once)
    if not once:
        counted.stations.add_weights(stations)
        counted.deliveries.add_weights(deliveries)
    return counted


def _count(
    counted: Tally, block: Block, laid: Layout, leaving: Iterable[list[int]], plan: Plan, *, once: bool
) -> None:
    scale = Scale(block.weights)
    count = len(laid.recipient)
    itself = [block.deliveries.get(node, 0) for node in range(count)]
    arrives = [block.stations.get(station, 0) for station in laid.recipient]
    own = [bit | there for bit, there in zip(itself, arrives, strict=True)]
    found = plan.closures(own + [0] * (len(plan.stands_for) - count))
    for node in range(count):
        if not laid.killed[node]:
            found[node] |= arrives[node]
        counted.deliveries.add(node, scale.weigh(found[node] | itself[node] if once else found[node]))
    for station, sent in enumerate(leaving):
        bits = 0
        if not laid.killed_stations[station]:
            for node in sent:
                bits |= found[node] | itself[node]
        own_bit = block.stations.get(station, 0)
        if bits & own_bit:
            counted.returning.add(station)
        counted.stations.add(station, scale.weigh(bits | own_bit if once else bits))
    for place, members in enumerate(counted.lots.values()):
        bits = 0
        for node in members:
            bits |= found[node]
        counted.lot_sums.add(place, scale.weigh(bits))
