"""Looks at codes: those of late one by one, what they come to per code, and what was asked for in vain."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Float, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from suyuan.trace.store.columns import Id, Json
from suyuan.trace.store.tables import Base


class ScanRow(Base):
    """One scan. Rows are never changed; retention deletes them (decision 0035).

    ``visitor`` is keyed with the salt of its day: once that is destroyed nobody can tell whose it was, and
    the visitors of two days cannot be compared.
    """

    __tablename__ = "scan"

    key: Mapped[str] = mapped_column(primary_key=True)  # canonical key of the item, lot or unit
    time: Mapped[datetime] = mapped_column(primary_key=True)
    visitor: Mapped[bytes] = mapped_column(primary_key=True)
    place: Mapped[str]  # GB/T 2260 code of a province or city, as the visitor told it; else empty
    channel: Mapped[str]  # words of suyuan.trace.scan.past.Channel and Outcome
    outcome: Mapped[str]

    __table_args__ = (Index(None, "time"), {"sqlite_with_rowid": False})


class ScanSummaryRow(Base):
    """What the scans of a code come to. ``first`` and ``last`` are starts of days, in the house's zone."""

    __tablename__ = "scan_summary"

    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(Id)
    first: Mapped[datetime]
    last: Mapped[datetime]
    batch: Mapped[str]  # key of the lot that it is of, as far as is known
    placed: Mapped[bool] = mapped_column(Boolean)  # a place was told with one of its scans
    far: Mapped[str]  # the place of a scan that is far from where the thing should be; else empty
    state: Mapped[str]  # a word of the likelihood; empty before anything was judged
    score: Mapped[float] = mapped_column(Float)
    reasons: Mapped[Any] = mapped_column(Json)
    judged: Mapped[datetime | None]
    pending: Mapped[bool] = mapped_column(Boolean)  # something is new since it was judged
    version: Mapped[int] = mapped_column(Id)  # how often something was

    __table_args__ = (
        Index("ix_scan_summary_batch", "batch", sqlite_where=text("placed"), postgresql_where=text("placed")),
        Index(
            "ix_scan_summary_pending",
            "key",
            sqlite_where=text("pending"),
            postgresql_where=text("pending"),
        ),
        Index(
            "ix_scan_summary_suspected",
            "score",
            "key",
            sqlite_where=text("state IN ('suspicious', 'known-copy')"),
            postgresql_where=text("state IN ('suspicious', 'known-copy')"),
        ),
    )


class ScanProbeRow(Base):
    """How often codes of a product or lot were asked for that are not on record, by day."""

    __tablename__ = "scan_probe"

    key: Mapped[str] = mapped_column(primary_key=True)  # canonical key of the product or lot
    day: Mapped[datetime] = mapped_column(primary_key=True)  # its start, in the house's zone
    count: Mapped[int] = mapped_column(Id)
    sequential: Mapped[int] = mapped_column(Id)  # of these, next to the one asked for before

    __table_args__ = (Index(None, "day"),)


class ScanSaltRow(Base):
    """The salt of a day, destroyed with it. In no backup: kept there, it would outlive its day."""

    __tablename__ = "scan_salt"

    day: Mapped[str] = mapped_column(primary_key=True)  # ISO date in the house's zone
    salt: Mapped[bytes]
