"""Processes that read and check lines of events, so that the one that started them only writes."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import typer
from rich.console import Console

from suyuan.api.commands.event_files import Batch
from suyuan.trace.errors import Unavailable
from suyuan.trace.store.prepared import Prepared, prepare_lines

_MOST_PROCESSES = 4  # more would only wait for the one that writes


@dataclass(frozen=True, slots=True)
class Readers:
    """Processes that read and check lines. They take a second to start: ``started`` is done when one has."""

    pool: ProcessPoolExecutor
    most: int
    started: Future[int]


@contextmanager
def line_readers() -> Generator[Readers]:
    """Processes that have their modules from one that read them for all, where the system can do that."""
    processes = min(os.cpu_count() or 1, _MOST_PROCESSES)
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    context.set_forkserver_preload([prepare_lines.__module__, typer.__name__, Console.__module__])
    with ProcessPoolExecutor(processes, context) as pool:
        yield Readers(pool, processes, pool.submit(os.getpid))


def prepared_batches(
    read: Iterable[Batch], party: str, readers: Readers | None
) -> Iterator[tuple[Batch, Prepared]]:
    """Each batch ready to be written, in order; a few at most are under way.

    Raises:
        Unavailable: a process was ended from outside.
    """
    under_way: deque[tuple[Batch, Future[Prepared]]] = deque()
    for batch in read:
        now = datetime.now(UTC)
        if readers is None or not readers.started.done():
            yield batch, prepare_lines(batch.lines, party=party, now=now)
            continue
        try:
            future = readers.pool.submit(prepare_lines, batch.lines, party=party, now=now)
        except BrokenProcessPool as error:
            raise _ended() from error
        under_way.append((batch, future))
        if len(under_way) > 2 * readers.most:
            yield _first(under_way)
    while under_way:
        yield _first(under_way)


def _first(under_way: deque[tuple[Batch, Future[Prepared]]]) -> tuple[Batch, Prepared]:
    batch, future = under_way.popleft()
    try:
        return batch, future.result()
    except BrokenProcessPool as error:
        raise _ended() from error


def _ended() -> Unavailable:
    return Unavailable(
        "A process that checks events was ended from outside",
        remedy="See that there is memory enough, and load the file again: what is known is passed over.",
    )
