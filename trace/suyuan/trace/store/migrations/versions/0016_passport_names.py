"""Bodies of passports stand under 128 bits of their content, and say which form of the program wrote them.

What is kept is derived: it is let go, and written anew by looks and by ``suyuan rebuild``.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.execute("DELETE FROM passport_state")
    op.drop_table("passport")
    op.drop_table("passport_body")
    op.create_table(
        "passport_body",
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("depends", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_passport_body"),
    )
    op.create_table(
        "passport",
        sa.Column("key", WORDS, nullable=False),
        sa.Column("lot", WORDS, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("evidence", ID, nullable=False),
        sa.Column("decisions", ID, nullable=False),
        sa.PrimaryKeyConstraint("key", "lot", name="pk_passport"),
        sqlite_with_rowid=False,
    )
