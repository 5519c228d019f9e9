"""A reader that is tried and that nobody looks at any more is let go, and nobody else's is."""

from __future__ import annotations

import asyncio
from pathlib import Path

from suyuan.readers.station.page.setup import Setup
from suyuan.readers.station.station import Station
from suyuan.trace.errors import SuyuanError


class Host:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.station: Station | None = None
        self.fault: SuyuanError | None = None
        self.stopping = False

    async def restart(self) -> None: ...

    async def rest(self) -> None: ...


async def test_a_look_at_the_very_end_of_a_trial_keeps_no_watch_over_the_next(tmp_path: Path) -> None:
    setup = Setup(Host(tmp_path / "station.toml"))
    idle = asyncio.create_task(setup._until_idle())  # pyright: ignore[reportPrivateUsage]
    await asyncio.sleep(0.01)
    setup._looked.set()  # pyright: ignore[reportPrivateUsage]
    idle.cancel()
    ended, _ = await asyncio.wait([idle], timeout=1)
    idle.cancel()
    assert ended
