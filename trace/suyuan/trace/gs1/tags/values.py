"""Codings of single values in tag memory: digits, numbers, letters, choices.

Source: EPC Tag Data Standard 2.3 §14.5.2 to §14.5.15; texts and dates have modules of their own. A coding
reads one value and writes one; ``fits`` says beforehand whether a text is one that it can write. The bits of
a value follow from its length, so nothing has to be looked up: Table B of the standard is the bits of the
greatest number, and a length indicator has as many bits as the greatest length needs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from suyuan.trace.gs1.tags.bits import Bits, Memory


class Coding(Protocol):
    """How one value stands in bits."""

    def fits(self, text: str) -> bool:
        """Whether ``text`` can be written."""
        ...

    def read(self, bits: Bits, where: str) -> str:
        """The next value; ``where`` names it in a fault. Raises ``TagError``."""
        ...

    def write(self, memory: Memory, text: str) -> None:
        """Append ``text``, which fits."""
        ...


def is_number(text: str) -> bool:
    """Whether ``text`` is of ASCII digits."""
    return text.isascii() and text.isdigit()


def bits_of_number(digits: int) -> int:
    """Bits that hold every number of ``digits`` digits (Table B, integer encoding)."""
    greatest: int = 10**digits - 1
    return greatest.bit_length()


def short_of(bits: Bits, where: str, number: int, digits: int) -> str:
    """``number`` with ``digits`` digits, zeros in front. Raises ``TagError`` where it has more."""
    text = str(number)
    if len(text) > digits and (digits or number):
        raise bits.fault(
            "The tag holds {bits}: the number {number} has more than {most} digits.",
            where=where,
            number=number,
            most=digits,
        )
    return text.rjust(digits, "0") if digits else ""


@dataclass(frozen=True, slots=True)
class Digits:
    """``count`` digits of four bits each (§14.5.4)."""

    count: int

    @property
    def most(self) -> int:
        """The most characters."""
        return self.count

    def fits(self, text: str) -> bool:
        """See :class:`Coding`."""
        return len(text) == self.count and is_number(text)

    def read(self, bits: Bits, where: str) -> str:
        """See :class:`Coding`."""
        text = f"{bits.take(4 * self.count, where):0{self.count}x}"
        if not text.isdigit():
            raise bits.fault(
                "The tag holds {bits}: {value} should be of digits alone.", where=where, value=text.upper()
            )
        return text

    def write(self, memory: Memory, text: str) -> None:
        """See :class:`Coding`."""
        memory.put(int(text, 16), 4 * self.count)


@dataclass(frozen=True, slots=True)
class Number:
    """A number of exactly ``digits`` digits in as few bits as hold it (§14.5.2)."""

    digits: int

    @property
    def most(self) -> int:
        """The most characters."""
        return self.digits

    def fits(self, text: str) -> bool:
        """See :class:`Coding`."""
        return len(text) == self.digits and is_number(text)

    def read(self, bits: Bits, where: str) -> str:
        """See :class:`Coding`."""
        return short_of(bits, where, bits.take(bits_of_number(self.digits), where), self.digits)

    def write(self, memory: Memory, text: str) -> None:
        """See :class:`Coding`."""
        memory.put(int(text), bits_of_number(self.digits))


@dataclass(frozen=True, slots=True)
class Numeric:
    """A length indicator and a number of up to ``most`` digits; zeros in front count (§14.5.13)."""

    most: int
    least: int = 1

    def fits(self, text: str) -> bool:
        """See :class:`Coding`."""
        return self.least <= len(text) <= self.most and (not text or is_number(text))

    def read(self, bits: Bits, where: str) -> str:
        """See :class:`Coding`."""
        length = read_length(bits, where, self.least, self.most)
        return short_of(bits, where, bits.take(bits_of_number(length), where), length)

    def write(self, memory: Memory, text: str) -> None:
        """See :class:`Coding`."""
        memory.put(len(text), self.most.bit_length())
        memory.put(int(text or "0"), bits_of_number(len(text)))


def read_length(bits: Bits, where: str, least: int, most: int) -> int:
    """A length indicator for ``least`` to ``most`` characters. Raises ``TagError`` for another length."""
    length = bits.take(most.bit_length(), where)
    if not least <= length <= most:
        raise bits.fault(
            "The tag holds {bits}: a length of {found} characters, where {least} to {most} are allowed.",
            where=where,
            found=length,
            least=least,
            most=most,
        )
    return length


@dataclass(frozen=True, slots=True)
class Letters:
    """``count`` capital letters of six bits: a country (§14.5.12)."""

    count: int = 2

    def fits(self, text: str) -> bool:
        """See :class:`Coding`."""
        return len(text) == self.count and text.isascii() and text.isalpha() and text.isupper()

    def read(self, bits: Bits, where: str) -> str:
        """See :class:`Coding`."""
        text = "".join(chr(bits.take(6, where) + ord("A")) for _ in range(self.count))
        if not self.fits(text):
            raise bits.fault(
                "The tag holds {bits}: {value} should be of capital letters.", where=where, value=text
            )
        return text

    def write(self, memory: Memory, text: str) -> None:
        """See :class:`Coding`."""
        for character in text:
            memory.put(ord(character) - ord("A"), 6)


@dataclass(frozen=True, slots=True)
class Either:
    """One bit for one of two texts: no or yes (§14.5.7), nothing or a minus sign (§14.5.14)."""

    texts: tuple[str, str] = ("0", "1")

    def fits(self, text: str) -> bool:
        """See :class:`Coding`."""
        return text in self.texts

    def read(self, bits: Bits, where: str) -> str:
        """See :class:`Coding`."""
        return self.texts[bits.take(1, where)]

    def write(self, memory: Memory, text: str) -> None:
        """See :class:`Coding`."""
        memory.put(self.texts.index(text), 1)


_SEQUENCE = re.compile("[1-9]/[1-9]")


@dataclass(frozen=True, slots=True)
class Sequence:
    """``1/3``: the first of three (§14.5.15)."""

    def fits(self, text: str) -> bool:
        """See :class:`Coding`."""
        return _SEQUENCE.fullmatch(text) is not None

    def read(self, bits: Bits, where: str) -> str:
        """See :class:`Coding`."""
        text = f"{bits.take(4, where)}/{bits.take(4, where)}"
        if not self.fits(text):
            raise bits.fault(
                "The tag holds {bits}: {value} should be two digits from 1 to 9.", where=where, value=text
            )
        return text

    def write(self, memory: Memory, text: str) -> None:
        """See :class:`Coding`."""
        memory.put(int(text[0]), 4)
        memory.put(int(text[2]), 4)
