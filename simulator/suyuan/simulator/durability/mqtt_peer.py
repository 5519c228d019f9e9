"""A reader behind a real broker, for campaigns."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self, TypeVar

import orjson
from aiomqtt import MqttError

from suyuan.readers.mqtt.emulator import MqttEmulator
from suyuan.simulator.durability.broker import Broker
from suyuan.simulator.durability.peers import AWAY_S, Peer, garbage, now

_T = TypeVar("_T")
_TOPIC = "dock/tags"
logging.getLogger("mqtt").setLevel(logging.CRITICAL)  # aiomqtt's: a broker that dies is no news here


class MqttPeer(Peer):
    """A Zebra reader behind a real broker, which dies; messages come twice, are retained, or are garbage.

    The broker keeps a session for the station, which tells it again what was not acknowledged.
    """

    kind = "MQTT"
    troubles = ("broker killed", "garbage", "duplicate", "retained", "restart")

    def __init__(self, name: str, folder: Path, *, session: str) -> None:
        self.name = name
        self._session = session
        self._broker = Broker(folder)
        self._device: MqttEmulator | None = None
        self._turn = asyncio.Lock()
        self._last = b""

    @property
    def url(self) -> str:
        """Its address."""
        where = f"{self._broker.host}:{self._broker.port}"
        return f"mqtt://{where}/{_TOPIC}?dialect=zebra&client_id={self._session}&keepalive=2&timeout=2"

    async def __aenter__(self) -> Self:
        await self._broker.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        async with self._turn:
            await self._leave()
        await self._broker.__aexit__(kind, error, trace)

    async def show(self, epc: bytes) -> None:
        """Let a tag pass once, if anybody listens."""
        await self._publish(lambda device: orjson.dumps(device.event(epc, 1, -50.0, now())), keep=True)

    async def fail(self, trouble: str, chance: Random) -> None:
        """Have one of ``troubles``; returns when it is over."""
        match trouble:
            case "garbage":
                noise = garbage(chance)
                await self._publish(lambda _device: noise)
            case "duplicate" | "retained":
                last = self._last
                if last:
                    await self._publish(lambda _device: last, retain=trouble == "retained")
            case "restart":
                async with self._turn:
                    await self._leave()
            case _:
                self._broker.end()
                await asyncio.sleep(chance.uniform(*AWAY_S))
                await self._broker.start()

    async def _publish(
        self, write: Callable[[MqttEmulator], bytes], *, retain: bool = False, keep: bool = False
    ) -> None:
        """Publish what ``write`` makes, if there is a broker; ``keep`` it for coming twice."""
        if not self._broker.runs:
            return
        async with self._turn:
            try:
                device = self._device
                if device is None:
                    device = await _to_its_end(self._come())
                payload = write(device)
                await _to_its_end(device.publish(payload, retain=retain))
            except MqttError:
                await self._leave()
                return
            if keep:
                self._last = payload

    async def _come(self) -> MqttEmulator:
        device = MqttEmulator(self._broker.host, self._broker.port, _TOPIC, "zebra", now=now)
        self._device = await device.__aenter__()
        return self._device

    async def _leave(self) -> None:
        device, self._device = self._device, None
        if device is not None:
            with suppress(MqttError):  # there may be no broker to say goodbye to
                await device.__aexit__(None, None, None)


async def _to_its_end(work: Coroutine[Any, Any, _T]) -> _T:
    """What ``work`` gives; aiomqtt waits with ``wait_for``, which loses a cancellation that meets its end."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    await asyncio.wait({task})
    return task.result()
