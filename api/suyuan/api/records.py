"""The records as services ask for them: lineage, evidence and master data of one store, kept up to date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from threading import RLock

from sqlalchemy import Engine

from suyuan.trace.epcis.event import Event
from suyuan.trace.lineage import (
    ExactTracer,
    Lineage,
    Options,
    Scope,
    Suspect,
    Trace,
    Visit,
    WhereNow,
    journey,
    where_now,
)
from suyuan.trace.recall.names import Attributes, by_local_name
from suyuan.trace.store import vocabulary
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.history import events_by_key, occurrences


class LiveRecords:
    """One store's lineage, following its evidence by sequence number.

    Every question first takes in what was stored meanwhile, by this process or another, so that an answer
    always knows everything that was acknowledged before it was asked. One lock: a trace sees one history.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lineage = Lineage()
        self._tracer = ExactTracer(self._lineage, owner=self._owner_of)
        self._owners: dict[str, str | None] = {}
        self._followed = 0
        self._lock = RLock()

    def follow(self) -> int:
        """Take in new evidence; returns the sequence number of the newest. One cheap query if none."""
        with self._lock:
            with Reading(self._engine) as reading:
                fresh = list(occurrences(reading, self._followed))
            if fresh:
                self._lineage.add(occurrence for _, occurrence in fresh)
                self._followed = fresh[-1][0]
                self._owners.clear()  # evidence and master data often come in one document
            return self._followed

    def is_known(self, key: str) -> bool:
        """Whether any event that counts names the key, or master data describe it."""
        with self._lock:
            self.follow()
            if key in self._lineage.history().births:
                return True
        return bool(self.attributes([key]))

    def lot_of(self, key: str) -> str | None:
        """The lot of an instance."""
        with self._lock:
            self.follow()
            found = self._lineage.history().lots.get(key)
        return None if found is None else found[0]

    def journey(self, key: str) -> Sequence[Visit]:
        """The checkpoints of an object."""
        with self._lock:
            self.follow()
            return journey(self._lineage, key)

    def where_now(self, key: str) -> WhereNow:
        """Where an object was last known to be."""
        with self._lock:
            self.follow()
            return where_now(self._lineage.history(), key, self._owner_of)

    def trace(self, suspects: Sequence[Suspect], options: Options) -> Trace:
        """See ``Tracer.trace``."""
        with self._lock:
            self.follow()
            return self._tracer.trace(suspects, options)

    def scope(self, suspects: Sequence[Suspect], options: Options) -> Scope:
        """See ``Tracer.scope``."""
        with self._lock:
            self.follow()
            return self._tracer.scope(suspects, options)

    def evidence(self, keys: Iterable[str]) -> Mapping[str, Event]:
        """The events of these evidence keys."""
        with Reading(self._engine) as reading:
            return {key: stored.event for key, stored in events_by_key(reading, keys).items()}

    def attributes(self, keys: Iterable[str]) -> Mapping[str, Attributes]:
        """Master data by canonical key, their attributes by local name."""
        with Reading(self._engine) as reading:
            told = vocabulary.attributes(reading, keys)
        return {key: by_local_name(values) for key, values in told.items()}

    def _owner_of(self, place: str) -> str | None:
        if place not in self._owners:
            self._owners[place] = self.attributes([place]).get(place, {}).get("party")
        return self._owners[place]
