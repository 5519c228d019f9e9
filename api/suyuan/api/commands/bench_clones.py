"""``suyuan bench clones``: how many copied codes are found and how many genuine ones accused, by rule."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from suyuan.simulator.clones.trials import (
    CLONE_COUNTS,
    SCENARIOS,
    Line,
    Scenario,
    Share,
    per_second,
    table,
    together,
)
from suyuan.trace.errors import WrongUse

_WIDE, _CELL = 32, 22
_LOTS, _SERIALS = 50, 20


def clones(
    seed: Annotated[int, typer.Option(min=0, help="Of the market; those below 1000 were used in training.")],
    codes: Annotated[int, typer.Option(min=10, max=1_000_000, help="Genuine codes of each market.")] = 10_000,
    only: Annotated[
        list[str] | None, typer.Option("--market", help="Markets whose name begins so; may be repeated.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each market.")] = False,
) -> None:
    """Copy codes in simulated markets, and ask each rule which they are.

    Of genuine codes those count that were scanned; of copied ones all do, a tenth as many for each number of
    copies, half of which nobody ever scans. In brackets Wilson's interval of 95 %.
    """
    for wanted in only or ():
        if not any(scenario.name.startswith(wanted) for scenario in SCENARIOS):
            raise WrongUse(
                "There is no market {name}",
                where="--market",
                name=wanted,
                remedy=f"Begin the name of one of: {'; '.join(scenario.name for scenario in SCENARIOS)}.",
            )
    for scenario in SCENARIOS:
        if only and not scenario.name.startswith(tuple(only)):
            continue
        lines = table(scenario.market, seed, codes)
        if json:
            typer.echo(_object(scenario, lines))
        else:
            _print(scenario, lines)
    if not json and not only:
        _print_lots(seed)
        typer.echo(f"\n{per_second(SCENARIOS[0].market, seed):,.0f} codes judged a second, on one core")


def _print(scenario: Scenario, lines: list[Line]) -> None:
    heads = ["false alarms", *(f"{count} copies" if count > 1 else "1 copy" for count in CLONE_COUNTS)]
    typer.echo(f"\n{scenario.name}\n{'':{_WIDE}}" + "".join(f"{head:>{_CELL}}" for head in heads))
    for line in lines:
        cells = "".join(f"{_told(share):>{_CELL}}" for share in (line.false_alarms, *line.found))
        typer.echo(f"{line.rule:{_WIDE}}{cells}")


def _print_lots(seed: int) -> None:
    with_the_lot, alone = together(SCENARIOS[0].market, seed, _LOTS, _SERIALS)
    typer.echo(f"\nlots of which {_SERIALS} codes were copied once each and sold in one city")
    typer.echo(f"found with what the lot tells {_told(with_the_lot)}, each code alone {_told(alone)}")


def _told(share: Share) -> str:
    low, high = share.interval
    return f"{share.value:.1%} ({low:.1%}–{high:.1%})"


def _object(scenario: Scenario, lines: list[Line]) -> str:
    rules = {
        line.rule: {
            "falseAlarms": _share(line.false_alarms),
            "found": {
                str(count): _share(share) for count, share in zip(CLONE_COUNTS, line.found, strict=True)
            },
        }
        for line in lines
    }
    return orjson.dumps({"market": scenario.name, "rules": rules}).decode()


def _share(share: Share) -> dict[str, object]:
    return {"found": share.found, "of": share.of, "share": share.value, "interval": share.interval}
