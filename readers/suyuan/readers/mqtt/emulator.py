"""Readers in software that publish to a real broker, in any of the dialects, with the oddities of each."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import orjson
from aiomqtt import Client, Will

from suyuan.readers.impinj.emulator import stamp, tag_event
from suyuan.trace.errors import WrongUse

LAST_WORD = b"gone"
"""What the broker publishes for a device whose connection died."""


class MqttEmulator:
    """An emulated reader that publishes to ``topic`` while the context is entered.

    Args:
        dialect: ``impinj``, ``zebra``, ``handheld`` (Zebra's batches) or ``generic``.
        now: the clock of the device, aware UTC.
        device: the name that it gives itself.
        login: user and password at the broker.
        numbers: of its events, from 1 on by default.
        will: topic on which the broker is to tell when this device goes without a word.
    """

    def __init__(
        self,
        host: str,
        port: int,
        topic: str,
        dialect: str,
        *,
        now: Callable[[], datetime],
        device: str = "r1",
        login: tuple[str, str] | None = None,
        numbers: Iterator[int] | None = None,
        will: str | None = None,
    ) -> None:
        self.device = device
        self._topic = topic
        self._dialect = dialect
        self._now = now
        self._numbers = numbers or itertools.count(1)
        self._where = (host, port)
        self._login = login or (None, None)
        self._will = None if will is None else Will(will, LAST_WORD, 1)
        self._connected: Client | None = None

    async def __aenter__(self) -> Self:
        host, port = self._where
        user, password = self._login
        client = Client(host, port, username=user, password=password, will=self._will)
        self._connected = await client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connected is not None:
            await self._connected.__aexit__(kind, error, trace)
            self._connected = None

    async def present(
        self,
        antenna: int,
        epcs: Iterable[bytes],
        *,
        rssi_dbm: float = -50.0,
        at: datetime | None = None,
        retain: bool = False,
        batch: bool = False,
        joined: bool = False,
    ) -> int:
        """Publish these sightings; how many.

        Args:
            antenna: at which they are made.
            epcs: of the tags.
            rssi_dbm: how loud they are.
            at: when; now by default.
            retain: let the broker keep the last message for whoever comes later.
            batch: all in one array.
            joined: all in one message, one after the other without a separator.
        """
        events = [self.event(epc, antenna, rssi_dbm, at or self._now()) for epc in epcs]
        if self._dialect == "handheld":
            events = [self._batch([event["data"] for event in events], at or self._now())]
        written = [orjson.dumps(event) for event in events]
        if joined:
            written = [b"".join(written)]
        elif batch:
            written = [orjson.dumps(events)]
        for payload in written:
            await self.publish(payload, retain=retain)
        return len(events)

    async def scan(self, *texts: str, at: datetime | None = None) -> None:
        """Publish symbols that a handheld has read."""
        codes = [{"symbology": "QR", "decodedBarcode": text} for text in texts]
        event = {"type": "ADVANCED", "timestamp": _iso(at or self._now()), "data": {"barcodeData": codes}}
        await self.publish(orjson.dumps(event))

    async def publish(self, payload: bytes, *, topic: str | None = None, retain: bool = False) -> None:
        """Publish anything, such as garbage; the broker has it when this returns."""
        if self._connected is None:
            raise WrongUse("The emulated reader is not connected.", remedy="Enter it first.")
        await self._connected.publish(topic or self._topic, payload, qos=1, retain=retain)

    def event(self, epc: bytes, antenna: int, rssi_dbm: float, at: datetime) -> dict[str, Any]:
        """One sighting as the dialect writes it."""
        number = next(self._numbers)
        match self._dialect:
            case "impinj":
                return {
                    "timestamp": stamp(self._now()),
                    "hostname": self.device,
                    "eventType": "tagInventory",
                    "tagInventoryEvent": tag_event(epc, antenna, rssi_dbm, at),
                }
            case "zebra" | "handheld":
                tag = {
                    "eventNum": number,
                    "idHex": epc.hex(),
                    "format": "epc",
                    "antenna": antenna,
                    "peakRssi": round(rssi_dbm),
                    "reads": 1,
                    "hostName": self.device,
                }
                return {"data": tag, "timestamp": _iso(at), "type": "SIMPLE"}
            case _:
                return {
                    "epc": epc.hex(),
                    "antenna": antenna,
                    "rssi": rssi_dbm,
                    "timestamp": _iso(at),
                    "device": self.device,
                    "id": number,
                }

    def _batch(self, tags: list[dict[str, Any]], at: datetime) -> dict[str, Any]:
        """A handheld's dataEVT: it has one antenna, and counts sightings otherwise."""
        batch = [
            {
                "EPCid": tag["idHex"],
                "eventNum": tag["eventNum"],
                "peakRssi": tag["peakRssi"],
                "seenCount": 1,
                "HOSTNAME": self.device,
            }
            for tag in tags
        ]
        return {"type": "BALANCED_PERFORMANCE", "timestamp": _iso(at), "data": {"tagData": batch}}


def _iso(at: datetime) -> str:
    """A time as Zebra's readers write it."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}+0000"
