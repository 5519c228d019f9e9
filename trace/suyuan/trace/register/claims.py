"""Whether a company's own word suffices to call a number its own.

Whoever is entered as the owner of a place sees what happens there, and the owner's word about a product is
the one that shoppers read. So a number that the company has not from this platform, and that somebody else
may have from GS1, is not its own because it says so: then the operator of the platform looks at it first.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from suyuan.trace.gs1 import IdentifierError, identify, site
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.record_tables import AliasRow, ConcernedRow, EntryRow, PassedRow
from suyuan.trace.store.sight import party_names
from suyuan.trace.store.tables import EvidenceRow, VocabularyRow

_SAME_COMPANY = 10
"""Digits of a GLN that only one company can share with another GLN: no GS1 prefix in China is longer."""
_PLACES = frozenset({"place", "read_point"})


def doubtful(reading: Reading, kind: str, keys: Iterable[str], *, party: str) -> set[str]:
    """Those of ``keys`` that ``party`` cannot claim for entries of ``kind`` by its own word alone.

    A party's own name is always the operator's to give; a lot is as much theirs as its product. A place or
    read point must stand below the party's own GLN or place; and whatever other parties told of, had or were
    at is doubtful. A few queries per 500.
    """
    wanted = list(dict.fromkeys(keys))
    if kind == "party":
        return set(wanted)
    if kind == "lot":
        return set()
    names = names_of_party(reading, party)
    found = _told_by_others(reading, wanted, names)
    if kind in _PLACES:
        own = _own_places(reading, wanted, party)
        beginnings = {gln[:_SAME_COMPANY] for name in names if (gln := _gln(name))}
        found.update(
            key for key in wanted if site(key) not in own and _gln(key)[:_SAME_COMPANY] not in beginnings
        )
    return found


def _told_by_others(reading: Reading, keys: list[str], names: frozenset[str]) -> set[str]:
    found: set[str] = set()
    for chunk in chunks(keys):
        for named, by in (
            (VocabularyRow.key, VocabularyRow.party),
            (EvidenceRow.biz_location, EvidenceRow.party),
            (EvidenceRow.read_point, EvidenceRow.party),
        ):
            rows = reading.connection.execute(
                select(named).where(named.in_(chunk), by.not_in(sorted(names))).distinct()
            )
            found.update(key for (key,) in rows if key is not None)
        handled = (
            select(PassedRow.key)
            .join(ConcernedRow, ConcernedRow.id == PassedRow.by_id)
            .where(PassedRow.key.in_(chunk), ConcernedRow.key.not_in(sorted(names)))
        )
        found.update(reading.connection.execute(handled.distinct()).scalars())
    return found


def _own_places(reading: Reading, keys: list[str], party: str) -> set[str]:
    found: set[str] = set()
    for chunk in chunks(dict.fromkeys(map(site, keys))):
        rows = reading.connection.execute(
            select(EntryRow.key).where(
                EntryRow.key.in_(chunk), EntryRow.owner == party, EntryRow.state == "approved"
            )
        )
        found.update(key for (key,) in rows)
    return found


def names_of_party(reading: Reading, party: str) -> frozenset[str]:
    """Every key under which a company is told of: its own, their other spellings, and second names."""
    aliases = reading.connection.execute(select(AliasRow.alias).where(AliasRow.key == party)).scalars()
    return frozenset(name for key in (party, *aliases) for name in party_names(key))


def _gln(key: str) -> str:
    try:
        return identify(key).gln or ""
    except IdentifierError:
        return ""
