"""The dialect of FoodChain-Lab's web program: the share of all outbreaks that a trace back brings here.

Weights count only as above zero or not; deliveries are not cross-contaminated; and for cross-contamination at
stations, days come from the deliveries alone, or from all of them together, or not at all.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from math import inf
from typing import Literal

from suyuan.trace.incident.date_limits import Limits, explicit_limits, inferred_limits
from suyuan.trace.incident.flows import Layout
from suyuan.trace.incident.network import Network, Settings
from suyuan.trace.incident.reach import Reached, mark, observed
from suyuan.trace.incident.sweep import Plan, exact_plan
from suyuan.trace.incident.tally import Tally, lots_of, no_sums
from suyuan.trace.incident.weighing import BLOCK

Dates = Literal["explicit", "inferred", "ignore"]


def web_tally(
    network: Network, settings: Settings, laid: Layout, dates: Dates
) -> tuple[Tally, Reached, tuple[int, ...]]:
    """How many outbreaks count what, the traces of what is observed, and deliveries without their dates."""
    limits = None if dates == "ignore" else _limits(network, laid, dates)
    counting = exact_plan(_links(laid, limits, laid.killed))
    counted = _counted(network, settings, laid, counting)
    left_out = () if limits is None else limits.left_out
    return counted, _traced(network, settings, laid, limits), left_out


def _limits(network: Network, laid: Layout, dates: Dates) -> Limits:
    return explicit_limits(network) if dates == "explicit" else inferred_limits(network, laid.links)


def _links(laid: Layout, limits: Limits | None, closed: bytearray) -> list[list[int]]:
    """Where each delivery may have gone, channels behind the deliveries; nothing by what is ``closed``."""
    after: list[list[int]] = [[] for _ in laid.supplier]
    killed = laid.killed_stations
    for source, into in laid.links:
        at = laid.supplier[into]
        if laid.recipient[source] == at and not (killed[at] or closed[source] or closed[into]):
            after[source].append(into)
    last = [inf] * len(after) if limits is None else [day for _, day in limits.out]
    came = [-inf] * len(after) if limits is None else [day for day, _ in limits.into]
    coming, leaving = laid.coming(), laid.leaving()
    for station in laid.cc_stations:
        if not killed[station]:
            outs = sorted((node for node in leaving[station] if not closed[node]), key=last.__getitem__)
            ins = ((node, came[node]) for node in coming[station] if not closed[node])
            _mix(after, ins, outs, [last[node] for node in outs])
    return after


def _mix(
    after: list[list[int]], ins: Iterable[tuple[int, float]], outs: list[int], last: Sequence[float]
) -> None:
    """A channel for each delivery out, in the order of the last day that it may have left."""
    first = len(after)
    after.extend([node] for node in outs)
    for channel in range(first, first + len(outs) - 1):
        after[channel].append(channel + 1)
    for node, came in ins:
        place = bisect_left(last, came)
        if place < len(outs):
            after[node].append(first + place)


def _counted(network: Network, settings: Settings, laid: Layout, plan: Plan) -> Tally:
    stations = [n for n, name in enumerate(laid.stations) if settings.station_weight.get(name, 0) > 0]
    deliveries = [
        n for n, told in enumerate(network.deliveries) if settings.delivery_weight.get(told.id, 0) > 0
    ]
    lots = lots_of(network)
    counted = Tally(
        no_sums(len(laid.stations)),
        no_sums(len(network.deliveries)),
        lots,
        no_sums(len(lots)),
        len(stations) + len(deliveries),
        0.0,
    )
    coming, leaving = laid.coming(), laid.leaving()
    outbreaks = [(station, coming[station]) for station in stations]
    outbreaks += [(-1, [node]) for node in deliveries]
    for start in range(0, len(outbreaks), BLOCK):
        own = [0] * len(plan.stands_for)
        at = [0] * len(laid.stations)
        for place, (station, begun) in enumerate(outbreaks[start : start + BLOCK]):
            if station >= 0:
                at[station] |= 1 << place
            for node in begun:
                own[node] |= 0 if laid.killed[node] else 1 << place
        found = [bits | mine for bits, mine in zip(plan.closures(own), own, strict=True)]
        _add(counted, laid, leaving, found, at)
    return counted


def _add(counted: Tally, laid: Layout, leaving: Sequence[list[int]], found: list[int], at: list[int]) -> None:
    for node in range(len(laid.supplier)):
        counted.deliveries.above[node] += found[node].bit_count()
    for station, sent in enumerate(leaving):
        bits = at[station]
        if not laid.killed_stations[station]:
            for node in sent:
                bits |= found[node]
        counted.stations.above[station] += bits.bit_count()
    for place, members in enumerate(counted.lots.values()):
        bits = 0
        for node in members:
            bits |= found[node]
        counted.lot_sums.above[place] += bits.bit_count()


def _traced(network: Network, settings: Settings, laid: Layout, limits: Limits | None) -> Reached:
    """As the program draws them: a kill of a delivery ends what goes on, and is passed over going back."""
    stations, deliveries = observed(network, settings, laid, "forward")
    leaving, coming = laid.leaving(), laid.coming()
    sent = [node for station in stations if not laid.killed_stations[station] for node in leaving[station]]
    begun = [node for node in sent if not laid.killed[node]]
    forward = exact_plan(_links(laid, limits, laid.killed)).reached([*begun, *deliveries])
    mark(forward, begun)
    stations_forward = bytearray(len(laid.stations))
    on = [*(node for node in range(len(laid.recipient)) if forward[node]), *deliveries]
    mark(stations_forward, (laid.recipient[node] for node in on if not laid.killed[node]))

    stations, deliveries = observed(network, settings, laid, "backward")
    received = [node for station in stations for node in coming[station]]
    nothing_closed = bytearray(len(laid.killed))
    back = exact_plan(_turned(_links(laid, limits, nothing_closed)))
    backward = back.reached([*received, *deliveries])
    mark(backward, received)
    stations_backward = bytearray(len(laid.stations))
    senders = (laid.supplier[node] for node in range(len(laid.supplier)) if backward[node])
    origins = [*senders, *(laid.supplier[node] for node in deliveries)]
    mark(stations_backward, (station for station in origins if not laid.killed_stations[station]))
    return Reached(stations_forward, forward, stations_backward, backward)


def _turned(after: list[list[int]]) -> list[list[int]]:
    earlier: list[list[int]] = [[] for _ in after]
    for node, nodes in enumerate(after):
        for later in nodes:
            earlier[later].append(node)
    return earlier
