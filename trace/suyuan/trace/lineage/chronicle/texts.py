"""Texts under dense numbers, in flat arrays that can be mapped from a file.

The bytes of all texts stand one behind the other, and ``ends`` tells where each ends. A text is found by the
seats of a hash table: a seat is 32 bits of a keyed hash above the number of a text and one. The key is a salt
that strangers do not know: else they could choose texts that all meet at one seat.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2b

import numpy as np

from suyuan.trace.lineage.chronicle.columns import Column, column
from suyuan.trace.lineage.compiled.machine import Made
from suyuan.trace.lineage.compiled.tables import NONE

_BITS = 32
_LOW = (1 << _BITS) - 1
_RECENT = 1 << 14
_DIGEST = re.compile(r"[0-9a-f]{64}")
_IN_HEX = b"\xff"  # no text begins so in UTF-8


class Texts:
    """Dense numbers for texts, in the order of first asking.

    Looking up takes one or two microseconds, and a tenth of that for what was asked a little before. One
    thread at a time may add, any may read meanwhile.
    """

    def __init__(self, *, salt: bytes = b"") -> None:
        self._salt = salt
        self._hash = blake2b(digest_size=_BITS // 8, key=salt)
        self._bytes, self._ends, self._seats = column(np.uint8, 256), column(np.int64), column(np.uint64)
        self._ends.used = 1  # the end of none
        self._seats.used = len(self._seats.array)
        self._recent: dict[str, int] = {}
        self._look()

    def __len__(self) -> int:
        return self._ends.used - 1

    def __call__(self, text: str) -> int:
        """The number of ``text``; it has one from now on."""
        number = self._recent.get(text)
        if number is None:
            number = self._remembered(text, self.number(packed(text)))
        return number

    def get(self, text: str) -> int | None:
        """The number of ``text``, None where it has none."""
        number = self._recent.get(text)
        if number is not None:
            return number
        found = self.known(packed(text))
        return None if found == NONE else self._remembered(text, found)

    def __contains__(self, text: str) -> bool:
        return self.get(text) is not None

    def __getitem__(self, number: int) -> str:
        """The text of a number. Raises ``IndexError`` for a number that none has."""
        return unpacked(self.raw(number))

    def raw(self, number: int) -> bytes:
        """The bytes that stand for a text."""
        if not 0 <= number < len(self):
            raise IndexError(number)
        return bytes(self._read_bytes[self._read_ends[number] : self._read_ends[number + 1]])

    def number(self, raw: bytes) -> int:
        """The number of the text that these bytes stand for; it has one from now on."""
        seats = self._read_seats
        tag, seat = self._sought(raw, seats)
        if seats[seat]:
            return (seats[seat] & _LOW) - 1
        number = self._append(raw)
        seats[seat] = tag << _BITS | number + 1
        if 2 * len(self) > len(seats):
            self._reseat()
        return number

    def known(self, raw: bytes) -> int:
        """The number of the text that these bytes stand for, NONE where it has none."""
        seats = self._read_seats
        _, seat = self._sought(raw, seats)
        return (seats[seat] & _LOW) - 1

    def skip(self, count: int) -> None:
        """So many numbers are of no text: asked for, each is the empty one, which does not find it."""
        used = self._ends.used
        self._ends.reach(used + count)
        self._ends.array[used : used + count] = self._ends.array[used - 1]
        self._ends.used = used + count
        self._look()

    def chosen(self, numbers: Iterable[int]) -> Texts:
        """The texts of these numbers, in that order, under numbers of their own."""
        texts = Texts(salt=self._salt)
        for number in numbers:
            raw = self.raw(number)
            if raw:
                texts.number(raw)
            else:
                texts.skip(1)
        return texts

    def columns(self) -> dict[str, Column]:
        """What it consists of."""
        return {"bytes": self._bytes, "ends": self._ends, "seats": self._seats}

    def take(self, columns: dict[str, Column]) -> None:
        """Consist of ``columns`` from now on: those of texts with the same salt."""
        self._bytes, self._ends, self._seats = columns["bytes"], columns["ends"], columns["seats"]
        self._recent.clear()
        self._look()

    def _remembered(self, text: str, number: int) -> int:
        if len(self._recent) >= _RECENT:
            self._recent.clear()
        self._recent[text] = number
        return number

    def _look(self) -> None:
        """Memory is read faster through views than through arrays."""
        self._read_bytes = self._bytes.array.data
        self._read_ends = self._ends.array.data
        self._read_seats = self._seats.array.data

    def _sought(self, raw: bytes, seats: memoryview) -> tuple[int, int]:
        """The hash of a text, and where it sits or would sit."""
        hashed = self._hash.copy()
        hashed.update(raw)
        tag, mask = int.from_bytes(hashed.digest(), "little"), len(seats) - 1
        seat = tag & mask
        while (value := seats[seat]) and not (value >> _BITS == tag and self.raw((value & _LOW) - 1) == raw):
            seat = (seat + 1) & mask
        return tag, seat

    def _append(self, raw: bytes) -> int:
        number, begin = len(self), self._bytes.used
        end = begin + len(raw)
        moved = self._bytes.reach(end)
        moved = self._ends.reach(number + 2) or moved
        if moved:
            self._look()
        self._read_bytes[begin:end] = raw
        self._read_ends[number + 1] = end
        self._bytes.used, self._ends.used = end, number + 2
        return number

    def _reseat(self) -> None:
        """Twice the seats. Each text goes to its own, or behind those that have that one too."""
        taken = self._seats.array[self._seats.array != 0]
        seats = np.zeros(2 * self._seats.used, dtype=np.uint64)
        home = ((taken >> np.uint64(_BITS)) & np.uint64(len(seats) - 1)).astype(np.int64)
        order = np.argsort(home, kind="stable")
        place = _in_a_row(home[order])
        fits = place < len(seats)
        seats[place[fits]] = taken[order[fits]]
        for value, seat in zip(taken[order[~fits]].tolist(), home[order[~fits]].tolist(), strict=True):
            while seats[seat]:
                seat = (seat + 1) & (len(seats) - 1)  # noqa: PLW2901 - on to the next seat
            seats[seat] = value
        self._seats = Column(seats, len(seats))
        self._look()


class Units:
    """Units of measure under dense numbers; 0 is pieces, which have none."""

    def __init__(self, *, salt: bytes = b"") -> None:
        self._texts = Texts(salt=salt)

    def __len__(self) -> int:
        return len(self._texts) + 1

    def __call__(self, unit: str | None) -> int:
        """The number of ``unit``; it has one from now on."""
        return 0 if unit is None else self._texts(unit) + 1

    def __getitem__(self, number: int) -> str | None:
        """The unit of a number. Raises ``IndexError`` for a number that none has."""
        return self._texts[number - 1] if number else None

    def columns(self) -> dict[str, Column]:
        """What it consists of."""
        return self._texts.columns()

    def take(self, columns: dict[str, Column]) -> None:
        """Consist of ``columns`` from now on."""
        self._texts.take(columns)


def _in_a_row(home: Made) -> Made:
    """The first seats at or behind each of ``home``, ascending, if each takes one."""
    behind = np.arange(len(home))
    seats: Made = np.maximum.accumulate(home - behind) + behind
    return seats


def packed(text: str) -> bytes:
    """Bytes that stand for ``text``; digests, as our evidence keys are, take half of what they take in hex.

    >>> len(packed("00ff" * 16)), packed("e1")
    (33, b'e1')
    """
    if len(text) == 64 and _DIGEST.fullmatch(text):  # noqa: PLR2004 - of SHA-256, in hex
        return _IN_HEX + bytes.fromhex(text)
    return text.encode("utf-8", "surrogatepass")


def unpacked(raw: bytes) -> str:
    """The other way."""
    if raw.startswith(_IN_HEX):
        return raw[1:].hex()
    return raw.decode("utf-8", "surrogatepass")
