"""What may have gone into what: declared links, cross-contamination and kill steps as one graph.

Nodes are the deliveries, by their number in the network, and behind them *channels*. Cross-contamination at a
station with a thousand deliveries in and a thousand out would be a million links. A channel stands for "every
delivery that left on this day or later": what came in enters at its day, and each channel leads to its own
delivery and to the next channel. So links grow with the deliveries, not with their square.

The rules and their order are those of ``docs/decisions/0018-foodchain-lab.md``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from suyuan.trace.errors import TooLarge
from suyuan.trace.incident.dates import WHOLE, PartialDate, before
from suyuan.trace.incident.network import Network, Settings

MOST_DIRECT = 5_000_000
"""Links that are written out one by one: of what a station sends to itself, and for ``spelled``."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The network by numbers, merged stations replaced; stations that only ``merge`` names come last."""

    stations: tuple[str, ...]
    supplier: tuple[int, ...]
    recipient: tuple[int, ...]
    links: tuple[tuple[int, int], ...]
    killed_stations: bytearray
    killed: bytearray  # deliveries
    cc_stations: tuple[int, ...]

    def leaving(self) -> list[list[int]]:
        """For each station the deliveries that it sends."""
        return _grouped(self.supplier, len(self.stations))

    def coming(self) -> list[list[int]]:
        """For each station the deliveries that it receives."""
        return _grouped(self.recipient, len(self.stations))


def layout(network: Network, settings: Settings) -> Layout:
    """The network by numbers; the settings name nothing that it does not have."""
    names = dict.fromkeys(station.id for station in network.stations)
    names.update(dict.fromkeys(settings.merge.values()))
    place = {name: number for number, name in enumerate(names)}
    number = {delivery.id: index for index, delivery in enumerate(network.deliveries)}
    merged = settings.merge
    return Layout(
        tuple(names),
        tuple(place[merged.get(delivery.supplier, delivery.supplier)] for delivery in network.deliveries),
        tuple(place[merged.get(delivery.recipient, delivery.recipient)] for delivery in network.deliveries),
        tuple((number[source], number[into]) for source, into in network.links),
        _marks(len(names), (place[name] for name in settings.kill_stations)),
        _marks(len(number), (number[name] for name in settings.kill_deliveries)),
        tuple(sorted(place[name] for name in settings.cc_stations)),
    )


@dataclass(frozen=True, slots=True)
class Flows:
    """``after[n]``: where n may have gone; ``earlier[n]``: what may be in n. Neither mirrors the other quite.

    A kill at a station ends what comes in and begins anew what goes out; a killed delivery can be traced back
    and goes nowhere.
    """

    after: list[list[int]]
    earlier: list[list[int]]
    deliveries: int
    declared: list[tuple[int, int]]
    """How many of ``after`` and of ``earlier`` were told, not supposed; they come first."""

    def spelled(self) -> tuple[list[list[int]], list[list[int]]]:
        """``after`` and ``earlier`` without channels: declared links as told, then others by their number.

        Raises:
            TooLarge: more than ``MOST_DIRECT`` links.
        """
        return (
            self._spelled(self.after, [ahead for ahead, _ in self.declared]),
            self._spelled(self.earlier, [behind for _, behind in self.declared]),
        )

    def _spelled(self, successors: Sequence[Sequence[int]], declared: Sequence[int]) -> list[list[int]]:
        budget = MOST_DIRECT
        plain: list[list[int]] = []
        for node, told in enumerate(declared):
            first, others = successors[node][:told], successors[node][told:]
            supposed = {other for other in others if other < self.deliveries}
            supposed |= self._behind([other for other in others if other >= self.deliveries], successors)
            plain.append([*first, *sorted(supposed - {node, *first})])
            budget -= len(plain[-1])
            if budget < 0:
                raise _too_many_links()
        return plain

    def _behind(self, channels: list[int], successors: Sequence[Sequence[int]]) -> set[int]:
        found: set[int] = set()
        seen = set(channels)
        while channels:
            for after in successors[channels.pop()]:
                if after < self.deliveries:
                    found.add(after)
                elif after not in seen:
                    seen.add(after)
                    channels.append(after)
        return found


