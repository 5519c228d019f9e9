"""``suyuan printer``: label printers on the network."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer

from suyuan.readers.printing import (
    MOST_LABEL_BYTES,
    PORT,
    PrintedLabel,
    connected,
    labels_in,
)
from suyuan.trace.errors import InvalidInput, TooLarge

app = typer.Typer(help="Label printers.", no_args_is_help=True)

_MOST_BYTES = 512 * 1024 * 1024
Address = Annotated[str, typer.Argument(help="Such as 10.0.0.9 or 10.0.0.9:9100.", metavar="PRINTER")]


@app.callback()
def printer() -> None:
    """Label printers."""


@app.command()
def status(address: Address) -> None:
    """Ask a printer how it fares; exit status 1 if a person has to see to it."""
    host, port = printer_address(address)

    async def ask() -> Sequence[str]:
        async with connected(host, port, patience_s=5.0) as found:
            return (await found.status()).faults

    faults = asyncio.run(ask())
    typer.echo("; ".join(faults) or "ready 就绪")
    if faults:
        raise typer.Exit(1)


@app.command("print")
def print_labels(
    file: Annotated[Path, typer.Argument(help="Labels in ZPL, as a label job gives them.")],
    address: Address,
    first: Annotated[int, typer.Option(help="Begin with this label, counted from 1.", min=1)] = 1,
) -> None:
    """Print the labels of a file; of each the printer's confirmation is a JSON line, with EPC and TID."""
    labels = _read(file)
    if first > len(labels):
        raise InvalidInput(
            "The file has {count} labels; there is none numbered {first}",
            where="first",
            count=len(labels),
            first=first,
            remedy="Give a smaller number.",
        )
    host, port = printer_address(address)

    async def work() -> None:
        async with connected(host, port) as found:
            async for one in found.printed(labels[first - 1 :], first):
                typer.echo(_line(one))

    asyncio.run(work())


def _line(one: PrintedLabel) -> str:
    told: dict[str, object] = {"label": one.number}
    if one.epc:
        told |= {"epc": one.epc.hex().upper(), "tid": one.tid.hex().upper()}
    return orjson.dumps(told).decode()


def _read(file: Path) -> tuple[bytes, ...]:
    try:
        size = file.stat().st_size
        content = file.read_bytes() if size <= _MOST_BYTES else b""
    except OSError as error:
        raise InvalidInput(
            "{file} cannot be read: {reason}",
            where="file",
            file=str(file),
            reason=error.strerror or str(error),
            remedy="Give the file that a label job handed out.",
        ) from error
    if size > _MOST_BYTES:
        raise TooLarge("{file} is too large for labels", where="file", file=str(file))
    labels = labels_in(content)
    if not labels or any(len(label) > MOST_LABEL_BYTES for label in labels):
        raise InvalidInput(
            "{file} holds no labels in ZPL",
            where="file",
            file=str(file),
            remedy="Give the file that a label job handed out (labels.zpl).",
        )
    return labels


def printer_address(address: str) -> tuple[str, int]:
    """Host and port; IPv6 with or without brackets."""
    if address.count(":") > 1 and not address.startswith("["):  # a bare IPv6 address
        return address, PORT
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]"):
        return address.strip("[]"), PORT
    if not (host and port.isascii() and port.isdigit() and 0 < int(port[:6]) < 1 << 16):
        raise InvalidInput(
            "{address} is no address of a printer",
            where="printer",
            address=address,
            remedy="Write it as 10.0.0.9 or 10.0.0.9:9100.",
        )
    return host.strip("[]"), int(port)
