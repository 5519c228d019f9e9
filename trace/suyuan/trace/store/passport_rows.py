"""Passports that are kept, as rows: read one by one, written many at once (decision 0034)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, text

from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.passport_tables import PassportBodyRow, PassportRow, PassportStateRow

_NAME = 16  # bytes


class Owner(NamedTuple):
    """The code of a passport: the key of the thing, and of the lot where the code names it too."""

    key: str
    lot: str


class Standing(NamedTuple):
    """Which body it is, and the newest evidence that it is sure to know."""

    body: bytes
    evidence: int


class Body(NamedTuple):
    """A body as it is stored."""

    content: bytes
    depends: bytes

    @property
    def name(self) -> bytes:
        """Under what it is stored: of its content, so that no name ever comes to mean another body.

        128 bits, because whoever writes what bodies say could look for two that share fewer.
        """
        return sha256(self.content + self.depends).digest()[:_NAME]


Ask = Callable[[str, Mapping[str, object]], "Sequence[Any] | None"]
"""Asks a store for one row: a statement with named places, and what stands in them."""

_ROW = "SELECT body, evidence FROM passport WHERE key = :key AND lot = :lot"
_BODY = "SELECT content, depends FROM passport_body WHERE name = :name"


def begin(writing: Writing, form: str, newest: int, *, anew: bool = False) -> int:
    """Up to where what is kept is true. What another form made is deleted, ``anew`` all; then as of now."""
    connection = writing.connection
    found = connection.execute(select(PassportStateRow.form, PassportStateRow.evidence)).first()
    if not anew and found is not None and found.form == form and found.evidence <= newest:
        return int(found.evidence)
    for table in (PassportRow, PassportBodyRow, PassportStateRow):
        connection.execute(delete(table))
    connection.execute(insert(PassportStateRow), {"number": 1, "form": form, "evidence": newest})
    return newest


def is_of(reading: Reading, form: str) -> bool:
    """Whether what is kept is of this form: another one may have begun anew since."""
    return reading.connection.execute(select(PassportStateRow.form)).scalar() == form


def asking(reading: Reading) -> Ask:
    """What asks through a unit of reading."""
    return lambda statement, values: reading.connection.execute(text(statement), values).first()


def standing(ask: Ask, owner: Owner) -> Standing | None:
    """What is kept for a code. One look-up."""
    row = ask(_ROW, owner._asdict())
    return None if row is None else Standing(bytes(row[0]), *row[1:])


def body(ask: Ask, name: bytes) -> Body | None:
    """A body by its name. One look-up."""
    row = ask(_BODY, {"name": name})
    return None if row is None else Body(*map(bytes, row))


def store(writing: Writing, form: str, bodies: Sequence[Body], rows: Mapping[Owner, tuple[int, int]]) -> None:
    """Keep ``rows`` (place in ``bodies``, evidence); none of what is untrue by now.

    Nor where another form has begun anew meanwhile.
    """
    connection = writing.connection
    state = connection.execute(select(PassportStateRow.form, PassportStateRow.evidence)).first()
    if state is None or state.form != form:
        return
    _store_bodies(writing, bodies)
    names = [one.name for one in bodies]
    fresh = {
        owner: (names[place], evidence)
        for owner, (place, evidence) in rows.items()
        if evidence >= state.evidence
    }
    for some in chunks(fresh):
        keys = {owner.key for owner in some}
        kept = select(PassportRow.key, PassportRow.lot).where(PassportRow.key.in_(sorted(keys)))
        there = {Owner(*row) for row in connection.execute(kept)} & set(some)
        for owner in there:
            gone = (PassportRow.key == owner.key) & (PassportRow.lot == owner.lot)
            connection.execute(delete(PassportRow).where(gone))
    if fresh:
        connection.execute(
            insert(PassportRow),
            [
                {"key": owner.key, "lot": owner.lot, "body": name, "evidence": evidence}
                for owner, (name, evidence) in fresh.items()
            ],
        )


def _store_bodies(writing: Writing, bodies: Sequence[Body]) -> None:
    new = {one.name: one for one in bodies}
    for some in chunks(new.copy()):
        known = select(PassportBodyRow.name).where(PassportBodyRow.name.in_(some))
        for name in writing.connection.execute(known).scalars():
            del new[bytes(name)]
    if new:
        writing.connection.execute(
            insert(PassportBodyRow),
            [{"name": name, "content": one.content, "depends": one.depends} for name, one in new.items()],
        )


def bodies(reading: Reading) -> Iterator[tuple[bytes, bytes]]:
    """Name and what it depends on, of every body."""
    rows = select(PassportBodyRow.name, PassportBodyRow.depends).order_by(PassportBodyRow.name)
    for row in reading.connection.execute(rows):
        yield row.name, row.depends


def declare(writing: Writing, evidence: int, untrue: Collection[bytes], keys: Iterable[str]) -> None:
    """Drop these bodies, their rows, and those of these things; what is left is true up to ``evidence``."""
    connection = writing.connection
    for some in chunks(sorted(untrue)):
        connection.execute(delete(PassportBodyRow).where(PassportBodyRow.name.in_(some)))
    if untrue:
        connection.execute(delete(PassportRow).where(PassportRow.body.not_in(select(PassportBodyRow.name))))
    for named in chunks(sorted(set(keys))):
        connection.execute(delete(PassportRow).where(PassportRow.key.in_(named)))
    connection.execute(
        text("UPDATE passport_state SET evidence = :evidence WHERE number = 1 AND evidence < :evidence"),
        {"evidence": evidence},
    )
