"""``suyuan reader``: find readers, look at what one sees, write a tag."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated

import orjson
import typer

from suyuan.api.commands import emulate
from suyuan.api.commands.reader_shop import shop
from suyuan.readers.address import redacted
from suyuan.readers.diagnosis import probe
from suyuan.readers.discovery import discover, local_networks
from suyuan.readers.errors import ProtocolError
from suyuan.readers.observation import Observation
from suyuan.readers.reader import Reader
from suyuan.readers.registry import open_reader
from suyuan.readers.tags.access import LinkTag
from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import decode_epc, scanned
from suyuan.trace.gs1.errors import IdentifierError
from suyuan.trace.sun import SunKeys, read_key_file

app = typer.Typer(help="Readers.", no_args_is_help=True)
app.add_typer(emulate.app, name="emulate")
app.command()(shop)

_WAIT_S = 30.0


@app.callback()
def reader() -> None:
    """Readers."""


@app.command("list")
def list_readers(
    network: Annotated[
        list[str] | None,
        typer.Option(
            help="Look for LLRP readers here, such as 192.168.1.0/24 (repeatable; 'local' for all)."
        ),
    ] = None,
) -> None:
    """Show the readers of this machine, and those of the networks that are named."""
    found = asyncio.run(discover(_networks(network or [])))
    for each in found:
        typer.echo(f"{each.url}  {each.en}")
    if not found:
        typer.echo(
            "No reader was found. Check power and cables, or give a network: --network local", err=True
        )
        raise typer.Exit(1)


@app.command()
def check(url: Annotated[str, typer.Argument(help="Such as llrp://10.0.0.5 or pcsc://")]) -> None:
    """Connect to a reader once, and say what to check if that fails."""
    finding = asyncio.run(probe(url, now=_now))
    typer.echo(f"{finding.sentence.en}\n{finding.sentence.zh}", err=not finding.works)
    if not finding.works:
        typer.echo(f"{finding.check.en}\n{finding.check.zh}", err=True)
        raise typer.Exit(1)


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
        typer.echo(f"suyuan: {redacted(url)} does not speak as a reader of this kind: {error}", err=True)
        if url.lower().startswith("llrp"):
            typer.echo("Check the address and the port: LLRP readers listen on 5084.", err=True)
        raise typer.Exit(1) from error


@app.command()
def write(
    url: Annotated[str, typer.Argument(help="Such as pcsc://ACR122U")],
    link: Annotated[str, typer.Argument(help="Such as https://host/01/…/21/…")],
    lock: Annotated[bool, typer.Option("--lock", help="Then make the tag read-only, for ever.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Even if it names another object.")] = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for a tag.", min=0, max=3600)] = _WAIT_S,
    keys: Annotated[
        Path | None, typer.Option(help="Give it a password made of this key file; see: suyuan tag keys")
    ] = None,
) -> None:
    """Write a link on the tag that lies on the reader, and read it back; to let it sign: suyuan tag sign."""
    known = None if keys is None else read_key_file(keys)
    tag = asyncio.run(_write(url, link, lock=lock, overwrite=overwrite, wait_s=wait, keys=known))
    locked = "" if tag.writable else ", locked"
    typer.echo(f"{tag.model} {tag.tid.hex().upper()}{locked}: {tag.text}")


async def _watch(url: str, *, as_json: bool) -> None:
    async with open_reader(url, now=_now) as opened:
        async for seen in opened.observations():
            typer.echo(_json_line(seen) if as_json else _line(seen))


async def _write(
    url: str, link: str, *, lock: bool, overwrite: bool, wait_s: float, keys: SunKeys | None
) -> LinkTag:
    async with open_reader(url, now=_now) as opened:
        if opened.capabilities.write_link:
            await _tag_comes(opened, wait_s)
        return await opened.write_link(link, lock=lock, overwrite=overwrite, keys=keys)


async def _tag_comes(opened: Reader, wait_s: float) -> None:
    """Wait for the first tag; if none comes, writing says so."""
    with suppress(TimeoutError):
        await asyncio.wait_for(opened.receive(1), wait_s)


def _networks(given: list[str]) -> list[IPv4Network]:
    networks: list[IPv4Network] = []
    for text in given:
        try:
            networks += local_networks() if text == "local" else [IPv4Network(text, strict=False)]
        except ValueError as error:
            raise InvalidInput(
                "{network} is not an IPv4 network",
                where="network",
                remedy="Write it as 192.168.1.0/24, or 'local'.",
                network=text,
            ) from error
    return networks


def _now() -> datetime:
    return datetime.now(UTC)


def _line(seen: Observation) -> str:
    rssi = "" if seen.rssi_dbm is None else f"{seen.rssi_dbm:6.1f} dBm"
    at = seen.last_seen.isoformat(timespec="milliseconds")
    return f"{at}  antenna {seen.antenna}  {rssi}  {_name(seen)}"


def _json_line(seen: Observation) -> str:
    facts = {
        "antenna": seen.antenna,
        "epc": seen.epc.hex(),
        "text": seen.text,
        "tid": None if seen.tid is None else seen.tid.hex(),
        "identifier": _name(seen),
        "first_seen": seen.first_seen,
        "last_seen": seen.last_seen,
        "count": seen.count,
        "rssi_dbm": seen.rssi_dbm,
    }
    return orjson.dumps(facts).decode()


def _name(seen: Observation) -> str:
    """What the tag or symbol names; where that is nothing, what it says, made harmless for a terminal."""
    try:
        return decode_epc(seen.epc).identifier.key if seen.text is None else scanned(seen.text).key
    except IdentifierError:
        if seen.text is None:
            return f"unreadable {seen.epc.hex().upper()}"
        return f"unreadable {seen.text!a}" if seen.text else "no link on the tag"
