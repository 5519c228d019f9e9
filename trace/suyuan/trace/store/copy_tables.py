"""Who answered for codes that were suspected of being copied."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, Index
from sqlalchemy.orm import Mapped, mapped_column

from suyuan.trace.store.columns import Id
from suyuan.trace.store.tables import Base


class CopyClearingRow(Base):
    """What was known of a code by ``time`` was answered for. Rows are never changed."""

    __tablename__ = "copy_clearing"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str]  # canonical key of the item or unit
    time: Mapped[datetime]
    by: Mapped[str]  # account
    reason: Mapped[str]
    score: Mapped[float] = mapped_column(Float)  # what it was suspected by then

    __table_args__ = (Index(None, "key", "time"),)
