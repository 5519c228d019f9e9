"""What the standard says of every GS1 application identifier (AI), and how to look one up.

The rows are told in :mod:`suyuan.trace.gs1.ai_rows`, with their sources.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from suyuan.trace.gs1.ai_rows import (
    DECIMALS,
    DENSITY,
    EXCLUDED,
    GROSS,
    NET,
    PREDEFINED,
    QUALIFIERS,
    REQUIRED,
    ROWS,
)

Charset = Literal["N", "X", "Y", "Z"]
Combination = tuple[str, ...]
"""AIs, or patterns such as ``31nn``, that stand together."""


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a value. ``rules`` are names of content rules, see :mod:`suyuan.trace.gs1.contents`."""

    charset: Charset
    shortest: int
    longest: int
    optional: bool = False
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApplicationIdentifier:
    """What the standard says of one AI.

    ``title`` is GS1's data title. ``predefined`` values end by their length, all others at a separator.
    ``attribute`` says whether a Digital Link may carry it in its query. ``qualifiers`` is None where the AI
    is no primary key, else the orders in which qualifiers may follow (none of them is obligatory).

    ``requires`` are demands that all hold: each is met by one of its combinations. ``excludes`` are AIs or
    patterns that must not stand beside it (the AI itself excepted). ``known`` is False for an AI that nobody
    has assigned and that a caller let pass.
    """

    ai: str
    title: str
    components: tuple[Component, ...]
    predefined: bool = False
    attribute: bool = False
    qualifiers: tuple[Combination, ...] | None = None
    requires: tuple[tuple[Combination, ...], ...] = ()
    excludes: Combination = ()
    known: bool = True

    @property
    def shortest(self) -> int:
        """The least number of characters of a value."""
        return sum(part.shortest for part in self.components if not part.optional)

    @property
    def longest(self) -> int:
        """The greatest number of characters of a value."""
        return sum(part.longest for part in self.components)


_COMPONENT = re.compile(r"(\[?)([NXYZ])(\.\.)?([0-9]+)((?::[a-z0-9]+)*)\]?")


def _range(text: str) -> list[str]:
    """``3940-3`` to the four AIs that it names, in their order; one AI to itself."""
    first, _, last = text.partition("-")
    if not last:
        return [first]
    return [first[:-1] + str(digit) for digit in range(int(first[-1]), int(last) + 1)]


def _components(text: str) -> tuple[Component, ...]:
    parts: list[Component] = []
    for part in text.split("+"):
        found = _COMPONENT.fullmatch(part)
        if found is None:
            raise AssertionError(text)
        bracket, charset, upto, length, rules = found.groups()
        longest = int(length)
        known: dict[str, Charset] = {"N": "N", "X": "X", "Y": "Y", "Z": "Z"}
        names = tuple(rules.split(":")[1:])
        parts.append(Component(known[charset], 1 if upto else longest, longest, bool(bracket), names))
    return tuple(parts)


def _by_ai(text: str) -> dict[str, list[str]]:
    """Lines ``AIs: words`` to the words of each AI."""
    found: dict[str, list[str]] = {}
    for line in text.strip().splitlines():
        names, _, words = line.partition(":")
        found.update((ai, words.split()) for each in names.split() for ai in _range(each))
    return found


def _combinations(words: list[str]) -> tuple[tuple[Combination, ...], ...]:
    return (tuple(tuple(word.split("+")) for word in words),) if words else ()


def _built() -> dict[str, ApplicationIdentifier]:
    """The whole table, in the order of the AIs as text."""
    required, excluded = _by_ai(REQUIRED), _by_ai(EXCLUDED)
    rows: list[ApplicationIdentifier] = []
    for line in ROWS.strip().splitlines():
        names, form, flag, *title = line.split(" ", 3)
        for number, ai in enumerate(_range(names)):
            rows.append(
                ApplicationIdentifier(
                    ai,
                    (title[0] if title else "").format(number, number + 1),
                    _components(form),
                    predefined=ai[:2] in PREDEFINED,
                    attribute=flag == "a",
                    qualifiers=QUALIFIERS.get(ai),
                    requires=_combinations(required.get(ai, [])),
                    excludes=tuple(excluded.get(ai, ())),
                )
            )
    for table, beside in ((NET, "01 02"), (GROSS, "00 01"), (DENSITY, "01")):
        for measure in re.split(r"[|\n]", table.strip()):
            prefix, _, title_ = measure.partition(" ")
            rows.extend(
                ApplicationIdentifier(
                    prefix + decimals,
                    title_,
                    _components("N6"),
                    predefined=True,
                    attribute=True,
                    requires=_combinations(beside.split()),
                    excludes=(f"{prefix}n",),
                )
                for decimals in DECIMALS
            )
    return {row.ai: row for row in sorted(rows, key=lambda row: row.ai)}


APPLICATION_IDENTIFIERS: dict[str, ApplicationIdentifier] = _built()
"""Every assigned AI, in the order of the AIs as text."""

DIGITS: dict[str, int] = {ai[:2]: len(ai) for ai in APPLICATION_IDENTIFIERS}
"""First two digits of an AI -> how many digits it has; where nothing is assigned there is no entry."""

KEYS: dict[str, tuple[Combination, ...]] = {
    row.ai: row.qualifiers for row in APPLICATION_IDENTIFIERS.values() if row.qualifiers is not None
}
"""Primary keys of Digital Links, with the orders in which qualifiers may follow."""


def _orders(key: str, order: Combination) -> list[Combination]:
    """Every selection of ``order`` behind ``key``, in its order."""
    found: list[Combination] = [(key,)]
    for qualifier in order:
        found.extend([(*each, qualifier) for each in found])
    return found


PATHS: frozenset[Combination] = frozenset(
    path for key, orders in KEYS.items() for order in orders for path in _orders(key, order)
)
"""Every sequence of AIs that may stand in the path of a Digital Link."""

_LONGEST_AI, _SHORTEST_AI = 4, 2
_ANY_LENGTH = (1, 90)


def known(ai: str) -> ApplicationIdentifier | None:
    """The row of exactly ``ai``, None where it is not assigned."""
    return APPLICATION_IDENTIFIERS.get(ai)


@lru_cache(maxsize=1024)
def unassigned(ai: str) -> ApplicationIdentifier | None:
    """A row for an ``ai`` that is not assigned, None where none can ever be.

    The first two digits fix how many digits an AI has and whether its length is predefined; nothing can begin
    with an assigned AI or be the beginning of one (GS1 General Specifications §7.8).
    """
    if not (_SHORTEST_AI <= len(ai) <= _LONGEST_AI and ai.isascii() and ai.isdigit()):
        return None
    digits = DIGITS.get(ai[:2])
    if digits not in (None, len(ai)) or ai in APPLICATION_IDENTIFIERS:
        return None
    size = PREDEFINED.get(ai[:2])
    shortest, longest = (size, size) if size else _ANY_LENGTH
    return ApplicationIdentifier(
        ai,
        "UNKNOWN",
        (Component("X", shortest, longest),),
        predefined=size is not None,
        attribute=True,
        known=False,
    )


def beginning(data: str, *, unknown: bool = False) -> ApplicationIdentifier | None:
    """The row of the AI with which the raw element string ``data`` begins, None where it begins with none.

    With ``unknown`` also an unassigned AI counts, as long as its first two digits tell how long it is.
    """
    digits = DIGITS.get(data[:2])
    if digits is None:
        return None
    ai = data[:digits]
    return APPLICATION_IDENTIFIERS.get(ai) or (unassigned(ai) if unknown else None)
