"""Chips on objects: a chip is on one object at a time, and stays there until who put it there says otherwise.

Nobody moves a chip that another party has put on something: whoever read its number could else make the
genuine goods look like a copy.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import insert, or_, select, update

from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.tag_tables import TagBindingRow


class ChipKind(StrEnum):
    """What a chip can do: ``SUN`` signs each tap, ``NFC`` and ``UHF`` have a number of their own only."""

    SUN = "sun"
    NFC = "nfc"
    UHF = "uhf"


@dataclass(frozen=True, slots=True)
class Binding:
    """A chip (its UID or serialised TID, upper hexadecimal) on the object ``key``, by the word of ``party``.

    ``evidence`` is the eventID that told it, or the account that entered it.
    """

    key: str
    chip: str
    kind: ChipKind
    party: str
    since: datetime
    evidence: str
    until: datetime | None = None


class Bound(StrEnum):
    """What came of :func:`bind`: entered, known already, or refused because of another party's word."""

    NEW = "new"
    KNOWN = "known"
    TAKEN = "taken"


def bind(writing: Writing, binding: Binding) -> Bound:
    """Enter that a chip is on an object, and end where its party had it before.

    What is told late (``since`` before the binding in force) is entered as having ended when that began.
    """
    row = TagBindingRow
    standing = writing.connection.execute(
        select(row.id, row.key, row.party, row.since).where(row.chip == binding.chip, row.until.is_(None))
    ).one_or_none()
    until = binding.until
    if standing is not None and standing.key == binding.key:
        return Bound.KNOWN
    if standing is not None and standing.party != binding.party:
        return Bound.TAKEN
    if standing is not None and binding.since < standing.since:
        until = standing.since
    elif standing is not None:
        writing.connection.execute(update(row).where(row.id == standing.id).values(until=binding.since))
    told = {
        "key": binding.key,
        "chip": binding.chip,
        "kind": binding.kind.value,
        "party": binding.party,
        "since": binding.since,
        "until": until,
        "evidence": binding.evidence,
    }
    writing.connection.execute(insert(row), told)
    return Bound.NEW


def unbind(writing: Writing, chip: str, *, party: str, at: datetime) -> bool:
    """End where ``party`` had a chip; False where it had it nowhere."""
    row = TagBindingRow
    ended = writing.connection.execute(
        update(row)
        .where(row.chip == chip, row.party == party, row.until.is_(None))
        .values(until=at)
        .returning(row.id)
    )
    return ended.first() is not None


def signs(writing: Writing, chip: str) -> None:
    """Note that a chip has signed a tap: who reads only its number cannot tell that it can."""
    row = TagBindingRow
    writing.connection.execute(
        update(row).where(row.chip == chip, row.kind == ChipKind.NFC.value).values(kind=ChipKind.SUN.value)
    )


def bindings_of_keys(reading: Reading, keys: Collection[str]) -> Sequence[Binding]:
    """The chips that are or were on these objects, the latest first."""
    found: list[Binding] = []
    for chunk in chunks(keys):
        rows = reading.connection.execute(select(*_COLUMNS).where(TagBindingRow.key.in_(chunk)))
        found.extend(_binding(*row) for row in rows)
    return sorted(found, key=lambda one: one.since, reverse=True)


def bindings_of_chip(reading: Reading, chip: str, *, at: datetime | None = None) -> Sequence[Binding]:
    """Where a chip is or was, the latest first; with ``at`` only where it was then."""
    row = TagBindingRow
    wanted = select(*_COLUMNS).where(row.chip == chip).order_by(row.since.desc(), row.id.desc())
    if at is not None:
        wanted = wanted.where(row.since <= at, or_(row.until.is_(None), row.until > at))
    return [_binding(*found) for found in reading.connection.execute(wanted)]


_COLUMNS = (
    TagBindingRow.key,
    TagBindingRow.chip,
    TagBindingRow.kind,
    TagBindingRow.party,
    TagBindingRow.since,
    TagBindingRow.evidence,
    TagBindingRow.until,
)


def _binding(
    key: str, chip: str, kind: str, party: str, since: datetime, evidence: str, until: datetime | None
) -> Binding:
    return Binding(key, chip, ChipKind(kind), party, since, evidence, until)
