"""A pass under judgement: what it is checked against, what a check finds, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeVar, cast

from suyuan.readers.station.config import Section
from suyuan.readers.station.despatch import NOTHING_COMES, Expected
from suyuan.readers.station.filtering import Burst
from suyuan.readers.station.identity import Identities, Identity
from suyuan.readers.station.knowledge import Blocked, Known
from suyuan.readers.station.memory import DEEPEST
from suyuan.readers.station.order import Order
from suyuan.readers.station.recall_task import NOTHING_ASKED, Tasks
from suyuan.readers.station.stock import Piece
from suyuan.readers.station.words import Message, State, listing

if TYPE_CHECKING:
    from suyuan.readers.station.steps.procedure import Procedure

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a step is checked against: the block list, the station's memory, the instant and the local day.

    ``sections`` are the tables of the station's file that parts of it read for themselves; ``coming`` what
    the platform says to be on its way. ``sources`` are the keys of what an object was made of, at any depth,
    ``contents`` those of the lots in a unit and ``inside`` those of the items and units in it, at any depth,
    all as far as the station remembers; ``loose`` are lots of which there is an amount in the unit itself.
    ``stock`` is all that it knows, for steps that look at the whole store; ``asked`` what the platform asks
    to be taken out of trade.
    """

    identities: Identities
    blocked: Callable[[str], Blocked | None]
    known: Callable[[str], Known]
    now: datetime
    today: date
    sections: Mapping[str, tuple[object, ...]] = field(default_factory=dict[str, tuple[object, ...]])
    coming: Expected = NOTHING_COMES
    sources: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    contents: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    stock: tuple[Piece, ...] = ()
    inside: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    asked: Tasks = NOTHING_ASKED
    loose: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    def made_of(self, key: str) -> frozenset[str]:
        """What ``key`` was made of, at any depth."""
        return self.sources.get(key, frozenset())

    def held_by(self, key: str) -> frozenset[str]:
        """What is inside the unit ``key``, at any depth."""
        return self.inside.get(key, frozenset())

    def units_around(self, key: str) -> Iterator[str]:
        """The units that ``key`` is in, the innermost first, at most ``DEEPEST``."""
        for _ in range(DEEPEST):
            unit = self.known(key).unit_key
            if unit is None:
                return
            yield unit
            key = unit

    def rows(self, section: Section[Row]) -> tuple[Row, ...]:
        """What the station's file says in that section."""
        return cast("tuple[Row, ...]", self.sections.get(section.name, ()))


class Effect(Enum):
    """What a finding does to the pass."""

    TOLD = auto()
    """It is recorded all the same, and marked."""
    ASIDE = auto()
    """Those that it is about do not belong to the pass: they are left out and not counted."""
    REFUSED = auto()
    """Those that it is about belong to it, but may not go on: they are left out."""
    WAITS = auto()
    """As it is now, nothing can be recorded; more may come that makes it right."""
    STOPPED = auto()
    """Nothing of the pass is recorded."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: its message, whom it is about, and what it does."""

    message: Message
    who: tuple[Identity, ...] = ()
    effect: Effect = Effect.TOLD

    @property
    def code(self) -> str:
        """The code of its message."""
        return self.message.code

    @property
    def epcs(self) -> tuple[str, ...]:
        """Whom it is about, as in events."""
        return tuple(i.epc for i in self.who)


def finding(code: str, who: Iterable[Identity], effect: Effect = Effect.TOLD, **fields: object) -> Finding:
    """A finding about ``who``, whose message counts and lists them."""
    named = tuple(who)
    listed = listing(tuple(i.epc for i in named))
    return Finding(
        Message(code, {"count": len(named), "epcs": listed, "tags": listed, **fields}), named, effect
    )


@dataclass(frozen=True, slots=True)
class Case:
    """One pass under judgement.

    ``found`` are the goods, read and typed, each once, without ``parent``, the unit packed into or unpacked
    from; ``foreign`` are identities of other kinds. ``units`` counts the units of which one had to be the
    parent and was not clear. ``lot_key`` is the lot that the order names, ``said`` the lots that goods have
    of themselves, by key.
    """

    procedure: Procedure
    order: Order
    burst: Burst
    around: Surroundings
    found: tuple[Identity, ...]
    foreign: tuple[Identity, ...]
    parent: Identity | None
    units: int | None
    lot_key: str | None
    said: Mapping[str, str]

    @property
    def reads_made(self) -> bool:
        """Whether what is read is being made here, and does not go in."""
        return self.procedure.makes and (not self.procedure.uses or self.order.reads_outputs)

    @property
    def made_lot(self) -> str | None:
        """The lot of the order, or the one lot that everything made here says of itself."""
        if self.lot_key is not None or not self.reads_made:
            return self.lot_key
        lots = {self.said.get(i.key) for i in self.found}
        return next(iter(lots)) if len(lots) == 1 else None

    def lot_of(self, who: Identity) -> str | None:
        """The lot of ``who``: on its label, else as remembered, else that of the order."""
        of_order = self.made_lot if not self.procedure.uses or self.order.reads_outputs else None
        known = self.around.known(who.key).lot_key
        return who.lot_key or known or (of_order if who.kind == "item" else None)

    def lots_of(self, who: Identity) -> frozenset[str]:
        """All lots that ``who`` may be of: that on the label, and the remembered one where it differs."""
        lots = {self.lot_of(who), self.around.known(who.key).lot_key}
        return frozenset(lot for lot in lots if lot is not None)


Check = Callable[[Case], Iterable[Finding]]
"""One check of a step. Those before it have taken aside what does not belong."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of one pass: ``taken`` is recorded, ``refused`` is not.

    ``parent`` is the unit packed into or unpacked from. ``lot_key`` is the lot of the order, or the one lot
    that everything made here says of itself. ``recorded`` is false where nothing may be recorded. ``chips``
    are the TIDs, in hexadecimal, of the tags that taken items were read from, where the reader tells them.
    ``case`` is what was judged.
    """

    state: State
    messages: tuple[Message, ...]
    taken: tuple[Identity, ...] = ()
    refused: tuple[Identity, ...] = ()
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    parent: Identity | None = None
    expected: int | None = None
    read: int = 0
    read_any: bool = False
    event_time: datetime | None = None
    lot_key: str | None = None
    recorded: bool = True
    chips: tuple[tuple[Identity, str], ...] = ()
    findings: tuple[Finding, ...] = ()
    case: Case | None = None
