"""What a question needs to look up: the tracer, and a few facts that no trace tells.

Any engine serves. Keys are canonical, windows half-open, ``known_at`` as in ``Options``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from suyuan.trace.lineage.contract import Amount, Status, Tracer
from suyuan.trace.scope.selection import Deeds

Stay = tuple[datetime | None, datetime | None]
"""From when until when; None: since nobody knows when, and: still."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What a party did by one event: it made or shipped these objects."""

    evidence: str
    time: datetime
    what: Deeds
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """A transformation event at one place or read point."""

    evidence: str
    time: datetime
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lying:
    """Some of a lot, and how it stands; ``uom`` None is pieces."""

    status: Status
    quantity: float
    uom: str | None


class Records(Tracer, Protocol):
    """Where answers come from. ``trace`` and ``scope`` are those of ``Tracer``."""

    @property
    def sees_all(self) -> bool:
        """Whether nothing on record is kept from whoever asks."""
        ...

    def sees(self, evidence: str) -> bool:
        """Whether an event is on record under this key of evidence."""
        ...

    def is_known(self, key: str) -> bool:
        """Whether anything is on record under the key."""
        ...

    def lots_of(self, product: str) -> Sequence[str]:
        """The lots of a product that are on record."""
        ...

    def dates_of(self, lots: Collection[str]) -> Mapping[str, Mapping[str, date]]:
        """Per lot its dates by meaning, where told: ``production``, ``best_before``, ``expiration``."""
        ...

    def made_on(self, lots: Collection[str], known_at: datetime | None) -> Mapping[str, date]:
        """Per lot the local day on which an event first made or named it."""
        ...

    def lots_at(
        self, place: str, lots: Collection[str], start: datetime, end: datetime
    ) -> Mapping[str, Stay]:
        """Which of these lots were at the site of a place during [start, end)."""
        ...

    def deeds_of(
        self, party: str, start: datetime | None, end: datetime | None, known_at: datetime | None
    ) -> Iterable[Deed]:
        """What a party made and shipped in the window, in order of time."""
        ...

    def work_at(
        self,
        point: str,
        start: datetime | None,
        end: datetime | None,
        known_at: datetime | None,
        *,
        whole_site: bool = False,
    ) -> Sequence[Work]:
        """The transformations of which the read point or place is exactly this key, in order of time.

        ``whole_site``: also those at any other point of its site.
        """
        ...


class Amounts(Protocol):
    """What a balance needs beyond a scope."""

    def made(self, lots: Collection[str]) -> Mapping[str, Amount | None]:
        """How much of each lot there ever was (law of tracing §8); None: nobody told."""
        ...

    def lying_of(self, lots: Collection[str]) -> Mapping[str, Sequence[Lying]]:
        """How all of each lot stands now: its pieces where any are on record, else its portions (§9)."""
        ...
