"""Opening, migrating and working in a database, on both systems."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, insert, inspect, text
from sqlalchemy.exc import DBAPIError

from suyuan.trace.store.columns import EPOCH
from suyuan.trace.store.decisions import append_decision
from suyuan.trace.store.engine import (
    DatabaseUnavailable,
    DatabaseUnfit,
    Reading,
    Writing,
    exposed,
    make_folder,
    open_engine,
)
from suyuan.trace.store.migrate import VERSION_TABLE, Standing, migrate, standing
from suyuan.trace.store.settings import set_setting, setting, setting_or
from suyuan.trace.store.tables import Base, SettingRow


def test_an_empty_database_is_upgraded_once_and_for_all(empty_database: str) -> None:
    engine = open_engine(empty_database)
    with Reading(engine) as reading:
        assert standing(reading.connection) is Standing.EMPTY
    migrate(engine)
    migrate(engine)
    with Reading(engine) as reading:
        assert standing(reading.connection) is Standing.CURRENT
        assert set(inspect(reading.connection).get_table_names()) == {*Base.metadata.tables, VERSION_TABLE}
    engine.dispose()
    open_engine(empty_database).dispose()


def test_a_store_is_its_owners_only(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "var"
    make_folder(folder)
    engine = open_engine(folder / "suyuan.db")
    migrate(engine)
    with Reading(engine):
        files = [folder / f"suyuan.db{end}" for end in ("", "-wal", "-shm")]
        assert [file.stat().st_mode & 0o777 for file in (folder, *files)] == [0o700, 0o600, 0o600, 0o600]
        for file in files:
            file.chmod(0o640)
        assert exposed(engine) == ()  # nobody else enters the folder
        folder.chmod(0o755)
        assert exposed(engine) == files
    engine.dispose()


def test_where_no_store_can_be_made_the_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "letter.pdf").write_bytes(b"%PDF-1.7")
    with pytest.raises(DatabaseUnavailable, match=r"letter\.pdf/var cannot be made"):
        make_folder(tmp_path / "letter.pdf" / "var")
    with pytest.raises(DatabaseUnavailable, match="cannot be made"):
        open_engine(tmp_path / ("long" * 70))


def test_models_and_migrations_agree(engine: Engine) -> None:
    with Reading(engine) as reading:
        context = MigrationContext.configure(
            reading.connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_processes_that_start_at_once_migrate_once(empty_database: str) -> None:
    engines = [open_engine(empty_database) for _ in range(3)]
    failures: list[BaseException] = []

    def start(engine: Engine) -> None:
        try:
            migrate(engine)
        except BaseException as error:  # noqa: BLE001 (whatever it is, the test shows it)
            failures.append(error)

    threads = [threading.Thread(target=start, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with Reading(engines[0]) as reading:
        assert standing(reading.connection) is Standing.CURRENT
    for engine in engines:
        engine.dispose()


def test_a_newer_database_is_refused(empty_database: str) -> None:
    engine = open_engine(empty_database)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE suyuan_schema SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(DatabaseUnfit, match="newer version"):
        open_engine(empty_database)


def test_another_programs_database_is_refused(empty_database: str) -> None:
    engine = open_engine(empty_database)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE customers (id integer)"))
    engine.dispose()
    with pytest.raises(DatabaseUnfit, match=r"another program .tables customers"):
        open_engine(empty_database)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear inspector, " * 100)
    with pytest.raises(DatabaseUnfit, match="not a SQLite database"):
        open_engine(tmp_path / "letter.txt")


@pytest.mark.parametrize(
    ("address", "error", "says"),
    [
        ("mysql://localhost/x", DatabaseUnfit, "neither as a file nor as a PostgreSQL address"),
        ("postgresql://:::", DatabaseUnfit, "neither"),
        ("sqlite://", DatabaseUnfit, "not in memory"),
        (":memory:", DatabaseUnfit, "not in memory"),
        ("/no/such/folder/store.db", DatabaseUnavailable, "folder /no/such/folder does not exist"),
        ("postgresql://u:secret@127.0.0.1:1/x", DatabaseUnavailable, "127.0.0.1:1/x does not answer"),
    ],
)
def test_what_cannot_be_opened_says_why(address: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says) as raised:
        open_engine(address)
    assert "secret" not in str(raised.value)


def test_every_sqlite_connection_is_durable(sqlite_engine: Engine) -> None:
    with Reading(sqlite_engine) as one, Reading(sqlite_engine) as two:
        for connection in (one.connection, two.connection):
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
            assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_postgresql_speaks_utc(postgresql_engine: Engine) -> None:
    with Reading(postgresql_engine) as reading:
        assert reading.connection.execute(text("SHOW timezone")).scalar() == "UTC"


def test_reading_cannot_write(engine: Engine) -> None:
    with (
        pytest.raises((DBAPIError, DatabaseUnavailable), match=r"readonly|read-only"),
        Reading(engine) as reading,
    ):
        reading.connection.execute(insert(SettingRow), {"name": "a", "value": b"1"})
    with Writing(engine) as writing:  # and the connection it used can write again
        set_setting(writing, "a", b"2")
    with Reading(engine) as reading:
        assert setting(reading, "a") == b"2"


def test_reading_sees_one_moment(engine: Engine) -> None:
    with Reading(engine) as reading:
        assert setting(reading, "a") is None
        with Writing(engine) as writing:
            set_setting(writing, "a", b"1")
        assert setting(reading, "a") is None
    with Reading(engine) as reading:
        assert setting(reading, "a") == b"1"


def test_writing_rolls_back_on_any_exception(engine: Engine) -> None:
    def stop() -> None:
        with Writing(engine) as writing:
            set_setting(writing, "a", b"1")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()
    with Reading(engine) as reading:
        assert setting(reading, "a") is None


def test_a_unit_is_valid_inside_its_block_only(engine: Engine) -> None:
    with Reading(engine) as reading:
        pass
    with pytest.raises(RuntimeError, match="outside its with block"):
        setting(reading, "a")


def test_writers_queue(engine: Engine) -> None:
    def add(worker: int) -> None:
        for turn in range(20):
            with Writing(engine) as writing:
                count = int(setting(writing, "count") or b"0")
                set_setting(writing, "count", str(count + 1).encode())
                set_setting(writing, f"{worker}-{turn}", b"")

    threads = [threading.Thread(target=add, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Reading(engine) as reading:
        assert setting(reading, "count") == b"80"


def test_a_turn_that_never_comes_is_told_and_lost_to_nobody(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suyuan.trace.store.engine.BUSY_TIMEOUT_S", 0.05)
    with Writing(engine) as writing:
        set_setting(writing, "one", b"1")
        with pytest.raises(DatabaseUnavailable, match="Others have been writing"), Writing(engine):
            pass
    with pytest.raises(ZeroDivisionError), Writing(engine) as writing:
        set_setting(writing, "one", bytes(1 // 0))
    with Writing(engine) as writing:
        assert setting(writing, "one") == b"1"


def test_a_locked_file_is_told_as_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suyuan.trace.store.engine.BUSY_TIMEOUT_S", 0.05)
    engine = open_engine(tmp_path / "store.db")
    migrate(engine)
    holder = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable, match="locked"), Writing(engine):
        pass
    holder.execute("ROLLBACK")
    holder.close()
    with Writing(engine) as writing:
        set_setting(writing, "a", b"1")
    engine.dispose()


@pytest.mark.parametrize("change", ["UPDATE decision SET what = what", "DELETE FROM decision"])
def test_decisions_are_never_changed(engine: Engine, change: str) -> None:
    with Writing(engine) as writing:
        append_decision(writing, case="R2026-0001", time=EPOCH, by="me", what="draft", payload=b"{}")
    with pytest.raises(DBAPIError, match="append-only"), Writing(engine) as writing:
        writing.connection.execute(text(change))


@pytest.mark.postgres
def test_postgresql_refuses_truncation_too(postgresql_engine: Engine) -> None:
    with pytest.raises(DBAPIError, match="append-only"), Writing(postgresql_engine) as writing:
        writing.connection.execute(text("TRUNCATE evidence CASCADE"))


def test_two_that_start_at_once_agree_on_a_setting(engine: Engine) -> None:
    with Writing(engine) as writing:
        assert setting_or(writing, "key", b"first") == b"first"
    with Writing(engine) as writing:
        assert setting_or(writing, "key", b"second") == b"first"
