"""The tables of what events say beyond the columns of evidence, for queries; both follow from evidence alone.

``event_field`` < ``event_path``: a row for each value of a field, see :mod:`suyuan.trace.epcis.query_fields`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from suyuan.trace.store.columns import Id
from suyuan.trace.store.tables import Base


class EventPathRow(Base):
    """A field that some event has, by where it stands and its full name: a private dense id."""

    __tablename__ = "event_path"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(unique=True)


class EventPrefixRow(Base):
    """A prefix of some document for a namespace, which ends with ``#``, in which an event has a field."""

    __tablename__ = "event_prefix"

    prefix: Mapped[str] = mapped_column(primary_key=True)
    namespace: Mapped[str] = mapped_column(primary_key=True)


class EventFieldRow(Base):
    """A value of a field. ``text`` is one for all spellings; empty, the field is an object.

    Equality is a range of the primary key, less and greater one of the two indexes, which hold nothing else.
    """

    __tablename__ = "event_field"

    path_id: Mapped[int] = mapped_column(
        Id, ForeignKey("event_path.id"), primary_key=True, autoincrement=False
    )
    text: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(
        Id, ForeignKey("evidence.sequence"), primary_key=True, autoincrement=False
    )
    number: Mapped[float | None]
    moment: Mapped[datetime | None]

    __table_args__ = (
        *(
            Index(
                f"ix_event_field_{column}",
                "path_id",
                column,
                "sequence",
                sqlite_where=text(f"{column} IS NOT NULL"),
                postgresql_where=text(f"{column} IS NOT NULL"),
            )
            for column in ("number", "moment")
        ),
        {"sqlite_with_rowid": False},
    )
