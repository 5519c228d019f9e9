"""``suyuan rebuild``: lineage in the store, and what is known of chips, written anew from evidence."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from suyuan.api.database import check_stored, prepared_engine
from suyuan.api.following import FollowedLineage
from suyuan.api.house import House, utc_now
from suyuan.api.passports.prepared import prepare_all
from suyuan.api.settings import read_settings
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.tag_told import tell_anew


def rebuild(
    db: Annotated[str | None, typer.Option(help="Database URL or SQLite file (SUYUAN_DATABASE).")] = None,
) -> None:
    """Replay all evidence and write the lineage in the store anew, while the server goes on working.

    So is what events told of chips, and the passports of all goods are built ahead. Nothing else is changed:
    whoever reads the lineage meanwhile reads what was there before. Where another has written a newer one
    meanwhile, that stays.
    """
    settings = read_settings(os.environ)
    database = db or settings.database
    check_stored(database)
    engine = prepared_engine(database)
    lineage = FollowedLineage(engine, "tables", settings.var / "lineage.snapshot")
    lineage.follow()
    lineage.check()
    typer.echo(lineage.write())
    tell_anew(engine)
    house = House(engine, settings, utc_now)
    with Reading(engine) as reading:
        told = prepare_all(house.passports, house.records, reading)
    typer.echo(f"{told.passports} passports, {told.built} of them built, the others alike")
