"""``suyuan bench sources``: how often the true source is ranked first, on outbreaks with recorded truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import orjson
import typer

from suyuan.simulator.source_trials import ORDERS, ROWS, Measured, Row, trials
from suyuan.trace.errors import WrongUse

_WIDE = 44


def sources(
    seed: Annotated[
        int, typer.Option(min=0, help="Of the worlds; those below 1000 were used in development.")
    ],
    outbreaks: Annotated[int, typer.Option(min=1, max=100_000, help="In each row.")] = 400,
    only: Annotated[
        list[str] | None, typer.Option("--row", help="Rows whose name begins so; may be repeated.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per row.")] = False,
) -> None:
    """Rank the farms of simulated outbreaks: the true one first, among five, mean rank, with its days.

    Beside it the same by effective distance and by FoodChain-Lab's score; equals share their places. The
    lower bound is that of Wilson's 95 % interval. Rows in other words than "clean", "unrelated" and "not on
    record" are worlds of other shapes than the ranking assumes.
    """
    for wanted in only or ():
        if not any(row.name.startswith(wanted) for row in ROWS):
            raise WrongUse(
                "There is no row {name}",
                where="--row",
                name=wanted,
                remedy=f"Begin the name of one of: {', '.join(row.name for row in ROWS)}.",
            )
    rows = [row for row in ROWS if only is None or row.name.startswith(tuple(only))]
    if not json:
        typer.echo(f"{'outbreaks of':{_WIDE}}" + "".join(f"{order:>36}" for order in ORDERS))
        typer.echo(" " * _WIDE + "   first (bound)  of 5  rank  dated" * len(ORDERS))
    for row, found in trials(seed, outbreaks, rows):
        typer.echo(_object(row, found) if json else _line(row, found))


def _line(row: Row, found: Mapping[str, Measured]) -> str:
    told = "".join(
        f"   {one.first:4.0%} ({max(one.low, 0):4.0%})  {one.five:4.0%}  {one.rank:4.1f}   {one.dated:4.0%}"
        for one in found.values()
    )
    goal = (
        ""
        if row.goal is None
        else f"   goal {row.goal:.0%}: {'met' if row.goal <= _ours(found) else 'missed'}"
    )
    return f"{row.name:{_WIDE}}{told}{goal}"


def _ours(found: Mapping[str, Measured]) -> float:
    return found[ORDERS[0]].low


def _object(row: Row, found: Mapping[str, Measured]) -> str:
    orders = {name: asdict(one) for name, one in found.items()}
    return orjson.dumps({"row": row.name, **asdict(row), "orders": orders}).decode()
