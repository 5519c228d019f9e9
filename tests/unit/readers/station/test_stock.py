"""In store: what to pick first, what nobody has seen for long, what may not lie where it is picked from."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.readers.station.trade_cases import (
    LOT,
    LOT_2,
    NOW,
    OTHER,
    PRODUCT,
    RECALLED,
    SSCC,
    TODAY,
    around,
    codes,
    done,
    item,
    seen,
    taught,
)

from suyuan.readers.station import memory
from suyuan.readers.station.identity import GS1
from suyuan.readers.station.knowledge import Known, Lesson
from suyuan.readers.station.lessons import lessons
from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.stock import (
    Keeping,
    Piece,
    Sweeping,
    expired,
    ghosts,
    passed_over,
    pick_list,
    pieces,
)


def piece(serial: int, days: int | None, state: str = "sellable_not_accessible", missed: int = 0) -> Piece:
    last = None if days is None else TODAY + timedelta(days=days)
    return Piece(item(serial), PRODUCT, LOT, last, state, None, missed)


def test_first_expired_first_out_and_never_what_is_over_or_set_aside() -> None:
    stock = [piece(1, 9), piece(2, 3), piece(3, -1), piece(4, 1, "returned"), piece(5, None), piece(6, 0)]
    assert [one.key for one in pick_list(stock, PRODUCT, 3, TODAY)] == [item(6), item(2), item(1)]
    assert pick_list(stock, PRODUCT, 9, TODAY)[-1].key == item(5)
    assert [one.key for one in expired(stock, TODAY)] == [item(3)]


@given(st.lists(st.tuples(st.integers(-5, 30), st.booleans()), max_size=30), st.integers(0, 30))
def test_whoever_follows_the_list_passes_nothing_over(told: list[tuple[int, bool]], count: int) -> None:
    stock = [piece(n, days, "returned" if aside else "active") for n, (days, aside) in enumerate(told)]
    picked = pick_list(stock, PRODUCT, count, TODAY)
    assert passed_over(stock, [one.key for one in picked], TODAY) == []
    assert all(one.pickable and (one.expires or TODAY) >= TODAY for one in picked)


def test_a_later_piece_is_picked_with_a_word() -> None:
    stock = (piece(1, 9), piece(2, 3), Piece(item(8, OTHER), "p", None, TODAY, "active"))
    order, here = Order(Step.PICK), around(stock=stock)
    body, judged = done(order, seen(item(1)), here)
    assert codes(judged) == ["EARLIER_FIRST"]
    assert "L1" in judged.messages[0].text("zh")
    assert body is not None
    assert codes(done(order, seen(item(2)), here)[1]) == []
    assert codes(done(order, seen(item(1), item(2)), here)[1]) == []


def test_nothing_unfit_goes_where_it_is_picked_from() -> None:
    order = Order(Step.STORE, particulars=Keeping("A-1", pickable=True))
    known = {
        item(1): Known(expires=date(2026, 11, 20)),
        item(2): Known(disposition="returned"),
        item(3): Known(),
    }
    body, judged = done(order, seen(item(1), item(2), item(3), item(4)), around({item(4): RECALLED}, known))
    assert body is not None
    assert body["epcList"] == [item(3)]
    assert body["suyuan:storage"] == "A-1"
    assert "NOT_PICKABLE" in codes(judged)
    quarantine = Order(Step.STORE, particulars=Keeping("Q-1", pickable=False))
    body, judged = done(quarantine, seen(item(2), item(4)), around({item(4): RECALLED}, known))
    assert body is not None
    assert (body["disposition"], len(body["epcList"])) == ("non_sellable_other", 2)
    assert taught(quarantine, judged) == {item(2): "returned", item(4): "non_sellable_other"}


def test_putting_away_does_not_release_what_was_set_aside() -> None:
    known = {item(1): Known(disposition="non_sellable_other"), item(2): Known(disposition="in_progress")}
    order = Order(Step.STORE)
    _, judged = done(order, seen(item(1), item(2)), around(known=known))
    assert taught(order, judged) == {item(1): "non_sellable_other", item(2): "sellable_not_accessible"}


@pytest.fixture
def db() -> Iterator[memory.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        for statement in memory.SCHEMA:
            made.execute(statement)
        yield made


def test_what_no_sweep_sees_becomes_a_ghost_and_is_none_once_it_is_seen(db: memory.Connection) -> None:
    memory.learn(db, [Lesson(item(n), lot_key=LOT, disposition="active") for n in (1, 2)], NOW)
    memory.learn(db, [Lesson(LOT, expires=TODAY), Lesson(SSCC, disposition="in_transit")], NOW)
    memory.learn(db, [Lesson("line-1", disposition="recipe")], NOW)  # no thing that lies in a store
    for sweep in range(1, 5):
        stock = pieces(db)
        assert {one.key for one in stock} == {item(1), item(2), SSCC}
        order = Order(Step.COUNT, particulars=Sweeping())
        body, judged = done(order, seen(item(1), item(3)), around(stock=tuple(stock)))
        assert body is not None
        assert body["suyuan:count"]["suyuan:missing"] == 1
        assert judged.extra == (item(3),)
        assert ("GHOST" in codes(judged)) is (sweep >= 3)
        memory.learn(db, lessons(order, judged, GS1), NOW + timedelta(days=sweep))
    assert [one.key for one in ghosts(pieces(db))] == [item(2)]
    assert {one.expires for one in pieces(db) if one.lot_key} == {TODAY}
    memory.learn(db, [Lesson(item(2), missed=False)], NOW + timedelta(days=9))
    assert ghosts(pieces(db)) == []


def put(serial: int, place: str) -> Lesson:
    return Lesson(item(serial), lot_key=LOT, disposition="sellable_not_accessible", place=place)


def where(db: memory.Connection) -> dict[str, str]:
    return {one.key: one.place for one in pieces(db)}


def test_where_things_were_put_is_remembered_and_taken_back_with_the_step(db: memory.Connection) -> None:
    at = [NOW + timedelta(minutes=n) for n in range(6)]
    memory.learn(db, [put(1, "A-1"), put(2, "A-2"), Lesson(SSCC, disposition="active", place="B-1")], at[0])
    memory.learn(db, [Lesson(item(3), unit_key=SSCC, disposition="active")], at[1])
    assert where(db) == {item(1): "A-1", item(2): "A-2", SSCC: "B-1", item(3): "B-1"}
    moved = [put(1, "C-9"), Lesson(item(2), disposition="in_transit", place="")]
    before = memory.former(db, moved)
    memory.learn(db, moved, at[2])
    assert where(db) == {item(1): "C-9", item(2): "", SSCC: "B-1", item(3): "B-1"}
    memory.restore(db, before, at[2])
    assert where(db) == {item(1): "A-1", item(2): "A-2", SSCC: "B-1", item(3): "B-1"}
    for n in range(3, 6):
        memory.learn(db, [put(1, f"D-{n}")], at[n])
    assert where(db)[item(1)] == "D-5"
    assert db.execute("SELECT count(*) FROM lies_at WHERE key = ?", (item(1),)).fetchone()[0] == 2
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    memory.forget(db, memory.as_text(at[5] + timedelta(days=1)))
    assert db.execute("SELECT count(*) FROM lies_at").fetchone()[0] == 0


def test_the_place_of_the_last_step_counts_though_the_clock_was_set_back(db: memory.Connection) -> None:
    ahead, back = NOW + timedelta(days=365), NOW
    memory.learn(db, [put(1, "A-1")], ahead)
    moved = [put(1, "B-9")]
    before = memory.former(db, moved)
    memory.learn(db, moved, back)
    assert where(db) == {item(1): "B-9"}
    memory.restore(db, before, back)
    assert where(db) == {item(1): "A-1"}
    for n in range(1, 4):
        memory.learn(db, [put(1, f"C-{n}")], back - timedelta(hours=n))
    assert where(db) == {item(1): "C-3"}
    assert db.execute("SELECT count(*) FROM lies_at").fetchone()[0] == 2


def test_places_that_an_older_version_kept_are_taken_up() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.execute(
            "CREATE TABLE lies_at(key TEXT NOT NULL, learned TEXT NOT NULL, place TEXT NOT NULL,"
            " PRIMARY KEY (key, learned)) STRICT, WITHOUT ROWID"
        )
        for statement in memory.SCHEMA:
            db.execute(statement)
        for place, days in (("A-1", 0), ("A-2", 1)):
            time = memory.as_text(NOW + timedelta(days=days))
            db.execute("INSERT INTO lies_at VALUES (?, ?, ?)", (item(1), time, place))
        db.execute(
            "INSERT INTO known(key, learned, disposition) VALUES (?, ?, 'sellable_not_accessible')",
            (item(1), memory.as_text(NOW)),
        )
        for _ in range(2):
            memory.prepare(db)
        assert where(db) == {item(1): "A-2"}
        memory.learn(db, [put(1, "B-9")], NOW - timedelta(days=9))
        assert where(db) == {item(1): "B-9"}
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_one_place_is_counted_against_what_was_put_there() -> None:
    stock = tuple(replace(piece(n, 5), place=f"A-{1 + n % 2}") for n in range(1, 5))
    order = Order(Step.COUNT, particulars=Sweeping("A-1"))
    body, judged = done(order, seen(item(2), item(3)), around(stock=stock))
    assert body is not None
    assert (body["suyuan:storage"], body["suyuan:count"]["suyuan:missing"]) == ("A-1", 1)
    assert (judged.expected, judged.missing, judged.extra) == (2, (item(4),), (item(3),))
    kept = lessons(
        Order(Step.STORE, particulars=Keeping("A-7")),
        done(Order(Step.STORE, particulars=Keeping("A-7")), seen(item(1)), around())[1],
        GS1,
    )
    assert [one.place for one in kept] == ["A-7"]


def test_a_sweep_finds_what_is_over_where_it_is_picked_from() -> None:
    here = around(stock=(piece(1, -1), piece(2, 5), piece(3, -1, "returned")))
    body, judged = done(Order(Step.COUNT, particulars=Sweeping()), seen(item(1), item(2), item(3)), here)
    assert codes(judged) == ["EXPIRED_IN_STORE"]
    assert body is not None
    assert body["suyuan:count"]["suyuan:expected"] == 3


def test_a_count_that_is_undone_missed_nothing(db: memory.Connection) -> None:
    memory.learn(db, [Lesson(item(1), lot_key=LOT_2, disposition="active")], NOW)
    missed, later = [Lesson(item(1), missed=True)], NOW + timedelta(hours=1)
    before = [memory.Former(*was.as_row()) for was in memory.former(db, missed)]
    memory.learn(db, missed, later)
    assert [one.missed for one in pieces(db)] == [1]
    memory.restore(db, before, later)
    assert [one.missed for one in pieces(db)] == [0]
