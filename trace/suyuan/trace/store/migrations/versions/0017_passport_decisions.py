"""Rows of passports say no more up to which decision they are true: that is compared at each look."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("passport", "decisions")
