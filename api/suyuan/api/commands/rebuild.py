"""``suyuan rebuild``: lineage in the store, written anew from evidence."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from suyuan.api.database import prepared_engine
from suyuan.api.settings import read_settings
from suyuan.trace.lineage import Lineage
from suyuan.trace.lineage.compiled.weave import weave
from suyuan.trace.register.aliases import aliases
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.history import newest_sequence, occurrences
from suyuan.trace.store.lineage import write


def rebuild(
    db: Annotated[str | None, typer.Option(help="Database URL or SQLite file (SUYUAN_DATABASE).")] = None,
) -> None:
    """Replay all evidence and write the lineage in the store anew, while the server goes on working.

    Nothing else is changed: whoever reads the lineage meanwhile reads what was there before. Where another
    has written a newer one meanwhile, that stays.
    """
    engine = prepared_engine(db or read_settings(os.environ).database)
    with Reading(engine) as reading:
        names = aliases(reading)
        newest = newest_sequence(reading)
        lineage = Lineage(names.occurrence(told) for _, told in occurrences(reading))
    record = weave(lineage.history())
    with Writing(engine) as writing:
        write(writing, record, evidence=newest, aliases=names.version, known=lineage.latest_record)
    typer.echo(
        f"{len(record.tables.nodes)} nodes, {len(record.tables.statements)} statements, as of {newest}"
    )
