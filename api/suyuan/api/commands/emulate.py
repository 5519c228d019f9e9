"""``suyuan reader emulate``: readers in software, for anybody's client."""

from __future__ import annotations

import asyncio
import importlib
import random
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from suyuan.readers.address import parse_address
from suyuan.readers.errors import MissingDependency
from suyuan.readers.field import GID_96, Belt, Bench, TagField
from suyuan.readers.impinj.emulator import R700Emulator
from suyuan.readers.llrp.emulator import LlrpEmulator
from suyuan.readers.llrp.vendors import Vendor
from suyuan.readers.virtual.gen2 import VirtualGen2, WriteFaults
from suyuan.trace.errors import InvalidInput, Unavailable

app = typer.Typer(help="Be a reader, for any client to try.", no_args_is_help=True)

_LLRP_PORT, _LLRP_TLS_PORT, _R700_PORT = 5084, 5085, 8700


class _Dialect(StrEnum):
    """Dialects of readers that publish to a broker."""

    IMPINJ = "impinj"
    ZEBRA = "zebra"
    HANDHELD = "handheld"
    GENERIC = "generic"


@app.callback()
def emulate() -> None:
    """Be a reader, for any client to try."""


@app.command()
def llrp(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(help="Port; 5084 by default, 5085 with TLS; 0: a free one.", min=0, max=65_535),
    ] = None,
    tags: Annotated[int, typer.Option(help="How many tags there are.", min=1, max=100_000)] = 12,
    rate: Annotated[
        float,
        typer.Option(
            help="Tags that pass antenna 1 in a second; 0: they lie still before it, and can be written.",
            min=0,
            max=10_000,
        ),
    ] = 0.0,
    antennas: Annotated[int, typer.Option(help="Antennas.", min=1, max=32)] = 4,
    vendor: Annotated[Vendor, typer.Option(help="Whose ways it takes on.")] = Vendor.GENERIC,
    cert: Annotated[Path | None, typer.Option(help="Its certificate in PEM: speak TLS.")] = None,
    key: Annotated[Path | None, typer.Option(help="The key; by default in the same file.")] = None,
    faults: Annotated[
        float, typer.Option(help="Share of writes to tags that go wrong, a third each way.", min=0, max=1)
    ] = 0.0,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not tell what happens.")] = False,
) -> None:
    """Be an LLRP reader until Ctrl-C: inventory, access to tags, inputs and outputs, as clients ask for them.

    The tags are GID-96 with serial numbers from 0. It tells a line for every message and every access.
    """
    if key is not None and cert is None:
        raise InvalidInput("A key is given without a certificate.", where="key", remedy="Give --cert too.")
    field: TagField = Belt(tags, rate) if rate else _lying_still(tags)
    share = faults / 3
    chance = random.random
    wrong = WriteFaults(chance, share, share, share) if faults else None
    tls = None if cert is None else _server_side(cert, key)
    default = _LLRP_PORT if tls is None else _LLRP_TLS_PORT
    emulator = LlrpEmulator(
        host,
        default if port is None else port,
        now=_now,
        field=field,
        antennas=antennas,
        vendor=vendor,
        faults=wrong,
        tls=tls,
        tell=_say_nothing if quiet else _say,
    )
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(emulator))


@app.command()
def r700(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0: a free one.", min=0, max=65_535)] = _R700_PORT,
    tags: Annotated[int, typer.Option(help="How many tags there are.", min=1, max=1_000_000)] = 12,
    rate: Annotated[
        float, typer.Option(help="Tags that pass antenna 1 in a second.", min=0.001, max=1_000)
    ] = 2.0,
    antennas: Annotated[int, typer.Option(help="Antennas.", min=1, max=32)] = 4,
    login: Annotated[
        str | None, typer.Option(help="USER:PASSWORD that it asks for; root:impinj, say.")
    ] = None,
    sse: Annotated[bool, typer.Option("--sse", help="Events as server-sent events.")] = False,
    cert: Annotated[Path | None, typer.Option(help="Its certificate in PEM: speak HTTPS.")] = None,
    key: Annotated[Path | None, typer.Option(help="The key; by default in the same file.")] = None,
) -> None:
    """Be an Impinj R700 until Ctrl-C: presets, inventories and the stream of events over HTTP.

    The tags are GID-96 with serial numbers from 0.
    """
    if cert is not None:
        _server_side(cert, key)  # says what is wrong with them, which the server would not
    user, _, password = (login or "").partition(":")
    emulator = R700Emulator(
        host,
        port,
        now=_now,
        field=Belt(tags, rate),
        antennas=antennas,
        round_s=min(1.0, 1 / rate),
        login=(user, password) if login else None,
        sse=sse,
        certificate=None if cert is None else (cert, key or cert),
    )
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(emulator, "An Impinj R700"))


