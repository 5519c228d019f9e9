"""How far the lineage in the store was told, for whoever decides whether to ask it; loads no machine code."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text

from suyuan.trace.errors import Unavailable
from suyuan.trace.store.engine import Reading

_HELD = text("SELECT form, evidence, aliases FROM lineage WHERE number = 1")


class LineageAbsent(Unavailable):
    """The store holds no lineage, or one that another version wrote."""

    code = "lineage-absent"
    title = "The store holds no lineage that this version can read"


class Held(NamedTuple):
    """The layout of its records, the newest evidence and the version of second names that it was told."""

    form: str
    evidence: int
    aliases: int


def held(reading: Reading) -> Held | None:
    """What the store holds, None where it holds no lineage. One look-up."""
    found = reading.connection.execute(_HELD).first()
    return None if found is None else Held(*found)
