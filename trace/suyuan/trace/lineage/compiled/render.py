"""An answer in numbers becomes one in the words of the contract."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from suyuan.trace.lineage.assembled import assembled
from suyuan.trace.lineage.compiled.asking import Asking
from suyuan.trace.lineage.compiled.edges import CARRY, CONTAIN, MEMBER, TRANSFORM
from suyuan.trace.lineage.compiled.tables import (
    INFERRED,
    NONE,
    POSSIBLE,
    Consumption,
    Containment,
    Production,
)
from suyuan.trace.lineage.compiled.weave import Woven
from suyuan.trace.lineage.compiled.whereabouts import STATUSES
from suyuan.trace.lineage.contract import (
    Amount,
    Contaminated,
    Edge,
    EdgeKind,
    Kind,
    State,
    Trace,
    WhereNow,
)
from suyuan.trace.lineage.intervals import union
from suyuan.trace.lineage.question import Question
from suyuan.trace.lineage.records import ENOUGH, basis_of
from suyuan.trace.lineage.statement import moment
from suyuan.trace.lineage.where import Owner, where_now


@dataclass(frozen=True, slots=True)
class Rendering:
    """States and steps in numbers, and everything that names them."""

    woven: Woven
    question: Question
    asking: Asking
    states: Any
    steps: Any
    owner: Owner

    def trace(self) -> Trace:
        """The answer in the contract's order. Some microseconds for each state and edge."""
        statements, number = self.woven.statements, self.woven.number
        return assembled(
            self.question,
            (*self._states(), *self._strangers()),
            self._edges(),
            lambda evidence: statements[number[evidence]].occurrence.party,
        )

    def _name(self, node: int) -> str:
        keys = self.woven.keys
        return keys[node] if node < len(keys) else self.asking.guests[node]

    def _states(self) -> Iterator[State]:
        owners: dict[int, str | None] = {NONE: None}
        for place in np.unique(self.states["place"]).tolist():
            owners[place] = None if place == NONE else self.owner(self._name(place))
        births = self.woven.history.births
        kinds: dict[int, Kind] = {
            node: self.question.kind(self._name(node)) for node in np.unique(self.states["node"]).tolist()
        }
        rows: list[tuple[Any, ...]] = self.states.tolist()
        for row in rows:
            start, end, node, possible, carrier, status, uom, place, container, party = row[:10]
            name = self._name(node)
            # What a move leads to is a place, whatever its name looks like.
            kind: Kind = "place" if carrier and name not in births else kinds[node]
            where = None
            if kind != "place":
                where = WhereNow(
                    None if place == NONE else self._name(place),
                    None if container == NONE else self._name(container),
                    owners[place] or (None if party == NONE else self.woven.parties[int(party)]),
                    STATUSES[int(status)],
                )
            hold, share = self._amounts(uom, row[10:]) if kind != "place" else (None, None)
            yield State(
                name,
                kind,
                moment(start),
                moment(end),
                "possible" if possible else "certain",
                carrier,
                hold,
                share,
                where,
            )

    def _amounts(self, uom: int, amounts: Sequence[float]) -> tuple[Amount | None, Contaminated | None]:
        hold, low, expected, high = amounts
        if math.isnan(hold):
            return None, None
        unit = self.woven.units[uom]
        likely = None if math.isnan(expected) else expected
        return Amount(hold, unit), Contaminated(low, likely, high, unit)

    def _strangers(self) -> Iterator[State]:
        """Suspects of which nothing is known; of a piece it is known that it is one."""
        forward = self.question.options.direction == "forward"
        for key, windows in self.asking.strangers.items():
            kind = self.question.kind(key)
            one_piece = forward and kind != "place" and not self.woven.history.is_class(key)
            where = None if kind == "place" else where_now(self.woven.history, key, self.owner)
            for start, end in union(windows):
                yield State(
                    key,
                    kind,
                    moment(start),
                    moment(end),
                    "certain",
                    hold=Amount(1.0) if one_piece else None,
                    contaminated=Contaminated(1.0, 1.0, 1.0) if one_piece else None,
                    where_now=where,
                )

    def _edges(self) -> Iterator[Edge]:
        records = self.woven.records
        steps: list[tuple[int, int, int]] = self.steps.tolist()
        for row, other, kind in steps:
            if kind == TRANSFORM:
                yield self._transform(records.consumptions[row], records.productions[other])
            elif kind == MEMBER:
                node = records.nodes[row]
                yield self._edge("member", node.lot, row, node.birth, None, (node.lot_told,))
            elif kind in (CONTAIN, CARRY):
                yield self._containment(records.containments[row], carry=kind == CARRY)
            else:
                one = records.episodes[row]
                inferred = bool(one.marks & INFERRED)
                yield self._edge(
                    "move",
                    one.node,
                    one.place,
                    one.start,
                    one.end,
                    (one.by,),
                    inferred=inferred,
                )

    def _transform(self, eaten: Consumption, made: Production) -> Edge:
        certain = eaten.at <= made.at and not eaten.marks & POSSIBLE
        return self._edge(
            "transform",
            eaten.node,
            made.node,
            min(eaten.at, made.at),
            made.at,
            (eaten.by, made.by),
            certain=bool(certain),
            inferred=bool(eaten.marks & INFERRED),
        )

    def _containment(self, one: Containment, *, carry: bool) -> Edge:
        child, parent = one.child, one.parent
        if carry:
            return self._edge("carry", child, parent, one.start, one.end, (one.by,))
        lot = self.woven.records.nodes[child]
        whole = not one.is_class or (one.uom == lot.made_uom and one.peak >= lot.made - ENOUGH)
        return self._edge("contain", parent, child, one.start, one.end, (one.by,), certain=bool(whole))

    def _edge(
        self,
        kind: EdgeKind,
        source: int,
        target: int,
        start: int,
        end: int | None,
        by: tuple[int, ...],
        *,
        certain: bool = True,
        inferred: bool = False,
    ) -> Edge:
        told = [self.woven.statements[number] for number in by]
        return Edge(
            self._name(source),
            self._name(target),
            kind,
            moment(int(start)),
            None if end is None else moment(int(end)),
            "certain" if certain else "possible",
            basis_of(told[0], inferred=inferred),
            tuple(one.occurrence.evidence for one in told),
        )


class TracedAmounts:
    """What a trace says of amounts, for sums over it."""

    def __init__(self, trace: Trace) -> None:
        self._told = {
            state.key: state
            for state in trace.states
            if state.hold is not None and state.contaminated is not None
        }
        for state in trace.states:
            if state.key in self._told and state.certainty == "certain" and not state.carrier:
                self._told[state.key] = state

    def hold(self, key: str) -> Amount | None:
        """How much of it must be held."""
        state = self._told.get(key)
        return None if state is None else state.hold

    def contaminated(self, key: str, *, possible: bool = False) -> Contaminated | None:
        """How much of that is contaminated."""
        state = self._told.get(key)
        if state is None or state.contaminated is None:
            return None
        return replace(state.contaminated, min=0.0) if possible else state.contaminated
