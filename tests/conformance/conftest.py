"""Rigs of the readers' conformance suite: a driver together with a device that the test commands.

Each device is the real thing as far as software can be: LLRP over TCP, pcscd with its virtual reader, nfcpy's
udp device, a pseudo-terminal for a serial line.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import importlib
import os
import pty
import ssl
import tty
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.network_rigs import LOGIN, ImpinjRig, MqttRig, Relay, running
from tests.ports import free_port
from tests.unit.readers.certificates import make_certificate

from suyuan.readers.errors import ProtocolError, TruncatedMessage
from suyuan.readers.field import Bench
from suyuan.readers.impinj.emulator import R700Emulator
from suyuan.readers.llrp.driver import LlrpReader
from suyuan.readers.llrp.emulator import LlrpEmulator
from suyuan.readers.llrp.requests import Inventory
from suyuan.readers.nfc import NfcReader
from suyuan.readers.observation import Observation
from suyuan.readers.pcsc.driver import PcscReader
from suyuan.readers.phones import PhoneReader
from suyuan.readers.reader import Reader
from suyuan.readers.sim import SimReader
from suyuan.readers.tags import ndef
from suyuan.readers.tls import Security
from suyuan.readers.virtual.gen2 import WriteFaults
from suyuan.readers.virtual.pcscd import READER, PrivatePcscd
from suyuan.readers.virtual.tags import VirtualNtag, VirtualTag, VirtualType4
from suyuan.readers.virtual.udp import UdpTag
from suyuan.readers.virtual.vpcd import VpcdCard
from suyuan.readers.wedge import WedgeReader

EPCS = tuple(bytes.fromhex(f"3066c4409047e140075bcd{last:02x}") for last in range(0x15, 0x1F))
LONG_EPC = bytes.fromhex("3666c4409047e159b2c2bf100000000000000000000000000000")[:26]
LINKS = tuple(f"https://id.example.cn/01/06901234567892/21/{serial}%2Fb?c=E4==" for serial in range(10))
SYMBOLS = ("]d20106901234567892" + "10L\x1d211", *(f"(01)06901234567892(21){n}" for n in range(2, 11)))
Code = bytes | str


def now() -> datetime:
    return datetime.now(UTC)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the counters of a reader have no event to wait for
            await asyncio.sleep(0.002)


def said(seen: Observation) -> Code:
    return seen.epc if seen.text is None else seen.text


class SimRig:
    """The simulated driver is its own device: the test acts on the newest one."""

    codes: tuple[Code, ...] = (*EPCS[:3], LONG_EPC, *EPCS[3:])
    antennas = 2
    keeps_time = True

    def __init__(self) -> None:
        self.made: list[SimReader] = []
        self.bench = Bench()
        self.faults: WriteFaults | None = None

    def reader(self, queue: int = 1000) -> Reader:
        made = SimReader(
            "dock",
            now=now,
            field=self.bench,
            antennas=(1, 2),
            period_s=0.02,
            queue=queue,
            faults=self.faults,
        )
        self.made.append(made)
        return made

    def switch(self, port: int, *, high: bool) -> None:
        self.made[-1].switch(port, high=high)

    async def show(self, reader: Reader, antenna: int, *codes: Code, at: datetime) -> None:
        del reader
        await until(lambda: self.made[-1].health().connected)
        self.made[-1].present(antenna, [bytes_of(code) for code in codes], rssi_dbm=-47, at=at)

    async def die(self) -> None:
        self.made[-1].die()

    async def die_in_mid_report(self) -> None:
        self.made[-1].die(TruncatedMessage("The connection ended inside a report."))

    async def garbage(self) -> None:
        self.made[-1].die(ProtocolError("The device sent garbage."))

    async def revive(self) -> None:
        pass  # a new reader is a new device


class LlrpRig:
    """The LLRP driver against the emulator over TCP."""

    codes: tuple[Code, ...] = SimRig.codes
    antennas = 2
    keeps_time = True

    def __init__(self, emulator: LlrpEmulator, bench: Bench, ca: Path | None = None) -> None:
        self.emulator = emulator
        self.bench = bench
        self.security = Security(ca=ca) if ca else None

    @property
    def faults(self) -> WriteFaults | None:
        return self.emulator.machine.faults

    @faults.setter
    def faults(self, faults: WriteFaults | None) -> None:
        self.emulator.machine.faults = faults

    def reader(self, queue: int = 1000) -> Reader:
        """Over TLS also in the newer version and with every tag's chip id."""
        return LlrpReader(
            "dock",
            "127.0.0.1",
            self.emulator.port,
            now=now,
            security=self.security,
            newest=self.security is not None,
            inventory=Inventory(tid=self.security is not None),
            keepalive_s=2,
            timeout_s=5,
            queue=queue,
        )

    def switch(self, port: int, *, high: bool) -> None:
        self.emulator.switch(port, high=high)

    async def show(self, reader: Reader, antenna: int, *codes: Code, at: datetime) -> None:
        del reader
        await self.emulator.listening(antenna)
        epcs = [bytes_of(code) for code in codes]
        assert await self.emulator.present(antenna, epcs, rssi_dbm=-47, at=at) == len(codes)

    async def die(self) -> None:
        await self.emulator.aclose()

    async def die_in_mid_report(self) -> None:
        await self.emulator.cut(mid_report=True)

    async def garbage(self) -> None:
        await self.emulator.send_raw(b"GET / HTTP/1.1\r\nHost: reader\r\n\r\n")

    async def revive(self) -> None:
        if not self.emulator.serving:
            await self.emulator.__aenter__()


