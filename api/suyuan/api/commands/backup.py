"""``suyuan backup`` and ``suyuan restore``: the whole store in one file, and back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from suyuan.api.block_lists import number_lists_anew
from suyuan.api.database import check_stored, prepared_engine
from suyuan.api.house import utc_now
from suyuan.api.settings import read_settings
from suyuan.trace.store.backup import back_up
from suyuan.trace.store.backup import restore as restore_store


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    db: Annotated[str | None, typer.Option(help="Database URL or SQLite file (SUYUAN_DATABASE).")] = None,
) -> None:
    """Save everything of the store to one file while the server goes on working.

    The file holds password hashes and signing keys: keep it where only you can read it. Stations keep what
    they have not delivered yet in their own folders.
    """
    database = db or read_settings(os.environ).database
    check_stored(database)
    engine = prepared_engine(database)
    manifest = back_up(engine, file, now=utc_now())
    size = file.stat().st_size / 1e6
    typer.echo(f"{file}: {len(manifest.tables)} tables, {manifest.rows} rows, {size:.1f} MB")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that suyuan backup wrote.")],
    db: Annotated[str | None, typer.Option(help="Database URL or SQLite file (SUYUAN_DATABASE).")] = None,
) -> None:
    """Fill an empty database from a backup, of whichever kind of database it was made."""
    engine = prepared_engine(db or read_settings(os.environ).database, migrated=False)
    manifest = restore_store(engine, file)
    number_lists_anew(engine)
    typer.echo(f"restored {manifest.rows} rows in {len(manifest.tables)} tables, as of {manifest.made}")
