"""``suyuan simulate``: worlds with recorded truth, in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from suyuan.simulator.trade.deeds import DAY
from suyuan.simulator.trade.files import Form, Wishes, wishes, write_world
from suyuan.simulator.trade.goods import CROPS, DEEPEST
from suyuan.simulator.trade.plan import Extent

app = typer.Typer(help="Imagine worlds with recorded truth.", no_args_is_help=True)

_BEGINS = datetime(2026, 3, 1)  # noqa: DTZ001 - a day, local wherever the world is


@app.callback()
def simulate() -> None:
    """Imagine worlds with recorded truth."""


@app.command()
def world(
    out: Annotated[Path, typer.Option(help="A folder that is not there yet.")],
    farms: Annotated[int, typer.Option(min=1, max=500_000)] = 40,
    days: Annotated[int, typer.Option(min=1, max=3660)] = 21,
    seed: Annotated[int, typer.Option(min=0, help="Decides everything that is not told here.")] = 1,
    processors: Annotated[int | None, typer.Option(min=1, help="Default: an eighth of the farms.")] = None,
    packers: Annotated[int | None, typer.Option(min=1, help="Default: an eighth of the farms.")] = None,
    distributors: Annotated[int | None, typer.Option(min=1, help="Default: a twelfth of the farms.")] = None,
    shops: Annotated[int | None, typer.Option(min=1, help="Default: as many as farms.")] = None,
    crops: Annotated[str, typer.Option(help="Which, between commas.")] = ",".join(CROPS),
    depth: Annotated[int, typer.Option(min=1, max=DEEPEST, help="Most transformations in a row.")] = DEEPEST,
    begins: Annotated[datetime, typer.Option(help="The first day.", formats=["%Y-%m-%d"])] = _BEGINS,
    inject: Annotated[
        str,
        typer.Option(
            help="Between commas: outbreak or outbreak-at-plant (=people who fall ill), "
            "fraud (oversell, relabel, dilution), clone, diversion, lost, expired (=how many), "
            "records (missing, unquantified), reads (missed, stray, repeated), late, "
            "corrections (corrected, retracted) (=share of the events)."
        ),
    ] = "",
    pathogen: Annotated[str, typer.Option(help="Of the outbreak; it decides when people fall ill.")] = (
        "salmonella"
    ),
    form: Annotated[
        Form, typer.Option(help="Lines for `suyuan load`, documents, or arrays for engines.")
    ] = "lines",
) -> None:
    """Write a food trade from farms to shops: EPCIS 2.0 events, master data, and what really happened.

    Load it with `suyuan load OUT/epcis`. The same options give the same bytes.
    """
    extent = Extent(
        farms, days, seed, processors, packers, distributors, shops,
        tuple(filter(None, (crop.strip() for crop in crops.split(",")))), depth, begins.date(),
    )  # fmt: skip
    asked = wishes(inject, pathogen)
    console = Console(stderr=True, highlight=False)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("Imagining", total=days * DAY)

        def tell(events: int, time: float) -> None:
            progress.update(task, completed=time, description=f"{events:,} events")

        found = write_world(extent, asked, form, out, tell)
    typer.echo(f"{found.events} events, {found.lots} lots in {out}")
    if asked.outbreak is not None:
        typer.echo(
            f"{found.affected} lots and items affected, {found.cases} people ill: {out / 'truth.json'}"
        )
    for kind, number in sorted(found.faults.items()):
        typer.echo(f"{number} {kind}")
    for kind in _without(asked, found.faults):
        typer.echo(f"no {kind}: there was no chance for it; more farms or days give one", err=True)


def _without(asked: Wishes, faults: Mapping[str, int]) -> list[str]:
    """What was asked for and did not come about."""
    wanted = [kind for kind, number in {**asked.mischief, **asked.shares}.items() if number]
    return [kind for kind in wanted if not faults.get(kind)]
