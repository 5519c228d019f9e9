"""The links that people gave to codes, for the resolver."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970 UTC
IN_FORCE = sa.text("role = 'default' AND ended IS NULL")


def upgrade() -> None:
    op.create_table(
        "link",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", WORDS, nullable=False),
        sa.Column("rank", ID, nullable=False),
        sa.Column("link_type", WORDS, nullable=False),
        sa.Column("href", WORDS, nullable=False),
        sa.Column("title", WORDS, nullable=False),
        sa.Column("hreflang", sa.LargeBinary(), nullable=False),
        sa.Column("type", WORDS, nullable=False),
        sa.Column("context", sa.LargeBinary(), nullable=False),
        sa.Column("fwqs", sa.Boolean(), nullable=False),
        sa.Column("role", WORDS, nullable=False),
        sa.Column("owner", WORDS, nullable=False),
        sa.Column("created", INSTANT, nullable=False),
        sa.Column("created_by", WORDS, nullable=False),
        sa.Column("ended", INSTANT, nullable=True),
        sa.Column("ended_by", WORDS, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_link"),
    )
    op.create_index("ix_link_key_ended", "link", ["key", "ended"])
    op.create_index(
        "uq_link_default", "link", ["key"], unique=True, sqlite_where=IN_FORCE, postgresql_where=IN_FORCE
    )
