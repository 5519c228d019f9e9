"""What was stored last of all that a passport follows from: one look-up tells whether anything is new."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import func, select, text

from suyuan.trace.store.accounts import heard_among
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.record_tables import EntryRow, LotDocumentRow
from suyuan.trace.store.tables import EvidenceRow, IncidenceRow, ObjectRow, VocabularyRow


class Latest(NamedTuple):
    """Numbers that rise: evidence, decisions, master data told, entries and documents, second names."""

    evidence: int = 0
    decisions: int = 0
    told: int = 0
    register: int = 0
    aliases: int = 0

    @classmethod
    def of(cls, row: Iterable[Any]) -> Latest:
        """As :data:`LATEST` tells it."""
        return cls(*(int(value or 0) for value in row))

    @property
    def names(self) -> tuple[int, int, int]:
        """Those of master data."""
        return self.told, self.register, self.aliases


LATEST = (
    "SELECT (SELECT max(sequence) FROM evidence), (SELECT max(sequence) FROM decision),"
    " (SELECT max(id) FROM vocabulary), (SELECT value FROM setting WHERE name = 'register-decisions'),"
    " (SELECT value FROM setting WHERE name = 'alias-version')"
)
_LATEST = text(LATEST)


def latest(reading: Reading) -> Latest:
    """Where a store stands."""
    return Latest.of(reading.connection.execute(_LATEST).one())


def fingerprint(reading: Reading, names: Iterable[str]) -> str:
    """What is told of these keys, who answers for them, and their documents, as one word: alike if equal.

    Also which of them are parties of officers and of who runs the platform. Three statements per 500 keys and
    one more. Of second names it tells nothing: those have their version.
    """
    names = set(names)
    found: list[tuple[object, ...]] = list(heard_among(reading, names))
    for some in chunks(sorted(names)):
        told = select(VocabularyRow.key, func.max(VocabularyRow.id)).group_by(VocabularyRow.key)
        entries = select(
            EntryRow.key, EntryRow.owner, EntryRow.party, EntryRow.state, EntryRow.created, EntryRow.decided
        )
        papers = select(LotDocumentRow.lot, func.count(), func.count(LotDocumentRow.withdrawn))
        for statement in (
            told.where(VocabularyRow.key.in_(some)).order_by(VocabularyRow.key),
            entries.where(EntryRow.key.in_(some)).order_by(EntryRow.key),
            papers.where(LotDocumentRow.lot.in_(some))
            .group_by(LotDocumentRow.lot)
            .order_by(LotDocumentRow.lot),
        ):
            found.extend(tuple(row) for row in reading.connection.execute(statement))
    return sha256(repr(found).encode()).hexdigest()[:32]


def named_beside(
    reading: Reading, transformations: Collection[str], event_ids: Collection[str]
) -> frozenset[str]:
    """The keys that events of these transformations name, and all events of these ids."""
    keys: set[str] = set()
    for column, values in (
        (EvidenceRow.transformation_id, transformations),
        (EvidenceRow.event_id, event_ids),
    ):
        for some in chunks(sorted(values)):
            named = (
                select(ObjectRow.key)
                .join(IncidenceRow, IncidenceRow.object_id == ObjectRow.id)
                .join(EvidenceRow, EvidenceRow.sequence == IncidenceRow.sequence)
                .where(column.in_(some))
            )
            keys.update(reading.connection.execute(named).scalars())
    return frozenset(keys)
