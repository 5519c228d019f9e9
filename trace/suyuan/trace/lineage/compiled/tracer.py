"""The compiled tracer: the answers of the exact one, worked out in machine code over tables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from suyuan.trace.errors import InvalidInput
from suyuan.trace.lineage.common import Source
from suyuan.trace.lineage.compiled.answer import answered
from suyuan.trace.lineage.compiled.asking import Asking, asking, with_places
from suyuan.trace.lineage.compiled.common import sources
from suyuan.trace.lineage.compiled.loose import LooseGoods, Lying
from suyuan.trace.lineage.compiled.lots import settle
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.render import Rendering
from suyuan.trace.lineage.compiled.scoping import lines_of
from suyuan.trace.lineage.compiled.scratch import Rooms
from suyuan.trace.lineage.compiled.summing import parts
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.compiled.weave import weave
from suyuan.trace.lineage.contract import Options, Scope, ScopeLine, Suspect, Trace
from suyuan.trace.lineage.intervals import union
from suyuan.trace.lineage.live import Lineage
from suyuan.trace.lineage.where import Owner, nobody

_EVERYTHING = Options()


class TableTracer(ABC):
    """Traces over tables, wherever these come from. ``owner`` tells from master data whose a place is."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    @abstractmethod
    def _on_record(self, options: Options) -> tuple[Record, Rooms, LooseGoods]:
        """The tables that are asked, and where that is worked out."""

    def trace(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Trace:
        """Everything of interest that follows from the suspects, or from which they follow.

        Raises ``InvalidInput`` for a time without zone and for a window that ends before it begins.
        """
        return self._answer(suspects, options).rendering.trace()

    def scope(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Scope:
        """What is affected now, per place, party, status and unit.

        Raises ``InvalidInput`` as :meth:`trace` does, and for a backward direction.
        """
        if options.direction != "forward":
            raise InvalidInput(
                "A scope is summed from a forward trace.",
                where="options/direction",
                remedy="Trace back first, then ask for the scope of the source that was found.",
            )
        found = self._answer(suspects, options)
        return Scope(found.rendering.trace(), found.lines(self._owner))

    def common_sources(self, suspects: Sequence[Suspect], options: Options) -> tuple[Source, ...]:
        """As :func:`suyuan.trace.lineage.common.common_sources`."""
        record, rooms, _ = self._on_record(options)
        asked = asking(record, suspects, options)
        return sources(record, rooms if asked.tables is record.tables else Rooms(asked.tables), asked)

    def _answer(self, suspects: Sequence[Suspect], options: Options) -> _Answer:
        record, rooms, goods = self._on_record(options)
        asked = asking(record, suspects, options)
        if asked.tables is not record.tables:
            rooms = Rooms(asked.tables)
        forward = options.direction == "forward"
        states, steps = answered(rooms, asked.asked, forward=forward)
        # A place that is itself reached, as what a container holds, passes on like a suspect one.
        while forward and (reached := _places(asked, states)):
            asked = with_places(record, asked, reached)
            states, steps = answered(rooms, asked.asked, forward=forward)
        lying = settle(asked.tables, record.told, goods, states)
        rendering = Rendering(record, asked, states, steps, self._owner)
        return _Answer(record, asked, states, lying, rendering)


class CompiledTracer(TableTracer):
    """Traces over a live :class:`Lineage`, of which the tables are woven for every question."""

    def __init__(self, lineage: Lineage, *, owner: Owner = nobody) -> None:
        super().__init__(owner)
        self._lineage = lineage

    def _on_record(self, options: Options) -> tuple[Record, Rooms, LooseGoods]:
        record = weave(self._lineage.history(options.known_at))
        return record, Rooms(record.tables), LooseGoods()


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was found, in numbers and in words."""

    record: Record
    asking: Asking
    states: Any
    lying: Lying
    rendering: Rendering

    def lines(self, owner: Owner) -> tuple[ScopeLine, ...]:
        """The lines of the scope."""
        states = self.states[~self.states["possible"]] if self.asking.options.certain_only else self.states
        strangers = [key for key, windows in self.asking.strangers.items() if union(windows)]
        return lines_of(
            self.record,
            self.rendering.key,
            parts(self.asking.tables, self.record.told, states, self.lying),
            [key for key in strangers if self.record.kind(key) != "place"],
            owner,
        )


def _places(asked: Asking, states: Any) -> list[int]:
    """The places that are affected themselves, and of which it is not told yet what was present there."""
    affected = states["node"][~states["carrier"]]
    nodes: Any = asked.tables.nodes
    found = np.unique(affected[nodes["is_place"][affected] & (nodes["site"][affected] != NONE)])
    return [node for node in found.tolist() if node not in asked.places]
