"""The tables of passports as they are read (decision 0034): derived, in no backup, written anew by looks.

A body is what a shopper may see, without what is one item's own; items with the same history share it.
"""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from suyuan.trace.store.columns import Id
from suyuan.trace.store.tables import Base


class PassportStateRow(Base):
    """What the other tables hold: one row, or none. ``form`` is what made the bodies."""

    __tablename__ = "passport_state"

    number: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    form: Mapped[str]
    evidence: Mapped[int] = mapped_column(Id)  # what was told up to here makes no row of them untrue


class PassportBodyRow(Base):
    """A passport without what is one item's own, and what it follows from."""

    __tablename__ = "passport_body"

    name: Mapped[bytes] = mapped_column(primary_key=True)  # of its content
    content: Mapped[bytes]
    depends: Mapped[bytes]


class PassportRow(Base):
    """Whose body it is: the thing of a code, and the lot that the code names with it, if it does."""

    __tablename__ = "passport"

    key: Mapped[str] = mapped_column(primary_key=True)  # canonical key
    lot: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[bytes]
    evidence: Mapped[int] = mapped_column(Id)  # the newest that it is sure to know

    __table_args__ = ({"sqlite_with_rowid": False},)


DERIVED = tuple(row.__tablename__ for row in (PassportStateRow, PassportBodyRow, PassportRow))
"""The tables of this module."""
