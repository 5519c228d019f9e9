"""What is done in a trade, before anybody tells of it: one deed is what one EPCIS event will say.

Things are named by series and number (:mod:`suyuan.simulator.trade.numbering`), so that two thousand items
commissioned together are one :class:`Mention`. Times are milliseconds since 1970, UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOWHERE = -1
"""Instead of a site: on the road, or nobody knows."""
_VARIANTS = 4


def event_number(deed: int, variant: int = 0) -> int:
    """The number of the event that tells a deed; other variants tell it wrongly, or where it was not."""
    return deed * _VARIANTS + variant


class Act(IntEnum):
    """What is done; its place is also the number of the read point at which it is told."""

    GROW = 1
    FILL = 2  # a crate
    PACK = 3
    UNPACK = 4
    MAKE = 5
    SHIP = 6
    RECEIVE = 7
    STORE = 8
    SELL = 9
    DESTROY = 10
    NUMBER = 11  # items get numbers of their own


class Role(IntEnum):
    """In which list of the event something stands."""

    WHAT = 0
    PARENT = 1
    CHILD = 2
    INPUT = 3
    OUTPUT = 4


@dataclass(frozen=True, slots=True)
class Mention:
    """``count`` things in a row, or of a lot ``amount``: pieces, or thousandths of ``uom``.

    ``amount`` None: a thing with a number of its own, or a lot of which no amount is stated.
    """

    role: Role
    series: int
    first: int
    count: int = 1
    amount: int | None = None
    uom: str | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """What an event says of the lot that it brings about; days are days since 1970, local."""

    series: int
    number: int
    produced: int
    best_before: int


@dataclass(frozen=True, slots=True)
class Deed:
    """``number``: in the order of what is done. ``source`` and ``target``: sites, of what goes or comes.

    ``transformation``: number of a transformation told by two deeds; 0: it is told by one. ``celsius``: the
    lowest and highest temperature of what is cooled.
    """

    number: int
    at: int
    site: int
    act: Act
    mentions: tuple[Mention, ...]
    source: int = NOWHERE
    target: int = NOWHERE
    brought: Brought | None = None
    transformation: int = 0
    celsius: tuple[float, float] | None = None


@dataclass(slots=True)
class Lot:
    """A lot as it really is; two with one number are a lot and what was sold under its name.

    ``items``: series of the numbers that its pieces bear, or -1. ``affected``: something of the incident's
    lots is in it, by ``share`` of its mass; ``alive``: and can make people ill.
    """

    goods: str
    series: int
    number: int
    items: int
    made: int
    last: int
    amount: int
    affected: bool = False
    share: float = 0.0
    alive: bool = False


@dataclass(frozen=True, slots=True)
class Crate:
    """A crate that comes back to the site whose it is."""

    series: int
    number: int
    home: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """Some of a lot, loose or in a crate; of a lot with items ``amount`` of them from ``first`` on."""

    lot: Lot
    amount: int
    first: int = -1
    crate: Crate | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """Items of one lot in a case."""

    series: int
    number: int
    goods: Parcel


@dataclass(frozen=True, slots=True)
class Pallet:
    """Cases of one lot on a pallet, numbered in a row."""

    series: int
    number: int
    cases: tuple[Case, ...]


Load = tuple["Parcel | Case | Pallet", ...]


def parcels(load: Load) -> tuple[Parcel, ...]:
    """What is in it, packed or not."""
    found: list[Parcel] = []
    for piece in load:
        if isinstance(piece, Pallet):
            found += [case.goods for case in piece.cases]
        else:
            found.append(piece.goods if isinstance(piece, Case) else piece)
    return tuple(found)


@dataclass(slots=True)
class Books:
    """Mass in milligrams: what came into the trade, what left it, and on which grounds.

    grown + unrecorded = lost + sold + destroyed + vanished + what is held at the end.
    """

    grown: int = 0
    unrecorded: int = 0  # put in by fraud
    lost: int = 0  # in processes
    sold: int = 0
    destroyed: int = 0
    vanished: int = 0  # on the road
    lots: int = 0  # brought about, no mass
