"""Codings of the schemes with partition tables: integers, characters, prefix and reference together.

Source: EPC Tag Data Standard 2.3 §14.3 and §14.4 (the coding methods), annexes A and G (characters of 7 and
of 6 bits). Every scheme tells by a partition value how many digits the company prefix has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Protocol

from suyuan.trace.gs1.tags.bits import Bits, Memory
from suyuan.trace.gs1.tags.values import Coding, is_number

LONGEST_PREFIX = 12
_PREFIX_BITS = (40, 37, 34, 30, 27, 24, 20)  # by partition: company prefix of 12, 11 … 6 digits
_LONGEST_FREE_KEY = 30
_INTEGER = re.compile("0|[1-9][0-9]{0,24}")


@dataclass(frozen=True, slots=True)
class Integer:
    """A number without leading zeros (§14.3.1)."""

    bits: int

    @property
    def most(self) -> int:
        """The greatest number."""
        return (1 << self.bits) - 1

    def fits(self, text: str) -> bool:
        """See :class:`Coding`."""
        return _INTEGER.fullmatch(text) is not None and int(text) <= self.most

    def read(self, bits: Bits, where: str) -> str:
        """See :class:`Coding`."""
        return str(bits.take(self.bits, where))

    def write(self, memory: Memory, text: str) -> None:
        """See :class:`Coding`."""
        memory.put(int(text), self.bits)


@dataclass(frozen=True, slots=True)
class Characters:
    """Characters of seven bits, and zeros behind them (§14.3.2)."""

    bits: int
    most: int

    def fits(self, text: str) -> bool:
        """See :class:`Coding`."""
        return 0 < len(text) <= self.most

    def read(self, bits: Bits, where: str) -> str:
        """See :class:`Coding`."""
        spare = self.bits % 7
        number = bits.take(self.bits, where)
        text = ""
        for at in range(self.bits - 7, spare - 1, -7):
            code = number >> at & 127
            if not code:
                break
            text += chr(code)
        if not text or len(text) > self.most or number & ((1 << (self.bits - 7 * len(text))) - 1):
            raise bits.fault(
                "The tag holds {bits}: the characters are missing, too many, or have a gap.", where=where
            )
        return text

    def write(self, memory: Memory, text: str) -> None:
        """See :class:`Coding`."""
        for character in text:
            memory.put(ord(character), 7)
        memory.put(0, self.bits - 7 * len(text))


@dataclass(frozen=True, slots=True)
class NumericString:
    """Digits with a 1 in front, which keeps their leading zeros (§14.3.6)."""

    bits: int
    most: int

    def fits(self, text: str) -> bool:
        """See :class:`Coding`."""
        return 0 < len(text) <= self.most and is_number(text)

    def read(self, bits: Bits, where: str) -> str:
        """See :class:`Coding`."""
        text = str(bits.take(self.bits, where))
        if text[0] != "1" or not 1 < len(text) <= self.most + 1:
            raise bits.fault(
                "The tag holds {bits}: {value} is not a 1 and up to {most} digits behind it.",
                where=where,
                value=text,
                most=self.most,
            )
        return text[1:]

    def write(self, memory: Memory, text: str) -> None:
        """See :class:`Coding`."""
        memory.put(int("1" + text), self.bits)


@dataclass(frozen=True, slots=True)
class Six:
    """Characters of six bits up to a zero (§14.3.8); ``signs`` may stand beside letters and digits."""

    least: int
    most: int
    signs: str = "-/"

    def fits(self, text: str) -> bool:
        """See :class:`Coding`."""
        return self.least <= len(text) <= self.most

    def read(self, bits: Bits, where: str) -> str:
        """See :class:`Coding`."""
        text = ""
        while code := bits.take(6, where):
            character = chr(code if code & 32 else code | 64)
            if len(text) == self.most or not (character.isalnum() or character in self.signs):
                raise bits.fault(
                    "The tag holds {bits}: {value} should be of at most {most} letters, digits and signs.",
                    where=where,
                    value=ascii(text + character),
                    most=self.most,
                )
            text += character
        if len(text) < self.least:
            raise bits.fault("The tag holds {bits}: a value is empty.", where=where)
        return text

    def write(self, memory: Memory, text: str) -> None:
        """See :class:`Coding`."""
        for character in text:
            memory.put(ord(character) & 63, 6)
        memory.put(0, 6)


_CODE = re.compile("[0-9A-HJ-NP-Z]{5,6}")


@dataclass(frozen=True, slots=True)
class Supplier:
    """A CAGE code of five characters or a DoDAAC of six, each of ``bits`` bits, a space before the shorter.

    Six bits in an ADI (§14.3.7), eight in the scheme of the Department of Defense.
    """

    bits: Literal[6, 8]

    @property
    def most(self) -> int:
        """The most characters."""
        return 6

    def fits(self, text: str) -> bool:
        """See :class:`Coding`."""
        return _CODE.fullmatch(text) is not None

    def read(self, bits: Bits, where: str) -> str:
        """See :class:`Coding`."""
        codes = [bits.take(self.bits, where) for _ in range(6)]
        if self.bits == 6:  # noqa: PLR2004 - six bits leave out what all letters have
            codes = [code if code & 32 else code | 64 for code in codes]
        text = bytes(codes).decode("latin-1").removeprefix(" ")
        if not self.fits(text):
            raise bits.fault(
                "The tag holds {bits}: {value} is no CAGE code or DoDAAC.", where=where, value=ascii(text)
            )
        return text

    def write(self, memory: Memory, text: str) -> None:
        """See :class:`Coding`."""
        for character in text.rjust(6):
            memory.put(ord(character) & ((1 << self.bits) - 1), self.bits)


class Segment(Protocol):
    """One stretch of a scheme: ``count`` texts of an EPC."""

    @property
    def count(self) -> int:
        """How many texts it holds."""
        ...

    def read(self, bits: Bits) -> tuple[str, ...]:
        """The texts. Raises ``TagError``."""
        ...

    def write(self, memory: Memory, texts: tuple[str, ...]) -> None:
        """Append the texts. Raises ``EncodingError``."""
        ...


class Measured(Coding, Protocol):
    """The coding of a part of a key."""

    @property
    def most(self) -> int:
        """The most characters, or the greatest number."""
        ...


def write_fitting(memory: Memory, coding: Measured, text: str, where: str) -> None:
    """Append ``text``. Raises ``EncodingError`` where it does not fit."""
    if not coding.fits(text):
        if isinstance(coding, Integer):
            raise memory.fault(
                "{key} cannot be written as {scheme}: {value} has leading zeros or is above {most}.",
                where=where,
                remedy="Choose a longer scheme (SGTIN-198, SGLN-195, GRAI-170, GIAI-202) or one with +.",
                value=text,
                most=coding.most,
            )
        raise memory.fault(
            "{key} cannot be written as {scheme}: {value} has not 1 to {most} allowed characters.",
            where=where,
            remedy="Write another key, or another scheme.",
            value=text,
            most=coding.most,
        )
    coding.write(memory, text)


@dataclass(frozen=True, slots=True)
class One:
    """A segment of one text."""

    where: str
    coding: Measured

    @property
    def count(self) -> int:
        """See :class:`Segment`."""
        return 1

    def read(self, bits: Bits) -> tuple[str, ...]:
        """See :class:`Segment`."""
        return (self.coding.read(bits, self.where),)

    def write(self, memory: Memory, texts: tuple[str, ...]) -> None:
        """See :class:`Segment`."""
        write_fitting(memory, self.coding, texts[0], self.where)


@dataclass(frozen=True, slots=True)
class Zeros:
    """Bits that are not used."""

    bits: int

    @property
    def count(self) -> int:
        """See :class:`Segment`."""
        return 0

    def read(self, bits: Bits) -> tuple[str, ...]:
        """See :class:`Segment`."""
        if bits.take(self.bits, "unused bits"):
            raise bits.fault("The tag holds {bits}: unused bits are not zero.", where="unused bits")
        return ()

    def write(self, memory: Memory, texts: tuple[str, ...]) -> None:
        """See :class:`Segment`."""
        del texts
        memory.put(0, self.bits)


Form = Literal["digits", "integer", "characters", "six"]


@dataclass(frozen=True, slots=True)
class Partition:
    """Company prefix and reference, in ``bits`` bits behind a partition value (§14.3.3 to §14.3.5, §14.3.9).

    ``digits`` is how many digits both have together; 0 where the reference is free.
    """

    bits: int
    digits: int = 0
    form: Form = "digits"

    @property
    def count(self) -> int:
        """See :class:`Segment`."""
        return 2

    def read(self, bits: Bits) -> tuple[str, ...]:
        """See :class:`Segment`."""
        partition = bits.take(3, "partition")
        if partition >= len(_PREFIX_BITS):
            raise bits.fault(
                "The tag holds {bits}: partition {partition} does not exist.",
                where="partition",
                partition=partition,
            )
        length = LONGEST_PREFIX - partition
        prefix = str(bits.take(_PREFIX_BITS[partition], "company prefix"))
        if len(prefix) > length:
            raise bits.fault(
                "The tag holds {bits}: company prefix {prefix} has more than {most} digits.",
                where="company prefix",
                prefix=prefix,
                most=length,
            )
        if self.form != "digits":
            return prefix.zfill(length), self._reference(length).read(bits, "reference")
        digits = self.digits - length
        number = bits.take(self.bits - _PREFIX_BITS[partition], "reference")
        if number >= 10**digits:
            raise bits.fault(
                "The tag holds {bits}: reference {reference} has more than {most} digits.",
                where="reference",
                reference=number,
                most=digits,
            )
        return prefix.zfill(length), str(number).zfill(digits) if digits else ""

    def write(self, memory: Memory, texts: tuple[str, ...]) -> None:
        """See :class:`Segment`."""
        prefix, reference = texts
        partition = LONGEST_PREFIX - len(prefix)
        memory.put(partition, 3)
        memory.put(int(prefix), _PREFIX_BITS[partition])
        if self.form == "digits":
            memory.put(int(reference or "0"), self.bits - _PREFIX_BITS[partition])
        else:
            write_fitting(memory, self._reference(len(prefix)), reference, "reference")

    def _reference(self, length: int) -> Measured:
        """The coding of a free reference behind a prefix of ``length`` digits."""
        bits = self.bits - _PREFIX_BITS[LONGEST_PREFIX - length]
        if self.form == "integer":
            return Integer(bits)
        most = _LONGEST_FREE_KEY - length
        return Characters(bits, most) if self.form == "characters" else Six(1, most, "#-/")
