"""The database that settings or an option name, made ready; imports little, so commands start soon."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from suyuan.trace.errors import WrongUse
from suyuan.trace.store.engine import make_folder, open_engine
from suyuan.trace.store.migrate import migrate


def prepared_engine(database: str | Path, *, migrated: bool = True) -> Engine:
    """The database, its folder made if it is a file; ``migrated``: brought to the schema of this version."""
    if (file := _file_of(database)) is not None:
        make_folder(file.parent)
    engine = open_engine(database)
    if migrated:
        migrate(engine)
    return engine


def check_stored(database: str | Path) -> None:
    """Refuse a file that is not there: asked of a store made for the question, all would seem well.

    Raises:
        WrongUse: there is none.
    """
    file = _file_of(database)
    if file is not None and not file.exists():
        raise WrongUse(
            "There is no store {name}",
            where="SUYUAN_DATABASE",
            name=str(file),
            remedy="Compare SUYUAN_VAR, SUYUAN_DATABASE and --db with those of the server.",
        )


def _file_of(database: str | Path) -> Path | None:
    """The file of a SQLite database; None for another, and for one in memory."""
    if "://" not in str(database):
        return Path(database)
    url = make_url(str(database))
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if is_file else None
