"""What a passport follows from: the records, noting whatever is asked of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from suyuan.api.records import LiveRecords
from suyuan.trace.epcis.event import Event
from suyuan.trace.lineage import Options, Suspect, Trace, Visit, WhereNow
from suyuan.trace.lineage.journey import visit
from suyuan.trace.recall.names import Attributes
from suyuan.trace.recall.passport import Entered, Paper


class Asked:
    """Implements :class:`suyuan.trace.recall.facts.Records` over the live ones.

    ``things`` are the keys that events name: what none of them names changes nothing of what was found.
    ``names`` are those of which master data, the register or documents were asked. Both are supersets.
    """

    def __init__(self, records: LiveRecords) -> None:
        self._records = records
        self.things: set[str] = set()
        self.names: set[str] = set()

    def is_known(self, key: str) -> bool:
        """See :class:`suyuan.trace.recall.facts.Records`, here and below."""
        self.things.add(key)
        self.names.add(key)
        return self._records.is_known(key)

    def lot_of(self, key: str) -> str | None:
        """The lot of an instance."""
        self.things.add(key)
        lot = self._records.lot_of(key)
        if lot is not None:
            self.things.add(lot)
        return lot

    def journey(self, key: str) -> Sequence[Visit]:
        """The checkpoints of an object; on the way, every container that it was put in."""
        self.things.add(key)
        found = self._records.checkpoints([key])[key]
        for told, container in found:
            parent = told.occurrence.parent
            self.things.update(one for one in (parent, container) if one is not None)
        return tuple(visit(*one) for one in found)

    def where_now(self, key: str) -> WhereNow:
        """Where it was last known to be."""
        self.things.add(key)
        found = self._records.where_now(key)
        if found.container is not None:
            self.things.add(found.container)
        return found

    def trace(self, suspects: Sequence[Suspect], options: Options) -> Trace:
        """All that is on the way."""
        found = self._records.trace(suspects, options)
        self.things.update(state.key for state in found.states)
        for edge in found.edges:
            self.things.add(edge.source)
            self.things.add(edge.target)
        return found

    def evidence(self, keys: Iterable[str]) -> Mapping[str, Event]:
        """Events, which never change."""
        return self._records.evidence(keys)

    def attributes(self, keys: Iterable[str]) -> Mapping[str, Attributes]:
        """Master data."""
        asked = list(keys)
        self.names.update(asked)
        return self._records.attributes(asked)

    def registered(self, lot: str) -> Attributes:
        """What the owner of a lot tells of it."""
        self.names.add(lot)
        return self._records.registered(lot)

    def told_by(self, key: str, producer: str) -> str | None:
        """Who answers for an entry; the names of that party are second names."""
        self.names.add(key)
        return self._records.told_by(key, producer)

    def papers(self, lot: str, producer: str) -> Sequence[Paper]:
        """The documents of a lot."""
        self.names.add(lot)
        return self._records.papers(lot, producer)

    def operators(self) -> Collection[str]:
        """Who runs the platform: what somebody wrote before they did, or who does no more, moves nothing."""
        return self._records.operators()

    def authorities(self) -> Collection[str]:
        """The parties in whose name officers write: as of operators."""
        return self._records.authorities()

    def entered(self, key: str) -> Entered | None:
        """How an entry came to count."""
        self.names.add(key)
        return self._records.entered(key)
