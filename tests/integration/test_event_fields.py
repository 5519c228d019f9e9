"""The fields of events are written at capture, and by the migration for what was there before."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, MetaData, inspect, select, text
from tests.integration.test_query_parameters import fill
from tests.integration.test_store_corpus import load

from suyuan.trace.store.engine import Reading, open_engine
from suyuan.trace.store.field_tables import EventFieldRow, EventPathRow, EventPrefixRow
from suyuan.trace.store.migrate import VERSION_TABLE, migrate, migrate_to

ROWS = select(
    EventPathRow.name,
    EventFieldRow.text,
    EventFieldRow.sequence,
    EventFieldRow.number,
    EventFieldRow.moment,
).join(EventPathRow, EventPathRow.id == EventFieldRow.path_id)


def told(engine: Engine) -> tuple[set[object], set[object]]:
    with Reading(engine) as reading:
        pairs = select(EventPrefixRow.prefix, EventPrefixRow.namespace)
        return (
            {tuple(row) for row in reading.connection.execute(ROWS)},
            {tuple(row) for row in reading.connection.execute(pairs)},
        )


def tables_of(revision: str, folder: Path) -> set[str]:
    engine = open_engine(folder / f"{revision}.db")
    migrate_to(engine, revision)
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names


def test_the_migration_writes_what_capture_writes(engine: Engine, shared: Path, tmp_path: Path) -> None:
    fill(engine)
    least = 200
    if engine.dialect.name == "sqlite":  # what is written does not depend on where
        load(engine, shared)
        least = 1000
    before = told(engine)
    assert len(before[0]) > least
    with engine.begin() as connection:
        metadata = MetaData()
        metadata.reflect(connection)
        tables = metadata.tables.items()
        metadata.drop_all(
            connection, [table for name, table in tables if name not in tables_of("0004", tmp_path)]
        )
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0004'"))  # noqa: S608 (a constant)
    migrate(engine)
    after = told(engine)
    assert before[0] - after[0] == set()
    assert after[0] - before[0] == set()
    assert after[1] == before[1]
