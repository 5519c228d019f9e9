"""``suyuan epcis``: documents checked and hashed without a store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from suyuan.trace.epcis.document import read_document
from suyuan.trace.epcis.envelope import Document
from suyuan.trace.epcis.event_hash import event_hash
from suyuan.trace.epcis.problems import ValidationError

app = typer.Typer(help="EPCIS documents.", no_args_is_help=True)


@app.command()
def validate(
    files: Annotated[
        list[Path], typer.Argument(help="EPCIS documents, JSON-LD or XML.", exists=True, dir_okay=False)
    ],
) -> None:
    """Tell what is wrong with each document; exit status 1 if anything is."""
    wrong = False
    for path in files:
        try:
            document = _read(path)
        except ValidationError as error:
            wrong = True
            typer.echo(f"{path}: not valid")
            for item in error.problems:
                typer.echo(f"  {item.where or '/'}: {item.detail} {item.remedy}")
        else:
            typer.echo(f"{path}: valid, {len(document.events)} events")
    if wrong:
        raise typer.Exit(1)


@app.command(name="hash")
def hash_events(
    files: Annotated[
        list[Path], typer.Argument(help="EPCIS documents, JSON-LD or XML.", exists=True, dir_okay=False)
    ],
) -> None:
    """Print the CBV 2.0 event hash of every event."""
    for path in files:
        for event in _read(path).events:
            typer.echo(event_hash(event))


def _read(path: Path) -> Document:
    return read_document(
        path.read_bytes(), "application/xml" if path.suffix == ".xml" else "application/json"
    )
