"""How the store is asked: what keeps pages fast with a million events, told by statements and query plans."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from sqlalchemy import Engine, event
from tests.integration import market

from suyuan.api.staff import Staff
from suyuan.trace.register.listing import entries
from suyuan.trace.store import query, resources, vocabulary, walking
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import newest_sequence, recorded
from suyuan.trace.store.resources import STANDARD, Field, ValuesInSight, epcs
from suyuan.trace.store.sight import HOUSE, Competence, Viewer

PLANT = Viewer("owner", "company", market.PLANT.party)
OFFICER = Viewer("o", "regulator", "", Competence(frozenset(("processing", "retail")), frozenset(("3301",))))
_TEXT = re.compile(r"\bsearch\b\W* LIKE ")
_SIGHT = re.compile("anon_|owner IN|kind IN")
_WALK = re.compile(r"FROM concern\b")
_MAIN = re.compile("^ SELECT ", re.MULTILINE)  # after what the statement names to begin with
VIEWERS = (HOUSE, PLANT, OFFICER, Viewer("r", "company", market.RIVAL.party), Viewer("n", "company", ""))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder: Path = tmp_path_factory.mktemp("market")
    with market.open_market(folder) as here:
        yield here.house.engine


@contextmanager
def heard(engine: Engine) -> Generator[list[tuple[str, Any]]]:
    """The statements that are sent meanwhile, with their parameters."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def plans(engine: Engine, do: Callable[[Reading], object]) -> str:
    """How SQLite carries out every statement of ``do``."""
    with heard(engine) as sent, Reading(engine) as reading:
        do(reading)
    with Reading(engine) as reading:
        rows = [
            row
            for statement, parameters in sent
            if statement.startswith(("SELECT", "WITH"))
            for row in reading.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    return "\n".join(str(row[3]) for row in rows)


@pytest.mark.parametrize("viewer", [PLANT, OFFICER])
def test_a_name_is_looked_for_before_what_is_in_sight(engine: Engine, viewer: Viewer) -> None:
    with heard(engine) as sent, Reading(engine) as reading:
        vocabulary.find(reading, "江南", viewer=viewer)
        entries(reading, viewer=viewer, kind="product", search="江南")
    asked = [statement for statement, _ in sent if _TEXT.search(statement)]
    assert len(asked) == 2
    for statement in asked:
        main = _MAIN.search(statement)
        assert main is not None
        where = statement.index("WHERE", main.start())
        text, sight = _TEXT.search(statement, where), _SIGHT.search(statement, where)
        assert text is not None
        assert sight is not None
        assert text.start() < sight.start()


def test_lots_below_a_second_name_are_found_by_the_index_of_what_was_passed(engine: Engine) -> None:
    plan = plans(engine, lambda reading: entries(reading, viewer=PLANT, kind="lot"))
    assert "SEARCH passed USING COVERING INDEX ix_passed_key (key>? AND key<?)" in plan


def test_the_newest_evidence_is_the_end_of_an_index(engine: Engine) -> None:
    assert "SCAN" not in plans(engine, newest_sequence)


@pytest.mark.parametrize("viewer", [HOUSE, PLANT, OFFICER])
@pytest.mark.parametrize("order", ["eventTime", "recordTime"])
def test_events_at_a_place_are_walked_not_sorted(engine: Engine, viewer: Viewer, order: str) -> None:
    asked = query.parse_query([("EQ_bizLocation", market.PLANT.place), ("orderBy", order)])

    def page(reading: Reading) -> object:
        return query.events(reading, asked, viewer=viewer, now=market.NOW)

    plan = plans(engine, page)
    assert "SEARCH concern USING" in plan
    assert "ORDER BY" not in plan
    assert "SCAN evidence" not in plan


@pytest.mark.parametrize("limits", [(500, 0, (2, 5)), (500, 0, (300,)), (1, 0, (2, 5)), (500, 500, (2,))])
def test_pages_that_are_walked_are_what_the_statement_finds(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int, tuple[int, ...]]
) -> None:
    for name, value in zip(("MOST_WALKS", "FEW_KEYS", "GLANCES"), limits, strict=True):
        monkeypatch.setattr(walking, name, value)
    orders = [("orderBy", order) for order in ("eventTime", "recordTime")]
    asked_of = [[], [("EQ_bizStep", "shipping|receiving")], [("EQ_bizLocation", market.PLANT.place)]]
    found = 0
    for viewer, order, way, asked in product(VIEWERS, orders, ("ASC", "DESC"), asked_of):
        parsed = query.parse_query([*asked, order, ("orderDirection", way), ("perPage", "3")])
        with Reading(engine) as reading:
            statement = query.statement(parsed, None, 1000, viewer=viewer)
            expected = [row.sequence for row in reading.connection.execute(statement)]
            page = query.events(reading, parsed, viewer=viewer, now=market.NOW)
            told = [one.sequence for one in page.events]
            while page.next_token is not None:
                page = query.events(reading, parsed, viewer=viewer, now=market.NOW, token=page.next_token)
                told += [one.sequence for one in page.events]
        assert told == expected, (viewer, order, way, asked)
        found += len(told)
    assert found > 100


