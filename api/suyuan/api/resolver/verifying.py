"""The service that trade partners ask whether the identifiers on a package are genuine (decision 0032).

Whoever asks has signed in with a token. Wrong serials are counted, so that nobody finds the right ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from suyuan.api.attempts import Attempts, TooManyAttempts
from suyuan.api.house import House
from suyuan.portal.services import Principal
from suyuan.trace.errors import InvalidInput, NotAllowed, NotFound, SuyuanError
from suyuan.trace.gs1 import Identifier, IdentifierError, identify
from suyuan.trace.recall.passport import Passport, VerdictState
from suyuan.trace.resolver import verification
from suyuan.trace.resolver.verification import OnPackage, OnRecord
from suyuan.trace.scan.judging import judged
from suyuan.trace.scan.look import Look

VERIFICATION = "/verification"
"""The service's pages stand below this path, each at the path of its Digital Link."""

_UNKNOWN_PER_ACCOUNT, _UNKNOWN_PER_ADDRESS = 50, 200  # in a quarter of an hour
_ADDITIONAL = {
    VerdictState.RECALLED: verification.RECALLED,
    VerdictState.WITHDRAWN: verification.RECALLED,
    VerdictState.DESTROYED: verification.SUSPECT,
    VerdictState.SUSPICIOUS: verification.SUSPECT,
    VerdictState.HELD: verification.SUSPECT,
    VerdictState.RESOLD: verification.SUSPECT,
}
"""What the standard has words for. Precedence is that of the verdicts; that goods are past their date, the
partner sees on the package."""


class TooManyUnknown(SuyuanError):
    """A partner asked for too many serials that nobody gave out; ``seconds`` tells how long to wait."""

    code = "too-many-unknown"
    status = 429
    title = "Too many unknown serials"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: the parameters of the standard, and the look of whoever asks. ``expiry`` is YYMMDD."""

    expiry: str = ""
    requester: str = ""
    correlation: str = ""
    look: Look | None = None


class Verifying:
    """The service over one house."""

    def __init__(self, house: House, now: Callable[[], datetime]) -> None:
        self._house = house
        self._unknown = Attempts(now, per_name=_UNKNOWN_PER_ACCOUNT, per_address=_UNKNOWN_PER_ADDRESS)

    def answer(self, by: Principal, path: str, asked: Asked) -> Mapping[str, Any]:
        """Whether an item is on record with what its package says.

        Raises:
            InvalidInput: the link is not that of an item, or a parameter cannot be right.
            NotAllowed: the requester is not whom the token belongs to.
            TooManyUnknown: of late too many serials were unknown.
        """
        found = _item(self._house.identified(path))
        _check_requester(by, asked.requester)
        correlation = verification.checked_correlation(asked.correlation)
        address = asked.look.address if asked.look else ""
        self._begin(by.name, address)
        now = self._house.now()
        passport = self._passport(path, asked.look)
        record = None if passport is None else _on_record(passport)
        package = OnPackage(found.lot or "", asked.expiry)
        reason = verification.failure(package, record, now.astimezone(self._house.zone).date())
        if record is not None:
            self._unknown.taken_back(by.name, address)
        return verification.message(
            reason,
            additional="" if record is None else record.additional,
            responder="" if passport is None else _gln_of_producer(passport),
            correlation=correlation,
            now=now,
        )

    def _begin(self, name: str, address: str) -> None:
        try:
            self._unknown.begin(name, address)
        except TooManyAttempts as error:
            raise TooManyUnknown(
                "Too many of these serials were unknown; the next one is answered in {seconds} seconds",
                seconds=error.fields["seconds"],
                remedy="Wait, and scan the packages instead of typing their codes.",
            ) from error

    def _passport(self, path: str, look: Look | None) -> Passport | None:
        """What is on record, with what a look finds out; None of what nobody brought about, or marked so."""
        try:
            passport = self._house.passport(path)
            if look is not None:
                passport = judged(passport, self._house.looked_at(passport, look))
        except NotFound:
            return None
        return None if passport.verdict.state is VerdictState.UNKNOWN else passport


def _item(found: Identifier) -> Identifier:
    if found.kind != "item" or found.gtin is None:
        raise InvalidInput(
            "Only a product number with a serial is verified",
            where="21",
            remedy="Ask with /01/, /21/ and what stands behind them on the package.",
        )
    return found


def _check_requester(by: Principal, requester: str) -> None:
    """That the GLN of the requester is one, and that of the party whose token it is where that has one."""
    if not requester:
        return
    try:
        identify(f"/417/{requester}")
    except IdentifierError as error:
        error.where = "reqGLN"
        raise
    own = _gln(by.party)
    if own and own != requester:
        raise NotAllowed(
            "{value} is not the GLN of whoever asks",
            where="reqGLN",
            value=requester,
            remedy="Send the GLN under which your company is registered here.",
        )


def _on_record(passport: Passport) -> OnRecord:
    days = tuple(day for day in (passport.expiration_date, passport.best_before_date) if day is not None)
    states = {reason.state for reason in passport.verdict.reasons} | {passport.verdict.state}
    additional = next((word for state, word in _ADDITIONAL.items() if state in states), "")
    return OnRecord(passport.lot or "", days, additional)


def _gln_of_producer(passport: Passport) -> str:
    return "" if passport.producer is None else _gln(passport.producer.key)


def _gln(key: str) -> str:
    """The GLN in the key of a party; empty where it has none."""
    try:
        found = dict(identify(key).ais) if key else {}
    except IdentifierError:
        return ""
    return found.get("417") or found.get("414") or ""
