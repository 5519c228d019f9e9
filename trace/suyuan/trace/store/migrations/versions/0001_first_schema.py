"""The first schema: evidence and its objects, master data, accounts, decisions, settings."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Written out rather than imported: a migration must go on meaning what it meant.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970 UTC
APPEND_ONLY = ("document", "evidence", "incidence", "decision")


def upgrade() -> None:
    _history()
    _evidence()
    _people()
    _records()
    _refuse_changes()


def column(name: str, kind: Any, *, nullable: bool = False, **options: Any) -> sa.Column[Any]:
    """A column that is NOT NULL unless it says otherwise."""
    return sa.Column(name, kind, nullable=nullable, **options)


def _history() -> None:
    op.create_table(
        "document",
        column("id", ID, autoincrement=False),
        column("party", WORDS),
        column("sha256", sa.LargeBinary()),
        column("media_type", WORDS),
        column("content", sa.LargeBinary()),
        column("size", ID),
        column("received", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_document"),
    )
    op.create_index("ix_document_party_sha256", "document", ["party", "sha256"], unique=True)
    op.create_table(
        "context",
        column("id", ID, autoincrement=False),
        column("sha256", sa.LargeBinary()),
        column("entries", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="pk_context"),
        sa.UniqueConstraint("sha256", name="uq_context_sha256"),
    )
    op.create_table(
        "object",
        column("id", ID, autoincrement=False),
        column("key", WORDS),
        column("kind", WORDS),
        column("code", WORDS),
        column("tail", WORDS),
        sa.PrimaryKeyConstraint("id", name="pk_object"),
        sa.UniqueConstraint("key", name="uq_object_key"),
    )
    op.create_index("ix_object_code", "object", ["code"])
    op.create_index("ix_object_tail", "object", ["tail"])


def _evidence() -> None:
    op.create_table(
        "evidence",
        column("sequence", ID, autoincrement=False),
        column("key", WORDS),
        column("party", WORDS),
        column("hash", WORDS),
        column("document_id", ID),
        column("position", sa.Integer()),
        column("event_id", WORDS),
        column("event_time", INSTANT),
        column("time_zone_offset", WORDS),
        column("record_time", INSTANT),
        column("type", WORDS),
        column("action", WORDS, nullable=True),
        column("biz_step", WORDS, nullable=True),
        column("disposition", WORDS, nullable=True),
        column("read_point", WORDS, nullable=True),
        column("biz_location", WORDS, nullable=True),
        column("transformation_id", WORDS, nullable=True),
        column("declaration_time", INSTANT, nullable=True),
        column("context_id", ID, nullable=True),
        column("status", WORDS),
        column("body", sa.LargeBinary()),
        sa.ForeignKeyConstraint(["context_id"], ["context.id"], name="fk_evidence_context_id_context"),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_evidence_document_id_document"),
        sa.PrimaryKeyConstraint("sequence", name="pk_evidence"),
        sa.UniqueConstraint("key", name="uq_evidence_key"),
    )
    op.create_index(
        "ix_evidence_biz_location_event_time_sequence", "evidence", ["biz_location", "event_time", "sequence"]
    )
    op.create_index(
        "ix_evidence_biz_step_event_time_sequence", "evidence", ["biz_step", "event_time", "sequence"]
    )
    for time in ("event_time", "record_time"):
        op.create_index(
            f"ix_evidence_declaration_{time}",
            "evidence",
            [time, "sequence"],
            sqlite_where=sa.text("declaration_time IS NOT NULL"),
            postgresql_where=sa.text("declaration_time IS NOT NULL"),
        )
    op.create_index("ix_evidence_document_id", "evidence", ["document_id"])
    op.create_index("ix_evidence_event_id_party", "evidence", ["event_id", "party"])
    op.create_index("ix_evidence_event_time_sequence", "evidence", ["event_time", "sequence"])
    op.create_index(
        "ix_evidence_read_point_event_time_sequence", "evidence", ["read_point", "event_time", "sequence"]
    )
    op.create_index("ix_evidence_record_time_sequence", "evidence", ["record_time", "sequence"])
    op.create_index("ix_evidence_transformation_id", "evidence", ["transformation_id"])
    op.create_table(
        "incidence",
        column("sequence", ID, autoincrement=False),
        column("position", sa.Integer(), autoincrement=False),
        column("object_id", ID),
        column("role", sa.SmallInteger()),
        column("is_class", sa.Boolean()),
        column("quantity", sa.Double(), nullable=True),
        column("uom", WORDS, nullable=True),
        sa.ForeignKeyConstraint(["object_id"], ["object.id"], name="fk_incidence_object_id_object"),
        sa.ForeignKeyConstraint(["sequence"], ["evidence.sequence"], name="fk_incidence_sequence_evidence"),
        sa.PrimaryKeyConstraint("sequence", "position", name="pk_incidence"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_incidence_object_id_sequence", "incidence", ["object_id", "sequence"])


def _people() -> None:
    op.create_table(
        "account",
        column("name", WORDS),
        column("password", WORDS, nullable=True),
        column("role", WORDS),
        column("party", WORDS),
        column("created", INSTANT),
        sa.PrimaryKeyConstraint("name", name="pk_account"),
    )
    op.create_table(
        "token",
        column("hash", sa.LargeBinary()),
        column("id", WORDS),
        column("account", WORDS),
        column("created", INSTANT),
        column("expires", INSTANT, nullable=True),
        column("revoked", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name="fk_token_account_account"),
        sa.PrimaryKeyConstraint("hash", name="pk_token"),
        sa.UniqueConstraint("id", name="uq_token_id"),
    )
    op.create_index("ix_token_account", "token", ["account"])
    op.create_table(
        "session",
        column("hash", sa.LargeBinary()),
        column("account", WORDS),
        column("created", INSTANT),
        column("expires", INSTANT),
        sa.ForeignKeyConstraint(["account"], ["account.name"], name="fk_session_account_account"),
        sa.PrimaryKeyConstraint("hash", name="pk_session"),
    )
    op.create_index("ix_session_account", "session", ["account"])
    op.create_index("ix_session_expires", "session", ["expires"])


def _records() -> None:
    op.create_table(
        "vocabulary",
        column("id", ID, autoincrement=False),
        column("type", WORDS),
        column("key", WORDS),
        column("party", WORDS),
        column("record_time", INSTANT),
        column("document_id", ID),
        column("attributes", sa.LargeBinary()),
        column("search", WORDS),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_vocabulary_document_id_document"),
        sa.PrimaryKeyConstraint("id", name="pk_vocabulary"),
    )
    op.create_index("ix_vocabulary_key_record_time_id", "vocabulary", ["key", "record_time", "id"])
    op.create_table(
        "capture_job",
        column("id", WORDS),
        column("party", WORDS),
        column("created", INSTANT),
        column("finished", INSTANT),
        column("success", sa.Boolean()),
        column("behaviour", WORDS),
        column("captured", sa.Integer()),
        column("duplicates", sa.Integer()),
        column("conflicts", sa.Integer()),
        column("errors", sa.LargeBinary()),
        column("document_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_capture_job_document_id_document"),
        sa.PrimaryKeyConstraint("id", name="pk_capture_job"),
    )
    op.create_index("ix_capture_job_party_created_id", "capture_job", ["party", "created", "id"])
    op.create_table(
        "decision",
        column("sequence", ID, autoincrement=False),
        column("case_number", WORDS),
        column("time", INSTANT),
        column("decided_by", WORDS),
        column("what", WORDS),
        column("payload", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("sequence", name="pk_decision"),
    )
    op.create_index("ix_decision_case_number_sequence", "decision", ["case_number", "sequence"])
    op.create_table(
        "setting",
        column("name", WORDS),
        column("value", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("name", name="pk_setting"),
    )


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("""
            CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END
            $$""")
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
        return
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_append_only_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