class PcscRig:
    """The PC/SC driver on the real pcscd with two virtual slots: NTAG on the first, Type 4 on the other."""

    codes: tuple[Code, ...] = LINKS
    antennas = 2
    keeps_time = False

    def __init__(self, daemon: PrivatePcscd) -> None:
        self.daemon = daemon
        self.scard: Any = importlib.import_module("smartcard.scard")

    def reader(self, queue: int = 1000) -> Reader:
        return PcscReader("dock", "acr122u", now=now, queue=queue)

    async def show(self, reader: Reader, antenna: int, *codes: Code, at: datetime) -> None:
        del at
        await until(lambda: reader.health().connected)
        for code in codes:
            before = reader.health().reads
            tag = blank(antenna, message_of(code))
            async with self.lying(tag, antenna):
                await until(lambda: reader.health().reads > before)  # noqa: B023 - awaited at once

    @asynccontextmanager
    async def lying(self, tag: VirtualTag, antenna: int = 1) -> AsyncGenerator[None]:
        with VpcdCard(tag, self.daemon.dial, antenna - 1):
            yield
        await until(lambda: not self.present(antenna))

    def present(self, antenna: int) -> bool:
        """Whether the daemon believes that a card lies there; it looks a few times in a second."""
        status, context = self.scard.SCardEstablishContext(self.scard.SCARD_SCOPE_USER)
        if status:
            return False
        _, states = self.scard.SCardGetStatusChange(context, 0, [(f"{READER} 00 0{antenna - 1}", 0)])
        self.scard.SCardReleaseContext(context)
        return bool(states[0][1] & self.scard.SCARD_STATE_PRESENT)

    async def die(self) -> None:
        await asyncio.to_thread(self.daemon.stop)

    async def revive(self) -> None:
        await asyncio.to_thread(self.daemon.stop)
        await asyncio.to_thread(self.daemon.start)


