"""The tables, typed. Every row of evidence and master data names its owner party.

``document`` > ``evidence`` > ``incidence`` < ``object`` is the history; the rest are records of their own.
Canonical keys (:func:`suyuan.trace.gs1.canonical_key`) stand wherever two spellings must meet: in
``object.key``, ``evidence.read_point``, ``evidence.biz_location``. What was sent is in ``evidence.body``.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, MetaData, SmallInteger, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from suyuan.trace.store.columns import Id, Instant, Json, Words


class Role(IntEnum):
    """How an event names an object."""

    EPC = 1  # what: epcList, quantityList
    PARENT = 2
    CHILD = 3
    INPUT = 4
    OUTPUT = 5


class Base(DeclarativeBase):
    """Naming conventions give every constraint the same name on both databases, so migrations can name it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Instant, bytes: LargeBinary, str: Words}  # noqa: RUF012 (SQLAlchemy's name)


class DocumentRow(Base):
    """A captured document: its bytes as received, once per party. ``content`` is zlib-compressed."""

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    party: Mapped[str]
    sha256: Mapped[bytes]
    media_type: Mapped[str]
    content: Mapped[bytes]
    size: Mapped[int] = mapped_column(Id)  # bytes as received
    received: Mapped[datetime]

    __table_args__ = (Index(None, "party", "sha256", unique=True),)


class ContextRow(Base):
    """JSON-LD context entries beside the standard one, shared by the events of many documents."""

    __tablename__ = "context"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    sha256: Mapped[bytes] = mapped_column(unique=True)
    entries: Mapped[Any] = mapped_column(Json)


class EvidenceRow(Base):
    """One captured event. ``sequence`` rises in the order of commits, without gaps that fill up later."""

    __tablename__ = "evidence"

    sequence: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(unique=True)
    party: Mapped[str]
    hash: Mapped[str]  # of the canonical event with eventID and errorDeclaration; `key` also covers the party
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    position: Mapped[int]  # in its document, from 0
    event_id: Mapped[str]  # the sender's (or the CBV hash); not unique
    event_time: Mapped[datetime]
    time_zone_offset: Mapped[str]
    record_time: Mapped[datetime]
    type: Mapped[str]
    action: Mapped[str | None]
    biz_step: Mapped[str | None]
    disposition: Mapped[str | None]
    read_point: Mapped[str | None]  # canonical key
    biz_location: Mapped[str | None]  # canonical key
    transformation_id: Mapped[str | None]
    declaration_time: Mapped[datetime | None]  # set on an error declaration
    context_id: Mapped[int | None] = mapped_column(ForeignKey("context.id"))
    status: Mapped[str]  # accepted | conflict
    body: Mapped[bytes]

    __table_args__ = (
        Index(None, "event_id", "party"),
        Index(None, "event_time", "sequence"),
        Index(None, "record_time", "sequence"),
        Index(None, "biz_step", "event_time", "sequence"),
        Index(None, "biz_location", "event_time", "sequence"),
        Index(None, "read_point", "event_time", "sequence"),
        Index(None, "transformation_id"),
        *(
            # Declarations are few: an index of nothing else finds and sorts them.
            Index(
                f"ix_evidence_declaration_{time}",
                time,
                "sequence",
                sqlite_where=text("declaration_time IS NOT NULL"),
                postgresql_where=text("declaration_time IS NOT NULL"),
            )
            for time in ("event_time", "record_time")
        ),
        Index(None, "document_id"),
    )


class ObjectRow(Base):
    """Everything that has a canonical key and was named by an event: a private dense id per key.

    ``code`` is the serial, lot or SSCC that people read off a label; ``tail`` its last characters reversed,
    so that "ends with" is a range of an index as well.
    """

    __tablename__ = "object"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    code: Mapped[str]
    tail: Mapped[str]

    __table_args__ = (Index(None, "code"), Index(None, "tail"))


class IncidenceRow(Base):
    """An event names an object. ``position`` numbers the mentions of one event, from 0."""

    __tablename__ = "incidence"

    sequence: Mapped[int] = mapped_column(
        Id, ForeignKey("evidence.sequence"), primary_key=True, autoincrement=False
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    object_id: Mapped[int] = mapped_column(Id, ForeignKey("object.id"))
    role: Mapped[int] = mapped_column(SmallInteger)
    is_class: Mapped[bool]
    quantity: Mapped[float | None]
    uom: Mapped[str | None]

    # Without rowid SQLite keeps one tree per table instead of two.
    __table_args__ = (Index(None, "object_id", "sequence"), {"sqlite_with_rowid": False})


class VocabularyRow(Base):
    """Master data: one statement of one party about one element. The latest statement is the one shown."""

    __tablename__ = "vocabulary"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    type: Mapped[str]
    key: Mapped[str]
    party: Mapped[str]
    record_time: Mapped[datetime]
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    attributes: Mapped[Any] = mapped_column(Json)
    search: Mapped[str]  # key and values that people search by, case-folded

    __table_args__ = (Index(None, "key", "record_time", "id"),)


class CaptureJobRow(Base):
    """What became of one capture."""

    __tablename__ = "capture_job"

    id: Mapped[str] = mapped_column(primary_key=True)
    party: Mapped[str]
    created: Mapped[datetime]
    finished: Mapped[datetime]
    success: Mapped[bool]
    behaviour: Mapped[str]
    captured: Mapped[int]
    duplicates: Mapped[int]
    conflicts: Mapped[int]
    errors: Mapped[Any] = mapped_column(Json)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))

    __table_args__ = (Index(None, "party", "created", "id"),)


class AccountRow(Base):
    """Who may sign in. ``password`` is an Argon2id hash; None: only tokens."""

    __tablename__ = "account"

    name: Mapped[str] = mapped_column(primary_key=True)
    password: Mapped[str | None]
    role: Mapped[str]
    party: Mapped[str]
    created: Mapped[datetime]
    disabled: Mapped[datetime | None]


class TokenRow(Base):
    """A bearer token; only the SHA-256 of its secret is kept."""

    __tablename__ = "token"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    account: Mapped[str] = mapped_column(ForeignKey("account.name"))
    created: Mapped[datetime]
    expires: Mapped[datetime | None]
    revoked: Mapped[datetime | None]

    __table_args__ = (Index(None, "account"),)


class SessionRow(Base):
    """A browser's sign-in; only the SHA-256 of its id is kept."""

    __tablename__ = "session"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("account.name"))
    created: Mapped[datetime]
    expires: Mapped[datetime]

    __table_args__ = (Index(None, "account"), Index(None, "expires"))


class DecisionRow(Base):
    """One decision upon a case; append-only."""

    __tablename__ = "decision"

    sequence: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    case_number: Mapped[str]
    time: Mapped[datetime]
    decided_by: Mapped[str]
    what: Mapped[str]
    payload: Mapped[bytes]

    __table_args__ = (Index(None, "case_number", "sequence"),)


class SettingRow(Base):
    """Named values of this installation, such as the key that signs block lists."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[bytes]


APPEND_ONLY = ("document", "evidence", "incidence", "decision")
"""Tables whose rows the database refuses to change or delete (triggers of migration 0001)."""
