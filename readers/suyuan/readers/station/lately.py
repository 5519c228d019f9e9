"""What passed before this run of the station: read again after a kill or a power cut, it is the same pass.

A broker tells again what was not acknowledged or is retained, and a reader what it had kept; a pallet still
stands in the door. Function over a connection, as in :mod:`suyuan.readers.station.journal`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from suyuan.readers.station.memory import Connection

MOST = 20_000
"""Records that are looked at, some 0.3 s of a processor: more pass within a window of hours only."""
SET_BACK_S = 5.0
"""A record of another run so far ahead of the wall clock says that the clock was set back in between."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What one record says passed: ``names`` as in events, at the EPCIS read point, ``age_s`` ago."""

    read_point: str
    names: tuple[str, ...]
    age_s: float


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, by both clocks, in the machine's run ``boot_id``."""

    wall: datetime
    mono: float
    boot_id: str


def passed(db: Connection, now: Moment, within_s: float, party: str = "") -> list[Passed]:
    """What ``party``'s records of the last ``within_s`` say, the newest first; what was undone did not pass.

    The monotonic clock counts where the machine still runs as then, else the wall clock. Where that was set
    back, as by a power cut without a battery, nobody knows how long ago it was: then it did not pass lately,
    since to record a pass twice is better than not at all.
    """
    found: list[Passed] = []
    undone: set[str] = set()
    for payload, age_s in _records(db, now, within_s, party):
        told: dict[str, Any] = orjson.loads(payload)
        if "errorDeclaration" in told:
            undone.add(told["eventID"])
        elif told["eventID"] not in undone:
            found.append(Passed(_point(told), tuple(_names(told)), age_s))
    return found


def _records(db: Connection, now: Moment, within_s: float, party: str) -> Iterator[tuple[bytes, float]]:
    rows = db.execute(
        "SELECT payload, created_wall, created_mono, boot_id FROM outbox WHERE party = ?"
        " ORDER BY sequence DESC LIMIT ?",
        (party, MOST),
    )
    while (row := rows.fetchone()) is not None:
        payload, wall, mono, boot_id = row
        same_run = boot_id == now.boot_id != ""
        age_s = now.mono - mono if same_run else (now.wall - datetime.fromisoformat(wall)).total_seconds()
        if age_s > within_s:
            return
        if same_run or age_s >= -SET_BACK_S:
            yield payload, max(age_s, 0.0)


def _point(told: Mapping[str, Any]) -> str:
    return str(told.get("readPoint", {}).get("id", ""))


def _names(told: Mapping[str, Any]) -> Iterator[str]:
    """All that was there, each with a name of its own."""
    yield from told.get("epcList", ())
    yield from told.get("childEPCs", ())
    yield from told.get("inputEPCList", ())
    if "parentID" in told:
        yield told["parentID"]
