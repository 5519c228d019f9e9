"""A real MQTT broker as a process, which can be killed and begun again on its old port."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from suyuan.readers.errors import MissingDependency
from suyuan.simulator.ports import free_port
from suyuan.trace.errors import Unavailable

_READY_S = 20.0
_SBIN = "/usr/sbin:/usr/local/sbin"


def program() -> str | None:
    """Where mosquitto is, or None; Debian keeps it where only root looks."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=_SBIN)


class Broker:
    """A mosquitto with its files in ``folder``, on a free loopback port, while the context is entered.

    ``settings`` are lines of its configuration about who may do what; by default everybody may everything.
    What it keeps for sessions outlasts its end.

    Raises:
        MissingDependency: on entering, there is no mosquitto.
        Unavailable: it does not begin.
    """

    host = "127.0.0.1"

    def __init__(self, folder: Path, *settings: str) -> None:
        self._log = folder / "mosquitto.log"
        self._config = folder / "mosquitto.conf"
        self.port = free_port(self.host)
        lines = (
            f"listener {self.port} {self.host}",
            "persistence true",
            f"persistence_location {folder}/",
            "user root",  # it would give up its rights, and with them its folder
            *(settings or ("allow_anonymous true",)),
        )
        self._config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(signal.SIGTERM)

    @property
    def runs(self) -> bool:
        """Whether it was begun and not ended since."""
        return self._process is not None

    async def start(self) -> None:
        """Begin, and wait until it answers."""
        found = program()
        if found is None:
            raise MissingDependency(
                "There is no mosquitto.", where="mosquitto", remedy="apt-get install mosquitto"
            )
        with self._log.open("ab") as log:
            process = subprocess.Popen([found, "-c", str(self._config)], stdout=log, stderr=log)  # noqa: ASYNC220, S603 (begins at once; the broker that we looked for)
        self._process = process
        with suppress(TimeoutError):
            async with asyncio.timeout(_READY_S):
                while process.poll() is None:
                    if await self._answers():
                        return
                    await asyncio.sleep(0.02)
        raise Unavailable("The broker does not begin", remedy=f"See {self._log}.")

    def end(self, signum: int = signal.SIGKILL) -> None:
        """Signal it and wait for its end; nothing where it does not run."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signum)
            process.wait(_READY_S)

    async def _answers(self) -> bool:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(self.host, self.port)
            writer.close()
            await writer.wait_closed()
            return True
        return False
