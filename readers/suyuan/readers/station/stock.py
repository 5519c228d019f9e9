"""What is in store by the station's own records: what should be there, what to pick first, what is a ghost.

Pure but for :func:`pieces`, which reads the station's memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from suyuan.readers.station.amounts_inside import lots_by_unit
from suyuan.readers.station.connection import Connection
from suyuan.readers.station.memory import DEEPEST
from suyuan.readers.station.order import Particulars, Step
from suyuan.readers.station.places import LAST_PLACE
from suyuan.trace.gs1 import IdentifierError, identify

GONE = frozenset(
    {"in_transit", "sent_on", "retail_sold", "destroyed", "disposed", "stolen", "dispensed", "consumed"}
)
"""Dispositions of what is not here any more."""
SET_ASIDE = frozenset({"non_sellable_other", "returned", "recalled", "damaged", "expired", "non_conformant"})
"""Dispositions of what is here and must not be picked."""
SWEEPS = 3
"""After so many sweeps without a sight of it a thing is a ghost."""
MOST = 200_000
LOOKING_AROUND = frozenset({Step.COUNT, Step.PICK, Step.HOLD})
"""Steps that are judged against the whole store."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A thing that the station knows: ``expires`` its own or its lot's last day, ``missed`` sweeps.

    ``place`` is where in the store it was put, or the unit that it is in; empty where nobody told.
    ``amounts_of`` are the lots of which it, a unit, holds an amount, or a unit in it; where such a one has no
    disposition, it was packed here and did not leave.
    """

    key: str
    product_key: str | None
    lot_key: str | None = None
    expires: date | None = None
    disposition: str | None = None
    unit_key: str | None = None
    missed: int = 0
    place: str = ""
    amounts_of: frozenset[str] = frozenset()

    @property
    def here(self) -> bool:
        """Whether it should be here."""
        return self.disposition is not None and self.disposition not in GONE

    @property
    def pickable(self) -> bool:
        """Whether it is here and was not set aside."""
        return self.here and self.disposition not in SET_ASIDE


@dataclass(frozen=True, slots=True)
class Keeping(Particulars):
    """Of putting away: ``pickable`` false is a quarantined place, None says nothing. ``place`` names it."""

    place: str = ""
    pickable: bool | None = None


@dataclass(frozen=True, slots=True)
class Sweeping(Particulars):
    """Of a count of the store, or of one storage ``place`` of it: all that should be there is looked for."""

    place: str = ""


def pieces(db: Connection) -> list[Piece]:
    """Every single thing that the station's memory has, with its lot's last day where it has none itself.

    Units that hold amounts are among them even if they were only packed here and no disposition of them was
    ever told. Of others at most ``MOST``, those learned last. Call it by
    :meth:`suyuan.readers.station.outbox.Outbox.within`.
    """
    rows = db.execute(
        "SELECT k.key, k.lot_key, coalesce(k.expires, l.expires), k.disposition, k.unit_key,"  # noqa: S608 - our own names
        f" coalesce(m.sweeps, 0), coalesce(({LAST_PLACE}), '')"
        " FROM known k LEFT JOIN known l ON l.key = k.lot_key"
        " LEFT JOIN missed m ON m.key = k.key"
        " WHERE k.disposition IS NOT NULL OR k.key IN (SELECT unit_key FROM amounts_moved)"
        " ORDER BY k.learned DESC, k.key LIMIT ?",
        (MOST,),
    ).fetchall()
    found = _holding(list(_pieces(rows)), lots_by_unit(db))
    return _placed([one for one in found if one.disposition is not None or one.amounts_of])


def _pieces(rows: Iterable[Sequence[object]]) -> Iterator[Piece]:
    for key, lot, expires, disposition, unit, missed, place in rows:
        try:
            found = identify(str(key))
        except IdentifierError:
            continue  # the memory has other things too, such as production lines
        if found.kind in {"item", "unit"}:
            yield Piece(
                str(key),
                found.product_key,
                None if lot is None else str(lot),
                None if expires is None else date.fromisoformat(str(expires)),
                None if disposition is None else str(disposition),
                None if unit is None else str(unit),
                int(str(missed)),
                str(place),
            )


def _placed(found: list[Piece]) -> list[Piece]:
    """Each piece where it is, or else where the unit is that it is in; linear but for units in units."""
    known = {one.key: one for one in found}

    def place(one: Piece) -> str:
        for _ in range(DEEPEST):
            if one.place or one.unit_key is None or one.unit_key not in known:
                break
            one = known[one.unit_key]
        return one.place

    return [one if one.place or one.unit_key is None else replace(one, place=place(one)) for one in found]


def _holding(found: list[Piece], direct: Mapping[str, frozenset[str]]) -> list[Piece]:
    """Each unit with the lots of which there is an amount in it; linear but for units in units."""
    known = {one.key: one for one in found}
    inside: defaultdict[str, set[str]] = defaultdict(set)
    for key, lots in direct.items():
        unit: str | None = key if lots else None
        for _ in range(DEEPEST):
            if unit is None:
                break
            inside[unit] |= lots
            unit = known[unit].unit_key if unit in known else None
    holding = [replace(known.get(key, Piece(key, None)), amounts_of=frozenset(inside[key])) for key in inside]
    return [one for one in found if one.key not in inside] + holding


def expired(stock: Iterable[Piece], today: date) -> list[Piece]:
    """What lies where it is picked from although its last day is over; to be taken away."""
    return [one for one in stock if one.pickable and one.expires is not None and one.expires < today]


def ghosts(stock: Iterable[Piece], sweeps: int = SWEEPS) -> list[Piece]:
    """What should be here and was not seen in so many sweeps in a row."""
    return [one for one in stock if one.here and one.missed >= sweeps]


def pick_list(stock: Iterable[Piece], product_key: str, count: int, today: date) -> list[Piece]:
    """The pieces of a product to pick, first expired first; what is over or set aside is left. O(n log n)."""
    good = [
        one
        for one in stock
        if one.product_key == product_key and one.pickable and (one.expires is None or one.expires >= today)
    ]
    return sorted(good, key=_turn)[:count]


def passed_over(stock: Iterable[Piece], picked: Iterable[str], today: date) -> list[tuple[Piece, Piece]]:
    """For each product of which a later piece was picked: the earliest left in store, and that picked one."""
    taken = set(picked)
    known = {one.key: one for one in stock}
    left: dict[str | None, Piece] = {}
    for one in known.values():
        fit = one.key not in taken and one.pickable and one.expires is not None and one.expires >= today
        if fit and (one.product_key not in left or _turn(one) < _turn(left[one.product_key])):
            left[one.product_key] = one
    latest: dict[str | None, Piece] = {}
    for key in taken & known.keys():
        one = known[key]
        if one.expires is not None and (
            one.product_key not in latest or _turn(one) > _turn(latest[one.product_key])
        ):
            latest[one.product_key] = one
    return [
        (left[product], one)
        for product, one in sorted(latest.items(), key=lambda each: each[0] or "")
        if product in left and (left[product].expires or date.max) < (one.expires or date.min)
    ]


def _turn(one: Piece) -> tuple[date, str]:
    return one.expires or date.max, one.key
