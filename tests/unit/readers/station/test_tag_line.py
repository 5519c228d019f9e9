"""A line of tags at a station: written as they come, recorded with their chips, delivered."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.integration.label_jobs import JOB, UHF, link
from tests.integration.label_jobs import Platform as Labels
from tests.unit.readers.station.fakes import Platform, station, until
from tests.unit.readers.station.test_commission import ORDER, blank, key

from suyuan.readers.field import Bench
from suyuan.readers.sim import SimReader
from suyuan.readers.station.commission import Written
from suyuan.readers.station.tag_fetch import JobUnfit
from suyuan.trace.errors import WrongUse


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def press() -> tuple[Any, Bench]:
    field = Bench()
    return SimReader("r", now=now, field=field, period_s=0.01), field


async def test_tags_are_written_as_they_come_and_recorded_with_their_chips(
    tmp_path: Path, press: tuple[Any, Bench]
) -> None:
    reader, field = press
    platform, told = Platform(), list[Written]()

    def codes() -> list[str]:
        return [each.message.code for each in told]

    async with station(tmp_path, reader, platform) as at:
        await until(lambda: at.hears("dock"))
        line = await at.tag_desk.commission(ORDER, "r", point="dock", tell=told.append)
        async with line:
            first, second = blank(1), blank(2)
            field.lay(1, first)
            await until(lambda: codes() == ["TAG_WRITTEN"])
            field.lay(1, second)  # beside the one that is done
            await until(lambda: codes()[-1:] == ["TAG_WRITTEN"] and len(told) == 2)
            field.lay(1, blank(3))
            field.lay(1, blank(4))
            await until(lambda: "SEVERAL_TAGS" in codes())
            assert line.job.used == 2
        outcome = await line.record()
        assert outcome is not None
        assert outcome.sequences == (1,)
        assert await line.record() is None
        await at.wait_delivered()
    (event,) = platform.events
    assert event["epcList"] == [key(1000), key(1001)]
    assert [each["suyuan:tid"] for each in event["suyuan:tags"]] == [
        tag.tid.hex().upper() for tag in (first, second)
    ]
    assert event["ilmd"]["cbvmda:itemExpirationDate"] == "2027-03-01"
    assert event["suyuan:basis"] == "read"


async def test_a_reader_that_is_not_there_is_told(tmp_path: Path, press: tuple[Any, Bench]) -> None:
    reader, _ = press
    async with station(tmp_path, reader, Platform()) as at:
        with pytest.raises(WrongUse):
            await at.tag_desk.commission(ORDER, "none", point="dock", tell=lambda _: None)


async def test_a_job_of_the_platform_is_written_with_the_serials_that_it_leased(
    tmp_path: Path, press: tuple[Any, Bench]
) -> None:
    reader, field = press
    platform, told = Labels(), list[Written]()
    async with station(tmp_path, reader, platform) as at:
        await until(lambda: at.hears("dock"))
        with pytest.raises(JobUnfit):
            await at.tag_desk.shelf.take(JOB, uhf=True)
        job = await at.tag_desk.shelf.take(UHF, uhf=True)
        with pytest.raises(JobUnfit):
            await at.tag_desk.shelf.take(UHF)
        line = await at.tag_desk.commission(job, "r", point="dock", tell=told.append)
        async with line:
            field.lay(1, blank(1))
            await until(lambda: line.job.finished)
        outcome = await line.record()
        assert outcome is not None
        await at.wait_delivered()
    (event,) = platform.events
    assert event["epcList"] == [link(0)]
    assert event["suyuan:tags"][0]["suyuan:tid"] == blank(1).tid.hex().upper()
    assert event["ilmd"]["cbvmda:lotNumber"] == "L7"
