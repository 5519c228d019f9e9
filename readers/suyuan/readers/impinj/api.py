"""Requests to an Impinj reader's REST interface, with its refusals as our errors."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn

import httpx
import orjson

from suyuan.readers import tls
from suyuan.readers.credentials import Credentials
from suyuan.readers.errors import (
    AccessDenied,
    ProtocolError,
    ReaderBusy,
    ReaderError,
    RequestRefused,
    TransientConnectionError,
)
from suyuan.readers.reports import part

ROOT = "/api/v1"
LONGEST_ANSWER = 1024 * 1024
"""Bytes of an answer; the longest, a preset for 32 antennas, has some ten thousand."""
UNAUTHORIZED, FORBIDDEN, NOT_FOUND, CONFLICT = 401, 403, 404, 409
MAKE_WAY = "Stop what runs on its own page, or write profile=keep to hear it, or take=yes to stop it."
_REDIRECTS = range(300, 400)
_LONGEST_REASON = 300


class Api:
    """One reader's interface, spoken over a few kept connections.

    Args:
        name: of the reader, for errors.
        base: such as ``https://r700.local:443``.
        verify: whom to trust; not used over plain HTTP.
        transport: instead of the network.
    """

    def __init__(
        self,
        name: str,
        base: httpx.URL,
        *,
        credentials: Credentials | None,
        verify: ssl.SSLContext | None,
        timeout_s: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._name = name
        self._base = base
        self._timeout_s = timeout_s
        self._http = httpx.AsyncClient(
            base_url=base,
            auth=None if credentials is None else (credentials.user, credentials.password),
            verify=verify if verify is not None else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            timeout=timeout_s,
            transport=transport,
            trust_env=False,  # a reader is a device in our own network, never behind a proxy
            headers={"Accept-Encoding": "identity", "Accept": "application/json"},
        )

    async def get(self, path: str) -> Mapping[str, Any]:
        """The object at ``path``, empty where the reader has nothing there.

        Raises:
            ReaderError: it could not be had.
        """
        return await self._ask("GET", path) or {}

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> None:
        """Start or stop something.

        Raises:
            ReaderError: the reader refuses, or does not answer.
        """
        await self._demand("POST", path, body)

    async def put(self, path: str, body: Mapping[str, Any]) -> None:
        """Set something; raises like :meth:`post`."""
        await self._demand("PUT", path, body)

    async def demand(self, path: str) -> Mapping[str, Any]:
        """The object at ``path``, which a reader with this interface has.

        Raises:
            RequestRefused: it has not: older firmware, or set to another interface.
            ReaderError: it could not be had.
        """
        answer = await self._ask("GET", path)
        if answer is None:
            raise RequestRefused(
                "The reader {reader} has no IoT device interface.",
                where="url",
                remedy="Set its RFID interface to Impinj IoT Device Interface on its own page, and update"
                " firmware older than 7.1.",
                reader=self._name,
            )
        return answer

    async def stream(self, silence_s: float) -> httpx.Response:
        """The stream of events, still unread; the caller closes it. Reading waits ``silence_s`` at most.

        Raises:
            ReaderError: the reader refuses, or does not answer.
        """
        timeout = httpx.Timeout(self._timeout_s, read=silence_s)
        request = self._http.build_request("GET", f"{ROOT}/data/stream", timeout=timeout)
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._http.send(request, stream=True)
                if response.is_success and response.headers.get("content-encoding", "identity") == "identity":
                    return response
                try:
                    refusal = self._refusal(response, await _bounded(response))
                finally:
                    await response.aclose()
        except (httpx.HTTPError, OSError) as error:  # TLS lets errors of its own through httpx
            self._unreached(error)
        raise refusal

    async def aclose(self) -> None:
        """Close the connections; can be called twice."""
        with suppress(httpx.HTTPError):
            await self._http.aclose()

    async def _demand(self, method: str, path: str, body: Mapping[str, Any] | None) -> None:
        if await self._ask(method, path, body) is None:
            preset = "/presets/" in path
            raise RequestRefused(
                "The reader {reader} does not know {path}.",
                where="preset" if preset else self._name,
                remedy="Choose a preset that its own page shows." if preset else "",
                reader=self._name,
                path=path,
            )

    async def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any] | None:
        """The answer as an object, None where the reader knows no such path."""
        try:
            # httpx bounds each wait for a piece: an answer that comes byte by byte would go on for ever.
            async with (
                asyncio.timeout(self._timeout_s),
                self._http.stream(method, f"{ROOT}{path}", json=body) as response,
            ):
                answer = await _bounded(response)
        except (httpx.HTTPError, OSError) as error:  # TLS lets errors of its own through httpx
            self._unreached(error)
        if response.status_code == NOT_FOUND:
            return None
        if not response.is_success:
            raise self._refusal(response, answer)
        if not answer.strip():
            return {}
        try:
            return part(orjson.loads(answer))
        except orjson.JSONDecodeError as error:
            raise self._stranger("the answer is not JSON") from error

    def _refusal(self, response: httpx.Response, answer: bytes) -> ReaderError:
        status = response.status_code
        if status in {UNAUTHORIZED, FORBIDDEN}:
            return AccessDenied(
                "The reader {reader} does not take this user and password (status {status}).",
                where="url",
                remedy="Write the user before the host, as in impinj+https://root@r700.local/?password_file=/path.",
                reader=self._name,
                status=status,
            )
        if status == CONFLICT:
            return ReaderBusy(
                "The reader {reader} is at work for another client: {reason}",
                where=self._name,
                remedy=MAKE_WAY,
                reader=self._name,
                reason=_reason(answer),
            )
        if status in _REDIRECTS:
            return RequestRefused(
                "The reader {reader} sends us to another address (status {status}).",
                where="url",
                remedy="Write impinj+https:// if it wants encryption.",
                reader=self._name,
                status=status,
            )
        if response.is_success:
            return self._stranger("the stream is compressed")
        return RequestRefused(
            "The reader {reader} refused {request} with status {status}: {reason}",
            where=self._name,
            reader=self._name,
            request=response.request.url.path,
            status=status,
            reason=_reason(answer),
        )

    def _unreached(self, error: httpx.HTTPError | OSError) -> NoReturn:
        """Raise what a request that failed on the way means."""
        if against := tls.objection(error, self._base.host, self._port):
            raise against from error
        if isinstance(error, (httpx.TimeoutException, TimeoutError)):
            raise TransientConnectionError(
                "Nothing was heard from {reader} for {seconds} s.",
                where=self._name,
                reader=self._name,
                seconds=self._timeout_s,
            ) from error
        if isinstance(error, httpx.RemoteProtocolError) and "disconnected" not in str(error):
            raise self._stranger("it does not speak HTTP") from error
        cause: BaseException = error
        while isinstance(deeper := cause.__cause__ or cause.__context__, Exception):
            cause = deeper
        told = cause if isinstance(cause, OSError) else error
        raise tls.failure(told, self._base.host, self._port, where=self._name) from error

    def _stranger(self, reason: str) -> ProtocolError:
        return ProtocolError(
            "{reader} does not answer as an Impinj reader: {reason}.",
            where="url",
            remedy="Check the address and the port.",
            reader=self._name,
            reason=reason,
        )

    @property
    def _port(self) -> int:
        return self._base.port or (443 if self._base.scheme == "https" else 80)


async def _bounded(response: httpx.Response) -> bytes:
    """The body of an answer, given up over the limit."""
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > LONGEST_ANSWER:
            raise ProtocolError("The reader's answer has more than {most} bytes.", most=LONGEST_ANSWER)
    return bytes(body)


def _reason(answer: bytes) -> str:
    """What a refusal says of itself, harmless and short."""
    try:
        said = part(orjson.loads(answer)).get("message")
    except orjson.JSONDecodeError:
        said = answer.decode("utf-8", "replace")
    return ascii(said if isinstance(said, str) else "")[1 : _LONGEST_REASON + 1].removesuffix("'")
