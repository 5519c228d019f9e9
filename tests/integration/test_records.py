"""Records that follow the store: what they answer, and how few questions they ask it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Engine, event
from tests.integration import market

from suyuan.api.lineages import begun
from suyuan.api.openings import LiveOpenings
from suyuan.api.records import LiveRecords
from suyuan.api.settings import Form, SettingInvalid, read_settings
from suyuan.trace.lineage import Options, Suspect, Trace
from suyuan.trace.register.book import amend, withdraw
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.sight import HOUSE


def statements(engine: Engine, do: Callable[[], object]) -> int:
    """How many statements the database was sent meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    do()
    event.remove(engine, "before_cursor_execute", note)
    return len(sent)


@pytest.fixture(params=["objects", "tables"])
def form(request: pytest.FixtureRequest) -> Form:
    """How lineage is kept."""
    return cast("Form", request.param)


class Counting(LiveRecords):
    """Records that count the traces they make."""

    traces = 0

    def trace(self, suspects: Any, options: Options) -> Trace:
        self.traces += 1
        return super().trace(suspects, options)


def test_lots_of_a_product_are_found_by_its_name_alone(tmp_path: Path, form: Form) -> None:
    with market.open_market(tmp_path) as here:
        records = LiveRecords(here.house.engine, form)
        assert records.lots_of(market.PLANT.product) == [market.LOT]
        assert records.lots_of(market.FARM_A.product) == [
            market.FARM_A.lot("FA-1187"),
            market.FARM_A.lot("FR-6650"),
        ]
        assert records.lots_of(market.SHOP.product) == []
        assert records.lots_of("https://id.gs1.org") == []
        own = f"{market.PLANT.place}/own/product/P00001A"
        wrong, told = market.PLANT.lot("WRONG"), "urn:uuid:00000000-0000-7000-8000-0000000000aa"
        made = {
            "type": "ObjectEvent", "eventID": told, "action": "ADD", "bizStep": "commissioning",
            "eventTime": "2026-11-09T08:00:00+08:00", "eventTimeZoneOffset": "+08:00",
            "quantityList": [{"epcClass": wrong}],
        }  # fmt: skip
        market.capture(here.house, market.PLANT.party, made)
        assert wrong in records.lots_of(market.PLANT.product)
        declared = {"declarationTime": "2026-11-10T08:00:00+08:00", "reason": "did_not_occur"}
        market.capture(here.house, market.PLANT.party, {**made, "errorDeclaration": declared})
        assert records.lots_of(market.PLANT.product) == [market.LOT]
        assert records.lots_of(own) == []


def test_many_things_are_one_question(tmp_path: Path, form: Form) -> None:
    with market.open_market(tmp_path) as here:
        records = LiveRecords(here.house.engine, form)
        records.follow()
        one = statements(here.house.engine, lambda: records.journeys([market.LOT]))
        many = statements(here.house.engine, lambda: records.journeys([market.LOT, *market.ITEM_KEYS]))
        assert one == many > 0
        assert records.journeys(market.ITEM_KEYS) == {key: records.journey(key) for key in market.ITEM_KEYS}


def test_a_question_of_many_looks_asks_once_what_is_new(tmp_path: Path, form: Form) -> None:
    with market.open_market(tmp_path) as here:
        records, late = LiveRecords(here.house.engine, form), market.PLANT.lot("LATE")
        made = {
            "type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning",
            "eventTime": "2026-11-09T08:00:00+08:00", "eventTimeZoneOffset": "+08:00",
            "quantityList": [{"epcClass": late}],
        }  # fmt: skip
        with records.settled() as newest:
            assert statements(here.house.engine, lambda: records.lot_of(market.ITEM_KEYS[0])) == 0
            market.capture(here.house, market.PLANT.party, made)
            assert records.follow() == newest
            with ThreadPoolExecutor(1) as other:  # whoever asks anew knows everything
                assert other.submit(records.lots_of, market.PLANT.product).result() == [late, market.LOT]
        assert records.follow() == newest + 1


