"""``suyuan load``: capture documents and lines of events from files and folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Engine

from suyuan.api.authority import LOADER
from suyuan.api.commands.event_files import (
    Batch,
    batches,
    content,
    event_files,
    has_lines,
    media_type,
    unpacked_size,
)
from suyuan.api.commands.line_readers import Readers, line_readers, prepared_batches
from suyuan.api.database import prepared_engine
from suyuan.api.settings import read_settings
from suyuan.trace.epcis.collector import paused_collector
from suyuan.trace.epcis.problems import ValidationError
from suyuan.trace.errors import InvalidInput, SuyuanError, TooLarge
from suyuan.trace.store.capture import capture, store
from suyuan.trace.store.engine import expect_much
from suyuan.trace.store.jobs import CaptureJob
from suyuan.trace.store.prepared import Prepared, prepare_lines

_MOST_REASONS = 1000  # of a file
INLINE_BYTES = 5 << 20
"""So much is done by one process: others take as long to start."""


@dataclass(slots=True)
class _Outcome:
    """What became of one file."""

    file: str
    captured: int = 0
    duplicates: int = 0
    conflicts: int = 0
    refusals: int = 0
    refused: list[str] = field(default_factory=list[str])

    def take(self, job: CaptureJob) -> None:
        self.captured += job.captured
        self.duplicates += job.duplicates
        self.conflicts += job.conflicts

    def refuse(self, reasons: Iterable[str]) -> None:
        for reason in reasons:
            self.refusals += 1
            if len(self.refused) < _MOST_REASONS:
                self.refused.append(reason)


def load(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="EPCIS documents (JSON-LD or XML), lines of events or documents (.ndjson, .jsonl), "
            "each also as .gz, or folders of them."
        ),
    ],
    db: Annotated[str | None, typer.Option(help="Database URL or SQLite file (SUYUAN_DATABASE).")] = None,
    party: Annotated[str, typer.Option(help="Identifier of the capturing party.")] = LOADER,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Capture each document, and each thousand lines, in one transaction.

    What is refused is told with the reason: a document as a whole, a line alone; exit status 1. To go on
    after an interruption, load the same files again: events that are known already are passed over.
    """
    found = list(event_files(files))
    console = Console(stderr=True, highlight=False)
    outcomes: list[_Outcome] = []
    with ExitStack() as stack:
        lines = sum(unpacked_size(path) for path in found if has_lines(path))
        # Started first: they get ready while the database is opened.
        readers = stack.enter_context(line_readers()) if lines > INLINE_BYTES else None
        engine = prepared_engine(db or read_settings(os.environ).database)
        stack.callback(engine.dispose)
        expect_much(engine)
        progress = stack.enter_context(Progress(console=console, disable=not console.is_terminal))
        task = progress.add_task("Loading", total=sum(path.stat().st_size for path in found))
        before = 0
        for path in found:
            outcome = _Outcome(str(path))
            for read in _load(engine, path, party, outcome, readers):
                progress.update(task, completed=before + read)
            before += path.stat().st_size
            outcomes.append(outcome)
            _report(outcome, as_json=json)
    typer.echo(_summary(outcomes), err=json)
    if any(outcome.refusals for outcome in outcomes):
        raise typer.Exit(1)


def _load(
    engine: Engine, path: Path, party: str, outcome: _Outcome, readers: Readers | None
) -> Iterator[int]:
    """Capture one file; gives how many bytes of it are done. A fault ends the file, not the others."""
    try:
        if has_lines(path):
            yield from _load_lines(engine, path, party, outcome, readers)
        else:
            _load_document(engine, path, party, outcome)
            yield path.stat().st_size
    except (InvalidInput, TooLarge) as error:
        outcome.refuse(_reasons(error))


def _load_document(engine: Engine, path: Path, party: str, outcome: _Outcome) -> None:
    clock = partial(datetime.now, UTC)
    job = capture(engine, content(path), media_type(path), party=party, now=clock(), clock=clock)
    if job.success:
        outcome.take(job)
    else:
        outcome.refuse(f"event {error.index}: {error.where}: {error.detail}" for error in job.errors)


def _load_lines(
    engine: Engine, path: Path, party: str, outcome: _Outcome, readers: Readers | None
) -> Iterator[int]:
    """Several processes read and check; this one writes, batch after batch in the order of the file."""
    faults: list[SuyuanError] = []
    with paused_collector():  # batches hold no cycles, and are let go one by one
        for batch, prepared in prepared_batches(_until_a_fault(path, faults), party, readers):
            outcome.refuse(f"line {number}: it is too long" for number in batch.too_long)
            _store(engine, batch.lines, prepared, outcome)
            yield batch.read
    for fault in faults:
        outcome.refuse(_reasons(fault))


def _store(engine: Engine, lines: Sequence[tuple[int, bytes]], prepared: Prepared, outcome: _Outcome) -> None:
    """Store the lines; where the database takes a text of one of them no more, all others of them."""
    clock = partial(datetime.now, UTC)
    try:
        job = store(engine, prepared, clock=clock)
    except InvalidInput as error:
        if len(lines) == 1:
            outcome.refuse(f"line {lines[0][0]}: {reason}" for reason in _reasons(error))
            return
        half = len(lines) // 2
        for part in (lines[:half], lines[half:]):
            _store(engine, part, prepare_lines(part, party=prepared.party, now=clock()), outcome)
    else:
        outcome.take(job)
        outcome.refuse(f"{error.where}: {error.detail}" for error in job.errors)


def _until_a_fault(path: Path, faults: list[SuyuanError]) -> Iterator[Batch]:
    """The batches of a file up to where it cannot be read: those before it are captured all the same."""
    try:
        yield from batches(path)
    except (InvalidInput, TooLarge) as error:
        faults.append(error)


def _summary(outcomes: Sequence[_Outcome]) -> str:
    captured = sum(outcome.captured for outcome in outcomes)
    duplicates = sum(outcome.duplicates for outcome in outcomes)
    conflicts = sum(outcome.conflicts for outcome in outcomes)
    refused = sum(bool(outcome.refusals) for outcome in outcomes)
    return (
        f"{len(outcomes)} files: {captured} events captured, {duplicates} known already, "
        f"{conflicts} conflicts, {refused} files with refusals"
    )


def _reasons(error: SuyuanError) -> list[str]:
    if isinstance(error, ValidationError):
        return [f"{item.where}: {item.detail} {item.remedy}" for item in error.problems]
    return [str(error)]


def _report(outcome: _Outcome, *, as_json: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps(outcome).decode())
    elif outcome.refusals:
        typer.echo(f"refused {'lines of ' if has_lines(Path(outcome.file)) else ''}{outcome.file}", err=True)
        for reason in outcome.refused:
            typer.echo(f"  {reason}", err=True)
        if outcome.refusals > len(outcome.refused):
            typer.echo(f"  and {outcome.refusals - len(outcome.refused)} more", err=True)
