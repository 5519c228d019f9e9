"""Element strings packed into a few base64url characters, as compressed GS1 Digital Links carry them.

Source: GS1 Digital Link Standard 1.1, compression. The characters are a string of bits:

    AI, four bits a digit (or a code of :data:`_CODES` for several AIs), then its value part by part;
    digits: one number in ⌈n·log₂10⌉ bits, before it how many where that is not fixed
    text:   three bits that say how it is written, how many characters, and these at 4, 6 or 7 bits each
    other parameters: 1111, seven bits of length, the name at 6 bits each, then its value as a text

Decision 0011 tells where the implementations differ and what is done here.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, log2

from suyuan.trace.gs1.application_identifiers import APPLICATION_IDENTIFIERS, DIGITS
from suyuan.trace.gs1.errors import (
    CharacterError,
    CompressionError,
    StructureError,
    UnknownApplicationIdentifier,
    shown,
)

Pairs = tuple[tuple[str, str], ...]

# One code for several AIs that often stand together. The first that saves most is taken.
_CODES: dict[str, tuple[str, ...]] = {
    "0A": ("01", "22"), "0B": ("01", "10"), "0C": ("01", "21"), "0D": ("01", "17"), "0E": ("01", "7003"),
    "0F": ("01", "30"), "1A": ("01", "10", "21", "17"), "1B": ("01", "15"), "1C": ("01", "11"),
    "1D": ("01", "16"), "1E": ("01", "91"), "1F": ("01", "10", "15"),
    **{f"2{code}": ("01", f"310{n}") for n, code in enumerate("ABCDEF")},
    **{f"3{code}": ("01", f"320{n}") for n, code in enumerate("ABCDEF")},
    "9A": ("8010", "8011"), "9B": ("8017", "8019"), "9C": ("8018", "8019"), "9D": ("414", "254"),
    **{f"A{n}": ("01", f"392{n}") for n in range(10)},
    **{f"C{n}": ("255", f"390{n}") for n in range(10)},
    **{f"C{code}": ("255", f"394{n}") for n, code in enumerate("ABCD")},
}  # fmt: skip
# GS1's own toolkit writes these two in the order of the AIs as text, others in the order above: we read both
# and write neither.
_DISPUTED = frozenset(("1A", "9D"))
_SAVING = {frozenset(ais): (code, len("".join(ais))) for code, ais in _CODES.items() if code not in _DISPUTED}

_OTHER = 0xF
_LENGTH_BITS = 7
LONGEST = (1 << _LENGTH_BITS) - 1
"""The most characters that the name or the value of another parameter may have."""

# Bits that hold any number of so many digits; the hundredth is the standard's, and makes one bit of none.
_NUMBER_BITS = tuple(ceil(digits * log2(10) + 0.01) for digits in range(LONGEST + 1))
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_SIXES = {character: f"{number:06b}" for number, character in enumerate(_ALPHABET)}
_NOT_BASE64URL = re.compile("[^A-Za-z0-9_-]")
_WRITINGS = (
    (0, re.compile("[0-9]+")),
    (2, re.compile("[0-9A-F]+")),
    (1, re.compile("[0-9a-f]+")),
    (3, re.compile("[A-Za-z0-9_-]+")),
)
_DIGITS, _LOWER_HEX, _UPPER_HEX, _BASE64URL, _ASCII = range(5)
_BITS_PER_CHARACTER = {_LOWER_HEX: 4, _UPPER_HEX: 4, _BASE64URL: 6, _ASCII: 7}
# The shortest element is AI 20. Fewer bits fill the last character, and some writers add one of zeros.
_SHORTEST_ELEMENT = 15


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a value as it is packed: digits or text, exactly or at most ``size`` characters."""

    digits: bool
    fixed: bool
    size: int


@lru_cache(maxsize=1024)
def _parts(ai: str) -> tuple[_Part, ...]:
    """How the value of an assigned ``ai`` is packed: neighbouring components of one kind make one part."""
    parts: list[_Part] = []
    for component in APPLICATION_IDENTIFIERS[ai].components:
        fixed = not component.optional and component.shortest == component.longest
        part = _Part(component.charset == "N", fixed, component.longest)
        last = parts[-1] if parts else None
        if last and last.digits == part.digits and (last.fixed == part.fixed or not part.digits):
            parts[-1] = _Part(last.digits, last.fixed and part.fixed, last.size + part.size)
        else:
            parts.append(part)
    return tuple(parts)


