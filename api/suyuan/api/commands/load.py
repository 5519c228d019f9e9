"""``suyuan load``: capture documents from files and folders."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, cast

import orjson
import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Engine

from suyuan.api.house import prepared_engine
from suyuan.api.settings import read_settings
from suyuan.trace.epcis.problems import ValidationError
from suyuan.trace.errors import InvalidInput, SuyuanError, TooLarge, WrongUse
from suyuan.trace.store.capture import capture

_SUFFIXES = (".json", ".jsonld", ".xml")
_LIMIT = 16 * 1024 * 1024
# GS1 publishes examples with a DOCTYPE that names a root and declares nothing. Over the network every DOCTYPE
# is refused; in a file that the operator names, this one is left out.
_EMPTY_DOCTYPE = re.compile(rb"\A(\s*(?:<\?xml[^>]{0,200}\?>)?\s*)<!DOCTYPE\s+[A-Za-z:]+\s*>")
_LOADER = "https://ns.suyuan.example/party/loader"


@dataclass(slots=True)
class _Tally:
    files: int = 0
    captured: int = 0
    duplicates: int = 0
    conflicts: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class _Outcome:
    file: str
    captured: int = 0
    duplicates: int = 0
    conflicts: int = 0
    refused: Sequence[str] = ()


def load(
    files: Annotated[
        list[Path], typer.Argument(help="EPCIS documents (JSON-LD or XML, also .gz) or folders of them.")
    ],
    db: Annotated[str | None, typer.Option(help="Database URL or SQLite file (SUYUAN_DATABASE).")] = None,
    party: Annotated[str, typer.Option(help="Identifier of the capturing party.")] = _LOADER,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Capture documents, each in one transaction. What is refused is told with the reason; exit status 1."""
    documents = list(_documents(files))
    engine = prepared_engine(db or read_settings(os.environ).database)
    tally = _Tally()
    console = Console(stderr=True, highlight=False)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        for path in progress.track(documents, description="Loading"):
            _report(_capture(engine, path, party, tally), as_json=json)
    summary = (
        f"{tally.files} documents: {tally.captured} events captured, {tally.duplicates} known already, "
        f"{tally.conflicts} conflicts, {tally.refused} documents refused"
    )
    typer.echo(summary, err=json)
    if tally.refused:
        raise typer.Exit(1)


def _documents(paths: Iterable[Path]) -> Iterator[Path]:
    """Every document named, and those in named folders: files of known endings that hold EPCIS documents."""
    for path in paths:
        if path.is_dir():
            for found in sorted(path.rglob("*")):
                if found.is_file() and _ending(found) in _SUFFIXES and _holds_events(found):
                    yield found
        elif path.exists():
            yield path
        else:
            raise WrongUse("There is no file {path}", where="FILE", path=path, remedy="Check the name.")


def _ending(path: Path) -> str:
    return (path.with_suffix("") if path.suffix == ".gz" else path).suffix


def _holds_events(path: Path) -> bool:
    """Whether a file in a folder is an EPCIS document at all; schemas and contexts are passed over."""
    content = _content(path)
    if _ending(path) == ".xml":
        head = content[:4096]
        return b"EPCISDocument" in head or b"EPCISQueryDocument" in head
    try:
        parsed = orjson.loads(content)
    except orjson.JSONDecodeError:
        return True  # it claims to be a document and is broken: that must be told
    form: object = cast("dict[str, object]", parsed).get("type") if isinstance(parsed, dict) else None
    return form in ("EPCISDocument", "EPCISQueryDocument")


def _content(path: Path) -> bytes:
    return _EMPTY_DOCTYPE.sub(rb"\1", _bytes(path), count=1) if _ending(path) == ".xml" else _bytes(path)


def _bytes(path: Path) -> bytes:
    if path.suffix != ".gz":
        return path.read_bytes()
    with gzip.open(path) as stream:
        content = stream.read(_LIMIT + 1)
    if len(content) > _LIMIT:
        raise TooLarge("{path} is larger than {limit} bytes when unpacked", path=path, limit=_LIMIT)
    return content


def _capture(engine: Engine, path: Path, party: str, tally: _Tally) -> _Outcome:
    tally.files += 1
    media_type = "application/xml" if _ending(path) == ".xml" else "application/json"
    try:
        job = capture(engine, _content(path), media_type, party=party, now=datetime.now(UTC))
    except (InvalidInput, TooLarge) as error:
        tally.refused += 1
        return _Outcome(str(path), refused=_reasons(error))
    if not job.success:
        tally.refused += 1
        return _Outcome(str(path), refused=[f"event {e.index}: {e.where}: {e.detail}" for e in job.errors])
    tally.captured += job.captured
    tally.duplicates += job.duplicates
    tally.conflicts += job.conflicts
    return _Outcome(str(path), job.captured, job.duplicates, job.conflicts)


def _reasons(error: SuyuanError) -> list[str]:
    if isinstance(error, ValidationError):
        return [f"{item.where}: {item.detail} {item.remedy}" for item in error.problems]
    return [str(error)]


def _report(outcome: _Outcome, *, as_json: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps(outcome).decode())
    elif outcome.refused:
        typer.echo(f"refused {outcome.file}", err=True)
        for reason in outcome.refused:
            typer.echo(f"  {reason}", err=True)
