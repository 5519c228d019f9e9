"""What lies forward of some stations and deliveries, and backward."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from suyuan.trace.incident.flows import Layout
from suyuan.trace.incident.network import Network, Observed, Settings
from suyuan.trace.incident.sweep import Plan

Direction = Literal["forward", "backward"]


@dataclass(frozen=True, slots=True)
class Reached:
    """Marks by number, for stations and for deliveries; nothing is marked for being observed itself."""

    stations_forward: bytearray
    deliveries_forward: bytearray
    stations_backward: bytearray
    deliveries_backward: bytearray


def forward_and_backward(
    network: Network, settings: Settings, laid: Layout, ahead: Plan, back: Plan
) -> Reached:
    """The union of the closures of all that is observed, as desktop draws it."""
    return Reached(
        *_forward(laid, ahead, *observed(network, settings, laid, "forward")),
        *_backward(laid, back, *observed(network, settings, laid, "backward")),
    )


def observed(
    network: Network, settings: Settings, laid: Layout, direction: Direction
) -> tuple[list[int], list[int]]:
    """The numbers of stations and deliveries whose traces in this direction are wanted."""

    def wanted(names: Iterable[str], told: Mapping[str, Observed]) -> list[int]:
        return [number for number, name in enumerate(names) if told.get(name) in ("full", direction)]

    return (
        wanted(laid.stations, settings.observed_stations),
        wanted((delivery.id for delivery in network.deliveries), settings.observed_deliveries),
    )


def _forward(
    laid: Layout, plan: Plan, stations: list[int], deliveries: list[int]
) -> tuple[bytearray, bytearray]:
    """A killed station sends nothing; a killed delivery is met, its recipient only by what goes on."""
    leaving = laid.leaving()
    sent = [node for station in stations if not laid.killed_stations[station] for node in leaving[station]]
    marks = plan.reached([*sent, *deliveries])[: len(laid.recipient)]
    places = bytearray(len(laid.stations))
    mark(places, (laid.recipient[node] for node, met in enumerate(marks) if met))
    mark(places, (laid.recipient[node] for node in (*sent, *deliveries) if not laid.killed[node]))
    mark(marks, sent)
    return places, marks


def _backward(
    laid: Layout, plan: Plan, stations: list[int], deliveries: list[int]
) -> tuple[bytearray, bytearray]:
    """A killed delivery is not among what a station received; a killed station did not send its own."""
    coming = laid.coming()
    received = [node for station in stations for node in coming[station] if not laid.killed[node]]
    marks = plan.reached([*received, *deliveries])[: len(laid.supplier)]
    origins = bytearray(len(laid.stations))
    mark(origins, (laid.supplier[node] for node, met in enumerate(marks) if met))
    senders = (laid.supplier[node] for node in (*received, *deliveries))
    mark(origins, (station for station in senders if not laid.killed_stations[station]))
    mark(marks, received)
    return origins, marks


def mark(marks: bytearray, numbers: Iterable[int]) -> None:
    """Set the marks of these numbers."""
    for number in numbers:
        marks[number] = 1
