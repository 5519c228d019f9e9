"""Looking into the register: one entry, pages of them, how many there are. Who sees what: decision 0005."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, false, func, or_, select

from suyuan.trace.errors import NotFound
from suyuan.trace.gs1 import IdentifierError, canonical_key
from suyuan.trace.register.aliases import first_name
from suyuan.trace.register.sheets import Entry, EntryKind
from suyuan.trace.register.telling import entry_of, told_by_owners
from suyuan.trace.store.columns import storable
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.record_tables import AliasRow, EntryRow
from suyuan.trace.store.sight import Viewer, visible_entries

State = Literal["pending", "approved", "refused", "withdrawn"]

MOST_IN_A_PAGE = 200
LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Registered:
    """An entry with what its row says: who answers for it, whether it counts, and who decided that."""

    entry: Entry
    owner: str
    state: State
    created: datetime
    created_by: str
    decided: datetime | None
    decided_by: str | None
    note: str
    party: str
    place: str
    stage: str
    district: str

    @property
    def key(self) -> str:
        """Its canonical key."""
        return self.entry.key

    @property
    def kind(self) -> EntryKind:
        """What it is."""
        return self.entry.kind


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries in the order of their keys; ``after`` asks for the next page, empty at the end."""

    entries: tuple[Registered, ...]
    after: str


def search_text(entry: Entry) -> str:
    """What an entry is found by: key, codes and names, case-folded."""
    named = ("code", "name_zh", "name_en", "uscc", "licence", "lot", "lot_name")
    return "\n".join([entry.key, *filter(None, map(entry.value, named))]).casefold()


def look_up(reading: Reading, key: str, *, viewer: Viewer) -> Registered:
    """The entry of a key, in any spelling of it, or under a second name of it or of its product or place.

    Raises:
        NotFound: there is none, or none that the viewer may see: which of the two is not told.
    """
    try:
        wanted = canonical_key(key) if storable(key) else ""
    except IdentifierError:
        wanted = key
    statement = _ROWS.where(EntryRow.key == first_name(reading, wanted), visible_entries(viewer))
    found = _registered(reading, reading.connection.execute(statement).all())
    if not found:
        raise NotFound(
            "There is no {value} in the register",
            where="key",
            value=key[:LONGEST_SEARCH],
            remedy="Look for it by name or code.",
        )
    return found[0]


def entries(
    reading: Reading,
    *,
    viewer: Viewer,
    kind: EntryKind | None = None,
    owner: str | None = None,
    state: State | None = None,
    search: str = "",
    after: str = "",
    limit: int = 50,
) -> Page:
    """A page of what the viewer may see, at most 200, of a kind, an owner and a state where they are given.

    ``search`` is part of a name, key, code or second name, in any case. Two queries, whatever the page.
    """
    limit = max(1, min(limit, MOST_IN_A_PAGE))
    conditions = _conditions(viewer, kind, owner, state, search)
    if after:
        conditions.append(EntryRow.key > after if storable(after) else false())
    statement = _ROWS.where(*conditions).order_by(EntryRow.key).limit(limit + 1)
    rows = reading.connection.execute(statement).all()
    found = _registered(reading, rows[:limit])
    return Page(found, found[-1].key if len(rows) > limit else "")


def counts(
    reading: Reading, *, viewer: Viewer, owner: str | None = None
) -> Mapping[tuple[EntryKind, State], int]:
    """How many entries of each kind and state the viewer may see."""
    rows = reading.connection.execute(
        select(EntryRow.kind, EntryRow.state, func.count())
        .where(*_conditions(viewer, None, owner, None, ""))
        .group_by(EntryRow.kind, EntryRow.state)
    )
    return {(cast("EntryKind", kind), cast("State", state)): count for kind, state, count in rows}


_ROWS = select(
    EntryRow.key,
    EntryRow.kind,
    EntryRow.owner,
    EntryRow.state,
    EntryRow.created,
    EntryRow.created_by,
    EntryRow.decided,
    EntryRow.decided_by,
    EntryRow.note,
    EntryRow.party,
    EntryRow.place,
    EntryRow.stage,
    EntryRow.district,
)


def _conditions(
    viewer: Viewer, kind: str | None, owner: str | None, state: str | None, search: str
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, value in ((EntryRow.kind, kind), (EntryRow.owner, owner), (EntryRow.state, state)):
        if value is not None:
            found.append(column == value if storable(value) else false())
    wanted = search.strip()[:LONGEST_SEARCH].casefold()
    if not storable(wanted):
        found.append(false())
    elif wanted:
        named_so = select(AliasRow.key).where(AliasRow.alias.icontains(wanted, autoescape=True))
        found.append(or_(EntryRow.search.contains(wanted, autoescape=True), EntryRow.key.in_(named_so)))
    return [*found, visible_entries(viewer)]  # last: SQLite asks in this order, and this asks most


def _registered(reading: Reading, rows: Sequence[Any]) -> tuple[Registered, ...]:
    told = told_by_owners(reading, [row.key for row in rows])
    return tuple(
        Registered(
            entry=entry_of(cast("EntryKind", row.kind), row.key, told.get(row.key, {})),
            **{name: value for name, value in row._mapping.items() if name not in {"key", "kind"}},  # noqa: SLF001 (SQLAlchemy's public name)
        )
        for row in rows
    )
