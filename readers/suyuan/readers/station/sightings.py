"""What a read point heard of one tag, and the reading that it makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from suyuan.readers.observation import Observation
from suyuan.readers.station.direction import Sides
from suyuan.readers.station.evidence import Trace
from suyuan.readers.station.identity import Identities, Identity
from suyuan.trace.errors import InvalidInput

_MOST_CHIPS = 4

Content = bytes | str
"""What a tag or symbol says: EPC memory, or the text of a link or a symbol."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A tag that was at a read point: its identity, when and how it was seen.

    ``typed``: by hand only. ``originals`` says of chips whether their maker signed their number.
    """

    identity: Identity
    first_seen: datetime
    last_seen: datetime
    count: int
    antenna: int
    rssi_dbm: float | None = None
    tids: tuple[bytes, ...] = ()
    typed: bool = False
    originals: tuple[tuple[bytes, bool], ...] = ()


@dataclass(slots=True)
class Sighting:
    """All that a read point heard of one content in one pass."""

    first_seen: datetime
    last_seen: datetime
    antenna: int
    identity: Identity | None
    typed: bool
    trace: Trace
    tids: set[bytes] = field(default_factory=set[bytes])
    sides: Sides | None = None
    originals: dict[bytes, bool] = field(default_factory=dict[bytes, bool])


def identify(identities: Identities, content: Content) -> Identity | None:
    """What the content names, or None."""
    try:
        return identities.from_text(content) if isinstance(content, str) else identities.from_tag(content)
    except InvalidInput:
        return None


def name_of(unreadable: Content) -> str:
    """Under which name an unreadable content is remembered; no key begins like this."""
    return f"\0{unreadable}" if isinstance(unreadable, str) else unreadable.hex()


def read(kept: Iterable[tuple[Content, Sighting]]) -> tuple[dict[str, Reading], list[Content]]:
    """The sightings that name something, one reading of each object by its key; and what else was read."""
    readings: dict[str, Reading] = {}
    unreadable: list[Content] = []
    for content, sighting in kept:
        identity = sighting.identity
        if identity is None:
            unreadable.append(content)
        elif identity.key in readings:  # one object in two spellings, say an SGTIN-96 and an SGTIN+
            readings[identity.key] = _joined(readings[identity.key], identity, sighting)
        else:
            readings[identity.key] = _reading(identity, sighting)
    return readings, unreadable


def _reading(identity: Identity, s: Sighting) -> Reading:
    return Reading(
        identity,
        s.first_seen,
        s.last_seen,
        s.trace.count,
        s.antenna,
        s.trace.peak_dbm,
        tuple(sorted(s.tids)),
        s.typed,
        tuple(sorted(s.originals.items())),
    )


def _joined(reading: Reading, identity: Identity, s: Sighting) -> Reading:
    """Both as one, in the spelling of the first; its lot is known if either tells it."""
    return Reading(
        replace(reading.identity, lot_key=reading.identity.lot_key or identity.lot_key),
        min(reading.first_seen, s.first_seen),
        max(reading.last_seen, s.last_seen),
        reading.count + s.trace.count,
        reading.antenna,
        reading.rssi_dbm,
        tuple(sorted({*reading.tids, *s.tids})),
        reading.typed and s.typed,
        tuple(sorted({*reading.originals, *s.originals.items()})),
    )


def count(known: Sighting, seen: Observation, at: float) -> None:
    """Take one more report of the same content in."""
    known.typed = known.typed and seen.typed
    known.first_seen = min(known.first_seen, seen.first_seen)
    known.last_seen = max(known.last_seen, seen.last_seen)
    if known.trace.hear(seen.antenna, seen.rssi_dbm, at, max(seen.count, 1)):
        known.antenna = seen.antenna
    if seen.tid is not None and len(known.tids) < _MOST_CHIPS:
        known.tids.add(seen.tid)
        if seen.original is not None:
            known.originals[seen.tid] = known.originals.get(seen.tid, True) and seen.original
