"""``suyuan epcis``: documents checked, hashed and written in the other rendering, without a store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import orjson
import typer

from suyuan.trace.epcis.document import read_document
from suyuan.trace.epcis.envelope import Document
from suyuan.trace.epcis.event_hash import Version, event_hash, pre_hash
from suyuan.trace.epcis.json_document import write_json
from suyuan.trace.epcis.problems import Problem, ValidationError
from suyuan.trace.epcis.xml_write import write_xml

app = typer.Typer(help="EPCIS documents.", no_args_is_help=True)

_Files = Annotated[
    list[Path], typer.Argument(help="EPCIS documents, JSON-LD or XML.", exists=True, dir_okay=False)
]
_Jsonl = Annotated[bool, typer.Option("--jsonl", help="Print JSON lines.")]


@app.command()
def validate(files: _Files, jsonl: _Jsonl = False) -> None:
    """Tell what is wrong with each document; exit status 1 if anything is.

    With --jsonl one line a document: {"file", "ok", "errors": [{"at", "message"}]}.
    """
    faults = {path: _faults(path) for path in files}
    for path, (found, events) in faults.items():
        if jsonl:
            errors = [{"at": one.where or "/", "message": f"{one.detail} {one.remedy}"} for one in found]
            _print_line({"file": str(path), "ok": not found, "errors": errors})
            continue
        typer.echo(f"{path}: not valid" if found else f"{path}: valid, {events} events")
        for one in found:
            typer.echo(f"  {one.where or '/'}: {one.detail} {one.remedy}")
    if any(found for found, _ in faults.values()):
        raise typer.Exit(1)


@app.command(name="hash")
def hash_events(
    files: _Files,
    version: Annotated[Version, typer.Option(help="Of the CBV: CBV2.0 or CBV2.1.")] = "CBV2.0",
    jsonl: _Jsonl = False,
) -> None:
    """Print the CBV event hash of every event.

    With --jsonl one line an event: {"file", "index", "hash", "prehash"}.
    """
    for path in files:
        for index, event in enumerate(_read(path).events):
            found = event_hash(event, version=version)
            if jsonl:
                _print_line({"file": str(path), "index": index, "hash": found, "prehash": pre_hash(event)})
            else:
                typer.echo(found)


@app.command()
def convert(
    file: Annotated[
        Path, typer.Argument(help="An EPCIS document, JSON-LD or XML.", exists=True, dir_okay=False)
    ],
    to: Annotated[Literal["json", "xml"], typer.Option(help="The rendering to write.")],
) -> None:
    """Print the events of a document in the other rendering of EPCIS 2.0."""
    document = _read(file)
    created = document.creation_date or datetime.now(UTC)
    typer.echo(
        write_json(document.events, creation_date=created, context=document.context)
        if to == "json"
        else write_xml(document.events, creation_date=created)
    )


def _faults(path: Path) -> tuple[Sequence[Problem], int]:
    """What is wrong with a document, and how many events it has."""
    try:
        return (), len(_read(path).events)
    except ValidationError as error:
        return error.problems, 0


def _print_line(answer: dict[str, object]) -> None:
    typer.echo(orjson.dumps(answer).decode())


def _read(path: Path) -> Document:
    return read_document(
        path.read_bytes(), "application/xml" if path.suffix == ".xml" else "application/json"
    )
