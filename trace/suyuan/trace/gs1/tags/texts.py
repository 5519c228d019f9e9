"""Texts of varying length in tag memory, in whichever of six ways takes the fewest bits.

Source: EPC Tag Data Standard 2.3 §14.5.5 (digits first), §14.5.6 (six ways), Table B (bits), Table E (signs).
"""

from __future__ import annotations

from dataclasses import dataclass

from suyuan.trace.gs1.tags.bits import Bits, Memory
from suyuan.trace.gs1.tags.values import bits_of_number, read_length, short_of

# Six ways, numbered as the encoding indicator numbers them.
_INTEGER, _UPPER, _LOWER, _BASE64, _ASCII, _CODE40 = range(6)
_BASE64_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
CODE40_ALPHABET = "\0ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789"
SIGNS = frozenset("!\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
"""The signs of GS1 character sets 82 and 39 together: what 7 bits may say (Table 14-9)."""
_SETS = (
    frozenset("0123456789"),
    frozenset("0123456789ABCDEF"),
    frozenset("0123456789abcdef"),
    frozenset(_BASE64_ALPHABET),
    SIGNS,
    frozenset(CODE40_ALPHABET[1:]),
)
_VALUES64 = {character: value for value, character in enumerate(_BASE64_ALPHABET)}
_VALUES40 = {character: value for value, character in enumerate(CODE40_ALPHABET)}
_GROUP, _GROUP_BITS = 3, 16


def bits_of_text(way: int, length: int) -> int:
    """Bits of ``length`` characters in one of the six ways (Table B)."""
    if way == _INTEGER:
        return bits_of_number(length)
    if way == _CODE40:
        return -(-length // _GROUP) * _GROUP_BITS
    return length * (4, 4, 4, 6, 7)[way]


def shortest_way(text: str) -> int:
    """The encoding indicator with the fewest bits for ``text``; of equal ones the lowest."""
    used = frozenset(text)
    ways = [way for way, alphabet in enumerate(_SETS) if used <= alphabet]
    return min(ways, key=lambda way: (bits_of_text(way, len(text)), way))


@dataclass(frozen=True, slots=True)
class Text:
    """Encoding indicator, length indicator and up to ``most`` characters, in the fewest bits (§14.5.6)."""

    most: int
    least: int = 1

    def fits(self, text: str) -> bool:
        """See :class:`Coding`."""
        return self.least <= len(text) <= self.most and SIGNS.issuperset(text)

    def read(self, bits: Bits, where: str) -> str:
        """See :class:`Coding`."""
        way = bits.take(3, where)
        if way >= len(_SETS):
            raise bits.fault(
                "The tag holds {bits}: encoding indicator {indicator} is reserved.",
                where=where,
                indicator=way,
            )
        length = read_length(bits, where, self.least, self.most)
        size = bits_of_text(way, length)
        number = bits.take(size, where)
        if way == _INTEGER:
            return short_of(bits, where, number, length)
        if way in (_UPPER, _LOWER):
            text = f"{number:0{length}x}" if length else ""
            return text.upper() if way == _UPPER else text
        if way == _BASE64:
            return "".join(_BASE64_ALPHABET[number >> at & 63] for at in range(size - 6, -1, -6))
        if way == _ASCII:
            return _signs(bits, where, number, length)
        return code40_text(bits, where, number, length)

    def write(self, memory: Memory, text: str) -> None:
        """See :class:`Coding`."""
        way = shortest_way(text)
        memory.put(way, 3)
        memory.put(len(text), self.most.bit_length())
        memory.put(_number_of(way, text), bits_of_text(way, len(text)))


def _signs(bits: Bits, where: str, number: int, length: int) -> str:
    """``length`` characters of seven bits."""
    text = "".join(chr(number >> 7 * at & 127) for at in range(length - 1, -1, -1))
    if not SIGNS.issuperset(text):
        raise bits.fault(
            "The tag holds {bits}: {value} has a character outside of GS1 character set 82.",
            where=where,
            value=ascii(text),
        )
    return text


def _number_of(way: int, text: str) -> int:
    """The characters of ``text`` side by side as one number."""
    if way == _INTEGER:
        return int(text or "0")
    if way in (_UPPER, _LOWER):
        return int(text, 16)
    if way == _CODE40:
        return code40_number(text)
    number = 0
    for character in text:
        number = number << 6 | _VALUES64[character] if way == _BASE64 else number << 7 | ord(character)
    return number


def code40_number(text: str) -> int:
    """URN Code 40 (§14.5.6.5): sixteen bits for every three characters."""
    number = 0
    for at in range(0, len(text), _GROUP):
        first, second, third = (_VALUES40[character] for character in text[at : at + _GROUP].ljust(3, "\0"))
        number = number << _GROUP_BITS | (1600 * first + 40 * second + third + 1)
    return number


def code40_text(bits: Bits, where: str, number: int, length: int) -> str:
    """``length`` characters of URN Code 40, read back."""
    text = ""
    for at in range(bits_of_text(_CODE40, length) - _GROUP_BITS, -1, -_GROUP_BITS):
        group, third = divmod((number >> at & 0xFFFF) - 1, 40)
        first, second = divmod(group, 40)
        if not 0 < first < len(CODE40_ALPHABET):
            raise bits.fault("The tag holds {bits}: this is no URN Code 40.", where=where)
        text += CODE40_ALPHABET[first] + CODE40_ALPHABET[second] + CODE40_ALPHABET[third]
    if "\0" in text[:length] or text[length:].strip("\0"):
        raise bits.fault("The tag holds {bits}: this is no URN Code 40.", where=where)
    return text[:length]


_DELIMITER, _TERMINATOR = 14, 15


@dataclass(frozen=True, slots=True)
class Leading:
    """Digits of four bits up to a terminator, or a delimiter and the rest as :class:`Text` (§14.5.5)."""

    most: int

    def fits(self, text: str) -> bool:
        """See :class:`Coding`."""
        return 0 < len(text) <= self.most and text[0] in "0123456789" and SIGNS.issuperset(text)

    def read(self, bits: Bits, where: str) -> str:
        """See :class:`Coding`."""
        text = ""
        while (nibble := bits.take(4, where)) < 10:  # noqa: PLR2004 - a digit
            text += str(nibble)
        if nibble == _DELIMITER:
            text += Text(self.most).read(bits, where)
        elif nibble != _TERMINATOR:
            raise bits.fault(
                "The tag holds {bits}: {found} is neither a digit nor the end of the digits.",
                where=where,
                found=f"{nibble:X}",
            )
        if not self.fits(text):
            raise bits.fault(
                "The tag holds {bits}: {value} does not begin with a digit or has over {most} characters.",
                where=where,
                value=ascii(text),
                most=self.most,
            )
        return text

    def write(self, memory: Memory, text: str) -> None:
        """See :class:`Coding`."""
        rest = text.lstrip("0123456789")
        for digit in text[: len(text) - len(rest)]:
            memory.put(int(digit), 4)
        memory.put(_DELIMITER if rest else _TERMINATOR, 4)
        if rest:
            Text(self.most).write(memory, rest)
