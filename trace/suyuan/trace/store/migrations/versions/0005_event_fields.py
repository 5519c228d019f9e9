"""What events say beyond the columns of evidence, so that every parameter of a query finds it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Written out rather than imported: a migration must go on meaning what it meant.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970 UTC


def upgrade() -> None:
    op.create_table(
        "event_path",
        sa.Column("id", ID, nullable=False, autoincrement=False),
        sa.Column("name", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event_path"),
        sa.UniqueConstraint("name", name="uq_event_path_name"),
    )
    op.create_table(
        "event_prefix",
        sa.Column("prefix", WORDS, nullable=False),
        sa.Column("namespace", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("prefix", "namespace", name="pk_event_prefix"),
    )
    op.create_table(
        "event_field",
        sa.Column("path_id", ID, nullable=False, autoincrement=False),
        sa.Column("text", WORDS, nullable=False),
        sa.Column("sequence", ID, nullable=False, autoincrement=False),
        sa.Column("number", sa.Double(), nullable=True),
        sa.Column("moment", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("path_id", "text", "sequence", name="pk_event_field"),
        sa.ForeignKeyConstraint(["path_id"], ["event_path.id"], name="fk_event_field_path_id_event_path"),
        sa.ForeignKeyConstraint(["sequence"], ["evidence.sequence"], name="fk_event_field_sequence_evidence"),
        sqlite_with_rowid=False,
    )
    for column in ("number", "moment"):
        there = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_event_field_{column}",
            "event_field",
            ["path_id", column, "sequence"],
            sqlite_where=there,
            postgresql_where=there,
        )
