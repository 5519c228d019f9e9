"""From where an amount of a lot is taken first, in machine code (law of tracing §9, portions)."""

from __future__ import annotations

from suyuan.trace.lineage.compiled.machine import inlined, walking
from suyuan.trace.lineage.compiled.stock import (
    AT,
    LOOSE,
    MEANT_FOR,
    MEANT_FOR_NOBODY,
    MEANT_THERE,
    ON_THE_WAY,
    PACKED,
    UNTOLD,
    Stock,
    following,
    joined,
    line_of,
    put_by,
)
from suyuan.trace.lineage.compiled.tables import NONE, Tables
from suyuan.trace.lineage.compiled.whereabouts import IN_TRANSIT
from suyuan.trace.lineage.records import ENOUGH


@inlined
def reach(s: Stock, wanted: float) -> None:
    """Begin to take so much."""
    s.hand[0].wanted, s.hand[0].taken, s.hand[0].through = wanted, 0.0, NONE


@inlined
def go_on(s: Stock, wanted: float) -> None:
    """Go on taking until it is so much altogether."""
    s.hand[0].wanted = wanted


@inlined
def enough(s: Stock) -> bool:
    """Whether nothing more is wanted."""
    return s.hand[0].wanted - s.hand[0].taken <= ENOUGH


@inlined
def taken(s: Stock) -> float:
    """How much was taken so far."""
    return s.hand[0].taken if s.hand[0].taken > ENOUGH else 0.0


@inlined
def draw(s: Stock, row: int) -> None:
    """Take of one portion."""
    part = min(s.portions[row].quantity, s.hand[0].wanted - s.hand[0].taken)
    if part > 0.0:
        s.hand[0].taken += part
        s.hand[0].through = joined(s, s.hand[0].through, s.portions[row].through)
        s.portions[row].quantity -= part
        if s.portions[row].status == IN_TRANSIT:
            s.sums[ON_THE_WAY] -= part


@inlined
def from_untold(s: Stock) -> None:
    """Of what nobody told anything yet."""
    if not enough(s):
        part = min(s.sums[UNTOLD], s.hand[0].wanted - s.hand[0].taken)
        s.sums[UNTOLD] -= part
        s.hand[0].taken += part


@walking
def from_site(t: Tables, s: Stock, site: int, party: int) -> None:
    """At a site, first what the party put there."""
    if site == NONE:
        return
    line = line_of(s, AT, site)
    own = put_by(t, s, line, party)
    if own != NONE and not enough(s):
        draw(s, own)
    entry = following(s, line, NONE)
    while entry != NONE and not enough(s):
        if s.entries[entry].what != own:
            draw(s, s.entries[entry].what)
        entry = following(s, line, entry)


@walking
def lies_at(s: Stock, site: int) -> float:
    """How much lies loose at a site."""
    line = line_of(s, AT, site)
    entry, there = following(s, line, NONE), 0.0
    while entry != NONE:
        there += s.portions[s.entries[entry].what].quantity
        entry = following(s, line, entry)
    return there


@walking
def from_packed_at(t: Tables, s: Stock, by: int, but: int) -> None:
    """Packed at the place of a statement, but not in this container."""
    site = t.statements[by].site
    if site == NONE:
        return
    line = line_of(s, PACKED, 0)
    entry = following(s, line, NONE)
    while entry != NONE and not enough(s):
        row = s.entries[entry].what
        container = s.portions[row].container
        if container != but and site_at(t, container, t.statements[by].at) == site:
            draw(s, row)
        entry = following(s, line, entry)


@walking
def site_at(t: Tables, node: int, at: int) -> int:
    """The site of the effective place of an instance at an instant, NONE where it is not known."""
    row = t.nodes[node].first_container
    while row != NONE:
        around = t.containments[row]
        if not around.is_class and around.start <= at < around.end:
            node = around.parent
            row = t.nodes[node].first_container
        else:
            row = around.next_container
    row = t.nodes[node].first_episode
    while row != NONE:
        if t.episodes[row].start <= at < t.episodes[row].end:
            return t.nodes[t.episodes[row].place].site
        row = t.episodes[row].next
    return NONE


@walking
def from_meant(t: Tables, s: Stock, by: int) -> None:
    """What moves to where a statement is told, or to who tells it."""
    site, party = t.statements[by].site, t.statements[by].party
    if site == NONE:
        from_line(s, MEANT_FOR, party)
        return
    mine, here = line_of(s, MEANT_FOR, party), line_of(s, MEANT_THERE, site)
    one, other = following(s, mine, NONE), following(s, here, NONE)
    while (one != NONE or other != NONE) and not enough(s):
        if other == NONE or (one != NONE and s.entries[one].what <= s.entries[other].what):
            draw(s, s.entries[one].what)
            one = following(s, mine, one)
        else:
            draw(s, s.entries[other].what)
            other = following(s, here, other)


@walking
def from_line(s: Stock, kind: int, number: int) -> None:
    """All of a line, one after the other."""
    line = line_of(s, kind, number)
    entry = following(s, line, NONE)
    while entry != NONE and not enough(s):
        draw(s, s.entries[entry].what)
        entry = following(s, line, entry)


@walking
def from_elsewhere(t: Tables, s: Stock, site: int) -> None:
    """Of what nobody told anything yet, then loose at other sites or nowhere."""
    from_untold(s)
    if enough(s):
        return
    line = line_of(s, LOOSE, 0)
    entry = following(s, line, NONE)
    while entry != NONE and not enough(s):
        row = s.entries[entry].what
        place = s.portions[row].place
        if place == NONE or t.nodes[place].site != site:
            draw(s, row)
        entry = following(s, line, entry)


@walking
def from_near(t: Tables, s: Stock, by: int, but: int) -> None:
    """At X, packed at X (``but`` in this container), moving to X, the untold, elsewhere."""
    from_site(t, s, t.statements[by].site, t.statements[by].party)
    from_packed_at(t, s, by, but)
    from_meant(t, s, by)
    from_line(s, MEANT_FOR_NOBODY, 0)
    from_elsewhere(t, s, t.statements[by].site)
