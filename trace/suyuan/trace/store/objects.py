"""Dense private ids for canonical keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, func, select

from suyuan.trace.gs1 import Identifier
from suyuan.trace.store.bulk import insert_rows, look_up
from suyuan.trace.store.tables import ObjectRow

IN_CHUNK = 500  # values per IN list: enough to make round trips few, few enough for every database
Value = TypeVar("Value")
TAIL = 24  # characters of a code that can be searched from its end


class ObjectTold(NamedTuple):
    """What a canonical key says of its object."""

    kind: str
    code: str
    tail: str


def object_told(identifier: Identifier) -> ObjectTold:
    """The columns of an object that follow from what names it."""
    code = code_of(identifier)
    return ObjectTold(identifier.kind, code, tail_of(code))


def object_ids(connection: Connection, told: Mapping[str, ObjectTold]) -> dict[str, int]:
    """The id of every key; new keys get the next ids in the order given, so that a case is a range.

    One statement per 500 keys to look up and one to insert.
    """
    ids: dict[str, int] = dict(look_up(connection, (ObjectRow.key, ObjectRow.id), told))
    new = [key for key in told if key not in ids]
    if new:
        first = (connection.execute(select(func.max(ObjectRow.id))).scalar() or 0) + 1
        ids.update((key, number) for number, key in enumerate(new, first))
        insert_rows(connection, _COLUMNS, [(ids[key], key, *told[key]) for key in new])
    return ids


def chunks(values: Iterable[Value], size: int = IN_CHUNK) -> Iterator[Sequence[Value]]:
    """``values`` in lists of at most ``size``."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


def code_of(identifier: Identifier) -> str:
    """What people read off a label: serial, lot or SSCC, else the key's own value; case-folded."""
    if identifier.own:
        return identifier.own[-1][1].casefold()
    if not identifier.ais:
        return identifier.key.casefold()
    finest = identifier.serial or identifier.lot or identifier.sscc or identifier.ais[0][1]
    return finest.casefold()


def tail_of(code: str) -> str:
    """The end of a code, reversed."""
    return code[: -TAIL - 1 : -1]


_COLUMNS = (ObjectRow.id, ObjectRow.key, ObjectRow.kind, ObjectRow.code, ObjectRow.tail)
