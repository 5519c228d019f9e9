"""What is on record of one object: everything that its passport needs, looked up before it is decided."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Protocol

from suyuan.trace.epcis.event import Event
from suyuan.trace.errors import NotFound
from suyuan.trace.gs1 import Identifier, IdentifierError, identify, site
from suyuan.trace.lineage import Options, Suspect, Trace, Visit, WhereNow
from suyuan.trace.recall.custody import NOTHING_TOLD, SENDS, Custody, Told
from suyuan.trace.recall.hearing import Hearing, begins
from suyuan.trace.recall.names import Attributes
from suyuan.trace.recall.origins import is_only, origins_of, product_of
from suyuan.trace.recall.passport import Entered, Paper


class Records(Protocol):
    """Where the facts come from."""

    def is_known(self, key: str) -> bool:
        """Whether anything is on record under the key."""
        ...

    def lot_of(self, key: str) -> str | None:
        """The lot of an instance."""
        ...

    def journey(self, key: str) -> Sequence[Visit]:
        """The checkpoints of an object, in order."""
        ...

    def where_now(self, key: str) -> WhereNow:
        """Where it was last known to be."""
        ...

    def trace(self, suspects: Sequence[Suspect], options: Options) -> Trace:
        """See ``Tracer.trace``."""
        ...

    def evidence(self, keys: Iterable[str]) -> Mapping[str, Event]:
        """The events of these evidence keys."""
        ...

    def attributes(self, keys: Iterable[str]) -> Mapping[str, Attributes]:
        """Master data by canonical key, attributes by local name."""
        ...

    def registered(self, lot: str) -> Attributes:
        """What the register's owner of a lot tells of it; nothing where nobody answers for it."""
        ...

    def told_by(self, key: str, producer: str) -> str | None:
        """Who answers for a product or lot in the register, where that is not its producer.

        Of a place whoever runs it, or ran it until it was given up.
        """
        ...

    def entered(self, key: str) -> Entered | None:
        """How an approved entry of the register came to count; None where nobody answers for the key."""
        ...

    def operators(self) -> Collection[str]:
        """The parties in whose name those write who run the platform."""
        ...

    def authorities(self) -> Collection[str]:
        """The parties in whose name officers write."""
        ...

    def papers(self, lot: str, producer: str) -> Sequence[Paper]:
        """The documents of a lot that its owner or this producer provided, without those taken back."""
        ...


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything looked up once, before anything is decided.

    ``own`` and ``of_lot`` are the checkpoints of the thing and of its lot, by whose word they are.
    ``is_made_by_owner`` is False where the product is registered, and whoever brought the thing about neither
    answers for the product nor is named by who does.
    """

    identifier: Identifier
    lot_key: str | None
    own: Told
    of_lot: Told
    is_made_by_owner: bool
    events: Mapping[str, Event]
    where: WhereNow
    attributes: Mapping[str, Attributes]
    origins: Mapping[str, Visit]  # farm lot -> its first checkpoint
    zone: tzinfo
    contents: frozenset[str]  # of a logistic unit, at any depth, now
    first_name: Callable[[str], str]

    @property
    def visits(self) -> tuple[Visit, ...]:
        """The checkpoints of the thing that strangers to it did not make up."""
        return self.own.heard

    @property
    def lot_visits(self) -> tuple[Visit, ...]:
        """Those of its lot; none where it is the lot itself."""
        return self.of_lot.heard


def require_known(identifier: Identifier, records: Records) -> None:
    """Refuse what nothing is on record of.

    Raises:
        NotFound: ``where`` is the AI of the part that is not known.
    """
    if not records.is_known(identifier.key):
        raise not_known(identifier, records)


def not_known(identifier: Identifier, records: Records) -> NotFound:
    """What is said of a code of which nothing is on record; ``where`` is the AI of the part."""
    if identifier.product_key and records.is_known(identifier.product_key):
        return number_not_known(identifier)
    last_ai, value = _last_part(identifier)
    return NotFound(
        "Nothing is on record under {value}",
        where=last_ai,
        value=value,
        remedy="Compare it with the label, or ask the seller where the product is from.",
    )


def number_not_known(identifier: Identifier) -> NotFound:
    """What is said of a code of which nothing is on record but its product."""
    last_ai, value = _last_part(identifier)
    return NotFound(
        "The product is known, but not this number {value}",
        where=last_ai,
        value=value,
        remedy="Compare it with the label; a single wrong character leads here.",
    )


def _last_part(identifier: Identifier) -> tuple[str, str]:
    return (("", identifier.key), *identifier.ais, *identifier.own)[-1]


def look_up(
    identifier: Identifier, records: Records, zone: tzinfo, first_name: Callable[[str], str]
) -> Facts:
    """A handful of look-ups and one trace back; of a logistic unit also one of what is in it."""
    key = identifier.key
    hearing = Hearing(records, first_name)
    own, of, lot_key, of_lot = _heard(identifier, hearing, first_name)
    visits = (*own.heard, *of_lot.heard)
    strange = frozenset(visit.evidence for visit in (*own.strange, *of_lot.strange))
    doubted = strange.union(visit.evidence for visit in (*own.uncertain, *of_lot.uncertain))
    is_made_by_owner = hearing.is_made_by_owner(key, own, of, identifier.product_key, of_lot)
    origins = origins_of(key, lot_key, records, hearing, doubted)
    named = {identifier.product_key, None if lot_key is None else product_of(lot_key)}
    named.update(place for visit in (*visits, *origins.values()) for place in (visit.place, visit.party))
    named.update(site(place) for place in list(named) if place)
    named.update(product_of(lot) for lot in origins)
    named.update(hearing.tellers)  # whoever tells gets an account, or a name, that makes their word count
    attributes = dict(records.attributes(item for item in named if item))
    more = {value for told in attributes.values() for n, value in told.items() if n in ("party", "producer")}
    attributes.update(records.attributes(more - attributes.keys()))
    return Facts(
        identifier,
        lot_key,
        own,
        of_lot,
        is_made_by_owner,
        hearing.events,
        hearing.whereabouts(key, own),
        attributes,
        origins,
        zone,
        _contents(key, records, strange) if identifier.kind == "unit" else frozenset[str](),
        first_name,
    )


def _heard(
    identifier: Identifier, hearing: Hearing, first_name: Callable[[str], str]
) -> tuple[Told, Custody, str | None, Told]:
    """By whose word a thing is, who had it, its lot, and by whose word that is."""
    key = identifier.key
    own, of = hearing.of(key, identifier.product_key)
    lot_key = key if identifier.kind == "lot" else (hearing.lot_of(key, own) or identifier.lot_key)
    if not lot_key or lot_key == key:
        return own, of, lot_key, NOTHING_TOLD
    is_begun = any(begins(visit, hearing.events, key, first_name) for visit in own.certain)
    made_before = 0.0 if is_begun else hearing.first_told(own.heard)
    begun = own.certain[0].time if own.certain and identifier.kind == "item" else None
    if own.strange and not any(visit.biz_step in SENDS for visit in own.heard):
        _, gone = hearing.of(lot_key, product_of(lot_key), of, made_before=made_before)
        own, of = hearing.of(key, identifier.product_key, of_lot=gone)
    of_lot, _ = hearing.of(lot_key, product_of(lot_key), of, until=begun, made_before=made_before)
    return own, of, lot_key, of_lot


def told_by_strangers(key: str, records: Records, first_name: Callable[[str], str]) -> frozenset[str]:
    """The evidence of what those told of an item, lot or unit who never had it on record (decision 0039)."""
    identifier = identified(key)
    if identifier is None:
        return frozenset()
    own, *_ = _heard(identifier, Hearing(records, first_name), first_name)
    return frozenset(visit.evidence for visit in own.strange)


def _contents(unit: str, records: Records, strange: frozenset[str]) -> frozenset[str]:
    """What is in a logistic unit now: a recalled item is no less recalled in its box.

    What only ``strange`` events put there is not.
    """
    found = records.trace([Suspect(unit)], Options(depth=0))
    inside = {unit}
    packed = [
        (edge.source, edge.target)
        for edge in found.edges
        if edge.kind == "contain" and edge.to_time is None and not is_only(edge, strange)
    ]
    while more := {child for parent, child in packed if parent in inside} - inside:
        inside |= more
    return frozenset(inside - {unit})


def identified(key: str | None) -> Identifier | None:
    """What a key means; None where it is no identifier of ours."""
    try:
        return None if key is None else identify(key)
    except IdentifierError:
        return None  # a lot may be named by what is no identifier of GS1
