"""The driver for readers behind a broker: ``mqtts://user@broker/dock/%23?dialect=zebra&client_id=dock-1``."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import ClassVar, Self

import orjson
import structlog
from aiomqtt import Client, Message, MqttCodeError, MqttError

from suyuan.readers import tls
from suyuan.readers.address import Option, ReaderAddress, read_options
from suyuan.readers.credentials import Credentials, credentials
from suyuan.readers.errors import (
    AccessDenied,
    ProtocolError,
    ReaderConfigError,
    ReaderError,
    RequestRefused,
    TransientConnectionError,
)
from suyuan.readers.mqtt import requests
from suyuan.readers.mqtt.dialects import NOTICES, Arrival, Dialect, Garbled, Said, Sighting, Switched
from suyuan.readers.mqtt.payloads import read_payload
from suyuan.readers.mqtt.recent import Recent
from suyuan.readers.mqtt.requests import read_dialect, read_topic
from suyuan.readers.observation import Observation
from suyuan.readers.reader import DEFAULT_QUEUE, Capabilities, Reader, ReaderDriver, ReaderInfo
from suyuan.readers.reports import ClockOffset, Notice, Notices
from suyuan.readers.tls import Trust

log = structlog.get_logger(__name__)
_SILENT = logging.getLogger("suyuan.readers.mqtt.aiomqtt")
_SILENT.setLevel(logging.CRITICAL)  # what it would say is told by our errors

PLAIN_PORT, TLS_PORT = 1883, 8883
FAIRNESS = 20
"""Messages after which others get their turn."""
GOODBYE_S = 2.0
"""Longest wait for a polite end of the connection, in seconds."""
GIVEN_UP_S = 1.0
"""Longest wait for a connection that is being made when it is not wanted any more, in seconds."""
RETAINED = timedelta(minutes=5)
"""What the broker had retained is told if it was seen at most so long ago: it comes anew at every start."""
MOST_LINES = 16
"""Lines in the log about the events of one message."""
BAD_LOGIN, NOT_AUTHORIZED, UNAVAILABLE, BAD_PROTOCOL = 134, 135, 136, 130
"""Reason codes that aiomqtt gives, also for those of MQTT 3.1.1 (MQTT 5 §2.4)."""
REFUSED = 128
"""The least reason code that means no."""


class MqttReader(ReaderDriver):
    """Readers that publish to a topic, as one reader with the antennas that their events tell.

    A message is acknowledged to the broker once it has been taken into memory. With a ``client_id`` the
    broker keeps what comes while we are away, so that a broken line loses nothing; a process that is killed
    loses what it had taken in and not yet stored, as with any reader. What comes twice is told once.
    """

    OPTIONS: ClassVar[tuple[Option, ...]] = requests.OPTIONS
    KEEPS_RAW: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        host: str,
        port: int,
        topic: str,
        dialect: Dialect,
        *,
        now: Callable[[], datetime],
        trust: Trust | None = None,
        credentials: Credentials | None = None,
        client_id: str | None = None,
        qos: int = 1,
        device: str | None = None,
        will: str | None = None,
        heartbeat_s: float | None = None,
        window: int = 10_000,
        most_bytes: int = 1024 * 1024,
        keepalive_s: int = 20,
        timeout_s: float = 10.0,
        host_clock: bool = False,
        queue: int = DEFAULT_QUEUE,
    ) -> None:
        """A reader; ``trust`` is given for TLS, None for none."""
        super().__init__(name, now=now, queue=queue)
        self._host = host
        self._port = port
        self._topic = topic
        self._dialect = dialect
        self._trust = trust
        self._credentials = credentials
        self._client_id = client_id
        self._qos = qos
        self._device = device
        self._will = will
        self._heartbeat_s = heartbeat_s
        self._most_bytes = most_bytes
        self._keepalive_s = keepalive_s
        self._timeout_s = timeout_s
        self._host_clock = host_clock
        self._client: Client | None = None
        self._entering: asyncio.Task[Client] | None = None
        self._coming: asyncio.Future[Message] | None = None
        self._clock = ClockOffset()
        self.recent = Recent(window)
        self.notices = Notices(NOTICES)
        self.others = Notices(frozenset())  # devices that are not the one that is meant
        self._lines = 0

    @classmethod
    def from_address(cls, address: ReaderAddress, *, now: Callable[[], datetime]) -> Self:
        """A reader for ``mqtt(s)://user@broker:port/topic/filter?...``.

        Raises:
            ReaderConfigError: no host or topic, or bad options.
        """
        topic = read_topic(address)
        options = read_options(address, cls.OPTIONS)
        trust = Trust(options["ca"], options["fingerprint"])
        secure = address.scheme == "mqtts"
        if trust.told and not secure:
            raise ReaderConfigError(
                "Without TLS there is no certificate.",
                where="fingerprint" if trust.fingerprint else "ca",
                remedy="Write mqtts://.",
            )
        port = address.port or (TLS_PORT if secure else PLAIN_PORT)
        return cls(
            options["name"] or f"{address.host}/{topic}",
            address.host,
            port,
            topic,
            read_dialect(address, options),
            now=now,
            trust=trust if secure else None,
            credentials=credentials(address, options),
            client_id=options["client_id"],
            qos=options["qos"],
            device=options["device"],
            will=options["will"],
            heartbeat_s=options["heartbeat"],
            window=options["window"],
            most_bytes=options["payload"],
            keepalive_s=options["keepalive"],
            timeout_s=options["timeout"],
            host_clock=options["clock"],
            queue=options["queue"],
        )

    @property
    def capabilities(self) -> Capabilities:
        """What the dialects know to tell. Silence means something only where a heartbeat was promised."""
        return Capabilities(
            rssi=True,
            tid=True,
            device_clock=not self._host_clock,
            gpi=True,
            link=True,
            keepalive_s=self._heartbeat_s,
        )

    def take_over(self, former: Reader) -> None:
        """What was told over the former connection is not told again, when the broker sends it again."""
        if isinstance(former, MqttReader):
            self.recent = former.recent
            self.notices = former.notices
            self.others = former.others

    # Connecting

    async def _connect(self) -> ReaderInfo:
        secure = await self._knock()
        known = self._credentials
        self._client = client = Client(
            self._host,
            self._port,
            username=None if known is None else known.user,
            password=None if known is None else known.password,
            identifier=self._client_id,
            clean_session=self._client_id is None,
            keepalive=self._keepalive_s,
            timeout=self._timeout_s,
            tls_context=secure,
            logger=_SILENT,
        )
        # aiomqtt connects in a thread that cannot be called back: it is let finish, and then closed.
        self._entering = asyncio.create_task(client.__aenter__(), name="mqtt connect")
        try:
            await asyncio.shield(self._entering)
            answers = await client.subscribe(self._topic, self._qos)
            if self._will is not None:
                answers = [*answers, *await client.subscribe(self._will, self._qos)]
        except MqttError as error:
            raise self._refusal(error) from error
        if any(_number(answer) >= REFUSED for answer in answers):
            raise AccessDenied(
                "The broker {host} does not let us hear {topic!a}.",
                where="topic",
                remedy="Allow this user to subscribe to it.",
                host=self._host,
                topic=self._topic,
            )
        self._background(self._listen(client))
        return ReaderInfo(f"MQTT broker {self._host}")

    async def _knock(self) -> ssl.SSLContext | None:
        """Connect once to see who is there, in full; what aiomqtt says of failures is too little.

        Raises:
            UntrustedDevice: the broker's certificate is not one that we trust.
            TransientConnectionError: nobody answers.
        """
        secure = None
        if self._trust is not None:
            secure = await tls.context(self._trust, self._host, self._port, timeout_s=self._timeout_s)
        try:
            async with asyncio.timeout(self._timeout_s):
                _, writer = await asyncio.open_connection(self._host, self._port, ssl=secure)
        except ssl.SSLCertVerificationError as error:
            raise tls.untrusted(self._host, self._port, error) from error
        except (OSError, TimeoutError) as error:
            raise TransientConnectionError(
                "There is no connection to {host}:{port}: {reason}.",
                where=self.name,
                remedy="Check the address, and that the broker runs.",
                host=self._host,
                port=self._port,
                reason=tls.reason_of(error),
            ) from error
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return secure

    def _refusal(self, error: MqttError) -> ReaderError:
        """What a broker means that did not take us."""
        code = _code(error)
        if code in {BAD_LOGIN, NOT_AUTHORIZED}:
            return AccessDenied(
                "The broker {host} does not take this user and password.",
                where="url",
                remedy="Write the user before the host, as in mqtts://user@broker/topic?password_file=/path.",
                host=self._host,
            )
        if code is not None and code >= REFUSED and code != UNAVAILABLE:
            return RequestRefused(
                "The broker {host} refuses us: {reason}.", where="url", host=self._host, reason=str(error)
            )
        return TransientConnectionError(
            "The broker {host} does not answer as one: {reason}.",
            where="url",
            remedy="Check the port: 1883 for mqtt://, 8883 for mqtts:// as a rule.",
            host=self._host,
            reason=ascii(str(error))[1:-1],
        )

    async def _disconnect(self) -> None:
        client, entering = self._client, self._entering
        if client is None or entering is None:
            return
        try:
            await asyncio.wait({entering}, timeout=GIVEN_UP_S)
            connected = entering.done() and not entering.cancelled() and entering.exception() is None
            client.timeout = GOODBYE_S if connected else 0  # who did not greet will not say goodbye
            await client.__aexit__(None, None, None)
        except MqttError as error:
            log.info("mqtt.goodbye_failed", reader=self.name, reason=str(error))
        finally:
            entering.cancel()
            await asyncio.gather(entering, return_exceptions=True)
            await self._take_the_rest(client)

    async def _take_the_rest(self, client: Client) -> None:
        """Tell what the library has acknowledged and we have not seen: the broker will not send it again."""
        coming, self._coming = self._coming, None
        if coming is not None:
            await asyncio.wait({coming}, timeout=GIVEN_UP_S)
            if not coming.done():
                coming.cancel()
            elif not coming.cancelled() and coming.exception() is None:
                self._take_last(coming.result())
        with suppress(MqttError):
            while len(client.messages):
                self._take_last(await anext(client.messages))

    def _take_last(self, message: Message) -> None:
        with suppress(ReaderError):  # a will: the connection has ended already, and what follows still counts
            self._take(message)

    # Listening

    async def _listen(self, client: Client) -> None:
        """Take in messages until the connection dies."""
        turn = 0
        try:
            while True:
                # Who cancels aiomqtt's iteration may lose a message that it has taken from its queue.
                self._coming = asyncio.ensure_future(anext(client.messages))
                message = await asyncio.shield(self._coming)
                self._coming = None
                self._take(message)
                turn += 1
                if turn % FAIRNESS == 0:
                    await asyncio.sleep(0)
        except MqttError as error:
            code = _code(error)
            if code == BAD_PROTOCOL or (code is None and error.__cause__ is not None):
                raise ProtocolError(
                    "The broker {host} sent what MQTT does not allow.", host=self._host
                ) from error
            raise TransientConnectionError(
                "The connection to the broker {host} ended.", where=self.name, host=self._host
            ) from error

    def take_raw(self, data: bytes) -> None:
        """Decode a message with its topic; see :meth:`Reader.take_raw`."""
        head, _, payload = data.partition(b"\n")
        try:
            about = orjson.loads(head)
            message = Message(str(about["topic"]), payload, 0, bool(about["retain"]), 0, None)
        except (ValueError, KeyError, TypeError) as error:
            raise ProtocolError("The recording holds what is no message.", where=self.name) from error
        self._take(message)

    def _take(self, message: Message) -> None:
        """Tell what is new in a message.

        Raises:
            TransientConnectionError: it is the will of the device, and not of a former time.
        """
        self._lines = 0
        topic = str(message.topic)
        self._raw(orjson.dumps({"topic": topic, "retain": message.retain}) + b"\n" + message.payload)
        if topic == self._will:
            if message.retain or not message.payload:
                return  # it had gone once; emptied: nothing is retained any more
            raise TransientConnectionError(
                "The broker says that the device behind {topic!a} has gone.", where=self.name, topic=topic
            )
        if not message.retain:
            self._heard()  # a retained message says that the device lived once
        if len(message.payload) > self._most_bytes:
            self._leave_out([f"{len(message.payload)} bytes"])
            return
        events, garbage = read_payload(message.payload)
        left_out = ["no JSON"] if garbage else []
        arrival = Arrival(self.name, self._now(), self._host_clock)
        said: list[Said] = []
        for event in events:
            try:
                said += self._dialect(event, arrival)
            except ValueError as error:
                left_out.append(str(error))
        left_out += [each.reason for each in said if isinstance(each, Garbled)]
        self._leave_out(left_out)
        self._tell(said, arrival, retained=message.retain)

    def _tell(self, said: list[Said], arrival: Arrival, *, retained: bool) -> None:
        fresh: list[Observation] = []
        for each in said:
            if isinstance(each, Notice):
                self._note(each)
            elif isinstance(each, Garbled) or not self._is_new(each, arrival, retained=retained):
                continue
            elif isinstance(each, Switched):
                self._deliver_input(each.change)
            else:
                fresh.append(each.seen)
        if fresh:
            heard = self._last_heard
            self._deliver(fresh)
            self._last_heard = heard if retained else self._last_heard

    def _is_new(self, sighting: Sighting | Switched, arrival: Arrival, *, retained: bool) -> bool:
        """Is it to be told: of the device that is meant, and not told before?"""
        device = sighting.device
        if self._device is not None and self._device not in sighting.names:
            if self.others.is_news(device):
                self._log("mqtt.other_device", device=ascii(device))
            return False
        if device and not self.recent.knows(device):
            self._log("mqtt.device", device=ascii(device))
        if retained and (isinstance(sighting, Switched) or _is_old(sighting, arrival)):
            self._repeated += 1
            return False
        if sighting.same is None:
            return True
        if not self.recent.is_new(device, sighting.same):
            self._repeated += 1
            return False
        at = sighting.change.at if isinstance(sighting, Switched) else sighting.seen.last_seen
        if not (retained or self._host_clock):
            self._clock_offset_s = self._clock.heard(at, arrival.host)
        return True

    def _note(self, notice: Notice) -> None:
        if self.notices.is_news(notice.kind):
            self._log("mqtt.event", what=ascii(notice.kind), facts=notice.shown())

    def _leave_out(self, reasons: list[str]) -> None:
        self._garbled += len(reasons)
        if reasons:
            log.warning("mqtt.garbled", reader=self.name, reason=reasons[0], count=len(reasons))

    def _log(self, event: str, **facts: object) -> None:
        """Log it, unless its message has had its share of the log: one may hold a hundred thousand events."""
        self._lines += 1
        if self._lines <= MOST_LINES:
            log.info(event, reader=self.name, **facts)


def _is_old(sighting: Sighting, arrival: Arrival) -> bool:
    """May what the broker had retained have been seen long ago? It may, if it tells no time of its own."""
    at = sighting.seen.last_seen
    return at == arrival.host or abs(arrival.host - at) > RETAINED


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
