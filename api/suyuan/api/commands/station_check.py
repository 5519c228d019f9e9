"""``suyuan station check`` and ``suyuan station pin``: a dry run of a station, and the hash of a PIN."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from suyuan.readers.station.config import StationConfig
from suyuan.readers.station.config_file import load
from suyuan.readers.station.outcome import message_as_json
from suyuan.readers.station.page.words import tell_error
from suyuan.readers.station.rehearsal import PointTried, ReaderTried, Rehearsed, rehearse
from suyuan.readers.station.staff import pin_hash
from suyuan.trace.errors import SuyuanError

_MOST_SHOWN = 5


def check(
    config: Annotated[Path, typer.Argument(help="The station's TOML file.")],
    seconds: Annotated[float, typer.Option(min=0.0, max=3600.0, help="How long tags are looked for.")] = 5.0,
    file_only: Annotated[
        bool, typer.Option("--file-only", help="Only read the file; open no reader.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """试运行：读配置、开读写器、看标签。 Read the file, open its readers, print what would be recorded.

    Nothing is written or sent, and the platform is not asked: it works offline. What is wrong with the file
    is told with its line; exit status 2 for that, 1 if a reader or an order does not work, else 0. Stop a
    station that runs with the same file before: most readers serve one at a time.
    """
    try:
        made = load(config)
    except SuyuanError as fault:
        typer.echo(f"{config}: {tell_error('zh', fault)}", err=True)
        raise
    found = Rehearsed((), (), (), 0)
    if not file_only:
        found = asyncio.run(rehearse(made, seconds, now=lambda: datetime.now(UTC), monotonic=time.monotonic))
    lines = [orjson.dumps(_object(made, found)).decode()] if json else _lines(config, made, found)
    for line in lines:
        typer.echo(line)
    if not found.good:
        raise typer.Exit(1)


def pin() -> None:
    """Ask for somebody's PIN and print its line ``pin_hash``, for a table ``staff`` of the station's file.

    It is no option: others on the machine see those, and the shell remembers them.
    """
    pin_typed: str = typer.prompt("PIN", hide_input=True, confirmation_prompt=True, err=True)
    typer.echo(f'pin_hash = "{pin_hash(pin_typed, os.urandom(16))}"')


def _lines(path: Path, made: StationConfig, found: Rehearsed) -> Iterator[str]:
    yield f"{path}: 可以读懂 can be read. {made.called}, {made.party}"
    yield f"平台 platform: {made.server.url} (没有询问 not asked)"
    for name, rows in made.sections.items():
        if rows:
            yield f"[[{name}]]: {len(rows)}"
    for reader in found.readers:
        yield from _of_reader(reader)
    for doubt in found.doubts:
        yield f"注意 note {doubt.where}: {doubt.zh} {doubt.en}"
    for point in found.points:
        yield from _of_point(point)
    if found.unclaimed:
        yield f"不属于任何读取点的读取 reads of no read point: {found.unclaimed}"
    yield "没有写入或发送任何内容。 Nothing was written or sent."


def _of_reader(reader: ReaderTried) -> Iterator[str]:
    if reader.fault is not None:
        yield f"读写器 reader {reader.name} {reader.url}: {tell_error('zh', reader.fault)}"
        yield f"    {tell_error('en', reader.fault)}"
        return
    antennas = ", ".join(map(str, reader.info.antennas)) or "?"
    model = reader.info.model or "?"
    yield f"读写器 reader {reader.name} {reader.url}: {model}"
    yield f"    天线 antennas {antennas}, 读 reads {reader.reads}"


def _of_point(tried: PointTried) -> Iterator[str]:
    point, burst = tried.point, tried.burst
    alone = "自动 automatic" if point.automatic else "按单 by order"
    yield f"读取点 read point {point.name} ({point.step}, {alone}): {len(burst.readings)} 件 objects"
    for reading in burst.readings[:_MOST_SHOWN]:
        yield f"    {reading.identity.epc}  x{reading.count}  {reading.rssi_dbm or ''}"
    if len(burst.readings) > _MOST_SHOWN:
        yield f"    … (+{len(burst.readings) - _MOST_SHOWN})"
    left_out = {
        "不确定 uncertain": len(burst.uncertain),
        "邻门 strays": burst.strays,
        "太少 glimpsed": burst.glimpsed,
        "不要 unwanted": burst.unwanted,
        "无法解读 unreadable": len(burst.unreadable),
    }
    if any(left_out.values()):
        yield "    未计入 left out: " + ", ".join(f"{name} {n}" for name, n in left_out.items() if n)
    if tried.fault is not None:
        yield f"    {tell_error('zh', tried.fault)} {tell_error('en', tried.fault)}"
    for message in tried.messages:
        yield f"    {message.text('zh')} {message.text('en')}"
    for event in tried.events:
        yield f"    将记录 would be recorded: {orjson.dumps(event).decode()}"


def _object(made: StationConfig, found: Rehearsed) -> dict[str, Any]:
    return {
        "station": made.station,
        "party": made.party,
        "sections": {name: len(rows) for name, rows in made.sections.items() if rows},
        "readers": [
            {
                "name": one.name,
                "url": one.url,
                "model": one.info.model,
                "antennas": list(one.info.antennas),
                "reads": one.reads,
                "fault": None if one.fault is None else one.fault.detail,
            }
            for one in found.readers
        ],
        "doubts": [{"where": one.where, "zh": one.zh, "en": one.en} for one in found.doubts],
        "readPoints": [
            {
                "name": one.point.name,
                "step": one.point.step.value,
                "objects": [r.identity.epc for r in one.burst.readings],
                "uncertain": [r.identity.epc for r in one.burst.uncertain],
                "strays": one.burst.strays,
                "fault": None if one.fault is None else one.fault.detail,
                "messages": [message_as_json(m) for m in one.messages],
                "events": list(one.events),
            }
            for one in found.points
        ],
        "unclaimed": found.unclaimed,
        "good": found.good,
    }
