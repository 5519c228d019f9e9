"""``suyuan epcis``: documents checked, hashed and written in the other rendering, without a store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import orjson
import typer

from suyuan.trace.epcis.conversion import in_form
from suyuan.trace.epcis.document import read_document
from suyuan.trace.epcis.envelope import Document
from suyuan.trace.epcis.event_hash import Version, event_hash, pre_hash
from suyuan.trace.epcis.json_write import write_document_json
from suyuan.trace.epcis.problems import Problem, ValidationError
from suyuan.trace.epcis.representation import EpcFormat, is_in_form
from suyuan.trace.epcis.xml_write import write_document_xml
from suyuan.trace.gs1.prefixes import known_prefixes

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
    to: Annotated[
        Literal["json", "xml", "xml12"], typer.Option(help="EPCIS 2.0 in JSON or XML, or 1.2 in XML.")
    ],
    epc_format: Annotated[
        EpcFormat, typer.Option(help="How EPCs are written; those without such a spelling stay.")
    ] = "Never_Translates",
    company_prefix: Annotated[
        list[str] | None,
        typer.Option(help="A GS1 Company Prefix, for URNs of what it begins; may be repeated."),
    ] = None,
) -> None:
    """Print a document, all of it, in another rendering of EPCIS; exit status 1 if that has no room for it.

    What has no exact spelling in the EPC format asked for stays as it is, and is counted on stderr.
    """
    now = datetime.now(UTC)
    try:
        read = _read(file)
        document = in_form(read, epc_format, known_prefixes(company_prefix or ()))
        written = (
            write_document_json(document, now=now)
            if to == "json"
            else write_document_xml(document, now=now, version="1.2" if to == "xml12" else "2.0")
        )
    except ValidationError as error:
        for one in error.problems:
            typer.echo(f"{file}: {one.where or '/'}: {one.detail} {one.remedy}", err=True)
        raise typer.Exit(1) from error
    left = sum(not is_in_form(event, epc_format) for event in document.events)
    if left:
        typer.echo(f"{file}: events that keep EPCs without a spelling as {epc_format}: {left}", err=True)
    typer.echo(written)


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
