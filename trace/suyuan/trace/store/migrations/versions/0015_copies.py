"""Who answered for codes that were suspected of being copied, and the list of those suspected."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SUSPECTED = sa.text("state IN ('suspicious', 'known-copy')")


def upgrade() -> None:
    op.create_table(
        "copy_clearing",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", WORDS, nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.Column("reason", WORDS, nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_copy_clearing"),
    )
    op.create_index("ix_copy_clearing_key_time", "copy_clearing", ["key", "time"])
    op.create_index(
        "ix_scan_summary_suspected",
        "scan_summary",
        ["score", "key"],
        sqlite_where=SUSPECTED,
        postgresql_where=SUSPECTED,
    )
