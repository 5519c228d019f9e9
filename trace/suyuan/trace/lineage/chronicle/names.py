"""Keys as a prefix and a number, so that keys in sequence are a range.

A key that ends in digits is its beginning, their number and how many they are; of an SSCC the number stands
before the check digit. Any other key is a prefix by itself. The spelling goes both ways: a name is its key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from suyuan.trace.gs1 import check_digit
from suyuan.trace.lineage.chronicle.books import PREFIX, rows
from suyuan.trace.lineage.kinds import kind_by_name

_SSCC = re.compile(r"(.*/00/)(\d{17})(\d)", re.DOTALL | re.ASCII)
_NUMBERED = re.compile(r"(.*?)(\d{1,18})", re.DOTALL | re.ASCII)
_BITS = 5  # of a number, on each level of shelves


class Name(NamedTuple):
    """The number of a prefix, and that at the end of the key."""

    prefix: int
    number: int


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the keys of a prefix are written: ``width`` digits, 0 where the prefix is the whole key."""

    text: str
    width: int
    checked: bool

    def key(self, number: int) -> str:
        """The key with this number."""
        if not self.width:
            return self.text
        digits = f"{number:0{self.width}d}"
        return f"{self.text}{digits}{check_digit(digits) if self.checked else ''}"


def spelled(key: str) -> tuple[Spelling, int]:
    """The prefix and the number of ``key``.

    >>> spelled("https://id.gs1.org/01/09506000134352/21/A0042")
    (Spelling(text='https://id.gs1.org/01/09506000134352/21/A', width=4, checked=False), 42)
    """
    found = _SSCC.fullmatch(key)
    if found is not None and check_digit(found[2]) == int(found[3]):
        return Spelling(found[1], 17, checked=True), int(found[2])
    found = None if "/414/" in key else _NUMBERED.fullmatch(key)
    if found is None:
        return Spelling(key, 0, checked=False), 0
    return Spelling(found[1], len(found[2]), checked=False), int(found[2])


class Names:
    """The prefixes met so far."""

    def __init__(self) -> None:
        self._numbers: dict[Spelling, int] = {}
        self.spellings: list[Spelling] = []
        self.rows: Any = rows(PREFIX, 64)

    def __call__(self, key: str) -> Name:
        """The name of ``key``; its prefix is known from now on."""
        spelling, number = spelled(key)
        prefix = self._numbers.get(spelling)
        if prefix is None:
            prefix = self._numbers[spelling] = self.add(spelling, is_place=kind_by_name(key) == "place")
        return Name(prefix, number)

    def known(self, key: str) -> Name | None:
        """The name of ``key``, if its prefix was met."""
        spelling, number = spelled(key)
        prefix = self._numbers.get(spelling)
        return None if prefix is None else Name(prefix, number)

    def add(self, spelling: Spelling, *, is_place: bool = False) -> int:
        """The number of a prefix that was not met yet."""
        prefix = len(self.spellings)
        if prefix == len(self.rows):
            self.rows = np.concatenate([self.rows, rows(PREFIX, prefix)])
        self._numbers[spelling] = prefix
        self.spellings.append(spelling)
        bits = (10**spelling.width - 1).bit_length()
        self.rows[prefix] = (max(1, -(-bits // _BITS)), is_place)
        return prefix

    def key(self, prefix: int, number: int) -> str:
        """What a name stands for."""
        return self.spellings[prefix].key(number)
