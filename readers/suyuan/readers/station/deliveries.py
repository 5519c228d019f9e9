"""What is on its way to the station's company: fetched while the platform is there, kept for when it is not.

``GET {server}/api/deliveries`` answers pages of despatches that nobody received yet: who sent them, under
which papers, what is in which unit, from which chips the sender read it, and what is known of the lots. What
cannot be understood is left out; what is too much is told as not whole.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from http import HTTPStatus
from random import Random
from typing import Any, cast

import httpx
import orjson
import structlog

from suyuan.readers.station.config import StationConfig
from suyuan.readers.station.delivery import bearer, jittered
from suyuan.readers.station.despatch import Announced, Despatch, Expected, LotFacts, Supplier
from suyuan.readers.station.errors import OutboxDamaged, OutboxUnavailable
from suyuan.readers.station.outbox import Outbox
from suyuan.trace.epcis.event import TypedReference
from suyuan.trace.gs1 import IdentifierError, identify

log = structlog.get_logger(__name__)

EVERY_S, AGAIN_S = 120.0, 60.0
"""How often the list is fetched; after a failure."""
MOST = 500
MOST_PAGES = 20
MOST_BYTES = 20_000_000
MOST_GOODS = 5_000
_LONGEST, _LONGEST_TEXT = 2_000, 200


class Deliveries:
    """The deliveries of a station, fetched now and then and stored in ``outbox``'s database."""

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
        self._kept = f"deliveries {config.party}"
        self.expected = Expected()

    async def restore(self) -> None:
        """Take up the list that was last stored.

        Raises:
            OutboxUnavailable: the store cannot be read.
        """
        stored = await self._outbox.kept(self._kept)
        if stored:
            self.expected = read_deliveries([stored])

    async def run(self) -> None:
        """Fetch for ever."""
        while True:
            wait = EVERY_S if await self.fetch_once() else AGAIN_S
            await self._sleep(jittered(wait, self._random))

    async def fetch_once(self) -> bool:
        """Fetch, store and use all pages; False where that failed: then the list before stays in use."""
        try:
            pages = await self._pages()
            if not pages:
                return False
            self.expected = read_deliveries(pages)
            told = {"as_of": _object(pages[0]).get("as_of"), "deliveries": list(_told(pages))}
            await self._outbox.keep(self._kept, orjson.dumps(told))
        except (httpx.HTTPError, httpx.InvalidURL, OutboxUnavailable, OutboxDamaged):
            return False  # goods that nobody announced are received all the same
        return True

    async def _pages(self) -> list[bytes]:
        """All pages, or none where one of them failed: half a list would call the other half unannounced."""
        server, token, size = self._config.server, "", 0
        pages: list[bytes] = []
        for _ in range(MOST_PAGES):
            response = await self._client.get(
                f"{server.url}/api/deliveries",
                params={"next": token} if token else None,
                headers={**bearer(server), "Accept": "application/json"},
            )
            size += len(response.content)
            if response.status_code != HTTPStatus.OK or size > MOST_BYTES:
                return []
            pages.append(response.content)
            following = _object(response.content).get("next")
            if not isinstance(following, str) or not following:
                return pages
            token = following
        log.warning("deliveries.cut", pages=len(pages))  # the newest come first: only old ones are lost
        return pages


def read_deliveries(pages: Sequence[bytes]) -> Expected:
    """What pages of the platform's answer say."""
    as_of = _time(_object(pages[0]).get("as_of")) if pages else None
    found = (_despatch(one) for one in _told(pages))
    return Expected(tuple(one for one in found if one is not None), as_of)


def _told(pages: Sequence[bytes]) -> Iterator[Mapping[str, Any]]:
    count = 0
    for page in pages:
        listed = _object(page).get("deliveries")
        for one in cast("list[object]", listed) if isinstance(listed, list) else ():
            if count >= MOST:
                return
            count += 1
            yield _members(one)


def _despatch(told: Mapping[str, Any]) -> Despatch | None:
    sent, name = _time(told.get("sent")), told.get("id")
    supplier = _supplier(_members(told.get("from")))
    if sent is None or not isinstance(name, str) or not name or supplier is None:
        return None
    listed = _list(told.get("goods"))
    goods = [one for each in listed[:MOST_GOODS] if (one := _announced(_members(each))) is not None]
    lots = {key: _lot(_members(one)) for key, one in _members(told.get("lots")).items()}
    papers = [_members(each) for each in _list(told.get("documents"))[:20]]
    return Despatch(
        name[:_LONGEST],
        sent,
        supplier,
        tuple(goods),
        frozenset(_text(each) for each in _list(told.get("to"))[:50]),
        tuple(
            TypedReference(_text(p.get("type")) or None, _text(p.get("id"))) for p in papers if p.get("id")
        ),
        lots,
        whole=told.get("whole") is True and len(goods) == len(listed),
    )


def _supplier(told: Mapping[str, Any]) -> Supplier | None:
    key, names = _text(told.get("key")), _members(told.get("name"))
    if not key:
        return None
    return Supplier(
        key,
        _text(names.get("zh")),
        _text(names.get("en")),
        _text(told.get("address")),
        _text(told.get("contact")),
        _day(told.get("licence_until")),
    )


def _announced(told: Mapping[str, Any]) -> Announced | None:
    epc, key = told.get("epc"), told.get("key")
    if not (isinstance(epc, str) and isinstance(key, str) and len(epc) <= _LONGEST):
        return None
    try:
        if identify(epc).key != key and identify(key).key != key:
            return None
    except IdentifierError:
        return None
    quantity = told.get("quantity")
    is_number = isinstance(quantity, int | float) and not isinstance(quantity, bool)
    return Announced(
        epc,
        key,
        _text(told.get("in")) or None,
        _text(told.get("lot")) or None,
        _text(told.get("tid")) or None,
        told.get("class") is True,
        quantity if is_number else None,
        _text(told.get("uom")) or None,
    )


def _lot(told: Mapping[str, Any]) -> LotFacts:
    names = _members(told.get("name"))
    return LotFacts(
        _text(names.get("zh")),
        _text(names.get("en")),
        _text(told.get("specification")),
        _day(told.get("produced")),
        _day(told.get("expires")),
        tuple(filter(None, (_text(each) for each in _list(told.get("documents"))[:20]))),
    )


def _time(told: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _day(told: object) -> date | None:
    try:
        return date.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None


def _text(told: object) -> str:
    return "".join(filter(str.isprintable, told))[:_LONGEST_TEXT] if isinstance(told, str) else ""


def _list(told: object) -> list[object]:
    return cast("list[object]", told) if isinstance(told, list) else []


def _object(content: bytes) -> Mapping[str, Any]:
    if not 0 < len(content) <= MOST_BYTES:
        return {}
    try:
        return _members(orjson.loads(content))
    except orjson.JSONDecodeError:
        return {}


def _members(told: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", told) if isinstance(told, dict) else {}
