"""All passports of a store built ahead: once for all items of which the same events say the same.

Things that the same events name, each in the same role, and that are of one lot, could change places in all
of history without anybody noticing (decision 0002 knows of a thing only what events say of it). So what is on
record of one of them is on record of all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import text

from suyuan.api.passports.bodies import Kept
from suyuan.api.passports.kept import Passports, owner_of
from suyuan.api.passports.written import OWN, is_plain
from suyuan.api.records import LiveRecords
from suyuan.trace.errors import NotFound
from suyuan.trace.gs1 import Identifier, IdentifierError, identify, piece_of
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import newest_object
from suyuan.trace.store.passport_rows import Owner

_AT_ONCE = 50_000
_NAMED = text(
    "SELECT o.id, o.key, o.kind, i.sequence, i.role FROM object o JOIN incidence i ON i.object_id = o.id"
    " WHERE o.id > :after AND o.id <= :last ORDER BY o.id, i.sequence, i.role, i.position"
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was done: passports, and how many of them were built."""

    passports: int = 0
    built: int = 0


def prepare(passports: Passports, records: LiveRecords, reading: Reading) -> Iterator[Prepared]:
    """Build and store the passport of everything that events name; tells now and then how far it is.

    Nothing is asked of items of which another one's passport tells. Others take some milliseconds each.
    """
    newest = newest_object(reading)
    known: dict[tuple[object, ...], Kept | None] = {}
    count = built = 0
    for after in range(0, newest, _AT_ONCE):
        rows: list[tuple[Owner, Kept]] = []
        for identifier, said in _items(records, _things(reading, after)):
            group = (said, identifier.lot_key, identifier.product_key)
            kept = known.get(group) if identifier.kind == "item" else None
            if kept is None or not _changes_places(passports, kept, identifier):
                kept = _built(passports, identifier)
                built += kept is not None
                if kept is not None and kept.body.passport.serial == OWN:
                    known[group] = kept
            if kept is not None:
                rows.append((owner_of(identifier), kept))
        passports.store(rows)
        count += len(rows)
        yield Prepared(count, built)


def prepare_all(passports: Passports, records: LiveRecords, reading: Reading) -> Prepared:
    """The same to its end."""
    done = Prepared()
    for so_far in prepare(passports, records, reading):
        done = so_far
    return done


def _built(passports: Passports, identifier: Identifier) -> Kept | None:
    try:
        return passports.built(identifier)
    except NotFound:  # only declared wrong, or in conflict
        return None


def _changes_places(passports: Passports, kept: Kept, item: Identifier) -> bool:
    """Whether an item may have the passport of another one: nothing is told or decided of either alone."""
    if item.serial is None or not is_plain(item.serial) or item.key in kept.body.things:
        return False
    return passports.is_of(kept, owner_of(item))


def _things(reading: Reading, after: int) -> Iterator[tuple[str, str, tuple[tuple[int, int], ...]]]:
    """Key, kind, and what names it in which role, of some things."""
    last, key, kind, said = 0, "", "", list[tuple[int, int]]()
    for number, name, its_kind, sequence, role in reading.connection.execute(
        _NAMED, {"after": after, "last": after + _AT_ONCE}
    ):
        if number != last:
            if last:
                yield key, kind, tuple(said)
            last, key, kind, said = number, name, its_kind, []
        said.append((sequence, role))
    if last:
        yield key, kind, tuple(said)


def _items(
    records: LiveRecords, things: Iterator[tuple[str, str, tuple[tuple[int, int], ...]]]
) -> Iterator[tuple[Identifier, tuple[tuple[int, int], ...]]]:
    """Items under the link that labels have, with their lot; lots, units and products as they are."""
    found = [one for one in things if one[1] in ("item", "lot", "unit", "product")]
    lots = records.lots([key for key, kind, _ in found if kind == "item"])
    for key, _, said in found:
        try:
            identifier = identify(key)
            yield under_its_lot(identifier, lots.get(key)), said
        except IdentifierError:
            continue  # nothing that anybody could scan


def under_its_lot(item: Identifier, lot: str | None) -> Identifier:
    """An item as its label names it: with its lot. Anything else as it is."""
    if lot is None or item.kind != "item" or item.product_key is None or item.serial is None:
        return item
    of = identify(lot)
    if of.product_key != item.product_key:
        return item
    try:
        return piece_of(identify(item.product_key), lot=of.lot or "", serial=item.serial)
    except IdentifierError:
        return item
