"""The nfcpy driver: addresses, what a device can do to it, and a FeliCa tag over nfcpy's own emulation."""

from __future__ import annotations

import asyncio
import errno
import importlib
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from suyuan.readers.address import parse_address
from suyuan.readers.errors import (
    MissingDependency,
    ReaderBusy,
    ReaderConfigError,
    ReaderError,
    TagTaken,
    TransientConnectionError,
    UnsupportedOperation,
)
from suyuan.readers.nfc import Library, NfcReader, load
from suyuan.readers.registry import open_reader
from suyuan.readers.tags import ndef

LINK = "https://id.example.cn/01/06901234567892/21/a%2Fb?e=9F&c=E4=="


def now() -> datetime:
    return datetime(2026, 5, 1, tzinfo=UTC)


def nothing(*_: object) -> None:
    return None


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("nfc+usb://", "usb"),
        ("nfc+usb://054C:06c3", "usb:054c:06c3"),
        ("nfc+usb://072f:2200?name=desk", "usb:072f:2200"),
        ("nfc+tty:///dev/ttyUSB0", "tty:USB0:pn532"),
        ("nfc+tty:///dev/ttyACM1?driver=arygon&types=a,f", "tty:ACM1:arygon"),
        ("nfc+udp://127.0.0.1:54321", "udp:127.0.0.1:54321"),
    ],
)
def test_addresses_in_the_notation_of_nfcpy(url: str, path: str) -> None:
    opened: list[str] = []
    library = Library(opened.append, nothing, nothing, ())

    class Faked(NfcReader):
        def __init__(self, name: str, path: str, types: tuple[str, ...], **given: Any) -> None:
            super().__init__(name, path, types, library=lambda: library, **given)

    reader = Faked.from_address(parse_address(url), now=now)
    with pytest.raises(TransientConnectionError):
        asyncio.run(reader.__aenter__())
    assert opened == [path]


@pytest.mark.parametrize(
    "url",
    [
        "nfc+usb://072f:22",
        "nfc+usb://072f:2200/x",
        "nfc+usb://?driver=pn532",
        "nfc+tty://host/dev/ttyUSB0",
        "nfc+tty:///dev/sda",
        "nfc+tty:///dev/ttyUSB0?driver=acr",
        "nfc+udp://127.0.0.1",
        "nfc+udp://",
        "nfc+udp://h:1?types=a,a",
        "nfc+udp://h:1?types=x",
    ],
)
def test_addresses_that_cannot_be(url: str) -> None:
    with pytest.raises(ReaderConfigError) as caught:
        open_reader(url, now=now)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("number", "kind", "says"),
    [
        (errno.EACCES, TransientConnectionError, "udev"),
        (errno.EPERM, TransientConnectionError, "udev"),
        (errno.EBUSY, ReaderBusy, "pcscd"),
        (errno.ENODEV, TransientConnectionError, "cable"),
    ],
)
async def test_a_device_that_cannot_be_opened_says_what_to_check(
    number: int, kind: type[ReaderError], says: str
) -> None:
    def refuse(_: str) -> Any:
        raise OSError(number, "no")

    library = Library(refuse, nothing, nothing, ())
    with pytest.raises(kind) as caught:
        async with NfcReader("desk", "usb", now=now, library=lambda: library):
            pass
    assert says in caught.value.remedy


async def test_a_udp_port_whose_name_nfcpy_cannot_read_is_told_as_one_that_cannot_be_opened() -> None:
    def crash(_: str) -> Any:
        return int("discard")  # what nfcpy does with udp:127.0.0.1:9

    library = Library(crash, nothing, nothing, ())
    with pytest.raises(TransientConnectionError, match=r"udp:127\.0\.0\.1:9 that can be opened"):
        async with NfcReader("desk", "udp:127.0.0.1:9", now=now, library=lambda: library):
            pass


