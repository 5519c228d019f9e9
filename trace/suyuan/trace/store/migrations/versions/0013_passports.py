"""Passports as they are read: what items share, whose it is, and up to where it is true."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "passport_state",
        sa.Column("number", ID, nullable=False),
        sa.Column("form", WORDS, nullable=False),
        sa.Column("evidence", ID, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_passport_state"),
    )
    op.create_table(
        "passport_body",
        sa.Column("id", ID, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("depends", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_passport_body"),
        sa.UniqueConstraint("sha256", name="uq_passport_body_sha256"),
    )
    op.create_table(
        "passport",
        sa.Column("key", WORDS, nullable=False),
        sa.Column("lot", WORDS, nullable=False),
        sa.Column("body", ID, nullable=False),
        sa.Column("evidence", ID, nullable=False),
        sa.Column("decisions", ID, nullable=False),
        sa.PrimaryKeyConstraint("key", "lot", name="pk_passport"),
        sqlite_with_rowid=False,
    )
