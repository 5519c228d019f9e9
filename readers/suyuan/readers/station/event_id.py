"""Event identifiers: UUIDs of version 7, whose order is that of their making (RFC 9562 §5.7)."""

from __future__ import annotations

import uuid
from datetime import datetime
from random import Random

_VERSION = 7 << 76
_VARIANT = 0b10 << 62


def new_event_id(now: datetime, random: Random) -> str:
    """``urn:uuid:`` and a new UUIDv7: 48 bits of milliseconds, 74 bits of chance."""
    milliseconds = int(now.timestamp() * 1000) & ((1 << 48) - 1)
    chance = random.getrandbits(74)
    high, low = chance >> 62, chance & ((1 << 62) - 1)
    return f"urn:uuid:{uuid.UUID(int=(milliseconds << 80) | _VERSION | (high << 64) | _VARIANT | low)}"
