"""Writing down what events say beyond the columns of evidence, in the transaction that captures them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, func, select

from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.query_fields import LONGEST, Names, Stated, stated
from suyuan.trace.store.bulk import insert_rows
from suyuan.trace.store.columns import microseconds
from suyuan.trace.store.field_tables import EventFieldRow, EventPathRow, EventPrefixRow
from suyuan.trace.store.objects import chunks


def store_fields(connection: Connection, events: Sequence[tuple[int, Event]]) -> None:
    """Store the fields of new events, given with their sequence numbers.

    Two look-ups and an insert per table, however many events there are.
    """
    names: dict[int, Names] = {}  # of documents: their events share one context
    told: list[tuple[int, Stated]] = []
    for sequence, event in events:
        of_context = names.get(id(event.context))
        if of_context is None:
            of_context = names[id(event.context)] = Names(event.context)
        told.extend((sequence, one) for one in stated(event, of_context))
    if not told:
        return
    paths = _path_ids(connection, (one.field for _, one in told))
    rows = {
        (paths[one.field], one.text, sequence): (
            one.number,
            None if one.moment is None else microseconds(one.moment),
        )
        for sequence, one in told
    }
    # In the order of the primary key, so that the tree is filled from left to right.
    insert_rows(connection, _FIELD, [(*key, *rows[key]) for key in sorted(rows)])
    _store_prefixes(connection, {pair for each in names.values() for pair in each.used})


_FIELD = (
    EventFieldRow.path_id,
    EventFieldRow.text,
    EventFieldRow.sequence,
    EventFieldRow.number,
    EventFieldRow.moment,
)


def _path_ids(connection: Connection, fields: Iterable[str]) -> dict[str, int]:
    wanted = list(dict.fromkeys(fields))
    ids: dict[str, int] = {}
    for chunk in chunks(wanted):
        rows = connection.execute(
            select(EventPathRow.name, EventPathRow.id).where(EventPathRow.name.in_(chunk))
        )
        ids.update((name, number) for name, number in rows)
    new = [name for name in wanted if name not in ids]
    if new:
        first = (connection.execute(select(func.max(EventPathRow.id))).scalar() or 0) + 1
        ids.update((name, number) for number, name in enumerate(new, first))
        insert_rows(connection, (EventPathRow.id, EventPathRow.name), [(ids[name], name) for name in new])
    return ids


def _store_prefixes(connection: Connection, pairs: set[tuple[str, str]]) -> None:
    """Prefixes are a convenience of whoever asks: very long ones are not kept."""
    wanted = {pair for pair in pairs if len(pair[0]) + len(pair[1]) <= LONGEST}
    for chunk in chunks(sorted({prefix for prefix, _ in wanted})):
        known = select(EventPrefixRow.prefix, EventPrefixRow.namespace).where(
            EventPrefixRow.prefix.in_(chunk)
        )
        wanted.difference_update((prefix, namespace) for prefix, namespace in connection.execute(known))
    insert_rows(connection, (EventPrefixRow.prefix, EventPrefixRow.namespace), sorted(wanted))
