"""``suyuan station commission``: write a lot's identities on UHF tags, one tag after the other."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from suyuan.readers.station.agent import boot_id
from suyuan.readers.station.clock import kernel_quality
from suyuan.readers.station.commission import Manner, Written
from suyuan.readers.station.config_file import load
from suyuan.readers.station.outcome import Outcome
from suyuan.readers.station.station import Station
from suyuan.readers.station.work_order import WorkOrder
from suyuan.readers.tags.gen2 import password_of
from suyuan.trace.errors import WrongUse

PATIENCE_S = 20.0
"""How long the reader is waited for."""
DELIVERY_S = 5.0
"""How long the platform is waited for at the end; what is not delivered then, the agent delivers."""
_DAY = "%Y-%m-%d"


def commission(
    config: Annotated[Path, typer.Argument(help="The station's TOML file; its agent must not run.")],
    order: Annotated[str, typer.Option(help="Number of the work order; the same again goes on with it.")],
    product: Annotated[str, typer.Option(help="GTIN.")],
    lot: Annotated[str, typer.Option(help="Lot number.")],
    count: Annotated[int, typer.Option(min=1, help="Tags to be made.")],
    first: Annotated[int, typer.Option(min=0, help="First serial that was leased for this order.")],
    last: Annotated[int, typer.Option(min=0, help="Last one; more than the count, for tags that fail.")],
    reader: Annotated[str, typer.Option(help="Name of the reader that writes.")],
    point: Annotated[str, typer.Option(help="Read point at which it is recorded.")],
    expires: Annotated[datetime | None, typer.Option(formats=[_DAY], help="Last day.")] = None,
    prefix: Annotated[
        int | None, typer.Option(min=6, max=12, help="Digits of the company prefix: tags of 96 bits.")
    ] = None,
    password: Annotated[str, typer.Option(help="Access password, 8 hex digits; locks the EPC.")] = "",
    overwrite: Annotated[bool, typer.Option(help="Also write tags that name something else.")] = False,
) -> None:
    """Write tags as they are laid before the reader until the order is complete; Ctrl-C ends it earlier.

    Each line says what came of a tag. What was written is recorded at the end and delivered.
    """
    work = WorkOrder(order, product, lot, count, first, last, _day(expires), company_prefix_length=prefix)
    asyncio.run(_commission(config, work, reader, point, Manner(password_of(password), overwrite)))


def _day(given: datetime | None) -> date | None:
    return None if given is None else given.date()


async def _commission(path: Path, work: WorkOrder, reader: str, point: str, manner: Manner) -> None:
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)

    def tell(written: Written) -> None:
        message = written.message
        typer.echo(f"{message.text('zh')} {message.text('en')}")
        if line.job.finished:
            stop.set()

    station = Station(load(path), now=lambda: datetime.now(UTC), boot_id=boot_id(), clock=kernel_quality)
    async with station as at:
        await _connected(at, reader)
        line = await at.tag_desk.commission(work, reader, point=point, tell=tell, manner=manner)
        async with line:
            if line.job.finished:
                stop.set()
            await stop.wait()
        _say(await line.record(), line.job.used, work.count)
        with suppress(TimeoutError):
            async with asyncio.timeout(DELIVERY_S):
                await at.wait_delivered()


async def _connected(at: Station, reader: str) -> None:
    """Wait until the reader is there.

    Raises:
        WrongUse: it is not within twenty seconds, or cannot write.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            while reader not in at.tag_desk.encoders():  # noqa: ASYNC110 - a reader that comes tells nobody
                await asyncio.sleep(0.1)
    if reader not in at.tag_desk.encoders():
        raise WrongUse(
            "No reader {name} that writes UHF tags is connected.",
            where="reader",
            remedy="Connect one in the setup; readers for NFC write links.",
            name=reader,
        )


def _say(outcome: Outcome | None, used: int, count: int) -> None:
    if outcome is None:
        typer.echo(f"{used}/{count}")
        return
    numbers = ", ".join(map(str, outcome.sequences)) or "-"
    typer.echo(f"{used}/{count} · {outcome.word.zh} {outcome.word.en} · {numbers}")
    for message in outcome.messages:
        typer.echo(f"{message.text('zh')} {message.text('en')}")