@pytest.mark.parametrize("viewer", [HOUSE, PLANT, OFFICER])
def test_a_page_of_epcs_reads_no_table_as_a_whole(engine: Engine, viewer: Viewer) -> None:
    def page(reading: Reading) -> object:
        first = epcs(reading, viewer, now=market.NOW, per_page=1)
        return epcs(reading, viewer, now=market.NOW, per_page=1, token=first.next_token)

    plan = plans(engine, page)
    assert re.search("SCAN (evidence|incidence|concern)\\b", plan) is None, plan
    if viewer != HOUSE:  # who sees everything walks all objects, by their number
        assert "SCAN object" not in plan
        assert "SEARCH concern USING COVERING INDEX ix_concern_concerned_id" in plan


@pytest.mark.parametrize("viewer", [PLANT, OFFICER])
def test_whom_an_event_concerns_is_read_once_however_many_are_in_sight(
    engine: Engine, viewer: Viewer
) -> None:
    asked = query.parse_query([("EQ_bizLocation", market.PLANT.place)])
    plan = plans(engine, lambda reading: query.events(reading, asked, viewer=viewer, now=market.NOW))
    assert "SEARCH concern USING INDEX ix_concern_sequence_concerned_id (sequence=?)" in plan
    assert "(sequence=? AND concerned_id=?)" not in plan


def test_a_place_that_nobody_told_of_together_with_the_viewer_is_not_walked(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [one.place for one in market.COMPANIES]
    viewers = [Viewer("c", "company", one.party) for one in market.COMPANIES]
    spared = 0
    for viewer, place in product(viewers, places):
        asked = query.parse_query([("EQ_bizLocation", place)])
        with heard(engine) as sent, Reading(engine) as reading:
            told = [one.key for one in query.events(reading, asked, viewer=viewer, now=market.NOW).events]
        spared += not any(_WALK.search(text) for text, _ in sent)
        with monkeypatch.context() as patched, Reading(engine) as reading:
            patched.setattr(walking, "_never_met", Mock(return_value=False))
            page = query.events(reading, asked, viewer=viewer, now=market.NOW)
        assert told == [one.key for one in page.events]
    assert 0 < spared < len(places) * len(viewers)


@pytest.mark.parametrize("glances", [(2, 5), (300,)])
def test_epcs_of_many_keys_are_those_of_few(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, glances: tuple[int, ...]
) -> None:
    def all_of(viewer: Viewer) -> list[str]:
        told: list[str] = []
        token: str | None = None
        with Reading(engine) as reading:
            while True:
                page = epcs(reading, viewer, now=market.NOW, per_page=2, token=token)
                told += page.members
                if (token := page.next_token) is None:
                    return told

    expected = [all_of(viewer) for viewer in VIEWERS]
    monkeypatch.setattr(resources, "_FEW_KEYS", 0)
    monkeypatch.setattr(resources, "_GLANCES", glances)
    assert [all_of(viewer) for viewer in VIEWERS] == expected
    assert sum(map(len, expected)) > 10


def test_values_that_were_found_are_not_looked_for_again(engine: Engine) -> None:
    known = ValuesInSight()
    fields: tuple[Field, ...] = (*STANDARD, "bizLocations", "readPoints")
    for field in fields:
        with Reading(engine) as reading:
            known.values(reading, field, PLANT)
        with heard(engine) as sent, Reading(engine) as reading:
            known.values(reading, field, PLANT)
        assert [text for text, _ in sent if "DISTINCT" in text] == []


@pytest.mark.parametrize("viewer", VIEWERS, ids=lambda viewer: viewer.name or "house")
@pytest.mark.parametrize(
    "more", [[], [("orderDirection", "ASC")], [("EQ_bizStep", "receiving")], [("perPage", "2")]]
)
@pytest.mark.parametrize("place", ["EQ_bizLocation", "EQ_readPoint"])
def test_events_at_places_are_those_found_by_all_evidence(
    engine: Engine, viewer: Viewer, more: list[tuple[str, str]], place: str
) -> None:
    companies = market.COMPANIES
    keys = [one.place if place == "EQ_bizLocation" else one.dock for one in companies]
    some = 0
    for asked in (*keys, "|".join(keys[:4]), "https://id.gs1.org/414/9521234999997"):
        parsed = query.parse_query([(place, asked), ("orderBy", "eventTime"), *more])
        with Reading(engine) as reading:
            expected = [
                recorded(row).key
                for row in reading.connection.execute(query.statement(parsed, None, 1000, viewer=viewer))
            ]
            found: list[str] = []
            token: str | None = None
            while True:
                page = query.events(reading, parsed, viewer=viewer, now=market.NOW, token=token)
                found += [one.key for one in page.events]
                token = page.next_token
                if token is None:
                    break
        assert found == expected
        some += len(found)
    assert some or viewer is not HOUSE
    assert viewer.name != "n" or not some


def test_companies_to_choose_from_are_not_asked_for_one_by_one(engine: Engine) -> None:
    staff = Staff(engine, lambda: market.NOW)
    with heard(engine) as sent:
        companies = staff.parties(authorities=False)
        authorities = staff.parties(authorities=True)
    assert {key for key, _ in companies} == {one.party for one in market.COMPANIES}
    assert {key for key, _ in authorities} == {key for key, *_ in market.AUTHORITIES.values()}
    assert len([statement for statement, _ in sent if statement.startswith("SELECT")]) == 4
