"""Lineage in the store: derived tables that a trace reads hop by hop."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970 UTC
LINES = {
    "lineage_page": ("eaten", "made", "contents", "containers", "stays", "members", "mentions"),
    "lineage_group": ("output", "input", "draws"),
    "lineage_statement": ("sayings", "named", "sent"),
}


def upgrade() -> None:
    _table(
        "lineage",
        _key("number"),
        sa.Column("form", WORDS, nullable=False),
        _number("evidence"),
        _number("aliases"),
        sa.Column("known", INSTANT, nullable=False),
        _number("nodes"),
        _number("statements"),
    )
    _table("lineage_page", _key("number"), _rows("nodes"), *_lines("lineage_page"))
    _table(
        "lineage_part",
        _key("node"),
        _key("line", sa.SmallInteger()),
        _key("number"),
        _number("since"),
        _number("until"),
        _rows("rows"),
    )
    _table("lineage_group", _key("number"), *_lines("lineage_group"))
    _table(
        "lineage_statement",
        _key("number"),
        _rows("statements"),
        *_lines("lineage_statement"),
        sa.Column("evidence", WORDS, nullable=False),
    )
    op.create_index("ix_lineage_statement_evidence", "lineage_statement", ["evidence"])
    _table("lineage_site", _key("number"), sa.Column("name", WORDS, nullable=False))
    op.create_index("ix_lineage_site_name", "lineage_site", ["name"])
    _table("lineage_visit", _key("site"), _key("number"), _number("since"), _number("until"), _rows("visits"))
    _table(
        "lineage_prefix",
        _key("number"),
        sa.Column("text", WORDS, nullable=False),
        sa.Column("width", sa.SmallInteger(), nullable=False),
        sa.Column("checked", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_lineage_prefix_text_width", "lineage_prefix", ["text", "width"])
    _table("lineage_name", _key("prefix"), _key("first"), _number("node"), _number("count"))
    _table(
        "lineage_word",
        _key("kind", sa.SmallInteger()),
        _key("number"),
        sa.Column("text", WORDS, nullable=True),
    )
    if op.get_bind().dialect.name == "postgresql":
        _keep_in_place()


def _table(name: str, *columns: sa.Column[object]) -> None:
    keys = [column.name for column in columns if column.primary_key]
    # Of several keys the rows themselves are the index; SQLite keeps rows of one number so anyway.
    op.create_table(name, *columns, sqlite_with_rowid=len(keys) == 1)


def _key(name: str, kind: sa.types.TypeEngine[int] = ID) -> sa.Column[object]:
    return sa.Column(name, kind, primary_key=True, nullable=False, autoincrement=False)


def _number(name: str) -> sa.Column[object]:
    return sa.Column(name, ID, nullable=False)


def _rows(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.LargeBinary(), nullable=nullable)


def _lines(table: str) -> list[sa.Column[object]]:
    return [_rows(name, nullable=True) for name in LINES[table]]


def _keep_in_place() -> None:
    """Rows of some kilobytes stay where they are found: fetching them from elsewhere takes longer."""
    binary = {
        "lineage_page": ("nodes", *LINES["lineage_page"]),
        "lineage_group": LINES["lineage_group"],
        "lineage_statement": ("statements", *LINES["lineage_statement"]),
        "lineage_part": ("rows",),
        "lineage_visit": ("visits",),
    }
    for table, columns in binary.items():
        op.execute(f"ALTER TABLE {table} SET (toast_tuple_target = 8160)")
        for column in columns:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")
