"""What a till is told about a code: sell, stop, or that it cannot be decided.

A few look-ups and no trace: a customer is waiting. What must not be sold comes from the block list, which
follows every case in force; what was sold or destroyed already, and its dates, from what is on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Literal, Protocol

from suyuan.trace.gs1 import Identifier, IdentifierError, identify
from suyuan.trace.lineage import Visit, WhereNow
from suyuan.trace.recall.dates import last_day, registered_dates, told_dates
from suyuan.trace.recall.fitness import condition
from suyuan.trace.recall.names import Attributes

TillVerdict = Literal["sell", "stop", "cannot-decide"]
Blocked = Mapping[str, Mapping[str, str]]

REASONS = (
    "fine",
    "no-lot-stopped",
    "recalled",
    "held",
    "carries",
    "sold-already",
    "gone",
    "unfit",
    "expired",
    "some-lots-stopped",
    "wrong-lot",
    "unknown-serial",
    "unknown-lot",
    "no-record",
)
_FIRST_VISITS = 3  # an item is born at its first checkpoints, where its dates are told


class Records(Protocol):
    """Where the facts come from."""

    def is_known(self, key: str) -> bool:
        """Whether anything is on record under the key."""
        ...

    def lot_of(self, key: str) -> str | None:
        """The lot of an instance."""
        ...

    def lots(self, keys: Iterable[str]) -> Mapping[str, str]:
        """The lots of those instances that have one on record."""
        ...

    def journey(self, key: str) -> Sequence[Visit]:
        """The checkpoints of an object, in order."""
        ...

    def where_now(self, key: str) -> WhereNow:
        """Where it was last known to be."""
        ...

    def ilmd(self, evidence: str) -> Mapping[str, object]:
        """What an event told of the instances and lots that it made."""
        ...

    def registered(self, lot: str) -> Attributes:
        """What the register's owner of a lot tells of it; nothing where nobody answers for it."""
        ...


@dataclass(frozen=True, slots=True)
class StoppedLot:
    """A lot of a product, or an item of it, that must not be sold."""

    key: str
    lot: str
    state: str
    case: str


@dataclass(frozen=True, slots=True)
class TillAnswer:
    """``reason`` is one of :data:`REASONS`; ``case`` the number of the case that stops the sale.

    ``disposition`` is what stands against it on record, where the reason is ``unfit``.
    """

    verdict: TillVerdict
    reason: str
    identifier: Identifier
    lot_key: str | None = None
    case: str = ""
    last_day: date | None = None
    disposition: str = ""
    stopped: tuple[StoppedLot, ...] = ()


def ask(
    identifier: Identifier,
    records: Records,
    blocked: Blocked,
    stopped_of: Mapping[str, Sequence[StoppedLot]],
    *,
    today: date,
    zone: tzinfo,
) -> TillAnswer:
    """The answer about one code. ``stopped_of`` is :func:`stopped_by_product` of the same list."""
    if identifier.kind == "product":
        return _of_product(identifier, records, stopped_of.get(identifier.key, ()))
    recorded = identifier.key if identifier.kind == "lot" else records.lot_of(identifier.key)
    lot_key = recorded or identifier.lot_key
    for key in dict.fromkeys((identifier.key, recorded, identifier.lot_key)):
        entry = blocked.get(key) if key else None
        if entry is not None:
            reason = "carries" if entry.get("carries") == "yes" else entry["state"]
            return TillAnswer("stop", reason, identifier, lot_key, entry["case"])
    until = _last_day(identifier.key, lot_key, records, zone)
    if until is not None and until < today:
        return TillAnswer("stop", "expired", identifier, lot_key, last_day=until)
    verdict, reason = _by_record(identifier, recorded, records)
    unfit = _unfit(identifier, lot_key, records) if verdict == "sell" else ""
    if unfit:
        return TillAnswer("stop", "unfit", identifier, lot_key, last_day=until, disposition=unfit)
    return TillAnswer(verdict, reason, identifier, lot_key, last_day=until)


def stopped_by_product(blocked: Blocked, records: Records) -> dict[str, list[StoppedLot]]:
    """The stopped lots of every product: those listed, and those of which single items are. Linear."""
    found: dict[str, dict[str, StoppedLot]] = {}
    lots = records.lots(blocked)
    for key, entry in blocked.items():
        lot_key = lots.get(key, key)
        named = _identified(lot_key)
        product = None if named is None else named.product_key
        if named is not None and product is not None and named.kind in ("item", "lot"):
            stopped = StoppedLot(lot_key, named.lot or named.serial or "", entry["state"], entry["case"])
            found.setdefault(product, {}).setdefault(lot_key, stopped)
    return {product: sorted(each.values(), key=lambda lot: lot.key) for product, each in found.items()}


def _of_product(identifier: Identifier, records: Records, stopped: Sequence[StoppedLot]) -> TillAnswer:
    if stopped:
        return TillAnswer("cannot-decide", "some-lots-stopped", identifier, stopped=tuple(stopped))
    if records.is_known(identifier.key):
        return TillAnswer("sell", "no-lot-stopped", identifier)
    return TillAnswer("cannot-decide", "no-record", identifier)


def _by_record(identifier: Identifier, recorded: str | None, records: Records) -> tuple[TillVerdict, str]:
    if not records.is_known(identifier.key):
        return "cannot-decide", _what_is_unknown(identifier, records)
    if recorded and identifier.lot_key and recorded != identifier.lot_key:
        return "cannot-decide", "wrong-lot"
    # Of a lot some may be sold, the rest is not.
    status = "in_stock" if identifier.kind == "lot" else records.where_now(identifier.key).status
    if status == "sold":
        return "stop", "sold-already"
    return ("stop", "gone") if status in ("destroyed", "consumed") else ("sell", "fine")


def _unfit(identifier: Identifier, lot_key: str | None, records: Records) -> str:
    """The disposition that stands against selling it, if one does."""
    own = () if identifier.kind == "lot" else records.journey(identifier.key)
    lot = records.journey(lot_key) if lot_key else ()
    found = condition(own, lot, is_unit=identifier.kind == "unit")
    return "" if found is None else found[0]


def _what_is_unknown(identifier: Identifier, records: Records) -> str:
    product = identifier.product_key
    if product is None or not records.is_known(product):
        return "no-record"
    return "unknown-lot" if identifier.kind == "lot" else "unknown-serial"


def _last_day(key: str, lot_key: str | None, records: Records, zone: tzinfo) -> date | None:
    """The last day on which it may be sold; the register is asked where no event tells it for certain."""
    told = told_dates(_tellings((key, lot_key), records), zone)
    if lot_key and "expiration" not in told:
        told = registered_dates(records.registered(lot_key), zone) | told
    return last_day(told)


def _tellings(keys: Iterable[str | None], records: Records) -> Iterator[Mapping[str, object]]:
    for key in dict.fromkeys(keys):
        for visit in records.journey(key)[:_FIRST_VISITS] if key else ():
            if visit.basis != "inferred":
                yield records.ilmd(visit.evidence)


def _identified(key: str) -> Identifier | None:
    try:
        return identify(key)
    except IdentifierError:
        return None  # what is blocked may be named by what is no identifier
