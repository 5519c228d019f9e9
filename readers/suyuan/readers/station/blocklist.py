"""What must not go on: the platform's signed list of held and recalled things, usable without the platform.

``GET {server}/blocklist`` answers ``{"payload": base64, "signature": base64, "key_id": text}``; the signature
is Ed25519 (RFC 8032) over the payload's bytes, which are JSON: ``{"issued": RFC 3339, "sequence": n, "keys":
{canonical key: {"state": "recalled" | "held", "case": number}}}``. A list with a lower sequence than the one
in use is refused: an attacker who holds an old list could otherwise take a recall back.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from random import Random
from typing import Any, cast

import httpx
import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from suyuan.readers.station.config import ServerConfig
from suyuan.readers.station.delivery import REFUSED_S, bearer, is_not_signed_in, jittered, refusal_words
from suyuan.readers.station.errors import OutboxDamaged, OutboxUnavailable
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.steps import Blocked
from suyuan.readers.station.words import Message
from suyuan.trace.errors import InvalidInput

POLL_S = 2.0
MOST_BYTES = 64 * 1024 * 1024
_KEPT = "block list"
_STATES = frozenset({"recalled", "held"})


@dataclass(frozen=True, slots=True)
class SignedList:
    """A genuine block list."""

    issued: datetime
    sequence: int
    keys: Mapping[str, Blocked]


class BlockListError(InvalidInput):
    """A block list that is not genuine, not readable, or older than the one in use."""

    code = "block-list"
    title = "The block list cannot be used"


class BlockList:
    """The last good list of ``server``, polled, and stored in ``outbox``'s database."""

    def __init__(
        self,
        outbox: Outbox,
        server: ServerConfig,
        client: httpx.AsyncClient,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        random: Random,
        sleep: Callable[[float], Awaitable[None]],
        alarm: Callable[[str, Message | None], None],
        poll_s: float = POLL_S,
    ) -> None:
        self._outbox = outbox
        self._server = server
        self._client = client
        self._now = now
        self._monotonic = monotonic
        self._random = random
        self._sleep = sleep
        self._alarm = alarm
        self._poll_s = poll_s
        self._list: SignedList | None = None
        self._etag = ""
        self._confirmed: float | None = None  # by the clock that nobody sets back
        self._stored = -1  # newest list that a restart would find again
        self._acknowledged = -1

    @property
    def sequence(self) -> int:
        """Number of the list in use, 0 if there is none yet."""
        return 0 if self._list is None else self._list.sequence

    def blocked(self, key: str) -> Blocked | None:
        """Why ``key`` (canonical) must not go on, or None. O(1)."""
        return None if self._list is None else self._list.keys.get(key)

    def age_s(self) -> float | None:
        """Seconds since the list was issued or last confirmed as the current one; None without a list.

        By a wall clock that stands before its issue the age is unknown: it is as old as that clock is wrong.
        """
        if self._list is None:
            return None
        if self._confirmed is not None:
            return self._monotonic() - self._confirmed
        return abs((self._now() - self._list.issued).total_seconds())

    async def restore(self) -> None:
        """Take up the list that was last stored; it is verified again, since a disk is not a promise."""
        if self._server.key is None:
            return
        stored = await self._outbox.kept(_KEPT)
        if stored is None:
            return
        try:
            self._list = verify(stored, self._server.key)
            self._stored = self._list.sequence
        except BlockListError as error:
            self._alarm("signature", Message("SIGNATURE_FAIL", {"reason": error.detail}))

    async def run(self) -> None:
        """Poll for ever, slowly while the credential is refused; without a key there is no list."""
        while self._server.key is not None:
            let_in = await self.poll_once(self._server.key)
            await self._sleep(self._poll_s if let_in else jittered(REFUSED_S, self._random))

    async def poll_once(self, key: bytes) -> bool:
        """Fetch the list if it changed, verify it, store it, use it; else keep the old one and say why.

        Returns False where the platform refuses the credential.
        """
        try:
            response = await self._fetch()
            if response.status_code == HTTPStatus.NOT_MODIFIED:
                self._confirmed = self._monotonic()
            elif response.status_code == HTTPStatus.OK:
                await self._take(response, key)
            elif is_not_signed_in(response):
                self._alarm("credential", Message("NOT_SIGNED_IN", {"status": refusal_words(response)}))
                return False
            else:
                if response.is_client_error:  # whatever it lacks, it lets us in
                    self._alarm("credential", None)
                return True  # its age will tell, and delivery tells of the platform's absence
            self._alarm("credential", None)
            await self._acknowledge()
        except (httpx.HTTPError, httpx.InvalidURL):
            return True
        except BlockListError as error:
            self._alarm("signature", Message("SIGNATURE_FAIL", {"reason": error.detail}))
        except (OutboxUnavailable, OutboxDamaged) as error:
            self._alarm("store", Message("QUEUE_FULL", {"reason": error.detail}))
        return True

    async def _fetch(self) -> httpx.Response:
        headers = {**bearer(self._server), "Accept": "application/json"}
        if self._etag:
            headers["If-None-Match"] = self._etag
        return await self._client.get(f"{self._server.url}/blocklist", headers=headers)

    async def _take(self, response: httpx.Response, key: bytes) -> None:
        fresh = verify(response.content, key)
        if fresh.sequence < self.sequence:
            raise BlockListError(
                "List {fresh} is older than list {used} in use.", fresh=fresh.sequence, used=self.sequence
            )
        if self._list is None or fresh.sequence > self.sequence:
            self._list = fresh  # in use first: a recall must stop goods even if the disk is full
        if fresh.sequence > self._stored:
            await self._outbox.keep(_KEPT, response.content)
            self._stored = fresh.sequence
        self._etag = response.headers.get("ETag", "")
        self._confirmed = self._monotonic()
        self._alarm("signature", None)
        self._alarm("store", None)

    async def _acknowledge(self) -> None:
        """Tell which list is stored: whoever recalls sees what is not reached yet. Needs a key of our own."""
        if self._server.device_key_file is None or self._stored <= self._acknowledged:
            return
        stored = self._stored
        response = await self._client.post(
            f"{self._server.url}/blocklist/ack", json={"sequence": stored}, headers=bearer(self._server)
        )
        if response.is_success:
            self._acknowledged = stored


