"""The engine that reads the store beside networkx: answers in ms of processor time, compared thing by thing.

``python -m tests.bench.bench_sql_lineage [lots of farms] [database]``: 10,000 lots are a million links and
stays. A SQLite file is made in a temporary folder where no database is named; of one that is named, the
lineage is replaced. Pages are warm; of PostgreSQL only the time of this process is counted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time, thread_time
from typing import Any

import numpy as np

from suyuan.simulator.trace_trials import Ours, timed
from suyuan.simulator.trade_rivals import Networkx, Reached, Sources
from suyuan.simulator.trade_tables import Trade, grow
from suyuan.trace.lineage.compiled.asked import plain
from suyuan.trace.lineage.compiled.machine import kinds
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.tables import Told
from suyuan.trace.store.engine import Reading, Writing, open_engine
from suyuan.trace.store.lineage import forget, write
from suyuan.trace.store.lineage.desk import Desk, TooSmall
from suyuan.trace.store.lineage.reading import Hops
from suyuan.trace.store.migrate import migrate

QUESTIONS = 25


class Numbered:
    """Names of a trade, whose things have only numbers."""

    def key(self, node: int, number: int = 0) -> str:
        return f"https://id.gs1.org/01/09506000134352/21/{node:09d}-{number}"

    def evidence(self, statement: int) -> str:
        return f"{statement:064x}"

    def party(self, number: int) -> str:
        return f"party {number}"

    def unit(self, number: int) -> str | None:
        return "KGM" if number else None

    def node(self, key: str) -> int | None:
        """The inverse of ``key``."""
        return int(key.rpartition("/")[2].partition("-")[0])

    def site(self, name: str) -> int | None:
        return self.node(name)

    def statement(self, evidence: str) -> int | None:
        return int(evidence, 16)


class Stored:
    """The engine on the store, asked in one snapshot."""

    def __init__(self, trade: Trade, hops: Hops) -> None:
        self._ours, self.hops = Ours(trade), hops
        self._desk = Desk()

    def ask(self, suspects: Sequence[int], *, forward: bool) -> Any:
        """States in numbers of the store, as the compiled engine tells them."""
        while True:
            trip = self._desk.begin(self.hops)
            try:
                asked = plain([trip.node(suspect) for suspect in suspects])
                states, _ = trip.answered(asked, forward=forward, edges=False, whole=False)
            except TooSmall:
                self._desk = Desk(4 * self._desk.size)
                continue
            world: Any = self._desk.world
            numbers = world.node_origins["number"]
            for name in ("node", "place"):
                states[name] = np.where(states[name] < 0, states[name], numbers[states[name]])
            return states

    def forward(self, suspects: Sequence[int]) -> Reached:
        """As a rival tells it."""
        return self._ours.reached(self.ask(suspects, forward=True), suspects)

    def backward(self, suspects: Sequence[int]) -> Sources:
        """As a rival tells it."""
        return self._ours.sources(self.ask(suspects, forward=False), suspects)


def main(lots: int, database: str) -> None:
    """Write a trade of so many lots, ask, compare, print."""
    trade = grow(lots)
    told: Any = [np.zeros(int(name == "repairs"), dtype=kind) for name, kind in kinds(Told).items()]
    engine = open_engine(database)
    migrate(engine)
    begun = process_time()
    with Writing(engine) as writing:
        forget(writing)
        record = Record(trade.tables, Told(*told), Numbered(), range(0))
        write(writing, record, evidence=0, aliases=0, known=None)
    tell(f"{trade.rows:,} links and stays, written in {process_time() - begun:.1f} s")
    walk, dice = Networkx(trade), np.random.default_rng(1)
    with Reading(engine) as reading:
        stored = Stored(trade, Hops(reading))
        for forward, of in ((True, trade.raw), (False, trade.items)):
            suspects: list[list[int]] = [[one] for one in dice.choice(of, QUESTIONS).tolist()]
            tell(beside(trade, stored, walk, suspects, forward=forward))
    engine.dispose()


def beside(
    trade: Trade, stored: Stored, walk: Networkx, suspects: Sequence[Sequence[int]], *, forward: bool
) -> str:
    """How long both take, if they tell the same."""

    def other(one: Sequence[int]) -> Reached | Sources:
        things: list[int] = trade.thing[one].tolist()
        return walk.forward(things) if forward else walk.backward(things[0])

    begun = stored.hops.count
    for one in suspects:
        assert (stored.forward(one) if forward else stored.backward(one)) == other(one)
    sent = (stored.hops.count - begun) / len(suspects)
    ours = timed(lambda one: stored.ask(one, forward=forward), suspects, thread_time)
    theirs = timed(other, suspects, thread_time)
    return (
        f"{'forward, where now' if forward else 'backward':20}{median(ours):8.3f} ms, {sent:.0f} statements;"
        f" networkx {median(theirs):8.3f} ms, {median(theirs) / median(ours):.1f} times,"
        f" of all questions together {sum(theirs) / sum(ours):.1f}"
    )


def tell(line: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        words = sys.argv[1:]
        main(int(words[0]) if words else 10_000, words[1] if words[1:] else str(Path(folder) / "suyuan.db"))
