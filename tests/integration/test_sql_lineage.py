"""Lineage in the store: written whole, read hop by hop by key, told as the compiled engine tells it."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from tests.bench.bench_sql_lineage import main as bench
from tests.integration.test_load import line

from suyuan.api.cli import main
from suyuan.trace.errors import InvalidInput, TooLarge
from suyuan.trace.lineage import Holding, Lineage, Occurrence, Options, Suspect
from suyuan.trace.lineage.compiled import CompiledTracer
from suyuan.trace.lineage.compiled.weave import WovenNames, weave
from suyuan.trace.lineage.contract import CrossContamination, WhatIf
from suyuan.trace.store.engine import DatabaseUnavailable, Reading, Writing, open_engine
from suyuan.trace.store.history import occurrences
from suyuan.trace.store.lineage import LineageNewer, SqlTracer, forget, making, tracer, write
from suyuan.trace.store.lineage.desk import Desk, TooSmall
from suyuan.trace.store.lineage.reading import Hops
from suyuan.trace.store.lineage_held import LineageAbsent
from suyuan.trace.store.lineage_tables import DERIVED

DAY = datetime(2026, 3, 2, tzinfo=UTC)
ITEM = "https://id.gs1.org/01/09506000134352/21/"
MILK = "https://id.gs1.org/01/09506000134352/10/MILK"
OATS = "https://id.gs1.org/01/09506000134376/10/OATS"
CRATE = "https://id.gs1.org/00/395060000000000013"
PLANT, SHOP, DEPOT = (f"https://id.gs1.org/414/95060000000{end}" for end in ("15", "22", "39"))
MANY = 300


def told(number: int, kind: str = "AggregationEvent", hour: int | None = None, **said: Any) -> Occurrence:
    time = DAY + timedelta(hours=number if hour is None else hour)
    return Occurrence(f"{number:064x}", "acme", kind, time, time, **said)


def kilos(lot: str, quantity: float) -> Holding:
    return Holding(lot, quantity, "KGM", is_class=True)


def market() -> list[Occurrence]:
    """A crate that goes to and fro for years, milk that becomes hundreds of cups, oats that lie loose."""
    found: list[Occurrence] = []
    for round_ in range(MANY):
        item = (Holding(f"{ITEM}9{round_:05d}"),)
        found += [
            told(2 * round_, action="ADD", parent=CRATE, children=item, biz_location=PLANT),
            told(2 * round_ + 1, action="DELETE", parent=CRATE, children=item, biz_location=SHOP),
        ]
    begin = 2 * MANY
    cups = tuple(Holding(f"{ITEM}{number}") for number in range(1000, 1000 + MANY))
    milk, oats = kilos(MILK, 50.0), kilos(OATS, 100.0)
    for number in range(3):  # a table of one row is gone through by anyone
        item = Holding(f"{ITEM}9{number:05d}")
        found.append(told(5000 + number, "TransformationEvent", inputs=(item,), biz_location=SHOP))
    return [
        *found,
        told(begin, "ObjectEvent", action="ADD", what=(milk, oats), biz_location=PLANT),
        told(begin + 1, "TransformationEvent", inputs=(milk,), outputs=cups, biz_location=PLANT),
        told(begin + 2, action="ADD", parent=CRATE, children=(kilos(OATS, 60.0), *cups[:5]),
             biz_location=PLANT),
        told(begin + 3, "ObjectEvent", action="OBSERVE", what=(Holding(CRATE),), biz_location=SHOP),
        told(begin + 4, "ObjectEvent", action="OBSERVE", what=(kilos(OATS, 20.0),), biz_step="shipping",
             read_point=PLANT, destinations=(DEPOT,)),
        told(begin + 5, "ObjectEvent", action="OBSERVE", what=(kilos(OATS, 20.0),), biz_step="receiving",
             biz_location=DEPOT),
    ]  # fmt: skip


def put(engine: Engine, lineage: Lineage, known_at: datetime | None = None) -> None:
    with Writing(engine) as writing:
        known = lineage.latest_record
        write(writing, weave(lineage.history(known_at)), evidence=7, aliases=1, known=known)


SUSPECTS: Sequence[Sequence[Suspect]] = (
    (Suspect(MILK),),
    (Suspect(OATS),),
    (Suspect(f"{ITEM}1003"),),
    (Suspect(CRATE, DAY + timedelta(hours=100)),),
    (Suspect(PLANT, DAY, DAY + timedelta(hours=9)),),
    (Suspect(f"{ITEM}77777"), Suspect(f"{ITEM}900002")),
)
SUPPOSED = WhatIf((CrossContamination(CRATE, DAY), CrossContamination(SHOP)), frozenset((DEPOT,)))


def test_answers_are_those_of_the_compiled_engine(engine: Engine) -> None:
    lineage = Lineage(market())
    put(engine, lineage)
    expected, found = CompiledTracer(lineage), SqlTracer(engine)
    for asked in SUSPECTS:
        assert found.trace(asked) == expected.trace(asked)
        assert found.scope(asked) == expected.scope(asked)
        back = Options(direction="backward", depth=1)
        assert found.trace(asked, back) == expected.trace(asked, back)
    supposed = Options(what_if=SUPPOSED)
    assert found.scope(SUSPECTS[2], supposed) == expected.scope(SUSPECTS[2], supposed)
    cups = max(found.scope(SUSPECTS[0]).lines, key=lambda line: line.objects)
    found.scope(SUSPECTS[3])  # at the same desk
    assert (len(cups.keys), cups.keys[0]) == (MANY - 5, f"{ITEM}1005")


def test_rows_are_made_of_some_at_a_time(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """And each is written once, whatever is made together."""
    record, found = weave(Lineage(market()).history()), list[Any]()
    for at_once in (making.AT_ONCE, making.VISITORS):
        monkeypatch.setattr(making, "AT_ONCE", at_once)
        with Writing(sqlite_engine) as writing:
            write(writing, record, evidence=1, aliases=0, known=None)
        with Reading(sqlite_engine) as reading:
            tables = (reading.connection.execute(text(f"SELECT * FROM {name}")) for name in DERIVED)  # noqa: S608
            found.append([sorted(rows.all(), key=repr) for rows in tables])
    assert all(found[0])
    assert found[0] == found[1]


def test_a_question_too_large_for_a_desk_gets_a_larger_one(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    lineage = Lineage(market())
    put(sqlite_engine, lineage)
    made: list[int] = []
    begin = Desk.__init__

    def make(desk: Desk, size: int = 64) -> None:
        made.append(size)
        begin(desk, size)

    monkeypatch.setattr(Desk, "__init__", make)
    assert SqlTracer(sqlite_engine).scope(SUSPECTS[4]) == CompiledTracer(lineage).scope(SUSPECTS[4])
    assert made[0] == 64
    assert made == [64 * 4**number for number in range(len(made))]
    assert len(made) > 1
    monkeypatch.setattr(tracer, "LARGEST", 64)
    with pytest.raises(TooLarge, match="16 rows"):
        SqlTracer(sqlite_engine).scope(SUSPECTS[4])


@pytest.mark.parametrize("count", [56, 300])
def test_a_desk_has_room_for_all_guests(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Each thing asked for may be a guest; machine code would write them beyond a small desk."""
    lineage = Lineage(market())
    put(sqlite_engine, lineage)
    many = [Suspect(MILK), *(Suspect(f"{ITEM}8{number:05d}") for number in range(count))]
    begin = Desk.__init__

    def make(desk: Desk, size: int = 64) -> None:
        begin(desk, size)

    monkeypatch.setattr(Desk, "__init__", make)
    with Reading(sqlite_engine) as reading, pytest.raises(TooSmall):
        Desk().begin(Hops(reading), len(many))
    assert SqlTracer(sqlite_engine).trace(many) == CompiledTracer(lineage).trace(many)


