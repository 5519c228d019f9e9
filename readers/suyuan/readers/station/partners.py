"""Whom the station's company deals with: fetched while the platform is there, kept for when it is not.

``GET {server}/api/partners`` answers ``{"namespace": URI, "partners": [{"key", "kind": "party" | "place",
"name": {"zh", "en"}, "party": key of who runs the place}]}``. What cannot be understood is left out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from random import Random
from typing import Any, cast

import httpx
import orjson

from suyuan.readers.station.config import StationConfig
from suyuan.readers.station.delivery import bearer, jittered
from suyuan.readers.station.errors import OutboxDamaged, OutboxUnavailable
from suyuan.readers.station.outbox import Outbox
from suyuan.trace.gs1 import IdentifierError, identify, namespace_of, own_identifier
from suyuan.trace.gs1.own import read_as

EVERY_S, AGAIN_S = 600.0, 60.0
"""How often the list is fetched; after a failure."""
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


class Partners:
    """The address book of a station, fetched now and then and stored in ``outbox``'s database."""

    def __init__(
        self,
        outbox: Outbox,
        config: StationConfig,
        client: httpx.AsyncClient,
        *,
        random: Random,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._outbox = outbox
        self._config = config
        self._client = client
        self._random = random
        self._sleep = sleep
        self._kept = f"partners {config.party}"  # another company's are its own
        self.book = AddressBook(namespace=_namespace(config))

    async def restore(self) -> None:
        """Take up the list that was last stored.

        Raises:
            OutboxUnavailable: the store cannot be read.
        """
        self.book = self._read(await self._outbox.kept(self._kept) or b"") or self.book

    async def run(self) -> None:
        """Fetch for ever."""
        while True:
            wait = EVERY_S if await self.fetch_once() else AGAIN_S
            await self._sleep(jittered(wait, self._random))

    async def fetch_once(self) -> bool:
        """Fetch, store and use the list; False where that failed.

        A list that cannot be stored is used all the same.
        """
        server = self._config.server
        try:
            response = await self._client.get(
                f"{server.url}/api/partners", headers={**bearer(server), "Accept": "application/json"}
            )
            read = self._read(response.content) if response.status_code == HTTPStatus.OK else None
            if read is None:
                return False
            try:
                if await self._outbox.kept(self._kept) != response.content:
                    await self._outbox.keep(self._kept, response.content)
            finally:
                self.book = read
        except (httpx.HTTPError, httpx.InvalidURL, OutboxUnavailable, OutboxDamaged):
            return False  # whoever types a code needs no list
        return True

    def _read(self, content: bytes) -> AddressBook | None:
        """What a list says; None if it is none."""
        told = _object(content)
        listed = told.get("partners")
        if not isinstance(listed, list):
            return None
        namespace = told.get("namespace")
        ours = namespace if isinstance(namespace, str) and namespace else _namespace(self._config)
        found = map(_partner, cast("list[object]", listed[:MOST]))  # pyright: ignore[reportUnknownMemberType] (parsed JSON)
        return AddressBook(tuple(one for one in found if one is not None), ours)


def _namespace(config: StationConfig) -> str:
    """Where own codes live, as far as the station knows without asking."""
    for key in (config.party, config.place):
        try:
            if home := identify(key).namespace:
                return home
        except IdentifierError:
            continue
    return namespace_of(config.server.url)


def _partner(told: object) -> Partner | None:
    entry = _members(told)
    key, kind, party = entry.get("key"), entry.get("kind"), entry.get("party", "")
    names = _members(entry.get("name"))
    if not (isinstance(key, str) and isinstance(kind, str) and isinstance(party, str)):
        return None
    if kind not in _KINDS or not _all_named((key, party) if party else (key,)):
        return None
    licence, until = _name(entry.get("licence")), _day(entry.get("licence_until"))
    return Partner(key, kind, _name(names.get("zh")), _name(names.get("en")), party, licence, until)


def _all_named(keys: Iterable[str]) -> bool:
    """Whether each is a key that events can name a party or place by."""
    try:
        return all(
            identify(key).key == key and key.startswith(_WRITTEN) and len(key) <= _LONGEST for key in keys
        )
    except IdentifierError:
        return False


def _day(told: object) -> date | None:
    try:
        return date.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None


def _name(told: object) -> str:
    return "".join(filter(str.isprintable, told))[:_LONGEST] if isinstance(told, str) else ""


def _object(content: bytes) -> Mapping[str, Any]:
    if not 0 < len(content) <= MOST_BYTES:
        return {}
    try:
        return _members(orjson.loads(content))
    except orjson.JSONDecodeError:
        return {}


def _members(told: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", told) if isinstance(told, dict) else {}