def flows(network: Network, settings: Settings, laid: Layout) -> Flows:
    """The graph of FoodChain-Lab's desktop: stations' cross-contamination, deliveries', kills; O(n log n).

    Raises:
        TooLarge: stations send too much to themselves (``MOST_DIRECT``).
    """
    graph = _Graph(network, settings, laid)
    for source, into in laid.links:
        graph.join(source, into)
    graph.note_declared()
    coming, leaving = laid.coming(), laid.leaving()
    for station in laid.cc_stations:
        graph.mix(coming[station], leaving[station])
    flagged = settings.cc_deliveries
    groups: dict[int, list[int]] = {}
    for number, delivery in enumerate(network.deliveries):
        if delivery.id in flagged:
            groups.setdefault(laid.recipient[number], []).append(number)
    went: dict[int, list[int]] = {}
    if groups:
        for source, into in laid.links:
            went.setdefault(source, []).append(into)
    for group in groups.values():
        if len(group) > 1:
            # What a station's own cross-contamination adds is the same for all of them, and there already.
            graph.mix(group, list(dict.fromkeys(into for member in group for into in went.get(member, ()))))
    return graph.flows


class _Graph:
    """Builds ``Flows``: every link passes here, and here the kills are kept."""

    def __init__(self, network: Network, settings: Settings, laid: Layout) -> None:
        count = len(network.deliveries)
        self.flows = Flows([[] for _ in range(count)], [[] for _ in range(count)], count, [])
        self._network = network
        self._temporal = settings.temporal_order
        self._goes_on = bytearray(
            not (laid.killed_stations[laid.recipient[n]] or laid.killed[n]) for n in range(count)
        )
        self._is_found = bytearray(
            bool(laid.killed_stations[laid.recipient[n]] or not laid.killed[n]) for n in range(count)
        )
        self._looks_back = bytearray(not laid.killed_stations[laid.supplier[n]] for n in range(count))
        self._direct = MOST_DIRECT

    def note_declared(self) -> None:
        """What was joined so far is what the network tells itself."""
        self.flows.declared.extend(
            (len(after), len(earlier))
            for after, earlier in zip(self.flows.after, self.flows.earlier, strict=True)
        )

    def join(self, source: int, into: int) -> None:
        """Link two nodes, as far as no kill forbids it in either direction."""
        deliveries = self.flows.deliveries
        if source >= deliveries or self._goes_on[source]:
            self.flows.after[source].append(into)
        if (into >= deliveries or self._looks_back[into]) and (
            source >= deliveries or self._is_found[source]
        ):
            self.flows.earlier[into].append(source)

    def mix(self, ins: Sequence[int], outs: Sequence[int]) -> None:
        """Everything of ``ins`` may be in everything of ``outs`` that left no earlier than it came."""
        both = set(ins) & set(outs)
        entering = [number for number in ins if number not in both]
        told = self._network.deliveries
        for source in sorted(both):
            self._direct -= len(outs)
            if self._direct < 0:
                raise _too_many_links()
            for into in outs:
                if into != source and (not self._temporal or before(told[source].came, told[into].left)):
                    self.join(source, into)
        if not entering or not outs:
            return
        if not self._temporal:
            self._channels([()], [list(outs)], [(number, ()) for number in entering])
            return
        for known in range(WHOLE + 1):
            same = [number for number in outs if len(told[number].left) == known]
            same.sort(key=lambda number: told[number].left)
            days = _steps(same, lambda number: told[number].left)
            self._channels(
                [day for day, _ in days],
                [numbers for _, numbers in days],
                [(number, told[number].came) for number in entering],
            )

    def _channels(
        self, days: list[PartialDate], leaving: list[list[int]], entering: list[tuple[int, PartialDate]]
    ) -> None:
        """A channel for each day; days are equally precise and ascend."""
        if not days:
            return
        first = len(self.flows.after)
        for place, numbers in enumerate(leaving):
            self.flows.after.append([])
            self.flows.earlier.append([])
            if place:
                self.join(first + place - 1, first + place)
            for number in numbers:
                self.join(first + place, number)
        known = len(days[0])
        for number, came in entering:
            part = came[:known]
            place = bisect_left(days, part, key=lambda day: day[: len(part)])
            if place < len(days):
                self.join(number, first + place)


def _steps(
    numbers: Iterable[int], day_of: Callable[[int], PartialDate]
) -> list[tuple[PartialDate, list[int]]]:
    days: list[tuple[PartialDate, list[int]]] = []
    for number in numbers:
        day = day_of(number)
        if not days or days[-1][0] != day:
            days.append((day, []))
        days[-1][1].append(number)
    return days


def _grouped(keys: Sequence[int], count: int) -> list[list[int]]:
    groups: list[list[int]] = [[] for _ in range(count)]
    for number, key in enumerate(keys):
        groups[key].append(number)
    return groups


def _marks(count: int, numbers: Iterable[int]) -> bytearray:
    marks = bytearray(count)
    for number in numbers:
        marks[number] = 1
    return marks


def _too_many_links() -> TooLarge:
    return TooLarge(
        "The suppositions make more than {limit} single links",
        where="links",
        limit=MOST_DIRECT,
        remedy="Use the dialect exact, or suppose cross-contamination at fewer stations.",
    )
