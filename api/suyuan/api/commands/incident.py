"""``suyuan incident``: networks of stations and deliveries, without a store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import orjson
import typer

from suyuan.api.networks import read_network
from suyuan.trace.epcis.problems import Problem
from suyuan.trace.errors import TooLarge, WrongUse
from suyuan.trace.incident import Dates, Dialect, NetworkInvalid, Reading, Scores, Settings, score
from suyuan.trace.incident.json_settings import LIMITS
from suyuan.trace.incident.render import scores_json

app = typer.Typer(
    help="Incidents: which stations and deliveries the cases have in common.", no_args_is_help=True
)

_MOST_NAMED = 20


@app.callback()
def incident() -> None:
    """Incidents: which stations and deliveries the cases have in common."""


@app.command(name="score")
def score_network(
    network: Annotated[
        Path,
        typer.Argument(
            help="A network in JSON, or an All-in-One workbook (.xlsx).", exists=True, dir_okay=False
        ),
    ],
    dialect: Annotated[
        Dialect,
        typer.Option(help="As FoodChain-Lab's desktop or web answers; exact: desktop, true on cycles."),
    ] = "exact",
    dates: Annotated[
        Dates, typer.Option(help="Days that cross-contamination keeps to, in the dialect web.")
    ] = "inferred",
    case: Annotated[
        list[str] | None,
        typer.Option(
            help="A station, or else delivery, with a case; may be repeated. Instead of those of the file."
        ),
    ] = None,
    suppose: Annotated[
        Path | None,
        typer.Option(
            help="JSON of suppositions, in the words of params, instead of those of the file.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    temporal_order: Annotated[
        bool | None,
        typer.Option(
            help="Whether cross-contamination keeps to time, in desktop and exact. Default: as the file says."
        ),
    ] = None,
    lots: Annotated[bool, typer.Option("--lots", help="Print the scores of lots, too.")] = False,
) -> None:
    """Print the score of every station and delivery as JSON; what is doubtful goes to stderr.

    Weights, cross-contamination, kills, merged and observed stations are taken from the file. Exit status 1
    if the network has faults: all of them are told, and nothing is scored.
    """
    try:
        read = read_network(_content(network), b"" if suppose is None else _content(suppose) or b" ")
    except NetworkInvalid as error:
        _tell(network, error.problems)
        if error.count > len(error.problems):
            typer.echo(f"{network}: {error.count - len(error.problems)} more faults", err=True)
        raise typer.Exit(1) from error
    _tell(network, read.warnings)
    settings = _supposed(read, case, temporal_order)
    found = score(read.network, settings, dialect=dialect, dates=dates)
    _tell_cycles(network, read, settings, found, dialect)
    typer.echo(orjson.dumps(scores_json(found, lots=lots)).decode())


def _content(path: Path) -> bytes:
    """A file, no more of it than is read at all."""
    with path.open("rb") as file:
        return file.read(LIMITS.body_bytes + 1)


def _supposed(read: Reading, cases: list[str] | None, temporal_order: bool | None) -> Settings:
    settings = read.settings
    if temporal_order is not None:
        settings = replace(settings, temporal_order=temporal_order)
    if not cases:
        return settings
    stations = {station.id for station in read.network.stations} | set(settings.merge.values())
    deliveries = {delivery.id for delivery in read.network.deliveries} - stations
    for name in cases:
        if name not in stations and name not in deliveries:
            raise WrongUse(
                "There is no station and no delivery {id}.",
                where="--case",
                id=name,
                remedy="Check the spelling.",
            )
    for name in dict.fromkeys(cases):
        if name in settings.merge:
            typer.echo(f"--case: {name} is merged into {settings.merge[name]}, which has the case.", err=True)
    meant = [settings.merge.get(name, name) for name in cases]
    return replace(
        settings,
        station_weight={name: 1.0 for name in meant if name in stations},
        delivery_weight={name: 1.0 for name in meant if name in deliveries},
    )


def _tell(network: Path, problems: Iterable[Problem]) -> None:
    for one in problems:
        typer.echo(f"{network}: {one.where or '/'}: {one.detail} {one.remedy}".rstrip(), err=True)


def _tell_cycles(network: Path, read: Reading, settings: Settings, found: Scores, dialect: Dialect) -> None:
    """Name dates left out and cycles; for exact what desktop scores otherwise, normalised scores aside."""
    if found.undated:
        typer.echo(f"{network}: deliveries whose dates contradict: {_names(found.undated)}", err=True)
    for cycle in found.cycles:
        typer.echo(f"{network}: deliveries that can reach each other: {_names(cycle)}", err=True)
    if dialect != "exact" or not (found.cycles or found.returning):
        return
    if found.returning:
        typer.echo(f"{network}: weighted stations that reach themselves: {_names(found.returning)}", err=True)
    try:
        desktop = score(read.network, settings, dialect="desktop")
    except TooLarge as error:
        typer.echo(f"{network}: desktop is not compared: {error}", err=True)
        return
    for kind, ours, theirs in (
        ("stations", found.stations, desktop.stations),
        ("deliveries", found.deliveries, desktop.deliveries),
    ):
        other = [
            name
            for name, one in ours.items()
            if replace(one, normalized=theirs[name].normalized) != theirs[name]
        ]
        if other:
            typer.echo(f"{network}: {kind} that desktop scores otherwise: {_names(other)}", err=True)


def _names(names: Iterable[str]) -> str:
    told = list(names)
    more = len(told) - _MOST_NAMED
    return ", ".join(told[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
