"""``suyuan reader``: look at what a reader sees."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

import orjson
import typer

from suyuan.readers.errors import ProtocolError
from suyuan.readers.observation import Observation
from suyuan.readers.registry import open_reader
from suyuan.trace.gs1 import decode_epc
from suyuan.trace.gs1.errors import IdentifierError

app = typer.Typer(help="Readers.", no_args_is_help=True)


@app.callback()
def reader() -> None:
    """Readers."""


@app.command()
def watch(
    url: Annotated[str, typer.Argument(help="Such as llrp://10.0.0.5:5084?antennas=1,2")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines.")] = False,
) -> None:
    """Print every tag report until Ctrl-C."""
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(_watch(url, as_json=json))
    except ProtocolError as error:
        typer.echo(f"suyuan: {url} does not speak as a reader of this kind: {error}", err=True)
        typer.echo("Check the address and the port: LLRP readers listen on 5084.", err=True)
        raise typer.Exit(1) from error


async def _watch(url: str, *, as_json: bool) -> None:
    async with open_reader(url, now=lambda: datetime.now(UTC)) as opened:
        async for seen in opened.observations():
            typer.echo(_json_line(seen) if as_json else _line(seen))


def _line(seen: Observation) -> str:
    rssi = "" if seen.rssi_dbm is None else f"{seen.rssi_dbm:6.1f} dBm"
    at = seen.last_seen.isoformat(timespec="milliseconds")
    return f"{at}  antenna {seen.antenna}  {rssi}  {_name(seen.epc)}"


def _json_line(seen: Observation) -> str:
    facts = {
        "antenna": seen.antenna,
        "epc": seen.epc.hex(),
        "identifier": _name(seen.epc),
        "first_seen": seen.first_seen,
        "last_seen": seen.last_seen,
        "count": seen.count,
        "rssi_dbm": seen.rssi_dbm,
    }
    return orjson.dumps(facts).decode()


def _name(epc: bytes) -> str:
    try:
        return decode_epc(epc).identifier.key
    except IdentifierError:
        return f"unreadable {epc.hex().upper()}"
