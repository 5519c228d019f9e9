"""A despatch advice as its receiver knows it, and all that is on the way. Values only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from suyuan.trace.epcis.event import TypedReference


@dataclass(frozen=True, slots=True)
class Announced:
    """One thing that a despatch announces: ``inside`` is its unit's key, ``tid`` the chip the sender read.

    Of goods told by lot ``is_class`` is true, with the amount if it was told.
    """

    epc: str
    key: str
    inside: str | None = None
    lot_key: str | None = None
    tid: str | None = None
    is_class: bool = False
    quantity: float | None = None
    uom: str | None = None


@dataclass(frozen=True, slots=True)
class LotFacts:
    """What is known of a lot: names in two languages, specification, dates, numbers of its documents."""

    zh: str = ""
    en: str = ""
    specification: str = ""
    produced: date | None = None
    expires: date | None = None
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Supplier:
    """Who sent it, as far as master data tell; ``licence_until`` is the last day of the licence."""

    key: str
    zh: str = ""
    en: str = ""
    address: str = ""
    contact: str = ""
    licence_until: date | None = None


@dataclass(frozen=True, slots=True)
class Despatch:
    """A despatch advice: the sender's shipping event, what it announces, and what is known of it.

    ``to`` are keys of parties and places; ``whole`` is false where there is more than is told here.
    """

    id: str
    sent: datetime
    supplier: Supplier
    goods: tuple[Announced, ...]
    to: frozenset[str] = frozenset()
    documents: tuple[TypedReference, ...] = ()
    lots: Mapping[str, LotFacts] = field(default_factory=dict[str, LotFacts])
    whole: bool = True

    @property
    def number(self) -> str:
        """What people call it: its despatch advice, else its order, else the end of its event's id."""
        for kind in ("desadv", "po"):
            for one in self.documents:
                if one.type == kind:
                    return one.id.rpartition(":")[2]
        return self.id.rpartition(":")[2][-12:]

    def named(self, text: str) -> bool:
        """Whether ``text`` means this despatch: its id, one of its papers, or one of its outermost units."""
        wanted = text.strip()
        papers = {one.id for one in self.documents} | {one.id.rpartition(":")[2] for one in self.documents}
        return wanted in {self.id, self.number, *papers, *(g.key for g in self.goods if g.inside is None)}


@dataclass(frozen=True, slots=True)
class Expected:
    """All that is on its way, as of when the platform told it; None: it never did."""

    despatches: tuple[Despatch, ...] = ()
    as_of: datetime | None = None
    _places: Mapping[str, tuple[int, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        places: dict[str, list[int]] = {}
        for at, one in enumerate(self.despatches):
            for key in {good.key for good in one.goods}:
                places.setdefault(key, []).append(at)
        # Built once: a screen asks again and again while goods are read.
        object.__setattr__(self, "_places", {key: tuple(found) for key, found in places.items()})

    def meant(self, text: str) -> Despatch | None:
        """The one despatch that ``text`` names, or None where there is none or more than one."""
        found = [one for one in self.despatches if one.named(text)]
        return found[0] if len(found) == 1 else None

    def holding(self, keys: Sequence[str]) -> tuple[Despatch, ...]:
        """Those that announce any of ``keys``, those that announce most of them first. Linear in ``keys``."""
        counted = Counter(at for key in set(keys) for at in self._places.get(key, ()))
        return tuple(
            self.despatches[at] for at, _ in sorted(counted.items(), key=lambda each: (-each[1], each[0]))
        )


NOTHING_COMES = Expected()
