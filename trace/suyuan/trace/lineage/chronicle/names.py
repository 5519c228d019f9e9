"""Keys as a prefix and a number, so that keys in sequence are a range.

A key that ends in digits is its beginning, their number and how many they are; of an SSCC the number stands
before the check digit. Any other key is a prefix by itself. The spelling goes both ways: a name is its key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from suyuan.trace.gs1 import check_digit
from suyuan.trace.lineage.chronicle.books import PREFIX
from suyuan.trace.lineage.chronicle.columns import Column, column
from suyuan.trace.lineage.chronicle.texts import Texts
from suyuan.trace.lineage.compiled.machine import Made
from suyuan.trace.lineage.kinds import kind_by_name

_SSCC = re.compile(r"(.*/00/)(\d{17})(\d)", re.DOTALL | re.ASCII)
_NUMBERED = re.compile(r"(.*?)(\d{1,18})", re.DOTALL | re.ASCII)
_BITS = 5  # of a number, on each level of shelves
_CHECKED = 32  # more than there are digits
_RECENT = 1 << 12


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

    def __init__(self, *, salt: bytes = b"") -> None:
        self._texts = Texts(salt=salt)
        self._rows = column(PREFIX, 64)
        self._spellings: dict[int, Spelling] = {}  # those that were asked for lately

    @property
    def rows(self) -> Made:
        """What machine code asks of prefixes, by their numbers; behind them is room."""
        return self._rows.array

    def __call__(self, key: str) -> Name:
        """The name of ``key``; its prefix is known from now on."""
        spelling, number = spelled(key)
        prefix = self._texts.get(_text(spelling))
        if prefix is None:
            prefix = self.add(spelling, is_place=kind_by_name(key) == "place")
        return Name(prefix, number)

    def known(self, key: str) -> Name | None:
        """The name of ``key``, if its prefix was met."""
        spelling, number = spelled(key)
        prefix = self._texts.get(_text(spelling))
        return None if prefix is None else Name(prefix, number)

    def add(self, spelling: Spelling, *, is_place: bool = False) -> int:
        """The number of a prefix that was not met yet."""
        prefix = self._texts(_text(spelling))
        self._rows.reach(prefix + 1)
        bits = (10**spelling.width - 1).bit_length()
        self._rows.array[prefix] = (max(1, -(-bits // _BITS)), is_place)
        self._rows.used = prefix + 1
        return prefix

    def spelling(self, prefix: int) -> Spelling:
        """How the keys of a prefix are written."""
        found = self._spellings.get(prefix)
        if found is None:
            if len(self._spellings) >= _RECENT:
                self._spellings.clear()
            found = self._spellings[prefix] = _spelling(self._texts[prefix])
        return found

    def key(self, prefix: int, number: int) -> str:
        """What a name stands for."""
        return self.spelling(prefix).key(number)

    def columns(self) -> dict[str, Column]:
        """What it consists of."""
        return {**self._texts.columns(), "rows": self._rows}

    def take(self, columns: dict[str, Column]) -> None:
        """Consist of ``columns`` from now on: those of names with the same salt."""
        self._texts.take(columns)
        self._rows = columns["rows"]
        self._spellings.clear()


def _text(spelling: Spelling) -> str:
    """A spelling as one text: how many digits follow, and whether a check digit does."""
    return f"{chr(spelling.width | _CHECKED if spelling.checked else spelling.width)}{spelling.text}"


def _spelling(text: str) -> Spelling:
    digits = ord(text[0])
    return Spelling(text[1:], digits & ~_CHECKED, checked=bool(digits & _CHECKED))
