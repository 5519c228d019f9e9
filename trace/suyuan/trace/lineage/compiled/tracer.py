"""The compiled tracer: the answers of the exact one, worked out in machine code over tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from suyuan.trace.errors import InvalidInput
from suyuan.trace.lineage.common import Source
from suyuan.trace.lineage.compiled.answer import answered
from suyuan.trace.lineage.compiled.asking import asking
from suyuan.trace.lineage.compiled.common import sources
from suyuan.trace.lineage.compiled.render import Rendering, TracedAmounts
from suyuan.trace.lineage.compiled.scratch import Rooms
from suyuan.trace.lineage.compiled.weave import Woven, weave
from suyuan.trace.lineage.contract import Options, Scope, Suspect, Trace
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.live import Lineage
from suyuan.trace.lineage.question import Question
from suyuan.trace.lineage.scope import scope_lines
from suyuan.trace.lineage.where import Owner, nobody

_EVERYTHING = Options()


class CompiledTracer:
    """Traces over a live :class:`Lineage`. ``owner`` tells from master data whose a place is."""

    def __init__(self, lineage: Lineage, *, owner: Owner = nobody) -> None:
        self._lineage = lineage
        self._owner = owner

    def trace(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Trace:
        """Everything of interest that follows from the suspects, or from which they follow.

        Raises ``InvalidInput`` for a time without zone and for a window that ends before it begins.
        """
        return self._answer(suspects, options).trace()

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
        trace = found.trace()
        lines = scope_lines(found.woven.history, trace.states, TracedAmounts(trace), self._owner)
        return Scope(trace, lines)

    def common_sources(self, suspects: Sequence[Suspect], options: Options) -> tuple[Source, ...]:
        """As :func:`suyuan.trace.lineage.common.common_sources`."""
        history = self._lineage.history(options.known_at)
        woven, rooms = self._woven(history)
        return sources(woven, rooms, Question(history, suspects, options))

    def _answer(self, suspects: Sequence[Suspect], options: Options) -> Rendering:
        history = self._lineage.history(options.known_at)
        question = Question(history, suspects, options)
        woven, rooms = self._woven(history)
        forward = options.direction == "forward"
        asked = asking(woven, question)
        states, steps = answered(rooms, asked.asked, forward=forward)
        # A place that is itself reached, as what a container holds, passes on like a suspect one.
        while forward and (reached := _places(woven, states) - asked.places):
            asked = asking(woven, question, reached | asked.places - set(asked.guests))
            states, steps = answered(rooms, asked.asked, forward=forward)
        return Rendering(woven, question, asked, states, steps, self._owner)

    def _woven(self, history: History) -> tuple[Woven, Rooms]:
        woven = weave(history)
        return woven, Rooms(woven.tables)


def _places(woven: Woven, states: Any) -> set[int]:
    """The places that are affected themselves and have names."""
    affected = states["node"][~states["carrier"]]
    nodes: Any = woven.tables.nodes
    return {node for node in affected[nodes["is_place"][affected]].tolist() if node < len(woven.keys)}
