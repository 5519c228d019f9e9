"""UHF tags commissioned over LLRP: the station's program, an emulated reader, chips that fail, real TCP."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import orjson
from tests.integration.test_station_commission import FILE, ORDER
from typer.testing import CliRunner

from suyuan.api.commands.bench import app as bench
from suyuan.readers.field import Bench
from suyuan.readers.llrp.emulator import LlrpEmulator
from suyuan.readers.tags.gen2 import Lock, LockField
from suyuan.readers.virtual.gen2 import TagRefuses, VirtualGen2, WriteFault, WriteFaults
from suyuan.trace.gs1 import decode_epc

ROOT = Path(__file__).resolve().parents[2]
STEM = "https://id.gs1.org/01/06901234567892/21"
PASSWORD = 0x5AFE


class OneAfterTheOther(WriteFaults):
    """What goes wrong with the next writes, in this order; after that nothing does."""

    def __init__(self) -> None:
        super().__init__(lambda: 1.0)
        object.__setattr__(self, "coming", [])

    coming: list[WriteFault]

    def draw(self) -> WriteFault | None:
        return self.coming.pop(0) if self.coming else None


class Line:
    """``suyuan station commission`` in a process of its own, and a hand that lays tags before its reader."""

    def __init__(self, told: asyncio.StreamReader, field: Bench) -> None:
        self._told, self._field = told, field

    async def lay(self, *tags: VirtualGen2, until: str) -> None:
        """Lay these tags down, and nothing else, until the line says ``until``."""
        self._field.clear()
        for tag in tags:
            tag.away = False
            self._field.lay(1, tag)
        said: list[str] = []
        async with asyncio.timeout(30):
            while not said or until not in said[-1]:
                line = (await self._told.readline()).decode()
                assert line, said
                said.append(line)


def blank(number: int) -> VirtualGen2:
    return VirtualGen2(bytes.fromhex("e2801191") + number.to_bytes(8))


async def test_the_stations_program_writes_through_every_fault(tmp_path: Path) -> None:
    field, faults = Bench(), OneAfterTheOther()
    tags = [blank(number) for number in range(6)]
    async with LlrpEmulator(now=lambda: datetime.now(UTC), field=field, round_s=0.01, faults=faults) as press:
        file = tmp_path / "station.toml"
        file.write_text(
            FILE.replace("sim://press?epcs=e28011910000000000000001&period=0.05", press.url), "utf-8"
        )
        order = [
            "--order",
            "W1",
            *ORDER,
            "--first",
            "100",
            "--reader",
            "press",
            "--password",
            f"{PASSWORD:08x}",
        ]
        order[order.index("--count") + 1] = "4"
        rooms = os.pathsep.join(
            str(ROOT / room) for room in ("readers", "trace", "api", "portal", "simulator")
        )
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "suyuan.api.cli", "station", "commission", str(file), *order),
            env={**os.environ, "PYTHONPATH": rooms},
            stdout=asyncio.subprocess.PIPE,
        )
        assert program.stdout is not None
        line = Line(program.stdout, field)
        await line.lay(tags[0], until="Written and verified: 100.")
        await line.lay(tags[1], tags[2], until="2 unwritten tags are in the field")
        faults.coming.extend([WriteFault.REFUSED])
        await line.lay(tags[1], until="Written and verified: 101.")
        faults.coming.extend([WriteFault.GARBLED, WriteFault.GARBLED])
        await line.lay(tags[2], until="is a reject")
        faults.coming.extend([WriteFault.LEFT])
        await line.lay(tags[3], until="The tag left while it was written")
        await line.lay(tags[3], until="Written and verified: 103.")
        await line.lay(tags[4], until="4/4 · 完成 done · 1")
        program.kill()  # it would wait for its platform a while; what it said is on the disk
        await program.wait()
    with closing(sqlite3.connect(tmp_path / "data" / "outbox.sqlite")) as db:
        states = dict(db.execute("SELECT key, state FROM label WHERE state != 'free'").fetchall())
        (event,) = (orjson.loads(row[0]) for row in db.execute("SELECT payload FROM outbox"))
    written = {
        f"{STEM}/{serial}": tag
        for serial, tag in ((100, tags[0]), (101, tags[1]), (103, tags[3]), (104, tags[4]))
    }
    assert states == {**dict.fromkeys(written, "used"), f"{STEM}/102": "spent"}
    assert event["epcList"] == list(written)
    assert [each["suyuan:tid"] for each in event["suyuan:tags"]] == [
        tag.tid.hex().upper() for tag in written.values()
    ]
    assert {
        each["suyuan:detail"] if "suyuan:detail" in each else each["suyuan:code"]
        for each in event["suyuan:exceptions"]
    } == {
        "TAG_AGAIN",
        "WRITE_FAIL",
        "TAG_GONE",
    }
    for key, tag in written.items():
        assert decode_epc(tag.epc).identifier.key == key
        assert tag.access_password == 0  # what it was made with; what it has now only opens to ours
        try:
            tag.lock({LockField.EPC: Lock.UNLOCK}, 0)
        except TagRefuses:
            continue
        raise AssertionError("the EPC can be unlocked without a password")


def test_a_short_campaign_over_llrp_keeps_the_law() -> None:
    found = CliRunner().invoke(
        bench,
        [
            "commission",
            "--reader",
            "llrp",
            "--tags",
            "12",
            "--faults",
            "0.1",
            "--twins",
            "0.3",
            "--seed",
            "3",
        ],
    )
    assert found.exit_code == 0, found.output
    told = orjson.loads(found.output)
    assert told["verified"] == 12
    assert told["noted_faults"] >= sum(told["faults"].values()) > 0
    assert told["twins"] > 0
    assert (told["serials_twice"], told["identities_without_tag"], told["twins_written"]) == (0, 0, 0)
