"""Alembic's entry: runs the migrations on the connection that ``suyuan.trace.store.migrate`` hands over."""

from alembic import context

from suyuan.trace.store import (  # noqa: F401 (so that the metadata know its tables)
    copy_tables,  # pyright: ignore[reportUnusedImport]
    field_tables,  # pyright: ignore[reportUnusedImport]
    lineage_tables,  # pyright: ignore[reportUnusedImport]
    link_tables,  # pyright: ignore[reportUnusedImport]
    passport_tables,  # pyright: ignore[reportUnusedImport]
    record_tables,  # pyright: ignore[reportUnusedImport]
    scan_tables,  # pyright: ignore[reportUnusedImport]
    station_tables,  # pyright: ignore[reportUnusedImport]
    tag_tables,  # pyright: ignore[reportUnusedImport]
    tag_told_tables,  # pyright: ignore[reportUnusedImport]
)
from suyuan.trace.store.migrate import VERSION_TABLE
from suyuan.trace.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
