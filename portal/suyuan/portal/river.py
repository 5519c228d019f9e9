"""A schematic of places and flows, drawn as a river: what went in at the top, the last place at the bottom.

No borders, no tiles, nobody else's server: only who flowed into what, in the order of time. It is laid out
here for the narrowest screen and grows with the wider ones; the lists beside it say the same in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

WIDTH = 256
"""Units across: about the CSS pixels that a screen of 320 leaves beside its margins."""
MOST_SPRINGS = 5
MOST_STAYS = 8
_ROW, _TOP, _LEFT, _LANE, _GAP = 44, 16, 12, 18, 20
_WIDE = re.compile("[\u2e80-\uffef]")
_EM, _NARROW = 13.0, 7.2  # of the type it is set in; what is cut is told in full by the lists
Kind = Literal["spring", "stay", "end", "more"]


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the river: where it stands, and its two lines of text."""

    kind: Kind
    x: int
    y: int
    title: str
    under: str = ""


@dataclass(frozen=True, slots=True)
class River:
    """Points from the top down, and the paths of the water between them."""

    height: int
    text_x: int
    points: tuple[Point, ...]
    paths: tuple[str, ...]

    @property
    def course(self) -> str:
        """The same in one line: the springs, and the stays that they run to."""
        springs = [point.title for point in self.points if point.kind == "spring"]
        stays = [point.title for point in self.points if point.kind in ("stay", "end")]
        return " \u2192 ".join(([" + ".join(springs)] if springs else []) + stays)


def river(springs: Sequence[tuple[str, str]], stays: Sequence[tuple[str, str]], more: str) -> River | None:
    """The river of ``springs`` and ``stays``, each a title and what stands below it; None of less than two.

    What is beyond ``MOST_SPRINGS`` or ``MOST_STAYS`` becomes one point without a mark, its title ``more``.
    """
    if len(springs) + len(stays) < 2:  # noqa: PLR2004 (one place alone is no way)
        return None
    flowing = _shortened(springs, MOST_SPRINGS, more, at_end=True)
    lanes = len(flowing)
    text_x = _LEFT + max(lanes - 1, 0) * _LANE + _GAP
    room = WIDTH - text_x
    points, paths = list[Point](), list[str]()
    mouth = _TOP + lanes * _ROW
    for lane, (title, under) in enumerate(flowing):
        x, y = _LEFT + lane * _LANE, _TOP + lane * _ROW
        points.append(Point("spring" if title != more else "more", x, y, *_fitting(title, under, room)))
        if stays:
            paths.append(_into(x, y, mouth))
    kept = _shortened(stays, MOST_STAYS, more, at_end=False)
    for place, (title, under) in enumerate(kept):
        y = mouth + place * _ROW
        kind: Kind = "more" if title == more else "end" if place == len(kept) - 1 else "stay"
        points.append(Point(kind, _LEFT, y, *_fitting(title, under, room)))
    if len(kept) > 1:
        paths.append(f"M{_LEFT} {mouth}V{mouth + (len(kept) - 1) * _ROW}")
    return River(_TOP + (len(points) - 1) * _ROW + 28, text_x, tuple(points), tuple(paths))


def _into(x: int, y: int, mouth: int) -> str:
    """Down its own lane, and in a bend into the first one."""
    if x == _LEFT:
        return f"M{x} {y}V{mouth}"
    bend = mouth - _ROW
    return f"M{x} {y}V{bend}C{x} {bend + _ROW // 2} {_LEFT} {bend + _ROW // 2} {_LEFT} {mouth}"


def _shortened(
    all_of_them: Sequence[tuple[str, str]], most: int, more: str, *, at_end: bool
) -> list[tuple[str, str]]:
    """At most ``most``: without the last ones, or without those in the middle of the way."""
    if len(all_of_them) <= most:
        return list(all_of_them)
    if at_end:
        return [*all_of_them[: most - 1], (more, "")]
    half = most // 2
    return [*all_of_them[:half], (more, ""), *all_of_them[half + 1 - most :]]


def _fitting(title: str, under: str, room: float) -> tuple[str, str]:
    return _cut(title, room), _cut(under, room)


def _cut(text: str, room: float) -> str:
    """``text`` as far as it fits into ``room``, by the usual widths of letters."""
    used = 0.0
    for place, width in enumerate(_widths(text)):
        used += width
        if used > room:
            kept = place
            while kept and used > room - _EM:
                kept -= 1
                used -= _EM if _WIDE.match(text[kept]) else _NARROW
            return text[:kept].rstrip(" \u00b7\uff08(,\uff0c\u3001") + "\u2026"
    return text


def _widths(text: str) -> Iterable[float]:
    return (_EM if _WIDE.match(letter) else _NARROW for letter in text)
