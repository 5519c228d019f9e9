"""Values in the reports of readers that speak JSON: EPCs, times, strengths; hostile until checked.

A value that cannot be what it should be is a ``ValueError`` where the report means nothing without it (the
EPC), and None where the sighting stands without it (a strength, a time).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

MAX_EPC_BYTES = 62
"""496 bits, the longest EPC that Gen2 memory can announce."""
MAX_TID_BYTES = 64
MAX_TEXT = 4096
"""Characters of a symbol or link; a QR code holds at most 2953 bytes."""
WEAKEST_DBM, STRONGEST_DBM = -150.0, 50.0
HIGHEST_ANTENNA = 65_535

_MOST_FACTS, _LONGEST_FACT, _MOST_KINDS = 16, 200, 64
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS_FROM, _MILLISECONDS_FROM = 1e14, 1e11
"""Numbers this large are not seconds any more: in seconds they would lie thousands of years ahead."""


def hex_bytes(value: object, most: int = MAX_EPC_BYTES) -> bytes:
    """Bytes written in hex.

    Raises:
        ValueError: it is no text, no hex, or too long.
    """
    if isinstance(value, str) and len(value) <= 2 * most and _HEX.fullmatch(value):
        return bytes.fromhex(value)
    raise ValueError(_not(value, f"1 to {most} bytes in hex"))


def base64_bytes(value: object, most: int = MAX_EPC_BYTES) -> bytes:
    """Bytes written in base64 of either alphabet (RFC 4648 §4 and §5), with or without padding.

    Raises:
        ValueError: it is no text, no base64, or too long.
    """
    if isinstance(value, str) and value.isascii() and len(value) <= 2 * most + 4:
        plain = value.replace("-", "+").replace("_", "/").rstrip("=")
        try:
            data = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        except binascii.Error:
            data = b""
        if 0 < len(data) <= most:
            return data
    raise ValueError(_not(value, f"1 to {most} bytes in base64"))


def text_of(value: object) -> str:
    """What a symbol or link says.

    Raises:
        ValueError: it is no text, empty, too long, or no Unicode.
    """
    if isinstance(value, str) and value.strip() and len(value) <= MAX_TEXT:
        value.encode()  # half of a surrogate pair is a UnicodeEncodeError, which is a ValueError
        return value
    raise ValueError(_not(value, f"text of 1 to {MAX_TEXT} characters"))


def instant(value: object) -> datetime | None:
    """A time in ISO 8601, cut to microseconds, or in seconds, ms or µs since 1970, as UTC.

    Without an offset it is taken for UTC, which readers' clocks show.
    """
    try:
        if isinstance(value, str) and len(value) <= 64 and "T" in value:  # noqa: PLR2004 - longer is no time
            read = datetime.fromisoformat(value)
            return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
        number = decimal(value, 0, 1e17)
        if number is not None:
            scale = 1e-6 if number >= _MICROSECONDS_FROM else 1e-3 if number >= _MILLISECONDS_FROM else 1.0
            return _EPOCH + timedelta(seconds=number * scale)
    except (ValueError, OverflowError):
        pass
    return None


def whole(value: object, low: int, high: int) -> int | None:
    """A whole number within limits; true and false are none."""
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    return None


def decimal(value: object, low: float, high: float) -> float | None:
    """A number within limits; true, false and what is not finite are none."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return float(value) if low <= value <= high else None  # what is no number is not between any


def strength(value: object, parts: int = 1) -> float | None:
    """A received strength in dBm, given in so many parts of one."""
    number = decimal(value, WEAKEST_DBM * parts, STRONGEST_DBM * parts)
    return None if number is None else number / parts


def part(value: object) -> Mapping[str, Any]:
    """A JSON object, empty where it is none."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _not(value: object, wanted: str) -> str:
    return f"{ascii(value)[:80]} is not {wanted}"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a device says of itself, at the instant ``at``; ``facts`` are as they came."""

    kind: str
    at: datetime
    facts: Mapping[str, Any]

    @property
    def antenna(self) -> int | None:
        """The antenna that it is about, if any."""
        return whole(self.facts.get("antennaPort"), 1, HIGHEST_ANTENNA)

    def shown(self) -> dict[str, str]:
        """Its first facts that are single values, short and fit for a log."""
        return {
            ascii(name)[1:-1][:_LONGEST_FACT]: ascii(value)[:_LONGEST_FACT]
            for name, value in list(self.facts.items())[:_MOST_FACTS]
            if isinstance(value, (str, int, float))
        }


class Notices:
    """Counts the kinds of notices that we do not know, for they come in numbers and say one thing."""

    def __init__(self, known: frozenset[str]) -> None:
        self._known = known
        self.unknown: Counter[str] = Counter()

    def is_news(self, kind: str) -> bool:
        """Is it a kind that we know, or one that has not come before?"""
        if kind in self._known:
            return True
        counted = kind if kind in self.unknown or len(self.unknown) < _MOST_KINDS else "others"
        self.unknown[counted] += 1
        return self.unknown[counted] == 1


class ClockOffset:
    """How far a device's clock is from ours, told by the times in its reports.

    A report is late by what the way takes, or by hours if the device kept it; never early. So the largest
    difference of late ones says most.
    """

    def __init__(self, keep: int = 64) -> None:
        self._differences: deque[float] = deque(maxlen=keep)

    def heard(self, device: datetime, host: datetime) -> float:
        """Device minus host, in seconds, after a report of the time ``device`` came at ``host``."""
        self._differences.append((device - host).total_seconds())
        return max(self._differences)
