"""What the store answers while lineage is not in memory, and who waits for that."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Engine, text
from starlette.testclient import TestClient
from tests.integration import market

from suyuan.api import following
from suyuan.api.app import application
from suyuan.api.following import FollowedLineage, LineageMoved
from suyuan.api.house import House
from suyuan.api.records import LiveRecords
from suyuan.api.settings import read_settings
from suyuan.trace.errors import TooLarge
from suyuan.trace.lineage import Options, Suspect, Trace
from suyuan.trace.register.aliases import link
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.lineage import SqlTracer
from suyuan.trace.store.lineage_held import LineageAbsent
from suyuan.trace.store.sight import HOUSE

from .test_store_capture import ITEM, ITEM_KEY, NOW, document, observed, send

PATIENCE = 60.0
SUSPECTS = [Suspect(ITEM_KEY)]


class Replays:
    """Replays that wait, once held, until they are let go."""

    def __init__(self) -> None:
        self.begun, self._may_go_on = Event(), Event()
        self._may_go_on.set()

    def hold(self) -> None:
        self.begun.clear()
        self._may_go_on.clear()

    def let_go(self) -> None:
        assert not self._may_go_on.is_set(), "nothing was held"
        self._may_go_on.set()

    def wait(self) -> None:
        self.begun.set()
        assert self._may_go_on.wait(PATIENCE)


@pytest.fixture
def replays(monkeypatch: pytest.MonkeyPatch) -> Replays:
    found, read = Replays(), following.occurrences

    def reading(reading: Any, after: int = 0) -> Iterator[Any]:
        found.wait()
        return read(reading, after)

    monkeypatch.setattr(following, "occurrences", reading)
    return found


def told(engine: Engine, *numbers: int) -> None:
    """Events of the item: one of a transformation, the others of it among others in sequence."""
    made = {"type": "TransformationEvent", "inputEPCList": [ITEM], "outputEPCList": [ITEM[:-1] + "8"]}
    for number in numbers:
        changes = (
            {"bizLocation": {"id": f"https://id.gs1.org/414/{market.gln(number)}"}} if number > 1 else {}
        )
        event = observed(number, **changes)
        if number == 1:
            event = {name: event[name] for name in event if name not in ("epcList", "action")} | made
        assert send(engine, document([event])).captured == 1


def written(engine: Engine) -> None:
    """The lineage of now, in the store."""
    FollowedLineage(engine, "tables").write()


def test_a_server_is_asked_before_its_lineage_is_replayed(
    engine: Engine, tmp_path: Path, replays: Replays
) -> None:
    told(engine, 1, 2)
    written(engine)
    settings = read_settings(
        {"SUYUAN_VAR": str(tmp_path), "SUYUAN_LINEAGE": "tables", "SUYUAN_INSECURE": "1"}
    )
    house = House(engine, settings, lambda: datetime.now(UTC))
    paths, lines = ("/trace", "/scope"), {"accept": "application/x-ndjson"}
    with TestClient(application(settings, house), base_url="http://127.0.0.1") as client:

        def answers() -> list[Any]:
            found = [client.get(path, params={"suspect": ITEM}) for path in paths]
            found += [client.get("/trace", params={"suspect": ITEM}, headers=lines)]
            assert {one.status_code for one in found} == {200}
            return [one.text for one in found]

        assert replays.begun.wait(PATIENCE)
        house.follow()
        expected = answers()
    replays.hold()
    again = House(engine, settings, lambda: datetime.now(UTC))
    with TestClient(application(settings, again), base_url="http://127.0.0.1") as client:
        assert replays.begun.wait(PATIENCE)
        found = answers()
        replays.let_go()
        again.follow()  # the server does not end before
        assert [found, answers()] == [expected, expected]


def test_who_asks_for_more_waits(engine: Engine, replays: Replays) -> None:
    """Of the past, of single things, and under names or evidence that the store was not told."""
    told(engine, 1, 2)
    written(engine)
    records = LiveRecords(engine, "tables")
    with ThreadPoolExecutor() as others:
        replays.hold()
        waiting: list[Future[Any]] = [others.submit(records.follow)]
        assert replays.begun.wait(PATIENCE)
        with records.settled() as evidence:
            assert (evidence, records.aliases().version) == (2, 0)
            found = records.trace(SUSPECTS, Options())
        past = Options(known_at=NOW - timedelta(days=1))
        waiting.append(others.submit(records.trace, SUSPECTS, past))
        waiting.append(others.submit(records.where_now, ITEM_KEY))
        told(engine, 3)
        waiting.append(others.submit(records.trace, SUSPECTS, Options()))
        assert not any(one.done() for one in waiting)
        replays.let_go()
        results = [one.result(PATIENCE) for one in waiting]
    newest = LiveRecords(engine, "objects")
    assert results[1:] == [
        newest.trace(SUSPECTS, past),
        newest.where_now(ITEM_KEY),
        newest.trace(SUSPECTS, Options()),
    ]
    assert len(found.edges) > 0
    assert found.states != results[1].states


def test_what_the_store_cannot_tell_is_asked_of_memory(sqlite_engine: Engine) -> None:
    told(sqlite_engine, 1, 2)
    assert FollowedLineage(sqlite_engine).stored() is None
    written(sqlite_engine)
    fresh = FollowedLineage(sqlite_engine)
    assert fresh.stored() is not None
    assert FollowedLineage(sqlite_engine).stored() is not None
    with Writing(sqlite_engine) as writing:
        writing.connection.execute(text("UPDATE lineage SET form = 'of another version'"))
    records = LiveRecords(sqlite_engine)
    assert records.lineage.stored() is not None
    assert records.trace(SUSPECTS, Options()) == LiveRecords(sqlite_engine, "objects").trace(
        SUSPECTS, Options()
    )
    assert records.lineage.stored() is None


def test_one_question_is_of_one_evidence(sqlite_engine: Engine) -> None:
    """Whoever was answered from the store goes on in memory if it knows the same, and else begins anew."""
    told(sqlite_engine, 1, 2)
    written(sqlite_engine)
    memory = LiveRecords(sqlite_engine, "objects")
    records = LiveRecords(sqlite_engine, "objects")
    with records.settled() as evidence:
        scope = records.scope(SUSPECTS, Options())
        assert records.lineage.stored() is not None
        share, expected = records.share(scope), memory.share(memory.scope(SUSPECTS, Options()))
        assert [share(key, line) for line in scope.lines for key in line.keys] == [
            expected(key, line) for line in scope.lines for key in line.keys
        ]
        told(sqlite_engine, 3)
        assert (records.follow(), records.lineage.stored()) == (evidence, None)
    written(sqlite_engine)
    records = LiveRecords(sqlite_engine, "objects")
    with records.settled():
        records.trace(SUSPECTS, Options())
        told(sqlite_engine, 4)
        with pytest.raises(LineageMoved):
            records.where_now(ITEM_KEY)
    assert records.follow() == 4


def test_what_was_written_meanwhile_is_another_answer(sqlite_engine: Engine) -> None:
    told(sqlite_engine, 1, 2)
    written(sqlite_engine)
    stored = FollowedLineage(sqlite_engine).stored()
    assert stored is not None
    told(sqlite_engine, 3)
    written(sqlite_engine)
    with pytest.raises(LineageAbsent):
        stored.tracer.trace(SUSPECTS)


def test_what_is_too_much_for_the_store_waits(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    told(sqlite_engine, 1, 2)
    written(sqlite_engine)
    asked: list[object] = []

    def refuse(*question: object) -> Trace:
        asked.append(question)
        raise TooLarge("The answer has more than {most} rows", most=1)

    monkeypatch.setattr(SqlTracer, "trace", refuse)
    records = LiveRecords(sqlite_engine, "objects")
    assert len(records.trace(SUSPECTS, Options()).states) > 1
    assert len(records.trace(SUSPECTS, Options()).states) > 1
    assert len(asked) == 1  # once it has read everything, nothing else is asked


def test_second_names_are_those_of_the_store(tmp_path: Path) -> None:
    with market.open_market(tmp_path) as here:
        engine = here.house.engine
        written(engine)
        with Writing(engine) as writing:
            code = f"https://id.gs1.org/01/0{market.gln(90)}"
            link(writing, code, market.FARM_A.product, by=HOUSE, now=market.NOW)
        assert FollowedLineage(engine).stored() is None
        written(engine)
        stored, memory = LiveRecords(engine, "objects"), LiveRecords(engine, "objects")
        memory.follow()
        lot = next(one for one in memory.lots_of(market.FARM_A.product))
        alias = lot.replace(market.FARM_A.product, code)
        assert stored.lineage.stored() is not None
        assert stored.scope([Suspect(alias)], Options()) == memory.scope([Suspect(alias)], Options())
        assert stored.trace([Suspect(alias)], Options()).states
        assert stored.lineage.stored() is not None
