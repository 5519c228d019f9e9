"""Page tokens that were given back (``DELETE /nextPageToken/{token}``): they lead nowhere any more.

A token is a bookmark that holds nothing on the server, so there is nothing to free and nothing to lose: what
was given back is remembered in memory until it would have expired anyway. After a start of the server it is
a bookmark again, within what its bearer may see (decision 0014).
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from datetime import datetime
from threading import Lock

from suyuan.trace.store.page_tokens import LIFETIME, expiry_of
from suyuan.trace.store.parameters import QueryParameterWrong

_MOST = 10_000


class ReleasedTokens:
    """What was given back, by whom: nobody ends a page of another's. Safe to use from several threads."""

    def __init__(self) -> None:
        self._until: OrderedDict[bytes, datetime] = OrderedDict()
        self._lock = Lock()

    def release(self, by: str, token: str, now: datetime) -> None:
        """Let a token lead nowhere; one that has expired, or was given back before, does so already.

        Raises:
            QueryParameterWrong: it is no page token.
        """
        expires = expiry_of(token)
        if expires <= now:
            return
        named = _name(by, token)
        with self._lock:
            self._until[named] = min(expires, now + LIFETIME)
            self._until.move_to_end(named)
            while len(self._until) > _MOST or (self._until and next(iter(self._until.values())) <= now):
                self._until.popitem(last=False)

    def check(self, by: str, token: str) -> None:
        """Raise ``QueryParameterWrong`` for a token that was given back."""
        with self._lock:
            given_back = _name(by, token) in self._until
        if given_back:
            raise QueryParameterWrong(
                "The page token was given back", where="nextPageToken", remedy="Begin at the first page."
            )


def _name(by: str, token: str) -> bytes:
    return hashlib.sha256(f"{len(by)} {by} {token}".encode("utf-8", "surrogatepass")).digest()
