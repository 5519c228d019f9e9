"""Chips on objects: a chip is on one object at a time, and stays there until who put it there says otherwise.

Nobody moves a chip that another party has put on something: whoever read its number could else make the
genuine goods look like a copy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update

from suyuan.trace.store.bulk import look_up
from suyuan.trace.store.columns import instant
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
    return bind_all(writing, [binding])[0]


def bind_all(writing: Writing, bindings: Sequence[Binding]) -> Sequence[Bound]:
    """:func:`bind` for one after the other, in a few statements however many they are."""
    row = TagBindingRow
    columns = (row.chip, row.id, row.key, row.party, row.since)
    chips = dict.fromkeys(one.chip for one in bindings)
    standing: dict[str, dict[str, Any]] = {
        chip: {"id": number, "key": key, "party": party, "since": instant(since)}
        for chip, number, key, party, since in look_up(writing.connection, columns, chips, {row.until: None})
    }
    ended: list[tuple[int, datetime | None]] = []
    new: list[dict[str, Any]] = []
    came: list[Bound] = []
    for one in bindings:
        before = standing.get(one.chip)
        if before is not None and before["key"] == one.key:
            came.append(Bound.KNOWN)
            continue
        if before is not None and before["party"] != one.party:
            came.append(Bound.TAKEN)
            continue
        told = {**asdict(one), "kind": one.kind.value}
        if before is not None and one.since < before["since"]:
            told["until"] = before["since"]
        else:
            if before is not None:
                before["until"] = one.since
                if "id" in before:
                    ended.append((before["id"], one.since))
            standing.pop(one.chip, None)
            if one.until is None:
                standing[one.chip] = told
        new.append(told)
        came.append(Bound.NEW)
    _end(writing, ended)
    if new:
        writing.connection.execute(insert(row), new)
    return came


def take_back(writing: Writing, chips: Iterable[str], *, party: str, evidence: Collection[str]) -> None:
    """What ``party`` told of ``chips`` by ``evidence`` was never so; what it had ended goes on."""
    row = TagBindingRow
    columns = (row.chip, row.id, row.since, row.until, row.evidence)
    of_chip: dict[str, list[_Held]] = {}
    for chip, *held in look_up(writing.connection, columns, chips, {row.party: party}):
        of_chip.setdefault(chip, []).append(_Held(*held))
    changed: dict[int, _Held] = {}
    for rows in of_chip.values():
        rows.sort(key=lambda one: (one.since, one.id))
        for wrong in [one for one in rows if one.evidence in evidence and one.until != one.since]:
            ended = [one for one in rows if one.until == wrong.since and one.since < wrong.since][-1:]
            for one in ended:
                one.until = wrong.until
            wrong.until = wrong.since
            changed |= {one.id: one for one in (wrong, *ended)}
    # A chip is on one object at a time: first what ends, then what goes on.
    _end(writing, [(one.id, instant(one.until)) for one in changed.values() if one.until is not None])
    _end(writing, [(one.id, None) for one in changed.values() if one.until is None])


def _end(writing: Writing, ends: Sequence[tuple[int, datetime | None]]) -> None:
    """Let the rows of these ids end then, or be in force."""
    if ends:
        row = TagBindingRow
        done = update(row).where(row.id == bindparam("ended")).values(until=bindparam("at"))
        writing.connection.execute(done, [{"ended": number, "at": at} for number, at in ends])


@dataclass(slots=True)
class _Held:
    """Where a chip is or was; times are in microseconds."""

    id: int
    since: int
    until: int | None
    evidence: str


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
