"""Secrets on tags, as stations renew them: what events say, whatever is torn, lost or ended meanwhile."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.integration.label_jobs import HOME, ntag, on, uid
from tests.unit.readers.station.fakes import GTIN, NOW, Clock, FakeReader, Platform, station, tag, until

from suyuan.readers.errors import ReaderError, TagLost, TagTaken, TagWriteError
from suyuan.readers.observation import Observation
from suyuan.readers.reader import Capabilities
from suyuan.readers.station.config import StationConfig
from suyuan.readers.station.config_file import parse
from suyuan.readers.station.outbox import FILE
from suyuan.readers.station.page.desk import Desk as ScreenDesk
from suyuan.readers.station.page.picture import take
from suyuan.readers.station.renewing import AFTER_FAULT_S, AGAIN_S, RENEWALS, RenewalRule
from suyuan.readers.station.station import Station
from suyuan.readers.station.table import ConfigFault
from suyuan.readers.station.words import State
from suyuan.readers.tags import access, ntag21x, type2
from suyuan.readers.tags.access import LinkTag, TagAccess
from suyuan.readers.tags.gen2 import Bank, Lock, LockField
from suyuan.readers.virtual.tags import VirtualNtag
from suyuan.trace.gs1 import canonical_key
from suyuan.trace.scan.secrets import Act, Standing, standing, told_apart
from suyuan.trace.sun import SunKeys, new_key_file, read_key_file
from suyuan.trace.sun.renewal import digest, is_secret, secret_of, with_secret

ITEM = f"https://id.gs1.org/01/{GTIN}/21/K7M3QP401"
LINK = f"{HOME}/01/{GTIN}/21/K7M3QP401"


class Desk(FakeReader):
    """An NFC reader whose field holds one tag; ``fault`` is what its next writing ends with, once done.

    ``refusal`` ends it before anything is written.
    """

    def __init__(self) -> None:
        super().__init__()
        self.capabilities = Capabilities(link=True, write_link=True)
        self.tag: VirtualNtag | None = None
        self.fault: ReaderError | None = None
        self.refusal: ReaderError | None = None

    def lay(self, tag: VirtualNtag | None) -> None:
        self.tag = tag
        if tag is not None:
            tag.reset()
            found = access.read_link(self._access())
            seen = Observation("r", 1, b"", NOW, NOW, 1, None, tag.uid, on(tag), original=found.original)
            self.queue.put_nowait(seen)

    async def read_link(self) -> LinkTag:
        return access.read_link(self._access())

    async def write_link(self, link: str, *, lock: bool = False, overwrite: bool = False) -> LinkTag:
        return access.write_link(self._access(), link, lock=lock, overwrite=overwrite)

    async def clear_link(self) -> LinkTag:
        return access.clear_link(self._access())

    async def renew_link(
        self, chip: bytes, before: str, after: str, *, keys: SunKeys | None = None
    ) -> LinkTag:
        refusal, self.refusal = self.refusal, None
        if refusal is not None:
            raise refusal
        done = access.renew_link(self._access(), chip, before, after, keys=keys)
        fault, self.fault = self.fault, None
        if fault is not None:
            raise fault
        return done

    def _access(self) -> TagAccess:
        def transceive(command: bytes) -> bytes:
            answer = None if self.tag is None else self.tag.answer(command)
            if answer is None:
                raise TagLost("The tag left the reader.")
            return answer

        return ntag21x.access(transceive)


class Bench:
    def __init__(self, at: Station, desk: Desk, platform: Platform, clock: Clock) -> None:
        self.station, self.desk, self.platform, self.clock = at, desk, platform, clock

    async def lay(self, tag: VirtualNtag, events: int = 1) -> list[dict[str, Any]]:
        """Lay a tag, wait for so many events that tell of its chip, take it away."""
        before = len(self.told)
        self.clock.forward(AGAIN_S + 1)
        self.desk.lay(tag)
        await until(lambda: len(self.told) >= before + events)
        self.desk.lay(None)
        return self.told[before:]

    @property
    def told(self) -> list[dict[str, Any]]:
        return [event for event in self.platform.events if "suyuan:tags" in event]

    @property
    def acts(self) -> list[Act]:
        entries = [(event, entry) for event in self.told for entry in event["suyuan:tags"]]
        return [
            Act(
                entry.get("suyuan:secretFound", ""),
                entry.get("suyuan:secretWritten", ""),
                tuple(entry.get("suyuan:secretMaybe", ())),
                datetime.fromisoformat(event["eventTime"]),
                near=tuple(entry.get("suyuan:secretNear", ())),
            )
            for event, entry in entries
        ]


def seen(tag: VirtualNtag) -> str:
    secret = secret_of(on(tag))
    return digest(ITEM, uid(tag), secret) if secret else ""


@asynccontextmanager
async def bench(folder: Path, platform: Platform | None = None, keys: str = "") -> AsyncGenerator[Bench]:
    desk, platform, clock = Desk(), platform or Platform(), Clock()
    at = station(folder, desk, platform, clock=clock)
    at.config = with_secrets(at.config, keys)
    async with at:
        yield Bench(at, desk, platform, clock)
        await at.wait_delivered()


def with_secrets(config: StationConfig, keys: str = "") -> StationConfig:
    return replace(config, sections={RENEWALS.name: (RenewalRule("r", keys),)})


async def test_each_reading_leaves_a_fresh_number_and_tells_digests_alone(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        tag = ntag(1, LINK)
        numbers = [""]
        for _ in range(3):
            (event,) = await b.lay(tag)
            numbers.append(secret_of(on(tag)))
            assert is_secret(numbers[-1])
            assert on(tag) == with_secret(LINK, numbers[-1])
            assert not any(number and number in str(event) for number in numbers)
            assert (event["type"], event["action"]) == ("ObjectEvent", "OBSERVE")
            assert [canonical_key(epc) for epc in event["epcList"]] == [ITEM]
            assert "bizStep" not in event
        assert len(set(numbers)) == 4
        assert b.acts[-1].found == digest(ITEM, uid(tag), numbers[-2])
        assert b.acts[-1].written == digest(ITEM, uid(tag), numbers[-1])
        assert told_apart(b.acts) is None
        assert standing(b.acts, seen(tag)) is Standing.CURRENT
        assert not b.station.alarms() or all(m.code != "NOT_RENEWED" for m in b.station.alarms())


async def test_a_tag_torn_at_any_page_keeps_its_link_and_is_never_called_a_copy(tmp_path: Path) -> None:
    torn = 0
    async with bench(tmp_path) as b:
        for writes in range(1, 6):
            link = LINK.replace("401", f"40{writes}")
            tag = ntag(writes, link)
            await b.lay(tag)
            first = secret_of(on(tag))
            tag.writes = writes
            (event,) = await b.lay(tag)
            tag.writes = None
            assert on(tag).startswith(link), "the link is there whatever happened"
            torn += secret_of(on(tag)) not in ("", first)
            entry = event["suyuan:tags"][0]
            key = f"https://id.gs1.org/01/{GTIN}/21/K7M3QP40{writes}"
            may = {entry["suyuan:secretFound"], *entry.get("suyuan:secretMaybe", ())}
            may |= {entry.get("suyuan:secretWritten", ""), *entry.get("suyuan:secretNear", ())}
            assert digest(key, uid(tag), secret_of(on(tag))) in may
            await b.lay(tag)
            named = [canonical_key(event["epcList"][0]) for event in b.told]
            mine = [act for act, name in zip(b.acts, named, strict=True) if name == key]
            assert told_apart(mine) is None
            assert standing(mine, digest(key, uid(tag), secret_of(on(tag)))) is Standing.CURRENT
    assert torn


async def test_a_tag_that_lost_its_link_to_the_first_writing_gets_it_back(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        tag = ntag(1, LINK, writes=2)
        await b.lay(tag)
        tag.writes = None
        assert on(tag) == ""
        await until(lambda: any(m.code == "NOT_RENEWED" for m in b.station.alarms()))
        (event,) = await b.lay(tag)
        assert on(tag).startswith(f"{LINK}?y=")
        assert canonical_key(event["epcList"][0]) == ITEM
        await until(lambda: all(m.code != "NOT_RENEWED" for m in b.station.alarms()))


async def test_a_link_to_be_given_back_is_kept_where_the_next_attempt_touches_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        tag = ntag(1, LINK, writes=2)
        await b.lay(tag)
        tag.writes = None
        assert on(tag) == ""
        b.desk.refusal = TagTaken("Another tag lies there.", tid="x", carries="x", link="y")
        b.clock.forward(AGAIN_S + 1)
        b.desk.lay(tag)
        await until(lambda: b.desk.refusal is None)
        (event,) = await b.lay(tag)
        assert on(tag).startswith(f"{LINK}?y=")
        assert canonical_key(event["epcList"][0]) == ITEM


@pytest.mark.parametrize("fault", [TagLost("gone"), TagWriteError("other")], ids=lambda e: type(e).__name__)
async def test_what_was_written_and_not_seen_is_told_as_a_doubt(tmp_path: Path, fault: ReaderError) -> None:
    async with bench(tmp_path) as b:
        tag = ntag(1, LINK)
        await b.lay(tag)
        b.desk.fault = fault
        (event,) = await b.lay(tag)
        assert "suyuan:secretWritten" not in event["suyuan:tags"][0]
        assert seen(tag) == event["suyuan:tags"][0]["suyuan:secretMaybe"][0]
        await b.lay(tag)
        assert told_apart(b.acts) is None
        assert standing(b.acts, seen(tag)) is Standing.CURRENT


async def test_the_end_of_the_process_between_writing_and_telling_loses_nothing(tmp_path: Path) -> None:
    platform, tag = Platform(), ntag(1, LINK)
    async with bench(tmp_path, platform) as b:
        await b.lay(tag)
        with closing(sqlite3.connect(tmp_path / "data" / FILE, isolation_level=None)) as db:
            db.execute("CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'full'); END")
        b.clock.forward(AGAIN_S + 1)
        before = on(tag)
        b.desk.lay(tag)
        await until(lambda: on(tag) != before)
        await until(lambda: any(m.code == "NOT_RENEWED" for m in b.station.alarms()))
    with closing(sqlite3.connect(tmp_path / "data" / FILE, isolation_level=None)) as db:
        db.execute("DROP TRIGGER full")
    async with bench(tmp_path, platform) as b:
        await until(lambda: len(b.told) == 2)
        doubt = b.told[1]
        assert doubt["suyuan:tags"][0]["suyuan:secretMaybe"][0] == seen(tag)
        assert doubt["suyuan:clockQuality"] == "unsynchronised"
        await b.lay(tag)
        assert told_apart(b.acts) is None
        assert standing(b.acts, seen(tag)) is Standing.CURRENT
    async with bench(tmp_path, platform) as b:
        await asyncio.sleep(0.1)
        assert len(b.told) == 3, "nothing is told twice"


async def test_a_copy_is_found_once_both_were_read(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        genuine = ntag(1, LINK)
        await b.lay(genuine)
        copy = ntag(1, on(genuine))
        await b.lay(genuine)
        b.clock.forward(600)
        assert told_apart(b.acts) is None
        await b.lay(copy)
        assert told_apart(b.acts) is not None


async def test_a_tag_with_a_password_is_renewed_with_the_keys_and_not_without(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    new_key_file(tmp_path / "data" / "keys.toml", system="Suyuan")
    keys = read_key_file(tmp_path / "data" / "keys.toml")
    tag = ntag(1, LINK)
    ntag21x.guard(lambda command: tag.answer(command) or b"", type2.CHIPS[2], keys, tag.uid)
    tag.reset()
    async with bench(tmp_path) as b:
        b.desk.lay(tag)
        await until(lambda: any(m.code == "NOT_RENEWED" for m in b.station.alarms()))
        assert on(tag) == LINK
        assert b.told == []
    async with bench(tmp_path, keys="keys.toml") as b:
        tag.reset()
        await b.lay(tag)
        assert is_secret(secret_of(on(tag)))


@pytest.mark.parametrize(
    "text",
    ["", "https://shop.example/", f"{HOME}/01/{GTIN}/10/L7", f"{HOME}/01/{GTIN}"],
    ids=["blank", "no object", "a lot", "a product"],
)
async def test_what_names_no_single_thing_gets_no_secret(tmp_path: Path, text: str) -> None:
    async with bench(tmp_path) as b:
        tag = ntag(1, text)
        b.desk.lay(tag)
        await b.lay(ntag(2, LINK))
        assert on(tag) == text
        assert len(b.told) == 1


async def test_the_screen_says_nothing_unless_it_fails(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        screen = ScreenDesk(b.station)
        await b.lay(ntag(1, LINK))
        assert all(m.code != "NOT_RENEWED" for m in (await take(screen, "dock")).messages)
        b.desk.fault = TagLost("gone")
        await b.lay(ntag(1, on(ntag(1, LINK))))
        await until(lambda: any(m.code == "NOT_RENEWED" for m in b.station.alarms()))
        shown = await take(screen, "dock")
        (told,) = [m for m in shown.messages if m.code == "NOT_RENEWED"]
        assert shown.state is State.ATTENTION
        assert "防伪码" in told.text("zh")
        assert "lay it down" in told.remedy("en")


async def test_a_station_without_the_setting_writes_nothing(tmp_path: Path) -> None:
    desk, platform = Desk(), Platform()
    async with station(tmp_path, desk, platform) as at:
        tag = ntag(1, LINK)
        desk.lay(tag)
        await until(lambda: desk.seen == 1)
        await asyncio.sleep(0.05)
        assert on(tag) == LINK
        assert at.alarms() == () or platform.events == []


class Portal(FakeReader):
    """A UHF reader with one tag: its user memory, and after how many words it is torn away."""

    def __init__(self) -> None:
        super().__init__()
        self.capabilities = Capabilities(memory=True)
        self.memory = bytes(16)
        self.words: int | None = None

    async def read_memory(
        self, epc: bytes, bank: Bank, offset: int, words: int, *, password: int = 0, tid: bytes | None = None
    ) -> bytes:
        del epc, password
        assert (bank, tid) == (Bank.USER, TID)
        return self.memory[offset * 2 : (offset + words) * 2]

    async def write_memory(
        self, epc: bytes, bank: Bank, offset: int, data: bytes, *, password: int = 0, tid: bytes | None = None
    ) -> None:
        del epc, password
        assert (bank, offset, tid) == (Bank.USER, 0, TID)
        kept = data if self.words is None else data[: self.words * 2]
        self.memory = kept + self.memory[len(kept) :]
        if self.words is not None:
            raise TagLost("gone")

    async def write_epc(self, epc: bytes, new: bytes, *, password: int = 0, tid: bytes | None = None) -> None:
        raise NotImplementedError

    async def lock_tag(
        self, epc: bytes, locks: dict[LockField, Lock], *, password: int = 0, tid: bytes | None = None
    ) -> None:
        raise NotImplementedError


TID = bytes.fromhex("E28011912000000000000007")


async def test_a_uhf_tag_has_it_in_its_user_memory(tmp_path: Path) -> None:
    portal, platform, clock = Portal(), Platform(), Clock()
    at = station(tmp_path, portal, platform, clock=clock)
    at.config = with_secrets(at.config)
    epc = f"https://id.gs1.org/01/{GTIN}/21/7"

    async def show() -> dict[str, Any]:
        before = len(platform.events)
        clock.forward(AFTER_FAULT_S + 1)
        portal.queue.put_nowait(Observation("r", 1, tag(epc), NOW, NOW, tid=TID))
        await until(lambda: len(platform.events) > before)
        return dict(platform.events[-1]["suyuan:tags"][0])

    async with at:
        first = await show()
        held = portal.memory[:12].decode()
        assert is_secret(held)
        assert first["suyuan:secretWritten"] == digest(epc, first["suyuan:tid"], held)
        portal.words = 3
        doubt = await show()
        assert digest(epc, first["suyuan:tid"], portal.memory[:12].decode()) in doubt["suyuan:secretMaybe"]
        portal.words = None
        third = await show()
        assert third["suyuan:secretFound"] in doubt["suyuan:secretMaybe"]


async def test_a_uhf_tag_that_left_or_that_failed_is_not_tried_again_and_again(tmp_path: Path) -> None:
    portal, platform, clock = Portal(), Platform(), Clock()
    portal.words = 1
    at = station(tmp_path, portal, platform, clock=clock)
    at.config = with_secrets(at.config)
    epc = tag(f"https://id.gs1.org/01/{GTIN}/21/7")
    async with at:
        for _ in range(20):
            clock.forward(1)
            portal.queue.put_nowait(Observation("r", 1, epc, NOW, NOW, tid=TID))
            await asyncio.sleep(0.01)
        await until(lambda: len(platform.events) == 1)
        assert [m.code for m in at.alarms()].count("NOT_RENEWED") == 1
        clock.forward(AFTER_FAULT_S)
        portal.words = None
        portal.queue.put_nowait(Observation("r", 1, epc, NOW, NOW, tid=TID))
        await until(lambda: len(platform.events) == 2)
        await until(lambda: all(m.code != "NOT_RENEWED" for m in at.alarms()))


async def test_user_memory_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    portal, platform = Portal(), Platform()
    portal.memory = b"temperature logger"
    at = station(tmp_path, portal, platform)
    at.config = with_secrets(at.config)
    async with at:
        portal.queue.put_nowait(
            Observation("r", 1, tag(f"https://id.gs1.org/01/{GTIN}/21/7"), NOW, NOW, tid=TID)
        )
        await until(lambda: any(m.code == "NOT_RENEWED" for m in at.alarms()))
        assert portal.memory == b"temperature logger"
    assert platform.events == []


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ([{"reader": "elsewhere"}], "renewals.reader"),
        ([{"reader": "r"}, {"reader": "r"}], "renewals.reader"),
        ([{"reader": "r", "key": "x"}], "renewals"),
        ([{"keys": "x"}], "renewals"),
    ],
)
def test_a_wrong_table_is_told(tmp_path: Path, rows: list[dict[str, Any]], where: str) -> None:
    told = {
        "station": {"id": "s1", "party": "https://id.gs1.org/417/6901234567892", "data": "data"},
        "server": {"url": "https://trace.example", "token": "t"},
        "readers": [{"name": "r", "url": "sim://r"}],
        "read_points": [
            {
                "name": "p",
                "reader": "r",
                "step": "receive",
                "read_point": "https://id.gs1.org/414/6901234567892",
            }
        ],
        "renewals": rows,
    }
    with pytest.raises(ConfigFault) as raised:
        parse(told, tmp_path)
    assert raised.value.where.startswith(where)
