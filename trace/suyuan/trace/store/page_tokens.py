"""Page tokens: bookmarks in a list, which the server does not keep.

A token names its list, then the place where the page ended, then when it expires. It holds nothing secret and
gives no right: a forged one only begins elsewhere in what its bearer sees.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from suyuan.trace.store.columns import instant, microseconds, storable
from suyuan.trace.store.parameters import QueryParameterWrong

LIFETIME = timedelta(days=1)
_LONGEST = 4096  # characters


def leading_on(of: str, place: Sequence[str | int], now: datetime) -> tuple[str, datetime]:
    """A token, safe in a URL, that leads on after a place in the list ``of``, and when it expires."""
    expires = now + LIFETIME
    content = orjson.dumps([of, *place, microseconds(expires)])
    return base64.urlsafe_b64encode(content).decode().rstrip("="), expires


def place_in(token: str, of: str, kinds: Sequence[type[str | int]], now: datetime) -> tuple[Any, ...]:
    """The place that a token of the list ``of`` leads on from: one part of each kind.

    Whoever forges a token may put any number of 64 bits and any text that can be stored into it.

    Raises:
        QueryParameterWrong: it is no page token, is of another list, or has expired.
    """
    parts, expires = _parts_of(token)
    if parts[:1] != [of] or [type(part) for part in parts[1:]] != list(kinds):
        raise QueryParameterWrong(
            "The page token belongs to another query",
            where="nextPageToken",
            remedy="Begin at the first page.",
        )
    if expires <= now:
        raise QueryParameterWrong(
            "The page token has expired", where="nextPageToken", remedy="Begin at the first page."
        )
    return tuple(parts[1:])


def expiry_of(token: str) -> datetime:
    """When a token expires, whatever list it is of; ``QueryParameterWrong`` for what is no page token."""
    return _parts_of(token)[1]


def _parts_of(token: str) -> tuple[list[str | int], datetime]:
    try:
        if len(token) > _LONGEST:
            raise ValueError(len(token))  # noqa: TRY301 (one answer to all that is no token)
        listed = orjson.loads(
            base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        )
        *parts, expires = listed
        if type(expires) is not int or not all(map(_is_part, parts)):
            raise ValueError(parts)  # noqa: TRY301 (see above)
        return parts, instant(expires)
    except (ValueError, TypeError, OverflowError, binascii.Error) as error:
        raise QueryParameterWrong(
            "This is not a page token", where="nextPageToken", remedy="Begin at the first page."
        ) from error


def _is_part(value: object) -> bool:
    return storable(value) if isinstance(value, str) else type(value) is int and abs(value) < 2**63
