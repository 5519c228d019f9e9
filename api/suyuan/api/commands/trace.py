"""``suyuan trace``: ask the store of this environment where something came from or went."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from suyuan.api.database import check_stored
from suyuan.api.house import open_house
from suyuan.api.incident.desk import InvestigationDesk
from suyuan.api.incident.exports.making import FORMATS, Format, Wanted, exported
from suyuan.api.incident.exports.subject import Subject
from suyuan.api.settings import read_settings
from suyuan.portal.language import Language, Speech
from suyuan.trace.errors import WrongUse
from suyuan.trace.gs1 import canonical_key
from suyuan.trace.lineage import Options, Suspect, Trace
from suyuan.trace.lineage.render import trace_json
from suyuan.trace.store.sight import HOUSE

app = typer.Typer(help="Trace forward or back.", no_args_is_help=True)

_WIDE = 400

Epc = Annotated[
    str, typer.Argument(help="Identifier in any spelling: Digital Link, EPC URN, lot, SSCC link.")
]
Db = Annotated[str | None, typer.Option(help="Database URL or SQLite file (SUYUAN_DATABASE).")]
Export = Annotated[
    Path | None,
    typer.Option(help=f"Write a file instead, its form by its ending: {', '.join(FORMATS)}.", dir_okay=False),
]
Words = Annotated[Language, typer.Option("--language", help="Of the headings of the file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON in the words of the tracing contract.")]


@app.command()
def forward(
    epc: Epc, db: Db = None, json: Json = False, export: Export = None, language: Words = "en"
) -> None:
    """Where did it go, and what was made of it?"""
    _trace(epc, "forward", db, _Form(json, export, language))


@app.command()
def back(epc: Epc, db: Db = None, json: Json = False, export: Export = None, language: Words = "en") -> None:
    """Where did it come from?"""
    _trace(epc, "backward", db, _Form(json, export, language))


@dataclass(frozen=True, slots=True)
class _Form:
    """How the answer is told."""

    as_json: bool
    export: Path | None
    language: Language

    @property
    def format(self) -> Format | None:
        """The form of the file that is written, if one is.

        Raises:
            WrongUse: its ending is none of those that there are.
        """
        if self.export is None:
            return None
        found: Format | None = next((one for one in FORMATS if self.export.suffix.lower() == f".{one}"), None)
        if found is None:
            raise WrongUse(
                "{name} ends like no form that is written.",
                where="--export",
                name=self.export.name,
                remedy=f"End it with one of: {', '.join(FORMATS)}.",
            )
        return found


def _trace(epc: str, direction: Literal["forward", "backward"], db: str | None, form: _Form) -> None:
    wanted = form.format
    environ = {**os.environ, **({"SUYUAN_DATABASE": db} if db else {})}
    settings = read_settings(environ)
    check_stored(settings.database)
    house = open_house(settings)
    try:
        key = canonical_key(epc)
        with house.settled() as evidence:
            found = house.seen_by(HOUSE).trace([Suspect(key)], Options(direction))
        if wanted is not None and form.export is not None:
            desk, speech = InvestigationDesk(house), Speech(form.language, house.zone)
            subject = Subject(found, None, None, evidence, house.now(), "", desk, speech, key)
            _write(form.export, exported(subject, Wanted(wanted)).pieces)
            return
    finally:
        house.close()
    if form.as_json:
        for piece in trace_json(found):
            typer.echo(piece, nl=False)
        typer.echo()
    else:
        _print(found)


def _write(file: Path, pieces: Iterable[bytes]) -> None:
    try:
        with file.open("wb") as out:
            out.writelines(pieces)
    except OSError as error:
        raise WrongUse(
            "{name} cannot be written: {reason}",
            where="--export",
            name=str(file),
            reason=error.strerror or str(error),
            remedy="Name a file in a folder where this user may write.",
        ) from error


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
