"""One question put to a history: the suppositions made, and what both directions ask of links and places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import site
from suyuan.trace.lineage.contract import CrossContamination, Kind, Options, Suspect
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.lineage.presence import present_at
from suyuan.trace.lineage.records import ENOUGH, Consumption, Containment, Production
from suyuan.trace.lineage.statement import EVER, NEVER, Statement, instant


class Label(NamedTuple):
    """A path reached a key: on [start, end), through how many transformations, perhaps only possibly.

    Backward, [start, end) is where the key has to be affected for the path to go on to the suspect.
    """

    start: int
    end: int
    possible: bool = False
    depth: int = 0

    def covers(self, other: Label) -> bool:
        """Whether every continuation of ``other`` is also one of this."""
        return (
            self.start <= other.start
            and self.end >= other.end
            and self.possible <= other.possible
            and self.depth <= other.depth
        )


@dataclass(slots=True)
class Frontier:
    """The labels per key of which none covers another."""

    labels: dict[str, list[Label]] = field(default_factory=dict[str, list[Label]])

    def admit(self, key: str, label: Label) -> bool:
        """Keep ``label`` unless it is covered; tells whether it was kept."""
        kept = self.labels.get(key)
        if kept is None:
            self.labels[key] = [label]
            return True
        for other in kept:
            if other.covers(label):
                return False
        kept[:] = [other for other in kept if not label.covers(other)]
        kept.append(label)
        return True

    def current(self, key: str, label: Label) -> bool:
        """Whether ``label`` was not covered by another since it was admitted."""
        return label in self.labels[key]


class Window(NamedTuple):
    """[start, end) of a supposition."""

    start: int
    end: int


class Question:
    """Suspects and options against one history. Raises ``InvalidInput`` for times without zone or order."""

    def __init__(self, history: History, suspects: Sequence[Suspect], options: Options) -> None:
        self.history = history
        self.options = options
        self.suspects = tuple(suspects)
        self.windows = [
            window(s.from_time, s.to_time, f"suspects/{number}") for number, s in enumerate(suspects)
        ]
        self._killed_evidence = options.what_if.kill
        self._killed_sites = frozenset(site(key) for key in options.what_if.kill)
        self.cross_containers: defaultdict[str, list[Window]] = defaultdict(list)
        self.cross_places: defaultdict[str, list[Window]] = defaultdict(list)
        for number, supposed in enumerate(options.what_if.cross_contamination):
            self._suppose(supposed, f"what_if/cross_contamination/{number}")
        self._present: dict[str, dict[str, list[tuple[int, int]]]] = {}

    def _suppose(self, supposed: CrossContamination, where: str) -> None:
        into = self.cross_places if self.is_place(supposed.key) else self.cross_containers
        into[supposed.key].append(window(supposed.from_time, supposed.to_time, where))

    def is_place(self, key: str) -> bool:
        """Whether ``key`` is a place: by what it is, or else because things were said to be there."""
        kind = kind_by_name(key)
        return kind == "place" or (
            kind == "other" and key not in self.history.births and site(key) in self.history.visitors
        )

    def kind(self, key: str) -> Kind:
        """What ``key`` is, by its name, or else by how it was spoken of."""
        kind = kind_by_name(key)
        if kind == "other":
            if self.is_place(key):
                return "place"
            if self.history.is_class(key):
                return "lot"
        return kind

    def killed(self, by: Statement) -> bool:
        """Whether the investigator supposes that influence stops at this event (§4.4)."""
        if not self._killed_evidence:
            return False
        if by.occurrence.evidence in self._killed_evidence:
            return True
        return by.place is not None and site(by.place) in self._killed_sites

    def linked(self, consumption: Consumption, production: Production) -> bool:
        """Whether influence may pass at all: outright or possibly consumed, and not killed."""
        return consumption.counts and not self.killed(consumption.by) and not self.killed(production.by)

    def all_of_its_lot(self, containment: Containment) -> bool:
        """Whether a class child is as certain as its container: nothing of the lot is elsewhere (§6)."""
        if containment.inside is None:
            return True
        peak = containment.inside.peak()
        produced = self.history.produced(containment.child)
        return (
            peak is not None
            and produced is not None
            and peak.uom == produced.uom
            and peak.quantity >= produced.quantity - ENOUGH
        )

    def present(self, place: str) -> dict[str, list[tuple[int, int]]]:
        """Per object, when it was present at the site of ``place``."""
        there = self._present.get(place)
        if there is None:
            there = self._present[place] = {}
            for presence in present_at(self.history, place):
                there.setdefault(presence.key, []).append((presence.start, presence.end))
        return there

    def deeper(self, label: Label) -> int | None:
        """The depth after one more transformation, None where the options forbid it."""
        if self.options.depth is None:
            return 0  # uncounted: paths of every length cover one another
        return label.depth + 1 if label.depth < self.options.depth else None


def zoned(time: datetime, where: str) -> int:
    """``time`` as an instant. Raises ``InvalidInput`` where it has no zone."""
    if time.utcoffset() is None:
        raise InvalidInput(
            "The time {time} has no zone.",
            where=where,
            remedy="Give an instant with its offset, such as 2026-03-01T08:00:00Z.",
            time=time.isoformat(),
        )
    return instant(time)


def window(start: datetime | None, end: datetime | None, where: str) -> Window:
    """[start, end) as instants."""
    found = Window(
        EVER if start is None else zoned(start, f"{where}/from_time"),
        NEVER if end is None else zoned(end, f"{where}/to_time"),
    )
    if found.end < found.start:
        raise InvalidInput(
            "The window ends before it begins.",
            where=where,
            remedy="Exchange from_time and to_time.",
        )
    return found
