"""What a shopper may see of one item, lot or logistic unit: a verdict first, then the facts behind it.

Values only; :mod:`suyuan.trace.recall.passports` builds them from lineage, master data and decisions.
Texts that come from data (names, reasons) exist in Chinese and English as :class:`Text`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from suyuan.trace.checks.facts import Point
from suyuan.trace.lineage.contract import Kind


class VerdictState(StrEnum):
    """The verdicts of the consumer page, most serious first: the order is the precedence."""

    RECALLED = "recalled"
    DESTROYED = "destroyed"
    SUSPICIOUS = "suspicious"
    HELD = "held"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    RESOLD = "resold"
    ATTENTION = "attention"
    VERIFIED = "verified"
    SOLD = "sold"
    REGISTERED = "registered"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Text:
    """A text from data in the two languages; either may be empty, then the other is shown."""

    zh: str = ""
    en: str = ""

    def in_language(self, language: str) -> str:
        """The text in ``language`` (``zh-CN`` or ``en``), or what there is."""
        return (self.zh or self.en) if language.startswith("zh") else (self.en or self.zh)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a state applies: ``code`` names a sentence of the message catalogue, ``fields`` fill its places.

    Codes in use: recalled, destroyed, sold-after-destruction, held, expired, resold, near-expiry,
    record-incomplete, temperature-open, check-failed, unfit, recall-lifted, sold, registered, copyable,
    no-record, wrong-lot, not-commissioned, made-by-others, unsure-word, strange-sale, strange-word.
    """

    state: VerdictState
    code: str
    fields: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The headline state with its reasons (most serious first) and the instant of the check."""

    state: VerdictState
    reasons: tuple[Reason, ...]
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Nutrient:
    """A line of the nutrition table; ``share`` of the reference value in percent, None where none is told."""

    name: Text
    amount: str
    share: int | None


@dataclass(frozen=True, slots=True)
class Product:
    """Master data of a product; ``gtin`` is empty where it has none.

    ``allergen_groups`` are codes of the eight groups of GB 7718-2025 that were recognised in ``allergens``
    and ``ingredients``; of the others nothing is known. ``standard`` is its number (GB, GB/T, SB/T).
    ``nutrients`` are the lines of the nutrition table where it is told as such, ``nutrients_per`` of how
    much; ``nutrition`` is what is told of it in words.
    """

    gtin: str
    name: Text
    net_content: str = ""
    storage: Text = Text()
    ingredients: Text = Text()
    allergens: Text = Text()
    allergen_groups: tuple[str, ...] = ()
    nutrition: Text = Text()
    standard: str = ""
    nutrients: tuple[Nutrient, ...] = ()
    nutrients_per: Text = Text()


@dataclass(frozen=True, slots=True)
class Entered:
    """Where something stands in the register of the platform.

    ``approved`` is when the operator let it count as it stands; None where it counts because its owner
    entered or changed it (``since``). Neither says that anybody has compared it with the original.
    """

    since: datetime
    approved: datetime | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """Master data of a company or place owner. ``licence`` is the SC or operating licence number.

    ``licence_fits`` and ``uscc_fits``: whether a number is built as its kind is, with its check digit; None
    where there is none, or no rule for its kind. A number that fits may still be another company's.
    ``licence_says`` is what the number itself tells: kind of food, district that gave it.
    """

    key: str
    name: Text
    city: Text = Text()
    licence: str = ""
    phone: str = ""
    licence_fits: bool | None = None
    licence_says: Text = Text()
    licence_until: date | None = None
    licence_over: bool = False  # that day has passed
    uscc: str = ""
    uscc_fits: bool | None = None
    entered: Entered | None = None


@dataclass(frozen=True, slots=True)
class JourneyStep:
    """One checkpoint. ``step`` is the CBV bizStep word, ``place`` city-level public text.

    ``near`` says where that is as coarsely as its city does (:func:`suyuan.trace.recall.names.near`).
    """

    time: datetime
    time_zone_offset: str
    step: str
    disposition: str | None
    place: Text
    city: Text
    party: Text
    basis: str
    evidence: str
    near: Point | str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """A lot that went into this one, at the far end of the trace back (farm lots)."""

    key: str
    product: Text
    party: Text
    place: Text
    date: date | None
    near: Point | str = ""  # as that of a step


@dataclass(frozen=True, slots=True)
class Check:
    """A test or inspection on record: what, by whom, when, with what result (a CBV disposition word).

    ``told_by`` is who recorded it, where that is somebody else: then it is their word for it.
    """

    what: Text
    by: Text
    on: date
    result: str
    document: str = ""
    told_by: Text = Text()


@dataclass(frozen=True, slots=True)
class Paper:
    """A certificate of the lot, with its number and its last day (local dates, may be empty).

    ``standing`` is how its last day stands to today: ``valid``, ``over``, or ``open`` where it names none.
    """

    kind: str
    number: str
    issuer: str
    issued: str
    expires: str
    attached: bool
    owner: str = ""  # key of the party that provided it
    standing: str = "open"


@dataclass(frozen=True, slots=True)
class Warmth:
    """One reading of a thermometer, °C."""

    time: datetime
    value_c: float


@dataclass(frozen=True, slots=True)
class Excursion:
    """A time out of the limits; ``worst_c`` None where nobody told how far."""

    since: datetime
    until: datetime | None
    worst_c: float | None


@dataclass(frozen=True, slots=True)
class Temperature:
    """What thermometers beside the goods measured, °C and seconds; None is what nobody told.

    ``mean_kinetic_c`` is that of the warmest part of the way (USP <1079.2>), ``low_c`` and ``high_c`` are the
    limits that were promised for all of it. ``curve`` are single readings where events carry them.
    ``excursions`` are those that were told, and measurements beyond the limits of which nobody told a time
    outside. ``decided`` is when an inspection of these goods found them good after the last excursion.
    """

    since: datetime
    until: datetime
    least_c: float
    most_c: float
    mean_kinetic_c: float | None = None
    low_c: float | None = None
    high_c: float | None = None
    outside_s: float | None = None
    unknown_s: float | None = None
    curve: tuple[Warmth, ...] = ()
    excursions: tuple[Excursion, ...] = ()
    decided: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecallNotice:
    """What a shopper is told of a published recall or a hold."""

    number: str
    kind: str  # "recall", "hold" or "warning"; lifted "past-recall" and so on
    title: Text
    reason: Text
    what_to_do: Text
    contact: str
    published_at: datetime
    initiative: str = ""  # of a recall: "voluntary" or "ordered"; empty where it is not recorded
    operator: str = ""
    ended_at: datetime | None = None  # when it was lifted or the recall completed


class Level(StrEnum):
    """What a code lets anybody find out about the thing that bears it, weakest first (decision 0033).

    ``LOT`` names no single thing. ``SERIAL`` names one: nobody guesses a serial of our labels, but that of a
    logistic unit mostly runs on, and of others' we do not know. ``MARKED`` has our short mark, ``SIGNED`` a
    signature that needs no network; all three can be copied. ``CHIP`` is bound to a chip whose number was
    recorded. ``TAP`` signs each reading anew. ``RENEWED`` is rewritten at our stations.
    """

    LOT = "lot"
    SERIAL = "serial"
    MARKED = "marked"
    SIGNED = "signed"
    CHIP = "chip"
    TAP = "tap"
    RENEWED = "renewed"


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at a code says of it, beside what is on record: its level, and what was found out.

    ``reasons`` are those of the states verified and suspicious, or sentences of what cannot be confirmed.
    ``count`` and ``first`` are of the scans of this code before this one.
    """

    level: Level
    reasons: tuple[Reason, ...] = ()
    count: int = 0
    first: datetime | None = None


