"""The engine that answers from the store: a question reads what it can reach, and is walked over that."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from suyuan.trace.errors import InvalidInput, TooLarge
from suyuan.trace.gs1 import site
from suyuan.trace.lineage.compiled.asking import Asking, asking, with_places
from suyuan.trace.lineage.compiled.loose import LooseGoods, Lying
from suyuan.trace.lineage.compiled.lots import settle
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.render import Rendering
from suyuan.trace.lineage.compiled.scoping import lines_of
from suyuan.trace.lineage.compiled.summing import parts
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.contract import Options, Scope, Suspect, Trace, Tracer
from suyuan.trace.lineage.intervals import union
from suyuan.trace.lineage.question import zoned
from suyuan.trace.lineage.where import Owner, nobody
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.lineage.desk import LARGEST, Desk, TooSmall
from suyuan.trace.store.lineage.names import ReadNames
from suyuan.trace.store.lineage.reading import Hops
from suyuan.trace.store.lineage.world.tables import ALL_LINES, CONTAINERS, CONTENTS, ITSELF
from suyuan.trace.store.lineage.written import written

_EVERYTHING = Options()
_PRESENT = ITSELF | CONTENTS | CONTAINERS
_LARGEST_KEPT = 1 << 18  # rows of a desk
_LIMIT_EXCEEDED = "54000"  # SQLSTATE program_limit_exceeded: a value of PostgreSQL beyond a gigabyte


class SqlTracer:
    """Traces over the lineage in the store. ``owner`` tells from master data whose a place is.

    The store holds what is known now: views of the past are asked of ``past``, which makes a tracer of what
    was known at a time. Each question reads one snapshot; several threads may ask at once.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        owner: Owner = nobody,
        evidence: int | None = None,
        past: Callable[[datetime], Tracer] | None = None,
    ) -> None:
        self._engine = engine
        self._owner = owner
        self._evidence = evidence
        self._past = past
        self._desks: deque[Desk] = deque()

    def trace(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Trace:
        """Everything of interest that follows from the suspects, or from which they follow.

        Raises:
            InvalidInput: a time without zone, a window that ends before it begins.
            LineageAbsent: nothing was written to the store, or by another version.
            TooLarge: more would have to be read than fits into the largest desk.
        """
        return self._ask(suspects, options, scope=False).trace

    def scope(self, suspects: Sequence[Suspect], options: Options = _EVERYTHING) -> Scope:
        """What is affected now, per place, party, status and unit.

        Raises as :meth:`trace` does, and ``InvalidInput`` for a backward direction.
        """
        if options.direction != "forward":
            raise InvalidInput(
                "A scope is summed from a forward trace.",
                where="options/direction",
                remedy="Trace back first, then ask for the scope of the source that was found.",
            )
        return self._ask(suspects, options, scope=True)

    def _ask(self, suspects: Sequence[Suspect], options: Options, *, scope: bool) -> Scope:
        with Reading(self._engine) as reading:
            hops = Hops(reading)
            known = written(hops, self._evidence)
            if options.known_at is None or zoned(options.known_at, "options/known_at") >= known:
                return self._answer(hops, suspects, options, scope=scope)
        if self._past is None:
            raise InvalidInput(
                "The lineage in the store tells what is known now, not what was known earlier.",
                where="options/known_at",
                remedy="Ask without a time of knowledge, or ask an engine that keeps the past.",
            )
        tracer = self._past(options.known_at)
        return tracer.scope(suspects, options) if scope else Scope(tracer.trace(suspects, options), ())

    def _answer(self, hops: Hops, suspects: Sequence[Suspect], options: Options, *, scope: bool) -> Scope:
        """The answer, at a desk with four times the room where one was too small."""
        desk = self._desks.pop() if self._desks else Desk()
        while True:
            try:
                found = _Question(desk, hops, suspects, options).answer(self._owner, scope=scope)
            except TooSmall:
                if desk.size >= LARGEST:
                    raise _too_large() from None
                desk = Desk(4 * desk.size)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) == _LIMIT_EXCEEDED:
                    raise _too_large() from error
                raise
            else:
                if desk.size <= _LARGEST_KEPT:
                    self._desks.append(desk)
                return found


