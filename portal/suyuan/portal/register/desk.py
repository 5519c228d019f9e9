"""What the pages of the register ask of the house. The composition root provides it; tests bring fakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from suyuan.trace.recall.passport import Text
from suyuan.trace.register.importing import Mended, Told
from suyuan.trace.register.sheets import Entry, EntryKind
from suyuan.trace.store.sight import Viewer


@dataclass(frozen=True, slots=True)
class Card:
    """An entry in a list."""

    key: str
    kind: EntryKind
    values: Mapping[str, str]
    owner: str
    state: str  # pending | approved | refused | withdrawn


@dataclass(frozen=True, slots=True)
class Listing:
    """A part of a list. ``names`` are the names of owners and of what the entries refer to, by key."""

    cards: Sequence[Card]
    names: Mapping[str, Text]
    next: str = ""  # continues the list; empty at its end


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a list is wanted."""

    kind: EntryKind
    text: str = ""
    state: str = ""
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Amendment:
    """What was told of an entry at one time, by whom."""

    time: datetime
    by: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Paper:
    """A document of a lot. ``standing`` is how its last day stands to today: valid, soon, over or open."""

    id: str
    kind: str
    number: str
    issuer: str
    issued: str
    expires: str
    attachment: str | None
    standing: str
    withdrawn: bool
    own: bool  # whether the viewer may take it back


@dataclass(frozen=True, slots=True)
class Sheaf:
    """An entry with everything around it. ``may`` holds what the viewer may do: amend, withdraw, decide."""

    card: Card
    names: Mapping[str, Text]
    created: datetime
    created_by: str
    decided: datetime | None
    decided_by: str
    note: str
    history: Sequence[Amendment]  # the newest first
    aliases: Sequence[str]
    papers: Sequence[Paper]
    missing: Sequence[str]  # kinds of documents that a lot of its product must have and has not
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class Way:
    """An entry that a reference may name: what to type for it, and its name."""

    key: str
    typed: str
    name: Text


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants entered: fields as typed, the codes of warnings that they confirmed."""

    kind: EntryKind
    values: Mapping[str, str]
    confirmed: frozenset[str] = frozenset()
    key: str = ""  # of the entry to amend; empty for a new one


@dataclass(frozen=True, slots=True)
class Handed:
    """A file that was handed in."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class PaperWish:
    """A document of a lot as typed, with its file if there is one."""

    lot: str
    values: Mapping[str, str]
    file: Handed | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """A table that was read and checked, and not entered. ``id`` is what to confirm."""

    id: str
    kind: EntryKind
    name: str
    expires: datetime
    rows: int
    entries: Sequence[Entry]
    places: Sequence[int]
    errors: Sequence[Told]
    warnings: Sequence[Told]
    mended: Sequence[Mended]
    names: Mapping[str, Text] = field(default_factory=dict[str, Text])


class RegisterDesk(Protocol):
    """The services behind the pages of the register.

    What a viewer may not see is as absent as what never was: ``NotFound``. What they may not do is
    ``NotAllowed``. What is wrong with an entry is ``EntryRefused``, with everything that was found.
    """

    def now(self) -> datetime:
        """The clock of the house, aware UTC."""
        ...

    def counts(self, viewer: Viewer) -> Mapping[EntryKind, tuple[int, int]]:
        """Of each kind: how many entries the viewer sees, and how many of them wait for approval."""
        ...

    def begun(self, viewer: Viewer) -> frozenset[EntryKind]:
        """The kinds of which there is something: of the viewer's company, for the operator of any."""
        ...

    def listing(self, viewer: Viewer, wanted: Wanted) -> Listing:
        """A part of the list of a kind, by key."""
        ...

    def sheaf(self, viewer: Viewer, key: str) -> Sheaf:
        """An entry with everything around it."""
        ...

    def ways(self, viewer: Viewer, kind: EntryKind) -> Sequence[Way]:
        """What a reference to ``kind`` may name: at most a few hundred, for a list to choose from."""
        ...

    def may_enter(self, viewer: Viewer, kind: EntryKind) -> bool:
        """Whether the viewer may enter things of this kind at all."""
        ...

    def enter(self, by: Viewer, wish: Wish) -> tuple[str, str]:
        """Enter or amend; returns the key and the state that it got."""
        ...

    def withdraw(self, by: Viewer, key: str, note: str) -> None:
        """Take an entry out of use; it stays on record."""
        ...

    def decide(self, by: Viewer, key: str, note: str, *, approve: bool) -> None:
        """Approve or refuse what waits."""
        ...

    def approve_all(self, by: Viewer, keys: Sequence[str]) -> int:
        """Approve all of these that wait, or none; returns how many they were."""
        ...

    def add_paper(self, by: Viewer, wish: PaperWish) -> None:
        """Add a document to a lot."""
        ...

    def withdraw_paper(self, by: Viewer, paper: str) -> None:
        """Take back a document that was a mistake; it stays on record."""
        ...

    def attachment(self, viewer: Viewer, paper: str) -> tuple[str, str, bytes]:
        """Name, media type and content of the file of a document."""
        ...

    def keep_table(self, by: Viewer, kind: EntryKind, file: Handed) -> str:
        """Read a table and keep it for an hour; returns what names it. Nothing is entered."""
        ...

    def trial(self, by: Viewer, upload: str) -> Trial:
        """The kept table, checked against the register of now."""
        ...

    def import_table(self, by: Viewer, upload: str, confirmed: frozenset[str]) -> tuple[EntryKind, int]:
        """Enter every row of the kept table, or none; returns its kind and the number of rows."""
        ...

    def approval(self) -> bool:
        """Whether entries of companies wait for the administrator."""
        ...

    def set_approval(self, by: Viewer, *, wanted: bool) -> None:
        """Change that."""
        ...
