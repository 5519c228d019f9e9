"""Investigations: people who fell ill, answers that were kept, and a history that only grows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970 UTC
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "investigation",
        sa.Column("number", WORDS, nullable=False),
        sa.Column("party", WORDS, nullable=False),
        sa.Column("role", WORDS, nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=False),
        sa.Column("suspicion", WORDS, nullable=False),
        sa.Column("state", WORDS, nullable=False),
        sa.Column("opened", INSTANT, nullable=False),
        sa.Column("opened_by", WORDS, nullable=False),
        sa.Column("changed", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_investigation"),
    )
    op.create_index(
        "ix_investigation_party_role_opened_number", "investigation", ["party", "role", "opened", "number"]
    )
    op.create_table(
        "outbreak_case",
        *_part(),
        sa.Column("label", WORDS, nullable=False),
        sa.Column("told", sa.LargeBinary(), nullable=False),
        sa.Column("added", INSTANT, nullable=False),
        sa.Column("added_by", WORDS, nullable=False),
        sa.Column("removed", INSTANT, nullable=True),
        *_keys("outbreak_case"),
    )
    op.create_table(
        "kept_answer",
        *_part(),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("question", sa.LargeBinary(), nullable=False),
        sa.Column("evidence", NUMBER, nullable=False),
        sa.Column("asked", INSTANT, nullable=False),
        sa.Column("summary", sa.LargeBinary(), nullable=False),
        sa.Column("kept_by", WORDS, nullable=False),
        sa.Column("removed", INSTANT, nullable=True),
        *_keys("kept_answer"),
    )
    op.create_table(
        "investigation_entry",
        *_part(),
        sa.Column("time", INSTANT, nullable=False),
        sa.Column("by", WORDS, nullable=False),
        sa.Column("what", WORDS, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        *_keys("investigation_entry"),
    )
    _refuse_changes("investigation_entry")


def _part() -> tuple[sa.Column[str], sa.Column[int]]:
    return (
        sa.Column("investigation", WORDS, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
    )


def _keys(table: str) -> tuple[sa.PrimaryKeyConstraint, sa.ForeignKeyConstraint]:
    return (
        sa.PrimaryKeyConstraint("investigation", "number", name=f"pk_{table}"),
        sa.ForeignKeyConstraint(
            ["investigation"], ["investigation.number"], name=f"fk_{table}_investigation_investigation"
        ),
    )


def _refuse_changes(table: str) -> None:
    """As in 0001: what was done stays on record."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_append_only_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