@dataclass(frozen=True, slots=True)
class Passport:
    """Everything the consumer page shows. Facts that are not on record are None or empty, and named so."""

    key: str
    digital_link: str
    kind: Kind
    verdict: Verdict
    gtin: str | None = None
    lot: str | None = None
    serial: str | None = None
    sscc: str | None = None
    own_code: str | None = None  # of a product or unit without a GS1 key, given by the platform ``namespace``
    namespace: str = ""
    product: Product | None = None
    producer: Party | None = None
    production_date: date | None = None
    best_before_date: date | None = None
    expiration_date: date | None = None
    days_left: int | None = None
    journey: tuple[JourneyStep, ...] = ()
    origins: tuple[Origin, ...] = ()
    checks: tuple[Check, ...] = ()
    notices: tuple[RecallNotice, ...] = ()
    evidence: tuple[str, ...] = ()
    registered: frozenset[str] = frozenset()  # dates that no event tells: production, best_before, expiration
    papers: tuple[Paper, ...] = ()  # documents that were provided; nobody here has checked them
    product_by: Party | None = None  # who entered the product and named its producer, where it is another
    product_entered: bool = False  # somebody did; else its master data were told in documents
    lot_by: Party | None = None  # who entered the lot, where it is not the producer
    temperature: Temperature | None = None  # None where nothing was measured, or nobody told
    seen: Seen | None = None  # what this very look found out; None where nobody looked
