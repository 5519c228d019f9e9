"""Forms that were sent, so that sending one again does nothing twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970 UTC


def upgrade() -> None:
    op.create_table(
        "sent_form",
        sa.Column("account", WORDS, nullable=False),
        sa.Column("form", WORDS, nullable=False),
        sa.Column("sent", INSTANT, nullable=False),
        sa.Column("answer", WORDS, nullable=True),
        sa.PrimaryKeyConstraint("account", "form", name="pk_sent_form"),
    )
    op.create_index("ix_sent_form_sent", "sent_form", ["sent"])
