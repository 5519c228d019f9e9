"""Rows of a batch are numbered as they will stand behind those on record."""

from __future__ import annotations

from typing import Any

import numpy as np

from suyuan.trace.lineage.chronicle.books import (
    AMOUNTS,
    DESTINATIONS,
    MENTIONS,
    STATEMENTS,
    STORY,
    WAITING,
)
from suyuan.trace.lineage.compiled.machine import Made
from suyuan.trace.lineage.compiled.tables import MENTION as AMOUNT
from suyuan.trace.lineage.compiled.tables import NONE, WHAT

_SAME = ("amount", "uom", "by", "role", "is_class")


def numbered(
    used: Any, statements: Made, sayings: Made, named: Made, mentions: Made, destinations: Made
) -> dict[str, Made]:
    """Everything that a batch adds, by table. ``named`` counts the mentions of each statement.

    ``used`` are the counters of what stands before. Sayings, mentions and destinations are written to.
    Raises ``ValueError`` where rows of instances that lie beside amounts stand for more than one.
    """
    of = np.repeat(np.arange(len(statements)), named)
    mentions["by"], mentions["bond"], mentions["next"] = used[STATEMENTS] + of, NONE, NONE
    amounts, counts = _amounts(mentions, of, len(statements))
    sayings["mentions"], sayings["first_mention"] = counts, used[AMOUNTS] + np.cumsum(counts) - counts
    for rows, name in ((sayings, "first_destination"), (destinations, "next")):
        rows[name][rows[name] != NONE] += used[DESTINATIONS]
    stories: Made = np.full(len(statements), NONE, dtype=STORY)
    stories["first_mention"] = used[MENTIONS] + np.cumsum(named) - named
    stories["mentions"], stories["state"] = named, WAITING
    return {
        "statements": statements,
        "sayings": sayings,
        "stories": stories,
        "mentions": mentions,
        "amounts": amounts,
        "destinations": destinations,
    }


def _amounts(mentions: Made, of: Made, statements: int) -> tuple[Made, Made]:
    """Mentions of amounts, and of the instances that are named as what beside them; how many each has."""
    told = mentions["is_class"]
    if not told.any():
        return np.zeros(0, dtype=AMOUNT), np.zeros(statements, dtype=np.int64)
    what = mentions["role"] == WHAT
    beside = np.zeros(statements, dtype=np.bool_)
    beside[of[told & what]] = True
    told = told | (what & beside[of])
    if (mentions["count"][told] != 1).any():
        raise ValueError("Instances that are named beside amounts stand in rows of their own.")
    amounts = np.full(int(told.sum()), NONE, dtype=AMOUNT)
    for name in _SAME:
        amounts[name] = mentions[name][told]
    return amounts, np.bincount(of[told], minlength=statements)


def lines_from(first: Made, counts: Made) -> Made:
    """The numbers of rows that stand together, ``counts`` from each of ``first`` on."""
    before: Made = np.cumsum(counts) - counts
    rows: Made = np.repeat(first - before, counts) + np.arange(int(counts.sum()))
    return rows


def lengths(first: Made, following: Made) -> Made:
    """How many rows of a table stand together from each of ``first`` on; 0 where that is NONE.

    ``following`` is NONE in the last of each.
    """
    ends = np.append(np.flatnonzero(following == NONE), 0)
    return np.where(first == NONE, 0, ends[np.searchsorted(ends[:-1], first)] - first + 1)
