from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from suyuan.readers import discovery
from suyuan.readers.diagnosis import Finding, probe
from suyuan.readers.discovery import (
    Found,
    discover,
    greets,
    llrp_readers,
    local_networks,
    serial_ports,
    usb_readers,
)
from suyuan.readers.llrp.driver import LlrpReader
from suyuan.readers.llrp.emulator import LlrpEmulator

LOOPBACK = IPv4Network("127.0.0.1/32")


def now() -> datetime:
    return datetime.now(UTC)


def file(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The files of a kernel that sees an ACR122U, a mouse, and a scanner in serial mode."""
    usb = tmp_path / "sys/bus/usb/devices"
    file(usb / "1-1/idVendor", "072f\n")
    file(usb / "1-1/idProduct", "2200\n")
    file(usb / "1-2/idVendor", "046d\n")
    file(usb / "1-2/idProduct", "c077\n")
    scanner = tmp_path / "sys/devices/pci/1-3"
    file(scanner / "manufacturer", "Honeywell\n")
    file(scanner / "product", "Xenon 1900\x1b[2J\n")
    (scanner / "1-3:1.0").mkdir()
    for name in ("ttyACM0", "ttyS0"):
        (tmp_path / "sys/class/tty" / name).mkdir(parents=True)
    (tmp_path / "sys/class/tty/ttyACM0/device").symlink_to(scanner / "1-3:1.0")
    (tmp_path / "sys/class/tty/ttyUSB0").mkdir()
    return tmp_path


def test_devices_on_the_bus_and_ports(machine: Path) -> None:
    assert [(found.url, found.en) for found in usb_readers(machine)] == [
        ("nfc+usb://072f:2200", "NFC reader ACS ACR122U")
    ]
    assert [(found.url, found.detail) for found in serial_ports(machine)] == [
        ("serial:///dev/ttyACM0", "Honeywell Xenon 1900·[2J"),
        ("serial:///dev/ttyUSB0", ""),
    ]


async def test_everything_at_once_with_a_reader_on_the_network(machine: Path) -> None:
    async with LlrpEmulator(now=now) as emulator:
        found = await discover([LOOPBACK], pcsc=list, root=machine, port=emulator.port)
        assert [each.kind for each in found] == ["nfc", "serial", "serial", "llrp"]
        assert found[-1].url == emulator.url
        assert all(each.zh and each.en for each in found)
        async with LlrpReader("dock", "127.0.0.1", emulator.port, now=now):
            busy = await llrp_readers([LOOPBACK], port=emulator.port)
            assert [each.url for each in busy] == [emulator.url]


async def test_a_reader_that_pcscd_has_is_not_offered_twice(machine: Path) -> None:
    held = Found("pcsc://ACS%20ACR122U", "pcsc", "读卡器 ACS ACR122U", "ACS ACR122U", "PC/SC")
    found = await discover(pcsc=lambda: [held], root=machine)
    assert [each.kind for each in found] == ["pcsc", "serial", "serial"]


Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Server) -> AsyncGenerator[int]:
    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except OSError:
            pass  # the client has gone
        finally:
            writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(100)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n")
    await writer.drain()


async def printer_web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(100)
    writer.write(b"HTTP/1.1 200 OK\r\nServer: HP HTTP Server; HP LaserJet Pro\r\n\r\n")
    await writer.drain()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    del writer
    await reader.read(1000)
    await reader.read(1000)


@pytest.mark.parametrize("serve", [web, silent])
async def test_what_does_not_greet_as_a_reader_is_not_listed(
    serve: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "_GREETING_S", 0.2)  # it is waited for in vain
    async with listening(serve) as port:
        assert not await greets("127.0.0.1", port)
        assert await llrp_readers([LOOPBACK], port=port) == []


async def test_a_large_network_is_not_knocked_through() -> None:
    knocked: list[str] = []

    async def dial(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        assert port == 5084
        knocked.append(host)
        raise ConnectionRefusedError

    assert await llrp_readers([IPv4Network("10.0.0.0/8")], dial=dial) == []
    assert len(knocked) == 1024


def test_networks_of_this_machine(tmp_path: Path) -> None:
    routes = tmp_path / "route"
    routes.write_text(
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
        "wlan0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n"
        "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
        "eth1\t0000FEA9\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
        "broken line\n"
    )
    assert local_networks(routes) == [IPv4Network("192.168.1.0/24"), IPv4Network("10.0.0.0/24")]
    assert local_networks(tmp_path / "none") == []


def told(finding: Finding) -> None:
    assert finding.sentence.zh != finding.sentence.en
    assert not any("{" in text for text in (finding.sentence.zh, finding.sentence.en))
    assert finding.works or (finding.check.zh and finding.check.en and finding.check.zh != finding.check.en)


async def test_a_reader_that_works_is_told_with_its_model() -> None:
    async with LlrpEmulator(now=now) as emulator:
        finding = await probe(emulator.url, now=now)
        assert finding.works
        assert finding.info is not None
        told(finding)
        async with LlrpReader("dock", "127.0.0.1", emulator.port, now=now):
            finding = await probe(emulator.url, now=now)
            assert finding.result == "busy"
            told(finding)


@pytest.mark.parametrize(
    ("url", "result"),
    [
        ("lrp://10.0.0.5", "address"),
        ("llrp://10.0.0.5?zz=1", "address"),
        ("llrp://reader.invalid", "no-name"),
        ("llrp://127.0.0.1:9", "refused"),
        ("serial:///dev/ttyACM99", "failed"),
        ("sim://x", "works"),
    ],
)
async def test_what_is_wrong_is_told_by_kind(url: str, result: str) -> None:
    finding = await probe(url, now=now)
    assert finding.result == result
    if result != "address":
        told(finding)


@pytest.mark.parametrize(
    ("serve", "result"), [(web, "other-device"), (printer_web, "printer"), (silent, "other-device")]
)
async def test_an_address_that_is_something_else(serve: Server, result: str) -> None:
    async with listening(serve) as port:
        finding = await probe(f"llrp://127.0.0.1:{port}?timeout=1", now=now, patience_s=3)
        assert finding.result == result
        assert finding.error is not None
        told(finding)


@pytest.mark.parametrize("open_port", [9100, 631, 515])
async def test_an_address_that_is_a_printer(open_port: int) -> None:
    async with listening(silent) as port:

        async def dial(host: str, asked: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            if asked != open_port:
                raise ConnectionRefusedError
            return await asyncio.open_connection(host, port)

        finding = await probe("llrp://127.0.0.1:9", now=now, dial=dial)
        assert finding.result == "printer"
        told(finding)


async def test_an_address_at_which_nothing_answers() -> None:
    async def dial(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        raise OSError(113, f"No route to {host}:{port}")

    finding = await probe("llrp://127.0.0.1:9", now=now, dial=dial)
    assert finding.result == "silent"
    told(finding)
