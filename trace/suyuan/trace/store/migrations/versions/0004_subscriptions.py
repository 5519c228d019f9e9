"""Named queries and their subscriptions, with how far each has been delivered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970 UTC
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "named_query",
        sa.Column("party", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("query", sa.LargeBinary(), nullable=False),
        sa.Column("created", INSTANT, nullable=False),
        sa.Column("created_by", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("party", "name", name="pk_named_query"),
    )
    op.create_table(
        "subscription",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("party", WORDS, nullable=False),
        sa.Column("query_name", WORDS, nullable=False),
        sa.Column("account", WORDS, nullable=False),
        sa.Column("dest", WORDS, nullable=False),
        sa.Column("signature_token", WORDS, nullable=True),
        sa.Column("schedule", sa.LargeBinary(), nullable=True),
        sa.Column("report_if_empty", sa.Boolean(), nullable=False),
        sa.Column("epc_format", WORDS, nullable=False),
        sa.Column("initial_record_time", INSTANT, nullable=False),
        sa.Column("created", INSTANT, nullable=False),
        sa.Column("newest_then", NUMBER, nullable=False),
        sa.Column("delivered", NUMBER, nullable=False),
        sa.Column("min_record_time", INSTANT, nullable=False),
        sa.Column("last_notified", INSTANT, nullable=True),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("failing_since", INSTANT, nullable=True),
        sa.Column("suspended", INSTANT, nullable=True),
        sa.Column("reason", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subscription"),
        sa.ForeignKeyConstraint(
            ["party", "query_name"],
            ["named_query.party", "named_query.name"],
            name="fk_subscription_party_query_name_named_query",
        ),
    )
    op.create_index("ix_subscription_party_query_name_id", "subscription", ["party", "query_name", "id"])
