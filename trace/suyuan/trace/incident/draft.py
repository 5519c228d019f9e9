"""A network in the making: what a file tells, piece by piece with its place, until all of it is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from suyuan.trace.errors import TooLarge
from suyuan.trace.incident.checking import check_network
from suyuan.trace.incident.network import (
    LONGEST_ID,
    MOST_DELIVERIES,
    MOST_LINKS,
    MOST_STATIONS,
    Delivery,
    Lot,
    Network,
    Observed,
    Reading,
    Settings,
    Station,
)
from suyuan.trace.incident.problems import Problems

_MEND_ID = "Write the id of one that is listed, or add it to the list."
_SMALLER = "Leave out what the incident does not touch."
_Told = TypeVar("_Told", Station, Delivery)


@dataclass(slots=True)
class Suppositions:
    """Settings in the making: what is supposed of each id, and where that stands."""

    weight: dict[str, tuple[float, str]] = field(default_factory=dict[str, tuple[float, str]])
    cc: dict[str, str] = field(default_factory=dict[str, str])
    kill: dict[str, str] = field(default_factory=dict[str, str])
    observed: dict[str, tuple[Observed, str]] = field(default_factory=dict[str, tuple[Observed, str]])

    def places(self) -> dict[str, str]:
        """Every id that something is supposed of, with one place of it."""
        return {
            **{name: where for name, (_, where) in self.observed.items()},
            **self.kill,
            **self.cc,
            **{name: where for name, (_, where) in self.weight.items()},
        }


class Draft:
    """Takes stations, deliveries and links in any order; ``finished`` gives the network, or all its faults.

    Raises:
        TooLarge: from each method, once more is told than a network may have.
    """

    def __init__(self) -> None:
        self.problems = Problems()
        self.stations = Suppositions()
        self.deliveries = Suppositions()
        self.temporal_order = True
        self.implied_stations = False  # a file without a list of stations has those that its deliveries name
        self._stations: dict[str, tuple[Station, str]] = {}
        self._deliveries: dict[str, tuple[Delivery, str]] = {}
        self._lots: dict[str, tuple[Lot, str]] = {}
        self._links: dict[tuple[str, str], str] = {}
        self._merge: dict[str, tuple[str, str]] = {}

    def station(self, told: Station, where: str) -> None:
        """A station, as told at ``where``."""
        if len(self._stations) >= MOST_STATIONS:
            raise TooLarge(
                "The network has more than {limit} stations",
                where=where,
                limit=MOST_STATIONS,
                remedy=_SMALLER,
            )
        self._add(self._stations, told, where)

    def delivery(self, told: Delivery, where: str) -> None:
        """A delivery, as told at ``where``."""
        if len(self._deliveries) >= MOST_DELIVERIES:
            raise TooLarge(
                "The network has more than {limit} deliveries",
                where=where,
                limit=MOST_DELIVERIES,
                remedy=_SMALLER,
            )
        self._add(self._deliveries, told, where)

    def lot(self, told: Lot, where: str) -> None:
        """A lot; told again with each of its deliveries, it must be told the same."""
        first = self._lots.get(told.id)
        if first is None:
            self._lots[told.id] = (told, where)
        elif first[0].size is None:
            self._lots[told.id] = (replace(first[0], size=told.size), where)
        elif told.size is not None and told.size != first[0].size:
            self.problems.warn(
                "The size of lot {lot} is told in two ways; the other one stands at {first}.",
                where=where,
                remedy="Write the same size with each delivery of a lot.",
                lot=told.number or told.id,
                first=first[1],
            )

    def link(self, source: str, into: str, where: str) -> None:
        """``source`` is an ingredient of ``into``."""
        if source == into:
            self.problems.warn(
                "Delivery {id} is called an ingredient of itself; this is left out.",
                where=where,
                remedy="Delete the link, or name the delivery that was meant.",
                id=source,
            )
            return
        if (first := self._links.get((source, into))) is not None:
            self.problems.warn(
                "The link from {source} into {into} is told twice, at {first} too; it counts once.",
                where=where,
                source=source,
                into=into,
                first=first,
                remedy="Delete one of the two.",
            )
            return
        if len(self._links) >= MOST_LINKS:
            raise TooLarge(
                "The network has more than {limit} links", where=where, limit=MOST_LINKS, remedy=_SMALLER
            )
        self._links[source, into] = where

    def merged(self, station: str, stands_for: str, where: str) -> None:
        """``station`` is seen as ``stands_for``, which need not be listed."""
        first = self._merge.setdefault(station, (stands_for, where))
        if first[0] != stands_for:
            self.problems.fault(
                "Station {id} is merged into two others; the other is named at {first}.",
                where=where,
                remedy="Merge a station into one other only.",
                id=station,
                first=first[1],
            )

    def suppose_anew(self) -> None:
        """Forget every supposition so far; faults in them stay told."""
        self.stations, self.deliveries = Suppositions(), Suppositions()
        self.temporal_order = True
        self._merge.clear()

    def finished(self) -> Reading:
        """The network with its settings and all that is doubtful.

        Raises:
            NetworkInvalid: with every fault that was found.
        """
        if self.implied_stations:
            self._name_stations()
        self._check_ids()
        self.problems.raise_any()
        network = Network(
            tuple(station for station, _ in self._stations.values()),
            tuple(delivery for delivery, _ in self._deliveries.values()),
            tuple(self._links),
            tuple(lot for lot, _ in self._lots.values()),
        )
        places = {name: where for name, (_, where) in self._deliveries.items()}
        check_network(network, places, self._links, self.problems)
        return Reading(network, self._settings(), self.problems.warnings)

    def _add(self, told_before: dict[str, tuple[_Told, str]], told: _Told, where: str) -> None:
        if not told.id:
            return  # whoever read it has told so already
        if len(told.id) > LONGEST_ID:
            self.problems.fault(
                "The id {id} is longer than {most} characters.",
                where=where,
                remedy="Give each station and each delivery a short id of its own.",
                id=told.id,
                most=LONGEST_ID,
            )
            return
        first = told_before.setdefault(told.id, (told, where))
        if first[1] == where:
            return
        if first[0] == told:
            self.problems.warn(
                "{id} is told twice with the same words, at {first} too; it counts once.",
                where=where,
                remedy="Delete one of the two.",
                id=told.id,
                first=first[1],
            )
        else:
            self.problems.fault(
                "The id {id} is given twice; it stands at {first} too.",
                where=where,
                remedy="Give each station and each delivery an id of its own.",
                id=told.id,
                first=first[1],
            )

    def _name_stations(self) -> None:
        for delivery, where in self._deliveries.values():
            for name in (delivery.supplier, delivery.recipient):
                if name not in self._stations:
                    self.station(Station(name), where)

    def _check_ids(self) -> None:
        for delivery, where in self._deliveries.values():
            for name in dict.fromkeys((delivery.supplier, delivery.recipient)):
                self._must_know(name, self._stations, "station", where)
        for (source, into), where in self._links.items():
            for name in (source, into):
                self._must_know(name, self._deliveries, "delivery", where)
        for name, (stands_for, where) in self._merge.items():
            self._must_know(name, self._stations, "station", where)
            if stands_for in self._merge and self._merge[stands_for][0] != stands_for:
                self.problems.fault(
                    "Station {id} stands for others and is itself merged into one.",
                    where=where,
                    remedy="Merge all of them into the same station.",
                    id=stands_for,
                )
        places = {**self._stations, **{into: (Station(into), where) for into, where in self._merge.values()}}
        for name, where in self.stations.places().items():
            self._must_know(name, places, "station", where)
            if name in self._merge and self._merge[name][0] != name:
                self.problems.warn(
                    "Station {id} is merged into {into}: what is supposed of {id} itself does not count.",
                    where=where,
                    remedy="Suppose it of {into}.",
                    id=name,
                    into=self._merge[name][0],
                )
        for name, where in self.deliveries.places().items():
            self._must_know(name, self._deliveries, "delivery", where)

    def _must_know(self, name: str, known: Mapping[str, object], kind: str, where: str) -> None:
        if name and name not in known:
            if kind == "station":
                self.problems.fault("There is no station {id}.", where=where, remedy=_MEND_ID, id=name)
            else:
                self.problems.fault("There is no delivery {id}.", where=where, remedy=_MEND_ID, id=name)

    def _settings(self) -> Settings:
        stations, deliveries = self.stations, self.deliveries
        return Settings(
            {name: weight for name, (weight, _) in stations.weight.items()},
            {name: weight for name, (weight, _) in deliveries.weight.items()},
            frozenset(stations.cc),
            frozenset(deliveries.cc),
            frozenset(stations.kill),
            frozenset(deliveries.kill),
            {name: way for name, (way, _) in stations.observed.items()},
            {name: way for name, (way, _) in deliveries.observed.items()},
            {name: into for name, (into, _) in self._merge.items() if name != into},
            self.temporal_order,
        )
