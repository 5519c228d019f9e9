"""Second names: the GS1 code that came later, an old code of the producer's own; one thing under all of them.

What was captured stays as it was said. Names are resolved at the edge, where evidence is read for lineage and
where a key is looked up: both codes then mean the entry, with all its lots, items and points, and the law of
tracing (decision 0002) never hears of a second name. See decision 0007.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import delete, insert, select

from suyuan.trace.errors import Conflict, InvalidInput, NotAllowed, NotFound
from suyuan.trace.gs1 import (
    Identifier,
    IdentifierError,
    identifier_of,
    identify,
    own_identifier,
    piece_of,
    site,
)
from suyuan.trace.gs1.errors import shown
from suyuan.trace.lineage.occurrence import Holding, Occurrence
from suyuan.trace.register.claims import doubtful
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import AliasRow, EntryRow
from suyuan.trace.store.settings import set_setting, setting
from suyuan.trace.store.sight import Viewer

_VERSION = "alias-version"
_PARTY_AI = "417"


class AliasUnfit(InvalidInput):
    """This cannot be a second name of that."""

    code = "alias-unfit"
    title = "This code does not fit the entry"


class AliasTaken(Conflict):
    """The code names something else already."""

    code = "alias-taken"
    title = "This code names something else"


@dataclass(frozen=True, slots=True)
class Aliases:
    """All second names of a store: ``entries`` is alias -> key of the entry.

    ``version`` rises with every change. Without aliases every question is one comparison.
    """

    version: int = 0
    entries: Mapping[str, str] = field(default_factory=dict[str, str])
    _names: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def key(self, key: str) -> str:
        """``key`` under the first name of what it names."""
        if not self.entries:
            return key
        try:
            return self.identifier(identify(key)).key
        except IdentifierError:  # master data may describe what is no identifier
            return self.entries.get(key, key)

    def identifier(self, told: Identifier) -> Identifier:
        """``told`` under the first name: lots and items by their product's, points by their place's."""
        if not self.entries:
            return told
        if (whole := self.entries.get(told.key)) is not None:
            return identify(whole)
        above = told.product_key or (site(told.key) if told.kind == "place" else None)
        target = None if above is None else self.entries.get(above)
        return told if target is None else _below(identify(target), told)

    def spellings(self, key: str) -> tuple[str, ...]:
        """All canonical keys under which the thing of ``key`` is told, the first name first."""
        if not self.entries:
            return (key,)
        first = self.key(key)
        try:
            told = identify(first)
        except IdentifierError:
            return tuple(dict.fromkeys((first, *self._names.get(first, ()), key)))
        found = [first, *self._names.get(first, ())]
        above = told.product_key or (site(first) if told.kind == "place" else None)
        if above is not None and above != first:
            found += [_below(identify(name), told).key for name in self._names.get(above, ())]
        return tuple(dict.fromkeys((*found, key)))

    def occurrence(self, told: Occurrence) -> Occurrence:
        """What lineage needs to know of an event, under first names."""
        if not self.entries:
            return told
        return replace(
            told,
            party=self.key(told.party),
            read_point=self._or_none(told.read_point),
            biz_location=self._or_none(told.biz_location),
            parent=self._or_none(told.parent),
            what=self._holdings(told.what),
            children=self._holdings(told.children),
            inputs=self._holdings(told.inputs),
            outputs=self._holdings(told.outputs),
            lot_of=tuple((self.key(piece), self.key(lot)) for piece, lot in told.lot_of),
        )

    def _holdings(self, told: Iterable[Holding]) -> tuple[Holding, ...]:
        return tuple(replace(holding, key=self.key(holding.key)) for holding in told)

    def _or_none(self, key: str | None) -> str | None:
        return None if key is None else self.key(key)


NO_ALIASES = Aliases()


def aliases(reading: Reading) -> Aliases:
    """The second names of now."""
    rows = reading.connection.execute(select(AliasRow.alias, AliasRow.key).order_by(AliasRow.created))
    entries: dict[str, str] = {row.alias: row.key for row in rows}
    names: dict[str, tuple[str, ...]] = {}
    for alias, key in entries.items():
        names[key] = (*names.get(key, ()), alias)
    return Aliases(alias_version(reading), entries, names)


def first_name(reading: Reading, key: str) -> str:
    """A canonical key under the first name of what it names; one look-up, whatever the number of aliases."""
    try:
        told = identify(key)
        above = told.product_key or (site(key) if told.kind == "place" else None)
    except IdentifierError:
        above = None
    named = AliasRow.alias.in_(sorted({key, above or key}))
    found = reading.connection.execute(select(AliasRow.alias, AliasRow.key).where(named))
    return Aliases(entries={row.alias: row.key for row in found}).key(key)


def alias_version(reading: Reading) -> int:
    """A number that rises whenever a second name is added or taken away; one look-up by key."""
    return int(setting(reading, _VERSION) or b"0")


def link(writing: Writing, alias: str, key: str, *, by: Viewer, now: datetime) -> str:
    """Make ``alias`` (any spelling) a second name of the entry of ``key``; returns its canonical key.

    Raises:
        NotFound: there is no such entry.
        NotAllowed: it is not the viewer's.
        AliasUnfit: it is no identifier, or one of another kind of thing.
        AliasTaken: it is an entry of its own, or the name of another one.
    """
    kind = _check_theirs(writing, key, by)
    told = identify(alias)
    if told.key == key or not _fits(kind, told):
        raise AliasUnfit(
            "{value} cannot be another code of this entry",
            where="alias",
            value=shown(alias),
            remedy="A product takes a GTIN, a place a GLN, a company the GLN of a party.",
        )
    connection = writing.connection
    named = connection.execute(select(AliasRow.key).where(AliasRow.alias == told.key)).scalar()
    if named == key:
        return told.key
    if by.role != "administrator" and doubtful(writing, kind, [told.key], party=by.party):
        raise NotAllowed(
            "Only the operator of the platform links {value}: it may be somebody else's",
            where="alias",
            value=shown(alias),
            remedy="Show the operator the certificate of GS1.",
        )
    is_entry = connection.execute(select(EntryRow.key).where(EntryRow.key == told.key)).scalar() is not None
    if named is not None or is_entry:
        raise AliasTaken(
            "{value} is the code of another entry of the register",
            where="alias",
            value=shown(alias),
            remedy="Compare it with the certificate; if two entries are one thing, withdraw one of them.",
        )
    connection.execute(
        insert(AliasRow), {"alias": told.key, "key": key, "created": now, "created_by": by.name}
    )
    _rise(writing)
    return told.key


def unlink(writing: Writing, alias: str, *, by: Viewer) -> None:
    """Take a second name away: it was linked by mistake.

    Raises:
        NotFound: it is nobody's second name.
        NotAllowed: the entry is not the viewer's.
    """
    key = writing.connection.execute(select(AliasRow.key).where(AliasRow.alias == alias)).scalar()
    if key is None:
        raise NotFound(
            "{value} is no second code of anything", where="alias", value=shown(alias), remedy="Look again."
        )
    _check_theirs(writing, key, by)
    writing.connection.execute(delete(AliasRow).where(AliasRow.alias == alias))
    _rise(writing)


def names_of(reading: Reading, key: str) -> tuple[str, ...]:
    """The second names of an entry, in the order in which they were linked."""
    rows = reading.connection.execute(
        select(AliasRow.alias).where(AliasRow.key == key).order_by(AliasRow.created, AliasRow.alias)
    )
    return tuple(rows.scalars())


def _below(whole: Identifier, told: Identifier) -> Identifier:
    """The lot, item or point that ``told`` names, below another name of its whole; else ``told`` itself.

    A lot in Chinese has no name below a GTIN, and a serial of a third party none below an own product.
    """
    try:
        if told.kind == "place":
            point = told.value("254") or told.own_part("point") or ""
            if whole.own:
                return own_identifier(whole.namespace, "place", whole.own[0][1], point=point)
            return identifier_of([("414", whole.gln or ""), ("254", point)])
        if told.value("235") or told.value("22") or told.value("8006"):
            return told
        return piece_of(whole, lot=told.lot or "", serial=told.serial or "")
    except IdentifierError:
        return told


def _fits(kind: str, told: Identifier) -> bool:
    match kind:
        case "product":
            return told.kind == "product" and (told.gtin is not None or bool(told.own))
        case "place":
            return told.kind == "place" and site(told.key) == told.key
        case "party":
            return told.value(_PARTY_AI) is not None or told.own_part("party") is not None
        case "lot" | "read_point":
            return told.kind == ("lot" if kind == "lot" else "place")
        case _:
            return False


def _check_theirs(reading: Reading, key: str, by: Viewer) -> str:
    """The kind of the entry, if it is the viewer's to name."""
    row = reading.connection.execute(
        select(EntryRow.kind, EntryRow.owner, EntryRow.party).where(EntryRow.key == key)
    ).one_or_none()
    if row is None:
        raise NotFound(
            "There is no {value} in the register",
            where="key",
            value=shown(key),
            remedy="Look for it by name or code.",
        )
    if by.role != "administrator" and not (by.role == "company" and by.party and by.party == row.owner):
        raise NotAllowed(
            "Only whoever answers for an entry links codes with it", remedy="Ask its owner or the operator."
        )
    return str(row.kind)


def _rise(writing: Writing) -> None:
    set_setting(writing, _VERSION, str(alias_version(writing) + 1).encode())
