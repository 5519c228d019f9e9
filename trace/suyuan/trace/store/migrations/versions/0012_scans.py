"""Looks at codes: those of late, what they come to per code, what was asked for in vain, salts of days."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970 UTC
PLACED, PENDING = sa.text("placed"), sa.text("pending")


def upgrade() -> None:
    op.create_table(
        "scan",
        sa.Column("key", WORDS, nullable=False),
        sa.Column("time", INSTANT, nullable=False),
        sa.Column("visitor", sa.LargeBinary(), nullable=False),
        sa.Column("place", WORDS, nullable=False),
        sa.Column("channel", WORDS, nullable=False),
        sa.Column("outcome", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("key", "time", "visitor", name="pk_scan"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_scan_time", "scan", ["time"])
    op.create_table(
        "scan_summary",
        sa.Column("key", WORDS, nullable=False),
        sa.Column("count", ID, nullable=False),
        sa.Column("first", INSTANT, nullable=False),
        sa.Column("last", INSTANT, nullable=False),
        sa.Column("batch", WORDS, nullable=False),
        sa.Column("placed", sa.Boolean(), nullable=False),
        sa.Column("far", WORDS, nullable=False),
        sa.Column("state", WORDS, nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reasons", sa.LargeBinary(), nullable=False),
        sa.Column("judged", INSTANT, nullable=True),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("version", ID, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_scan_summary"),
    )
    op.create_index(
        "ix_scan_summary_batch", "scan_summary", ["batch"], sqlite_where=PLACED, postgresql_where=PLACED
    )
    op.create_index(
        "ix_scan_summary_pending", "scan_summary", ["key"], sqlite_where=PENDING, postgresql_where=PENDING
    )
    op.create_table(
        "scan_probe",
        sa.Column("key", WORDS, nullable=False),
        sa.Column("day", INSTANT, nullable=False),
        sa.Column("count", ID, nullable=False),
        sa.Column("sequential", ID, nullable=False),
        sa.PrimaryKeyConstraint("key", "day", name="pk_scan_probe"),
    )
    op.create_index("ix_scan_probe_day", "scan_probe", ["day"])
    # Unlogged, so that no archive of PostgreSQL's log keeps a salt longer than its day.
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "scan_salt",
        sa.Column("day", WORDS, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_scan_salt"),
        prefixes=["UNLOGGED"] if is_postgresql else [],
    )