def verify(answer: bytes, key: bytes) -> SignedList:
    """The list in ``answer`` if ``key`` (32 bytes, Ed25519) signed it.

    Raises:
        BlockListError: malformed, too large, or not signed by ``key``.
    """
    if len(answer) > MOST_BYTES:
        raise BlockListError("The list is too large.")
    envelope = _object(answer, "The answer")
    payload, signature = (_bytes(envelope.get(name), name) for name in ("payload", "signature"))
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, payload)
    except InvalidSignature as error:
        raise BlockListError("The signature is wrong.", where="signature") from error
    return _parse(_object(payload, "The payload"))


def _parse(data: Mapping[str, Any]) -> SignedList:
    sequence, issued, keys = data.get("sequence"), data.get("issued"), data.get("keys")
    if not isinstance(sequence, int) or isinstance(sequence, bool) or sequence < 0:
        raise BlockListError("The sequence is not a number.", where="sequence")
    if not isinstance(keys, dict):
        raise BlockListError("The keys are not an object.", where="keys")
    entries = cast("dict[str, object]", keys)
    return SignedList(_time(issued), sequence, {k: _blocked(k, v) for k, v in entries.items()})


def _blocked(key: str, value: object) -> Blocked:
    entry = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    state, case = entry.get("state"), entry.get("case")
    if not isinstance(state, str) or state not in _STATES:
        raise BlockListError("The state of {key} is unknown.", where="keys", key=key)
    return Blocked(state, "" if case is None else str(case), carries=entry.get("carries") == "yes")


def _time(text: object) -> datetime:
    try:
        time = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise BlockListError("The time of issue is not RFC 3339.", where="issued")
    return time


def _bytes(text: object, name: str) -> bytes:
    try:
        return base64.b64decode(text if isinstance(text, str) else "!", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BlockListError("The {name} is not base64.", where=name, name=name) from error


def _object(data: bytes, what: str) -> dict[str, Any]:
    try:
        parsed = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BlockListError("{what} is not JSON.", what=what) from error
    if not isinstance(parsed, dict):
        raise BlockListError("{what} is not a JSON object.", what=what)
    return cast("dict[str, Any]", parsed)
