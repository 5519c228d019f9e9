"""Master data of things as their parties tell them: in documents, and as owners in the register."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import func, select

from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.recall.names import Attributes, by_local_name
from suyuan.trace.recall.passport import Entered, Paper
from suyuan.trace.register.aliases import Aliases
from suyuan.trace.register.claims import names_of_party
from suyuan.trace.register.documents import documents_of
from suyuan.trace.register.telling import told_by_owners
from suyuan.trace.store import vocabulary
from suyuan.trace.store.accounts import AccountRole
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.sight import HOUSE
from suyuan.trace.store.tables import AccountRow, VocabularyRow

_GOODS, _PLACES = ("product", "lot"), ("place", "read_point")


def attributes(reading: Reading, keys: Iterable[str], names: Aliases) -> Mapping[str, Attributes]:
    """Master data by canonical key, their attributes by local name; told of under any of their names."""
    if not names.entries:
        told = vocabulary.attributes(reading, keys)
        return {key: by_local_name(values) for key, values in told.items()}
    spelled = {key: names.spellings(key) for key in keys}
    told = vocabulary.attributes(reading, {one for found in spelled.values() for one in found})
    joined = {key: [told[one] for one in reversed(found) if one in told] for key, found in spelled.items()}
    return {key: by_local_name(dict(ChainMap(*reversed(parts)))) for key, parts in joined.items() if parts}


def registered(reading: Reading, lot: str) -> Attributes:
    """What the owner of an approved lot tells of it in the register."""
    if _owner(reading, lot) is None:
        return {}
    told = told_by_owners(reading, [lot]).get(lot, {})
    return by_local_name({field: str(value) for field, value in told.items()})


def teller(reading: Reading, key: str, producer: str) -> str | None:
    """Who answers for a product or lot in the register, where that is not its producer.

    Of a place or read point whoever runs it, or ran it until it was given up: what happened there goes on
    having happened at that company's.
    """
    row = reading.connection.execute(
        select(EntryRow.kind, EntryRow.owner, EntryRow.party, EntryRow.state).where(EntryRow.key == key)
    ).one_or_none()
    if row is None:
        return None
    kind, owner, party, state = row
    if kind in _PLACES:
        return party if party and state in ("approved", "withdrawn") else None
    if kind not in _GOODS or state != "approved":
        return None
    return None if producer and producer in names_of_party(reading, owner) else owner


def entered(reading: Reading, key: str) -> Entered | None:
    """How an approved entry came to count: by the operator's decision, or because its owner entered it.

    What the operator enters is decided with that. A decision is about what stood there then: what the owner
    changed since, nobody has looked at.
    """
    changed = (
        select(func.max(VocabularyRow.record_time))
        .where(VocabularyRow.key == EntryRow.key, VocabularyRow.party == EntryRow.owner)
        .scalar_subquery()
    )
    row = reading.connection.execute(
        select(EntryRow.created, EntryRow.decided, EntryRow.decided_by, AccountRow.role, changed)
        .outerjoin(AccountRow, AccountRow.name == EntryRow.decided_by)
        .where(EntryRow.key == key, EntryRow.state == "approved")
    ).one_or_none()
    if row is None:
        return None
    created, decided, judge, role, told = row
    if told and decided and told > decided:
        return Entered(told)
    is_operators = judge == HOUSE.name or role == AccountRole.ADMINISTRATOR
    return Entered(created, decided if is_operators else None)


def papers(reading: Reading, lot: str, producer: str) -> Sequence[Paper]:
    """The documents of a lot that its owner or this producer provided, without those taken back."""
    theirs = {_owner(reading, lot), producer} - {None, ""}
    found = documents_of(reading, lot, viewer=HOUSE) if theirs and _is_lot(lot) else ()
    return [
        Paper(
            one.kind, one.number, one.issuer, one.issued, one.expires, one.attachment is not None, one.owner
        )
        for one in found
        if one.owner in theirs and one.withdrawn is None
    ]


def _owner(reading: Reading, key: str) -> str | None:
    entry = select(EntryRow.owner).where(
        EntryRow.key == key, EntryRow.kind.in_(_GOODS), EntryRow.state == "approved"
    )
    return reading.connection.execute(entry).scalar()


def _is_lot(key: str) -> bool:
    try:
        return identify(key).kind == "lot"
    except IdentifierError:
        return False
