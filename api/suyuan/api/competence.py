"""Who is responsible for what, as the register says: places, authorities, owners of goods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Engine, select

from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.recall.division import PlaceFacts
from suyuan.trace.recall.names import by_local_name
from suyuan.trace.register.parties import competence_of, place_facts
from suyuan.trace.store import vocabulary
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.sight import Competence


class Register(Protocol):
    """What casework asks of the register."""

    def facts(self, places: Iterable[str]) -> PlaceFacts:
        """Stage and district of those places that are registered with both."""
        ...

    def authorities(self) -> Sequence[tuple[str, Competence]]:
        """The authorities and their competence."""
        ...

    def owners(self, keys: Iterable[str]) -> Mapping[str, str]:
        """The party that answers for each object or place, of those for which one is told."""
        ...


@dataclass(frozen=True, slots=True)
class StoredRegister:
    """The register of one store."""

    engine: Engine

    def facts(self, places: Iterable[str]) -> PlaceFacts:
        """Stage and district of those places that are registered with both."""
        with Reading(self.engine) as reading:
            found = place_facts(reading, places)
        return {
            place: (told.stage, told.district)
            for place, told in found.items()
            if told.stage and told.district
        }

    def authorities(self) -> Sequence[tuple[str, Competence]]:
        """Every approved authority; asked for only when something is beyond somebody's competence."""
        with Reading(self.engine) as reading:
            parties = reading.connection.execute(
                select(EntryRow.key).where(EntryRow.kind == "party", EntryRow.state == "approved")
            ).scalars()
            found = [(party, competence_of(reading, party)) for party in list(parties)]
        return [(party, competence) for party, competence in found if competence is not None]

    def owners(self, keys: Iterable[str]) -> Mapping[str, str]:
        """By the entry of the lot, product or place; else by the producer or party that master data name."""
        naming = {key: _naming(key) for key in keys}
        asked = {name for names in naming.values() for name in names}
        owners: dict[str, str] = {}
        with Reading(self.engine) as reading:
            told = vocabulary.attributes(reading, asked)
            for chunk in chunks(asked):
                rows = reading.connection.execute(
                    select(EntryRow.key, EntryRow.owner).where(
                        EntryRow.key.in_(chunk), EntryRow.state == "approved"
                    )
                )
                owners.update((key, owner) for key, owner in rows)
        for name, values in told.items():
            attributes = by_local_name(values)
            party = attributes.get("producer") or attributes.get("party")
            if party:
                owners.setdefault(name, party)
        return {
            key: next(owners[name] for name in names if name in owners)
            for key, names in naming.items()
            if any(name in owners for name in names)
        }


@dataclass(frozen=True, slots=True)
class NoRegister:
    """An installation in which nobody has registered anything."""

    def facts(self, places: Iterable[str]) -> PlaceFacts:
        """Nothing."""
        del places
        return {}

    def authorities(self) -> Sequence[tuple[str, Competence]]:
        """None."""
        return ()

    def owners(self, keys: Iterable[str]) -> Mapping[str, str]:
        """Nobody."""
        del keys
        return {}


NO_REGISTER = NoRegister()


def _naming(key: str) -> tuple[str, ...]:
    """The keys whose entry tells whose it is: itself, its lot, its product."""
    try:
        found = identify(key)
    except IdentifierError:
        return (key,)
    return tuple(dict.fromkeys(one for one in (key, found.lot_key, found.product_key) if one))
