"""``suyuan station retry``: let what the platform refused be sent again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from suyuan.readers.station.config import StationConfig
from suyuan.readers.station.config_file import load
from suyuan.readers.station.outbox import FILE, Outbox
from suyuan.trace.errors import WrongUse


def retry(config: Annotated[Path, typer.Argument(help="The station's TOML file.")]) -> None:
    """Let records that the platform refused wait for delivery again, once the cause is mended.

    The station's agent must not run meanwhile; it delivers them when it is started.
    """
    count = asyncio.run(_retry(load(config)))
    typer.echo(f"{count} refused record(s) wait again." if count else "No record was refused.")


async def _retry(config: StationConfig) -> int:
    if not (config.data / FILE).exists():
        raise WrongUse(
            "There are no records in {folder}.",
            where="station.data",
            remedy="Name the file with which the station runs.",
            folder=str(config.data),
        )
    async with Outbox(
        config.data,
        config.station,
        now=lambda: datetime.now(UTC),
        party=config.party,
        first_sequence=config.first_sequence,
        limit=config.outbox_limit,
    ) as outbox:
        return await outbox.retry()
