"""Whose data a store holds: an installation's own, or the sample world. The two never mix."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import exists, select

from suyuan.trace.errors import Conflict
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.settings import set_setting, setting
from suyuan.trace.store.tables import AccountRow, EvidenceRow

_WORLD = "world"


class World(StrEnum):
    """What a store was begun for."""

    OWN = "own"
    SAMPLE = "sample"


class WorldTaken(Conflict):
    """The store holds the other world, or was begun before."""

    code = "world-taken"
    title = "This store is in use already"


def world_of(reading: Reading) -> World | None:
    """What the store was begun for; None for one that nobody has begun (yet, or by other ways)."""
    found = setting(reading, _WORLD)
    return None if found is None else World(found.decode())


def begin_own(writing: Writing) -> None:
    """Claim an empty store for an installation's own data.

    Raises:
        WorldTaken: it holds the sample world, accounts or events.
    """
    if world_of(writing) is World.SAMPLE:
        raise WorldTaken(
            "This store holds the sample world, and sample data never mix with real ones",
            where="SUYUAN_VAR",
            remedy="Name another folder, such as SUYUAN_VAR=/var/lib/suyuan.",
        )
    if _in_use(writing):
        raise WorldTaken(
            "This store was begun before; it has accounts or events",
            where="SUYUAN_VAR",
            remedy="Go on with suyuan serve, or name another folder with SUYUAN_VAR.",
        )
    set_setting(writing, _WORLD, World.OWN.value.encode())


def begin_sample(writing: Writing, *, known: bool) -> None:
    """Claim a store for the sample world; ``known``: an earlier demonstration left its accounts here.

    Raises:
        WorldTaken: it holds anybody's own data.
    """
    if world_of(writing) is World.OWN or (not known and _in_use(writing)):
        raise WorldTaken(
            "This store holds own data, and sample data never mix with them",
            where="SUYUAN_VAR",
            remedy="Name another folder for the demonstration, such as SUYUAN_VAR=var-demo.",
        )
    set_setting(writing, _WORLD, World.SAMPLE.value.encode())


def _in_use(reading: Reading) -> bool:
    found = reading.connection.execute(
        select(exists(select(AccountRow.name)) | exists(select(EvidenceRow.sequence)))
    ).scalar()
    return bool(found)