@app.command()
def mqtt(
    url: Annotated[str, typer.Argument(help="Such as mqtt://127.0.0.1:1883/dock/tags")],
    dialect: Annotated[_Dialect, typer.Option(help="How it writes what it sees.")] = _Dialect.IMPINJ,
    tags: Annotated[int, typer.Option(help="How many tags there are.", min=1, max=1_000_000)] = 12,
    rate: Annotated[float, typer.Option(help="Tags that pass in a second.", min=0.001, max=1_000)] = 2.0,
    device: Annotated[str, typer.Option(help="The name that it gives itself.")] = "r1",
    retain: Annotated[bool, typer.Option("--retain", help="The broker keeps the last event.")] = False,
) -> None:
    """Be a reader that publishes to an MQTT broker until Ctrl-C; the tags are GID-96 from 0."""
    try:
        mqtt_emulator = importlib.import_module("suyuan.readers.mqtt.emulator")
    except ImportError as error:
        raise MissingDependency(
            "An emulated MQTT reader needs aiomqtt, which is not installed.",
            remedy="Run: pip install 'suyuan[mqtt]'",
        ) from error
    address = parse_address(url)
    known = None if address.user is None else (address.user, address.password or "")
    topic = address.path.removeprefix("/")
    if address.scheme != "mqtt" or not address.host or not topic or "+" in topic or "#" in address.url:
        raise InvalidInput(
            "{url} is not where an emulated reader can publish.",
            where="url",
            remedy="Write mqtt://broker:1883/topic, without TLS and wildcards.",
            url=address.url,
        )
    emulator = mqtt_emulator.MqttEmulator(
        address.host,
        address.port or 1883,
        topic,
        dialect.value,
        now=_now,
        device=device,
        login=known,
    )
    with suppress(KeyboardInterrupt):
        asyncio.run(_publish(emulator, Belt(tags, rate), 1 / rate, address.url, retain=retain))


async def _publish(emulator: Any, belt: Belt, every_s: float, url: str, *, retain: bool) -> None:
    try:
        async with emulator:
            typer.echo(f"A reader publishes to {url} (Ctrl-C ends it).")
            while True:
                at = _now()
                await emulator.present(1, [tag.epc for tag in belt.seen(1, at)], at=at, retain=retain)
                await asyncio.sleep(every_s)
    except importlib.import_module("aiomqtt").MqttError as error:
        raise Unavailable(
            "The broker of {url} is away: {reason}.",
            remedy="Check that it runs, and the user and password.",
            url=url,
            reason=str(error),
        ) from error


async def _serve(emulator: LlrpEmulator | R700Emulator, what: str = "An LLRP reader") -> None:
    try:
        async with emulator:
            typer.echo(f"{what} listens on {emulator.url} (Ctrl-C ends it).")
            await asyncio.Event().wait()
    except OSError as error:
        raise Unavailable(
            "Nothing can listen on {host}:{port}: {reason}.",
            remedy="Give another --host or --port; --port 0 takes a free one.",
            host=emulator.host,
            port=emulator.port,
            reason=error.strerror or str(error),
        ) from error


def _lying_still(tags: int) -> Bench:
    bench = Bench()
    for serial in range(tags):
        bench.lay(1, VirtualGen2((GID_96 << 88 | serial).to_bytes(12)))
    return bench


def _server_side(cert: Path, key: Path | None) -> ssl.SSLContext:
    """What a reader shows to those who connect over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise InvalidInput(
            "The certificate or its key cannot be read from {path}: {reason}.",
            where="cert",
            remedy="Give files in PEM, the key without a password.",
            path=str(cert),
            reason=error.strerror or "unreadable",
        ) from error
    return context


def _say(line: str) -> None:
    typer.echo(f"{_now().isoformat(timespec='milliseconds')}  {line}")


def _say_nothing(line: str) -> None:
    del line


def _now() -> datetime:
    return datetime.now(UTC)
