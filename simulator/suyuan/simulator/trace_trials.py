"""How fast trace questions are answered on one trade, beside rivals that have to answer the same."""

from __future__ import annotations

import resource
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter, thread_time
from typing import Any, cast

import numpy as np

from suyuan.simulator.trade_rivals import Places, Reached, Rival, Sources, merged
from suyuan.simulator.trade_tables import Numbers, Trade
from suyuan.trace.errors import Conflict, NotFound
from suyuan.trace.lineage.compiled.answer import affected, answered
from suyuan.trace.lineage.compiled.asked import plain
from suyuan.trace.lineage.compiled.common import behind_all, untils
from suyuan.trace.lineage.compiled.scratch import Rooms
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.statement import EVER

_TOGETHER, _EXPOSED, _RECALLED = 10, 5, 1_000
_BEST_OF = 3
_LONG, _IN_A_ROW = 1e-3, 20  # seconds beside which reading the clock is nothing; times at most
_SECONDS = 60.0  # for one rival's answers to one question; the slow ones are asked fewer


@dataclass(frozen=True, slots=True)
class Timed:
    """Milliseconds of processor time of an engine's answers, and how many times those of ours that is.

    ``found`` is the median number of things, or of places, in an answer.
    """

    question: str
    engine: str
    questions: int
    found: float
    p50: float
    p99: float
    times_p50: float
    times_all: float


@dataclass(frozen=True, slots=True)
class Question:
    """``suspects`` of each question; how ours is asked and told, and how a rival is."""

    name: str
    suspects: Sequence[Sequence[int]]  # nodes
    ask: Callable[[Sequence[int]], Any]
    told: Callable[[Any, Sequence[int]], Any]
    rival: Callable[[Rival, Sequence[int]], Any] | None = None


