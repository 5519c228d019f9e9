"""Fifty kilograms of honey are made at a farm: stories of them, and how it is asked where they lie."""

from __future__ import annotations

from collections.abc import Sequence

from suyuan.trace.lineage.contract import WhereNow
from suyuan.trace.lineage.occurrence import Occurrence

from .engines import Build
from .stories import (
    CRATE,
    FARM,
    SHOP,
    ask,
    commission,
    lines,
    lot,
    observe,
    pack,
    some,
    sum_up,
    suspect,
    the,
)

HONEY = lot("HONEY")
GROWN = commission("grow", 0, some(HONEY, 50), place=FARM, party="farm")
SHIPPED = observe("ship", 1, some(HONEY, 20), step="shipping", read_point=FARM, party="farm")
RECEIVED = observe("receive", 2, some(HONEY, 20), step="receiving", place=SHOP, party="shop")
PACKED = pack("pack", 1, CRATE, some(HONEY, 20), place=FARM, party="farm")
CRATE_CAME = observe("crate", 2, CRATE, step="receiving", place=SHOP, party="shop")
Where = tuple[str | None, str]


def lying(build: Build, story: Sequence[Occurrence], suspected: str = HONEY) -> dict[Where, float | None]:
    """How much of the honey lies where, in which status; the same when the story arrives backwards."""
    scope = sum_up(build, story, {}, suspect(suspected))
    assert lines(sum_up(build, list(reversed(story)), {}, suspect(suspected))) == lines(scope)
    its = [line for line in scope.lines if HONEY in line.keys]
    found: dict[Where, float | None] = {}
    for line in its:  # two parties at one place
        before = found.get((line.place, line.status), 0.0)
        found[line.place, line.status] = None if before is None or line.hold is None else before + line.hold
    return found


def where_is(build: Build, story: Sequence[Occurrence]) -> WhereNow | None:
    return the(ask(build, story, suspect(HONEY)), HONEY).where_now


def sent(to: str | None, amount: float, hour: float = 1) -> Occurrence:
    """Shipped from the farm, with a destination if one is told."""
    return observe(
        f"send {amount}",
        hour,
        some(HONEY, amount),
        step="shipping",
        read_point=FARM,
        to=() if to is None else (to,),
    )
