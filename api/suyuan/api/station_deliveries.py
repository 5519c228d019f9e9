"""What is on its way to a station's company: despatches that nobody received yet, with their contents.

The despatch advice is the sender's shipping event (its bizTransactions of type ``desadv`` and ``po`` name the
papers); what is inside its units is what the sender packed. The receiver may see both: the event names them,
and what is in a container that was sent to them is in their hands (decision 0005). Nothing of anybody else's
is looked at: a thing that :class:`suyuan.api.glimpse.Glimpse` does not know to be in hand is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from suyuan.api.glimpse import Glimpse
from suyuan.api.house import House
from suyuan.portal.services import Principal
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.errors import NotFound
from suyuan.trace.gs1 import IdentifierError, canonical_key, identify, site
from suyuan.trace.recall.names import name
from suyuan.trace.register.parties import addressees
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import Recorded, declared_wrong
from suyuan.trace.store.query import Page, events, parse_query
from suyuan.trace.store.sight import Viewer, is_own

WITHIN = timedelta(days=60)
"""Older despatches that nobody received are a matter for the office."""
PER_PAGE = 50
MOST_GOODS = 5_000
"""Of one delivery; beyond, it is told that it is not whole."""
MOST_LOTS = 200
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class _Good:
    """A thing of a delivery, and the unit it is in, if any; an amount for goods told by lot."""

    epc: str
    key: str
    inside: str | None = None
    quantity: float | None = None
    uom: str | None = None
    is_class: bool = False


def deliveries(house: House, by: Principal, token: str | None) -> Mapping[str, object]:
    """The answer to ``GET /api/deliveries``: a page of what was sent to ``by``'s company, newest first.

    Raises:
        QueryParameterWrong: the token is not of this list, or has expired.
    """
    viewer, now = Viewer(by.name, by.role, by.party), house.now()
    since = (now - WITHIN).replace(hour=0, minute=0, second=0, microsecond=0).isoformat()  # the same all day
    asked = parse_query(
        [
            ("EQ_bizStep", "shipping"),
            ("GE_eventTime", since),
            ("orderBy", "eventTime"),
            ("orderDirection", "DESC"),
        ]
    )
    with Reading(house.engine) as reading:
        page = events(reading, asked, viewer=viewer, now=now, per_page=PER_PAGE, token=token)
    sent = _standing(page, house, viewer)
    told = _Teller(house, viewer)
    return {
        "as_of": now.isoformat(timespec="seconds"),
        "deliveries": [one for each in sent if (one := told.delivery(each)) is not None],
        "next": page.next_token,
    }


def _standing(page: Page, house: House, viewer: Viewer) -> list[Recorded]:
    """Those of the page that were sent to the viewer's company and not declared wrong.

    A declaration may be on another page than what it is about, or out of the viewer's sight.
    """
    sent = [one for one in page.events if one.event.error_declaration is None and one.status == "accepted"]
    with Reading(house.engine) as reading:
        wrong = declared_wrong(reading, (one.event.event_id for one in sent if one.event.event_id))
        return [
            one
            for one in sent
            if (one.party, one.event.event_id) not in wrong and _is_for(reading, one.event, viewer)
        ]


def _is_for(reading: Reading, sent: Event, viewer: Viewer) -> bool:
    named = {canonical_key(to.id) for to in sent.destination_list}
    takers = addressees(reading, named | {site(key) for key in named})
    return any(is_own(viewer, taker) for taker in takers)


class _Teller:
    """Tells of deliveries as one viewer may know them, for the time of one request."""

    def __init__(self, house: House, viewer: Viewer) -> None:
        self._house = house
        self._records = house.records
        self._viewer = viewer
        self._glimpse = Glimpse(house.engine, house.records, viewer)
        self._known: dict[str, Mapping[str, object]] = {}

    def delivery(self, sent: Recorded) -> Mapping[str, object] | None:
        """One delivery, or None where all of it was received."""
        goods, whole = self._goods(sent.event)
        waiting = [one for one in goods if self._is_open(one, sent)]
        if not waiting:
            return None
        lots = self._lots_of(goods)
        event = sent.event
        return {
            "id": event.event_id,
            "sent": event.event_time.isoformat(),
            "from": self._party(sent.party),
            "to": sorted({canonical_key(to.id) for to in event.destination_list}),
            "documents": [{"type": one.type, "id": one.id} for one in event.biz_transaction_list],
            "goods": list(self._told(waiting, _chips(event))),
            "lots": {lot: self._lot(lot, lots[lot]) for lot in sorted(lots)[:MOST_LOTS]},
            "whole": whole and len(lots) <= MOST_LOTS,
        }

    def _goods(self, event: Event) -> tuple[list[_Good], bool]:
        """What the event names and what is in its units, and whether that is all."""
        found = [
            _Good(one.epc_class, canonical_key(one.epc_class), None, one.quantity, one.uom, is_class=True)
            for one in event.quantity_list
        ]
        level = [_Good(epc, canonical_key(epc)) for epc in event.epc_list]
        for _ in range(_DEEPEST):
            found += level
            if not level or len(found) > MOST_GOODS:
                break
            level = [inner for unit in level for inner in self._inside(unit)]
        once = list({(one.key, one.is_class): one for one in reversed(found)}.values())[::-1]
        return once[:MOST_GOODS], not level and len(once) <= MOST_GOODS

    def _inside(self, unit: _Good) -> Iterator[_Good]:
        if _kind(unit.key) != "unit":
            return
        inside = self._records.contents(unit.key)
        hands = self._glimpse.handled(key for key, _, _ in inside)
        for key, quantity, uom in inside:
            if key in hands:
                yield _Good(key, key, unit.key, quantity, uom, is_class=_kind(key) == "lot")

    def _is_open(self, one: _Good, sent: Recorded) -> bool:
        """Whether nobody received it: an instance is still moving; of an amount nothing was said since."""
        if not one.is_class:
            return self._records.where_now(one.key).status == "in_transit"
        if one.inside is not None:
            return self._records.where_now(one.inside).status == "in_transit"
        told = self._records.asked(lambda things: things.naming(one.key))
        return not any(
            each.occurrence.biz_step == "receiving"
            and is_own(self._viewer, each.occurrence.party)
            and each.occurrence.time >= sent.event.event_time
            for each in told
        )

    def _told(self, goods: Iterable[_Good], chips: Mapping[str, str]) -> Iterator[Mapping[str, object]]:
        lots = self._records.lots([one.key for one in goods if not one.is_class])
        for one in goods:
            told: dict[str, object] = {"epc": one.epc, "key": one.key}
            if one.inside is not None:
                told["in"] = one.inside
            if one.is_class:
                told |= {"class": True, "quantity": one.quantity, "uom": one.uom}
            if (lot := one.key if one.is_class else lots.get(one.key)) is not None:
                told["lot"] = lot
            if one.key in chips:
                told["tid"] = chips[one.key]
            yield told

    def _lots_of(self, goods: Sequence[_Good]) -> Mapping[str, str]:
        """The lots of the delivery, each with a piece of it: dates are often told of the pieces alone."""
        pieces = self._records.lots(one.key for one in goods if not one.is_class)
        classes = {one.key: one.key for one in goods if one.is_class}
        return classes | {lot: piece for piece, lot in pieces.items()}

    def _lot(self, lot: str, piece: str) -> Mapping[str, object]:
        """What goes on record of a lot that comes (Food Safety Law Art. 50): what a shopper may see of it."""
        if lot not in self._known:
            self._known[lot] = self._of_passport(piece)
        return self._known[lot]

    def _of_passport(self, key: str) -> Mapping[str, object]:
        try:
            found = self._house.passport(key)
        except (NotFound, IdentifierError):
            return {}
        last = found.expiration_date or found.best_before_date
        told = {
            "name": None
            if found.product is None
            else {"zh": found.product.name.zh, "en": found.product.name.en},
            "specification": None if found.product is None else found.product.net_content,
            "produced": None if found.production_date is None else found.production_date.isoformat(),
            "expires": None if last is None else last.isoformat(),
            "documents": [paper.number for paper in found.papers[:20]],
        }
        return {key: value for key, value in told.items() if value}

    def _party(self, party: str) -> Mapping[str, object]:
        told = self._records.attributes([party]).get(party, {})
        called = name(told)
        address = " ".join(filter(None, (told.get("cityZh", ""), told.get("streetAddressOne", ""))))
        found = {
            "address": address,
            "contact": told.get("phone", ""),
            "licence_until": told.get("licenceUntil", ""),
        }
        return {
            "key": party,
            "name": {"zh": called.zh, "en": called.en},
            **{key: value for key, value in found.items() if value},
        }


def _chips(event: Event) -> Mapping[str, str]:
    """The chips that the sender read goods from, by key; its own word, hence looked at with care."""
    told: list[Any] = event.body.get("suyuan:tags") or []
    found: dict[str, str] = {}
    for one in told if is_list(told) else ():
        epc, tid = (one.get("suyuan:epc"), one.get("suyuan:tid")) if is_object(one) else (None, None)
        if isinstance(epc, str) and isinstance(tid, str) and (key := _key(epc)) is not None:
            found[key] = tid[:64]
    return found


def _key(epc: str) -> str | None:
    try:
        return identify(epc).key
    except IdentifierError:
        return None


def _kind(key: str) -> str:
    try:
        return identify(key).kind
    except IdentifierError:
        return "other"
