"""Whether the identifiers on a package are those that its producer gave out, told to a trade partner.

Source: GS1 Lightweight Messaging Standard for Verification of Product Identifiers 1.1. Its text was not at
hand. Names of members, their nesting and the four reasons of no match are those of an open implementation of
edition 1.0.2 (QU4RTET) and of a vendor's tables of edition 1.3 of its guideline for the USA (Movilitas);
``suspect`` in lower case, beside the confirmed ``recalled``, follows that table by analogy.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1.errors import shown

NO_SERIAL = "No_match_GTIN_Serial"
NO_LOT_AND_EXPIRY = "No_match_GTIN_Serial_Lot_Expiry"
NO_LOT = "No_match_GTIN_Serial_Lot"
NO_EXPIRY = "No_match_GTIN_Serial_Expiry"
FAILURES = (NO_SERIAL, NO_LOT_AND_EXPIRY, NO_LOT, NO_EXPIRY)
RECALLED, SUSPECT = "recalled", "suspect"

_SIX_DIGITS = re.compile("[0-9]{6}")
_CENTURY = 100
_HALF = 50


@dataclass(frozen=True, slots=True)
class OnPackage:
    """What a package says beside its product and serial; empty or None where it does not, or nobody told.

    ``expiry`` is AI 17 or, of food, AI 15: YYMMDD, where 00 is the last day of the month.
    """

    lot: str = ""
    expiry: str = ""


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What is on record of the item. ``additional`` is ``recalled`` or ``suspect``, or empty."""

    lot: str = ""
    days: tuple[date, ...] = ()
    additional: str = ""


def failure(package: OnPackage, record: OnRecord | None, today: date) -> str:
    """Why the identifiers of a package are not verified, in the standard's word; empty where they are.

    What the package says and nobody recorded does not match either. ``record`` is None where nothing is on
    record of product and serial: then the rest is not looked at. Raises ``InvalidInput`` for what is no date.
    """
    day = _day(package.expiry, today) if package.expiry else None
    if record is None:
        return NO_SERIAL
    wrong_lot = bool(package.lot) and package.lot != record.lot
    wrong_day = day is not None and day not in record.days
    if wrong_lot and wrong_day:
        return NO_LOT_AND_EXPIRY
    return NO_LOT if wrong_lot else NO_EXPIRY if wrong_day else ""


def message(
    reason: str, *, additional: str = "", responder: str = "", correlation: str = "", now: datetime
) -> Mapping[str, Any]:
    """The answer as the standard has it; ``reason`` is that of :func:`failure`."""
    data: dict[str, Any] = {"verified": not reason}
    if reason:
        data["verificationFailureReason"] = reason
    if additional:
        data["additionalInfo"] = additional
    told: dict[str, Any] = {"verificationTimestamp": now.isoformat(), "data": data}
    if responder:
        told["responderGLN"] = responder
    return told | ({"corrUUID": correlation} if correlation else {})


def checked_correlation(text: str) -> str:
    """A requester's name for its request, to be repeated: a UUID. Raises ``InvalidInput``."""
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        raise InvalidInput(
            "{value} is no UUID",
            where="corrUUID",
            remedy="Send a new UUID with each request, such as 123e4567-e89b-42d3-a456-426614174000.",
            value=shown(text),
        ) from None


def _day(digits: str, today: date) -> date:
    """The day of YYMMDD, in the century nearest to ``today`` (General Specifications §7.12)."""
    told = _SIX_DIGITS.fullmatch(digits)
    year, month, day = (int(digits[at : at + 2]) for at in (0, 2, 4)) if told else (0, 0, 0)
    year += today.year - today.year % _CENTURY
    if year - today.year > _HALF:
        year -= _CENTURY
    elif today.year - year >= _HALF:
        year += _CENTURY
    try:
        return date(year, month, day or monthrange(year, month)[1])
    except ValueError:
        raise InvalidInput(
            "{value} is no day",
            where="17",
            remedy="Write it as YYMMDD, as it is printed.",
            value=shown(digits),
        ) from None
