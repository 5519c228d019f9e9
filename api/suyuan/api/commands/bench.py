"""``suyuan bench``: what this machine does, measured with the real programs over real sockets and files."""

from __future__ import annotations

import os
import platform
import secrets
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import orjson
import typer

from suyuan.api.commands.bench_clones import clones
from suyuan.api.commands.bench_commission import commission
from suyuan.api.commands.bench_dock import dock
from suyuan.api.commands.bench_durability import app as durability
from suyuan.api.commands.bench_labels import labels
from suyuan.api.commands.bench_reader import reader
from suyuan.api.commands.bench_scan import scan
from suyuan.api.commands.bench_sources import sources
from suyuan.api.commands.bench_sun import sun
from suyuan.api.commands.bench_trace import trace
from suyuan.api.database import prepared_engine
from suyuan.api.demo.server import running_server
from suyuan.api.settings import Settings, read_settings
from suyuan.simulator.ports import free_port
from suyuan.trace.errors import Unavailable
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import Writing

app = typer.Typer(help="Measure this machine, and how good answers are.", no_args_is_help=True)
app.command()(clones)
app.command()(commission)
app.command()(dock)
app.command()(labels)
app.command()(reader)
app.command()(scan)
app.command()(sources)
app.command()(sun)
app.command()(trace)
app.add_typer(durability, name="durability")

PER_DOCUMENT = 100
_CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": "https://example.com/"}]
_PARTY = "https://id.gs1.org/417/9521234000013"
_BEGAN = datetime(2026, 5, 1, tzinfo=UTC)
_WARM_UP = 4  # documents that are not counted
_PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Measured:
    """Events a second of both ways in; times of one document of 100 events over HTTP, in milliseconds."""

    http_events_per_second: float
    http_p50_ms: float
    http_p99_ms: float
    load_events_per_second: float
    events: int
    clients: int
    machine: Mapping[str, Any]


@app.callback()
def bench() -> None:
    """Measure this machine, and how good answers are."""


