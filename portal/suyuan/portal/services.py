"""What the pages ask of the house. The composition root (``suyuan.api``) provides it; tests bring fakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from suyuan.portal.tiled.source import TileSource
from suyuan.trace.gs1 import Identifier
from suyuan.trace.lineage.contract import Kind, Options, Scope, ScopeLine, Suspect, Trace
from suyuan.trace.recall.nameplate import Nameplate
from suyuan.trace.recall.passport import Paper, Passport, Seen, Text
from suyuan.trace.recall.recall import Case, CaseState
from suyuan.trace.scan.look import Look
from suyuan.trace.store.sight import Viewer


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, as the security layer found out."""

    name: str
    role: str  # "regulator", "station", "administrator"
    party: str = ""  # owner of everything this principal captures


@dataclass(frozen=True, slots=True)
class Label:
    """How to show a key to people: its short code, its name, and what it is."""

    key: str
    kind: Kind
    code: str
    name: Text
    party: Text = field(default_factory=Text)


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event in a list."""

    evidence: str
    time: datetime
    time_zone_offset: str
    type: str
    step: str | None
    disposition: str | None
    place: Label | None
    party: str
    objects: int


@dataclass(frozen=True, slots=True)
class Notice:
    """A hold or recall as a company is told of it: what to do, whom to ask, and where its own goods are.

    ``title`` is empty before the recall is published: it may name what others need not know yet.
    """

    number: str
    state: CaseState
    since: datetime
    title: Text
    what_to_do: Text
    contact: str
    by: str  # key of the authority or company that conducts it
    lines: Sequence[ScopeLine]


class View(Protocol):
    """What one viewer sees. What is not in sight raises ``NotFound`` as what never was does."""

    def search(self, text: str, limit: int = 30) -> Sequence[Label]:
        """What a text may mean, best guesses first."""
        ...

    def label(self, key: str) -> Label:
        """How to show one key that is in sight."""
        ...

    def labels(self, keys: Sequence[str]) -> Mapping[str, Label]:
        """How to show keys that came out of this view, in two look-ups for all of them."""
        ...

    def events_of(self, key: str, limit: int = 200) -> Sequence[EventRow]:
        """The newest events that name a key."""
        ...

    def strange(self, key: str) -> frozenset[str]:
        """The evidence of what those told of goods who never had them on record; none for companies."""
        ...

    def event(self, evidence: str) -> Mapping[str, Any]:
        """The body of one event as stored."""
        ...

    def trace(self, suspects: Sequence[Suspect], options: Options) -> Trace:
        """See ``Tracer.trace``."""
        ...

    def scope(self, suspects: Sequence[Suspect], options: Options) -> Scope:
        """See ``Tracer.scope``."""
        ...

    def papers(self, lot: str) -> Sequence[Paper]:
        """The documents of a lot that are for these eyes."""
        ...

    def notices(self) -> Sequence[Notice]:
        """Holds and recalls in force that affect goods of the viewer's company."""
        ...


class House(Protocol):
    """The services behind the pages. Unknown keys raise ``NotFound``, impossible ones ``IdentifierError``."""

    @property
    def tiles(self) -> TileSource | None:
        """Where pictures of a map are from; None where the operator named none, and there is no map."""
        ...

    def now(self) -> datetime:
        """The clock of the house, aware UTC."""
        ...

    def identified(self, link: str) -> Identifier:
        """What the path of a Digital Link or own link names, whether or not anything is on record of it."""
        ...

    def passport(self, link: str) -> Passport:
        """What a shopper may see of the object of a Digital Link or its path."""
        ...

    def nameplate(self, link: str) -> Nameplate | None:
        """What everybody may read of a place, a party or an asset; None for goods."""
        ...

    def looked_at(self, passport: Passport, look: Look) -> Seen:
        """What a look at a code finds out, beside what is on record of its thing."""
        ...

    def scanned(self, link: str, look: Look) -> Passport:
        """The passport of a code that somebody looked at, with what the look found out."""
        ...

    def seen_by(self, viewer: Viewer) -> View:
        """What a viewer sees: pages of the console read events and lineage through this."""
        ...

    def label(self, key: str) -> Label:
        """How to show one key; one that nothing describes shows its code."""
        ...

    def labels(self, keys: Sequence[str]) -> Mapping[str, Label]:
        """How to show these keys, in two look-ups for all of them."""
        ...

    def cases(self) -> Sequence[Case]:
        """All cases, the newest decision first."""
        ...

    def case(self, number: str) -> Case:
        """One case."""
        ...
