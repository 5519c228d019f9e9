"""Subscriptions that their caller named, with parameters and a form of message of their own.

The table is made anew: SQLite cannot let a column be empty that could not be.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970 UTC
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEPT: dict[str, Any] = {
    "id": WORDS,
    "party": WORDS,
    "query_name": WORDS,
    "account": WORDS,
    "dest": WORDS,
    "signature_token": WORDS,
    "schedule": sa.LargeBinary(),
    "report_if_empty": sa.Boolean(),
    "epc_format": WORDS,
    "initial_record_time": INSTANT,
    "created": INSTANT,
    "newest_then": NUMBER,
    "delivered": NUMBER,
    "min_record_time": INSTANT,
    "last_notified": INSTANT,
    "batch": sa.Integer(),
    "failing_since": INSTANT,
    "suspended": INSTANT,
    "reason": WORDS,
}
MAY_BE_EMPTY = frozenset(
    ("query_name", "signature_token", "schedule", "last_notified", "failing_since", "suspended")
)


def upgrade() -> None:
    kept = sa.table("subscription", *(sa.column(name, kind) for name, kind in KEPT.items()))
    rows = op.get_bind().execute(sa.select(kept)).mappings().all()
    op.drop_table("subscription")
    made = op.create_table(
        "subscription",
        *(sa.Column(name, kind, nullable=name in MAY_BE_EMPTY) for name, kind in KEPT.items()),
        sa.Column("name", WORDS, nullable=True),
        sa.Column("params", sa.LargeBinary(), nullable=True),
        sa.Column("form", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subscription"),
        sa.UniqueConstraint("party", "name", name="uq_subscription_party_name"),
        sa.ForeignKeyConstraint(
            ["party", "query_name"],
            ["named_query.party", "named_query.name"],
            name="fk_subscription_party_query_name_named_query",
        ),
    )
    op.create_index("ix_subscription_party_query_name_id", "subscription", ["party", "query_name", "id"])
    op.bulk_insert(made, [{**row, "name": None, "params": None, "form": "JSON"} for row in rows])
