"""The session with a broker: how it is made, heard, and ended without losing what was acknowledged."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from aiomqtt import Client, Message, MqttCodeError, MqttError
from paho.mqtt.client import Client as Paho
from paho.mqtt.client import MQTTMessage

from suyuan.readers import tls
from suyuan.readers.credentials import Credentials
from suyuan.readers.errors import (
    AccessDenied,
    ProtocolError,
    ReaderError,
    RequestRefused,
    TransientConnectionError,
)
from suyuan.readers.tls import Security

log = structlog.get_logger(__name__)
_SILENT = logging.getLogger("suyuan.readers.mqtt.aiomqtt")
_SILENT.setLevel(logging.CRITICAL)  # what it would say is told by our errors

GOODBYE_S = 2.0
"""Longest wait for a polite end of the connection, in seconds."""
GIVEN_UP_S = 1.0
"""Longest wait for a connection that is being made when it is not wanted any more, in seconds."""
BAD_LOGIN, NOT_AUTHORIZED, UNAVAILABLE, BAD_PROTOCOL = 134, 135, 136, 130
"""Reason codes that aiomqtt gives, also for those of MQTT 3.1.1 (MQTT 5 §2.4)."""
MOST_WAITING, MOST_WAITING_BYTES = 1_000, 8 * 1024 * 1024
"""Messages, and bytes of them, that wait here; what is more waits at the broker, or fails to come."""
REFUSED = 128
"""The least reason code that means no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Which broker, and how we come to it; ``security`` is None without TLS.

    With a ``client_id`` it keeps what comes while we are away.
    """

    host: str
    port: int
    security: Security | None = None
    credentials: Credentials | None = None
    client_id: str | None = None
    qos: int = 1
    keepalive_s: int = 20
    timeout_s: float = 10.0


class BoundedClient(Client):
    """A client that leaves its socket alone while too much waits, so that the broker holds back.

    aiomqtt's own limit throws messages away that are acknowledged.
    """

    waiting_bytes = 0
    is_paused = False

    def _on_message(self, client: Paho, userdata: Any, message: MQTTMessage) -> None:
        super()._on_message(client, userdata, message)
        self.waiting_bytes += len(message.payload)
        sock = client.socket()
        if sock is not None and (
            len(self.messages) >= MOST_WAITING or self.waiting_bytes >= MOST_WAITING_BYTES
        ):
            self._loop.remove_reader(sock.fileno())
            self.is_paused = True

    def taken(self, message: Message) -> None:
        """``message`` waits no more."""
        self.waiting_bytes -= len(message.payload)

    def listen_again(self) -> None:
        """Let more come, if half of what may wait was taken."""
        few = len(self.messages) <= MOST_WAITING // 2 and self.waiting_bytes <= MOST_WAITING_BYTES // 2
        sock = self._client.socket()
        if not (self.is_paused and few) or sock is None:
            return
        self.is_paused = False
        if self._misc_task is not None:
            self._misc_task.cancel()  # opening starts another one
        self._on_socket_open(self._client, None, sock)


class Session:
    """One session on ``route``, for the reader ``name``: opened once, closed once."""

    def __init__(self, name: str, route: Route) -> None:
        self._name = name
        self._route = route
        self._client: BoundedClient | None = None
        self._entering: asyncio.Task[Client] | None = None
        self._coming: asyncio.Future[Message] | None = None

    async def open(self, topics: Sequence[str]) -> None:
        """Connect, and subscribe to ``topics``; to be closed even if this fails.

        Raises:
            UntrustedDevice: the broker's certificate is not one that we trust.
            AccessDenied: it does not take our certificate, user or password, or not to this topic.
            RequestRefused, TransientConnectionError: it refuses otherwise; nobody answers as a broker.
        """
        route = self._route
        secure = await self._knock()
        known = route.credentials
        self._client = client = BoundedClient(
            route.host,
            route.port,
            username=None if known is None else known.user,
            password=None if known is None else known.password,
            identifier=route.client_id,
            clean_session=route.client_id is None,
            keepalive=route.keepalive_s,
            timeout=route.timeout_s,
            tls_context=secure,
            logger=_SILENT,
        )
        # aiomqtt connects in a thread that cannot be called back: it is let finish, and then closed.
        self._entering = asyncio.create_task(client.__aenter__(), name="mqtt connect")
        try:
            await self._greeted(self._entering, secure)
            for topic in topics:
                answers = await client.subscribe(topic, route.qos)
                if any(_number(answer) >= REFUSED for answer in answers):
                    raise self._forbidden(topic)
        except MqttError as error:
            raise self._refusal(error) from error

    async def _greeted(self, entering: asyncio.Task[Client], secure: ssl.SSLContext | None) -> None:
        """Wait until the broker has greeted us; aiomqtt would wait on where an alert of TLS says no."""
        if secure is not None:
            asking = asyncio.create_task(tls.why_ended(secure, self._route.host, self._route.port))
            try:
                await asyncio.wait({entering, asking}, return_when=asyncio.FIRST_COMPLETED)
                if not _succeeded(entering) and (against := await asking) is not None:
                    raise against
            finally:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
        await asyncio.shield(entering)

    async def next(self) -> Message:
        """The next message, acknowledged; whoever stops waiting for it finds it at :meth:`aclose`.

        Raises:
            TransientConnectionError, ProtocolError: the connection is gone.
        """
        if self._client is None:
            raise TransientConnectionError("The reader {reader} is not connected.", reader=self._name)
        self._client.listen_again()
        # Who cancels aiomqtt's iteration may lose a message that it has taken from its queue.
        self._coming = asyncio.ensure_future(anext(self._client.messages))
        try:
            message = await asyncio.shield(self._coming)
        except MqttError as error:
            code, host = _code(error), self._route.host
            if code == BAD_PROTOCOL or (code is None and error.__cause__ is not None):
                raise ProtocolError("The broker {host} sent what MQTT does not allow.", host=host) from error
            raise TransientConnectionError(
                "The connection to the broker {host} ended.", where=self._name, host=host
            ) from error
        self._coming = None
        self._client.taken(message)
        return message

    async def aclose(self) -> list[Message]:
        """Say goodbye; what is acknowledged and was not asked for, which the broker will not send again."""
        client, entering = self._client, self._entering
        if client is None or entering is None:
            return []
        try:
            await asyncio.wait({entering}, timeout=GIVEN_UP_S)
            greeted = _succeeded(entering)  # who did not greet will not say goodbye
            client.timeout = GOODBYE_S if greeted else 0
            await client.__aexit__(None, None, None)
        except MqttError as error:
            log.info("mqtt.goodbye_failed", reader=self._name, reason=str(error))
        finally:
            entering.cancel()
            await asyncio.gather(entering, return_exceptions=True)
        return await self._rest(client)

    async def _rest(self, client: Client) -> list[Message]:
        rest: list[Message] = []
        coming, self._coming = self._coming, None
        if coming is not None:
            await asyncio.wait({coming}, timeout=GIVEN_UP_S)
            if not coming.done():
                coming.cancel()
            elif not coming.cancelled() and coming.exception() is None:
                rest.append(coming.result())
        with suppress(MqttError):
            while len(client.messages):
                rest.append(await anext(client.messages))
        return rest

    async def _knock(self) -> ssl.SSLContext | None:
        """Connect once to see who is there, in full; what aiomqtt says of failures is too little.

        Raises:
            UntrustedDevice: the broker's certificate is not one that we trust.
            AccessDenied: it does not take ours.
            TransientConnectionError: nobody answers.
        """
        route, secure = self._route, None
        if route.security is not None:
            secure = await tls.context(route.security, route.host, route.port, timeout_s=route.timeout_s)
        try:
            async with asyncio.timeout(route.timeout_s):
                _, writer = await asyncio.open_connection(route.host, route.port, ssl=secure)
        except (OSError, TimeoutError) as error:
            remedy = "Check the address, and that the broker runs."
            raise tls.failure(error, route.host, route.port, where=self._name, remedy=remedy) from error
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return secure

    def _forbidden(self, topic: str) -> AccessDenied:
        return AccessDenied(
            "The broker {host} does not let us hear {topic!a}.",
            where="topic",
            remedy="Allow this user to subscribe to it.",
            host=self._route.host,
            topic=topic,
        )

    def _refusal(self, error: MqttError) -> ReaderError:
        """What a broker means that did not take us."""
        code, host = _code(error), self._route.host
        if code in {BAD_LOGIN, NOT_AUTHORIZED}:
            return AccessDenied(
                "The broker {host} does not take this user and password.",
                where="url",
                remedy="Write the user before the host, as in mqtts://user@broker/topic?password_file=/path.",
                host=host,
            )
        if code is not None and code >= REFUSED and code != UNAVAILABLE:
            return RequestRefused(
                "The broker {host} refuses us: {reason}.", where="url", host=host, reason=str(error)
            )
        return TransientConnectionError(
            "The broker {host} does not answer as one: {reason}.",
            where="url",
            remedy="Check the port: 1883 for mqtt://, 8883 for mqtts:// as a rule.",
            host=host,
            reason=ascii(str(error))[1:-1],
        )


def _succeeded(task: asyncio.Task[Client]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


def _code(error: BaseException | None) -> int | None:
    """The reason code of an error of aiomqtt, or of what caused it."""
    while error is not None:
        if isinstance(error, MqttCodeError) and error.rc is not None:
            return _number(error.rc)
        error = error.__cause__
    return None


def _number(code: object) -> int:
    """A reason code of any of the library's kinds."""
    value = getattr(code, "value", code)
    return value if isinstance(value, int) else REFUSED
