"""The links that people gave to codes, for the resolver."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from suyuan.trace.store.columns import Id, Json
from suyuan.trace.store.tables import Base


class LinkRow(Base):
    """A link of a code. Rows are ended, never deleted: where people were sent, and by whom, stays known."""

    __tablename__ = "link"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str]  # canonical key of the item, lot, product, unit, place …
    rank: Mapped[int] = mapped_column(Id)  # among the links of its key, from 0
    link_type: Mapped[str]
    href: Mapped[str]
    title: Mapped[str]
    hreflang: Mapped[Any] = mapped_column(Json)
    type: Mapped[str]
    context: Mapped[Any] = mapped_column(Json)
    fwqs: Mapped[bool]
    role: Mapped[str]
    owner: Mapped[str]  # key of the party that answers for it
    created: Mapped[datetime]
    created_by: Mapped[str]  # account
    ended: Mapped[datetime | None]
    ended_by: Mapped[str | None]

    __table_args__ = (
        Index(None, "key", "ended"),
        Index(
            "uq_link_default",
            "key",
            unique=True,
            sqlite_where=text("role = 'default' AND ended IS NULL"),
            postgresql_where=text("role = 'default' AND ended IS NULL"),
        ),
    )