class Ours:
    """The compiled engine on a trade: answers as tables, and how they read thing by thing."""

    def __init__(self, trade: Trade) -> None:
        self._trade = trade
        self._rooms = Rooms(trade.tables)
        nodes: Any = trade.tables.nodes
        self._is_place: Numbers = nodes["is_place"]

    def forward(self, suspects: Sequence[int]) -> Any:
        """The states of what the suspects reached, with where it is now: what the rivals tell."""
        return affected(self._rooms, suspects, forward=True)

    def backward(self, suspects: Sequence[int]) -> Any:
        """The states of what may have reached the suspects, likewise."""
        return affected(self._rooms, suspects, forward=False)

    def scope(self, suspects: Sequence[int]) -> Any:
        """Forward with amounts, with what carried it and all places where it was."""
        return answered(self._rooms, plain(suspects), forward=True, edges=False)[0]

    def trace(self, suspects: Sequence[int]) -> Any:
        """The same with every step."""
        return answered(self._rooms, plain(suspects), forward=True)[0]

    def origin(self, suspects: Sequence[int]) -> Any:
        """Backward with all places and every step."""
        return answered(self._rooms, plain(suspects), forward=False)[0]

    def _things(self, states: Any, alone: Sequence[int] = ()) -> Iterator[tuple[int, int, int, int]]:
        """Each thing with start, end and place of each of its states; of nodes ``alone`` their first."""
        count, thing = self._trade.count, self._trade.thing
        rows = states[["node", "start", "end", "place"]].tolist()
        for node, start, end, place in rows:
            first = int(thing[node])
            here = NONE if place == NONE else int(thing[place])
            for number in range(first, first + (1 if node in alone else int(count[node]))):
                yield number, start, end, here

    def reached(self, states: Any, _: Sequence[int]) -> Reached:
        """As a rival tells it."""
        reached = states[~states["carrier"]]
        return {thing: (start, place) for thing, start, _, place in self._things(reached)}

    def sources(self, states: Any, suspects: Sequence[int]) -> Sources:
        """As a rival tells it; suspected was one item of its run."""
        found: Sources = {}
        reached = states[~states["carrier"]]
        for thing, _, end, place in self._things(reached, suspects):
            found[thing] = max(end, found.get(thing, (EVER, NONE))[0]), place
        return found

    def common(self, suspects: Sequence[int]) -> Any:
        """What may have reached all of the suspects."""
        return behind_all(self._rooms, suspects)

    def shared(self, rows: Any, suspects: Sequence[int]) -> Mapping[int, Sequence[int]]:
        """As a rival tells it."""
        nodes, _, at_all = untils(rows, len(suspects))
        return dict(zip(self._trade.thing[nodes].tolist(), at_all.tolist(), strict=True))

    def outbreak(self, lots: Iterator[int], many: int) -> Sequence[int]:
        """Some of the items that came of the first lot of which enough did."""
        for lot in lots:
            reached = self.forward([lot])["node"]
            items = reached[np.isin(reached, self._trade.items)]
            if len(items) >= many:
                return cast("list[int]", items[:: len(items) // many][:many].tolist())
        raise NotFound(
            "No lot of this trade has {number} runs of items.",
            where="trade",
            remedy="Grow a larger trade.",
            number=many,
        )

    def places(self, states: Any, _: Sequence[int]) -> Places:
        """As a rival tells it."""
        visits: Places = defaultdict(list)
        for thing, start, end, __ in self._things(states[self._is_place[states["node"]]]):
            visits[thing].append((start, end))
        return {place: merged(spans) for place, spans in visits.items()}


def questions_of(trade: Trade, number: int, seed: int = 1) -> Iterator[Question]:
    """``number`` of each kind, with suspects by chance; a recall is asked a tenth as often."""
    ours, dice = Ours(trade), np.random.default_rng(seed)
    thing = trade.thing

    def some(of: Numbers, many: int, times: int) -> Sequence[Sequence[int]]:
        return [dice.choice(of, min(many, len(of)), replace=False).tolist() for _ in range(times)]

    def things(suspects: Sequence[int]) -> Sequence[int]:
        return cast("list[int]", thing[suspects].tolist())

    lots, items = some(trade.raw, 1, number), some(trade.items, 1, number)
    yield Question(
        "forward, where now",
        lots,
        ours.forward,
        ours.reached,
        lambda rival, suspects: rival.forward(things(suspects)),
    )
    yield Question(
        "backward",
        items,
        ours.backward,
        ours.sources,
        lambda rival, suspects: rival.backward(things(suspects)[0]),
    )
    order = iter(dice.permutation(trade.raw).tolist())
    yield Question(
        f"common source of {_TOGETHER} items",
        [ours.outbreak(order, _TOGETHER) for _ in range(min(number, len(trade.raw) // 4))],
        ours.common,
        ours.shared,
        lambda rival, suspects: rival.common(things(suspects)),
    )
    yield Question(
        f"exposed places of {_EXPOSED} lots",
        some(trade.raw, _EXPOSED, number),
        ours.scope,
        ours.places,
        lambda rival, suspects: rival.places(things(suspects)),
    )
    recalled = some(trade.raw, _RECALLED, max(1, number // 10))
    yield Question(f"recall of {_RECALLED:,} lots", recalled, ours.forward, ours.reached)
    yield Question(f"{_RECALLED:,} lots, with amounts", recalled, ours.scope, ours.reached)
    yield Question("forward, with amounts", lots, ours.scope, ours.reached)
    yield Question("forward, every step", lots, ours.trace, ours.reached)
    yield Question("backward, every step", items, ours.origin, ours.sources)


@dataclass
class Trial:
    """One run over one trade; every row compares with ours of the same question."""

    trade: Trade
    number: int
    rivals: Mapping[str, Rival] = field(default_factory=dict[str, Rival])

    def rows(self) -> Iterator[Timed]:
        """Ask, compare, time. Raises ``Conflict`` if two engines answer differently."""
        for question in questions_of(self.trade, self.number):
            ours = timed(question.ask, question.suspects, thread_time)
            found = [len(question.told(question.ask(one), one)) for one in question.suspects]
            yield _row(question.name, "compiled", found, ours, ours)
            for name, rival in self.rivals.items():
                if question.rival is not None:
                    yield self._beside(question, question.rival, name, rival, ours)

    def _beside(
        self,
        question: Question,
        asked: Callable[[Rival, Sequence[int]], Any],
        name: str,
        rival: Rival,
        ours: Sequence[float],
    ) -> Timed:
        begun, suspects, found = perf_counter(), list[Sequence[int]](), list[int]()
        for one in question.suspects:
            told = question.told(question.ask(one), one)
            found.append(len(told))
            if asked(rival, one) != told:
                raise Conflict(
                    "{name} answers otherwise than the compiled engine.",
                    where=question.name,
                    remedy="One of them is wrong: compare their answers for this suspect by the law.",
                    name=name,
                )
            suspects.append(one)
            if perf_counter() - begun > _SECONDS:
                break
        times = timed(lambda one: asked(rival, one), suspects, rival.clock)
        return _row(question.name, name, found, times, ours[: len(times)])


def timed(
    ask: Callable[[Sequence[int]], Any], suspects: Sequence[Sequence[int]], clock: Callable[[], float]
) -> list[float]:
    """The best of three of each question, in milliseconds of ``clock``; after all were asked once.

    Reading the clock takes most of a microsecond, so short questions are asked several times in a row.
    """
    for one in suspects:
        ask(one)
    best: list[float] = []
    for one in suspects:
        begun = clock()
        ask(one)
        in_a_row = max(1, min(_IN_A_ROW, int(_LONG / max(clock() - begun, 1e-9))))
        times: list[float] = []
        for _ in range(_BEST_OF):
            begun = clock()
            for _ in range(in_a_row):
                ask(one)
            times.append((clock() - begun) * 1e3 / in_a_row)
        best.append(min(times))
    return best


def _row(
    question: str, engine: str, found: Sequence[int], times: Sequence[float], ours: Sequence[float]
) -> Timed:
    return Timed(
        question,
        engine,
        len(times),
        statistics.median(found),
        statistics.median(times),
        float(np.quantile(times, 0.99)),
        statistics.median(times) / statistics.median(ours),
        sum(times) / sum(ours),
    )


def resident_gb() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
