"""The catalogue of exceptions: everything out of the ordinary at a station, and what it does about each.

Each has its words in :data:`suyuan.readers.station.words.SAYINGS`, under its own code and under the codes of
the special cases that belong to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from suyuan.readers.station.steps.case import Finding

EXCEPTIONS = "suyuan:exceptions"
"""The member of an event that tells of them."""
MOST_NAMED = 100
"""EPCs that an exception names in an event; the count tells how many there were."""


class Reaction(StrEnum):
    """What the station does."""

    RECORDS = "records"
    """The step is recorded and marked."""
    LEAVES_OUT = "leaves out"
    """Those concerned are left out, the rest is recorded."""
    REFUSES = "refuses"
    """Those concerned are left out where the step would send them on; else they are recorded and marked."""
    STOPS = "stops"
    """Nothing is recorded until it is put right, or explained where that is allowed."""


class Witness(StrEnum):
    """What the platform learns of it."""

    EVENT = "event"
    """``suyuan:exceptions`` of the event of the same pass."""
    SIGHTING = "sighting"
    """An event of its own that says what was read and kept out; where nothing was read, nothing."""
    STATION = "station"
    """Nothing then: the records that come later, or do not come, show it by their clock or their gap."""


@dataclass(frozen=True, slots=True)
class Exceptional:
    """One exception of the catalogue; ``also`` are the codes of its special cases."""

    code: str
    reaction: Reaction
    witness: Witness
    also: tuple[str, ...] = ()


_R, _W = Reaction, Witness
_ALL = (
    Exceptional("MISREAD", _R.LEAVES_OUT, _W.EVENT),
    Exceptional("NO_READ", _R.STOPS, _W.STATION),
    Exceptional("DUP_TAG", _R.RECORDS, _W.EVENT, ("TID_BOUND", "SERIAL_USED")),
    Exceptional("UNKNOWN_TAG", _R.RECORDS, _W.EVENT, ("BLIND_RECEIPT", "NOT_ALL_TOLD")),
    Exceptional("FOREIGN_SCHEME", _R.LEAVES_OUT, _W.EVENT, ("PRODUCT_ONLY",)),
    Exceptional("OVER_READ", _R.RECORDS, _W.EVENT, ("SEVERAL_TAGS", "OVER_FULL", "UNCERTAIN_READ")),
    Exceptional(
        "WRONG_ORDER",
        _R.REFUSES,
        _W.SIGHTING,
        (
            "NOT_RELEASED",
            "RESULTS_MISSING",
            "RESULTS_NOT_JUDGED",
            "SOLD_BEFORE",
            "OUT_OF_TRADE",
            "EARLIER_FIRST",
            "DESTROYED_SEEN",
            "NOT_PICKABLE",
            "NOT_RESOLD",
            "NO_NOTICE",
            "EARLY",
            "PROOF_NEEDED",
            "REASON_NEEDED",
            "ALLERGEN",
            "FOUR_EYES",
            "RETEST",
            "CERTIFICATE_USED",
            "NON_CONFORMANT",
            "INCONCLUSIVE",
        ),
    ),
    Exceptional(
        "WRONG_PRODUCT",
        _R.LEAVES_OUT,
        _W.EVENT,
        (
            "WRONG_LOT",
            "LOT_DISPUTED",
            "MIXED_LOTS",
            "SEVERAL_LOTS",
            "NOT_OF_CASE",
            "PAPERS_DIFFER",
            "NOT_IN_RECIPE",
            "NO_RECIPE",
            "LABEL_MISMATCH",
        ),
    ),
    Exceptional(
        "WRONG_PARENT",
        _R.STOPS,
        _W.SIGHTING,
        ("IN_OTHER_PARENT", "PARENT_LOOP", "NOT_INSIDE", "REWORK_LOOP"),
    ),
    Exceptional("HELD", _R.REFUSES, _W.SIGHTING, ("LOOSE_FROM_HOLD", "STILL_KEPT")),
    Exceptional("RECALLED", _R.REFUSES, _W.SIGHTING),
    Exceptional("EXPIRED", _R.REFUSES, _W.SIGHTING, ("EXPIRED_IN_STORE",)),
    Exceptional("LICENCE_EXPIRED", _R.STOPS, _W.SIGHTING, ("PAPERS_NEEDED",)),
    Exceptional("TEMP_EXCURSION", _R.RECORDS, _W.EVENT),
    Exceptional(
        "SENSOR_GAP",
        _R.RECORDS,
        _W.EVENT,
        (
            "SENSOR_STUCK",
            "SENSOR_UNSOUND",
            "SENSOR_UNIT",
            "SENSOR_FUTURE",
            "SENSOR_CLOCK",
            "SENSOR_LATE",
            "SENSOR_ROWS",
            "SENSOR_CALIBRATION",
        ),
    ),
    Exceptional(
        "QTY_MISMATCH",
        _R.RECORDS,
        _W.EVENT,
        (
            "MISSING",
            "EXTRA",
            "NOT_AS_ORDERED",
            "GHOST",
            "RECALL_DISPUTED",
            "DAMAGED",
            "OUT_OF_TOLERANCE",
            "NOT_ENOUGH_TOLD",
        ),
    ),
    Exceptional("MASS_BALANCE", _R.STOPS, _W.SIGHTING, ("YIELD_OUT", "RECALL_BALANCE")),
    Exceptional("CLOCK_SKEW", _R.RECORDS, _W.EVENT, ("STATION_CLOCK",)),
    Exceptional(
        "OFFLINE",
        _R.RECORDS,
        _W.STATION,
        ("NO_BLOCK_LIST", "BLOCK_LIST_OLD", "DELIVERIES_OLD", "RECALLS_OLD", "NOT_SIGNED_IN"),
    ),
    Exceptional("QUEUE_FULL", _R.STOPS, _W.STATION),
    Exceptional("READER_DOWN", _R.RECORDS, _W.STATION),
    Exceptional(
        "WRITE_FAIL", _R.LEAVES_OUT, _W.EVENT, ("TAG_GONE", "TAG_AGAIN", "WRONG_CHIP", "TAG_GIVEN_UP")
    ),
    Exceptional("LOCKED_TAG", _R.LEAVES_OUT, _W.EVENT),
    Exceptional("SIGNATURE_FAIL", _R.RECORDS, _W.STATION),
)

CATALOGUE: Mapping[str, Exceptional] = MappingProxyType({each.code: each for each in _ALL})
"""The 24 exceptions by their codes."""
_BELONGS = {special: each for each in _ALL for special in (each.code, *each.also)}


def exceptional(code: str) -> Exceptional | None:
    """The exception to which a message's code belongs, or None: not everything that is said is one."""
    return _BELONGS.get(code)


