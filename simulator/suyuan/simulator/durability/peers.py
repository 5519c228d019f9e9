"""The readers of a campaign: emulated devices that show tags to whoever listens, and fail as their kind does.

What nobody heard is no loss: only what a station acknowledged counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from types import TracebackType
from typing import ClassVar, Protocol, Self

from suyuan.readers.errors import TransientConnectionError
from suyuan.readers.impinj.emulator import R700Emulator
from suyuan.readers.llrp.emulator import LlrpEmulator

_SILENT_S = (0.5, 4.0)
_FAILING_S = (0.2, 3.0)
AWAY_S = (0.0, 2.0)
_LONGEST_GARBAGE = 200
_SIGN_OF_LIFE_S = 0.3
"""So often an R700 shows that it lives; the driver waits for three such signs of a second each."""


def now() -> datetime:
    """The devices' clock: that of the machine."""
    return datetime.now(UTC)


class Peer(Protocol):
    """An emulated reader: an async context manager; inside it, ``url`` is where a station finds it."""

    name: str
    kind: ClassVar[str]
    troubles: ClassVar[tuple[str, ...]]

    @property
    def url(self) -> str:
        """The address, as a station's file has it."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def show(self, epc: bytes) -> None:
        """Let a tag pass once, if anybody listens."""
        ...

    async def fail(self, trouble: str, chance: Random) -> None:
        """Have one of ``troubles``; returns when it is over."""
        ...


class LlrpPeer(Peer):
    """A reader over LLRP: dies in the midst of a report, sends garbage, falls silent, goes off and on."""

    kind = "LLRP"
    troubles = ("cut", "garbage", "silence", "restart")

    def __init__(self, name: str) -> None:
        self.name = name
        self._device = LlrpEmulator(now=now)

    @property
    def url(self) -> str:
        """Its address."""
        return self._device.url

    async def __aenter__(self) -> Self:
        await self._device.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._device.__aexit__(kind, error, trace)

    async def show(self, epc: bytes) -> None:
        """Let a tag pass once, if anybody listens."""
        if self._device.connected:
            with suppress(OSError, TransientConnectionError):
                await self._device.present(1, [epc], at=now())

    async def fail(self, trouble: str, chance: Random) -> None:
        """Have one of ``troubles``; returns when it is over."""
        device = self._device
        with suppress(OSError, TransientConnectionError):  # the station was killed in the same moment
            match trouble:
                case "cut":
                    await device.cut(mid_report=True)
                case "garbage":
                    await device.send_raw(garbage(chance))
                case "restart":
                    await device.restart()
                case _:
                    await _silent(device.silence, chance)


class R700Peer(Peer):
    """An R700 over HTTP: its stream is cut, it refuses all with 503, sends garbage, falls silent, dies."""

    kind = "R700"
    troubles = ("cut", "5xx", "garbage", "silence", "restart")

    def __init__(self, name: str) -> None:
        self.name = name
        self._device = R700Emulator(now=now, keepalive_s=_SIGN_OF_LIFE_S)

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self._device.url}?keepalive=1&timeout=2"

    async def __aenter__(self) -> Self:
        await self._device.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._device.__aexit__(kind, error, trace)

    async def show(self, epc: bytes) -> None:
        """Let a tag pass once, if anybody listens."""
        if self._device.serving:
            await self._device.present(1, [epc], at=now())

    async def fail(self, trouble: str, chance: Random) -> None:
        """Have one of ``troubles``; returns when it is over."""
        device = self._device
        match trouble:
            case "cut":
                await device.cut(mid_report=True)
            case "garbage":
                await device.send_raw(garbage(chance) + b"\r\n")
            case "restart":
                await device.aclose()
                await asyncio.sleep(chance.uniform(*AWAY_S))
                await device.__aenter__()
            case "5xx":
                device.failing = True
                await device.cut()  # who is connected comes again, and is refused
                await asyncio.sleep(chance.uniform(*_FAILING_S))
                device.failing = False
            case _:
                await _silent(device.silence, chance)


async def _silent(silence: Callable[..., None], chance: Random) -> None:
    silence()
    await asyncio.sleep(chance.uniform(*_SILENT_S))
    silence(silent=False)


def garbage(chance: Random) -> bytes:
    """Bytes that mean nothing."""
    return chance.randbytes(chance.randint(1, _LONGEST_GARBAGE))
