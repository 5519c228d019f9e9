"""Which chip is on which object, and how far the chips that sign have counted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from suyuan.trace.store.columns import Id
from suyuan.trace.store.tables import Base


class TagBindingRow(Base):
    """A chip on an object. Rows are ended, never deleted; a chip is on one object at a time."""

    __tablename__ = "tag_binding"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str]  # canonical key of the item or logistic unit
    chip: Mapped[str]  # UID or serialised TID, in upper hexadecimal
    kind: Mapped[str]  # "sun", "nfc" or "uhf"
    party: Mapped[str]  # key of the party on whose word it stands
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    evidence: Mapped[str]  # eventID, or who entered it

    __table_args__ = (
        Index(None, "key"),
        Index(None, "chip"),
        Index(
            "uq_tag_binding_chip",
            "chip",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )


class TagReadingRow(Base):
    """The last reading that counted of a chip that signs each tap."""

    __tablename__ = "tag_reading"

    chip: Mapped[str] = mapped_column(primary_key=True)
    reading: Mapped[int] = mapped_column(Id)  # version of the keys in the bits above the 24 of the counter
    seen: Mapped[datetime]
    visitor: Mapped[bytes]  # a hash that tells nobody by itself: whoever asks twice is known for minutes
