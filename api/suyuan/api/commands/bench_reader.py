"""``suyuan bench reader``: how fast tags come in, from the bytes of a report to observations in use."""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import multiprocessing
import os
import shlex
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from suyuan.readers.errors import TagLost, TransientConnectionError
from suyuan.readers.llrp.emulator import LlrpEmulator
from suyuan.readers.llrp.report import Content, read_report, write_report
from suyuan.readers.observation import Observation
from suyuan.readers.pcsc import service
from suyuan.readers.registry import open_reader
from suyuan.readers.virtual.pcscd import SOCKET_VARIABLE, PrivatePcscd, missing
from suyuan.readers.virtual.tags import VirtualNtag
from suyuan.readers.virtual.vpcd import VpcdCard
from suyuan.trace.errors import Unavailable, WrongUse

_DECODED = (1, 50, 200)
_FLOODED = (1, 50)
"""Tags in a report, where reports are only read, and where they come from an emulated reader."""
_ANTENNAS = 4
_WARM_UP = 2_000  # reads from which a client's pace is guessed
_HURRY_S = 1.0  # about how long a client is then measured
_PATIENCE_S = 120
_GET_UID = bytes.fromhex("ffca000000")


@dataclass(frozen=True, slots=True)
class Rates:
    """What was done in a second, in each round: the median, the least and the most.

    ``per_core``: the median in a second of the client's own processor time, where it is told.
    """

    what: str
    who: str
    unit: str
    median: float
    least: float
    most: float
    dropped: int = 0
    per_core: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement of a client: tags a second, and a second of its processor time where it tells that."""

    rate: float
    per_core: float | None = None
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Paced:
    """A reader that reports one tag after another: what that costs, and how soon each is there."""

    reads_per_second: float
    cpu_ms_per_1000: float
    p50_ms: float
    p99_ms: float
    dropped: int


def reader(
    tags: Annotated[int, typer.Option(min=1_000, help="Tags in each measurement of ours.")] = 200_000,
    rounds: Annotated[int, typer.Option(min=1, max=100, help="Of which the median is told.")] = 5,
    pace: Annotated[
        int, typer.Option(min=1, max=100_000, help="Single reads a second, where paced.")
    ] = 1_000,
    seconds: Annotated[float, typer.Option(min=0.1, max=3600, help="How long, where paced.")] = 3.0,
    peer: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=COMMAND of another client; the command is given HOST PORT inventory READS"
            ' and prints {"reads": …, "seconds": …, "processor_seconds": …} (repeatable).'
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per row.")] = False,
) -> None:
    """Measure LLRP and PC/SC: reading of reports, a client against an emulated reader, latency, APDUs.

    The emulated reader is a process of its own, over TCP on loopback. All clients are measured in turn in
    each round, from the first tag they are given to the last. PC/SC is measured on a private pcscd with a
    virtual card; that needs root, pcscd and vpcd, and a line says so where they are not there.
    """
    others = dict(map(_peer, peer or []))
    for row in itertools.chain(
        _decoding(tags, rounds),
        _flooding(tags, rounds, others),
        [_pacing(pace, seconds)],
        _exchanging(tags // 10, rounds),
    ):
        typer.echo(orjson.dumps(asdict(row)).decode() if json else _line(row))


def _peer(text: str) -> tuple[str, Sequence[str]]:
    name, equals, command = text.partition("=")
    if not (name and equals and command):
        raise WrongUse("{text} is not NAME=COMMAND.", where="peer", text=text)
    return name, shlex.split(command)


def _line(row: Rates | Paced | Absent) -> str:
    match row:
        case Rates():
            lost = f", {row.dropped:,} dropped" if row.dropped else ""
            core = "" if row.per_core is None else f"; {row.per_core:,.0f} a second of processor"
            return (
                f"{row.what:<44}{row.who:<10}{row.median:>12,.0f} {row.unit}"
                f"  ({row.least:,.0f} to {row.most:,.0f}{lost}){core}"
            )
        case Paced():
            return (
                f"paced at {row.reads_per_second:,.0f} reads/s: {row.cpu_ms_per_1000:.1f} ms of processor for"
                f" 1,000 reads; tag to observation p50 {row.p50_ms:.2f} ms, p99 {row.p99_ms:.2f} ms;"
                f" {row.dropped:,} dropped"
            )
        case Absent():
            return f"{row.what} was not measured: {row.reason}"


@dataclass(frozen=True, slots=True)
class Absent:
    """What could not be measured here."""

    what: str
    reason: str


def _rates(what: str, who: str, unit: str, runs: Sequence[Run]) -> Rates:
    rates = [run.rate for run in runs]
    cores = [run.per_core for run in runs if run.per_core is not None]
    return Rates(
        what,
        who,
        unit,
        statistics.median(rates),
        min(rates),
        max(rates),
        sum(run.dropped for run in runs),
        statistics.median(cores) if cores else None,
    )


# Reading of reports


def _decoding(tags: int, rounds: int) -> Iterator[Rates]:
    """Tags a second of processor time, reports of several sizes in turn."""
    reports = {size: _reports(tags, size) for size in _DECODED}
    runs: dict[int, list[Run]] = {size: [] for size in _DECODED}
    now = _now()
    for _, size in itertools.product(range(rounds), _DECODED):
        began = time.process_time()
        read = sum(len(read_report(report, "bench", now)) for report in reports[size])
        runs[size].append(Run(read / (time.process_time() - began)))
    for size, measured in runs.items():
        yield _rates(f"reading of reports with {size} tags", "suyuan", "tags/s", measured)


def _reports(tags: int, size: int) -> list[bytes]:
    """Reports as a dock door gives them: SGTIN-96 of one product, four antennas, some read more than once."""
    product, now = 0x3066C4409047E140 << 32, _now()
    seen = [
        Observation(
            "",
            1 + number % _ANTENNAS,
            (product | number).to_bytes(12, "big"),
            now + timedelta(microseconds=977 * number),
            now + timedelta(microseconds=977 * number + (number % 3) * 20_000),
            1 + number % 3,
            -40.0 - number % 35,
        )
        for number in range(tags)
    ]
    return [
        write_report(seen[start : start + size], message_id=start, content=Content(rospec_id=True))
        for start in range(0, tags, size)
    ]


# Clients of an emulated reader that reports as fast as it can


def _flooding(tags: int, rounds: int, peers: Mapping[str, Sequence[str]]) -> Iterator[Rates]:
    """Tags a second that reach a client's user, ours and others in turn."""
    with ExitStack() as readers:
        for size in _FLOODED:
            port = readers.enter_context(_emulated(_flood, size))
            runs: dict[str, list[Run]] = {name: [] for name in ("suyuan", *peers)}
            reads = {name: _enough(_theirs(command, port, _WARM_UP)) for name, command in peers.items()}
            for _ in range(rounds):
                runs["suyuan"].append(asyncio.run(_ours(port, tags)))
                for name, command in peers.items():
                    runs[name].append(_theirs(command, port, reads[name]))
            for name, measured in runs.items():
                yield _rates(f"from TCP to the user, reports of {size}", name, "tags/s", measured)


