"""A station that works for another company: what was recorded for the first stays apart, and is not lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from joserfc.jwk import ECKey
from tests.unit.readers.station.fakes import NOW, FakeReader, Platform, item, station

from suyuan.readers.station.device_key import DeviceKey, DeviceKeyUnfit, write_device_key
from suyuan.readers.station.journal import Entry
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.outbox import FILE, Outbox
from suyuan.readers.station.station import Station
from suyuan.readers.station.undo import Claim, NothingToUndo

OURS, OTHERS = "https://id.gs1.org/417/6901234567892", "https://id.gs1.org/417/9521234000006"


def sale(serial: int) -> Order:
    return Order(Step.SELL, typed=True, epcs=(item(serial),))


async def test_records_are_sent_only_in_the_name_they_were_made_in(tmp_path: Path) -> None:
    platform = Platform()
    platform.away = True
    async with station(tmp_path, FakeReader(), platform, party=OURS) as at:
        assert (await at.perform(sale(1), "dock")).sequences == (1,)
    platform.away = False
    async with station(tmp_path, FakeReader(), platform, party=OTHERS) as at:
        [told] = [m for m in at.alarms() if m.code == "APART"]
        assert dict(told.fields) == {"count": 1, "party": OURS, "own": OTHERS}
        queue = (await at.status()).queue
        assert (queue.depth, queue.apart) == (0, ((OURS, 1),))
        with pytest.raises(NothingToUndo):
            await at.undo("dock", "did_not_occur")
        assert (await at.perform(sale(2), "dock")).sequences == (2,)
        await at.wait_delivered()
        await at.undo("dock", "did_not_occur")
        await at.wait_delivered()
    assert [e["epcList"] for e in platform.events] == [[item(2)], [item(2)]]
    async with station(tmp_path, FakeReader(), platform, party=OURS) as at:
        assert "APART" not in {m.code for m in at.alarms()}
        await at.wait_delivered()
    assert [e["epcList"] for e in platform.events[2:]] == [[item(1)]]


async def test_a_record_after_another_partys_says_which_of_its_own_it_follows(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    for party, numbers in ((OURS, "ab"), (OTHERS, "c"), (OURS, "de"), (OTHERS, "f")):
        async with Outbox(tmp_path, "s1", now=lambda: NOW, party=party) as outbox:
            await outbox.append([Entry(name, {}, NOW, 0.0, "b") for name in numbers])
            sent = [(one.sequence, orjson.loads(one.payload)) for one in await outbox.waiting(9)]
            told += [(number, body.get("suyuan:sequenceAfter")) for number, body in sent]
            await outbox.mark_sent([number for number, _ in sent], "job")
            await outbox.purge()
    assert told == [(1, None), (2, None), (3, 0), (4, 2), (5, None), (6, 3)]


async def test_the_first_number_of_an_outbox_made_anew_says_nothing_of_those_before(tmp_path: Path) -> None:
    async with Outbox(tmp_path, "s1", now=lambda: NOW, party=OURS, first_sequence=100) as outbox:
        await outbox.append([Entry("a", {}, NOW, 0.0, "b")])
        (first,) = await outbox.waiting(9)
    assert "suyuan:sequenceAfter" not in orjson.loads(first.payload)


async def test_a_declaration_after_another_partys_record_says_so_within_itself(tmp_path: Path) -> None:
    claim = Claim({"reason": "did_not_occur"}, NOW, 0.0, "b")
    async with Outbox(tmp_path, "s1", now=lambda: NOW, party=OURS) as outbox:
        await outbox.append([Entry("a", {}, NOW, 0.0, "b", read_point="dock")])
    async with Outbox(tmp_path, "s1", now=lambda: NOW, party=OTHERS) as outbox:
        await outbox.append([Entry("b", {}, NOW, 0.0, "b", read_point="gate")])
    async with Outbox(tmp_path, "s1", now=lambda: NOW, party=OURS) as outbox:
        await outbox.undo("dock", claim)
        declared = orjson.loads((await outbox.waiting(9))[1].payload)
    assert "suyuan:sequenceAfter" not in declared
    assert declared["errorDeclaration"]["suyuan:sequenceAfter"] == 1


async def test_what_an_older_version_stored_belongs_to_the_party_of_the_file(tmp_path: Path) -> None:
    async with station(tmp_path, FakeReader(), _away(), party=OURS) as at:
        await at.perform(sale(1), "dock")
    with closing(sqlite3.connect(tmp_path / "data" / FILE, isolation_level=None)) as db:
        db.execute("DROP INDEX outbox_waits")
        db.execute("DROP INDEX outbox_refused")
        db.execute("ALTER TABLE outbox DROP COLUMN party")
    async with Outbox(tmp_path / "data", "s1", now=lambda: NOW, party=OURS) as outbox:
        assert len(await outbox.waiting(10)) == 1
    async with Outbox(tmp_path / "data", "s1", now=lambda: NOW, party=OTHERS) as outbox:
        assert await outbox.waiting(10) == []


async def test_a_key_of_one_company_signs_for_no_other(tmp_path: Path) -> None:
    file = tmp_path / "device-key.json"
    write_device_key(file, DeviceKey("d1", "https://trace.example", ECKey.generate_key("P-256"), OTHERS))
    config = station(tmp_path, FakeReader(), Platform(), party=OURS).config
    server = replace(config.server, token="", device_key_file=file)
    with pytest.raises(DeviceKeyUnfit) as told:
        async with Station(replace(config, server=server), now=lambda: NOW):
            pass
    assert told.value.where == "station.party"


def _away() -> Platform:
    platform = Platform()
    platform.away = True
    return platform
