"""Whom the station's company deals with: fetched while the platform is there, kept for when it is not.

``GET {server}/api/partners`` answers ``{"namespace": URI, "partners": [{"key", "kind": "party" | "place",
"name": {"zh", "en"}, "party": key of who runs the place}]}``. What cannot be understood is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from suyuan.readers.station.config import StationConfig
from suyuan.readers.station.fetched import Source
from suyuan.readers.station.told import day, entries, members, object_of, text
from suyuan.trace.gs1 import IdentifierError, identify, namespace_of, own_identifier
from suyuan.trace.gs1.own import read_as

MOST = 1_000
MOST_BYTES = 1_000_000
_LONGEST = 200
_WRITTEN = ("https://", "http://", "urn:")
_KINDS = {"party", "place"}
_LETTERS = {"C": "party", "S": "place", "P": "product"}  # what the codes that platforms give begin with


@dataclass(frozen=True, slots=True)
class Partner:
    """A party, or a place with the party that runs it (empty where nobody said).

    ``licensed_until`` is the last day of a party's licence, where it is on the register.
    """

    key: str
    kind: str
    zh: str
    en: str
    party: str = ""
    licence: str = ""
    licensed_until: date | None = None

    @property
    def typed(self) -> str:
        """What people type for it: its GLN or own code, else its whole key."""
        found = identify(self.key)
        if found.own and len(found.own) == 1:
            return found.own[0][1]
        return found.ais[0][1] if len(found.ais) == 1 else self.key


@dataclass(frozen=True, slots=True)
class AddressBook:
    """Those whom the company deals with, and where the own codes of the platform live."""

    partners: Sequence[Partner] = ()
    namespace: str = ""

    def meant(self, text: str) -> Partner | None:
        """Whom ``text`` names: a name or code of the list, or else an own code, which must be right."""
        wanted, code = text.strip(), read_as(text)
        for one in self.partners:
            if wanted in {one.key, one.typed} or code == one.typed:
                return one
        named = self.named(wanted)
        if len(named) == 1:
            return named[0]
        kind, key = _LETTERS.get(code[:1], ""), self.coded(text)
        return Partner(key, kind, "", "") if key and kind in _KINDS else None

    def known(self, key: str) -> Partner | None:
        """The one of that key."""
        return next((one for one in self.partners if one.key == key), None)

    def named(self, name: str) -> list[Partner]:
        """All of the list that have this name; two companies may."""
        return [one for one in self.partners if name.strip() in {one.zh, one.en}]

    def coded(self, text: str) -> str | None:
        """The key of the own code ``text``, as it is printed on labels; None for anything else, or a slip."""
        code = read_as(text)
        kind = _LETTERS.get(code[:1])
        if kind is None or not self.namespace:
            return None
        try:
            return own_identifier(self.namespace, kind, code).key
        except IdentifierError:
            return None


NO_ADDRESSES = AddressBook()
"""Of a station that was never told of anybody."""


def book_source(config: StationConfig) -> Source[AddressBook]:
    """The address book of the company of a station, asked for every ten minutes."""
    ours = own_namespace(config)
    return Source("partners", "/api/partners", 600.0, lambda pages: read_book(pages[0], ours))


def read_book(content: bytes, ours: str) -> AddressBook | None:
    """What a list says, None if it is none; ``ours`` is where own codes live if it does not tell."""
    told = object_of(content)
    if len(content) > MOST_BYTES or not isinstance(told.get("partners"), list):
        return None
    namespace = told.get("namespace")
    found = map(_partner, entries(told.get("partners"))[:MOST])
    return AddressBook(
        tuple(one for one in found if one is not None),
        namespace if isinstance(namespace, str) and namespace else ours,
    )


def own_namespace(config: StationConfig) -> str:
    """Where own codes live, as far as the station knows without asking."""
    for key in (config.party, config.place):
        try:
            if home := identify(key).namespace:
                return home
        except IdentifierError:
            continue
    return namespace_of(config.server.url)


def _partner(told: object) -> Partner | None:
    entry = members(told)
    key, kind, party = entry.get("key"), entry.get("kind"), entry.get("party", "")
    names = members(entry.get("name"))
    if not (isinstance(key, str) and isinstance(kind, str) and isinstance(party, str)):
        return None
    if kind not in _KINDS or not _all_named((key, party) if party else (key,)):
        return None
    licence, until = text(entry.get("licence")), day(entry.get("licence_until"))
    return Partner(key, kind, text(names.get("zh")), text(names.get("en")), party, licence, until)


def _all_named(keys: Iterable[str]) -> bool:
    """Whether each is a key that events can name a party or place by."""
    try:
        return all(
            identify(key).key == key and key.startswith(_WRITTEN) and len(key) <= _LONGEST for key in keys
        )
    except IdentifierError:
        return False
