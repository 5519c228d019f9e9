"""How fast trace engines answer the same questions on one trade, all in one run.

Run with ``.venv/bin/python -m tests.bench.bench_trace [LOTS] [QUESTIONS]``; 7,000 lots of farms make about
ten million rows. ``SUYUAN_BENCH_POSTGRES`` names a database (a ``postgresql://`` address) for the naive
recursive query; without, only networkx is measured beside us.

Asked is what every engine can say: everything that a farm's lot reached, since when, and where it is now.
The answers are compared. Ours tell states with amounts and whereabouts, and with ``steps`` every step too.
The others are the shortest idiomatic form of the same meaning; building them is not timed.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Callable
from time import perf_counter, process_time
from typing import Any, cast

import networkx as nx
import numpy as np
from tests.bench.trade_world import Trade, grow

from suyuan.trace.lineage.compiled.answer import answered
from suyuan.trace.lineage.compiled.asked import PRESENCE, WINDOW, Asked
from suyuan.trace.lineage.compiled.scratch import Rooms
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.statement import EVER, NEVER

Answer = dict[int, tuple[int, int]]
"""Since when, and at which place now (NONE where none is known)."""
_BEST_OF = 3


def networkx_engine(trade: Trade) -> Callable[[int], Answer]:
    """A temporal multigraph, walked from Python."""
    graph = cast("Any", nx.MultiDiGraph)()
    links = {name: column.tolist() for name, column in trade.links().items()}
    graph.add_edges_from(
        (source, target, {"start": start, "end": end, "then": None if then == NONE else then})
        for source, target, start, end, then in zip(*links.values(), strict=True)
    )
    tables: Any = trade.tables
    inside = np.where(
        tables.nodes["inside"] == NONE, NONE, tables.containments["parent"][tables.nodes["inside"]]
    )
    here = np.where(tables.nodes["here"] == NONE, NONE, tables.episodes["place"][tables.nodes["here"]])
    container, place = inside.tolist(), here.tolist()

    def where(node: int) -> int:
        while container[node] != NONE:
            node = container[node]
        return place[node]

    def forward(suspect: int) -> Answer:
        reached, stack = {suspect: EVER}, [suspect]
        while stack:
            node = stack.pop()
            since = reached[node]
            if node not in graph:
                continue
            for _, target, edge in graph.out_edges(node, data=True):
                low = max(since, edge["start"])
                if low < edge["end"]:
                    then = low if edge["then"] is None else edge["then"]
                    if then < reached.get(target, NEVER):
                        reached[target] = then
                        stack.append(target)
        return {node: (since, where(node)) for node, since in reached.items()}

    return forward


_NAIVE = """
WITH RECURSIVE reached(node, since) AS (
    SELECT %(suspect)s::bigint, %(ever)s::bigint
  UNION
    SELECT link.target, coalesce(link.happened, greatest(reached.since, link.start))
    FROM reached JOIN link ON link.source = reached.node
    WHERE greatest(reached.since, link.start) < link.until
), first AS (SELECT node, min(since) AS since FROM reached GROUP BY node)
SELECT first.node, first.since, coalesce(own.place, box.place, -1)
FROM first
LEFT JOIN now AS own ON own.node = first.node
LEFT JOIN now AS box ON box.node = own.container
"""


def postgres_engine(trade: Trade, address: str) -> Callable[[int], Answer]:
    """A recursive query over tables with the indexes it wants."""
    import psycopg  # noqa: PLC0415 - only where a database is named

    connection = psycopg.connect(address, autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off")
        cursor.execute(
            "CREATE TEMP TABLE link (source int, target int, start bigint, until bigint, happened bigint)"
        )
        cursor.execute("CREATE TEMP TABLE now (node int PRIMARY KEY, container int, place int)")
        links = {name: column.tolist() for name, column in trade.links().items()}
        with cursor.copy("COPY link FROM STDIN") as copy:
            for source, target, start, end, then in zip(*links.values(), strict=True):
                copy.write_row((source, target, start, end, None if then == NONE else then))
        tables: Any = trade.tables
        nodes = tables.nodes
        known = np.flatnonzero((nodes["inside"] != NONE) | (nodes["here"] != NONE))
        with cursor.copy("COPY now FROM STDIN") as copy:
            for node in known.tolist():
                inside, here = int(nodes["inside"][node]), int(nodes["here"][node])
                box = None if inside == NONE else int(tables.containments["parent"][inside])
                copy.write_row((node, box, None if here == NONE else int(tables.episodes["place"][here])))
        cursor.execute("CREATE INDEX ON link (source)")
        cursor.execute("ANALYZE link")
        cursor.execute("ANALYZE now")

    def forward(suspect: int) -> Answer:
        told = connection.execute(_NAIVE, {"suspect": suspect, "ever": EVER}).fetchall()
        return {node: (since, place) for node, since, place in told}

    return forward


def compiled_engine(trade: Trade, *, steps: bool) -> tuple[Callable[[int], Any], Callable[[Any], Answer]]:
    """Ours: the answer as tables, and how to read one for comparing."""
    rooms = Rooms(trade.tables)
    nothing = np.zeros(0, dtype=np.int32)

    def forward(suspect: int) -> Any:
        asked = Asked(
            np.array([(EVER, NEVER, suspect)], dtype=WINDOW),
            *(np.zeros(0, dtype=WINDOW), np.zeros(0, dtype=WINDOW), np.zeros(0, dtype=PRESENCE)),
            *(nothing, nothing, NONE),
        )
        return answered(trade.tables, rooms, asked, forward=True, edges=steps)[0]

    def told(states: Any) -> Answer:
        affected = states[~states["carrier"]]
        return {node: (since, place) for node, since, place in affected[["node", "start", "place"]].tolist()}

    return forward, told


def timed(ask: Callable[[int], Any], suspects: list[int]) -> list[float]:
    """The best of three of each question, in seconds; after all were asked once."""
    best: list[float] = []
    for suspect in suspects:
        ask(suspect)
    for suspect in suspects:
        times: list[float] = []
        for _ in range(_BEST_OF):
            begun = perf_counter()
            ask(suspect)
            times.append(perf_counter() - begun)
        best.append(min(times))
    return best


def main(lots: int = 700, questions: int = 25) -> None:
    """Grow, build, compare, time and print."""
    begun = process_time()
    trade = grow(lots)
    took = process_time() - begun
    say(f"{len(trade.tables.nodes):,} objects, {trade.rows:,} links and stays, grown in {took:.1f} s")
    suspects = np.random.default_rng(1).choice(trade.raw, questions, replace=False).tolist()
    ask, told = compiled_engine(trade, steps=False)
    with_steps, _ = compiled_engine(trade, steps=True)
    others: dict[str, Callable[[int], Answer]] = {"networkx": networkx_engine(trade)}
    if address := os.environ.get("SUYUAN_BENCH_POSTGRES"):
        others["PostgreSQL, naive"] = postgres_engine(trade, address)
    found = [told(ask(suspect)) for suspect in suspects]
    say(f"objects reached: median {statistics.median(map(len, found)):,.0f}, most {max(map(len, found)):,}")
    for name, other in others.items():
        assert all(other(suspect) == mine for suspect, mine in zip(suspects, found, strict=True)), name
    ours = timed(ask, suspects)
    rows = {"compiled": ours, "compiled, with steps": timed(with_steps, suspects)}
    rows.update({name: timed(other, suspects) for name, other in others.items()})
    say(f"{'forward, where now':24} {'p50 ms':>9} {'p99 ms':>9} {'x p50':>8} {'x sum':>8}")
    for name, times in rows.items():
        p50, p99 = statistics.median(times), float(np.quantile(times, 0.99))
        ratio, whole = p50 / statistics.median(ours), sum(times) / sum(ours)
        say(f"{name:24} {p50 * 1e3:9.3f} {p99 * 1e3:9.3f} {ratio:8.1f} {whole:8.1f}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
