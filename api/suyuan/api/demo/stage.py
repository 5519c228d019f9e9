"""Setting the stage: store, accounts, server, master data, and the sample world played into it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from suyuan.api.database import prepared_engine
from suyuan.api.demo.credentials import (
    Credentials,
    are_valid,
    give_competence,
    give_second,
    kept_credentials,
    make_credentials,
)
from suyuan.api.demo.registering import register_world
from suyuan.api.demo.server import running_server
from suyuan.api.settings import Settings
from suyuan.simulator.master_data import master_data
from suyuan.simulator.play import Played, play
from suyuan.simulator.plot import imagine
from suyuan.simulator.truth import truth
from suyuan.simulator.world import World
from suyuan.trace.store.engine import Writing, make_folder
from suyuan.trace.store.world import begin_sample

SEED = 2026
TRUTH_FILE = "truth.json"
STATIONS = "stations"


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything a story needs: the running server, who may sign in, the world and its truth."""

    url: str
    folder: Path
    credentials: Credentials
    world: World
    truth: dict[str, Any]
    played: Played
    block_list_key: bytes

    @property
    def stations(self) -> Path:
        """The folder of the stations' outboxes."""
        return self.folder / STATIONS


@contextmanager
def set_stage(settings: Settings, console: Console, now: Callable[[], datetime]) -> Generator[Stage]:
    """A served store that holds the whole sample world; continues what an earlier run began."""
    make_folder(settings.var)
    engine = prepared_engine(settings.database)
    kept = kept_credentials(settings.var)
    try:
        known = kept is not None and are_valid(engine)
        with Writing(engine) as writing:
            begin_sample(writing, known=known)
        if kept is None or not known:
            world = imagine(SEED, now().astimezone(UTC).replace(microsecond=0))
            credentials = make_credentials(engine, settings.var, world, now())
        else:
            give_competence(engine, now())
            credentials = give_second(engine, settings.var, kept, now())
            world = imagine(kept.seed, kept.end)
        with Writing(engine) as writing:
            register_world(writing, world, now())
    finally:
        engine.dispose()
    with running_server(settings) as url:
        key = bytes.fromhex(httpx.get(f"{url}/blocklist/key").raise_for_status().json()["public_key"])
        _capture_master_data(url, credentials, world)
        played = _play(world, url, credentials, settings.var / STATIONS, key, console, now)
        told = truth(world, asdict(played.counts))
        (settings.var / TRUTH_FILE).write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))
        yield Stage(url, settings.var, credentials, world, told, played, key)


def _capture_master_data(url: str, credentials: Credentials, world: World) -> None:
    answer = httpx.post(
        f"{url}/capture",
        content=orjson.dumps(master_data(world)),
        headers={"Authorization": f"Bearer {credentials.operator}", "Content-Type": "application/json"},
        timeout=30,
    )
    answer.raise_for_status()


def _play(
    world: World,
    url: str,
    credentials: Credentials,
    folder: Path,
    key: bytes,
    console: Console,
    now: Callable[[], datetime],
) -> Played:
    columns = (
        TextColumn("{task.description:42}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("Reading tags", total=len(world.assignments))

        def show(done: int, total: int, text: str) -> None:
            progress.update(task, completed=done, total=total, description=text)

        return asyncio.run(
            play(
                world,
                server_url=url,
                tokens=credentials.stations,
                folder=folder,
                block_list_key=key,
                now=now,
                progress=show,
            )
        )
