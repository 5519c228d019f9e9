"""One message to one receiver: signed, to an address that was looked at, within limits.

Redirects are not followed, the environment's proxies are not used, and of the answer only its status and a
little of its body is read.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from suyuan.api.notify.addresses import Network, Resolve, checked, resolved
from suyuan.trace.errors import Unavailable

SIGNATURE = "GS1-Signature"
WHOLE_CALL_S = 30.0  # however slowly a receiver trickles
_CONNECT_S = 5.0
_SILENCE_S = 10.0
_MOST_ANSWER = 64 << 10  # bytes; what is beyond is not read
_LONGEST_WAIT_S = 3600.0


class ReceiverAway(Unavailable):
    """A receiver does not answer, or not in HTTP: never says how, which would tell of its ports.

    Names the host alone: the rest of an address may hold a secret. ``why`` is for the log.
    """

    code = "receiver-away"
    title = "The receiver does not answer"

    why = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said: its status, and how long it wants to be left alone."""

    status: int
    retry_after_s: float | None = None

    @property
    def is_taken(self) -> bool:
        """Whether the message is the receiver's now."""
        return 200 <= self.status < 300  # noqa: PLR2004 (RFC 9110 §15.3)


def signature(token: str, content: bytes) -> str:
    """The GS1-Signature of a message: HMAC-SHA-256 of its bytes under the token in UTF-8, in hexadecimal."""
    return hmac.new(token.encode(), content, hashlib.sha256).hexdigest()


class Webhooks:
    """The client of all receivers. Close it at the end."""

    def __init__(
        self,
        *,
        networks: Sequence[Network] = (),
        resolve: Resolve = resolved,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._networks = tuple(networks)
        self._resolve = resolve
        self._trust = trust
        self._opened: httpx.AsyncClient | None = None

    async def close(self) -> None:
        """Give all connections back."""
        if self._opened is not None:
            await self._opened.aclose()

    @property
    def _client(self) -> httpx.AsyncClient:
        """Made when it is first needed: most servers have no subscribers."""
        if self._opened is None:
            self._opened = httpx.AsyncClient(
                verify=self._trust or ssl.create_default_context(),
                timeout=httpx.Timeout(_SILENCE_S, connect=_CONNECT_S),
                follow_redirects=False,
                trust_env=False,
                # Connections are kept by address; another name's must not be taken for this one's.
                limits=httpx.Limits(max_connections=50, max_keepalive_connections=0),
            )
        return self._opened

    async def post(
        self, dest: str, content: bytes, *, media_type: str, token: str | None, headers: dict[str, str]
    ) -> Answer:
        """Send one message and wait for what the receiver says.

        Raises:
            NotCalled: see :func:`suyuan.api.notify.addresses.checked`.
            ReceiverAway: no connection, no valid certificate, no answer in time.
        """
        told = {**headers, "Content-Type": media_type, "User-Agent": "Suyuan", "Accept-Encoding": "identity"}
        if token:
            told[SIGNATURE] = signature(token, content)
        try:
            async with asyncio.timeout(WHOLE_CALL_S):
                return await self._post(dest, content, told)
        except TimeoutError as error:
            raise away(dest, "took too long") from error
        except httpx.ConnectError as error:
            raise away(dest, str(error)) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise away(dest, type(error).__name__) from error

    async def _post(self, dest: str, content: bytes, headers: dict[str, str]) -> Answer:
        parts = urlsplit(dest)
        host, over_tls = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if over_tls else 80)
        addresses = await checked(
            host, port, over_tls=over_tls, resolve=self._resolve, networks=self._networks
        )
        headers["Host"] = parts.netloc.rpartition("@")[2]
        urls = [parts._replace(netloc=_netloc(address, port)).geturl() for address in addresses]
        for url in urls[:-1]:
            try:
                return await self._call(url, host, content, headers)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._call(urls[-1], host, content, headers)

    async def _call(self, url: str, host: str, content: bytes, headers: dict[str, str]) -> Answer:
        # The certificate must be the name's, whatever address is called.
        extensions = {"sni_hostname": host}
        async with self._client.stream(
            "POST", url, content=content, headers=headers, extensions=extensions
        ) as response:
            read = 0
            async for chunk in response.aiter_raw():
                read += len(chunk)
                if read > _MOST_ANSWER:
                    break
            return Answer(response.status_code, _retry_after(response.headers.get("retry-after", "")))


def _netloc(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _retry_after(text: str) -> float | None:
    """Seconds as RFC 9110 §10.2.3 has them; a date is as good as nothing said."""
    digits = text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004 (more is no wait)
    return min(float(text), _LONGEST_WAIT_S) if digits else None


def away(dest: str, why: str) -> ReceiverAway:
    """The error of a receiver, the same whatever ``why``."""
    error = ReceiverAway(
        "{host} does not answer: no connection, no valid certificate, or no HTTP in {seconds} seconds",
        where="dest",
        remedy="See that it can be reached from the public internet, with a certificate of its name.",
        host=urlsplit(dest).hostname or "",
        seconds=round(WHOLE_CALL_S),
    )
    error.why = why
    return error