def _too_large() -> TooLarge:
    """No more are told of than are sure: a row that is read may bring four others of which it speaks."""
    return TooLarge(
        "The question would have to read more than {rows} rows of lineage",
        where="suspects",
        rows=LARGEST // 4,
        remedy="Ask for less at once.",
    )


class _Question:
    """One question under way at a desk."""

    def __init__(self, desk: Desk, hops: Hops, suspects: Sequence[Suspect], options: Options) -> None:
        self._suspects, self._options = suspects, options
        supposed = options.what_if.cross_contamination
        self._keys = list(dict.fromkeys((*(one.key for one in suspects), *(one.key for one in supposed))))
        self._trip = desk.begin(hops, len(self._keys))
        self._names = ReadNames(self._trip)
        self._record = Record(desk.tables, desk.told, self._names, range(len(self._keys)))
        self._reached: set[int] = set()

    def answer(self, owner: Owner, *, scope: bool) -> Scope:
        """States and edges, and the lines of a scope where these are asked for."""
        asked = self._asked()
        asked, states, steps = self._walked(asked)
        self._trip.goods_of(states)
        lying = settle(asked.tables, self._record.told, LooseGoods(), states)
        self._trip.names_in(states, steps)
        trace = Rendering(self._record, asked, states, steps, owner).trace()
        return Scope(trace, self._lines(asked, states, lying, owner) if scope else ())

    def _asked(self) -> Asking:
        """The question in numbers of the desk; the visits of all places that it names are read."""
        self._names.resolve(self._keys)
        for key in self._options.what_if.kill:
            self._names.site_only(site(key))
        asked = asking(self._record, self._suspects, self._options)
        nodes: Any = self._record.tables.nodes
        sites = {int(nodes["site"][node]) for node in asked.places}
        if sites - {NONE}:
            self._names.visit(sites - {NONE})
            asked = asking(self._record, self._suspects, self._options)
        return asked

    def _walked(self, asked: Asking) -> tuple[Asking, Any, Any]:
        """Walk until nothing is missing; a place that is itself reached passes on like a suspect one."""
        options = self._options
        forward = options.direction == "forward"
        every_line = bool(options.what_if.cross_contamination) or bool(asked.places)
        while True:
            states, steps = self._trip.answered(
                asked.asked, forward=forward, every_line=every_line, by_site=bool(options.what_if.kill)
            )
            present: Any = asked.asked.presences
            wanted = self._trip.want_nodes(np.unique(present["node"]), ALL_LINES if every_line else _PRESENT)
            if wanted:
                self._trip.read(wanted)
                asked = self._again()
                continue
            if not forward or not (reached := self._places(asked, states)):
                return asked, states, steps
            nodes: Any = self._record.tables.nodes
            self._reached |= reached
            self._names.visit({int(nodes["site"][node]) for node in reached})
            asked = self._again()

    def _again(self) -> Asking:
        """The question as it was asked, with what is known by now of who was where."""
        asked = asking(self._record, self._suspects, self._options)
        more = self._reached - asked.places
        return with_places(self._record, asked, more) if more else asked

    @staticmethod
    def _places(asked: Asking, states: Any) -> set[int]:
        """The places that are affected themselves, and of which it is not told yet what was present there."""
        affected = states["node"][~states["carrier"]]
        nodes: Any = asked.tables.nodes
        found = np.unique(affected[nodes["is_place"][affected] & (nodes["site"][affected] != NONE)])
        return set(found.tolist()) - asked.places

    def _lines(self, asked: Asking, states: Any, lying: Lying, owner: Owner) -> tuple[Any, ...]:
        states = states[~states["possible"]] if self._options.certain_only else states
        strangers = [key for key, windows in asked.strangers.items() if union(windows)]
        told = parts(asked.tables, self._record.told, states, lying)
        named = np.unique(np.concatenate([states["node"], told["node"], told["place"]]))
        kept = self._names.kept(int(node) for node in named if node != NONE and node not in asked.guests)

        def key(node: int, number: int = 0) -> str:
            guest = asked.guests.get(node)
            return kept(node, number) if guest is None else guest

        somewhere = [key for key in strangers if self._record.kind(key) != "place"]
        return lines_of(self._record, key, told, somewhere, owner)
