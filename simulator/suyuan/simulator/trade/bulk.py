"""A trade as numbers, for engines that take no text: arrays of events and of what they mention.

A part holds so many events in the order in which they went on record. ``events`` has a row each,
``mentions`` those from ``first_mention`` up to that of the next event, the last row's to the end. Names are
three tables that grow with the parts and stand whole at the end: ``series`` (kind, stem, width) of
everything numbered, ``places`` and ``parties`` by site. A mention of ``count`` things in a row stands for
the keys stem + number in ``width`` digits, those of logistic units with a check digit behind; of a lot it
names one, with an amount.

*Columns of events.* ``at``, ``known``, ``declared``: microseconds since 1970, UTC; ``declared`` is NONE but
for error declarations. ``event``: its number; a declaration has that of its event. ``sequence``: the order
in which things were done. ``site``: the place, whose party captured it. ``act``: what was done, an ``Act``
(:mod:`suyuan.simulator.trade.deeds`) with its words in :mod:`suyuan.simulator.trade.words`; it is the
number of the read point, too. ``source``, ``target``: sites or NONE. ``transformation``: the number of one
that several events tell, or 0. ``brought_series``, ``brought``: the lot of the items that the event brings
about, or NONE.

*Columns of mentions.* ``role``: a ``Role``. ``series``, ``first``, ``count``. ``amount``: NaN where none is
stated. ``uom``: its place in :data:`UOMS`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from suyuan.simulator.trade.telling import Told
from suyuan.simulator.trade.words import Names, quantity, things_brought

NONE = -1
UOMS = (None, "KGM", "LTR")
PER_PART = 50_000
EVENT: list[tuple[str, str]] = [
    ("at", "i8"),
    ("known", "i8"),
    ("declared", "i8"),
    ("event", "i8"),
    ("sequence", "i8"),
    ("transformation", "i8"),
    ("first_mention", "i8"),
    ("brought", "i8"),
    ("brought_series", "i4"),
    ("site", "i4"),
    ("source", "i4"),
    ("target", "i4"),
    ("act", "u1"),
]
MENTION: list[tuple[str, str]] = [
    ("first", "i8"),
    ("count", "i8"),
    ("amount", "f8"),
    ("series", "i4"),
    ("role", "u1"),
    ("uom", "u1"),
]
_US = 1000
Rows = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Part:
    """Some events; see above."""

    events: Rows
    mentions: Rows


def parts(told: Iterable[Told], names: Names, rows: int = PER_PART) -> Iterator[Part]:
    """Everything that is told, so many events at a time."""
    source = iter(told)
    while some := list(islice(source, rows)):
        yield _part(some, names)


def write(told: Iterable[Told], names: Names, folder: Path) -> Iterator[int]:
    """Write parts as ``part-0001.npz`` and the names as ``names.json``; gives how many events each holds."""
    folder.mkdir()
    for number, part in enumerate(parts(told, names), 1):
        np.savez(folder / f"part-{number:04d}.npz", events=part.events, mentions=part.mentions)
        yield len(part.events)
    series = [[one.kind.name, one.stem, one.width] for one in names.series]
    found = {"series": series, "places": names.places, "parties": names.parties}
    (folder / "names.json").write_text(json.dumps(found), encoding="utf-8")


def _part(told: list[Told], names: Names) -> Part:
    events: list[tuple[int, ...]] = []
    mentions: list[tuple[int | float, ...]] = []
    for one in told:
        deed = one.deed
        brought = deed.brought if things_brought(deed, names) else None
        events.append(
            (
                deed.at * _US,
                one.known * _US,
                NONE if one.declared is None else one.declared * _US,
                one.event,
                deed.number,
                deed.transformation,
                len(mentions),
                NONE if brought is None else brought.number,
                NONE if brought is None else brought.series,
                deed.site,
                deed.source,
                deed.target,
                deed.act.value,
            )
        )
        for mention in deed.mentions:
            amount = quantity(mention)
            mentions.append(
                (
                    mention.first,
                    mention.count,
                    math.nan if amount is None else amount,
                    mention.series,
                    mention.role.value,
                    UOMS.index(mention.uom),
                )
            )
    return Part(np.array(events, dtype=EVENT), np.array(mentions, dtype=MENTION))
