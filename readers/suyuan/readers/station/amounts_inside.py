"""How much of which lots units hold, goods without serial numbers: a ledger of what went in and out.

Which lots are inside follows from the ledger by the law of tracing (decision 0002, §3, class children), so
that the station and the platform say the same: what goes in begins or adds, what comes out of it in the
same measure is taken off, and nothing is left once that falls to zero, once the lot is named without an
amount, or once all is taken out. An amount that nobody told, or that was told in another measure, leaves it
open how much is left.

Functions over a connection, inside the transactions of :mod:`suyuan.readers.station.journal`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from suyuan.readers.station.amounts import amount_of
from suyuan.readers.station.connection import Connection
from suyuan.readers.station.knowledge import Moved, Way
from suyuan.trace.epcis.event import QuantityElement

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS amounts_moved(
        id INTEGER PRIMARY KEY, unit_key TEXT NOT NULL, way TEXT NOT NULL, lot_key TEXT, quantity TEXT,
        measure TEXT NOT NULL, learned TEXT NOT NULL) STRICT""",
    "CREATE INDEX IF NOT EXISTS amounts_of_unit ON amounts_moved(unit_key, id)",
)
_NOTHING_LEFT = Decimal("1e-9")
_AT_ANY_DEPTH = """WITH RECURSIVE inside(key) AS (
        VALUES (?)
        UNION SELECT known.key FROM known JOIN inside ON known.unit_key = inside.key)
    SELECT m.unit_key, m.way, m.lot_key, m.quantity, m.measure
        FROM inside JOIN amounts_moved m ON m.unit_key = inside.key ORDER BY m.id"""
_FORGOTTEN = """DELETE FROM amounts_moved WHERE unit_key NOT IN (SELECT key FROM known)
    AND unit_key NOT IN (SELECT unit_key FROM amounts_moved WHERE lot_key IN (SELECT key FROM known))
    AND unit_key IN (SELECT unit_key FROM amounts_moved GROUP BY unit_key HAVING max(learned) < ?)"""


def moved(way: Way, lot_key: str, element: QuantityElement | None = None) -> Moved:
    """That an amount went ``way``; without an element, or a number in it, nobody knows how much."""
    if element is None or element.quantity is None:
        return Moved(way, lot_key)
    told = amount_of(element)
    if told is None:
        return Moved(way, lot_key, Decimal(str(element.quantity)), element.uom or "")
    return Moved(way, lot_key, told.value, told.dimension)


def note(db: Connection, unit_key: str, moves: Sequence[Moved], learned: str) -> None:
    """Enter what an event told of a unit."""
    for each in moves:
        quantity = None if each.quantity is None else str(each.quantity)
        db.execute(
            "INSERT INTO amounts_moved(unit_key, way, lot_key, quantity, measure, learned)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (unit_key, each.way, each.lot_key, quantity, each.measure, learned),
        )


def take_back(db: Connection, unit_key: str, learned: str) -> None:
    """Take out of the ledger what an event told; what others told, before or since, stands."""
    db.execute("DELETE FROM amounts_moved WHERE unit_key = ? AND learned = ?", (unit_key, learned))


def forget(db: Connection, before: str) -> None:
    """Let go what is told of units that the station has forgotten, with the lots in them, long ago."""
    db.execute(_FORGOTTEN, (before,))


def lots_inside(db: Connection, unit_key: str) -> dict[str, frozenset[str]]:
    """The lots of which there is some in the unit and in units in it, at any depth, by unit.

    Linear in the ledger.
    """
    by_unit: dict[str, list[Moved]] = {}
    for unit, *told in db.execute(_AT_ANY_DEPTH, (unit_key,)).fetchall():
        by_unit.setdefault(unit, []).append(_read(*told))
    return {unit: frozenset(left_of(moves)) for unit, moves in by_unit.items()}


def lots_by_unit(db: Connection) -> dict[str, frozenset[str]]:
    """The lots of which there is some in each unit itself, not in units in it. Linear in the ledger."""
    by_unit: dict[str, list[Moved]] = {}
    every = "SELECT unit_key, way, lot_key, quantity, measure FROM amounts_moved ORDER BY id"
    for unit, *told in db.execute(every).fetchall():
        by_unit.setdefault(unit, []).append(_read(*told))
    return {unit: frozenset(left_of(moves)) for unit, moves in by_unit.items()}


def _read(way: Way, lot_key: str | None, quantity: str | None, measure: str) -> Moved:
    return Moved(way, lot_key, None if quantity is None else Decimal(quantity), measure)


def left_of(moves: Iterable[Moved]) -> dict[str, tuple[Decimal, str] | None]:
    """What is left of each lot after ``moves``, with its measure; None: some, and nobody knows how much."""
    left: dict[str, tuple[Decimal, str] | None] = {}
    for each in moves:
        lot, told = each.lot_key, None if each.quantity is None else (each.quantity, each.measure)
        if lot is None:
            left.clear()
        elif each.way == "out":
            _take(left, lot, told)
        elif lot not in left:
            left[lot] = told
        elif each.way == "in":
            before = left[lot]
            same = told is not None and before is not None and told[1] == before[1]
            left[lot] = (before[0] + told[0], told[1]) if same and told and before else None
    return left


def _take(left: dict[str, tuple[Decimal, str] | None], lot: str, told: tuple[Decimal, str] | None) -> None:
    before = left.get(lot)
    if told is None:
        left.pop(lot, None)
    elif before is not None and before[1] == told[1]:
        rest = before[0] - told[0]
        if rest <= _NOTHING_LEFT:
            del left[lot]
        else:
            left[lot] = (rest, told[1])
