"""A station enrols by a code over TCP, delivers what it reads under its own key, and is stopped at once."""

from __future__ import annotations

import asyncio
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert
from tests.integration.live_server import BOSS, PLACE, SHOP, Live, live_server, place_entry

from suyuan.api.cli import main
from suyuan.readers.station.config import StationConfig
from suyuan.readers.station.config_file import load
from suyuan.readers.station.device_key import DeviceKeyUnfit, read_device_key
from suyuan.readers.station.enrol import EnrolmentRefused, ServerNotReached, enrol
from suyuan.readers.station.joining import configure
from suyuan.readers.station.page.words import say_error
from suyuan.readers.station.station import Station
from suyuan.trace.errors import WrongUse
from suyuan.trace.gs1 import encode_epc, identify
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.record_tables import EntryRow

ITEM = "https://id.gs1.org/01/09521234000013/21/7001"
READERS = """
[[readers]]
name = "gate"
url = "sim://gate?epcs={epc}&period=0.05"
[[read_points]]
name = "in"
reader = "gate"
step = "receive"
read_point = "https://id.gs1.org/414/9521234000020"
biz_location = "https://id.gs1.org/414/9521234000020"
automatic = true
[read_points.smoothing]
quiet_s = 0.2
dedupe_s = 60
[read_points.order]
"""


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with live_server(tmp_path / "server") as running:
        yield running


def at_work(folder: Path) -> StationConfig:
    file = folder / "station.toml"
    epc = encode_epc(identify(ITEM), company_prefix_length=7).hex()
    if "readers" not in file.read_text():
        file.write_text(file.read_text() + READERS.format(epc=epc))
    return load(file)


