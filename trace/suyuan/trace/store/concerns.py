"""Whom an event concerns: filled at capture, so that sight (:mod:`suyuan.trace.store.sight`) need not guess.

``concern`` names, for every event, who captured it, the parties and places that hand over and take over
(EPCIS 2.0 §7.3.5.4, CBV 2.0 §7.4: owning_party, possessing_party, location), and where it happened, all as
told. Whose a place is, the register knows, and it may learn it later. ``passed`` says of which products and
lots an event of ``by`` told: what a receiver may look up at its origin.

Both follow from evidence alone and can be made anew from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, func, select

from suyuan.trace.epcis.build import event_from_body
from suyuan.trace.epcis.event import Event, TypedReference
from suyuan.trace.gs1 import IdentifierError, canonical_key, site
from suyuan.trace.lineage.digest import occurrence
from suyuan.trace.lineage.occurrence import Occurrence
from suyuan.trace.store.bulk import insert_rows, look_up
from suyuan.trace.store.columns import microseconds
from suyuan.trace.store.record_tables import ConcernedRow, ConcernRow, PassedRow
from suyuan.trace.store.tables import ContextRow, EvidenceRow

HANDS_OVER = ("owning_party", "possessing_party", "location")
MOST_NAMED = 50
"""Sources and destinations of one event that count: no honest hand-over has more, and each costs rows."""
_TRADE_ITEM = "https://id.gs1.org/01/"
_GTIN_END = len(_TRADE_ITEM) + 14
_OWN_PRODUCT = "/own/product/"


class Told(NamedTuple):
    """What one stored event tells of whom it concerns (:func:`concerned`) and of which goods (:func:`goods`).

    Times are in microseconds.
    """

    sequence: int
    time: int
    record_time: int
    concerned: Sequence[str]
    goods: Collection[str]


def party_key(party: str) -> str:
    """The canonical key of a party, or the text itself where it is no identifier of ours."""
    try:
        return canonical_key(party)
    except IdentifierError:
        return party


def concerned(event: Event, seen: Occurrence) -> tuple[str, ...]:
    """The keys of everybody and every place that an event concerns, the capturing party first."""
    if not event.source_list and not event.destination_list:
        return _remembered(seen.party, (), seen.biz_location, seen.read_point)
    ends: list[TypedReference] = [*event.source_list, *event.destination_list]
    named = [party_key(end.id) for end in ends if end.type in HANDS_OVER][:MOST_NAMED]
    return _everybody(seen.party, named, seen.biz_location, seen.read_point)


def _everybody(
    party: str, named: Sequence[str], biz_location: str | None, read_point: str | None
) -> tuple[str, ...]:
    places = [place for place in (biz_location, read_point) if place is not None]
    keys = (party_key(party), *named, *places)
    return tuple(dict.fromkeys(one for key in keys for one in (key, site(key))))


_remembered = lru_cache(maxsize=1024)(_everybody)  # most events hand nothing over, and are at few places


def goods(seen: Occurrence) -> frozenset[str]:
    """Products and lots that an event tells of; the empty key stands for the event having told anything."""
    found = {"", *(lot for _, lot in seen.lot_of)}
    for holdings in (seen.what, seen.children, seen.inputs, seen.outputs):
        for holding in holdings:
            found.add(_product(holding.key))
            if holding.is_class:
                found.add(holding.key)
    return frozenset(found)


def stored_events(connection: Connection, after: int, limit: int = 1000) -> Sequence[Told]:
    """Evidence after a sequence number, in order: for making concerns anew."""
    statement = (
        select(
            EvidenceRow.sequence,
            EvidenceRow.key,
            EvidenceRow.party,
            EvidenceRow.record_time,
            EvidenceRow.body,
            ContextRow.entries,
        )
        .outerjoin(ContextRow, ContextRow.id == EvidenceRow.context_id)
        .where(EvidenceRow.sequence > after)
        .order_by(EvidenceRow.sequence)
        .limit(limit)
    )
    found: list[Told] = []
    for sequence, key, party, record_time, body, entries in connection.execute(statement):
        event = event_from_body(orjson.loads(body), tuple(entries or ()))
        seen = occurrence(event, evidence=key, party=party, record_time=record_time)
        times = microseconds(event.event_time), microseconds(record_time)
        found.append(Told(sequence, *times, concerned(event, seen), goods(seen)))
    return found


def store_concerns(connection: Connection, stored: Sequence[Told]) -> None:
    """Write down whom new evidence concerns. A few statements per 500 keys, one insert per table."""
    ids = _ids(connection, (key for told in stored for key in told.concerned))
    rows = [
        (ids[key], told.time, told.sequence, told.record_time) for told in stored for key in told.concerned
    ]
    insert_rows(connection, _CONCERN, rows)
    _store_passed(connection, stored, ids)


_CONCERN = (ConcernRow.concerned_id, ConcernRow.event_time, ConcernRow.sequence, ConcernRow.record_time)


def _store_passed(connection: Connection, stored: Iterable[Told], ids: Mapping[str, int]) -> None:
    by_party: dict[int, set[tuple[int, str]]] = {}
    for told in stored:
        by, *others = told.concerned
        by_party.setdefault(ids[by], set()).update((ids[key], good) for key in others for good in told.goods)
    for by_id, pairs in by_party.items():
        wanted = sorted({good for _, good in pairs})
        known = look_up(connection, (PassedRow.key, PassedRow.concerned_id), wanted, {PassedRow.by_id: by_id})
        pairs.difference_update((number, key) for key, number in known)
        rows = [(number, by_id, key) for number, key in sorted(pairs)]
        insert_rows(connection, (PassedRow.concerned_id, PassedRow.by_id, PassedRow.key), rows)


def _ids(connection: Connection, keys: Iterable[str]) -> dict[str, int]:
    wanted = list(dict.fromkeys(keys))
    ids: dict[str, int] = dict(look_up(connection, (ConcernedRow.key, ConcernedRow.id), wanted))
    new = [key for key in wanted if key not in ids]
    if new:
        first = (connection.execute(select(func.max(ConcernedRow.id))).scalar() or 0) + 1
        ids.update((key, number) for number, key in enumerate(new, first))
        insert_rows(connection, (ConcernedRow.id, ConcernedRow.key), [(ids[key], key) for key in new])
    return ids


def _product(key: str) -> str:
    """The product of a canonical key, cut out of it; nothing of a key that names none."""
    if key.startswith(_TRADE_ITEM):
        return key[:_GTIN_END]
    namespace, own, rest = key.partition(_OWN_PRODUCT)
    return f"{namespace}{own}{rest.partition('/')[0]}" if own else ""
