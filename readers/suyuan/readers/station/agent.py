"""The station agent: one station as a process of its own."""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import orjson
import structlog

from suyuan.readers.station.config import StationConfig, load
from suyuan.readers.station.outcome import Outcome, message_as_json
from suyuan.readers.station.station import Station
from suyuan.readers.station.status import Source, Status
from suyuan.readers.station.words import Message, State

__all__ = ["Source", "Station", "Status", "boot_id", "run"]


def boot_id() -> str:
    """The kernel's name for this run of the machine, empty where it has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def run(config_path: Path) -> None:
    """Run the station that ``config_path`` describes until SIGTERM or SIGINT; its outcomes are JSON lines.

    Raises:
        WrongUse: the configuration is wrong.
        OutboxDamaged: the outbox is corrupt.
        OutboxTaken: another process works in the data folder.
        OutboxUnavailable: the data folder cannot be used.
    """
    config = load(config_path)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # stdout is for outcomes
    asyncio.run(_run(config))


async def _run(config: StationConfig) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    station = Station(config, now=lambda: datetime.now(UTC), show=_print, boot_id=boot_id())
    async with station:
        _write({"station": config.station, "state": State.READY.value})
        ends = [asyncio.create_task(stop.wait()), asyncio.create_task(station.failed())]
        told: tuple[Message, ...] = ()
        while not any(end.done() for end in ends):
            await asyncio.wait(ends, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            alarms = station.alarms()
            if alarms != told:
                _write({"station": config.station, "alarms": [message_as_json(m) for m in alarms]})
                told = alarms
        for end in ends:
            end.cancel()
        if ends[1].done():
            await ends[1]
    _write({"station": config.station, "state": "stopped"})


def _print(outcome: Outcome) -> None:
    _write(outcome.as_json())


def _write(line: dict[str, object]) -> None:
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()
