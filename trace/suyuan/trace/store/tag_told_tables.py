"""What events told of the chips of objects: read off evidence, and made anew from it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from suyuan.trace.store.columns import Id, Json
from suyuan.trace.store.tables import Base


class TagToldRow(Base):
    """One entry of ``suyuan:tags`` of one event; who told it and when stands with its evidence."""

    __tablename__ = "tag_told"

    sequence: Mapped[int] = mapped_column(Id, ForeignKey("evidence.sequence"), primary_key=True)
    position: Mapped[int] = mapped_column(Id, primary_key=True)  # among the entries, from 0
    key: Mapped[str]  # canonical key of the object
    chip: Mapped[str]  # UID or serialised TID, in upper hexadecimal
    original: Mapped[bool | None]  # whether the signature of the chip's maker is right; None: not looked at
    found: Mapped[str]  # digests of secrets (suyuan.trace.sun.renewal)
    written: Mapped[str]
    maybe: Mapped[Any] = mapped_column(Json)  # [secretMaybe, secretNear]
    sound: Mapped[bool]  # whether the clock of its time was not known to be wrong

    __table_args__ = (Index(None, "key"), {"sqlite_with_rowid": False})
