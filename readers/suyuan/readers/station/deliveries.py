"""What is on its way to the station's company: fetched while the platform is there, kept for when it is not.

``GET {server}/api/deliveries`` answers pages of despatches that nobody received yet: who sent them, under
which papers, what is in which unit, from which chips the sender read it, and what is known of the lots. What
cannot be understood is left out; what is too much is told as not whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from suyuan.readers.station.despatch import Announced, Despatch, Expected, LotFacts, Supplier
from suyuan.readers.station.fetched import Source
from suyuan.readers.station.told import LONGEST_NAME, day, entries, members, moment, number, object_of, text
from suyuan.trace.epcis.event import TypedReference
from suyuan.trace.gs1 import IdentifierError, identify

MOST = 500
MOST_GOODS = 5_000


def read_deliveries(pages: Sequence[bytes]) -> Expected:
    """What pages of the platform's answer say."""
    as_of = moment(object_of(pages[0]).get("as_of")) if pages else None
    found = (_despatch(one) for one in _told(pages))
    return Expected(tuple(one for one in found if one is not None), as_of)


def _whole(pages: Sequence[bytes]) -> Expected | None:
    """What they say, where each is a page of deliveries: another answer does not empty the list."""
    listed = (object_of(page).get("deliveries") for page in pages)
    return read_deliveries(pages) if all(isinstance(one, list) for one in listed) else None


DELIVERIES = Source("deliveries", "/api/deliveries", 120.0, _whole)
"""What is on its way, asked for every two minutes."""


def _told(pages: Sequence[bytes]) -> Iterator[Mapping[str, Any]]:
    count = 0
    for page in pages:
        for one in entries(object_of(page).get("deliveries")):
            if count >= MOST:
                return
            count += 1
            yield members(one)


def _despatch(told: Mapping[str, Any]) -> Despatch | None:
    sent, name = moment(told.get("sent")), told.get("id")
    supplier = _supplier(members(told.get("from")))
    if sent is None or not isinstance(name, str) or not name or supplier is None:
        return None
    listed = entries(told.get("goods"))
    goods = [one for each in listed[:MOST_GOODS] if (one := _announced(members(each))) is not None]
    lots = {key: _lot(members(one)) for key, one in members(told.get("lots")).items()}
    papers = [members(each) for each in entries(told.get("documents"))[:20]]
    return Despatch(
        name[:LONGEST_NAME],
        sent,
        supplier,
        tuple(goods),
        frozenset(text(each) for each in entries(told.get("to"))[:50]),
        tuple(TypedReference(text(p.get("type")) or None, text(p.get("id"))) for p in papers if p.get("id")),
        lots,
        whole=told.get("whole") is True and len(goods) == len(listed),
    )


def _supplier(told: Mapping[str, Any]) -> Supplier | None:
    key, names = text(told.get("key")), members(told.get("name"))
    if not key:
        return None
    return Supplier(
        key,
        text(names.get("zh")),
        text(names.get("en")),
        text(told.get("address")),
        text(told.get("contact")),
        day(told.get("licence_until")),
    )


def _announced(told: Mapping[str, Any]) -> Announced | None:
    epc, key = told.get("epc"), told.get("key")
    if not (isinstance(epc, str) and isinstance(key, str) and len(epc) <= LONGEST_NAME):
        return None
    try:
        if identify(epc).key != key and identify(key).key != key:
            return None
    except IdentifierError:
        return None
    return Announced(
        epc,
        key,
        text(told.get("in")) or None,
        text(told.get("lot")) or None,
        text(told.get("tid")) or None,
        told.get("class") is True,
        number(told.get("quantity")),
        text(told.get("uom")) or None,
    )


def _lot(told: Mapping[str, Any]) -> LotFacts:
    names = members(told.get("name"))
    return LotFacts(
        text(names.get("zh")),
        text(names.get("en")),
        text(told.get("specification")),
        day(told.get("produced")),
        day(told.get("expires")),
        tuple(filter(None, (text(each) for each in entries(told.get("documents"))[:20]))),
    )
