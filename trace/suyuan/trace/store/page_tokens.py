"""Page tokens: bookmarks in a list, which the server does not keep. Each ends with when it expires.

A token holds nothing secret and gives no right: a forged one only begins elsewhere in what its bearer sees.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson

from suyuan.trace.store.columns import instant, microseconds
from suyuan.trace.store.parameters import QueryParameterWrong

LIFETIME = timedelta(days=1)
_LONGEST = 4096


def written(parts: Sequence[str | int], expires: datetime) -> str:
    """A token of these parts, safe in a URL."""
    content = orjson.dumps([*parts, microseconds(expires)])
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def parts_of(token: str) -> tuple[list[str | int], datetime]:
    """The parts of a token, texts and numbers of 64 bits, and when it expires.

    Raises:
        QueryParameterWrong: it is no page token.
    """
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


def check_expiry(expires: datetime, now: datetime) -> None:
    """Raise ``QueryParameterWrong`` for a token whose time is over."""
    if expires <= now:
        raise QueryParameterWrong(
            "The page token has expired", where="nextPageToken", remedy="Begin at the first page."
        )


def _is_part(value: object) -> bool:
    return isinstance(value, str) or (type(value) is int and abs(value) < 2**63)
