"""The steps between what was found, in machine code: as :mod:`suyuan.trace.lineage.edges` (§10)."""

from __future__ import annotations

from suyuan.trace.lineage.compiled.asked import Asked, deeper
from suyuan.trace.lineage.compiled.forward import killed
from suyuan.trace.lineage.compiled.machine import walking
from suyuan.trace.lineage.compiled.scratch import FULL, STEPS, TOUCHED, Scratch
from suyuan.trace.lineage.compiled.tables import NONE, VOID, Tables
from suyuan.trace.lineage.statement import EVER, NEVER

TRANSFORM, CONTAIN, MEMBER, CARRY, MOVE = range(5)
"""Kinds of steps, each with its rows: a consumption and a production; a containment; an instance; a
containment; an own episode."""


@walking
def step(s: Scratch, kind: int, row: int, other: int) -> None:
    """One more step."""
    count = s.used[STEPS]
    if count == len(s.steps):
        s.used[FULL] = 1
        return
    s.used[STEPS] = count + 1
    told = s.steps[count]
    told.kind, told.row, told.other = kind, row, other


@walking
def _linked(t: Tables, asked: Asked, consumption: int, production: int) -> bool:
    """Whether influence may pass at all: outright or possibly consumed, and not killed."""
    return not (
        t.consumptions[consumption].marks & VOID
        or killed(t, asked, t.consumptions[consumption].by)
        or killed(t, asked, t.productions[production].by)
    )


@walking
def _meets(s: Scratch, slot: int, start: int, end: int) -> bool:
    """Whether any label of a node has an instant in [start, end)."""
    label = s.reached[slot].first_label
    while label != NONE:
        if max(s.labels[label].start, start) < min(s.labels[label].end, end):
            return True
        label = s.labels[label].next
    return False


@walking
def _holds_deep(s: Scratch, asked: Asked, slot: int, at: int) -> bool:
    """Whether any label that may go through a transformation holds at an instant."""
    label = s.reached[slot].first_label
    while label != NONE:
        if s.labels[label].start <= at < s.labels[label].end and deeper(asked, s.labels[label].depth) != NONE:
            return True
        label = s.labels[label].next
    return False


@walking
def steps_forward(t: Tables, s: Scratch, asked: Asked) -> None:
    """Transform, contain and member steps."""
    for slot in range(s.used[TOUCHED]):
        node = s.reached[slot].node
        row = t.nodes[node].first_consumption
        while row != NONE:
            if _holds_deep(s, asked, slot, t.consumptions[row].at):
                made = t.groups[t.consumptions[row].group].first_production
                while made != NONE:
                    if _linked(t, asked, row, made):
                        step(s, TRANSFORM, row, made)
                    made = t.productions[made].next_of_group
            row = t.consumptions[row].next
        row = t.nodes[node].first_content
        while row != NONE:
            if _meets(s, slot, t.containments[row].start, t.containments[row].end):
                step(s, CONTAIN, row, NONE)
            row = t.containments[row].next_content
        instance = t.nodes[node].first_member
        while instance != NONE:
            if _meets(s, slot, t.nodes[instance].birth, NEVER):
                step(s, MEMBER, instance, NONE)
            instance = t.nodes[instance].next_member


@walking
def _ends(s: Scratch, asked: Asked, slot: int) -> tuple[int, int]:
    """Until when a node was of interest at most, and until when for going through a transformation.

    A seed counts as a label of its node.
    """
    end = s.reached[slot].seed_end
    deep = end if deeper(asked, 0) != NONE else EVER
    label = s.reached[slot].first_label
    while label != NONE:
        end = max(end, s.labels[label].end)
        if deeper(asked, s.labels[label].depth) != NONE:
            deep = max(deep, s.labels[label].end)
        label = s.labels[label].next
    return end, deep


@walking
def steps_backward(t: Tables, s: Scratch, asked: Asked) -> None:
    """Transform, contain and member steps."""
    for slot in range(s.used[TOUCHED]):
        node = s.reached[slot].node
        end, deep = _ends(s, asked, slot)
        made = t.nodes[node].first_production
        while made != NONE:
            if t.productions[made].at < deep:
                row = t.groups[t.productions[made].group].first_consumption
                while row != NONE:
                    if _linked(t, asked, row, made):
                        step(s, TRANSFORM, row, made)
                    row = t.consumptions[row].next_of_group
            made = t.productions[made].next
        row = t.nodes[node].first_container
        while row != NONE:
            if t.containments[row].start < min(end, t.containments[row].end):
                step(s, CONTAIN, row, NONE)
            row = t.containments[row].next_container
        if t.nodes[node].lot != NONE and t.nodes[node].birth < end:
            step(s, MEMBER, node, NONE)
