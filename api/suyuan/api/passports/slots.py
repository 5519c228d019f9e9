"""Pages made ahead: what is an item's own, and what each look changes, stands open and is filled in.

A page is rendered by its own template with stand-ins: a serial that nobody has, and a number and moments of
which every text is made by a call of :class:`Speech` or of the moment; the call is noted, and made when the
page is filled in. A template could do more with a stand-in than that. So the first page of its kind is
rendered with other stand-ins as well, which must leave the same openings, and filled in it must be the page
that the template makes without any; else pages of that kind are not made ahead.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Self, cast

from markupsafe import escape

from suyuan.portal.language import Speech

SERIAL, LOT, GTIN = "serial", "lot", "gtin"
_WORDS = {"s": SERIAL, "l": LOT, "g": GTIN}
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"  # RFC 1952 §2.3
_LAST = b"\x03\x00"  # an empty block, the last one
_LEVEL = 6
_BLOCK = 65_535  # bytes of a stored block at most
_OF_A_CODE = frozenset({SERIAL, LOT, GTIN})
_REMEMBERED = 100


@dataclass(frozen=True, slots=True)
class Open:
    """What stands open: a value, a call of one, or a call with such of what speaks."""

    name: str  # of the call; empty: none, the value itself
    of: str = ""  # of which value; empty: of the speech
    args: tuple[object, ...] = ()
    kwargs: tuple[tuple[str, object], ...] = ()


class Openings:
    """What was left open in one rendering. ``mark`` is random, and in no data."""

    def __init__(self, mark: str) -> None:
        self.mark = mark
        self.calls: list[Open] = []
        self.token = re.compile(f"{mark}([{''.join(_WORDS)}]|[0-9]+)z")

    @property
    def serial(self) -> str:
        """Stands for a serial; a text with it is treated as any other."""
        return self.part(SERIAL)

    def part(self, name: str) -> str:
        """Stands for this part of a code, likewise."""
        return f"{self.mark}{name[0]}z"

    def note(self, call: Open) -> str:
        """What stands in the page for what a call will say."""
        if call not in self.calls:
            self.calls.append(call)
        return f"{self.mark}{self.calls.index(call)}z"

    def is_open(self, value: object) -> bool:
        """Whether anything in an argument is not known yet."""
        match value:
            case OpenCount() | OpenMoment():
                return True
            case str():
                return any(found[1] not in _WORDS for found in self.token.finditer(value))
            case tuple() | list():
                return any(map(self.is_open, cast("Sequence[object]", value)))
            case Mapping():
                return any(map(self.is_open, cast("Mapping[str, object]", value).values()))
            case _:
                return self.is_open(getattr(value, "fields", ""))

    def named(self, value: object) -> object:
        """An argument with the names of what is open in it."""
        match value:
            case OpenCount() | OpenMoment():
                return Open("", value.name)
            case str() if self.is_open(value):
                return self.parts(value)
            case _:
                return value

    def parts(self, text: str) -> tuple[str | Open, ...]:
        """A text in parts, with what is open between them."""
        found: list[str | Open] = []
        at = 0
        for token in self.token.finditer(text):
            found.append(text[at : token.start()])
            found.append(Open("", word) if (word := _WORDS.get(token[1])) else self.calls[int(token[1])])
            at = token.end()
        return (*found, text[at:])


class OpenCount(int):
    """A number that is filled in later; true, as the one that it stands for."""

    name: str
    openings: Openings

    @classmethod
    def of(cls, name: str, value: int, openings: Openings) -> Self:
        """A stand-in of this name."""
        made = cls(value)
        made.name, made.openings = name, openings
        return made

    def __str__(self) -> str:
        """Noted."""
        return self.openings.note(Open("__str__", self.name))

    def __format__(self, form: str) -> str:
        """Noted."""
        return self.openings.note(Open("__format__", self.name, (form,)))


class OpenMoment(datetime):
    """A moment that is filled in later, on the same day."""

    name: str
    openings: Openings

    @classmethod
    def of_moment(cls, name: str, moment: datetime, openings: Openings) -> Self:
        """A stand-in of this name."""
        made = cls.combine(moment.date(), moment.timetz())
        made.name, made.openings = name, openings
        return made

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        """Noted, like every text that is made of it."""
        return self.openings.note(Open("isoformat", self.name, (sep, timespec)))

    def __str__(self) -> str:
        """Noted."""
        return self.openings.note(Open("__str__", self.name))

    def __format__(self, form: str) -> str:
        """Noted."""
        return self.openings.note(Open("__format__", self.name, (form,)))

    def astimezone(self, tz: tzinfo | None = None) -> datetime:  # type: ignore[override] # a plain one
        """A real one, for its day: what is shown of its time of day is found out."""
        return datetime.combine(self.date(), self.timetz()).astimezone(tz)


@dataclass(frozen=True, slots=True)
class OpenSpeech(Speech):
    """Speaks, and notes what cannot be said yet."""

    openings: Openings | None = None


def _noting(name: str, say: Callable[..., object]) -> Callable[..., object]:
    def said(self: OpenSpeech, *args: object, **kwargs: object) -> object:
        openings = self.openings
        if openings is None or not openings.is_open((*args, *kwargs.values())):
            return say(self, *args, **kwargs)
        told = tuple((word, openings.named(value)) for word, value in kwargs.items())
        return openings.note(Open(name, args=tuple(map(openings.named, args)), kwargs=told))

    return said


for _name, _say in list(vars(Speech).items()):
    if callable(_say) and not _name.startswith("_"):
        setattr(OpenSpeech, _name, _noting(_name, _say))


def _deflated(content: bytes) -> bytes:
    """What stands between two openings, deflated by itself."""
    packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packing.compress(content) + packing.flush(zlib.Z_FULL_FLUSH)


class Filling:
    """What an opening says, as it is and as gzip has it. It says the same to most who look in one second."""

    __slots__ = ("_is_own", "_known", "_needs", "what")

    def __init__(self, what: Open) -> None:
        self.what = what
        self._needs = tuple(dict.fromkeys(_needed(what)))
        self._is_own = not _OF_A_CODE.isdisjoint(self._needs)
        self._known: dict[tuple[object, ...], tuple[bytes, bytes]] = {}

    def __call__(self, speech: Speech, values: Mapping[str, object]) -> tuple[bytes, bytes]:
        """With these values."""
        if self._is_own:
            return _ready(said_of(self.what, speech, values))
        key = (speech, *[values[name] for name in self._needs])
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[key] = _ready(said_of(self.what, speech, values))
        return found


filling_of = lru_cache(maxsize=1024)(Filling)
"""One for all pages that leave the same open."""


@lru_cache(maxsize=1024)
def _one_for_all(fillings: tuple[Filling, ...]) -> tuple[Filling, ...]:
    """Equal ones once: whatever is held of each page is walked by every collection of garbage."""
    return fillings


def _needed(value: object) -> Iterator[str]:
    """The names of the values that it takes."""
    match value:
        case Open():
            if value.of:
                yield value.of
            yield from _needed(value.args)
            yield from _needed(value.kwargs)
        case tuple():
            for one in cast("tuple[object, ...]", value):
                yield from _needed(one)
        case _:
            pass


def _ready(said: object) -> tuple[bytes, bytes]:
    content = str(escape(said)).encode()
    return content, _stored(content)


@dataclass(frozen=True, slots=True)
class MadePage:
    """A page with openings; ``digest`` tells it from others.

    ``stills`` is what stands between the openings, as it is, and ``packed`` the same deflated. ``opens`` says
    of each opening the place in ``fillings`` of what is filled in: most stand at several places.
    """

    stills: tuple[bytes, ...]
    packed: tuple[bytes, ...]
    fillings: tuple[Filling, ...]
    opens: tuple[int, ...]
    digest: str

    @property
    def size(self) -> int:
        """Bytes that it takes, roughly."""
        return sum(map(len, self.stills)) + sum(map(len, self.packed))

    @classmethod
    def of(cls, html: str, openings: Openings) -> Self:
        """The page that was rendered with these openings."""
        parts = openings.parts(html)
        stills = tuple(part.encode() for part in parts if isinstance(part, str))
        opens = [part for part in parts if isinstance(part, Open)]
        places = {what: place for place, what in enumerate(dict.fromkeys(opens))}
        digest = f"{zlib.crc32(html.replace(openings.mark, '').encode()):08x}"
        return cls(
            stills,
            tuple(map(_deflated, stills)),
            _one_for_all(tuple(map(filling_of, places))),
            tuple(places[what] for what in opens),
            digest,
        )

    def gzipped(self, speech: Speech, values: Mapping[str, object]) -> bytes:
        """The page, filled in, in the form of gzip."""
        told = [filling(speech, values) for filling in self.fillings]
        crc = size = 0
        for part in _between(self.stills, [told[place][0] for place in self.opens]):
            crc = zlib.crc32(part, crc)  # of all at once it would give up its turn for it
            size += len(part)
        check = crc.to_bytes(4, "little") + size.to_bytes(4, "little")
        packed = _between(self.packed, [told[place][1] for place in self.opens])
        return b"".join((_HEAD, *packed, _LAST, check))


def _between(stills: Sequence[bytes], filled: Sequence[bytes]) -> list[bytes]:
    """All of these in turn; there is one more of the first."""
    out = [b""] * (len(stills) + len(filled))
    out[::2], out[1::2] = stills, filled
    return out


def _stored(content: bytes) -> bytes:
    """As blocks that are not compressed (RFC 1951 §3.2.4)."""
    parts: list[bytes] = []
    for start in range(0, len(content), _BLOCK):
        block = content[start : start + _BLOCK]
        length = len(block)
        parts.append(b"\x00" + length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little") + block)
    return b"".join(parts)


def said_of(what: Open, speech: Speech, values: Mapping[str, object]) -> object:
    """What an opening says with these values."""
    if not what.name:
        return values[what.of]
    args = tuple(_filled(one, speech, values) for one in what.args)
    kwargs = tuple((name, _filled(one, speech, values)) for name, one in what.kwargs)
    return _said(values[what.of] if what.of else speech, what.name, args, kwargs)


@lru_cache(maxsize=8192)
def _said(by: object, name: str, args: tuple[object, ...], kwargs: tuple[tuple[str, object], ...]) -> object:
    return getattr(by, name)(*args, **dict(kwargs))


def _filled(value: object, speech: Speech, values: Mapping[str, object]) -> object:
    if isinstance(value, Open):
        return said_of(value, speech, values)
    if isinstance(value, tuple):
        return "".join(str(_filled(one, speech, values)) for one in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] (an object)
    return value
