"""What the register says of parties and places: who is competent, who is licensed, what a place is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from suyuan.trace.gs1 import site
from suyuan.trace.register.codes import sc_category
from suyuan.trace.register.districts import region
from suyuan.trace.register.drafts import licence_category
from suyuan.trace.register.fields import listed
from suyuan.trace.register.finding import Finding, error, warning
from suyuan.trace.register.telling import entry_of, told_by_owners
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.record_tables import AliasRow, EntryRow
from suyuan.trace.store.sight import AS_PARTY, AS_PLACE, Competence


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """What the register says of a place or read point: its stage, its district and whose it is."""

    stage: str
    district: str
    party: str


def competence_of(reading: Reading, party: str) -> Competence | None:
    """The competence of an authority; None of a party that is none, or that is not approved. Two look-ups."""
    state = reading.connection.execute(
        select(EntryRow.state).where(EntryRow.key == party, EntryRow.kind == "party")
    ).scalar()
    if state != "approved":
        return None
    told = entry_of("party", party, told_by_owners(reading, [party]).get(party, {}))
    if "authority" not in listed(told.value("roles")):
        return None
    return Competence(
        frozenset(listed(told.value("stages"))),
        frozenset(region(code) for code in listed(told.value("regions"))),
    )


def licence_findings(reading: Reading, product: str, day: date) -> tuple[Finding, ...]:
    """What stands against making a food of this product on ``day``: its producer's licence (Law Art 35).

    Nothing is found where the product is not in the register, or belongs to no licence category. A licence
    whose last day is not told counts as valid. Two look-ups.
    """
    told = entry_of("product", product, told_by_owners(reading, [product]).get(product, {}))
    category, producer = told.value("category"), told.value("producer")
    if not category or not producer:
        return ()
    maker = entry_of("party", producer, told_by_owners(reading, [producer]).get(producer, {}))
    licence, until = maker.value("licence"), maker.value("licence_until")
    main = sc_category(licence)
    if main is None:
        return (
            warning(
                "licence-missing",
                "The producer has no food production licence (SC) in the register.",
                where="category",
                remedy="Enter the licence of the producer, or confirm that it need not have one.",
            ),
        )
    found: list[Finding] = []
    if until and until < day.isoformat():
        found.append(
            error(
                "licence-expired",
                "The licence {licence} ran out on {until}; without a valid one no food may be made "
                "(Food Safety Law, Article 35).",
                where="licence_until",
                remedy="Have the licence renewed, and enter its new last day.",
                licence=licence,
                until=until,
            )
        )
    if main != category:
        found.append(licence_category(licence, main, category))
    return tuple(found)


def place_facts(reading: Reading, keys: Iterable[str]) -> dict[str, PlaceFacts]:
    """Facts of those of ``keys`` that are places or read points of the register; one query per 250 keys.

    A read point that nobody registered has those of its place. Withdrawn places keep theirs, since what
    happened there goes on having happened there; what was never approved has none.
    """
    found: dict[str, PlaceFacts] = {}
    for chunk in chunks(dict.fromkeys(keys), 250):
        rows = reading.connection.execute(
            select(EntryRow.key, EntryRow.stage, EntryRow.district, EntryRow.party).where(
                EntryRow.key.in_({*chunk, *map(site, chunk)}),
                EntryRow.kind.in_(("place", "read_point")),
                EntryRow.state.in_(("approved", "withdrawn")),
            )
        )
        known = {key: PlaceFacts(stage, district, party) for key, stage, district, party in rows}
        found.update((key, facts) for key in chunk if (facts := known.get(key) or known.get(site(key))))
    return found


def addressees(reading: Reading, keys: Iterable[str]) -> frozenset[str]:
    """Whoever may take what was sent to ``keys``: these, and with a place whoever runs it. Three look-ups.

    Second names count as the first. A GLN told as a party's that is registered as a place, and as no party,
    means the place: people give the GLN of the shop.
    """
    named = frozenset(keys)
    second = select(AliasRow.alias, AliasRow.key).where(AliasRow.alias.in_(named))
    first = {row.alias: row.key for row in reading.connection.execute(second)}
    entered = select(EntryRow.key).where(EntryRow.key.in_(named), EntryRow.kind == "party")
    parties = {*reading.connection.execute(entered).scalars(), *first}
    meant = {key.replace(AS_PARTY, AS_PLACE, 1) for key in named - parties}
    places = place_facts(reading, {*named, *first.values(), *meant})
    return named | {*first.values(), *places, *(place.party for place in places.values())}
