"""Influence against time: everything from which a suspect may have been reached (law of tracing §7).

The exact converse of :mod:`suyuan.trace.lineage.forward`. A label (o, [start, end)) says: the suspect is
reached if o is affected at some instant of it. Only a supposed cross-contamination ends influence before the
end of time, so ``start`` matters, and is kept, only where there is one.
"""

from __future__ import annotations

from collections import defaultdict
from heapq import heappop, heappush

from suyuan.trace.lineage.question import Frontier, Label, Question
from suyuan.trace.lineage.records import Group
from suyuan.trace.lineage.statement import EVER


class Backward:
    """The states from which the suspects of a question are reached. Ends on cycles as forward does."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.frontier = Frontier()
        self.seeds: defaultdict[str, list[Label]] = defaultdict(list)
        self._exact = bool(question.cross_containers or question.cross_places)
        self._heap: list[tuple[bool, int, int, int, str, Label]] = []
        self._pushed = 0
        self._seen: defaultdict[Group, list[tuple[int, bool, int]]] = defaultdict(list)
        self._run()

    def _run(self) -> None:
        question = self.question
        for suspect, (start, end) in zip(question.suspects, question.windows, strict=True):
            if start >= end:
                continue
            if question.is_place(suspect.key):
                for key, stays in question.present(suspect.key).items():
                    for since, until in stays:
                        self._reach(key, max(start, since), min(end, until), Label(0, 0))
            # The suspect is reported as given: what leads back to it again is kept apart in the frontier.
            self.seeds[suspect.key].append(Label(EVER, end))
        for key, labels in list(self.seeds.items()):
            for label in labels:
                self._expand(key, label)
        while self._heap:
            *_, key, label = heappop(self._heap)
            if self.frontier.current(key, label):
                self._expand(key, label)

    def _expand(self, key: str, label: Label) -> None:
        if self.question.is_place(key):
            self._cross_place(key, label)
            return
        self._transform(key, label)
        self._contain(key, label)
        self._member(key, label)
        if self._exact:
            self._cross(key, label)

    def _reach(self, key: str, start: int, end: int, after: Label, *, possible: bool = False) -> None:
        """``key`` has to be affected in [start, end); ``after`` is the label this was found from."""
        if start >= end:
            return
        label = Label(start if self._exact else EVER, end, possible or after.possible, after.depth)
        if self.frontier.admit(key, label):
            self._pushed += 1
            heappush(self._heap, (label.possible, -label.end, label.depth, self._pushed, key, label))

    def _step(self, source: str, start: int, end: int, after: Label, *, possible: bool = False) -> None:
        """Back over a link, a containment or a lot: a place passes on by none of these (§6)."""
        if not self.question.is_place(source):
            self._reach(source, start, end, after, possible=possible)

    def _transform(self, key: str, label: Label) -> None:
        question, depth = self.question, self.question.deeper(label)
        if depth is None:
            return
        for production in question.history.productions.get(key, ()):
            made = production.by.at
            if made >= label.end or question.killed(production.by):
                continue
            if self._came_through(production.group, made, depth, possible=label.possible):
                continue
            deeper = label._replace(depth=depth)
            for consumption in production.group.consumptions:
                if consumption.counts and not question.killed(consumption.by):
                    at = consumption.by.at
                    unsure = consumption.possible or at > made
                    self._step(consumption.key, at, at + 1, deeper, possible=unsure)

    def _came_through(self, group: Group, made: int, depth: int, *, possible: bool) -> bool:
        """Whether an earlier passage through the group gave all that this one would."""
        seen = self._seen[group]
        for later, was_possible, was_depth in seen:
            if was_possible <= possible and was_depth <= depth and (possible or later >= made):
                return True
        seen.append((made, possible, depth))
        return False

    def _contain(self, key: str, label: Label) -> None:
        for containment in self.question.history.containers_of.get(key, ()):
            if containment.start < label.end:
                unsure = not self.question.all_of_its_lot(containment)
                end = min(label.end, containment.end)
                self._step(containment.parent, containment.start, end, label, possible=unsure)

    def _member(self, key: str, label: Label) -> None:
        told = self.question.history.lots.get(key)
        if told is not None:
            self._step(told[0], max(self.question.history.births[key], label.start), label.end, label)

    def _cross(self, key: str, label: Label) -> None:
        question = self.question
        for start, end in question.cross_containers.get(key, ()):
            if label.start < end:
                for containment in question.history.containments_in.get(key, ()):
                    low, high = max(containment.start, start), min(containment.end, end, label.end)
                    self._reach(containment.child, low, high, label)
        for place, windows in question.cross_places.items():
            for since, until in question.present(place).get(key, ()):
                for start, end in windows:
                    self._reach(place, max(since, start), min(until, end, label.end), label)

    def _cross_place(self, place: str, label: Label) -> None:
        """What was at a place that passes on: anything there before may have brought it."""
        for start, end in self.question.cross_places.get(place, ()):
            if label.start >= end:
                continue
            for key, stays in self.question.present(place).items():
                for since, until in stays:
                    self._reach(key, max(since, start), min(until, end, label.end), label)