def test_a_lot_with_instances_is_where_its_last_word_says(sqlite_engine: Engine) -> None:
    """It keeps no ledger; a way back comes to it from one instance and asks for no other."""
    cup, milk = Holding(f"{ITEM}1"), (kilos(MILK, 1.0),)
    lineage = Lineage(
        [
            told(1, action="ADD", parent=CRATE, children=milk),
            told(
                2,
                "TransformationEvent",
                inputs=(Holding(CRATE),),
                outputs=(cup, *milk),
                lot_of=((cup.key, MILK),),
            ),
            told(3, "TransactionEvent", action="ADD", what=milk, parent=CRATE, biz_step="destroying"),
            told(4, "TransactionEvent", action="ADD", what=milk, biz_location=SHOP),
        ]
    )
    put(sqlite_engine, lineage)
    back, asked = Options(direction="backward"), [Suspect(cup.key)]
    assert SqlTracer(sqlite_engine).trace(asked, back) == CompiledTracer(lineage).trace(asked, back)


def test_what_is_declared_wrong_later_was_known_before(sqlite_engine: Engine) -> None:
    """The latest record may be one that does not count, or takes out others."""
    eaten, made, other = (Holding(f"{ITEM}{number}") for number in range(3))
    lineage = Lineage(
        [
            told(1, "TransformationEvent", inputs=(eaten,), outputs=(made,), event_id="wrong"),
            told(2, "ObjectEvent", action="ADD", what=(other,)),
            replace(told(5, "ObjectEvent"), event_id="wrong", declared_wrong_at=DAY + timedelta(hours=5)),
        ]
    )
    put(sqlite_engine, lineage)
    exact = CompiledTracer(lineage)
    found = SqlTracer(sqlite_engine, past=lambda _: exact)
    reached: list[int] = []
    for hour in (1, 3, 4, 5, 9):
        options = Options(known_at=DAY + timedelta(hours=hour))
        trace = found.trace([Suspect(eaten.key)], options)
        assert trace == exact.trace([Suspect(eaten.key)], options)
        reached.append(len(trace.states))
    assert reached == [2, 2, 2, 1, 1]