async def until(held: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not held():  # noqa: ASYNC110 (the server is in a thread of its own)
            await asyncio.sleep(0.05)


def enrolled(live: Live, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    with pytest.raises(SystemExit) as done:
        main(["station", "enrol", live.code("station", "dock"), "--config", str(folder / "station.toml")])
    assert done.value.code == 0
    return folder


async def test_a_station_enrols_by_the_command_line_and_works_under_its_own_key(
    live: Live, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started = datetime.now(UTC)
    folder = await asyncio.to_thread(enrolled, live, tmp_path / "dock")
    assert "dock is enrolled" in capsys.readouterr().out
    assert (folder / "device-key.json").stat().st_mode & 0o777 == 0o600
    config = at_work(folder)
    assert (config.station, config.party, config.server.token) == ("dock", SHOP, "")
    async with Station(config, now=lambda: datetime.now(UTC)) as station:
        await until(lambda: bool(live.house.events_of(ITEM)))
        assert (datetime.now(UTC) - started).total_seconds() < 30
        [device] = live.desk.devices(BOSS)
        live.house.block_list()
        await until(lambda: not live.desk.unreached(1))
        live.desk.revoke(BOSS, device.id)
        await until(lambda: any("revoked" in told.text("en") for told in station.alarms()))
    [row] = live.house.events_of(ITEM)
    assert row.party == SHOP
    assert row.place is not None
    assert row.place.key == PLACE


async def test_a_station_is_told_whom_its_company_deals_with_alone(live: Live, tmp_path: Path) -> None:
    with Writing(live.house.engine) as writing:
        other = place_entry("https://id.gs1.org/414/9521234000037", "https://id.gs1.org/417/9521234000037")
        writing.connection.execute(insert(EntryRow), other)
    folder = await asyncio.to_thread(enrolled, live, tmp_path / "dock")
    async with Station(at_work(folder), now=lambda: datetime.now(UTC)) as station:
        await until(lambda: bool(station.addresses.partners))
        [own] = station.addresses.partners
    assert (own.key, own.kind, own.party, own.typed) == (PLACE, "place", SHOP, "9521234000020")


@pytest.mark.parametrize("hours", [-30, 30])
async def test_a_station_with_a_wrong_clock_delivers_and_says_so(
    live: Live, tmp_path: Path, hours: int
) -> None:
    folder = await asyncio.to_thread(enrolled, live, tmp_path / "dock")
    wrong = timedelta(hours=hours)
    async with Station(at_work(folder), now=lambda: datetime.now(UTC) + wrong) as station:
        await until(lambda: bool(live.house.events_of(ITEM)))
        await until(lambda: any(told.code == "STATION_CLOCK" for told in station.alarms()))
        [told] = [told for told in station.alarms() if told.code == "STATION_CLOCK"]
        assert re.search("is 1 day ([56]) hours? off", told.text("en"))
        assert abs((live.desk.devices(BOSS)[0].clock_offset or 0) - hours * 3600) <= 4


async def test_a_copied_station_is_noticed(live: Live, tmp_path: Path) -> None:
    folder = await asyncio.to_thread(enrolled, live, tmp_path / "dock")
    copy = tmp_path / "copy"
    await asyncio.to_thread(shutil.copytree, folder, copy)
    key = read_device_key(copy / "device-key.json")
    assert key.device == read_device_key(folder / "device-key.json").device
    async with httpx.AsyncClient() as client:
        answers: list[str] = []
        for turn in range(3):
            for boot in ("first", "second"):
                # Time passes for the signature, not for the test.
                token = key.token(datetime.now(UTC) + timedelta(seconds=10 * turn), boot)
                answer = await client.get(f"{live.url}/device", headers={"Authorization": f"Bearer {token}"})
                answers.append(answer.json().get("code", "let in"))
    assert answers == ["let in", "let in", *["device-doubled"] * 4]


def test_a_code_that_is_refused_leaves_the_machine_as_it_was(live: Live, tmp_path: Path) -> None:
    file = tmp_path / "station.toml"
    file.write_text('[station]\nid = "old"  # mine\n')
    used = live.code("phone")
    with httpx.Client() as client:
        for code, refusal in [
            (used, "enrolment-code-kind"),
            (f"{live.url}/enrol#{'0' * 24}", "enrolment-code-unknown"),
            (f"{live.url}/enrol#nonsense", "enrolment-code-mistyped"),
        ]:
            with pytest.raises(EnrolmentRefused) as refused:
                enrol(code, key_file=tmp_path / "key.json", client=client)
            assert refused.value.refusal == refusal
        with pytest.raises(ServerNotReached) as away:
            enrol("http://127.0.0.1:9/enrol#0", key_file=tmp_path / "key.json", client=client)
        assert say_error("zh", away.value)[0] == "http://127.0.0.1:9 没有应答：连接被拒绝"
        with pytest.raises(ServerNotReached) as other:  # something else answers there
            enrol(f"{live.url}/elsewhere#0", key_file=tmp_path / "key.json", client=client)
        assert "answers, but not as the platform: status 404" in other.value.detail
        assert "不是溯源平台的应答：状态码 404" in say_error("zh", other.value)[0]
        for nothing in ("", "ABCD", "#", "ftp://x/enrol#A", "http://[/enrol#A"):
            with pytest.raises(WrongUse):
                enrol(nothing, key_file=tmp_path / "key.json", client=client)
    with pytest.raises(SystemExit) as ended:
        main(["station", "enrol", used, "--config", str(file)])
    assert ended.value.code == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["server", "station.toml"]
    assert file.read_text() == '[station]\nid = "old"  # mine\n'


def test_enrolling_keeps_everything_else_of_the_file(live: Live, tmp_path: Path) -> None:
    text = (
        '[station]\nid = "dock-1"  # the north door\nparty = "https://id.gs1.org/417/9521234000013"\n'
        'data = "data"\n\n[server]  # ours\nurl = "http://old"\ntoken = "x"\n\n[[readers]]\nname = "gate"\n'
    )
    with httpx.Client() as client:
        told = enrol(live.code("station"), key_file=tmp_path / "device-key.json", client=client)
    changed = tomllib.loads(configure(text, told, tmp_path))
    assert changed["station"]["id"] == "dock-1"
    assert changed["readers"] == [{"name": "gate"}]
    assert set(changed["server"]) == {"url", "device_key_file", "key"}
    assert "# the north door" in configure(text, told, tmp_path)
    assert tomllib.loads(configure("# a\u2028b\n[page]\npin = '1'\n", told, tmp_path))["page"] == {"pin": "1"}
    without = tomllib.loads(configure("[station]\nid = 'a'\n", told, tmp_path))
    assert (without["station"]["id"], without["server"]["device_key_file"]) == ("a", "device-key.json")


def test_a_key_that_others_can_read_or_that_is_none_is_refused(live: Live, tmp_path: Path) -> None:
    file = tmp_path / "device-key.json"
    with pytest.raises(DeviceKeyUnfit):
        read_device_key(file)
    with httpx.Client() as client:
        enrol(live.code("station"), key_file=file, client=client)
    read_device_key(file)
    file.chmod(0o640)
    with pytest.raises(DeviceKeyUnfit):
        read_device_key(file)
    for content in (
        b"",
        b"[]",
        b"{}",
        b'{"device":"a","audience":"b","key":{"kty":"oct","k":"AA"}}',
        b"\xff",
    ):
        file.write_bytes(content)
        file.chmod(0o600)
        with pytest.raises(DeviceKeyUnfit):
            read_device_key(file)