def witness_of(code: str) -> Witness | None:
    """What the platform learns of what a message's code stands for; None: it is no exception."""
    found = exceptional(code)
    return None if found is None else found.witness


def told(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """``suyuan:exceptions``: what of the findings the platform is told, in the order of the checks."""
    written: list[dict[str, Any]] = []
    for each in findings:
        found = exceptional(each.code)
        if found is None or found.witness is Witness.STATION:
            continue
        entry = _entry(found, each.code)
        if each.who:
            entry["suyuan:count"] = len(each.who)
            entry["suyuan:epc"] = list(each.epcs[:MOST_NAMED])
        written.append(entry)
    return written


def told_of_tags(faults: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """The same of tags that were written: ``faults`` are reasons, each with the TID of its tag.

    A reason that is no code of the catalogue is a failed write.
    """
    tags: dict[str, list[str]] = {}
    for reason, tid in faults:
        tags.setdefault(reason if exceptional(reason) else "WRITE_FAIL", []).append(tid)
    return [
        {
            **_entry(exceptional(code) or CATALOGUE["WRITE_FAIL"], code),
            "suyuan:count": len(tids),
            "suyuan:tid": tids[:MOST_NAMED],
        }
        for code, tids in tags.items()
    ]


def _entry(found: Exceptional, code: str) -> dict[str, Any]:
    return {"suyuan:code": found.code, **({} if code == found.code else {"suyuan:detail": code})}
