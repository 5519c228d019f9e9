"""What is on record of one object: everything that its passport needs, looked up before it is decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Protocol

from suyuan.trace.epcis.event import Event
from suyuan.trace.errors import NotFound
from suyuan.trace.gs1 import Identifier, IdentifierError, identify
from suyuan.trace.lineage import Options, Suspect, Trace, Visit, WhereNow
from suyuan.trace.recall.names import Attributes
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
        """Who answers for a product or lot in the register, where that is not its producer."""
        ...

    def entered(self, key: str) -> Entered | None:
        """How an approved entry of the register came to count; None where nobody answers for the key."""
        ...

    def papers(self, lot: str, producer: str) -> Sequence[Paper]:
        """The documents of a lot that its owner or this producer provided, without those taken back."""
        ...


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything looked up once, before anything is decided."""

    identifier: Identifier
    lot_key: str | None
    visits: tuple[Visit, ...]
    lot_visits: tuple[Visit, ...]
    events: Mapping[str, Event]
    where: WhereNow
    attributes: Mapping[str, Attributes]
    origins: Mapping[str, Visit]  # farm lot -> its first checkpoint
    zone: tzinfo
    contents: frozenset[str]  # of a logistic unit, at any depth, now
    first_name: Callable[[str], str]


def require_known(identifier: Identifier, records: Records) -> None:
    """Refuse what nothing is on record of.

    Raises:
        NotFound: ``where`` is the AI of the part that is not known.
    """
    if not records.is_known(identifier.key):
        raise not_known(identifier, records)


def not_known(identifier: Identifier, records: Records) -> NotFound:
    """What is said of a code of which nothing is on record; ``where`` is the AI of the part."""
    last_ai, value = (("", identifier.key), *identifier.ais, *identifier.own)[-1]
    if identifier.product_key and records.is_known(identifier.product_key):
        return NotFound(
            "The product is known, but not this number {value}",
            where=last_ai,
            value=value,
            remedy="Compare it with the label; a single wrong character leads here.",
        )
    return NotFound(
        "Nothing is on record under {value}",
        where=last_ai,
        value=value,
        remedy="Compare it with the label, or ask the seller where the product is from.",
    )


def look_up(
    identifier: Identifier, records: Records, zone: tzinfo, first_name: Callable[[str], str]
) -> Facts:
    """A handful of look-ups and one trace back; of a logistic unit also one of what is in it."""
    key = identifier.key
    lot_key = key if identifier.kind == "lot" else (records.lot_of(key) or identifier.lot_key)
    visits = tuple(records.journey(key))
    lot_visits = tuple(records.journey(lot_key)) if lot_key and lot_key != key else ()
    back = records.trace([Suspect(key)], Options(direction="backward"))
    firsts = {lot: _first_visit(lot, back, records) for lot in _far_lots(back, {key, lot_key or ""})}
    origins = {lot: first for lot, first in firsts.items() if first is not None}
    events = records.evidence([visit.evidence for visit in (*visits, *lot_visits)])
    named = {identifier.product_key, None if lot_key is None else product_of(lot_key)}
    named.update(
        place for visit in (*visits, *lot_visits, *origins.values()) for place in (visit.place, visit.party)
    )
    named.update(product_of(lot) for lot in origins)
    attributes = dict(records.attributes(item for item in named if item))
    more = {value for told in attributes.values() for n, value in told.items() if n in ("party", "producer")}
    attributes.update(records.attributes(more - attributes.keys()))
    contents = _contents(key, records) if identifier.kind == "unit" else frozenset[str]()
    where = records.where_now(key)
    return Facts(
        identifier,
        lot_key,
        visits,
        lot_visits,
        events,
        where,
        attributes,
        origins,
        zone,
        contents,
        first_name,
    )


def _contents(unit: str, records: Records) -> frozenset[str]:
    """What is in a logistic unit now: a recalled item is no less recalled in its box."""
    found = records.trace([Suspect(unit)], Options(depth=0))
    inside = {unit}
    packed = [(e.source, e.target) for e in found.edges if e.kind == "contain" and e.to_time is None]
    while more := {child for parent, child in packed if parent in inside} - inside:
        inside |= more
    return frozenset(inside - {unit})


def _first_visit(lot: str, back: Trace, records: Records) -> Visit | None:
    """Where a lot begins: its own first checkpoint, or that of the first of its pieces on the way here."""
    own = next(iter(records.journey(lot)), None)
    pieces = (edge.target for edge in back.edges if edge.kind == "member" and edge.source == lot)
    return own or next((visit for piece in pieces for visit in records.journey(piece)), None)


def _far_lots(found: Trace, own: set[str]) -> list[str]:
    """Lots that nothing on record was made into, and that are no mere grouping of something made."""
    made = {edge.target for edge in found.edges if edge.kind == "transform"}
    made |= {edge.source for edge in found.edges if edge.kind == "member" and edge.target in made}
    lots = {state.key: None for state in found.states if state.kind == "lot"}
    return [key for key in lots if key not in made and key not in own]


def product_of(lot_key: str) -> str | None:
    """The key of the product of a lot, where the lot's key tells it."""
    found = identified(lot_key)
    return None if found is None else found.product_key


def identified(key: str | None) -> Identifier | None:
    """What a key means; None where it is no identifier of ours."""
    try:
        return None if key is None else identify(key)
    except IdentifierError:
        return None  # a lot may be named by what is no identifier of GS1
