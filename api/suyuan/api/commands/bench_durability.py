"""``suyuan bench durability``: campaigns in which nothing acknowledged may be lost, doubled or disordered.

Each prints its seed, and ends with status 1 where the law was broken.
"""

from __future__ import annotations

import secrets
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from suyuan.api.durability.deliveries import delivered
from suyuan.api.durability.stations import Came, Plan, under_faults
from suyuan.readers.errors import MissingDependency
from suyuan.readers.station import journal
from suyuan.readers.station.journal import Entry
from suyuan.simulator.durability import broker
from suyuan.simulator.durability.faulty_proxy import Faults
from suyuan.trace.errors import SuyuanError

app = typer.Typer(help="Campaigns against durability, with a verdict.", no_args_is_help=True)

_Seed = Annotated[int | None, typer.Option(min=0, help="Repeats a campaign; by default a new one.")]
_Folder = Annotated[
    Path | None, typer.Option(help="Where files are made and removed again: the disk that is measured.")
]
_MINUTE = 60


@app.callback()
def durability() -> None:
    """Campaigns against durability, with a verdict."""


@app.command("power-cuts")
def power_cuts(
    cuts: Annotated[int, typer.Option(min=3, help="How often the power goes.")] = 10_000,
    failing: Annotated[float, typer.Option(min=0, max=0.5, help="Share of syncs that fail.")] = 0.01,
    filling: Annotated[
        float, typer.Option(min=0, max=0.5, help="Share of writes that begin a time of a full disk.")
    ] = 0.002,
    normal: Annotated[
        bool, typer.Option("--normal", help="With synchronous=NORMAL, which must lose: tests the test.")
    ] = False,
    seed: _Seed = None,
    folder: _Folder = None,
) -> None:
    """The station's outbox on a disk that drops and tears what was not synced.

    Needs apsw, with which the disk is imagined.
    """
    try:
        from suyuan.simulator.durability import power_cuts as campaign  # noqa: PLC0415 (apsw is not everybody's)
    except ImportError as error:
        raise MissingDependency(
            "The imagined disk needs the library apsw.", where="apsw", remedy="pip install apsw"
        ) from error
    seed = _told(seed)
    start = time.perf_counter()
    with _place(folder) as place:
        came = campaign.power_cuts(
            place,
            cuts,
            seed=seed,
            normal=normal,
            trouble=campaign.Trouble(failing, filling),
            tell=typer.echo,
        )
    typer.echo(
        f"{came.cuts:,} power cuts in {time.perf_counter() - start:.0f} s, {came.in_recovery} of them while"
        f" recovering; {came.failed_syncs} syncs failed, {came.full} times the disk was full; {came.corrupt}"
        " files corrupt"
    )
    _end(str(came.verdict), holds=came.verdict.holds and not came.corrupt)


@app.command()
def kills(
    kills: Annotated[int, typer.Option(min=1, help="How often a station is killed.")] = 10_000,
    stations: Annotated[int, typer.Option(min=1, max=64, help="At work side by side.")] = 4,
    seed: _Seed = None,
    folder: _Folder = None,
) -> None:
    """`kill -9` of shipped stations, with readers over TCP, and now and then of the real server."""
    seed = _told(seed)
    with _place(folder) as place:
        came = under_faults(place, Plan(stations=stations, kills=kills), seed=seed, tell=typer.echo)
    _tell(came)


@app.command()
def station(
    minutes: Annotated[float, typer.Option(min=0.1, help="How long.")] = 60.0,
    readers: Annotated[int, typer.Option(min=1, max=16, help="LLRP readers, beside others.")] = 3,
    seed: _Seed = None,
    folder: _Folder = None,
) -> None:
    """One station of many readers under all faults at once: dead readers, garbage, kills, bad network.

    Beside those over LLRP an R700, one behind a real broker (mosquitto) and a simulated one.
    """
    there_is_a_broker = broker.program() is not None
    if not there_is_a_broker:
        typer.echo("NO READER BEHIND A BROKER: there is no mosquitto; apt-get install mosquitto", err=True)
    plan = Plan(
        stations=1,
        readers=readers,
        r700=True,
        mqtt=there_is_a_broker,
        seconds=minutes * _MINUTE,
        longest_life_s=_MINUTE,
        server_once_in=4,
        readers_fail=True,
        simulated_reader=True,
        faults=Faults(),
    )
    seed = _told(seed)
    with _place(folder) as place:
        came = under_faults(place, plan, seed=seed, tell=typer.echo)
    _tell(came)


