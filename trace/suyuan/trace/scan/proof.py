"""What a look proves: the mark or signature of a label, the tap of a chip that signs. Pure; no store.

::

    query ── proof_of_label(identifier, what its label bears, keys) ──> Proof, or NotGivenOut
    query ── tap_in ──> Tap ── proof_of_tap(freshness, where the chip is) ──> Proof
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from suyuan.trace.errors import NotFound
from suyuan.trace.gs1 import Identifier
from suyuan.trace.recall.passport import Level, Reason, VerdictState
from suyuan.trace.register.labels import Sealed, SealKind
from suyuan.trace.scan.label_keys import LabelKeys
from suyuan.trace.scan.past import Outcome
from suyuan.trace.scan.seals import (
    MARK,
    MOST_QUERY,
    SIGNATURE,
    is_mark,
    is_signed,
    mark_of,
    signature_of,
    told_in,
)
from suyuan.trace.sun import ForgedTap, Freshness, SunError, SunKeys, Tap, sun_of, verify
from suyuan.trace.sun.messages import ENCRYPTED, MAC, PLAIN_UID

RELOADED = timedelta(minutes=10)
"""For so long the same visitor may ask again with one reading: a page that is reloaded, or fetched twice."""


class NotGivenOut(NotFound):
    """The mark or signature of the code is not that of its label: nobody gave this code out."""

    code = "code-not-given-out"
    title = "Nothing is on record of this code"


@dataclass(frozen=True, slots=True)
class Proof:
    """What one look proves, the reasons that the page tells, and what counts of it later."""

    level: Level
    reasons: tuple[Reason, ...] = ()
    outcome: Outcome = Outcome.NONE


def seal(keys: LabelKeys, sealed: Sealed, identifier: Identifier) -> str:
    """What stands behind the question mark of a label; ``LabelKeyError`` where its keys are lost."""
    if sealed.kind is SealKind.MARK:
        return f"{MARK}={mark_of(keys.owner_key(sealed.owner, sealed.keys), identifier)}"
    return f"{SIGNATURE}={signature_of(keys, sealed.keys, identifier)}"


def plain_level(identifier: Identifier) -> Level:
    """What a code is worth by itself."""
    return Level.SERIAL if identifier.kind in ("item", "unit") else Level.LOT


def proof_of_label(identifier: Identifier, query: str, label: Sealed | None, keys: LabelKeys | None) -> Proof:
    """What the mark or signature in ``query`` proves; ``label`` is how the label was sealed, if it was.

    Parameters of these names on a code whose label has no seal are somebody else's, and are not looked at.

    Raises:
        NotGivenOut: the seal is wrong.
    """
    plain = plain_level(identifier)
    if label is None:
        return Proof(plain)
    told = told_in(query, MARK if label.kind is SealKind.MARK else SIGNATURE)
    if told is None:
        return Proof(plain, (Reason(VerdictState.REGISTERED, "mark-missing"),), Outcome.MISSING)
    if keys is None or label.keys not in keys.names:
        return Proof(plain, (Reason(VerdictState.REGISTERED, "cannot-check"),))
    if label.kind is SealKind.MARK:
        right = is_mark(told, keys.owner_key(label.owner, label.keys), identifier)
    else:
        right = is_signed(told, keys.public_key(label.keys), identifier)
    if not right:
        raise NotGivenOut("Nothing is on record under {value}", where="21", value=identifier.key)
    if label.kind is SealKind.MARK:
        return Proof(Level.MARKED, (Reason(VerdictState.REGISTERED, "mark-right"),))
    return Proof(Level.SIGNED, (Reason(VerdictState.REGISTERED, "signature-right"),))


class TapFault(StrEnum):
    """Why a link that looks like a tap is none that counts; the values are codes of reasons."""

    UNREADABLE = "tap-unreadable"
    FORGED = "tap-forged"
    CANNOT_CHECK = "cannot-check"


def is_tap(query: str) -> bool:
    """Whether ``query`` looks like the tap of a chip that signs, right or wrong.

    >>> is_tap("e=00&c=00"), is_tap("v=00&c=00")
    (True, False)
    """
    names = {part.partition("=")[0].lower() for part in query[:MOST_QUERY].split("&")}
    return not (names.isdisjoint(MAC) or names.isdisjoint((*ENCRYPTED, *PLAIN_UID)))


def tap_in(query: str, keys: SunKeys | None, *, lost: bool) -> Tap | TapFault | None:
    """The tap that made ``query``; None where it does not look like one.

    ``lost``: there were keys once that are not there now, so what does not verify is not called forged.
    About 40 µs for each version of the keys.
    """
    if not is_tap(query):
        return None
    try:
        message = sun_of(f"https://tap.invalid/?{query}")
        return TapFault.CANNOT_CHECK if keys is None else verify(message, keys)
    except ForgedTap:
        return TapFault.CANNOT_CHECK if lost else TapFault.FORGED
    except SunError:
        return TapFault.UNREADABLE


def proof_of_fault(fault: TapFault, plain: Level) -> Proof:
    """What is said of a tap that does not verify."""
    state = VerdictState.SUSPICIOUS if fault is TapFault.FORGED else VerdictState.REGISTERED
    return Proof(plain, (Reason(state, fault.value),))


@dataclass(frozen=True, slots=True)
class Counted:
    """What a reading is beside the last one that counted before it.

    ``seen`` is when that came, and ``same`` whether it came from the same visitor; for a fresh reading both
    say nothing.
    """

    freshness: Freshness
    seen: datetime
    same: bool


def proof_of_tap(counted: Counted, now: datetime, *, bound: Collection[str], own: Collection[str]) -> Proof:
    """What a genuine tap proves of the object with the keys ``own``; ``bound`` are those its chip is on.

    A reading that came before is verified still while the same visitor asks within :data:`RELOADED`. One
    older than the last is an alarm, unless it comes right behind a newer one from the same visitor: phones
    fetch in any order. On another's object only a fresh one counts: a link that was kept is the page's of
    whoever writes it there, as often as they like.
    """
    if not bound:
        return Proof(Level.SERIAL, (Reason(VerdictState.REGISTERED, "tap-unbound"),))
    if set(own).isdisjoint(bound):
        outcome = Outcome.OF_ANOTHER if counted.freshness is Freshness.FRESH else Outcome.NONE
        return Proof(Level.SERIAL, (Reason(VerdictState.SUSPICIOUS, "tap-of-another"),), outcome)
    return _proof_of_reading(counted, now)


def _proof_of_reading(counted: Counted, now: datetime) -> Proof:
    lately = now - counted.seen <= RELOADED
    match counted.freshness:
        case Freshness.FRESH:
            return _verified(now, Outcome.VERIFIED)
        case Freshness.AGAIN if counted.same and lately:
            return _verified(counted.seen, Outcome.AGAIN)
        case Freshness.REPLAY if not (counted.same and lately):
            return _doubtful(VerdictState.SUSPICIOUS, "tap-replayed", counted.seen, Outcome.REPLAYED)
        case _:
            outcome = Outcome.AGAIN if lately else Outcome.REPLAYED
            return _doubtful(VerdictState.ATTENTION, "tap-seen-before", counted.seen, outcome)


def _verified(seen: datetime, outcome: Outcome) -> Proof:
    return Proof(Level.TAP, (Reason(VerdictState.VERIFIED, "chip-verified", {"time": seen}),), outcome)


def _doubtful(state: VerdictState, code: str, seen: datetime, outcome: Outcome) -> Proof:
    return Proof(Level.SERIAL, (Reason(state, code, {"time": seen}),), outcome)
