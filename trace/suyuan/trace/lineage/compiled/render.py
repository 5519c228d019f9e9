"""An answer in numbers becomes one in the words of the contract."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np

from suyuan.trace.lineage.assembled import assembled
from suyuan.trace.lineage.compiled.asking import Asking
from suyuan.trace.lineage.compiled.edges import CARRY, CONTAIN, MEMBER, TRANSFORM
from suyuan.trace.lineage.compiled.machine import Made, Table
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.sayings import BASES
from suyuan.trace.lineage.compiled.tables import (
    INFERRED,
    NONE,
    POSSIBLE,
    Consumption,
    Containment,
    Node,
    Production,
    Tables,
)
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
from suyuan.trace.lineage.occurrence import Basis
from suyuan.trace.lineage.records import ENOUGH
from suyuan.trace.lineage.statement import NEVER, moment
from suyuan.trace.lineage.where import Owner


class Rendering:
    """States and steps in numbers, and everything that names them. The whereabouts of lots are settled."""

    def __init__(self, record: Record, asking: Asking, states: Any, steps: Any, owner: Owner) -> None:
        self._record = record
        self._names = record.names
        self._asking = asking
        self._states_found = states
        self._steps = steps
        self._owner = owner
        self._told_by: dict[str, str] = {}  # who captured the evidence of edges

    def trace(self) -> Trace:
        """The answer in the contract's order. Some microseconds for each state and edge."""
        asking = self._asking
        return assembled(
            asking.suspects,
            asking.options,
            (*self._states(), *self._strangers()),
            list(self._edges()),
            self._told_by.__getitem__,
        )

    def key(self, node: int, number: int = 0) -> str:
        """The key of a node, also of a place that no statement names so."""
        guest = self._asking.guests.get(node)
        return self._names.key(node, number) if guest is None else guest

    def _states(self) -> Iterator[State]:
        found = self._states_found
        owners: dict[int, str | None] = {NONE: None}
        for place in np.unique(found["place"]).tolist():
            owners[place] = None if place == NONE else self._owner(self.key(place))
        nodes: Any = self._asking.tables.nodes
        known = np.unique(found["node"])
        names = {node: self.key(node) for node in known.tolist()}
        kinds: dict[int, Kind] = {node: self._record.kind(name) for node, name in names.items()}
        born = dict(zip(known.tolist(), (nodes["birth"][known] != NEVER).tolist(), strict=True))
        counts = dict(zip(known.tolist(), nodes["count"][known].tolist(), strict=True))
        rows: list[tuple[Any, ...]] = found.tolist()
        for row in rows:
            start, end, node, possible, carrier, status, uom, place, container, party = row[:10]
            # What a move leads to is a place, whatever its name looks like.
            kind: Kind = "place" if carrier and not born[node] else kinds[node]
            where = None
            if kind != "place":
                where = WhereNow(
                    None if place == NONE else self.key(place),
                    None if container == NONE else self.key(container),
                    owners[place] or (None if party == NONE else self._names.party(party)),
                    STATUSES[int(status)],
                )
            hold, share = self._amounts(uom, row[10:]) if kind != "place" else (None, None)
            yield State(
                names[node],
                kind,
                moment(start),
                moment(end),
                "possible" if possible else "certain",
                carrier,
                hold,
                share,
                where,
                counts[node],
                None if counts[node] == 1 else self.key(node, counts[node] - 1),
            )

    def _amounts(self, uom: int, amounts: Sequence[float]) -> tuple[Amount | None, Contaminated | None]:
        hold, low, expected, high = amounts
        if math.isnan(hold):
            return None, None
        unit = self._names.unit(uom)
        likely = None if math.isnan(expected) else expected
        return Amount(hold, unit), Contaminated(low, likely, high, unit)

    def _strangers(self) -> Iterator[State]:
        """Suspects of which nothing is known; of a piece it is known that it is one."""
        forward = self._asking.options.direction == "forward"
        for key, windows in self._asking.strangers.items():
            kind = self._record.kind(key)
            one_piece = forward and kind != "place" and not self._record.is_class(key)
            for start, end in union(windows):
                yield State(
                    key,
                    kind,
                    moment(start),
                    moment(end),
                    "certain",
                    hold=Amount(1.0) if one_piece else None,
                    contaminated=Contaminated(1.0, 1.0, 1.0) if one_piece else None,
                    where_now=None if kind == "place" else WhereNow(None, None, None, "unaccounted"),
                )

    def _edges(self) -> Iterator[Edge]:
        records = by_row(self._asking.tables)
        steps: list[tuple[int, int, int]] = self._steps.tolist()
        for row, other, kind in steps:
            if kind == TRANSFORM:
                yield self._transform(records.consumptions[row], records.productions[other])
            elif kind == MEMBER:
                node = records.nodes[row]
                yield self._edge("member", node.lot, row, node.birth, None, (node.lot_told,))
            elif kind in (CONTAIN, CARRY):
                yield self._containment(records.containments[row], records.nodes, carry=kind == CARRY)
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

    def _containment(self, one: Containment, nodes: Table[Node], *, carry: bool) -> Edge:
        child, parent = one.child, one.parent
        if carry:
            return self._edge("carry", child, parent, one.start, one.end, (one.by,))
        lot = nodes[child]
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
        evidence = tuple(self._names.evidence(number) for number in by)
        statements: Any = self._asking.tables.statements
        for number, known in zip(by, evidence, strict=True):
            self._told_by[known] = self._names.party(int(statements["party"][number]))
        return Edge(
            self.key(source),
            self.key(target),
            kind,
            moment(int(start)),
            None if end is None else moment(int(end)),
            "certain" if certain else "possible",
            Basis.INFERRED.value if inferred else self._basis(by[0]),
            evidence,
        )

    def _basis(self, statement: int) -> str:
        sayings: Any = self._record.told.sayings
        return BASES[int(sayings["basis"][statement])].value


def by_row(tables: Tables) -> Tables:
    """The tables, to be read row by row without being compiled."""
    views: list[Any] = [cast("Made", table).view(np.recarray) for table in tables]
    return Tables(*views)
