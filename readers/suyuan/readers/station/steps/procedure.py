"""How one step is done: the columns of the table of steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from suyuan.readers.station.identity import Identities
from suyuan.readers.station.knowledge import Lesson
from suyuan.readers.station.order import Order, Particulars, Step
from suyuan.readers.station.steps.case import Case, Check, Judgement

Role = Literal["operator", "qa", "supervisor"]
Shape = Callable[[Order, Judgement], dict[str, Any] | None]
"""The event that an order makes of what was taken, with its type and its lists; None: there is nothing to
tell. What it says itself, say of ``bizStep``, stands above the procedure's words."""
Teaching = Callable[[Order, Judgement, Identities], Iterable[Lesson]]

EVERYBODY: frozenset[Role] = frozenset({"operator", "qa", "supervisor"})
GOODS = frozenset({"item", "lot", "unit"})
STOPPED = frozenset({"held", "recalled", "expired"})


def _by_the_order(case: Case) -> bool:
    del case
    return False


def _nothing(order: Order, judged: Judgement, identities: Identities) -> Iterable[Lesson]:
    del order, judged, identities
    return ()


@dataclass(frozen=True, slots=True)
class Procedure:
    """One row of the table of steps.

    Args:
        step: which.
        row: its letter among the workflows of a station, A to M.
        biz_step: the CBV word for what is done.
        disposition: the CBV word for how the objects are afterwards, or None where that is not told; an
            order may say another.
        shape: the event.
        checks: what a pass is checked for, in this order.
        teaches: what the station remembers once the event is stored.
        refuses: states of an object that keep it out. Steps that put goods on their way or into others
            refuse; the others record what is a fact anyhow (a held pallet has arrived) and say stop.
        whole: one object that is kept out stops all.
        kinds: what it takes of what is read.
        roles: who may do it.
        contains: it is about a unit and its contents.
        makes: something is made, whose master data stand in the event.
        uses: goods go into others.
        leaves: the goods are not at the station's place afterwards.
        particulars: what its order says beside the common fields, if anything.
        compares: whether its checks know what should be here although the order does not say it.
    """

    step: Step
    row: str
    biz_step: str
    disposition: str | None
    shape: Shape
    checks: tuple[Check, ...]
    teaches: Teaching = _nothing
    refuses: frozenset[str] = frozenset()
    whole: bool = False
    kinds: frozenset[str] = GOODS
    roles: frozenset[Role] = EVERYBODY
    contains: bool = False
    makes: bool = False
    uses: bool = False
    leaves: bool = False
    particulars: type[Particulars] | None = None
    compares: Callable[[Case], bool] = _by_the_order
