"""``suyuan reader shop``: the screen of a shop beside a reader of tags."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

import httpx
import typer

from suyuan.readers.registry import open_reader
from suyuan.readers.shop.platform import Platform
from suyuan.readers.shop.screen import Screen, application
from suyuan.readers.station.page.server import address, serving
from suyuan.readers.supervisor import Supervisor
from suyuan.trace.errors import WrongUse

_PORT = 8803


def shop(
    url: Annotated[str, typer.Argument(help="Such as pcsc:// or llrp://10.0.0.5")],
    at: Annotated[str, typer.Option("--at", help="The platform, such as https://trace.example.cn")],
    place: Annotated[
        str, typer.Option("--place", help="City or province it stands in: six digits of GB/T 2260.")
    ] = "",
    port: Annotated[int, typer.Option(help="Of the page on this machine.", min=0, max=65535)] = _PORT,
) -> None:
    """Show shoppers what is on record of the goods on the reader, in a browser of this machine."""
    with suppress(KeyboardInterrupt):
        asyncio.run(_shop(url, at, place, port))


async def _shop(url: str, at: str, place: str, port: int) -> None:
    async with httpx.AsyncClient() as client:
        screen = Screen(Platform(at, client, place=place), monotonic=time.monotonic)
        supervised = Supervisor(
            lambda: open_reader(url, now=_now), now=_now, chance=random.SystemRandom().random
        )
        with _listening(port) as sock:
            async with serving(application(screen), sock), supervised:
                typer.echo(
                    f"{address(sock)}  (Ctrl-C ends it; full screen: chromium --kiosk {address(sock)})"
                )
                try:
                    await screen.follow(supervised.observations())
                finally:
                    await screen.close()


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise WrongUse(
            "Port {port} of this machine cannot be listened on: {reason}",
            where="port",
            port=port,
            reason=error,
            remedy="End the program that listens there, or give another one: --port 8804",
        ) from error


def _now() -> datetime:
    return datetime.now(UTC)
