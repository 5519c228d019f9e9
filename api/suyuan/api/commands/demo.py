"""``suyuan demo``: the sample world on this machine, for people to walk through or for a check to judge."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import qrcode  # type: ignore[import-untyped]  # it ships no types
import typer
from rich.console import Console

from suyuan.api.demo.cold_story import cold_story
from suyuan.api.demo.consumer import consumers_served, door, lan_address
from suyuan.api.demo.credentials import OFFICER, SECOND_OFFICER
from suyuan.api.demo.incident_story import incident_story, prepared_incident
from suyuan.api.demo.stage import Stage, set_stage
from suyuan.api.demo.stories import (
    Finding,
    offline_story,
    platform_story,
    public_story,
    recall_story,
    regulator,
    source_story,
)
from suyuan.api.house import utc_now
from suyuan.api.settings import Settings, read_settings
from suyuan.simulator.ports import free_port
from suyuan.simulator.till import live_till

SALE_EVERY_S = 10.0


def demo(
    check: Annotated[bool, typer.Option("--check", help="Play the three stories and judge them.")] = False,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Build the sample world and exit.")] = False,
    port: Annotated[int | None, typer.Option(help="Port of the server (SUYUAN_PORT).")] = None,
) -> None:
    """The sample world: farms, a plant and shops, read over LLRP, traced, recalled and shown."""
    # A shell that starts us in the background has the interrupt ignored; we end by it nevertheless.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    environ = {**os.environ, **({} if port is None else {"SUYUAN_PORT": str(port)})}
    console = Console(highlight=False)
    if check:
        with _temporary(read_settings(environ)) as settings:
            raise typer.Exit(0 if _check(settings, console, utc_now) else 1)
    settings = read_settings(environ)
    if no_serve:
        settings = replace(settings, port=free_port(settings.host))
        with suppress(KeyboardInterrupt), set_stage(settings, console, utc_now) as stage:
            console.print(_item_link(stage, settings), soft_wrap=True)
        return
    with (
        suppress(KeyboardInterrupt),
        _found_by_phones(settings) as (found, listening),
        set_stage(found, console, utc_now) as stage,
        _phones_served(found, listening),
    ):
        with regulator(stage) as client:
            room = prepared_incident(stage, client)
        _welcome(stage, found, console, room)
        asyncio.run(_keep_selling(stage, console, utc_now))


@contextmanager
def _found_by_phones(settings: Settings) -> Generator[tuple[Settings, socket.socket | None]]:
    """Settings whose links a phone in the same network can open, and where it will be answered.

    Without a network, or where the public address was given, the settings stand as they are.
    """
    address = None if settings.public_url_given else lan_address()
    if address is None:
        yield settings, None
        return
    with door(address, settings.port + 1) as listening:
        port = listening.getsockname()[1]
        yield replace(settings, public_url=f"http://{address}:{port}"), listening


@contextmanager
def _phones_served(settings: Settings, listening: socket.socket | None) -> Generator[None]:
    if listening is None:
        yield
    else:
        with consumers_served(settings, listening, utc_now):
            yield


@contextmanager
def _temporary(settings: Settings) -> Generator[Settings]:
    """The check has a world and a port of its own and leaves nothing behind."""
    with tempfile.TemporaryDirectory(prefix="suyuan-check-") as folder:
        port = free_port(settings.host)
        yield replace(
            settings,
            var=Path(folder),
            database=str(Path(folder) / "suyuan.db"),
            port=port,
            public_url=f"http://{settings.host}:{port}",
        )


def _check(settings: Settings, console: Console, now: Callable[[], datetime]) -> bool:
    began = time.monotonic()
    findings: list[Finding] = []
    with set_stage(settings, console, now) as stage, regulator(stage) as client:
        for story in (platform_story, public_story, cold_story, source_story, incident_story):
            findings.extend(story(stage, client))
        findings.extend(asyncio.run(recall_story(stage, client, now)))
    findings.extend(asyncio.run(offline_story(stage, now)))
    for finding in findings:
        mark = "[green]ok  [/]" if finding.holds else "[red]FAIL[/]"
        console.print(f"{mark} {finding.story}: {finding.what}: {finding.told}", soft_wrap=True)
    failed = sum(not finding.holds for finding in findings)
    console.print(f"{len(findings) - failed} hold, {failed} fail, {time.monotonic() - began:.0f} s")
    return not failed


def _welcome(stage: Stage, settings: Settings, console: Console, room: str) -> None:
    link = _item_link(stage, settings)
    drawn = StringIO()
    code = qrcode.QRCode(border=2)
    code.add_data(link)
    code.print_ascii(out=drawn, invert=True)
    console.print(drawn.getvalue(), markup=False)
    console.print(f"A sold item, as a shopper sees it   {link}", soft_wrap=True)
    warm = settings.public_url + urlsplit(_warm_item(stage)).path
    console.print(f"A meal out of a lorry that was warm {warm}", soft_wrap=True)
    console.print(f"The regulator's console             {stage.url}/console", soft_wrap=True)
    console.print(
        f"                                    name {OFFICER}, password {stage.credentials.password}"
    )
    console.print(
        f"  and who confirms                  name {SECOND_OFFICER}, "
        f"password {stage.credentials.second_password}"
    )
    console.print(f"An investigation: five complaints   {stage.url}{room}", soft_wrap=True)
    console.print(f"The platform                        {stage.url}/", soft_wrap=True)
    if not link.startswith(stage.url):
        console.print("Phones in this network reach the shopper's pages only; all else is on this machine.")
    console.print("Shop 1 goes on selling; recall something and watch it stop. Ctrl-C ends.\n")


def _item_link(stage: Stage, settings: Settings) -> str:
    item: str = stage.truth["cases"][0]["item"]
    return settings.public_url + urlsplit(item).path


def _warm_item(stage: Stage) -> str:
    """A meal that travelled in the lorry that stood warm; a sold one, as the other link is."""
    there, warm = stage.world.whereabouts, set[str](stage.truth["cold_chain"]["items"])
    return min(item for item in warm if there[item].status == "sold")


async def _keep_selling(stage: Stage, console: Console, now: Callable[[], datetime]) -> None:
    """Print what the till says until the stock is gone, then only serve."""
    sales = live_till(
        stage.world,
        server_url=stage.url,
        token=stage.credentials.stations["shop-1"],
        folder=stage.stations,
        block_list_key=stage.block_list_key,
        now=now,
        every_s=SALE_EVERY_S,
    )
    async with aclosing(sales):
        async for outcome in sales:
            said = "; ".join(f"{message.text('zh')} {message.text('en')}" for message in outcome.messages)
            at = outcome.time.astimezone().strftime("%H:%M:%S")
            console.print(f"{at} shop-1 {outcome.word.zh} {outcome.word.en} {said}", markup=False)
    await asyncio.Event().wait()
