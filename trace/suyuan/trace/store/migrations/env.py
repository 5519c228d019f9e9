"""Alembic's entry: runs the migrations on the connection that ``suyuan.trace.store.migrate`` hands over."""

from alembic import context

from suyuan.trace.store import field_tables, lineage_tables, link_tables, record_tables, station_tables  # noqa: F401 # pyright: ignore[reportUnusedImport] (so that the metadata know its tables)
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
