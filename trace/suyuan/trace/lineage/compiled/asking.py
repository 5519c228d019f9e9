"""A question in the words of the contract becomes one in numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import site
from suyuan.trace.lineage.compiled.asked import PRESENCE, WINDOW, Asked
from suyuan.trace.lineage.compiled.machine import Made
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.compiled.weave import GUESTS, Woven
from suyuan.trace.lineage.question import Question, Window


@dataclass(frozen=True, slots=True)
class Asking:
    """``guests`` are the names of places that history does not know by name, though it may know the site.

    ``strangers`` are the windows of suspects of which nothing is known at all: only they are reported.
    """

    asked: Asked
    guests: Mapping[int, str]
    strangers: Mapping[str, tuple[Window, ...]]


def asking(woven: Woven, question: Question) -> Asking:
    """``question`` in the numbers of ``woven``. Raises ``InvalidInput`` for too many unknown places."""
    guests: dict[str, int] = {}

    def node(key: str) -> int | None:
        known = woven.node.get(key)
        if known is None and question.is_place(key):
            known = guests.get(key)
            if known is None:
                if len(guests) == GUESTS:
                    raise InvalidInput(
                        "More than {most} of the places are not known here.",
                        where="suspects",
                        remedy="Leave out places of which no event speaks, or ask in several questions.",
                        most=GUESTS,
                    )
                known = guests[key] = woven.guests[len(guests)]
        return known

    suspects: list[tuple[int, int, int]] = []
    strangers: dict[str, tuple[Window, ...]] = {}
    for suspect, window in zip(question.suspects, question.windows, strict=True):
        number = node(suspect.key)
        if number is None:
            strangers[suspect.key] = (*strangers.get(suspect.key, ()), window)
        else:
            suspects.append((window.start, window.end, number))
    floors = [
        (*window, number)
        for key, windows in question.cross_places.items()
        if (number := node(key)) is not None
        for window in windows
    ]
    crates = [
        (*window, number)
        for key, windows in question.cross_containers.items()
        if (number := woven.node.get(key)) is not None
        for window in windows
    ]
    places = {suspect.key for suspect in question.suspects if question.is_place(suspect.key)}
    presences = sorted(
        (number, woven.node[key], start, end)
        for place in {*places, *question.cross_places}
        if (number := node(place)) is not None
        for key, stays in question.present(place).items()
        for start, end in stays
    )
    kill = question.options.what_if.kill
    asked = Asked(
        np.array(suspects, dtype=WINDOW),
        np.array(crates, dtype=WINDOW),
        np.array(floors, dtype=WINDOW),
        np.array([(start, end, place, one) for place, one, start, end in presences], dtype=PRESENCE),
        _numbers(woven.number.get(key) for key in kill),
        _numbers(woven.sites.get(site(key)) for key in kill),
        NONE if question.options.depth is None else question.options.depth,
    )
    return Asking(asked, {number: key for key, number in guests.items()}, strangers)


def _numbers(found: Iterable[int | None]) -> Made:
    return np.array(sorted({number for number in found if number is not None}), dtype=np.int32)