async def _ours(port: int, tags: int) -> Run:
    """Our client, from the first observation that it hands out to the last."""
    async with open_reader(f"llrp://127.0.0.1:{port}", now=_now) as opened:
        seen, began, used = 0, 0.0, 0.0
        async for _ in opened.observations():
            if not seen:
                began, used = time.perf_counter(), time.process_time()
            seen += 1
            if seen == tags:
                break
        took, used = time.perf_counter() - began, time.process_time() - used
        return Run(tags / took, tags / used, opened.health().dropped)


def _theirs(command: Sequence[str], port: int, reads: int) -> Run:
    """Another client, as it tells."""
    arguments = ["127.0.0.1", str(port), "inventory", str(reads)]
    said = b""
    try:
        done = subprocess.run([*command, *arguments], capture_output=True, check=False, timeout=_PATIENCE_S)  # noqa: S603 (the user's own command)
        said = done.stderr
        answer: Mapping[str, Any] = orjson.loads(done.stdout)
        used = answer.get("processor_seconds")
        return Run(answer["reads"] / answer["seconds"], answer["reads"] / used if used else None)
    except (
        OSError,
        subprocess.TimeoutExpired,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        ZeroDivisionError,
    ) as error:
        raise Unavailable(
            "{command} did not measure: {reason}",
            command=shlex.join(command),
            reason=said.decode(errors="replace")[-500:] or str(error),
        ) from error


