"""What a station remembers: in files of before, of chips, and of units inside units."""

from __future__ import annotations

import sqlite3

from tests.unit.readers.station.floor import GTIN, NOW, Floor, burst, codes, item, lot, sscc

from suyuan.readers.station import memory
from suyuan.readers.station.knowledge import Known, Lesson
from suyuan.readers.station.memory import Ask
from suyuan.readers.station.order import Order, Step

TID = bytes.fromhex("e28011912000123456789abc")


def test_a_file_of_before_gets_the_columns_that_it_lacks() -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute(
        "CREATE TABLE known(key TEXT PRIMARY KEY, lot_key TEXT, unit_key TEXT, expires TEXT,"
        " learned TEXT NOT NULL) STRICT"
    )
    db.execute("INSERT INTO known VALUES ('a', 'L', NULL, NULL, '2026')")
    for statement in memory.SCHEMA:
        db.execute(statement)
    memory.prepare(db)
    memory.prepare(db)
    memory.learn(db, [Lesson("a", disposition="retail_sold", tid="E2")], NOW)
    assert memory.known(db, ["a"]) == {"a": Known("L", disposition="retail_sold", tid="E2")}


def test_labels_of_lots_that_an_older_version_packed_are_amounts_in_their_unit() -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute(
        "CREATE TABLE known(key TEXT PRIMARY KEY, lot_key TEXT, unit_key TEXT, expires TEXT,"
        " learned TEXT NOT NULL, disposition TEXT, tid TEXT, quality TEXT) STRICT"
    )
    db.execute(
        "INSERT INTO known(key, lot_key, unit_key, learned) VALUES (?, ?, ?, '2026'), (?, ?, ?, '2026')",
        (lot("L1"), lot("L1"), sscc(1), item(1), lot("L2"), sscc(1)),
    )
    for _ in range(2):
        for statement in memory.SCHEMA:
            db.execute(statement)
        memory.prepare(db)
    found = memory.recollect(db, Ask((lot("L1"),), units=(sscc(1),)))
    assert found.contents[sscc(1)] == {lot("L1"), lot("L2")}
    assert found.known[lot("L1")].unit_key is None
    assert found.known[item(1)].unit_key == sscc(1)
    assert db.execute("SELECT count(*) FROM amounts_moved").fetchone() == (1,)


def test_another_chip_with_the_code_of_one_that_was_commissioned_is_a_clone() -> None:
    floor = Floor()
    made = Order(
        Step.COMMISSION, product=GTIN, typed=True, epcs=(item(1),), tids={item(1): TID.hex().upper()}
    )
    floor.do(made)
    order = Order(Step.STORE)
    assert codes(floor.judge(order, burst(item(1)))) == []
    assert codes(floor.judge(order, burst(item(1), tids=(TID,)))) == []
    assert codes(floor.judge(order, burst(item(1), tids=(TID + b"\x80\x05",)))) == []  # read further
    other = TID[:-1] + b"\x00"
    assert codes(floor.judge(order, burst(item(1), tids=(other,)))) == ["DUP_TAG"]
    memory.learn(floor.db, [Lesson(item(1), tid=other.hex().upper())], NOW)
    assert codes(floor.judge(order, burst(item(1), tids=(other,)))) == ["DUP_TAG"]  # the first one stays


def test_lots_are_found_in_units_inside_units_even_in_a_circle() -> None:
    floor, box, crate = Floor(), sscc(1), sscc(2)
    floor.do(Order(Step.COMMISSION, product=GTIN, lot="L1"), item(1))
    floor.do(Order(Step.PACK, parent=box), item(1))
    floor.do(Order(Step.PACK, parent=crate), box)
    memory.learn(floor.db, [Lesson(crate, unit_key=box)], NOW)  # as a damaged history might say
    found = memory.recollect(floor.db, Ask((crate,), units=(crate,)))
    assert found.contents == {crate: frozenset({lot("L1")})}
    assert found.known[crate].unit_key == box
    assert found.known[box].unit_key == crate
    assert memory.recollect(floor.db, Ask((), units=(item(9),))).contents == {item(9): frozenset()}
