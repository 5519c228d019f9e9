"""The database that settings or an option name, made ready; imports little, so commands start soon."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from suyuan.trace.store.engine import make_folder, open_engine
from suyuan.trace.store.migrate import migrate


def prepared_engine(database: str | Path, *, migrated: bool = True) -> Engine:
    """The database, its folder made if it is a file; ``migrated``: brought to the schema of this version."""
    if "://" not in str(database):
        make_folder(Path(database).parent)
    elif make_url(str(database)).get_backend_name() == "sqlite" and make_url(str(database)).database:
        make_folder(Path(str(make_url(str(database)).database)).parent)
    engine = open_engine(database)
    if migrated:
        migrate(engine)
    return engine
