"""Bringing a database to the schema of this version, and telling where one stands."""

from __future__ import annotations

from enum import Enum
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

VERSION_TABLE = "suyuan_schema"
_MIGRATION_LOCK = 0x5355_5955_414E


class Standing(Enum):
    """What a database is to this version of the code."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"
    FOREIGN = "foreign"


def migrate(engine: Engine) -> None:
    """Upgrade to the newest schema in one transaction; does nothing if it is there already.

    Several processes may start at once: on SQLite the write lock, on PostgreSQL an advisory lock lets one
    upgrade and the others find it done.
    """
    migrate_to(engine, "head")


def migrate_to(engine: Engine, revision: str) -> None:
    """Upgrade to the schema of one revision, to fill it with what was saved from it.

    Raises:
        LookupError: this version knows no such revision.
    """
    config = _config()
    if revision != "head" and revision not in _revisions():
        raise LookupError(revision)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def standing(connection: Connection) -> Standing:
    """Where this database stands. Two small catalogue queries."""
    tables = inspect(connection).get_table_names()
    if VERSION_TABLE not in tables:
        return Standing.FOREIGN if tables else Standing.EMPTY
    found = set(connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalars())  # noqa: S608 (a constant)
    if not found:
        return Standing.EMPTY
    if not found <= _revisions():
        return Standing.NEWER
    return Standing.CURRENT if frozenset(found) == _heads() else Standing.OLDER


@cache  # reading the scripts takes longer than all else that opening a store does
def _revisions() -> frozenset[str]:
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


@cache
def _heads() -> frozenset[str]:
    return frozenset(ScriptDirectory.from_config(_config()).get_heads())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
