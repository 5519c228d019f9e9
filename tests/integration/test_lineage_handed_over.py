"""What capture hands over to lineage is what the store would have told it, on both systems."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any, cast

import pytest
from sqlalchemy import Engine
from tests.integration import market

from suyuan.api import following
from suyuan.api.arrivals import Arrivals
from suyuan.api.following import FollowedLineage
from suyuan.api.settings import Form
from suyuan.api.upkeep import upkeep
from suyuan.trace.epcis.problems import ValidationError
from suyuan.trace.lineage import Options, Suspect
from suyuan.trace.lineage.journey import visit
from suyuan.trace.register.aliases import link
from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.history import occurrences
from suyuan.trace.store.jobs import CaptureJob
from suyuan.trace.store.sight import HOUSE

from .test_store_capture import CASE, ITEM_KEY, LOT, NOW, document, observed, send
from .test_store_corpus import documents

PATIENCE_S = 20.0


@pytest.fixture(params=["objects", "tables"])
def form(request: pytest.FixtureRequest) -> Form:
    """How lineage is kept."""
    return cast("Form", request.param)


@pytest.fixture
def read_after(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """After which sequence numbers evidence was read from the store."""
    numbers: list[int] = []
    read = following.occurrences

    def reading(reading: Any, after: int = 0) -> Iterator[Any]:
        numbers.append(after)
        return read(reading, after)

    monkeypatch.setattr(following, "occurrences", reading)
    return numbers


def packed(number: int, *items: str) -> dict[str, Any]:
    """An event that says more than most: children, an amount, our own members, a lot by master data."""
    return {
        "type": "AggregationEvent", "action": "ADD", "bizStep": "packing", "parentID": CASE,
        "eventID": f"urn:uuid:10000000-0000-0000-0000-{number:012d}",
        "eventTime": f"2026-05-01T08:10:{number % 60:02d}.5+08:00", "eventTimeZoneOffset": "+08:00",
        "childEPCs": list(items), "childQuantityList": [{"epcClass": LOT, "quantity": 0.1, "uom": "GRM"}],
        "readPoint": {"id": "https://id.gs1.org/414/9521234000006/254/dock"},
        "suyuan:sequence": number, "suyuan:basis": "read",
    }  # fmt: skip


OWN = {"suyuan": "https://ns.suyuan.example/"}


def told(engine: Engine) -> list[tuple[int, Any]]:
    with Reading(engine) as reading:
        return list(occurrences(reading))


def handed(*jobs: CaptureJob) -> list[tuple[int, Any]]:
    return [(one.sequence, one.occurrence) for job in jobs for one in job.evidence]


def answers(lineage: FollowedLineage) -> tuple[Any, ...]:
    """What it says of the item and of the case, now and in the past, and how far it is."""
    options = [Options(), *(Options(known_at=NOW + timedelta(minutes=minutes)) for minutes in (-1, 0, 90))]
    things = [Suspect(ITEM_KEY), Suspect(lineage.aliases.key(CASE))]
    return (
        [lineage.kept.tracer.trace([thing], one) for one in options for thing in things],
        visits(lineage, ITEM_KEY),
        lineage.follow(),
    )


def visits(lineage: FollowedLineage, key: str) -> list[Any]:
    return [visit(*one) for one in lineage.kept.things().checkpoints([key])[key]]


def test_a_capture_tells_what_the_store_tells(engine: Engine) -> None:
    """With conflicts, declarations and duplicates among it, and a record time that is not that of arrival."""
    wrong = {"declarationTime": "2026-05-01T12:30:00+08:00", "reason": "did_not_occur"}
    first = send(engine, document([observed(1), packed(7, ITEM_KEY), observed(1)], OWN))
    late = [observed(1, bizStep="receiving"), observed(2), observed(1, errorDeclaration=wrong)]
    second = send(engine, document(late), now=NOW - timedelta(hours=1))  # recorded when the first one was
    assert handed(first, second) == told(engine)
    assert [one.sequence for one in second.conflicting] == [3]


@pytest.mark.shared
def test_so_it_does_of_every_published_document(engine: Engine, shared: Path) -> None:
    jobs: list[CaptureJob] = []
    for path, media_type in documents(shared):
        single = path.name.startswith("FSMA")  # events without a document around them
        try:
            jobs.append(capture(engine, path.read_bytes(), media_type, party="gs1", now=NOW, single=single))
        except ValidationError:
            continue  # some are examples of what is wrong
    found = handed(*jobs)
    assert len(found) > 90
    assert found == told(engine)


def test_what_was_handed_over_is_not_read(engine: Engine, form: Form, read_after: list[int]) -> None:
    lineage = FollowedLineage(engine, form)
    send(engine, document([observed(1)]))
    assert (lineage.follow(), read_after) == (1, [0])
    for number in range(2, 6):
        lineage.hand_over(send(engine, document([observed(number), packed(number, ITEM_KEY)], OWN)))
    conflict = send(engine, document([observed(2, bizStep="receiving")]))
    assert conflict.conflicts == 1
    lineage.hand_over(conflict)
    assert (lineage.follow(), read_after) == (9, [0])
    assert answers(lineage) == answers(followed(engine, form))


def test_what_is_missing_of_it_is_read(engine: Engine, form: Form, read_after: list[int]) -> None:
    """Another process stores too: what it stored, and what came behind, the store tells."""
    lineage = FollowedLineage(engine, form)
    send(engine, document([observed(1)]))
    lineage.follow()
    lineage.hand_over(send(engine, document([observed(2)])))
    send(engine, document([packed(3, ITEM_KEY)], OWN))  # by another
    behind = send(engine, document([observed(4)]))
    lineage.hand_over(behind)
    assert (lineage.follow(), read_after) == (4, [0, 2])
    lineage.hand_over(behind)  # late, and known already
    lineage.hand_over(send(engine, document([observed(5)])))
    assert (lineage.follow(), read_after) == (5, [0, 2])
    assert answers(lineage) == answers(followed(engine, form))


def followed(engine: Engine, form: Form) -> FollowedLineage:
    """A lineage that reads all of the store."""
    lineage = FollowedLineage(engine, form)
    lineage.follow()
    return lineage


def test_it_is_known_under_the_names_of_now(tmp_path: Path, read_after: list[int]) -> None:
    """A second name came in between: what is told under it is of the entry, whether read or handed over."""
    code = f"https://id.gs1.org/01/0{market.gln(90)}"

    def sold(hour: int) -> dict[str, Any]:
        return {
            "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "retail_selling",
            "epcList": [f"{code}/21/Z"], "eventTime": f"2026-11-20T{hour:02}:00:00+08:00",
            "eventTimeZoneOffset": "+08:00", "bizLocation": {"id": market.SHOP.place},
        }  # fmt: skip

    with market.open_market(tmp_path) as here:
        lineage = here.house.records.lineage
        lineage.follow()
        with Writing(here.house.engine) as writing:
            link(writing, code, market.FARM_A.product, by=HOUSE, now=market.NOW)
        market.capture(here.house, market.SHOP.party, sold(8))
        lineage.follow()
        read_after.clear()
        market.capture(here.house, market.SHOP.party, sold(9))
        lineage.follow()
        assert read_after == []
        item = f"{market.FARM_A.product}/21/Z"
        found = visits(lineage, item)
        assert len(found) == 2
        assert found == visits(followed(here.house.engine, ""), item)


def test_many_writers_and_askers_see_one_lineage(engine: Engine, form: Form) -> None:
    """Some hand over what they store, one does not; two ask meanwhile."""
    lineage = FollowedLineage(engine, form)
    send(engine, document([observed(0)]))
    lineage.follow()
    ended = Event()

    def store(writer: int) -> None:
        for number in range(writer * 100 + 1, writer * 100 + 7):
            job = send(engine, document([observed(number), packed(number, ITEM_KEY)], OWN))
            if writer:
                lineage.hand_over(job)

    def ask() -> int:
        newest = looks = 0
        while not ended.is_set():
            found = lineage.follow()
            assert found >= newest
            newest, looks = found, looks + 1
        return looks

    with ThreadPoolExecutor() as pool:
        asking = [pool.submit(ask) for _ in range(2)]
        try:
            for done in [pool.submit(store, writer) for writer in range(3)]:
                done.result(PATIENCE_S * 3)
        finally:
            ended.set()
        assert all(looking.result(PATIENCE_S) for looking in asking)
    assert lineage.follow() == 37
    assert answers(lineage) == answers(followed(engine, form))


def test_upkeep_takes_in_what_is_handed_over_before_anybody_asks(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(sqlite_engine, document([observed(0)]))
    lineage = FollowedLineage(sqlite_engine, arrivals=Arrivals(many=4))
    taken = Event()
    real = lineage.follow

    def follow() -> int:
        if (found := real()) >= 5:
            taken.set()
        return found

    monkeypatch.setattr(lineage, "follow", follow)
    lineage.follow()
    with upkeep(lineage):
        lineage.hand_over(send(sqlite_engine, document([observed(number) for number in range(1, 5)])))
        assert taken.wait(PATIENCE_S)  # long before its next turn, which is a minute away
