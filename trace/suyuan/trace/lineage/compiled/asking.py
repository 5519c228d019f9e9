"""A question in the words of the contract becomes one in numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
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
    """``guests`` are the names of places that history does not know by name, though it knows the site.

    ``strangers`` are the windows of suspects of which nothing is known at all: only they are reported.
    ``places`` are the nodes of which it is told what was present there.
    """

    asked: Asked
    places: frozenset[int]
    guests: Mapping[int, str]
    strangers: Mapping[str, tuple[Window, ...]]


def asking(woven: Woven, question: Question, reached: Collection[int] = ()) -> Asking:
    """``question`` in the numbers of ``woven``.

    ``reached`` are places that a first answer led to: what was present there is told as well.
    Raises ``InvalidInput`` for more than :data:`GUESTS` places whose sites are known by other names only.
    """
    nodes = _Nodes(woven, question)
    suspects: list[tuple[int, int, int]] = []
    strangers: dict[str, tuple[Window, ...]] = {}
    for suspect, window in zip(question.suspects, question.windows, strict=True):
        number = nodes.of(suspect.key)
        if number is None:
            strangers[suspect.key] = (*strangers.get(suspect.key, ()), window)
        else:
            suspects.append((window.start, window.end, number))
    places = {one.key for one in question.suspects if question.is_place(one.key)}
    places.update(question.cross_places, (woven.keys[number] for number in reached))
    told = {number: place for place in places if (number := nodes.of(place)) is not None}
    kill = question.options.what_if.kill
    asked = Asked(
        np.array(suspects, dtype=WINDOW),
        np.array(list(_windows(nodes, question.cross_containers)), dtype=WINDOW),
        np.array(list(_windows(nodes, question.cross_places)), dtype=WINDOW),
        np.array(list(_presences(woven, question, told)), dtype=PRESENCE),
        _numbers(woven.number.get(key) for key in kill),
        _numbers(woven.sites.get(site(key)) for key in kill),
        NONE if question.options.depth is None else question.options.depth,
    )
    return Asking(asked, frozenset(told), nodes.guests(), strangers)


class _Nodes:
    """The nodes of what a question names."""

    def __init__(self, woven: Woven, question: Question) -> None:
        self._woven = woven
        self._question = question
        self._guests: dict[str, int] = {}

    def guests(self) -> Mapping[int, str]:
        """What was asked of under names that history does not know."""
        return {number: key for key, number in self._guests.items()}

    def of(self, key: str) -> int | None:
        """The node of ``key``; a place is known also by another name of its site. None if nothing is."""
        known = self._woven.node.get(key, self._guests.get(key))
        if known is not None or not self._question.is_place(key):
            return known
        if site(key) not in self._woven.history.visitors:
            return None
        if len(self._guests) == GUESTS:
            raise InvalidInput(
                "More than {most} of the places are not known here.",
                where="suspects",
                remedy="Leave out places of which no event speaks, or ask in several questions.",
                most=GUESTS,
            )
        guest = self._guests[key] = self._woven.guests[len(self._guests)]
        return guest


def _windows(nodes: _Nodes, supposed: Mapping[str, Iterable[Window]]) -> Iterator[tuple[int, int, int]]:
    for key, windows in supposed.items():
        number = nodes.of(key)
        if number is not None:
            for window in windows:
                yield window.start, window.end, number


def _presences(
    woven: Woven, question: Question, places: Mapping[int, str]
) -> Iterator[tuple[int, int, int, int]]:
    """By place, then by object."""
    for number in sorted(places):
        present = question.present(places[number])
        for node, key in sorted((woven.node[key], key) for key in present):
            for start, end in present[key]:
                yield start, end, number, node


def _numbers(found: Iterable[int | None]) -> Made:
    return np.array(sorted({number for number in found if number is not None}), dtype=np.int32)