def packed(elements: Sequence[tuple[str, str]], others: Pairs = (), *, optimised: bool = True) -> str:
    """``elements`` and ``others`` as base64url characters.

    The values must be right (their formats decide how they are packed). ``others`` are parameters with names
    of base64url and values of ASCII, both of at most :data:`LONGEST` characters. Without ``optimised`` every
    AI is written out. Where the AIs tell several keys, the first element is written first, so that it is
    known which one the path begins with.
    """
    values = dict(elements)
    order = sorted(values)
    bits: list[str] = []
    keys = [ai for ai in order if APPLICATION_IDENTIFIERS[ai].qualifiers is not None]
    if len(keys) > 1:
        order.remove(elements[0][0])
        order.insert(0, elements[0][0])
    elif optimised and (code := _best_code(order)):
        bits.append(f"{int(code, 16):08b}")
        for ai in _CODES[code]:
            bits.append(_packed_value(ai, values[ai]))
            order.remove(ai)
    for ai in order:
        bits.append("".join(f"{int(digit):04b}" for digit in ai))
        bits.append(_packed_value(ai, values[ai]))
    for name, value in others:
        bits.append(f"{_OTHER:04b}{len(name):07b}" + "".join(_SIXES[character] for character in name))
        bits.append(_text(value, f"{len(value):07b}"))
    return _characters("".join(bits))


def _best_code(ais: Iterable[str]) -> str:
    """The code that replaces most digits of ``ais``, empty where none fits. One at most: each has a key."""
    present = set(ais)
    fitting = [saving for replaced, saving in _SAVING.items() if replaced <= present]
    return max(fitting, key=lambda saving: saving[1], default=("", 0))[0]


