"""Writing down what events say beyond the columns of evidence, in the transaction that captures them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from suyuan.trace.epcis.query_fields import LONGEST
from suyuan.trace.store.bulk import insert_rows, look_up
from suyuan.trace.store.field_tables import EventFieldRow, EventPathRow, EventPrefixRow


class FieldTold(NamedTuple):
    """A value of a field (:class:`suyuan.trace.epcis.query_fields.Stated`), a time in microseconds."""

    field: str
    text: str
    number: float | None
    moment: int | None


def store_fields(connection: Connection, told: Sequence[tuple[int, FieldTold]]) -> None:
    """Store the fields of new events, given with their sequence numbers.

    A look-up and two inserts at most, however many events there are.
    """
    paths = _path_ids(connection, (one.field for _, one in told))
    rows = {(paths[one.field], one.text, number): (one.number, one.moment) for number, one in told}
    # In the order of the primary key, so that the tree is filled from left to right.
    insert_rows(connection, _FIELD, [(*key, *rows[key]) for key in sorted(rows)])


_FIELD = (
    EventFieldRow.path_id,
    EventFieldRow.text,
    EventFieldRow.sequence,
    EventFieldRow.number,
    EventFieldRow.moment,
)


def _path_ids(connection: Connection, fields: Iterable[str]) -> dict[str, int]:
    wanted = list(dict.fromkeys(fields))
    ids: dict[str, int] = dict(look_up(connection, (EventPathRow.name, EventPathRow.id), wanted))
    new = [name for name in wanted if name not in ids]
    if new:
        first = (connection.execute(select(func.max(EventPathRow.id))).scalar() or 0) + 1
        ids.update((name, number) for number, name in enumerate(new, first))
        insert_rows(connection, (EventPathRow.id, EventPathRow.name), [(ids[name], name) for name in new])
    return ids


def store_prefixes(connection: Connection, pairs: Iterable[tuple[str, str]]) -> None:
    """Keep prefixes with their namespaces, a convenience of whoever asks; very long ones are not kept."""
    columns = EventPrefixRow.prefix, EventPrefixRow.namespace
    wanted = {pair for pair in pairs if len(pair[0]) + len(pair[1]) <= LONGEST}
    wanted.difference_update(look_up(connection, columns, sorted({prefix for prefix, _ in wanted})))
    insert_rows(connection, columns, sorted(wanted))
