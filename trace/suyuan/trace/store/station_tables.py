"""What came of each station, by the numbers that it gives its records without gaps."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from suyuan.trace.store.columns import Id
from suyuan.trace.store.tables import Base


class StationRow(Base):
    """A station as its events name it, in the name of a party."""

    __tablename__ = "station"

    party: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    heard: Mapped[datetime]  # the last record time of a record of its
    repeated: Mapped[datetime | None]  # when a number came last that had come with another record
    repeated_number: Mapped[int | None] = mapped_column(Id)


class StationRunRow(Base):
    """Numbers that came without a gap, ``first`` to ``last``.

    ``since`` is when the first of them did, or since when those just below it were missed already.
    """

    __tablename__ = "station_run"

    party: Mapped[str] = mapped_column(primary_key=True)
    station: Mapped[str] = mapped_column(primary_key=True)
    first: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(Id)
    since: Mapped[datetime]