@app.command()
def drain(
    events: Annotated[int, typer.Option(min=1, help="Reads of 72 hours offline.")] = 1_000_000,
    faulty: Annotated[
        bool, typer.Option("--faulty", help="Through a network that loses, tears, delays and doubles.")
    ] = False,
    batch: Annotated[int | None, typer.Option(min=1, help="Events in one document.")] = None,
    stations: Annotated[int, typer.Option(min=1, max=64, help="That share them, side by side.")] = 1,
    seed: _Seed = None,
    folder: _Folder = None,
) -> None:
    """Stations come back after 72 hours: their outboxes drain to the real server, each in order."""
    seed = _told(seed)
    with _place(folder) as place:
        came = delivered(
            place,
            events,
            seed=seed,
            faults=Faults() if faulty else None,
            batch=batch,
            stations=stations,
            tell=typer.echo,
        )
    if came.met:
        typer.echo("exchanges: " + ", ".join(f"{kind} {count:,}" for kind, count in sorted(came.met.items())))
    typer.echo(
        f"{came.events:,} events in {came.drained_s:.0f} s: {came.per_second:,.0f} events/s, "
        f"{came.server_cpu_s / came.events * 1e6:.0f} µs of a processor each at the server"
    )
    _end(str(came.verdict), holds=came.verdict.holds)


@app.command()
def commits(
    records: Annotated[int, typer.Option(min=100, help="How many, each way.")] = 2_000,
    folder: _Folder = None,
) -> None:
    """Durable records a second, each with a commit of its own, and a hundred in one."""
    for size in (1, 100):
        with _place(folder) as place:
            times = _commits(place / "outbox.sqlite", records, size)
        cuts = statistics.quantiles(times, n=100, method="inclusive")
        typer.echo(
            f"{size:3} in a commit: {len(times) * size / sum(times):8,.0f} records/s; a commit takes"
            f" {cuts[49] * 1000:.2f} ms (p50), {cuts[98] * 1000:.2f} ms (p99)"
        )


def _commits(path: Path, records: int, size: int) -> list[float]:
    """Seconds of each commit."""
    db = sqlite3.connect(path, isolation_level=None)
    journal.prepare(db, "bench")
    now, times = datetime.now(UTC), list[float]()
    for first in range(0, records, size):
        group = [
            Entry(f"urn:uuid:{number}", {"padding": "x" * 400}, now, 0.0, "b")
            for number in range(first, first + size)
        ]
        start = time.perf_counter()
        journal.append(db, group)
        times.append(time.perf_counter() - start)
    db.close()
    return times


def _told(seed: int | None) -> int:
    seed = secrets.randbelow(1 << 31) if seed is None else seed
    typer.echo(f"seed {seed}")
    return seed


@contextmanager
def _place(folder: Path | None) -> Generator[Path]:
    place = Path(tempfile.mkdtemp(prefix="suyuan-durability-", dir=folder))
    try:
        yield place
    except SuyuanError:  # it says which file in there tells why
        raise
    except BaseException:
        shutil.rmtree(place)
        raise
    shutil.rmtree(place)


def _tell(came: Came) -> None:
    starts = came.restart_s
    typer.echo(
        f"{came.kills:,} kills of stations and {came.server_kills} of the server in {came.took_s:.0f} s; from"
        f" a start to the first record {starts[len(starts) // 2]:.2f} s (p50),"
        f" {starts[int(len(starts) * 0.99)]:.2f} s (p99)"
    )
    if came.troubles:
        typer.echo("troubles: " + ", ".join(f"{kind} {n:,}" for kind, n in sorted(came.troubles.items())))
    typer.echo("records: " + ", ".join(f"{name} {n:,}" for name, n in sorted(came.of_readers.items())))
    told = (
        f"{came.verdict}; {came.read_twice} read twice, {came.standing_gaps} missing by the server's account"
    )
    _end(told, holds=came.holds)


def _end(told: str, *, holds: bool) -> None:
    typer.echo(f"{told}\n{'The law holds.' if holds else 'THE LAW IS BROKEN.'}")
    if not holds:
        raise typer.Exit(1)
