"""``suyuan trace``: ask the store of this environment where something came from or went."""

from __future__ import annotations

import os
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from suyuan.api.house import open_house
from suyuan.api.settings import read_settings
from suyuan.trace.gs1 import canonical_key
from suyuan.trace.lineage import Options, Suspect, Trace
from suyuan.trace.lineage.render import trace_json

app = typer.Typer(help="Trace forward or back.", no_args_is_help=True)

_WIDE = 400

Epc = Annotated[
    str, typer.Argument(help="Identifier in any spelling: Digital Link, EPC URN, lot, SSCC link.")
]
Db = Annotated[str | None, typer.Option(help="Database URL or SQLite file (SUYUAN_DATABASE).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON in the words of the tracing contract.")]


@app.command()
def forward(epc: Epc, db: Db = None, json: Json = False) -> None:
    """Where did it go, and what was made of it?"""
    _trace(epc, "forward", db, as_json=json)


@app.command()
def back(epc: Epc, db: Db = None, json: Json = False) -> None:
    """Where did it come from?"""
    _trace(epc, "backward", db, as_json=json)


def _trace(epc: str, direction: Literal["forward", "backward"], db: str | None, *, as_json: bool) -> None:
    environ = {**os.environ, **({"SUYUAN_DATABASE": db} if db else {})}
    house = open_house(read_settings(environ))
    try:
        key = canonical_key(epc)
        house.known(key)
        found = house.trace([Suspect(key)], Options(direction))
    finally:
        house.close()
    if as_json:
        for piece in trace_json(found):
            typer.echo(piece, nl=False)
        typer.echo()
    else:
        _print(found)


def _print(found: Trace) -> None:
    table = Table("object", "kind", "certainty", "from", "until", "where now", "status")
    for state in found.states:
        now = state.where_now
        table.add_row(
            state.key.removeprefix("https://id.gs1.org"),
            f"{state.kind} (carrier)" if state.carrier else state.kind,
            state.certainty,
            "" if state.from_time is None else state.from_time.isoformat(timespec="minutes"),
            "" if state.to_time is None else state.to_time.isoformat(timespec="minutes"),
            (now.place or now.container or "").removeprefix("https://id.gs1.org") if now else "",
            now.status if now else "",
        )
    console = Console()
    if not console.is_terminal:  # read by a program or a file: nothing is cut
        console = Console(width=_WIDE)
    console.print(table)
    console.print(f"{len(found.states)} states, {len(found.edges)} edges, {len(found.places)} places")
