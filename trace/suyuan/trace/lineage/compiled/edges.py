"""The steps between what was found, in machine code: as :mod:`suyuan.trace.lineage.edges` (§10)."""

from __future__ import annotations

from suyuan.trace.lineage.compiled.asked import Asked, deeper
from suyuan.trace.lineage.compiled.forward import killed
from suyuan.trace.lineage.compiled.labels import slot_of, take
from suyuan.trace.lineage.compiled.machine import inlined
from suyuan.trace.lineage.compiled.scratch import BESIDE, STEPS, TOUCHED, Scratch
from suyuan.trace.lineage.compiled.tables import NONE, VOID, Tables
from suyuan.trace.lineage.statement import EVER, NEVER

TRANSFORM, CONTAIN, MEMBER, CARRY, MOVE = range(5)
"""Kinds of steps, each with its rows: a consumption and a production; a containment; an instance; a
containment; an own episode."""


@inlined
def step(s: Scratch, kind: int, row: int, other: int) -> None:
    """One more step."""
    number = take(s, STEPS, len(s.steps))
    if number != NONE:
        told = s.steps[number]
        told.kind, told.row, told.other = kind, row, other


@inlined
def _linked(t: Tables, asked: Asked, consumption: int, production: int) -> bool:
    """Whether influence may pass at all: outright or possibly consumed, and not killed."""
    return not (
        t.consumptions[consumption].marks & VOID
        or killed(t, asked, t.consumptions[consumption].by)
        or killed(t, asked, t.productions[production].by)
    )


@inlined
def _meets(s: Scratch, slot: int, start: int, end: int) -> bool:
    """Whether any label of a node has an instant in [start, end)."""
    label = s.reached[slot].first_label
    while label != NONE:
        if max(s.labels[label].start, start) < min(s.labels[label].end, end):
            return True
        label = s.labels[label].next
    return False


@inlined
def _holds_deep(s: Scratch, asked: Asked, slot: int, at: int) -> bool:
    """Whether any label that may go through a transformation holds at an instant."""
    label = s.reached[slot].first_label
    while label != NONE:
        if s.labels[label].start <= at < s.labels[label].end and deeper(asked, s.labels[label].depth) != NONE:
            return True
        label = s.labels[label].next
    return False


@inlined
def steps_forward(t: Tables, s: Scratch, asked: Asked) -> None:
    """Transform, contain and member steps. What a place passes on has none, whatever the place contains."""
    for slot in range(s.used[TOUCHED]):
        if not t.nodes[s.reached[slot].node].is_place:
            _steps_from(t, s, asked, slot)


@inlined
def _steps_from(t: Tables, s: Scratch, asked: Asked, slot: int) -> None:
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


@inlined
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


@inlined
def steps_backward(t: Tables, s: Scratch, asked: Asked) -> None:
    """Transform, contain and member steps: none from a place, for it passes on by what is present there."""
    for slot in range(s.used[TOUCHED]):
        if not t.nodes[s.reached[slot].node].is_place:
            _steps_to(t, s, asked, slot)


@inlined
def _steps_to(t: Tables, s: Scratch, asked: Asked, slot: int) -> None:
    node = s.reached[slot].node
    end, deep = _ends(s, asked, slot)
    made = t.nodes[node].first_production
    while made != NONE:
        if t.productions[made].at < deep:
            row = t.groups[t.productions[made].group].first_consumption
            while row != NONE:
                if _linked(t, asked, row, made) and not t.nodes[t.consumptions[row].node].is_place:
                    step(s, TRANSFORM, row, made)
                row = t.consumptions[row].next_of_group
        made = t.productions[made].next
    row = t.nodes[node].first_container
    while row != NONE:
        inside = t.containments[row]
        if inside.start < min(end, inside.end) and not t.nodes[inside.parent].is_place:
            step(s, CONTAIN, row, NONE)
        row = inside.next_container
    lot = t.nodes[node].lot
    if lot != NONE and t.nodes[node].birth < end and not t.nodes[lot].is_place:
        step(s, MEMBER, node, NONE)


@inlined
def steps_along(t: Tables, s: Scratch, forward: bool) -> None:
    """Carry and move steps, of what is affected and of the carriers told so far."""
    for slot in range(s.used[TOUCHED]):
        reached = s.reached[slot]
        carried = forward and not t.nodes[reached.node].is_place
        _steps_of(t, s, reached.node, reached.first_state, reached.states, carried, 0, 0)
    for member in range(s.used[BESIDE]):
        beside = s.beside[member]
        slot, first, states = slot_of(s, beside.node), 0, 0
        if slot != NONE:
            first, states = s.reached[slot].first_state, s.reached[slot].states
        carried = forward and not (states > 0 and t.nodes[beside.node].is_place)
        if forward and not carried:
            _carried_on(t, s, member)
        _steps_of(t, s, beside.node, beside.first_state, beside.states, carried, first, states)


@inlined
def _carried_on(t: Tables, s: Scratch, member: int) -> None:
    """Carry steps of a place that is affected besides: as such it is carried by nothing."""
    row = t.nodes[s.beside[member].node].first_container
    while row != NONE:
        inside, number = t.containments[row], s.beside[member].last_part
        while number != NONE:
            part = s.parts[number]
            if max(part.start, inside.start) < min(part.end, inside.end):
                step(s, CARRY, row, NONE)
                break
            number = part.next
        row = inside.next_container


@inlined
def _steps_of(
    t: Tables, s: Scratch, node: int, first: int, states: int, forward: bool, told: int, many: int
) -> None:
    """The steps that some states of a node meet, and none of ``many`` from ``told`` met before."""
    row = t.nodes[node].first_container if forward else NONE
    while row != NONE:
        inside = t.containments[row]
        if _overlaps(s, first, states, inside.start, inside.end) and not _overlaps(
            s, told, many, inside.start, inside.end
        ):
            step(s, CARRY, row, NONE)
        row = inside.next_container
    row = t.nodes[node].first_episode
    while row != NONE:
        stay = t.episodes[row]
        if _overlaps(s, first, states, stay.start, stay.end) and not _overlaps(
            s, told, many, stay.start, stay.end
        ):
            step(s, MOVE, row, NONE)
        row = stay.next


@inlined
def _overlaps(s: Scratch, first: int, states: int, start: int, end: int) -> bool:
    for number in range(first, first + states):
        if max(s.found[number].start, start) < min(s.found[number].end, end):
            return True
    return False
