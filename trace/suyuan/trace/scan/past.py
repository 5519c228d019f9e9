"""What is known of one code when it is asked whether it was copied: its scans, its custody, its chips.

Values only, of whatever store: whoever keeps scans fills a :class:`History`, and
:func:`suyuan.trace.scan.likelihood.suspicion` judges it. Whatever is absent is not known, and nothing is
concluded from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from suyuan.trace.checks.facts import Point


@dataclass(frozen=True, slots=True)
class Spot:
    """A place as coarse as we keep it: a city or province by its code of GB/T 2260, six digits.

    ``point`` is where its middle is, where that is known; without it only equal codes are known to be near.
    """

    code: str
    point: Point | None = None


class Channel(StrEnum):
    """By what a code was scanned.

    Tills and stations stand where we know, and do not travel. A kiosk says where it stands, and anybody can
    say that a kiosk asks: its place is a visitor's word.
    """

    PHONE = "phone"
    KIOSK = "kiosk"
    TILL = "till"
    STATION = "station"


class Outcome(StrEnum):
    """What the proof of one scan said, as far as it counts here.

    ``NONE``: nothing that proves anything, or not checkable. ``VERIFIED``: the chip answered freshly.
    ``AGAIN``: a reading that was seen a moment ago. ``REPLAYED``: one that was seen long ago, so a kept or
    copied link. ``OF_ANOTHER``: fresh, but of another thing's chip. ``STALE``: a secret of ours that we have
    overwritten since. ``MISSING``: no mark or signature, though this thing's label bears one.
    """

    NONE = "none"
    VERIFIED = "verified"
    AGAIN = "again"
    REPLAYED = "replayed"
    OF_ANOTHER = "of-another"
    STALE = "stale"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Scan:
    """One look at the page of the code. ``visitor`` is hashed with the salt of the day.

    Equal visitors are one device on one day; of different days nobody can tell whether they are the same.
    ``network``, likewise of one day, is what the visitor came by; empty: not known, so taken for its own.
    ``spot`` is None for most: a visitor tells it of their own accord.
    """

    time: datetime
    visitor: str
    spot: Spot | None = None
    channel: Channel = Channel.PHONE
    outcome: Outcome = Outcome.NONE
    network: str = ""


@dataclass(frozen=True, slots=True)
class Stay:
    """The thing, or what it was packed in, at a place of the chain.

    ``until`` is None where nothing tells that it left; ``bound`` is where it was sent then, if that is told.
    ``retail``: it stood where shoppers are.
    """

    since: datetime
    spot: Spot | None
    until: datetime | None = None
    bound: Spot | None = None
    retail: bool = False


class FindingKind(StrEnum):
    """What stations, taps and the checks of records found of the thing, beside where it was scanned.

    ``COUNTER_REGRESS``: a chip signed a lower number after a higher one (not a link that was kept: that is
    an outcome of a scan). ``STALE_SECRET``: a station read a secret that was overwritten since.
    ``WRONG_CHIP``: another chip than the recorded one bore the code. ``TWO_READERS``: read at two places
    faster than anything travels. ``AFTER_SALE``: read in the chain after its sale, and not as a return.
    ``SOLD_TWICE``: sold at a second till.
    """

    COUNTER_REGRESS = "counter-regress"
    STALE_SECRET = "stale-secret"  # noqa: S105 (no password)
    WRONG_CHIP = "wrong-chip"
    TWO_READERS = "two-readers"
    AFTER_SALE = "after-sale"
    SOLD_TWICE = "sold-twice"


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding with its instant and, where it came out of events, their evidence keys.

    ``known`` is when it became known; None: at ``time``.
    """

    kind: FindingKind
    time: datetime
    evidence: tuple[str, ...] = ()
    known: datetime | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What scans tell of the lot as a whole; ``probes`` are questions for serials that it does not have.

    ``in_sequence`` are those of them that followed one another by number. ``scanned`` counts the serials of
    the lot that were scanned with a place at all, ``far`` those scanned far from where they should be, by
    the code of that place.
    """

    probes: int = 0
    in_sequence: int = 0
    scanned: int = 0
    far: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class History:
    """Everything about one code, scans and stays in the order of time.

    ``shipped`` is when it left its maker, ``sold`` its first sale, ``destroyed`` its destruction; None: not
    told, and nothing is concluded from it. ``cleared``: somebody answered for all that was known by then, so
    it does not count.
    """

    scans: tuple[Scan, ...] = ()
    stays: tuple[Stay, ...] = ()
    findings: tuple[Finding, ...] = ()
    batch: Batch = Batch()
    shipped: datetime | None = None
    sold: datetime | None = None
    destroyed: datetime | None = None
    expiry: date | None = None
    cleared: datetime | None = None
