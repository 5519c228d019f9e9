"""Dates and times in tag memory.

Source: EPC Tag Data Standard 2.3 §14.5.8 to §14.5.11.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass

from suyuan.trace.gs1.tags.bits import Bits, Memory
from suyuan.trace.gs1.tags.values import is_number

_PAIRS = (7, 4, 5, 5, 6, 6)  # bits of year, month, day, hour, minute, second
_DAY, _HOUR = 3, 4
_LAST_HOUR, _LAST_MINUTE = 24, 59


def _is_moment(pairs: list[int]) -> bool:
    """Whether the pairs of digits are a date, and a time of that day behind it.

    Day 00 means the end of the month, hour 24 its own end; the century is not told, so 29 February is a date.
    """
    year, month, day = pairs[:_DAY]
    if year > 99 or not 1 <= month <= 12 or day > monthrange(2000, month)[1]:  # noqa: PLR2004 - two digits
        return False
    time = pairs[_DAY:]
    if not time:
        return True
    return time[0] <= _LAST_HOUR - bool(any(time[1:])) and all(part <= _LAST_MINUTE for part in time[1:])


def _read_pairs(bits: Bits, where: str, count: int) -> str:
    """A date, or a date and time, of ``count`` pairs of digits."""
    pairs = [bits.take(size, where) for size in _PAIRS[:count]]
    text = "".join(f"{pair:02}" for pair in pairs)
    if not _is_moment(pairs):
        raise bits.fault("The tag holds {bits}: {value} is not a date or time.", where=where, value=text)
    return text


def _are_pairs(text: str) -> bool:
    return is_number(text) and _is_moment([int(text[at : at + 2]) for at in range(0, len(text), 2)])


def _write_pairs(memory: Memory, text: str) -> None:
    for at, size in zip(range(0, len(text), 2), _PAIRS, strict=False):
        memory.put(int(text[at : at + 2]), size)


@dataclass(frozen=True, slots=True)
class Moment:
    """``pairs`` pairs of digits: YYMMDD in 16 bits (§14.5.8), YYMMDDhhmm in 27 (§14.5.9)."""

    pairs: int = _DAY

    def fits(self, text: str) -> bool:
        """See :class:`Coding`."""
        return len(text) == 2 * self.pairs and _are_pairs(text)

    def read(self, bits: Bits, where: str) -> str:
        """See :class:`Coding`."""
        return _read_pairs(bits, where, self.pairs)

    def write(self, memory: Memory, text: str) -> None:
        """See :class:`Coding`."""
        _write_pairs(memory, text)


@dataclass(frozen=True, slots=True)
class DateRange:
    """One date, or the first and the last one (§14.5.10)."""

    def fits(self, text: str) -> bool:
        """See :class:`Coding`."""
        return len(text) in (6, 12) and all(_are_pairs(text[at : at + 6]) for at in range(0, len(text), 6))

    def read(self, bits: Bits, where: str) -> str:
        """See :class:`Coding`."""
        return "".join(_read_pairs(bits, where, _DAY) for _ in range(bits.take(1, where) + 1))

    def write(self, memory: Memory, text: str) -> None:
        """See :class:`Coding`."""
        memory.put(len(text) // 12, 1)
        for at in range(0, len(text), 6):
            _write_pairs(memory, text[at : at + 6])


_PRECISIONS = (4, 5, 6, 3)  # by format indicator: to the hour, the minute, the second, the day


@dataclass(frozen=True, slots=True)
class Precision:
    """A date, with the hour, the minute or the second where it is known (§14.5.11).

    ``pairs`` are the precisions of the AI: 8008 tells the hour at least, 7011 the day or the minute.
    """

    pairs: tuple[int, ...] = _PRECISIONS

    def fits(self, text: str) -> bool:
        """See :class:`Coding`."""
        return len(text) in {2 * pairs for pairs in self.pairs} and _are_pairs(text)

    def read(self, bits: Bits, where: str) -> str:
        """See :class:`Coding`."""
        pairs = _PRECISIONS[bits.take(2, where)]
        text = _read_pairs(bits, where, pairs)
        if pairs not in self.pairs:
            raise bits.fault("The tag holds {bits}: {value} is not a date or time.", where=where, value=text)
        return text

    def write(self, memory: Memory, text: str) -> None:
        """See :class:`Coding`."""
        memory.put(_PRECISIONS.index(len(text) // 2), 2)
        _write_pairs(memory, text)