@app.command()
def capture(
    events: Annotated[int, typer.Option(min=PER_DOCUMENT, help="How many, each way.")] = 20_000,
    clients: Annotated[int, typer.Option(min=1, max=64, help="Connections that send at once.")] = 4,
    folder: Annotated[
        Path | None, typer.Option(help="Where the store is made: the disk that is measured.", file_okay=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Capture over HTTP in documents of 100 events, each durable before it is answered, and `suyuan load`.

    Server and loader run as processes of their own, on a store of their own that is removed afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="suyuan-bench-", dir=folder) as made:
        found = measure(Path(made), events, clients)
    if json:
        typer.echo(orjson.dumps(asdict(found)).decode())
        return
    typer.echo(
        f"HTTP: {found.http_events_per_second:,.0f} events/s in documents of {PER_DOCUMENT} over "
        f"{clients} connections; p50 {found.http_p50_ms:.0f} ms, p99 {found.http_p99_ms:.0f} ms"
    )
    typer.echo(f"load: {found.load_events_per_second:,.0f} events/s from one NDJSON file")
    typer.echo("; ".join(f"{name} {value}" for name, value in found.machine.items()))


def measure(folder: Path, events: int, clients: int) -> Measured:
    """Both measurements, in a folder whose disk is measured with them."""
    times, took = _over_http(folder / "http", events // PER_DOCUMENT, clients)
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return Measured(
        http_events_per_second=len(times) * PER_DOCUMENT / took,
        http_p50_ms=cuts[49] * 1000,
        http_p99_ms=cuts[98] * 1000,
        load_events_per_second=events / _load(folder / "load", events),
        events=events,
        clients=clients,
        machine=_machine(),
    )


def _over_http(folder: Path, documents: int, clients: int) -> tuple[Sequence[float], float]:
    """Seconds of each document's request, and of all of them together."""
    folder.mkdir()
    port = free_port()
    settings = read_settings(
        {
            "SUYUAN_VAR": str(folder),
            "SUYUAN_PORT": str(port),
            "SUYUAN_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }
    )
    token = _token(settings)
    bodies = [_document(number) for number in range(max(documents, 2) + _WARM_UP)]
    with running_server(settings) as url, ThreadPoolExecutor(clients) as threads:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        with httpx.Client(base_url=url, headers=headers, timeout=_PATIENCE_S) as client:

            def send(body: bytes) -> float:
                start = time.perf_counter()
                answer = client.post("/capture", content=body)
                took = time.perf_counter() - start
                if answer.status_code != 202:  # noqa: PLR2004 (durable, EPCIS 2.0 §12)
                    raise Unavailable(
                        "The server answered {status}: {text}", status=answer.status_code, text=answer.text
                    )
                return took

            for body in bodies[:_WARM_UP]:
                send(body)
            start = time.perf_counter()
            times = list(threads.map(send, bodies[_WARM_UP:]))
            took = time.perf_counter() - start
            jobs: list[dict[str, Any]] = client.get("/capture", params={"perPage": len(bodies)}).json()
    if not all(job["success"] and job["suyuan:captured"] == PER_DOCUMENT for job in jobs):
        raise Unavailable("Not every document was captured", remedy=f"See {folder / 'server.log'}.")
    return times, took


def _load(folder: Path, events: int) -> float:
    """Seconds of ``suyuan load``, from its start to its end."""
    folder.mkdir()
    lines = folder / "events.ndjson"
    with lines.open("wb") as sink:
        sink.writelines(
            orjson.dumps({"@context": _CONTEXT, **event}) + b"\n" for event in _events(range(events))
        )
    command = [sys.executable, "-m", "suyuan.api.cli", "load", str(lines), "--db", str(folder / "store.db")]
    start = time.perf_counter()
    done = subprocess.run([*command, "--json"], capture_output=True, check=False, text=True)  # noqa: S603 (our own program)
    took = time.perf_counter() - start
    if done.returncode or orjson.loads(done.stdout)["captured"] != events:
        raise Unavailable("suyuan load failed: {reason}", reason=done.stderr or done.stdout)
    return took


def _token(settings: Settings) -> str:
    engine = prepared_engine(settings.database)
    now = datetime.now(UTC)
    with Writing(engine) as writing:
        create_account(writing, "bench", role=AccountRole.STATION, party=_PARTY, now=now)
        token, _ = create_token(writing, "bench", now=now, randbytes=secrets.token_bytes)
    engine.dispose()
    return token


def _document(number: int) -> bytes:
    first = number * PER_DOCUMENT
    return orjson.dumps(
        {
            "@context": _CONTEXT,
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-05-01T08:00:00Z",
            "epcisBody": {"eventList": list(_events(range(first, first + PER_DOCUMENT)))},
        }
    )


def _events(numbers: range) -> Iterator[Mapping[str, Any]]:
    """What a plant tells: of six events one makes a lot, one packs a case, four watch items."""
    for number in numbers:
        common = {
            "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
            "eventTime": (_BEGAN + timedelta(seconds=number)).isoformat(),
            "eventTimeZoneOffset": "+08:00",
            "readPoint": {"id": "https://id.gs1.org/414/9521234000006/254/dock"},
            "bizLocation": {"id": "https://id.gs1.org/414/9521234000006"},
        }
        items = [f"https://id.gs1.org/01/09521234000013/21/{number}-{each}" for each in range(3)]
        if number % 6 == 0:
            used = {"epcClass": f"https://id.gs1.org/01/09521234000013/10/A{number}", "quantity": 12.5}
            made = {"epcClass": f"https://id.gs1.org/01/09521234000020/10/B{number}", "quantity": 9.5}
            yield {
                "type": "TransformationEvent",
                **common,
                "bizStep": "creating_class_instance",
                "inputQuantityList": [{**used, "uom": "KGM"}],
                "outputQuantityList": [{**made, "uom": "KGM"}],
            }
        elif number % 6 == 1:
            case = f"https://id.gs1.org/01/09521234000020/21/{number}"
            packed = {"action": "ADD", "bizStep": "packing", "parentID": case, "childEPCs": items}
            yield {"type": "AggregationEvent", **common, **packed}
        else:
            watched = {"action": "OBSERVE", "bizStep": "inspecting", "epcList": items, "ex:shift": number % 3}
            order = {"type": "po", "bizTransaction": f"urn:epc:id:gdti:9521234.00001.{number % 50}"}
            yield {"type": "ObjectEvent", **common, **watched, "bizTransactionList": [order]}


def _machine() -> Mapping[str, Any]:
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "processors": os.cpu_count(),
        "architecture": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "load": None if load is None else round(load, 1),
    }
