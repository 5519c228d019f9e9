"""What passed before a restart is the same pass when it is read again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from tests.unit.readers.station.fakes import NOW, Clock, FakeReader, Platform, item, point, station, until

from suyuan.readers.station.config import ReadPoint, Smoothing
from suyuan.readers.station.lately import Moment, Passed, passed
from suyuan.readers.station.order import Order, Step

WINDOW_S = 600.0


def door(name: str = "dock", dedupe_s: float = WINDOW_S) -> ReadPoint:
    rules = Smoothing(quiet_s=0.05, dedupe_s=dedupe_s)
    return point(name, automatic=True, order=Order(Step.RECEIVE), smoothing=rules)


class Days:
    """One outbox that stations are begun on, one after another."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.platform = Platform()
        self._folder = folder
        self._runs: set[str] = set()

    @property
    def told(self) -> list[list[str]]:
        """The tags of each event, once however often it was sent, without those that end a run."""
        events = {one["eventID"]: one for one in self.platform.events if "errorDeclaration" not in one}
        return [[epc for epc in one["epcList"] if epc not in self._runs] for one in events.values()]

    async def run(self, *epcs: str, points: tuple[ReadPoint, ...] = (), undo: bool = False) -> None:
        """A run of the station in which these tags are seen, and beside them one that was never there."""
        reader, count = FakeReader(), len(self.told)
        new = item(1_000 + count)
        self._runs.add(new)
        at = station(self._folder, reader, self.platform, *(points or (door(),)), clock=self.clock)
        async with at:
            reader.show(*epcs, new)
            await until(lambda: len(self.told) > count)
            if undo:
                await at.undo("dock", "incorrect_data")
        self.clock.forward(60)


async def test_within_the_window_it_is_not_read_again(tmp_path: Path) -> None:
    days = Days(tmp_path)
    await days.run(item(1))
    await days.run(item(1), item(2))
    await days.run(item(1), item(2), item(3))
    assert days.told == [[item(1)], [item(2)], [item(3)]]


async def test_after_the_window_it_is(tmp_path: Path) -> None:
    days = Days(tmp_path)
    await days.run(item(1))
    days.clock.forward(WINDOW_S)
    await days.run(item(1))
    assert days.told == [[item(1)], [item(1)]]


@pytest.mark.parametrize(("boot", "age_s"), [("b", 5.0), ("another", 60.0), ("", 60.0)])
def test_its_age_is_by_the_clock_that_still_runs(boot: str, age_s: float) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.execute("CREATE TABLE outbox(payload, created_wall, created_mono, boot_id, party, sequence)")
        body = {"eventID": "1", "readPoint": {"id": "p"}, "parentID": "c", "childEPCs": ["a", "b"]}
        row = (orjson.dumps(body), NOW.isoformat(), 100.0, boot if boot != "another" else "b", "", 1)
        db.execute("INSERT INTO outbox VALUES (?, ?, ?, ?, ?, ?)", row)
        moment = Moment(NOW + timedelta(seconds=60), 105.0, boot)
        assert passed(db, moment, 100.0) == [Passed("p", ("a", "b", "c"), age_s)]
        assert passed(db, moment, age_s - 1) == []
        assert passed(db, moment, 100.0, "another party") == []


@pytest.mark.parametrize(("back_s", "lately"), [(2.0, True), (6 * 365 * 86_400.0, False)])
def test_of_a_clock_that_came_up_in_the_past_no_age_is_known(back_s: float, lately: bool) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.execute("CREATE TABLE outbox(payload, created_wall, created_mono, boot_id, party, sequence)")
        body = orjson.dumps({"eventID": "1", "readPoint": {"id": "p"}, "epcList": ["a"]})
        db.execute("INSERT INTO outbox VALUES (?, ?, 100.0, 'b', '', 1)", (body, NOW.isoformat()))
        back = NOW - timedelta(seconds=back_s)
        found = passed(db, Moment(back, 30.0, "another"), WINDOW_S)
        assert found == ([Passed("p", ("a",), 0.0)] if lately else [])
        assert passed(db, Moment(back, 101.0, "b"), WINDOW_S) == [Passed("p", ("a",), 1.0)]


async def test_what_was_undone_did_not_pass(tmp_path: Path) -> None:
    days = Days(tmp_path)
    await days.run(item(1), undo=True)
    await days.run(item(1))
    assert days.told == [[item(1)], [item(1)]]


async def test_points_of_one_place_cannot_be_told_apart_and_read_anew(tmp_path: Path) -> None:
    days = Days(tmp_path)
    points = door(), point("gate", antennas=frozenset({9}))
    await days.run(item(1), points=points)
    await days.run(item(1), points=points)
    assert days.told == [[item(1)], [item(1)]]
