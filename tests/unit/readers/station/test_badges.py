"""Who a badge brings to work: by a scanner that the file says reads badges, and never by what is typed."""

from __future__ import annotations

import queue
from pathlib import Path

import httpx
import pytest
from tests.unit.readers.station.fakes import NOW, PLACE, QUICK, SIGNER, Clock, Platform, item, until

from suyuan.readers.errors import TransientConnectionError
from suyuan.readers.station.config import ReaderConfig, ReadPoint, ServerConfig, StationConfig
from suyuan.readers.station.config_points import reader_of
from suyuan.readers.station.order import Step
from suyuan.readers.station.page.words_of_errors import ERRORS
from suyuan.readers.station.staff import STAFF, Person
from suyuan.readers.station.station import Station
from suyuan.readers.station.table import ConfigFault, Table
from suyuan.readers.wedge import WedgeReader
from suyuan.trace.errors import InvalidInput

BADGE = "BODO-7"
BODO = Person("w2", "Bodo", badge=BADGE)


class Port:
    """A serial port that says what a test scans."""

    def __init__(self) -> None:
        self.scanned: queue.Queue[bytes] = queue.Queue()

    @property
    def in_waiting(self) -> int:
        return 0

    def read(self, size: int) -> bytes:
        del size
        try:
            return self.scanned.get(timeout=0.02)
        except queue.Empty:
            return b""

    def close(self) -> None:
        return


class Shop:
    """A station with a scanner at a serial port and one in the page."""

    def __init__(self, folder: Path, *, badges: bool) -> None:
        self.port = Port()
        self.opened: dict[str, WedgeReader] = {}
        readers = (ReaderConfig("gun", "serial:///dev/ttyACM0", badges), ReaderConfig("page", "wedge://page"))
        points = tuple(
            ReadPoint(each.name, each.name, Step.RECEIVE, f"{PLACE}/254/{number}", PLACE, smoothing=QUICK)
            for number, each in enumerate(readers)
        )
        config = StationConfig(
            "s1",
            "https://id.gs1.org/417/6901234567892",
            folder / "data",
            ServerConfig("http://platform.test", "t", SIGNER.public_key().public_bytes_raw()),
            readers,
            points,
            sections={STAFF.name: (BODO,)},
        )
        clock = Clock()
        self.station = Station(
            config,
            transport=httpx.MockTransport(Platform()),
            open_source=self._open,
            boot_id="b",
            now=clock.now,
            monotonic=clock.monotonic,
        )

    def _open(self, reader: ReaderConfig) -> WedgeReader:
        device = "/dev/ttyACM0" if reader.name == "gun" else ""
        opened = WedgeReader(reader.name, device, now=lambda: NOW, open_port=lambda _device, _baud: self.port)
        self.opened[reader.name] = opened
        return opened

    async def connected(self) -> None:
        await until(lambda: len(self.opened) == 2 and all(r.health().connected for r in self.opened.values()))

    async def read_at(self, reader: str) -> None:
        await until(lambda: self.opened[reader].health().reads > 0)


async def test_a_badge_at_a_scanner_that_reads_badges_brings_its_owner_to_work(tmp_path: Path) -> None:
    shop = Shop(tmp_path, badges=True)
    async with shop.station as at:
        await shop.connected()
        shop.port.scanned.put(item(1).encode() + b"\r" + BADGE.lower().encode() + b"\r\n")
        await until(lambda: at.duty.person == BODO)


async def test_a_scanner_of_which_the_file_says_nothing_reads_no_badges(tmp_path: Path) -> None:
    shop = Shop(tmp_path, badges=False)
    async with shop.station as at:
        await shop.connected()
        shop.port.scanned.put(BADGE.encode() + b"\r\n")
        await shop.read_at("gun")
        assert at.duty.person is None


@pytest.mark.parametrize("badges", [True, False])
async def test_what_is_typed_or_scanned_into_a_page_is_no_badge_at_any_reader(
    tmp_path: Path, *, badges: bool
) -> None:
    shop = Shop(tmp_path, badges=badges)
    async with shop.station as at:
        await shop.connected()
        for point in ("gun", "page"):
            assert at.scan(BADGE, point) == ("page" if badges else point)
            with pytest.raises(InvalidInput):
                at.enter(BADGE, point)
        await shop.read_at("page")
        assert at.duty.person is None


async def test_a_reader_of_badges_is_fed_by_nobody(tmp_path: Path) -> None:
    shop = Shop(tmp_path, badges=True)
    async with shop.station as at:
        await shop.connected()
        intake = at._intake  # pyright: ignore[reportPrivateUsage]
        with pytest.raises(TransientConnectionError):
            intake.feed("gun", BADGE, 1)


@pytest.mark.parametrize("url", ["wedge://page", "http://phones", "WEDGE://page"])
def test_a_page_or_a_phone_cannot_be_a_reader_of_badges(url: str) -> None:
    with pytest.raises(ConfigFault) as refused:
        reader_of(Table({"name": "r", "url": url, "badges": True}, "readers[0]"))
    assert refused.value.where == "readers[0].badges"
    assert refused.value.template in ERRORS
    assert refused.value.remedy in ERRORS


def test_a_scanner_at_a_serial_port_can() -> None:
    assert reader_of(Table({"name": "r", "url": "serial:///dev/ttyACM0", "badges": True}, "r")).badges
    assert not reader_of(Table({"name": "r", "url": "serial:///dev/ttyACM0"}, "r")).badges
