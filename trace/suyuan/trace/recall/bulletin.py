"""What the public is told of recalls and warnings: of each case its notice, and the lots to compare with.

A hold without a public warning is not told here: it is no finding yet, and its title may name what others
need not know. Whoever has the goods in hand sees it on their page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Literal, Protocol

from suyuan.trace.epcis.event import Event
from suyuan.trace.gs1 import Identifier
from suyuan.trace.gs1.own import link_of
from suyuan.trace.lineage.journey import Visit
from suyuan.trace.recall.dates import last_day, registered_dates, told_dates
from suyuan.trace.recall.facts import identified
from suyuan.trace.recall.names import Attributes, name
from suyuan.trace.recall.passport import RecallNotice, Text
from suyuan.trace.recall.passports import notices_of
from suyuan.trace.recall.recall import Case

MOST_LOTS = 200
"""Lots that one notice lists; of more it says how many."""
DayOf = Literal["made", "bought"]
_PUBLIC = frozenset({"recall", "warning", "past-recall", "past-warning"})
_LOT = re.compile(r"/(?:10|lot)/[^/]+$")
_ITEM = re.compile(r"/(?:21|serial)/[^/]+$")


@dataclass(frozen=True, slots=True)
class RecalledLot:
    """A lot as its package names it. Dates that nobody told are None: they exclude nothing."""

    link: str
    product_key: str
    gtin: str
    product: Text
    lot: str
    made: date | None = None
    last_day: date | None = None

    def may_be_of(self, day: date, kind: DayOf) -> bool:
        """Whether goods made, or bought, on ``day`` can be of this lot: nothing is sold before it is made."""
        if self.made is None:
            return True
        return self.made == day if kind == "made" else self.made <= day


@dataclass(frozen=True, slots=True)
class Bulletin:
    """A recall or warning as anybody may know it. ``notices`` is not empty: a warning stands first.

    ``words`` are the products of all that is recalled, by code and name, and all its lot codes, also of what
    is not listed: plain, one in a line. No serials: who searches for parts of them could guess the whole.
    """

    number: str
    notices: tuple[RecallNotice, ...]
    lots: tuple[RecalledLot, ...]
    more_lots: int = 0
    single_items: int = 0  # packages that are recalled by their own number, and not with a lot that is listed
    all_listed: bool = False  # nothing is recalled but the lots
    words: str = ""

    @property
    def notice(self) -> RecallNotice:
        """What names it."""
        return self.notices[0]

    @property
    def in_force(self) -> bool:
        """Whether the goods are not to be eaten or sold today; a completed recall stays in force."""
        return not self.notice.kind.startswith("past-")

    def lots_like(self, text: str, day: date | None = None, kind: DayOf = "made") -> tuple[RecalledLot, ...]:
        """The lots that a name, number or lot code may mean and that ``day`` does not exclude."""
        wanted = _plain(text)
        named = [_plain(part) for part in (self.notice.title.zh, self.notice.title.en, self.number)]
        by_title = any(wanted in one for one in named)
        return tuple(
            lot
            for lot in self.lots
            if (by_title or any(wanted in _plain(part) for part in _names(lot)))
            and (day is None or lot.may_be_of(day, kind))
        )

    def may_mean(self, text: str, day: date | None = None, kind: DayOf = "made") -> bool:
        """Whether a search finds it; a day excludes only one whose goods are all listed."""
        if self.lots_like(text, day, kind):
            return True
        if self.all_listed:
            return False
        named = map(_plain, (self.notice.title.zh, self.notice.title.en, self.number))
        return any(_plain(text) in one for one in (*named, self.words))


class Records(Protocol):
    """Where names and dates of lots come from."""

    def journey(self, key: str) -> Sequence[Visit]:
        """The checkpoints of an object, in order."""
        ...

    def evidence(self, keys: Iterable[str]) -> Mapping[str, Event]:
        """The events of these evidence keys."""
        ...

    def attributes(self, keys: Iterable[str]) -> Mapping[str, Attributes]:
        """Master data by canonical key, attributes by local name."""
        ...

    def lots(self, keys: Iterable[str]) -> Mapping[str, str]:
        """The lots of those items that have one on record."""
        ...

    def registered(self, lot: str) -> Attributes:
        """What the register's owner of a lot tells of it."""
        ...


def bulletin_of(case: Case, records: Records, zone: tzinfo, public_url: str) -> Bulletin | None:
    """What the public is told of ``case``; None of one that was never published and never warned of."""
    notices = tuple(notice for notice in notices_of(case) if notice.kind in _PUBLIC)
    if not notices:
        return None
    items = [key for key in case.keys if _ITEM.search(key)]
    lot_keys = sorted(key for key in case.keys if _LOT.search(key) and not _ITEM.search(key))
    lots = [lot for key in lot_keys if (lot := _named(key)) is not None]
    listed = lots[:MOST_LOTS]
    lot_of = records.lots(items)
    shown = {lot.key for lot in listed}
    single = sum(lot_of.get(key) not in shown for key in items)
    products = _products(case.keys)
    known = records.attributes(products)
    named = [name(known.get(key, {})) for key in products]
    codes = {lot.lot or "" for lot in (*lots, *map(_named, set(lot_of.values()))) if lot is not None}
    return Bulletin(
        case.number,
        notices,
        tuple(_lot(lot, known.get(lot.product_key or "", {}), records, zone, public_url) for lot in listed),
        more_lots=len(lots) - len(listed),
        single_items=single,
        all_listed=len(listed) == len(lots) > 0 and not single and case.keys.isdisjoint(products),
        words="\n".join(map(_plain, (*products, *(n.zh for n in named), *(n.en for n in named), *codes))),
    )


def _products(keys: Iterable[str]) -> set[str]:
    """The products of goods and of products themselves, each identified once however many goods there are."""
    found = (identified(stem) for stem in {_LOT.sub("", _ITEM.sub("", key)) for key in keys})
    return {one.product_key for one in found if one is not None and one.product_key}


def _named(key: str) -> Identifier | None:
    """The lot of a key; None for one that is foreign to GS1 and to us, which no package bears."""
    found = identified(key)
    return found if found is not None and found.kind == "lot" and found.product_key else None


def _lot(
    lot: Identifier, product: Attributes, records: Records, zone: tzinfo, public_url: str
) -> RecalledLot:
    visits = records.journey(lot.key)
    events = records.evidence(visit.evidence for visit in visits if visit.basis != "inferred")
    told = (events[visit.evidence].ilmd for visit in visits if visit.evidence in events)
    dates = registered_dates(records.registered(lot.key), zone) | told_dates(told, zone)
    return RecalledLot(
        link=link_of(lot, public_url),
        product_key=lot.product_key or "",
        gtin=lot.gtin or "",
        product=name(product),
        lot=lot.lot or "",
        made=dates.get("production"),
        last_day=last_day(dates),
    )


def _names(lot: RecalledLot) -> tuple[str, ...]:
    return (lot.product.zh, lot.product.en, lot.lot, lot.gtin, lot.gtin.lstrip("0"), lot.product_key)


def _plain(text: str) -> str:
    """Without case and spaces, which people type as they like."""
    return "".join(text.casefold().split())