def test_without_nfcpy_the_remedy_is_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, package: str | None = None) -> Any:
        if name.startswith("nfc."):
            raise ModuleNotFoundError("No module named nfc", name="nfc")
        return real(name, package)

    real = importlib.import_module
    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(MissingDependency) as caught:
        open_reader("nfc+usb://", now=now)
    assert caught.value.remedy == "Run: pip install 'suyuan[nfc]'"


@contextmanager
def felica(message: bytes) -> Generator[tuple[int, bytearray]]:
    """A Type 3 tag in the air of nfcpy's udp device; yields the port and its memory.

    It lies there all the time, as a tag does. nfcpy's own emulation listens anew each second, and forgets
    then that it was selected.
    """
    tt3: Any = importlib.import_module("nfc.tag.tt3")
    memory = bytearray(16 * 17)
    attributes = bytearray.fromhex("10 04 04 0010 00000000 00 01") + len(message).to_bytes(3, "big")
    memory[:16] = attributes + sum(attributes).to_bytes(2, "big")
    memory[16 : 16 + len(message)] = message

    def read(block: int, begin: bool, end: bool) -> bytearray | None:
        del begin, end
        return memory[block * 16 : block * 16 + 16] if block * 16 < len(memory) else None

    def write(block: int, data: bytearray, begin: bool, end: bool) -> bool:
        del begin, end
        memory[block * 16 : block * 16 + 16] = data
        return True

    selected = SimpleNamespace(
        sensf_res=bytearray.fromhex("01 02fe010203040506 ffffffffffffffff 12fc"), tt3_cmd=bytearray()
    )
    tag = tt3.Type3TagEmulation(None, selected)
    tag.add_service(0x0009, read, write)
    tag.add_service(0x000B, read, nothing)
    air = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    air.bind(("127.0.0.1", 0))

    def serve() -> None:
        while (heard := air.recvfrom(1024))[0] != b"":
            technology, _, command = heard[0].partition(b" ")
            answer = tag.process_command(bytearray.fromhex(command.decode())) if command else None
            if answer is not None and technology == b"212F":
                air.sendto(technology + b" " + answer.hex().encode(), heard[1])

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield air.getsockname()[1], memory
    finally:
        air.sendto(b"", air.getsockname())  # the end of the air
        thread.join()
        air.close()


@pytest.fixture
def patient_air(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tag answers within milliseconds or never; one that is a thread of a busy machine takes its time.

    A second try would be answered too, and each answer from then on be that of the command before.
    """
    device: Any = importlib.import_module("nfc.clf.udp").Device
    receive = device._recv_data

    def patiently(self: Any, timeout: float, *technologies: str) -> Any:
        del timeout
        return receive(self, 30.0, *technologies)

    monkeypatch.setattr(device, "_recv_data", patiently)


@pytest.mark.usefixtures("patient_air")
async def test_a_felica_tag_is_read_and_written_as_nfcpy_does_it() -> None:
    held = ndef.encode([ndef.uri_record("https://id.example.cn/01/06901234567892/21/old")])
    with felica(held) as (port, memory):
        async with NfcReader("desk", f"udp:127.0.0.1:{port}", ("212F",), now=now) as reader:
            (seen,) = await asyncio.wait_for(reader.receive(), 60)
            assert (seen.text, seen.tid) == (
                "https://id.example.cn/01/06901234567892/21/old",
                bytes.fromhex("02fe010203040506"),
            )
            with pytest.raises(TagTaken):
                await reader.write_link(LINK)
            with pytest.raises(UnsupportedOperation):
                await reader.write_link(LINK, lock=True, overwrite=True)
            assert (await reader.write_link(LINK, overwrite=True)).text == LINK
            assert (await reader.read_link()).text == LINK
    assert ndef.encode([ndef.uri_record(LINK)]) in memory


def test_the_installed_library_has_what_is_used() -> None:
    library = load()
    assert library.target("106A").brty == "106A"
    assert all(issubclass(error, Exception) for error in library.errors)
