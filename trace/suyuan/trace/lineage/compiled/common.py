"""What is behind many suspects at once, in machine code: each has a bit in the labels of one walk.

Labels of one node, instant, certainty and depth are one label for all suspects that they hold for, so what
suspects have in common is walked once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import numpy as np

from suyuan.trace.lineage.common import UNBOUNDED, Behind, Source, behind_one, in_order
from suyuan.trace.lineage.compiled.answer import copied, scratch_at, tables_at
from suyuan.trace.lineage.compiled.asked import NOTHING_SUPPOSED, Asked, asked_at, handed
from suyuan.trace.lineage.compiled.asking import Asking
from suyuan.trace.lineage.compiled.backward import influence_back
from suyuan.trace.lineage.compiled.labels import take
from suyuan.trace.lineage.compiled.machine import Address, Made, address, inlined, walking
from suyuan.trace.lineage.compiled.origins import labels_of_suspects, supposes_nothing
from suyuan.trace.lineage.compiled.record import Record
from suyuan.trace.lineage.compiled.scratch import (
    BEHIND,
    BEHIND_ROW,
    FULL,
    LABELS,
    SEEDS,
    TOUCHED,
    Rooms,
    Scratch,
)
from suyuan.trace.lineage.compiled.tables import NONE
from suyuan.trace.lineage.question import window
from suyuan.trace.lineage.statement import moment

TOGETHER = 62
"""Suspects in one walk: as many bits as stay clear of a sign."""
NOT_BEHIND = np.iinfo(np.int64).min
"""Earlier than any instant."""


@walking
def common(
    tables: Address,
    scratch: Address,
    suspects: int,
    supposed: Address,
    depth: int,
    all_of_them: bool,
) -> int:
    """Work out what is behind each suspect, or only what is behind all of them; how many rows there are.

    NONE if room was lacking.
    """
    if suspects == NONE:
        return NONE
    t, s = tables_at(tables), scratch_at(scratch)
    asked = asked_at(s.suspects[:suspects], supposed, depth)
    influence_back(t, s, asked, True)
    if supposes_nothing(asked):
        labels_of_suspects(s)
    everyone = (1 << len(asked.suspects)) - 1 if all_of_them else 0
    for slot in range(s.used[TOUCHED]):
        reached = s.reached[slot]
        _tell(s, reached.first_seed, reached.first_label, everyone)
    for first in range(s.used[SEEDS], s.used[LABELS]):
        if s.labels[first].is_first:
            _tell(s, NONE, first, everyone)
    return s.used[BEHIND] if s.used[FULL] == 0 else NONE


@inlined
def _tell(s: Scratch, seed: int, label: int, everyone: int) -> None:
    """The labels of one node, if it is behind ``everyone``, counted with the suspects that it is itself."""
    if (_masks(s, seed) | _masks(s, label)) & everyone != everyone:
        return
    _tell_labels(s, seed)
    _tell_labels(s, label)


@inlined
def _masks(s: Scratch, number: int) -> int:
    mask = 0
    while number != NONE:
        mask |= s.labels[number].mask
        number = s.labels[number].next
    return mask


@walking
def _tell_labels(s: Scratch, number: int) -> None:
    while number != NONE:
        label, row = s.labels[number], take(s, BEHIND, len(s.behind))
        if row != NONE:
            told = s.behind[row]
            told.node, told.end, told.mask = label.node, label.end, label.mask
            told.possible = label.possible
        number = label.next


def behind(rooms: Rooms, asked: Asked, *, all_of_them: bool = False) -> Any:
    """The :class:`scratch.Behind` rows of at most :data:`TOGETHER` suspects: bit i is that of suspect i."""
    desk, supposed = rooms.take(), handed(asked)
    how = address(supposed), asked.depth, all_of_them
    while (count := common(rooms.tables, desk.address, desk.lay(cast("Made", asked.suspects)), *how)) == NONE:
        desk = rooms.wider(desk)
    rows = copied(desk.behind, BEHIND_ROW, count)
    rooms.give_back(desk)
    return rows


def behind_all(rooms: Rooms, nodes: Sequence[int]) -> Any:
    """What may have reached each of at most :data:`TOGETHER` nodes at any time, if nothing is supposed.

    As :func:`behind` says of ``plain(nodes)``, but sooner handed over.
    """
    desk = rooms.take()
    how = NOTHING_SUPPOSED, NONE, True
    while (count := common(rooms.tables, desk.address, desk.lay(nodes), *how)) == NONE:
        desk = rooms.wider(desk)
    rows = copied(desk.behind, BEHIND_ROW, count)
    rooms.give_back(desk)
    return rows


def untils(rows: Any, suspects: int) -> tuple[Any, Any, Any]:
    """Of :func:`behind`: the nodes, and until when each is behind each suspect, certainly and at all.

    Two tables of instants, a row for each node and a column for each suspect; NOT_BEHIND where it is not.
    """
    nodes, place = np.unique(rows["node"], return_inverse=True)
    surely, at_all = (np.full((len(nodes), suspects), NOT_BEHIND) for _ in range(2))
    for suspect in range(suspects):
        of = (rows["mask"] >> suspect) & 1 == 1
        np.maximum.at(at_all[:, suspect], place[of], rows["end"][of])
        of &= ~rows["possible"]
        np.maximum.at(surely[:, suspect], place[of], rows["end"][of])
    return nodes, surely, at_all


def sources(record: Record, rooms: Rooms, asked: Asking) -> tuple[Source, ...]:
    """Everything behind any of the suspects, as :func:`suyuan.trace.lineage.common.common_sources`."""
    names: dict[str, list[Behind]] = defaultdict(list)
    known: list[int] = []
    for number, suspect in enumerate(asked.suspects):
        if suspect.key not in asked.strangers:
            known.append(number)
            continue
        span = window(suspect.from_time, suspect.to_time, f"suspects/{number}")
        if span.start < span.end:
            names[suspect.key].append(Behind(number, "certain", moment(span.end)))
    for begin in range(0, len(known), TOGETHER):
        part = known[begin : begin + TOGETHER]
        together = asked.asked._replace(suspects=asked.asked.suspects[begin : begin + TOGETHER])
        nodes, surely, at_all = untils(behind(rooms, together), len(part))
        for row, column in np.argwhere(at_all != NOT_BEHIND).tolist():
            node = int(nodes[row])
            name = asked.guests.get(node) or record.names.key(node)
            certain, possible = _until(surely[row, column]), _until(at_all[row, column])
            if asked.options.certain_only:
                possible = None
            names[name] += behind_one(part[column], certain, possible)
    return in_order(Source(name, record.kind(name), tuple(told)) for name, told in names.items() if told)


def _until(instant: int) -> datetime | None:
    return None if instant == NOT_BEHIND else moment(int(instant)) or UNBOUNDED
