"""Which chip is on which object, and how far the chips that sign have counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970 UTC
IN_FORCE = sa.text("until IS NULL")


def upgrade() -> None:
    op.create_table(
        "tag_binding",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", WORDS, nullable=False),
        sa.Column("chip", WORDS, nullable=False),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("party", WORDS, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=True),
        sa.Column("evidence", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tag_binding"),
    )
    op.create_index("ix_tag_binding_key", "tag_binding", ["key"])
    op.create_index("ix_tag_binding_chip", "tag_binding", ["chip"])
    op.create_index(
        "uq_tag_binding_chip",
        "tag_binding",
        ["chip"],
        unique=True,
        sqlite_where=IN_FORCE,
        postgresql_where=IN_FORCE,
    )
    op.create_table(
        "tag_reading",
        sa.Column("chip", WORDS, nullable=False),
        sa.Column("reading", ID, nullable=False),
        sa.Column("seen", INSTANT, nullable=False),
        sa.Column("visitor", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chip", name="pk_tag_reading"),
    )