def test_a_key_without_its_check_digit_is_another(engine: Engine) -> None:
    lineage = Lineage(market())
    put(engine, lineage)
    asked = [Suspect(CRATE[:-1])]
    assert SqlTracer(engine).trace(asked) == CompiledTracer(lineage).trace(asked)
    assert CRATE not in {state.key for state in SqlTracer(engine).trace(asked).states}


@pytest.mark.parametrize(("evidence", "aliases"), [(6, 1), (8, 0)])
def test_what_is_older_is_not_written_over_what_is_newer(
    sqlite_engine: Engine, evidence: int, aliases: int
) -> None:
    many = Lineage(market())
    put(sqlite_engine, many)
    old = weave(Lineage().history())
    with pytest.raises(LineageNewer, match="as of 7"), Writing(sqlite_engine) as writing:
        write(writing, old, evidence=evidence, aliases=aliases, known=None)
    assert SqlTracer(sqlite_engine).trace(SUSPECTS[0]) == CompiledTracer(many).trace(SUSPECTS[0])


def test_what_the_driver_says_is_told_as_ours(engine: Engine) -> None:
    """Reading goes by the driver itself."""
    with Reading(engine) as reading, pytest.raises(DBAPIError):
        Hops(reading).one("SELECT number FROM nowhere")


