"""Between which days a delivery must have left and arrived, by its own dates and those of all linked to it.

Nothing arrives before it leaves, and nothing leaves before its ingredients have come. Days told that break
this, alone or with others, are named and left out; those that remain agree, so no second look is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from suyuan.trace.incident.components import components
from suyuan.trace.incident.dates import day_number
from suyuan.trace.incident.network import Network


@dataclass(frozen=True, slots=True)
class Limits:
    """By number of the delivery: first and last day it may have left and arrived, as days or infinite.

    ``left_out`` are deliveries whose dates contradict themselves or others.
    """

    out: list[tuple[float, float]]
    into: list[tuple[float, float]]
    left_out: tuple[int, ...]


def explicit_limits(network: Network) -> Limits:
    """Only what each delivery says of itself; a day that is not told may be any."""
    told = [(day_number(one.departure), day_number(one.arrival)) for one in network.deliveries]
    return Limits([_span(out) for out, _ in told], [_span(into) for _, into in told], ())


def inferred_limits(network: Network, links: Sequence[tuple[int, int]]) -> Limits:
    """What follows from all dates together; O(V+E).

    Node 2n is the leaving of delivery n, node 2n+1 its arrival.
    """
    told: list[int | None] = []
    for delivery in network.deliveries:
        told += (day_number(delivery.departure), day_number(delivery.arrival))
    after: list[list[int]] = [[] for _ in told]
    for leaving in range(0, len(told), 2):
        after[leaving].append(leaving + 1)
    for source, into in links:
        after[2 * source + 1].append(2 * into)
    order = components(after)
    doubtful = {n // 2 for n in range(0, len(told), 2) if _is_later(told[n], told[n + 1])}
    _forget(told, doubtful)
    first, last = _limits(told, after, order)
    against = {n // 2 for n, day in enumerate(told) if day is not None and not first[n] <= day <= last[n]}
    if against:
        _forget(told, against)
        first, last = _limits(told, after, order)
    spans = list(zip(first, last, strict=True))
    return Limits(spans[0::2], spans[1::2], tuple(sorted(doubtful | against)))


def _limits(
    told: list[int | None], after: list[list[int]], order: list[list[int]]
) -> tuple[list[float], list[float]]:
    """Earliest and latest day of each node; ``order`` has what is later first."""
    last = [inf if day is None else day for day in told]
    first = [-inf if day is None else day for day in told]
    for component in order:
        latest = min(last[later] for node in component for later in (node, *after[node]))
        for node in component:
            last[node] = latest
    for component in reversed(order):
        earliest = max(first[node] for node in component)
        for node in component:
            first[node] = earliest
        for node in component:
            for later in after[node]:
                first[later] = max(first[later], earliest)
    return first, last


def _forget(told: list[int | None], deliveries: set[int]) -> None:
    for number in deliveries:
        told[2 * number] = told[2 * number + 1] = None


def _is_later(out: int | None, into: int | None) -> bool:
    return out is not None and into is not None and out > into


def _span(day: int | None) -> tuple[float, float]:
    return (-inf, inf) if day is None else (day, day)
