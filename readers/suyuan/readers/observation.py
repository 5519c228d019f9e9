"""What a reader saw: one report about one tag; and what its inputs felt.

The bytes are what the air gave; nothing here has been believed yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Observation:
    """One sighting (or one report over ``count`` sightings) of a tag.

    ``epc`` is the EPC/UII memory as read (hostile until decoded), ``tid`` the chip's own id where read.
    Times are aware UTC, from the reader where it has a clock, else from the host. ``rssi_dbm`` is the peak.
    ``text`` is what an NFC tag's link or a scanned symbol says, exactly as read and just as hostile; ``epc``
    is empty then. A tag without a link has the empty text; None where the reader reads EPC memory.
    ``typed``: no device saw it, a person typed ``text``. ``original``: whether the chip's maker signed
    ``tid``; None where the reader did not look, or the chip has no such signature.
    """

    reader: str
    antenna: int
    epc: bytes
    first_seen: datetime
    last_seen: datetime
    count: int = 1
    rssi_dbm: float | None = None
    tid: bytes | None = None
    text: str | None = None
    typed: bool = False
    original: bool | None = None


@dataclass(frozen=True, slots=True)
class InputChange:
    """A general-purpose input of a reader (a photo-eye, a push button) has become high or low.

    ``at`` is aware UTC, from the reader where it has a clock. What an input is when the reader is connected
    is told like a change, so that nobody waits for a beam that is broken already.
    """

    reader: str
    port: int
    high: bool
    at: datetime


def packed(seen: Observation | InputChange) -> bytes:
    """What was seen as JSON, to be kept; :func:`unpacked` gives it back."""
    if isinstance(seen, InputChange):
        return orjson.dumps({"port": seen.port, "high": seen.high, "at": seen.at})
    return orjson.dumps(
        {
            "antenna": seen.antenna,
            "epc": seen.epc.hex(),
            "first": seen.first_seen,
            "last": seen.last_seen,
            "count": seen.count,
            "rssi": seen.rssi_dbm,
            "tid": None if seen.tid is None else seen.tid.hex(),
            "text": seen.text,
            "typed": seen.typed,
            "original": seen.original,
        }
    )


def unpacked(data: bytes, reader: str) -> Observation | InputChange:
    """What :func:`packed` made, under the name ``reader``.

    Raises:
        ValueError: it is something else.
    """
    told: Any = orjson.loads(data)
    try:
        if "port" in told:
            return InputChange(reader, told["port"], told["high"], datetime.fromisoformat(told["at"]))
        return Observation(
            reader,
            told["antenna"],
            bytes.fromhex(told["epc"]),
            datetime.fromisoformat(told["first"]),
            datetime.fromisoformat(told["last"]),
            told["count"],
            told["rssi"],
            None if told["tid"] is None else bytes.fromhex(told["tid"]),
            told["text"],
            told["typed"],
            told.get("original"),  # which older tapes do not have
        )
    except (KeyError, TypeError) as error:
        message = f"no observation: {error}"
        raise ValueError(message) from error