def test_what_is_too_much_for_a_value_of_the_database_is_too_large(
    postgresql_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(postgresql_engine, Lineage(market()[:1]))

    def ask(hops: Hops, *_: object) -> Any:
        return hops.one("SELECT repeat('x', 2000000000)")

    monkeypatch.setattr(Hops, "bytes_of", ask)
    with pytest.raises(TooLarge, match="rows of lineage"):
        SqlTracer(postgresql_engine).trace([Suspect(CRATE)])


def test_a_full_disk_leaves_the_lineage_that_was_there(sqlite_engine: Engine) -> None:
    few = Lineage(market()[:MANY])
    put(sqlite_engine, few)
    with sqlite_engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # no more than there are
    with pytest.raises(DatabaseUnavailable, match="full"):
        put(sqlite_engine, Lineage(market()))
    assert SqlTracer(sqlite_engine).trace(SUSPECTS[3]) == CompiledTracer(few).trace(SUSPECTS[3])


def test_what_is_not_there_is_said(sqlite_engine: Engine) -> None:
    tracer = SqlTracer(sqlite_engine)
    with pytest.raises(LineageAbsent, match="rebuild"):
        tracer.trace(SUSPECTS[0])
    put(sqlite_engine, Lineage(market()))
    assert tracer.trace(SUSPECTS[0]).states
    with Writing(sqlite_engine) as writing:
        writing.connection.execute(text("UPDATE lineage SET form = 'of another version'"))
    with pytest.raises(LineageAbsent):
        tracer.trace(SUSPECTS[0])
    with Writing(sqlite_engine) as writing:
        forget(writing)
    with pytest.raises(LineageAbsent):
        tracer.scope(SUSPECTS[0])


def test_the_past_is_asked_of_another(sqlite_engine: Engine) -> None:
    lineage = Lineage(market())
    put(sqlite_engine, lineage)
    past, now = DAY + timedelta(hours=2 * MANY), DAY + timedelta(days=900)
    with pytest.raises(InvalidInput, match="no zone"):
        SqlTracer(sqlite_engine).trace(SUSPECTS[0], Options(known_at=past.replace(tzinfo=None)))
    with pytest.raises(InvalidInput, match="known now"):
        SqlTracer(sqlite_engine).trace(SUSPECTS[0], Options(known_at=past))
    exact = CompiledTracer(lineage)
    tracer = SqlTracer(sqlite_engine, past=lambda _: exact)
    for known_at in (past, now):
        options = Options(known_at=known_at)
        assert tracer.scope(SUSPECTS[0], options) == exact.scope(SUSPECTS[0], options)
        assert tracer.trace(SUSPECTS[0], options) == exact.trace(SUSPECTS[0], options)


def test_lineage_is_replaced_at_once(engine: Engine) -> None:
    """Who reads meanwhile reads what was there; a failure leaves that."""
    few, many = Lineage(market()[: 2 * MANY]), Lineage(market())
    put(engine, few)
    before = SqlTracer(engine).trace(SUSPECTS[0])
    with Reading(engine) as reading:
        assert Hops(reading).evidence_of() is not None
        put(engine, many)
        count = reading.connection.execute(text("SELECT count(*) FROM lineage_statement")).scalar()
        assert count == 2 * MANY
    assert SqlTracer(engine).trace(SUSPECTS[0]) != before
    record = weave(few.history())
    assert isinstance(record.names, WovenNames)
    names = replace(record.names, keys=())
    with pytest.raises(IndexError), Writing(engine) as writing:
        write(writing, replace(record, names=names), evidence=8, aliases=1, known=None)
    assert SqlTracer(engine).trace(SUSPECTS[0]) == CompiledTracer(many).trace(SUSPECTS[0])


def test_rebuild_writes_what_evidence_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same from the store as from its evidence, whatever was there before."""
    lines, store = tmp_path / "events.jsonl", tmp_path / "suyuan.db"
    lines.write_bytes(b"\n".join(line(number) for number in range(3)))
    for command in (["load", str(lines)], ["rebuild"], ["rebuild"]):
        with pytest.raises(SystemExit) as ended:
            main([*command, "--db", str(store)])
        assert ended.value.code == 0
    engine = open_engine(store)
    with Reading(engine) as reading:
        lineage = Lineage(told for _, told in occurrences(reading))
        held = reading.connection.execute(text("SELECT evidence, aliases, statements FROM lineage")).one()
    assert held == (3, 0, 3)
    asked = [Suspect(f"{ITEM}{number}") for number in range(4)]
    assert SqlTracer(engine).scope(asked) == CompiledTracer(lineage).scope(asked)
    with Writing(engine) as writing:  # as another would that was told more
        writing.connection.execute(text("UPDATE lineage SET evidence = 4"))
    with pytest.raises(SystemExit) as ended:
        main(["rebuild", "--db", str(store)])
    assert ended.value.code != 0
    assert "as of 4, newer" in capsys.readouterr().err
    with Reading(engine) as reading:
        assert reading.connection.execute(text("SELECT evidence FROM lineage")).scalar() == 4
    engine.dispose()


def test_the_bench_beside_networkx_compares_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench(50, str(tmp_path / "suyuan.db"))
    assert capsys.readouterr().out.count("networkx") == 2


@contextmanager
def heard(monkeypatch: pytest.MonkeyPatch) -> Generator[dict[str, Sequence[Any]]]:
    """The statements that are sent meanwhile, each with values that it was sent with."""
    sent: dict[str, Sequence[Any]] = {}
    ask = Hops._rows  # pyright: ignore[reportPrivateUsage] (what every statement goes through)

    def note(hops: Hops, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        sent[statement] = values
        return ask(hops, statement, values)

    with monkeypatch.context() as patch:
        patch.setattr(Hops, "_rows", note)
        yield sent


def ask_everything(engine: Engine) -> None:
    tracer = SqlTracer(engine)
    for asked in SUSPECTS:
        tracer.scope(asked, Options(what_if=SUPPOSED))
        tracer.trace(asked, Options(direction="backward"))


_FILLED = {
    "lineage_page": "(number, nodes) SELECT n, ''::bytea",
    "lineage_group": "(number) SELECT n",
    "lineage_statement": "(number, statements, evidence) SELECT n, ''::bytea, md5(n::text)",
    "lineage_part": "(node, line, number, since, until, rows) SELECT n / 9, 3, n, 0, 1, ''::bytea",
    "lineage_visit": "(site, number, since, until, visits) SELECT n / 9, n, 0, 1, ''::bytea",
    "lineage_name": "(prefix, first, node, count) SELECT n / 9, n, n, 1",
    "lineage_prefix": "(number, text, width, checked) SELECT n, md5(n::text), 0, false",
    "lineage_site": "(number, name) SELECT n, md5(n::text)",
    "lineage_word": "(kind, number, text) SELECT 0, n, 'word'",
}


def test_postgresql_reads_each_hop_by_key(postgresql_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the statistics of a large store."""
    engine = postgresql_engine
    put(engine, Lineage(market()))
    with heard(monkeypatch) as sent:
        ask_everything(engine)
    with Writing(engine) as writing:
        for table, filling in _FILLED.items():
            some = "generate_series(100000, 160000) AS n"
            writing.connection.exec_driver_sql(f"INSERT INTO {table} {filling} FROM {some}")
            writing.connection.exec_driver_sql(f"ANALYZE {table}")
    plans: dict[str, str] = {}
    with Reading(engine) as reading:
        driver: Any = reading.connection.connection.driver_connection
        for statement, values in sent.items():
            rows = driver.execute(f"EXPLAIN {statement}", values).fetchall()
            plans[statement] = "\n".join(row[0] for row in rows)
    assert len(plans) > 10
    for statement, plan in plans.items():
        assert not re.search(r"Seq Scan on lineage_", plan), f"{statement}\n{plan}"


def test_sqlite_reads_each_hop_by_key(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """With statistics and without: no table is gone through, no filter is made of one."""
    put(sqlite_engine, Lineage(market()))
    with heard(monkeypatch) as sent:
        ask_everything(sqlite_engine)
    assert len(sent) > 10
    for analyzed in (False, True):
        if analyzed:
            with Writing(sqlite_engine) as writing:
                writing.connection.exec_driver_sql("ANALYZE")
        with Reading(sqlite_engine) as reading:
            driver: Any = reading.connection.connection.driver_connection
            for statement, values in sent.items():
                plan = [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
                for step in plan:
                    assert "BLOOM" not in step, (statement, plan)
                    assert not step.startswith("SCAN") or step.startswith("SCAN f "), (statement, plan)