def test_what_a_case_opens_is_traced_again_only_when_something_is_new(tmp_path: Path) -> None:
    with market.open_market(tmp_path) as here:
        records = Counting(here.house.engine)
        openings = LiveOpenings(records)
        case = here.house.case(here.case)
        first = openings.of([case])
        made = records.traces
        assert made > 0
        assert market.LOT in first[0].keys
        assert openings.of([case]) == first
        assert records.traces == made
        wider = replace(case, draft=replace(case.draft, suspects=(Suspect(market.RIVAL_LOT),)))
        assert market.RIVAL_LOT in openings.of([wider])[0].keys
        assert openings.of([case]) == first
        made = records.traces
        thing = f"{market.PLANT.product}/21/LATE"
        market.capture(
            here.house,
            market.PLANT.party,
            {
                "type": "ObjectEvent", "action": "ADD", "bizStep": "commissioning",
                "eventTime": "2026-11-09T08:00:00+08:00", "eventTimeZoneOffset": "+08:00",
                "epcList": [f"{market.LOT}/21/LATE"],
            },
        )  # fmt: skip
        assert thing in openings.of([case])[0].keys
        assert records.traces > made
        assert here.house.seen_by(HOUSE).label(market.LOT).key == market.LOT


def test_whose_a_place_is_follows_the_register_whoever_changes_it(tmp_path: Path, form: Form) -> None:
    with market.open_market(tmp_path) as here:
        records, engine = LiveRecords(here.house.engine, form), here.house.engine
        item, place = market.ITEM_KEYS[2], market.PLANT.place

        def party() -> str | None:
            return records.where_now(item).party

        assert party() == market.PLANT.party
        before = records.state()
        told = next(one for one in market.entries() if one.key == place)
        sold = replace(told, values={**told.values, "party": market.RIVAL.party})
        with Writing(engine) as writing:  # as another process would, without a word to these records
            amend(writing, place, sold, by=HOUSE, now=market.NOW, confirmed=True)
        assert party() == market.RIVAL.party
        assert records.state() > before
        before = records.state()
        with Writing(engine) as writing:
            withdraw(writing, place, by=HOUSE, now=market.NOW)
        assert party() == market.PLANT.party  # nobody says whose it is: who told of it last has it
        assert records.state() > before


def test_either_form_answers_the_same(tmp_path: Path) -> None:
    """Of everything that the market names, and of what a recall of it asks."""
    with market.open_market(tmp_path) as here:
        objects, tables = (LiveRecords(here.house.engine, form) for form in ("objects", "tables"))
        suspects = [Suspect(market.LOT)]
        for known_at in (None, market.NOW):
            options = Options(known_at=known_at)
            scope = objects.scope(suspects, options)
            assert tables.scope(suspects, options) == scope
            keys = [state.key for state in scope.trace.states]
            assert keys
            assert tables.journeys(keys) == objects.journeys(keys)
            assert [tables.where_now(key) for key in keys] == [objects.where_now(key) for key in keys]
            lost = [records.sighted(scope, scope.lines, market.NOW) for records in (objects, tables)]
            assert lost[0] == lost[1]
        origin = Options(direction="backward")
        assert tables.trace(suspects, origin) == objects.trace(suspects, origin)
        made = {key: tables.making(key) for key in keys}
        assert made == {key: objects.making(key) for key in keys}
        assert any(made.values())
        evidence = [one for told in made.values() for one in told]
        assert tables.consumed(market.LOT, evidence) == objects.consumed(market.LOT, evidence)


def test_lineage_is_kept_as_was_said_or_by_how_much_there_is() -> None:
    def kept(told: str, events: int, things: int = 10) -> str:
        form = read_settings({"SUYUAN_LINEAGE": told}).lineage
        found = begun(
            form, events, things, None,
            aliases=1, since=lambda _: (), read_back=lambda _: (), owner=lambda _: None,
        )  # fmt: skip
        return type(found.kept).__name__

    assert [kept("", 10), kept("objects", 10**7)] == ["ExactLineage"] * 2
    assert [kept("", 10**7), kept("", 10, 10**7), kept("tables", 10)] == ["ChronicleLineage"] * 3
    with pytest.raises(SettingInvalid, match="columns"):
        kept("columns", 1)
