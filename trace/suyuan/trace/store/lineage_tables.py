"""The tables of lineage, which is derived: written anew from what was told, never backed up.

Each row holds lines of records of fixed size (:mod:`suyuan.trace.store.lineage.world.rows`), so that a hop of
a trace reads one row for many and makes no value of Python of each number. Keys are numbers in sequence.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from suyuan.trace.store.columns import Id
from suyuan.trace.store.tables import Base


class LineageRow(Base):
    """What the other tables hold: one row, or none. ``form`` is the layout of the records."""

    __tablename__ = "lineage"

    number: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    form: Mapped[str]
    evidence: Mapped[int] = mapped_column(Id)  # up to which sequence number it was told
    aliases: Mapped[int] = mapped_column(Id)  # under which version of second names
    known: Mapped[datetime]  # the latest record time among it
    nodes: Mapped[int] = mapped_column(Id)
    statements: Mapped[int] = mapped_column(Id)


class LineagePageRow(Base):
    """Nodes of numbers in sequence, and their lines."""

    __tablename__ = "lineage_page"

    number: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    nodes: Mapped[bytes]
    eaten: Mapped[bytes | None]
    made: Mapped[bytes | None]
    contents: Mapped[bytes | None]
    containers: Mapped[bytes | None]
    stays: Mapped[bytes | None]
    members: Mapped[bytes | None]
    mentions: Mapped[bytes | None]


class LineagePartRow(Base):
    """More of a long line of a node: during [since, until) anything of it happened."""

    __tablename__ = "lineage_part"

    node: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    since: Mapped[int] = mapped_column(Id)
    until: Mapped[int] = mapped_column(Id)
    rows: Mapped[bytes]

    __table_args__ = ({"sqlite_with_rowid": False},)


class LineageGroupRow(Base):
    """A group: what it made, what it consumed and how much of it."""

    __tablename__ = "lineage_group"

    number: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    output: Mapped[bytes | None]
    input: Mapped[bytes | None]
    draws: Mapped[bytes | None]


class LineageStatementRow(Base):
    """A statement, what it says, and its evidence key."""

    __tablename__ = "lineage_statement"

    number: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    statements: Mapped[bytes]
    sayings: Mapped[bytes | None]
    named: Mapped[bytes | None]
    sent: Mapped[bytes | None]
    evidence: Mapped[str]

    __table_args__ = (Index(None, "evidence"),)


class LineageSiteRow(Base):
    """A site that anything names."""

    __tablename__ = "lineage_site"

    number: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    name: Mapped[str]

    __table_args__ = (Index(None, "name"),)


class LineageVisitRow(Base):
    """Who was at a site, by time: during [since, until) anything of it happened."""

    __tablename__ = "lineage_visit"

    site: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    since: Mapped[int] = mapped_column(Id)
    until: Mapped[int] = mapped_column(Id)
    visits: Mapped[bytes]

    __table_args__ = ({"sqlite_with_rowid": False},)


class LineagePrefixRow(Base):
    """What keys begin with; ``width`` digits follow, of an SSCC without its check digit."""

    __tablename__ = "lineage_prefix"

    number: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    text: Mapped[str]
    width: Mapped[int] = mapped_column(SmallInteger)
    checked: Mapped[bool]

    __table_args__ = (Index(None, "text", "width"),)


class LineageNameRow(Base):
    """The node of the keys of a prefix from number ``first`` on."""

    __tablename__ = "lineage_name"

    prefix: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    first: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    node: Mapped[int] = mapped_column(Id)
    count: Mapped[int] = mapped_column(Id)

    __table_args__ = ({"sqlite_with_rowid": False},)


class LineageWordRow(Base):
    """Parties (kind 0) and units (kind 1)."""

    __tablename__ = "lineage_word"

    kind: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    text: Mapped[str | None]

    __table_args__ = ({"sqlite_with_rowid": False},)


DERIVED = tuple(name for name in Base.metadata.tables if name == "lineage" or name.startswith("lineage_"))
"""The tables of this module."""
