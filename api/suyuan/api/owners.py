"""Whose places are, by master data."""

from __future__ import annotations

from sqlalchemy import Engine

from suyuan.api import master_data
from suyuan.trace.register.aliases import Aliases
from suyuan.trace.store.engine import Reading


class Owners:
    """The party of a place under its first name; each is looked up once, until :meth:`forget`."""

    def __init__(self, engine: Engine, names: Aliases) -> None:
        self._engine = engine
        self._names = names
        self._parties: dict[str, str | None] = {}

    def __call__(self, place: str) -> str | None:
        """Whose it is, None where nobody told."""
        if place not in self._parties:
            with Reading(self._engine) as reading:
                told = master_data.attributes(reading, [place], self._names)
            party = told.get(place, {}).get("party")
            self._parties[place] = None if party is None else self._names.key(party)
        return self._parties[place]

    def forget(self) -> None:
        """Other master data were told."""
        self._parties.clear()
