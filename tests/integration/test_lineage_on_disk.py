"""The lineage of a store between two runs: taken from its snapshot, told what came since, answering alike."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient
from tests.integration import market

from suyuan.api import following
from suyuan.api.app import application
from suyuan.api.following import FollowedLineage
from suyuan.api.house import open_house
from suyuan.api.settings import read_settings
from suyuan.api.upkeep import upkeep
from suyuan.trace.lineage import Options, Suspect
from suyuan.trace.lineage.chronicle.mapped import SnapshotFailed
from suyuan.trace.lineage.chronicle.snapshot import opened
from suyuan.trace.lineage.journey import visit
from suyuan.trace.register.aliases import link
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.sight import HOUSE

from .test_store_capture import ITEM, ITEM_KEY, NOW, document, observed, send

Asked = list[int]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lineage.snapshot"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """After which sequence numbers evidence was read."""
    numbers: Asked = []
    read = following.occurrences

    def reading(reading: Any, after: int = 0) -> Iterator[Any]:
        numbers.append(after)
        return read(reading, after)

    monkeypatch.setattr(following, "occurrences", reading)
    return numbers


def tables(engine: Engine, path: Path) -> FollowedLineage:
    return FollowedLineage(engine, "tables", path)


def answers(lineage: FollowedLineage) -> tuple[Any, ...]:
    """What both forms say of the item, now and in the past."""
    lineage.follow()
    options = [Options(known_at=NOW + timedelta(minutes=minutes)) for minutes in (-1, 0, 90)]
    suspects = [Suspect(ITEM_KEY)]
    traces = [lineage.kept.tracer.trace(suspects, one) for one in [Options(), *options]]
    told = lineage.kept.things().checkpoints([ITEM_KEY])
    return (traces, [visit(*one) for one in told[ITEM_KEY]])


def test_it_goes_on_where_it_was_saved(engine: Engine, path: Path, asked: Asked) -> None:
    """Over the gap that a conflict leaves, and with what was recorded, and declared wrong, later."""
    send(engine, document([observed(1), observed(2)]))
    send(engine, document([observed(2, bizStep="receiving")]))
    first = tables(engine, path)
    assert (first.follow(), asked) == (2, [0])
    first.save()
    wrong = {"declarationTime": "2026-05-01T12:30:00Z", "reason": "did_not_occur"}
    later = [observed(4), observed(2, errorDeclaration=wrong)]
    send(engine, document(later), now=NOW + timedelta(hours=1))
    again = tables(engine, path)
    assert (again.follow(), asked) == (5, [0, 1])
    again.check()
    assert [one.name for one in path.parent.iterdir() if "lineage" in one.name] == [path.name]
    expected = answers(FollowedLineage(engine, "objects"))
    assert answers(again) == expected
    assert answers(first) == expected


def test_a_file_is_written_when_there_is_news_for_it(engine: Engine, path: Path) -> None:
    lineage, objects = tables(engine, path), FollowedLineage(engine, "objects", path)
    send(engine, document([observed(1)]))
    for one in (objects, lineage):
        one.follow()
        one.save(2)
    objects.save()
    assert not path.exists()
    lineage.save()
    written = path.stat().st_ino
    lineage.save()
    assert path.stat().st_ino == written
    nowhere = tables(engine, path.parent / "nowhere" / "x")
    nowhere.follow()
    with pytest.raises(SnapshotFailed, match="cannot be written"):
        nowhere.save()


def test_other_names_are_told_anew(
    tmp_path: Path, path: Path, asked: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    with market.open_market(tmp_path) as here:
        engine = here.house.engine
        lineage = tables(engine, path)
        lineage.follow()
        lineage.save()
        with Writing(engine) as writing:
            code = f"https://id.gs1.org/01/0{market.gln(90)}"
            link(writing, code, market.FARM_A.product, by=HOUSE, now=market.NOW)
        asked.clear()
        renamed = tables(engine, path)
        newest = renamed.follow()
        assert "knows other second names" in caplog.text
        assert asked == [0]
        renamed.save()
        assert (newest, opened(path).standing.aliases) == (lineage.follow(), renamed.aliases.version)


def test_what_a_disk_damaged_is_replayed(
    engine: Engine, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Opened it is not read: checking finds it, and until the next one is saved every start does."""
    send(engine, document([observed(number) for number in range(1, 9)]))
    expected = answers(FollowedLineage(engine, "objects"))
    lineage = tables(engine, path)
    lineage.follow()
    lineage.save()
    place = next(one for one in opened(path).file.places if one.name == "evidence.bytes")
    path.with_name(path.name + ".unchecked").unlink()
    with path.open("r+b") as stream:
        stream.seek(place.offset)
        stream.write(b"x")
    harmed = tables(engine, path)
    harmed.follow()
    harmed.check()
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING]
    assert answers(harmed) == expected
    harmed.check()
    harmed.save()
    caplog.clear()
    assert answers(tables(engine, path)) == expected
    assert not caplog.records


def test_a_server_saves_at_its_end_and_tells_what_it_cannot(
    engine: Engine, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    send(engine, document([observed(1)]))
    with upkeep(tables(engine, path)):
        send(engine, document([observed(2)]))
    assert opened(path).standing.followed == 2
    with upkeep(tables(engine, path.parent / "nowhere" / "x")):
        pass
    assert "lineage is not kept ready: The snapshot cannot be written" in caplog.text


def test_the_next_server_goes_on(tmp_path: Path, asked: Asked) -> None:
    told = {"SUYUAN_VAR": str(tmp_path), "SUYUAN_LINEAGE": "tables", "SUYUAN_INSECURE": "1"}
    settings, traces = read_settings(told), list[Any]()
    house = open_house(settings)
    send(house.engine, document([observed(1), observed(2)]))
    for one in (house, open_house(settings)):
        with TestClient(application(settings, one), base_url="http://127.0.0.1") as client:
            traces.append(client.get("/trace", params={"suspect": ITEM}).json())
    assert traces[0] == traces[1]
    assert asked == [0, 1]
