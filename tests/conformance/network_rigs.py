"""Rigs of readers that are reached through other servers: an R700 over HTTP, and readers behind a broker."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx

from suyuan.readers.credentials import Credentials
from suyuan.readers.impinj.driver import ImpinjReader
from suyuan.readers.impinj.emulator import R700Emulator
from suyuan.readers.reader import Reader

EPCS = tuple(bytes.fromhex(f"3066c4409047e140075bcd{last:02x}") for last in range(0x15, 0x1F))
LONG_EPC = bytes.fromhex("3666c4409047e159b2c2bf100000000000000000000000000000")[:26]
LOGIN = ("root", "impinj")
Code = bytes | str


def now() -> datetime:
    return datetime.now(UTC)


def epcs_of(codes: tuple[Code, ...]) -> list[bytes]:
    return [code for code in codes if isinstance(code, bytes)]


class ImpinjRig:
    """The driver for Impinj's IoT interface against the emulated R700 over HTTP."""

    codes: tuple[Code, ...] = (*EPCS[:3], LONG_EPC, *EPCS[3:])
    antennas = 2
    keeps_time = True

    def __init__(self, emulator: R700Emulator) -> None:
        self.emulator = emulator

    def reader(self, queue: int = 1000) -> Reader:
        return ImpinjReader(
            "dock",
            httpx.URL(f"http://127.0.0.1:{self.emulator.port}"),
            now=now,
            credentials=Credentials(*LOGIN),
            keepalive_s=2,
            timeout_s=5,
            queue=queue,
        )

    async def show(self, reader: Reader, antenna: int, *codes: Code, at: datetime) -> None:
        del reader
        await self.emulator.listening()
        assert await self.emulator.present(antenna, epcs_of(codes), rssi_dbm=-47, at=at) == len(codes)

    async def die(self) -> None:
        await self.emulator.aclose()

    async def die_in_mid_report(self) -> None:
        await self.emulator.cut(mid_report=True)

    async def garbage(self) -> None:
        await self.emulator.send_raw(b"SSH-2.0-dropbear\r\n")

    async def revive(self) -> None:
        if not self.emulator.serving:
            await self.emulator.__aenter__()
