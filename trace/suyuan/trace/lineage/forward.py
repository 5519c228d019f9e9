"""Influence with time: from suspects to everything they may have reached (law of tracing §6)."""

from __future__ import annotations

from collections import defaultdict
from heapq import heappop, heappush

from suyuan.trace.lineage.question import Frontier, Label, Question
from suyuan.trace.lineage.records import Containment, Group
from suyuan.trace.lineage.statement import NEVER


class Forward:
    """The affected states that follow from the suspects of a question.

    Certain and early labels are worked off first, so that most keys are expanded once. The number of labels
    per key is bounded by the instants of history, hence it ends on cycles of rework too.
    """

    def __init__(self, question: Question) -> None:
        self.question = question
        self.frontier = Frontier()
        self.whole: dict[str, bool] = {}  # reached other than by transform, member or contain: if certainly
        self.through: defaultdict[str, dict[Containment, bool]] = defaultdict(dict)  # contain: if certainly
        self._heap: list[tuple[bool, int, int, int, str, Label]] = []
        self._pushed = 0
        self._seen: defaultdict[Group, list[tuple[int, bool, int]]] = defaultdict(list)
        self._run()

    def _run(self) -> None:
        question = self.question
        for suspect, window in zip(question.suspects, question.windows, strict=True):
            if window.start < window.end:
                self.whole[suspect.key] = True
                self._reach(suspect.key, Label(window.start, window.end))
        while self._heap:
            *_, key, label = heappop(self._heap)
            if not self.frontier.current(key, label):
                continue
            if question.is_place(key):
                self._from_place(key, label)
            else:
                self._transform(key, label)
                self._contain(key, label)
                self._member(key, label)
                self._cross(key, label)

    def _reach(self, key: str, label: Label) -> None:
        if self.frontier.admit(key, label):
            self._pushed += 1
            heappush(self._heap, (label.possible, label.start, label.depth, self._pushed, key, label))

    def _transform(self, key: str, label: Label) -> None:
        question, depth = self.question, self.question.deeper(label)
        if depth is None:
            return
        for consumption in question.history.consumptions.get(key, ()):
            at = consumption.by.at
            if not label.start <= at < label.end or not consumption.counts or question.killed(consumption.by):
                continue
            possible = label.possible or consumption.possible
            if self._went_through(consumption.group, at, depth, possible=possible):
                continue
            for production in consumption.group.productions:
                if not question.killed(production.by):
                    made = production.by.at
                    self._reach(production.key, Label(made, NEVER, possible or at > made, depth))

    def _went_through(self, group: Group, at: int, depth: int, *, possible: bool) -> bool:
        """Whether an earlier passage through the group gave all that this one would."""
        seen = self._seen[group]
        for earlier, was_possible, was_depth in seen:
            if was_possible <= possible and was_depth <= depth and (possible or earlier <= at):
                return True
        seen.append((at, possible, depth))
        return False

    def _contain(self, key: str, label: Label) -> None:
        for containment in self.question.history.containments_in.get(key, ()):
            low = max(label.start, containment.start)
            if low < min(label.end, containment.end):
                possible = label.possible or not self.question.all_of_its_lot(containment)
                ways = self.through[containment.child]
                ways[containment] = ways.get(containment, False) or not possible
                self._reach(containment.child, Label(low, NEVER, possible, label.depth))

    def _member(self, key: str, label: Label) -> None:
        history = self.question.history
        for instance in history.instances.get(key, ()):
            low = max(label.start, history.births[instance])
            if low < label.end:
                self._reach(instance, Label(low, label.end, label.possible, label.depth))

    def _from_place(self, place: str, label: Label) -> None:
        """A suspect place, or one that is supposed to pass on what was there."""
        for key, stays in self.question.present(place).items():
            for start, end in stays:
                low = max(label.start, start)
                if low < min(label.end, end):
                    self._all_of(key, label)
                    self._reach(key, Label(low, NEVER, label.possible, label.depth))

    def _all_of(self, key: str, label: Label) -> None:
        self.whole[key] = self.whole.get(key, False) or not label.possible

    def _cross(self, key: str, label: Label) -> None:
        question = self.question
        if question.cross_containers:
            for containment in question.history.containers_of.get(key, ()):
                for window in question.cross_containers.get(containment.parent, ()):
                    self._contaminate(containment.parent, label, containment.start, containment.end, window)
        for place, windows in question.cross_places.items():
            for start, end in question.present(place).get(key, ()):
                for window in windows:
                    self._contaminate(place, label, start, end, window)

    def _contaminate(self, target: str, label: Label, start: int, end: int, window: tuple[int, int]) -> None:
        low = max(label.start, start, window[0])
        if low < min(label.end, end, window[1]):
            self._all_of(target, label)
            self._reach(target, Label(low, window[1], label.possible, label.depth))
