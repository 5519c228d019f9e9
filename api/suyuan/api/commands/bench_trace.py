"""``suyuan bench trace``: how fast trace engines answer, on one trade, in one run, with equal answers."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from time import process_time
from typing import Annotated, Literal

import orjson
import typer

from suyuan.simulator.trace_trials import Timed, Trial, resident_gb
from suyuan.simulator.trade_rivals import Networkx, Rival, postgres
from suyuan.simulator.trade_tables import grow

_LOTS = {"100k": 1_000, "1m": 10_000, "10m": 100_000, "100m": 1_000_000}
_WIDE = 28
_COLUMNS = {"": 20, "asked": 6, "found": 10, "p50 ms": 11, "p99 ms": 11, "x p50": 9, "x all": 9}


def trace(
    rows: Annotated[
        Literal["100k", "1m", "10m", "100m"], typer.Option(help="Links and stays, thing by thing.")
    ] = "1m",
    questions: Annotated[int, typer.Option(min=1, max=10_000, help="Of each kind.")] = 25,
    address: Annotated[
        str | None, typer.Option("--postgres", help="postgresql:// address for the naive recursive query.")
    ] = None,
    walk: Annotated[
        bool, typer.Option("--networkx/--no-networkx", help="Beside it; takes 0.8 GB for each million.")
    ] = True,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per row.")] = False,
) -> None:
    """Ask a trade where lots went, what items came of, what they have in common and where they were.

    The trade is grown as tables: farms, plants and packers, three transformations, reused crates, items in
    cases on pallets. Rivals hold the same thing by thing and must answer the same; their loading is not
    timed. Best of three of each question, in processor time; the factors are those of the medians and of all
    questions together.
    """
    begun = process_time()
    trade = grow(_LOTS[rows])
    grown = {
        "rows": trade.rows,
        "things": int(trade.count.sum()),
        "nodes": len(trade.count),
        "grown_s": round(process_time() - begun, 1),
        "bytes_per_row": round(trade.size / trade.rows, 2),
    }
    typer.echo(orjson.dumps(grown).decode() if json else _grown(grown))
    with ExitStack() as rivals:
        others: dict[str, Rival] = {"networkx": Networkx(trade)} if walk else {}
        if address is not None:
            others["PostgreSQL, naive"] = rivals.enter_context(postgres(trade, address))
        if not json:
            typer.echo(" " * _WIDE + "".join(f"{name:>{wide}}" for name, wide in _COLUMNS.items()))
        for row in Trial(trade, questions, others).rows():
            typer.echo(orjson.dumps(asdict(row)).decode() if json else _line(row))
    memory = round(resident_gb(), 2)
    typer.echo(orjson.dumps({"resident_gb": memory}).decode() if json else f"at most {memory} GB of memory")


def _grown(told: dict[str, float]) -> str:
    return (
        "{things:,} things in {nodes:,} nodes, {rows:,} links and stays, {bytes_per_row} bytes for each; "
        "grown in {grown_s} s"
    ).format_map(told)


def _line(row: Timed) -> str:
    ours = row.engine == "compiled"
    told = f"{row.engine:<20}{row.questions:6}{row.found:10,.0f}{row.p50:11.3f}{row.p99:11.3f}"
    factors = "" if ours else f"{row.times_p50:9.0f}{row.times_all:9.0f}"
    return f"{row.question if ours else '':{_WIDE}}{told}{factors}"