def _characters(bits: str) -> str:
    size = -(-len(bits) // 6)
    whole = bits.ljust(-(-size // 4) * 24, "0")
    return urlsafe_b64encode(int(whole or "0", 2).to_bytes(len(whole) // 8))[:size].decode()


def _packed_value(ai: str, value: str) -> str:
    bits = ""
    for part in _parts(ai):
        text, value = (value[: part.size], value[part.size :]) if part.fixed else (value, "")
        length = "" if part.fixed else f"{len(text):0{part.size.bit_length()}b}"
        bits += length + _number(text) if part.digits else _text(text, length)
    return bits


def _number(digits: str) -> str:
    return f"{int(digits or '0'):0{_NUMBER_BITS[len(digits)]}b}"


def _text(text: str, length: str) -> str:
    """``text`` in the shortest of its writings, its ``length`` (bits) after the three bits that say which."""
    writing = next((number for number, fits in _WRITINGS if fits.fullmatch(text)), _ASCII)
    if writing == _DIGITS:
        written = _number(text)
    elif writing == _ASCII:
        written = "".join(f"{ord(character):07b}" for character in text)
    elif writing == _BASE64URL:
        written = "".join(_SIXES[character] for character in text)
    else:
        written = f"{int(text, 16):0{4 * len(text)}b}"
    return f"{writing:03b}{length}{written}"


class _Bits:
    """The bits of base64url characters, read from left to right; reading past their end raises."""

    def __init__(self, text: str) -> None:
        self._bytes = urlsafe_b64decode(text + "A" * (-len(text) % 4))
        self.left = 6 * len(text)
        self.within = ""
        """The AI whose value is being read, for the error."""
        self._at = 0

    def number(self, width: int) -> int:
        """The next ``width`` bits as a number."""
        if width > self.left:
            raise self.damaged()
        start, end = self._at, self._at + width
        self._at, self.left = end, self.left - width
        last = (end + 7) // 8
        return int.from_bytes(self._bytes[start // 8 : last]) >> (8 * last - end) & ((1 << width) - 1)

    def digits(self, size: int) -> str:
        """The next ``size`` digits, written as one number."""
        number = self.number(_NUMBER_BITS[size])
        text = str(number).zfill(size) if size or number else ""
        if len(text) > size:
            raise self.damaged()
        return text

    def text(self, writing: int, size: int) -> str:
        """The next ``size`` characters in one of the writings."""
        if writing == _DIGITS:
            return self.digits(size)
        if writing in (_LOWER_HEX, _UPPER_HEX):
            number = self.number(4 * size)
            return f"{number:0{size}{'x' if writing == _LOWER_HEX else 'X'}}" if size else ""
        if writing == _BASE64URL:
            return "".join(_ALPHABET[self.number(6)] for _ in range(size))
        if writing == _ASCII:
            return "".join(chr(self.number(7)) for _ in range(size))
        raise self.damaged()

    def damaged(self) -> CompressionError:
        """The error that the bits just read mean nothing."""
        return CompressionError(self.within, self._at)


def unpacked(text: str, *, as_toolkit: bool = False) -> tuple[Pairs, Pairs]:
    """The elements and the other parameters that the base64url characters ``text`` tell, in their order.

    Elements are told as they stand: whether values are right, and which AIs may stand together, is for the
    caller to check. ``as_toolkit`` takes the AIs of a disputed code in the order of GS1's own toolkit, see
    :func:`is_disputed`. Linear in the length of ``text``.

    Raises:
        CharacterError: a character outside base64url.
        CompressionError: bits that mean nothing.
        UnknownApplicationIdentifier: an AI that is not assigned.
        StructureError: an AI that is told twice.
    """
    bits = _bits(text)
    elements: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    while bits.left >= _SHORTEST_ELEMENT:
        high, low = bits.number(4), bits.number(4)
        if high == _OTHER:
            others.append(_other(bits, low))
            continue
        for ai in _named(bits, f"{high:X}{low:X}", as_toolkit=as_toolkit):
            bits.within = ai
            if ai in elements:
                raise StructureError(
                    "AI {ai} is given twice.",
                    where=ai,
                    remedy="Give every AI once.",
                    ai=ai,
                    value=shown(text),
                )
            elements[ai] = "".join(_read(bits, part) for part in _parts(ai))
    if bits.number(bits.left):
        raise bits.damaged()
    return tuple(elements.items()), tuple(others)


def given_twice(ai: str, text: str) -> StructureError:
    """The error that the link with the packed ``text`` tells ``ai`` more than once."""
    return StructureError(
        "AI {ai} is given twice.", where=ai, remedy="Give every AI once.", ai=ai, value=shown(text)
    )


def is_disputed(text: str) -> bool:
    """Whether ``text`` begins with a code whose AIs not all implementations write in one order."""
    return len(text) > 1 and f"{_bits(text[:2]).number(8):02X}" in _DISPUTED


def _bits(text: str) -> _Bits:
    wrong = _NOT_BASE64URL.search(text)
    if wrong:
        raise CharacterError("", "the compressed part", text, wrong.start() + 1, "letters, digits, - and _")
    return _Bits(text)


def _named(bits: _Bits, code: str, *, as_toolkit: bool) -> tuple[str, ...]:
    """The AIs that ``code`` and perhaps the next bits name: one, or those of a code for several."""
    if code in _CODES:
        return tuple(sorted(_CODES[code])) if as_toolkit else _CODES[code]
    for _ in range(2, DIGITS.get(code, 0)):
        code += f"{bits.number(4):X}"
    if code in APPLICATION_IDENTIFIERS:
        return (code,)
    raise UnknownApplicationIdentifier(
        "The compressed link names {ai}, which is no application identifier.",
        where=code,
        remedy="Scan the code again. If that does not help, the link was made wrongly: ask who made it.",
        ai=code,
    )


def _other(bits: _Bits, high: int) -> tuple[str, str]:
    """A parameter that is none of GS1's; ``high`` are the first four bits of the length of its name."""
    bits.within = ""
    name = bits.text(_BASE64URL, high << 3 | bits.number(3))
    writing = bits.number(3)
    value = bits.text(writing, bits.number(_LENGTH_BITS))
    if not name or name.isdigit():  # a name of digits would be taken for an AI once it stands in the query
        raise bits.damaged()
    return name, value


def _read(bits: _Bits, part: _Part) -> str:
    writing = _DIGITS if part.digits else bits.number(3)
    size = part.size if part.fixed else bits.number(part.size.bit_length())
    if size > part.size:
        raise bits.damaged()
    return bits.text(writing, size)
