"""Recordings: what a device sent is kept byte for byte, and plays as it was, every time."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from zlib import crc32

import orjson
import pytest

from suyuan.readers.address import ReaderAddress
from suyuan.readers.errors import ReaderConfigError, RecordingEnded, TransientConnectionError
from suyuan.readers.llrp.emulator import LlrpEmulator
from suyuan.readers.observation import InputChange, Observation, packed, unpacked
from suyuan.readers.reader import Capabilities, ReaderDriver, ReaderInfo
from suyuan.readers.registry import open_reader
from suyuan.readers.supervisor import ReaderState, Supervisor
from suyuan.readers.tape import Report, Session, Tape, frames

NOON = datetime(2026, 5, 1, 12, 0, 0, 123_456, tzinfo=UTC)
EPCS = [bytes.fromhex(f"3066c4409047e140075bcd{last:02x}") for last in range(8)]


def now() -> datetime:
    return datetime.now(UTC)


async def played(path: Path, options: str = "speed=0") -> list[Observation]:
    """Everything on a tape."""
    seen: list[Observation] = []
    async with open_reader(f"replay://{path}?name=dock&{options}", now=now) as reader:
        try:
            while True:
                seen += await asyncio.wait_for(reader.receive(), 20)
        except RecordingEnded:
            return seen


def tape_of(path: Path, url: str, reports: Sequence[bytes], step_ns: int = 1_000_000) -> Path:
    ticks = iter(range(0, 10_000 * step_ns, step_ns))
    tape = Tape(path, url, monotonic_ns=lambda: next(ticks))
    tape.begin(NOON)
    for number, report in enumerate(reports):
        tape.add(report, NOON + timedelta(seconds=number))
    tape.close()
    return path


async def test_an_llrp_reader_is_recorded_and_plays_the_same_every_time(tmp_path: Path) -> None:
    path = tmp_path / "dock.tape"
    live: list[Observation] = []
    emulator = LlrpEmulator(now=now)
    async with emulator, open_reader(f"{emulator.url}?name=dock&record={path}", now=now) as reader:
        await emulator.listening()
        for epc in EPCS:
            await emulator.present(1, [epc], rssi_dbm=-47, at=NOON)
        while len(live) < len(EPCS):
            live += await asyncio.wait_for(reader.receive(), 20)
    assert [seen.epc for seen in live] == EPCS
    assert await played(path) == live
    assert await played(path) == live
    first = next(iter(frames(path)))
    assert isinstance(first, Session)
    assert first.url == f"{emulator.url}?name=dock"


async def test_the_streams_of_other_readers_are_decoded_by_their_own_drivers(tmp_path: Path) -> None:
    line = {
        "timestamp": "2026-05-01T12:00:00.123456789Z",
        "eventType": "tagInventory",
        "tagInventoryEvent": {"epcHex": EPCS[0].hex(), "antennaPort": 2, "peakRssiCdbm": -4700},
    }
    impinj = tape_of(tmp_path / "i", "impinj+https://r700.local?preset=default", [orjson.dumps(line)])
    (seen,) = await played(impinj)
    assert (seen.reader, seen.antenna, seen.epc, seen.rssi_dbm) == ("dock", 2, EPCS[0], -47.0)
    message = orjson.dumps({"topic": "rfid/dock", "retain": False}) + b"\n" + orjson.dumps([line])
    mqtt = tape_of(tmp_path / "m", "mqtt://broker/rfid/dock?dialect=impinj", [message, message])
    assert [each.epc for each in await played(mqtt)] == [EPCS[0]]  # the second is the same event again


async def test_drivers_that_decode_elsewhere_keep_their_observations(tmp_path: Path) -> None:
    path = tmp_path / "sim.tape"
    async with open_reader(f"sim://dock?tags=3&per_second=100&period=0.01&record={path}", now=now) as reader:
        live = await asyncio.wait_for(reader.receive(), 20)
    again = await played(path)
    assert again[: len(live)] == live


async def test_a_recording_plays_in_the_time_it_took_or_faster(tmp_path: Path) -> None:
    report = packed(Observation("dock", 1, EPCS[0], NOON, NOON))
    path = tape_of(tmp_path / "slow", "sim://dock", [report] * 3, step_ns=200_000_000)
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert len(await played(path, "speed=4")) == 3
    assert loop.time() - began >= 0.1  # 0.4 s of tape


async def test_a_fast_recording_waits_for_a_slow_listener(tmp_path: Path) -> None:
    reports = [packed(Observation("dock", 1, epc, NOON, NOON)) for epc in EPCS * 40]
    path = tape_of(tmp_path / "many", "sim://dock", reports)
    async with open_reader(f"replay://{path}?speed=0&queue=4", now=now) as reader:
        seen = [await anext(reader.observations()) for _ in reports]
        assert reader.health().dropped == 0
    assert [each.epc for each in seen] == EPCS * 40


async def test_inputs_are_played_too(tmp_path: Path) -> None:
    change = InputChange("dock", 2, True, NOON)
    path = tape_of(tmp_path / "eye", "sim://dock", [packed(change)])
    async with open_reader(f"replay://{path}?name=dock", now=now) as reader:
        assert await asyncio.wait_for(anext(reader.inputs()), 20) == change


class Eye(ReaderDriver):
    """A driver that decodes elsewhere, and tells of an input as soon as it is there."""

    def __init__(self) -> None:
        super().__init__("dock", now=lambda: NOON)

    @classmethod
    def from_address(cls, address: ReaderAddress, *, now: Callable[[], datetime]) -> Self:
        raise NotImplementedError

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(antennas=False, gpi=True)

    async def _connect(self) -> ReaderInfo:
        self._deliver_input(InputChange("dock", 2, True, NOON))
        return ReaderInfo("Eye")

    async def _disconnect(self) -> None:
        pass


async def test_inputs_of_drivers_that_decode_elsewhere_are_recorded(tmp_path: Path) -> None:
    reader = Eye()
    reader.record(Tape(tmp_path / "eye", "sim://dock"))
    async with reader:
        change = await asyncio.wait_for(anext(reader.inputs()), 20)
    async with open_reader(f"replay://{tmp_path}/eye?name=dock", now=now) as again:
        assert await asyncio.wait_for(anext(again.inputs()), 20) == change


async def test_nobody_plays_a_recording_twice(tmp_path: Path) -> None:
    path = tape_of(tmp_path / "one", "sim://dock", [packed(Observation("dock", 1, EPCS[0], NOON, NOON))])
    supervisor = Supervisor(
        lambda: open_reader(f"replay://{path}?speed=0", now=now), now=now, chance=lambda: 0.0
    )
    async with supervisor:
        assert len(await asyncio.wait_for(supervisor.receive(), 20)) == 1
        with pytest.raises(RecordingEnded):
            await asyncio.wait_for(supervisor.receive(), 20)
        assert supervisor.state is ReaderState.DOWN


async def test_a_torn_or_damaged_end_is_left_out(tmp_path: Path) -> None:
    reports = [packed(Observation("dock", 1, epc, NOON, NOON)) for epc in EPCS]
    path = tape_of(tmp_path / "torn", "sim://dock", reports)
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    assert [seen.epc for seen in await played(path)] == EPCS[:-1]
    damaged = bytearray(whole)
    damaged[-200] ^= 1
    path.write_bytes(damaged)
    assert len(await played(path)) < len(EPCS)
    path.write_bytes(whole + b"\xff" * 40)
    assert [seen.epc for seen in await played(path)] == EPCS


async def test_garbage_within_a_recording_is_counted_and_passed_over(tmp_path: Path) -> None:
    good = packed(Observation("dock", 1, EPCS[0], NOON, NOON))
    for number, url in enumerate(("sim://dock", "llrp://dock", "mqtt://broker/t", "impinj+http://r700")):
        reports = [b"", b"\xff" * 100, b"{}", b"[1]\n{}", b'{"topic": "#", "retain": 1}\n1']
        path = tape_of(
            tmp_path / f"garbage-{number}", url, [*reports, *([good] if url == "sim://dock" else [])]
        )
        async with open_reader(f"replay://{path}?speed=0", now=now) as reader:
            if url == "sim://dock":
                assert len(await asyncio.wait_for(reader.receive(), 20)) == 1
            with pytest.raises(RecordingEnded):
                await asyncio.wait_for(reader.receive(), 20)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "not a recording"),
        (b"PK\x03\x04 something else entirely", "not a recording"),
        (b"suyuan tape 1\n", "does not say of which reader"),
    ],
)
def test_what_is_no_recording_is_said(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(ReaderConfigError, match=told):
        open_reader(f"replay://{path}", now=now)


def test_wrong_paths_are_said(tmp_path: Path) -> None:
    for url in ("replay://", "replay://host/x", "replay:///"):
        with pytest.raises(ReaderConfigError, match="not the address of a recording"):
            open_reader(url, now=now)
    with pytest.raises(ReaderConfigError, match="cannot be read"):
        open_reader(f"replay://{tmp_path}/absent", now=now)
    path = tape_of(tmp_path / "itself", f"replay://{tmp_path}/itself", [])
    with pytest.raises(ReaderConfigError, match="recording of a recording"):
        open_reader(f"replay://{path}", now=now)


async def test_what_is_no_tape_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a tape")
    with pytest.raises(ReaderConfigError):
        await open_reader(f"sim://dock?record={tmp_path / 'text'}", now=now).__aenter__()
    assert (tmp_path / "text").read_text() == "not a tape"


async def test_a_recording_that_cannot_be_made_ends_no_reading(tmp_path: Path) -> None:
    url = f"sim://dock?tags=3&per_second=100&period=0.01&record={tmp_path / 'absent' / 'x'}"
    async with open_reader(url, now=now) as reader:
        assert await asyncio.wait_for(reader.receive(), 20)


def test_a_full_tape_ends_the_recording_and_not_the_reading(tmp_path: Path) -> None:
    tape = Tape(tmp_path / "full", "sim://dock", most_bytes=400)
    tape.begin(NOON)
    for _ in range(100):
        tape.add(b"x" * 20, NOON)
    tape.close()
    assert (tmp_path / "full").stat().st_size <= 400
    assert sum(isinstance(frame, Report) for frame in frames(tmp_path / "full")) == 7


async def test_no_password_is_on_a_tape(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    url = f"impinj+http://root:hunter2@127.0.0.1:1?record={path}&timeout=0.1"
    with pytest.raises(TransientConnectionError):
        await open_reader(url, now=now).__aenter__()
    assert b"hunter2" not in path.read_bytes()
    assert b"root" not in path.read_bytes()


def test_an_observation_survives_being_kept() -> None:
    seen = Observation("dock", 2, EPCS[0], NOON, NOON, 3, -47.5, b"\xe2", None)
    assert unpacked(packed(seen), "dock") == seen
    typed = Observation("dock", 1, b"", NOON, NOON, text="奶\x1d", typed=True)
    assert unpacked(packed(typed), "dock") == typed
    with pytest.raises(ValueError, match="no observation"):
        unpacked(b'{"epc": 1}', "dock")
    with pytest.raises(ValueError, match="no observation"):
        unpacked(b"1", "dock")


async def test_what_a_crash_tore_off_hides_nothing_that_comes_after(tmp_path: Path) -> None:
    reports = [packed(Observation("dock", 1, epc, NOON, NOON)) for epc in EPCS]
    path = tape_of(tmp_path / "crash", "sim://dock", reports[:4])
    path.write_bytes(path.read_bytes()[:-5])
    tape_of(path, "sim://dock", reports[4:])
    assert [seen.epc for seen in await played(path)] == EPCS[:3] + EPCS[4:]


@pytest.mark.parametrize("secret", ["password_file=/etc/reader.secret", "password_env=READER_SECRET"])
async def test_a_reader_whose_password_stands_elsewhere_is_played_without_it(
    tmp_path: Path, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "dock"
    monkeypatch.setenv("READER_SECRET", "hunter2")
    if "file" in secret:
        (tmp_path / "secret").write_text("hunter2\n")
        secret = f"password_file={tmp_path / 'secret'}"
    reader = open_reader(f"impinj+http://root@127.0.0.1:1?{secret}&record={path}&timeout=0.1", now=now)
    with pytest.raises(TransientConnectionError):
        await reader.__aenter__()
    assert await played(path) == []
    assert b"ecret" not in path.read_bytes()


def test_times_that_no_calendar_has_are_no_crash(tmp_path: Path) -> None:
    path = tape_of(tmp_path / "late", "sim://dock", [b"x"])
    kept = path.read_bytes()
    body = struct.pack(">BQq", 1, 0, 2**62) + b"x"
    path.write_bytes(kept + struct.pack(">II", len(body), crc32(body)) + body)
    assert [frame.at.year for frame in frames(path) if isinstance(frame, Report)] == [2026, 9999]
