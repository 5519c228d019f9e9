"""What the PC/SC service can answer, by a service of our own; the real one is in the conformance suite."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from suyuan.readers.address import parse_address
from suyuan.readers.discovery import pcsc_readers
from suyuan.readers.errors import (
    MissingDependency,
    ReaderConfigError,
    ReaderError,
    TagLost,
    TransientConnectionError,
)
from suyuan.readers.pcsc import driver, service
from suyuan.readers.pcsc.driver import PcscReader
from suyuan.readers.registry import open_reader
from suyuan.readers.tags import ndef
from suyuan.readers.virtual.tags import VirtualNtag
from suyuan.readers.virtual.vpcd import VpcdCard

UID = bytes.fromhex("04a1b2c3d4e5f6")
LINK = "https://id.example.cn/01/06901234567892/21/1"
MEMORY_ATR = bytes.fromhex("3b8f8001804f0ca0000003060300030000000068")


def now() -> datetime:
    return datetime(2026, 5, 1, tzinfo=UTC)


class FakeScard:
    """A service in a process: readers by name, each with a card or none."""

    SCARD_SCOPE_USER: int = 0
    SCARD_SHARE_SHARED: int = 2
    SCARD_PROTOCOL_T0: int = 1
    SCARD_PROTOCOL_T1: int = 2
    SCARD_LEAVE_CARD: int = 0
    SCARD_RESET_CARD: int = 1
    SCARD_STATE_PRESENT: int = 0x20
    SCARD_STATE_MUTE: int = 0x200
    SCARD_STATE_CHANGED: int = 2
    SCARD_PCI_T0: int = 1
    SCARD_PCI_T1: int = 2

    def __init__(self, *names: str) -> None:
        self.cards: dict[str, tuple[VpcdCard, bytes] | None] = dict.fromkeys(names)
        self.events = dict.fromkeys(names, 0)
        self.fails: dict[str, int] = {}
        self.commands: list[bytes] = []
        self.connected = 0

    def lay(self, name: str, tag: VirtualNtag, atr: bytes = MEMORY_ATR, *, pn532: bool = True) -> None:
        def dial(_: int) -> Any:
            raise AssertionError

        self.cards[name] = (VpcdCard(tag, dial, pn532=pn532), atr)
        self.events[name] += 1

    def take(self, name: str) -> None:
        self.cards[name] = None
        self.events[name] += 1

    def SCardEstablishContext(self, scope: int) -> tuple[int, Any]:  # noqa: N802
        return self.fails.get("establish", scope), "context"

    def SCardReleaseContext(self, context: Any) -> int:  # noqa: N802
        assert context == "context"
        return 0

    def SCardListReaders(self, context: Any, groups: list[str]) -> tuple[int, list[str]]:  # noqa: N802
        assert (context, groups) == ("context", [])
        if not self.cards:
            return service.NO_READERS, []
        return self.fails.get("list", 0), list(self.cards)

    def SCardGetStatusChange(  # noqa: N802
        self, context: Any, timeout_ms: int, states: list[tuple[str, int]]
    ) -> tuple[int, list[tuple[str, int, list[int]]]]:
        assert context == "context"
        assert timeout_ms <= 200
        if "change" in self.fails:
            return self.fails["change"], []
        found: list[tuple[str, int, list[int]]] = []
        for name, _ in states:
            card = self.cards[name]
            event = self.events[name] << 16 | self.SCARD_STATE_CHANGED
            found.append((name, event | (0x20 if card else 0x10), list(card[1]) if card else []))
        return 0, found

    def SCardConnect(self, context: Any, reader: str, mode: int, protocols: int) -> tuple[int, Any, int]:  # noqa: N802
        assert (context, mode, protocols) == ("context", 2, 3)
        self.connected += 1
        return self.fails.get("connect", 0), reader, 2

    def SCardReconnect(self, card: Any, mode: int, protocols: int, first: int) -> tuple[int, int]:  # noqa: N802
        assert (card, mode, protocols, first) == (card, 2, 3, 1)
        return self.fails.get("reconnect", 0), 2

    def SCardDisconnect(self, card: Any, then: int) -> int:  # noqa: N802
        return self.fails.get("disconnect", then * len(card))

    def SCardBeginTransaction(self, card: Any) -> int:  # noqa: N802
        return self.fails.get("begin", 0 * len(card))

    def SCardEndTransaction(self, card: Any, then: int) -> int:  # noqa: N802
        return self.fails.get("end", then * len(card))

    def SCardTransmit(self, card: Any, pci: int, command: list[int]) -> tuple[int, list[int]]:  # noqa: N802
        assert pci == 2
        self.commands.append(bytes(command))
        held = self.cards[card]
        if "transmit" in self.fails or held is None:
            return self.fails.get("transmit", 0x80100069), []
        answer = held[0]._answer(bytes(command))
        # Some platforms give octets as signed numbers.
        return 0, [octet - 256 if octet > 127 else octet for octet in answer or b""]


def reader(scard: FakeScard, part: str = "") -> PcscReader:
    return PcscReader("dock", part, now=now, library=lambda: scard)


def tag(link: str = LINK) -> VirtualNtag:
    return VirtualNtag(UID, message=ndef.encode([ndef.uri_record(link)]))


async def first(opened: PcscReader) -> str | None:
    (seen,) = await asyncio.wait_for(opened.receive(), 5)
    return seen.text


async def test_only_a_reader_with_a_pn532_is_asked_for_the_version_whatever_its_name() -> None:
    names = ("ACS ACR122U PICC Interface", "HID OMNIKEY 5022")
    for name, asked in ((name, asked) for name in names for asked in (True, False)):
        scard = FakeScard(name)
        scard.lay(name, tag(), pn532=asked)
        async with reader(scard) as opened:
            assert await first(opened) == LINK
            assert (await opened.read_link()).model == "NTAG215"
        assert any(b"\xd4\x42\x60" in command for command in scard.commands) is asked


async def test_a_chip_that_does_not_know_the_version_is_selected_anew() -> None:
    class Old(VirtualNtag):
        def answer(self, command: bytes) -> bytes | None:
            return b"\x00" if command == b"\x60" else super().answer(command)

    scard = FakeScard("ACS ACR122U")
    scard.lay("ACS ACR122U", Old(UID, message=ndef.encode([ndef.uri_record(LINK)])))
    async with reader(scard) as opened:
        assert await first(opened) == LINK


async def test_only_the_readers_that_are_meant_are_read_and_antennas_keep_their_numbers() -> None:
    scard = FakeScard("B reader", "A reader", "Other")
    async with reader(scard, "READER") as opened:
        assert opened.info is not None
        assert (opened.info.antennas, opened.info.model) == ((1, 2), "A reader")
        scard.lay("Other", tag())
        scard.lay("B reader", tag())
        (seen,) = await asyncio.wait_for(opened.receive(), 5)
        assert seen.antenna == 2
        del scard.cards["A reader"]
        scard.take("B reader")
        await asyncio.sleep(0.05)
        scard.lay("B reader", tag())
        (seen,) = await asyncio.wait_for(opened.receive(), 5)
        assert seen.antenna == 2


async def test_a_reader_unplugged_takes_its_card_along() -> None:
    scard = FakeScard("A", "B")
    scard.lay("A", tag())
    scard.lay("B", tag())
    async with reader(scard) as opened:
        async with asyncio.timeout(5):
            while opened.health().reads < 2:  # noqa: ASYNC110 - the counter has no event
                await asyncio.sleep(0.01)
        del scard.cards["A"]
        assert (await opened.read_link()).text == LINK


async def test_another_program_that_holds_the_card_is_waited_for() -> None:
    scard = FakeScard("R")
    scard.fails["connect"] = service.SHARING_VIOLATION
    scard.lay("R", tag())
    async with reader(scard) as opened:
        await asyncio.sleep(0.1)
        assert opened.health().reads == 0
        del scard.fails["connect"]
        assert await first(opened) == LINK


@pytest.mark.parametrize("atr", [MEMORY_ATR.replace(b"\x06\x03", b"\x06\x0b"), bytes.fromhex("3b8f8001")])
async def test_cards_that_hold_no_link_are_seen_without_text(atr: bytes) -> None:
    scard = FakeScard("R")
    scard.lay("R", VirtualNtag(UID), atr)
    async with reader(scard) as opened:
        (seen,) = await asyncio.wait_for(opened.receive(), 5)
        assert (seen.text, seen.tid) == ("", UID)


@pytest.mark.parametrize("status", [0x80100016, 0x80100069, 0x80100068, -0x7FEFFF97])
async def test_a_card_drawn_away_is_a_lost_tag_and_the_reader_goes_on(status: int) -> None:
    scard = FakeScard("R")
    scard.fails["transmit"] = status
    scard.lay("R", tag())
    async with reader(scard) as opened:
        await asyncio.sleep(0.05)
        with pytest.raises(TagLost):
            await opened.read_link()
        scard.take("R")
        del scard.fails["transmit"]
        await asyncio.sleep(0.05)
        scard.lay("R", tag())
        assert await first(opened) == LINK


async def test_a_card_lost_for_a_moment_is_read_without_being_lifted() -> None:
    scard = FakeScard("R")
    scard.fails["connect"] = 0x80100067  # not powered yet
    scard.lay("R", tag())
    async with reader(scard) as opened:
        async with asyncio.timeout(5):
            while scard.connected < 2:  # noqa: ASYNC110 - the service has no event
                await asyncio.sleep(0.01)
        assert opened.health().reads == 0
        del scard.fails["connect"]
        assert await first(opened) == LINK


async def test_a_card_that_never_answers_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "TURN_S", 0.01)
    scard = FakeScard("R")
    scard.fails["transmit"] = 0x80100066
    scard.lay("R", tag())
    async with reader(scard) as opened:
        async with asyncio.timeout(5):
            while scard.connected < driver._TRIES:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert scard.connected == driver._TRIES
        scard.take("R")
        del scard.fails["transmit"]
        await asyncio.sleep(0.1)
        scard.lay("R", tag())
        assert await first(opened) == LINK


@pytest.mark.parametrize(
    ("where", "status", "says"),
    [
        ("establish", 0x8010001D, "pcscd"),
        ("establish", 0x8010006A, "polkit"),
        ("establish", 0x80100027, "polkit"),
        ("list", 0x8010001E, "pcscd"),
        ("list", 0x80100001, "lsusb"),
        ("change", 0x8010001E, "pcscd"),
        ("change", 0x80100013, "lsusb"),
    ],
)
async def test_what_is_wrong_with_the_service_is_told_with_what_to_check(
    where: str, status: int, says: str
) -> None:
    scard = FakeScard("R")
    scard.fails[where] = status
    with pytest.raises(TransientConnectionError) as caught:
        async with reader(scard) as opened:
            await asyncio.wait_for(opened.receive(), 5)
    assert says in caught.value.remedy
    assert f"{status & 0xFFFFFFFF:08X}" in str(caught.value)


async def test_no_reader_of_that_name_is_told_with_those_that_there_are() -> None:
    for scard, there in ((FakeScard("HID"), "HID"), (FakeScard(), "none")):
        with pytest.raises(TransientConnectionError) as caught:
            async with reader(scard, "ACR"):
                pass
        assert caught.value.detail.endswith(f"there is: {there}.")


async def test_the_last_reader_unplugged_ends_the_connection() -> None:
    scard = FakeScard("R")
    async with reader(scard) as opened:
        scard.cards.clear()
        with pytest.raises(TransientConnectionError):
            await asyncio.wait_for(opened.receive(), 5)
        with pytest.raises(ReaderError):
            await opened.read_link()


def without(module: str, monkeypatch: pytest.MonkeyPatch) -> None:

    real = importlib.import_module

    def missing(name: str, package: str | None = None) -> Any:
        if name.startswith(module):
            raise ModuleNotFoundError(f"No module named {module}", name=module)
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", missing)


def test_without_pyscard_the_remedy_is_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    without("smartcard", monkeypatch)
    with pytest.raises(MissingDependency) as caught:
        open_reader("pcsc://ACR122U", now=now)
    assert "pip install 'suyuan[pcsc]'" in caught.value.remedy
    assert "libpcsclite-dev" in caught.value.remedy
    assert pcsc_readers() == []


@pytest.mark.parametrize("url", ["pcsc://x:80", "pcsc://x/y", "pcsc://?zz=1"])
def test_addresses_that_cannot_be(url: str) -> None:
    with pytest.raises(ReaderConfigError):
        PcscReader.from_address(parse_address(url), now=now)


def test_readers_are_found_with_an_address_that_finds_them_again() -> None:
    scard = FakeScard("ACS ACR122U PICC Interface 00 00")
    library: Callable[[], Any] = lambda: scard  # noqa: E731
    (found,) = pcsc_readers(library)
    assert found.url == "pcsc://ACS%20ACR122U%20PICC%20Interface%2000%2000"
    assert found.zh != found.en
    scard.fails["establish"] = 0x8010001D
    assert pcsc_readers(library) == []