def _enough(pilot: Run) -> int:
    """Reads for a measurement at that pace."""
    return max(_WARM_UP, round(pilot.rate * _HURRY_S))


@contextmanager
def _emulated(serve: Callable[[Connection, int], None], parameter: int) -> Generator[int]:
    """The port of an emulated reader in a process of its own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there, parameter), daemon=True)
    process.start()
    try:
        if not here.poll(_PATIENCE_S):
            raise Unavailable("The emulated reader does not start.")
        yield here.recv()
    finally:
        process.terminate()
        process.join()


def _flood(told: Connection, size: int) -> None:
    """Report as fast as the client reads, whenever it has a ROSpec running."""
    reports = b"".join(_reports(1_200 // size * size, size))

    async def serve() -> None:
        async with LlrpEmulator(now=_now) as emulator:
            told.send(emulator.port)
            while True:
                await emulator.listening()
                with suppress(TransientConnectionError):  # the client had enough
                    await emulator.send_raw(reports)
                await asyncio.sleep(0)

    asyncio.run(serve())


# A reader that reports single tags at an even pace


def _pacing(pace: int, seconds: float) -> Paced:
    with _emulated(_pace, pace) as port:
        return asyncio.run(_latencies(port, max(2, round(pace * seconds))))


async def _latencies(port: int, reads: int) -> Paced:
    """The times between the emulated reader's clock and ours: it is the same clock."""
    times: list[float] = []
    async with open_reader(f"llrp://127.0.0.1:{port}", now=_now) as opened:
        began, used = time.perf_counter(), time.process_time()
        async for seen in opened.observations():
            times.append((_now() - seen.first_seen) / timedelta(milliseconds=1))
            if len(times) == reads:
                break
        took, used = time.perf_counter() - began, time.process_time() - used
        cuts = statistics.quantiles(times, n=100, method="inclusive")
        return Paced(reads / took, used * 1e6 / reads, cuts[49], cuts[98], opened.health().dropped)


def _pace(told: Connection, pace: int) -> None:
    """Present one tag at a time, so many a second."""

    async def serve() -> None:
        async with LlrpEmulator(now=_now) as emulator:
            told.send(emulator.port)
            await emulator.listening()
            began = time.monotonic()
            for number in itertools.count():
                await asyncio.sleep(max(0.0, began + number / pace - time.monotonic()))
                await emulator.present(1, [number.to_bytes(12, "big")])

    asyncio.run(serve())


# PC/SC


def _exchanging(apdus: int, rounds: int) -> Iterator[Rates | Absent]:
    """APDUs a second through a real pcscd to a virtual card."""
    what = "PC/SC through pcscd to a virtual card"
    lacks = missing() or (
        "" if importlib.util.find_spec("smartcard") else "pyscard: pip install 'suyuan[pcsc]'"
    )
    if lacks:
        yield Absent(what, f"there is no {lacks}")
        return
    with tempfile.TemporaryDirectory(prefix="suyuan-bench-") as folder, ExitStack() as stack:
        daemon = stack.enter_context(PrivatePcscd(Path(folder)))
        before = os.environ.get(SOCKET_VARIABLE)
        stack.callback(_restore, before)
        os.environ[SOCKET_VARIABLE] = str(daemon.socket_path)
        stack.enter_context(VpcdCard(VirtualNtag(bytes.fromhex("04a1b2c3d4e5f6")), daemon.dial))
        yield _rates(what, "suyuan", "APDU/s", [Run(_apdus(apdus)) for _ in range(rounds)])


def _restore(before: str | None) -> None:
    if before is None:
        os.environ.pop(SOCKET_VARIABLE, None)
    else:
        os.environ[SOCKET_VARIABLE] = before


def _apdus(count: int) -> float:
    scard = service.load()
    status, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if status != service.SUCCESS:
        raise service.failure(status, "")
    try:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                with service.held(scard, context, service.readers(scard, context)[0]) as card:
                    began = time.perf_counter()
                    for _ in range(count):
                        card.transmit(_GET_UID)
                    return count / (time.perf_counter() - began)
            except TagLost:  # the daemon has not seen the card yet
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
    finally:
        scard.SCardReleaseContext(context)


def _now() -> datetime:
    return datetime.now(UTC)