class UdpRig:
    """The nfcpy driver and a tag at the two ends of nfcpy's air in a cable."""

    codes: tuple[Code, ...] = LINKS
    antennas = 1
    keeps_time = False

    def __init__(self) -> None:
        self.port = free_port()
        self.made: list[NfcReader] = []
        self.babbler: asyncio.DatagramTransport | None = None

    def reader(self, queue: int = 1000) -> Reader:
        self.made.append(NfcReader("dock", f"udp:127.0.0.1:{self.port}", ("106A",), now=now, queue=queue))
        return self.made[-1]

    async def show(self, reader: Reader, antenna: int, *codes: Code, at: datetime) -> None:
        del at
        for code in codes:
            before = reader.health().reads
            async with self.lying(blank(antenna, message_of(code)), antenna):
                await until(lambda: reader.health().reads > before)  # noqa: B023 - awaited at once

    @asynccontextmanager
    async def lying(self, tag: VirtualTag, antenna: int = 1) -> AsyncGenerator[None]:
        del antenna
        lies = UdpTag(tag, self.port)
        with lies:
            yield
            await asyncio.to_thread(lies.remove)
        await until(lambda: not self.made[-1].health().connected or self.made[-1]._tag is None)

    async def die(self) -> None:
        """As when the cable of the device is drawn."""
        await self.made[-1]._ask(self.made[-1]._frontend.close)

    async def garbage(self) -> None:
        class Babbler(asyncio.DatagramProtocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                self.transport: Any = transport

            def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
                del data
                self.transport.sendto(b"106A \xff\xff", addr)

        loop = asyncio.get_running_loop()
        self.babbler, _ = await loop.create_datagram_endpoint(Babbler, ("127.0.0.1", self.port))

    async def revive(self) -> None:
        if self.babbler is not None:
            self.babbler.close()
            self.babbler = None
            await asyncio.sleep(0)


class SerialRig:
    """The scanner driver on a pseudo-terminal."""

    codes: tuple[Code, ...] = SYMBOLS
    antennas = 1
    keeps_time = False

    def __init__(self, folder: Path) -> None:
        self.device = folder / "scanner"
        self.ends: tuple[int, int] | None = None
        self.plug()

    def plug(self) -> None:
        self.ends = pty.openpty()
        tty.setraw(self.ends[1])
        self.device.unlink(missing_ok=True)
        self.device.symlink_to(os.ttyname(self.ends[1]))

    def unplug(self) -> None:
        if self.ends is not None:
            os.close(self.ends[0])
            os.close(self.ends[1])
            self.ends = None

    def reader(self, queue: int = 1000) -> Reader:
        return WedgeReader("dock", str(self.device), 115200, now=now, queue=queue)

    async def show(self, reader: Reader, antenna: int, *codes: Code, at: datetime) -> None:
        del antenna, at
        await until(lambda: reader.health().connected)
        for code in codes:
            self.type(b"\x02" + str(code).encode() + b"\x03\r\n")

    def type(self, data: bytes) -> None:
        assert self.ends is not None
        os.write(self.ends[0], data)

    async def die(self) -> None:
        self.unplug()

    async def die_in_mid_report(self) -> None:
        self.type(b"010690123")
        await asyncio.sleep(0.3)
        self.unplug()

    async def garbage(self) -> None:
        for size in (*[2000] * 2, 200):  # the last one makes it too much, and nothing is left
            self.type(b"\xff" * size)
            await asyncio.sleep(0.1)

    async def revive(self) -> None:
        if self.ends is None:
            self.plug()


class PageRig:
    """A page that feeds its reader."""

    codes: tuple[Code, ...] = SYMBOLS
    antennas = 2
    keeps_time = False

    def reader(self, queue: int = 1000) -> Reader:
        return WedgeReader("dock", now=now, queue=queue)

    async def show(self, reader: Reader, antenna: int, *codes: Code, at: datetime) -> None:
        del at
        await until(lambda: reader.health().connected)
        for code in codes:
            reader.push(str(code), antenna)


class PhonesRig(PageRig):
    """Phones that open the station's page."""

    def reader(self, queue: int = 1000) -> Reader:
        return PhoneReader("dock", now=now, queue=queue)


def bytes_of(code: Code) -> bytes:
    assert isinstance(code, bytes)
    return code


def message_of(code: Code) -> bytes:
    assert isinstance(code, str)
    return ndef.encode([ndef.uri_record(code)])


def blank(antenna: int, message: bytes = b"", writes: int | None = None) -> VirtualNtag | VirtualType4:
    """A tag as the test lays it: NTAG on the first antenna, Type 4 on the second."""
    uid = bytes.fromhex("04a1b2c3d4e5f6")
    return (
        VirtualNtag(uid, message=message, writes=writes)
        if antenna == 1
        else VirtualType4(uid, message, writes=writes)
    )


@pytest.fixture
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    async with AsyncExitStack() as stack:
        match request.param:
            case "sim":
                yield SimRig()
            case "llrp" | "llrps":
                bench = Bench()
                tls = ca = None
                if request.param == "llrps":
                    files = make_certificate(tmp_path)
                    ca, tls = files.ca, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                    tls.load_cert_chain(files.certificate, files.key)
                emulator = LlrpEmulator(now=now, port=free_port(), field=bench, round_s=0.01, tls=tls)
                yield LlrpRig(await stack.enter_async_context(emulator), bench, ca)
            case "impinj":
                reader = R700Emulator(now=now, port=free_port(), login=LOGIN)
                yield ImpinjRig(await stack.enter_async_context(reader))
            case "mqtt+impinj" | "mqtt+zebra" | "mqtt+generic":
                broker = await stack.enter_async_context(running(tmp_path))
                relay = await stack.enter_async_context(Relay(broker))
                yield MqttRig(broker, relay, request.param.partition("+")[2])
            case "pcsc":
                made = PcscRig(request.getfixturevalue("pcscd"))
                yield made
                if made.daemon._process is None:
                    await made.revive()
            case "nfc+udp":
                udp = UdpRig()
                stack.push_async_callback(udp.revive)
                yield udp
            case "serial":
                serial = SerialRig(tmp_path)
                stack.callback(serial.unplug)
                yield serial
            case _:
                yield {"http": PhonesRig, "page": PageRig}[request.param]()
