"""What events told of chips. Stores from before are told by ``suyuan rebuild``."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "tag_told",
        sa.Column("sequence", ID, nullable=False),
        sa.Column("position", ID, nullable=False),
        sa.Column("key", WORDS, nullable=False),
        sa.Column("chip", WORDS, nullable=False),
        sa.Column("original", sa.Boolean(), nullable=True),
        sa.Column("found", WORDS, nullable=False),
        sa.Column("written", WORDS, nullable=False),
        sa.Column("maybe", sa.LargeBinary(), nullable=False),
        sa.Column("sound", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["sequence"], ["evidence.sequence"], name="fk_tag_told_sequence_evidence"),
        sa.PrimaryKeyConstraint("sequence", "position", name="pk_tag_told"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_tag_told_key", "tag_told", ["key"])
