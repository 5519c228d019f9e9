"""What a check found: frozen values in one order, and what it could not tell."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from suyuan.trace.lineage.contract import Certainty
from suyuan.trace.lineage.statement import moment

Code = Literal[
    "stock-below-zero", "lot-overdrawn", "count-differs", "more-pieces-than-made",
    "yield-low", "yield-high", "more-out-than-in",
    "impossible-travel", "two-tags", "two-holders", "commissioned-twice", "sold-twice", "seen-after-sale",
    "seen-after-destruction", "seen-after-use", "scanned-apart",
    "sold-after-stop", "used-after-stop", "moved-after-stop",
    "diverted", "outside-region", "slow-transit", "long-stay",
    "not-received", "receipt-unrecorded", "received-not-shipped", "received-less", "received-more",
    "received-before-shipped",
    "sold-expired", "used-expired",
    "lot-without-origin", "made-from-nothing",
]  # fmt: skip
Severity = Literal["alarm", "warning", "notice"]
Check = Literal["stock", "yield", "identity", "stop", "route", "shipment", "expiry", "origin"]
Reason = Literal[
    "no-quantity", "no-place", "no-coordinates", "no-recipe", "no-date", "no-district", "no-record",
    "units-differ", "pieces-known", "too-few",
]  # fmt: skip

CODES: tuple[Code, ...] = get_args(Code)
CHECKS: tuple[Check, ...] = get_args(Check)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
MOST_KEYS = 100
"""Keys that one finding names; all are counted."""

_CODES: Mapping[tuple[Check, Severity], tuple[Code, ...]] = {
    ("stock", "alarm"): ("stock-below-zero", "lot-overdrawn", "more-pieces-than-made"),
    ("stock", "warning"): ("count-differs",),
    ("yield", "warning"): ("yield-low", "yield-high", "more-out-than-in"),
    ("identity", "alarm"): (
        "impossible-travel", "two-tags", "commissioned-twice", "sold-twice", "seen-after-destruction",
        "seen-after-use",
    ),
    ("identity", "warning"): ("two-holders", "seen-after-sale", "scanned-apart"),
    ("stop", "alarm"): ("sold-after-stop", "used-after-stop"),
    ("stop", "warning"): ("moved-after-stop",),
    ("route", "warning"): ("outside-region",),
    ("route", "notice"): ("slow-transit", "long-stay"),
    ("shipment", "alarm"): ("diverted",),
    ("shipment", "warning"): ("not-received", "received-not-shipped", "received-less", "received-more"),
    ("shipment", "notice"): ("receipt-unrecorded", "received-before-shipped"),
    ("expiry", "alarm"): ("sold-expired", "used-expired"),
    ("origin", "warning"): ("made-from-nothing",),
    ("origin", "notice"): ("lot-without-origin",),
}  # fmt: skip
CHECK: Mapping[Code, Check] = {code: check for (check, _), codes in _CODES.items() for code in codes}
"""Which check finds it."""
SEVERITY: Mapping[Code, Severity] = {code: how for (_, how), codes in _CODES.items() for code in codes}
"""How grave it is if it is certain, unless the facts of a finding say otherwise."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a finding: ``uom`` None is pieces, else a code of UN/ECE Recommendation 20."""

    name: str
    value: float
    uom: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not add up.

    ``keys`` are at most 100 of the ``objects`` concerned, the most telling first. ``place`` and ``party`` are
    where it shows, ``other_place`` and ``other_party`` the other end. [from_time, to_time] is when it came
    about. ``evidence`` are the keys of the events that say it, in the order of time.
    """

    code: Code
    severity: Severity
    certainty: Certainty
    keys: tuple[str, ...]
    objects: int
    place: str | None
    party: str | None
    from_time: datetime
    to_time: datetime
    numbers: tuple[Number, ...] = ()
    evidence: tuple[str, ...] = ()
    other_place: str | None = None
    other_party: str | None = None
    case: str | None = None

    @property
    def check(self) -> Check:
        """Which check found it."""
        return CHECK[self.code]

    def number(self, name: str) -> Number | None:
        """The number of that name."""
        return next((one for one in self.numbers if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a check looked at, how often it found something, and why it could not tell the rest."""

    check: Check
    examined: int
    found: int
    untold: Mapping[Reason, int]


@dataclass(slots=True)
class Report:
    """Collects findings while checks run; ``examined`` counts questions, untold are those without answer."""

    findings: list[Finding] = field(default_factory=list[Finding])
    examined: Counter[Check] = field(default_factory=Counter[Check])
    _found: Counter[Check] = field(default_factory=Counter[Check])
    _untold: defaultdict[Check, Counter[Reason]] = field(
        default_factory=lambda: defaultdict[Check, Counter[Reason]](Counter)
    )

    def untold(self, check: Check, reason: Reason, times: int = 1) -> None:
        """So many questions of ``check`` have no answer for that reason."""
        self._untold[check][reason] += times

    def find(
        self,
        code: Code,
        keys: Iterable[str],
        *,
        at: tuple[int, int],
        certainty: Certainty = "certain",
        severity: Severity | None = None,
        place: str | None = None,
        party: str | None = None,
        other_place: str | None = None,
        other_party: str | None = None,
        numbers: Sequence[Number] = (),
        evidence: Iterable[str] = (),
        case: str | None = None,
    ) -> None:
        """Note a finding; ``at`` are its first and last instants."""
        named = tuple(dict.fromkeys(keys))
        self._found[CHECK[code]] += 1
        self.findings.append(
            Finding(
                code,
                severity or _severity(code, certainty),
                certainty,
                named[:MOST_KEYS],
                len(named),
                place,
                party,
                _time(at[0]),
                _time(at[1]),
                tuple(numbers),
                tuple(dict.fromkeys(evidence)),
                other_place,
                other_party,
                case,
            )
        )

    def tallies(self) -> tuple[Tally, ...]:
        """One line per check that ran."""
        return tuple(
            Tally(check, self.examined[check], self._found[check], dict(sorted(self._untold[check].items())))
            for check in CHECKS
        )


def _severity(code: Code, certainty: Certainty) -> Severity:
    """What is only possible is no alarm."""
    usual = SEVERITY[code]
    return "warning" if usual == "alarm" and certainty == "possible" else usual


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The gravest first, then by time; the same findings always in the same order."""
    return tuple(sorted(findings, key=_order))


def _order(one: Finding) -> tuple[Any, ...]:
    return (
        SEVERITIES.index(one.severity),
        one.certainty,  # "certain" before "possible"
        one.from_time,
        one.to_time,
        CODES.index(one.code),
        one.keys,
        one.place or "",
        one.other_place or "",
        one.evidence,
    )


def _time(at: int) -> datetime:
    found = moment(at)
    if found is None:
        message = "a finding is about events, and these have times"
        raise ValueError(message)
    return found
