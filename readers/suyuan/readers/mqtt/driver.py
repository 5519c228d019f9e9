"""The driver for readers behind a broker: ``mqtts://user@broker/dock/%23?dialect=zebra&client_id=dock-1``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from typing import ClassVar, Self

import orjson
import structlog
from aiomqtt import Message

from suyuan.readers.address import Option, ReaderAddress, read_options
from suyuan.readers.credentials import credentials
from suyuan.readers.errors import ProtocolError, ReaderError, TransientConnectionError
from suyuan.readers.mqtt import requests
from suyuan.readers.mqtt.dialects import NOTICES, Arrival, Dialect, Garbled, Said, Sighting, Switched
from suyuan.readers.mqtt.payloads import read_payload
from suyuan.readers.mqtt.recent import Recent
from suyuan.readers.mqtt.requests import read_dialect, read_topic
from suyuan.readers.mqtt.session import Route, Session
from suyuan.readers.observation import Observation
from suyuan.readers.reader import DEFAULT_QUEUE, Capabilities, Reader, ReaderDriver, ReaderInfo
from suyuan.readers.reports import ClockOffset, Notice, Notices
from suyuan.readers.tls import no_security, security

log = structlog.get_logger(__name__)

PLAIN_PORT, TLS_PORT = 1883, 8883
SLICE = 100
"""Sightings of one message after which others get their turn: it may hold some twenty thousand."""
RETAINED = timedelta(minutes=5)
"""What the broker had retained is told if it was seen at most so long ago: it comes anew at every start."""
MOST_LINES = 16
"""Lines in the log about the events of one message."""


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
        route: Route,
        topic: str,
        dialect: Dialect,
        *,
        now: Callable[[], datetime],
        device: str | None = None,
        will: str | None = None,
        heartbeat_s: float | None = None,
        window: int = 10_000,
        most_bytes: int = 1024 * 1024,
        host_clock: bool = False,
        queue: int = DEFAULT_QUEUE,
    ) -> None:
        super().__init__(name, now=now, queue=queue)
        self._route = route
        self._topic = topic
        self._dialect = dialect
        self._device = device
        self._will = will
        self._heartbeat_s = heartbeat_s
        self._most_bytes = most_bytes
        self._host_clock = host_clock
        self._session = Session(name, route)
        self._taking: Iterator[None] = iter(())
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
        secure = address.scheme == "mqtts"
        if not secure:
            no_security(options, "Write mqtts://.")
        route = Route(
            host=address.host,
            port=address.port or (TLS_PORT if secure else PLAIN_PORT),
            security=security(options) if secure else None,
            credentials=credentials(address, options),
            client_id=options["client_id"],
            qos=options["qos"],
            keepalive_s=options["keepalive"],
            timeout_s=options["timeout"],
        )
        return cls(
            options["name"] or f"{address.host}/{topic}",
            route,
            topic,
            read_dialect(address, options),
            now=now,
            device=options["device"],
            will=options["will"],
            heartbeat_s=options["heartbeat"],
            window=options["window"],
            most_bytes=options["payload"],
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

    async def _connect(self) -> ReaderInfo:
        await self._session.open([self._topic] if self._will is None else [self._topic, self._will])
        self._background(self._listen())
        return ReaderInfo(f"MQTT broker {self._route.host}")

    async def _disconnect(self) -> None:
        """Leave, but tell what is acknowledged first: the broker will not send it again."""
        for _ in self._taking:
            await asyncio.sleep(0)
        for message in await self._session.aclose():
            with suppress(ReaderError):  # a will: the connection has ended, and what follows still counts
                for _ in self._take(message):
                    await asyncio.sleep(0)

    async def _listen(self) -> None:
        """Take in messages until the connection dies."""
        while True:
            self._taking = self._take(await self._session.next())
            for _ in self._taking:
                await asyncio.sleep(0)

    def take_raw(self, data: bytes) -> None:
        """Decode a message with its topic; see :meth:`Reader.take_raw`."""
        head, _, payload = data.partition(b"\n")
        try:
            about = orjson.loads(head)
            message = Message(str(about["topic"]), payload, 0, bool(about["retain"]), 0, None)
        except (ValueError, KeyError, TypeError) as error:
            raise ProtocolError("The recording holds what is no message.", where=self.name) from error
        self._take_whole(message)

    def _take_whole(self, message: Message) -> None:
        for _ in self._take(message):
            pass

    def _take(self, message: Message) -> Iterator[None]:
        """Tell what is new in a message, and stop after each :data:`SLICE` of it, for others to have a turn.

        Raises:
            TransientConnectionError: it is the will of the device, and not of a former time.
        """
        self._lines = 0
        topic = str(message.topic)
        if self._tape is not None and len(message.payload) <= self._most_bytes:
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
            self._leave_out(Garbled(f"{len(message.payload)} bytes"), 1)
            return
        arrival = Arrival(self.name, self._now(), self._host_clock)
        first, count = Garbled(""), 0
        all_said = self._said(message.payload, arrival)
        while batch := list(islice(all_said, SLICE)):
            said = [each for each in batch if each is not None]
            garbled = [each for each in said if isinstance(each, Garbled)]
            first, count = first if count or not garbled else garbled[0], count + len(garbled)
            self._tell(said, arrival, retained=message.retain)
            yield
        self._leave_out(first, count)

    def _said(self, payload: bytes, arrival: Arrival) -> Iterator[Said | None]:
        """What the events of a message say, one after the other; what cannot be is garbled.

        None is the end of an event: those that say nothing take their time too.
        """
        try:
            for event in read_payload(payload):
                try:
                    yield from self._dialect(event, arrival)
                except ValueError as error:
                    yield Garbled(str(error))
                yield None
        except ValueError as error:
            yield Garbled(str(error))

    def _tell(self, said: Iterable[Said], arrival: Arrival, *, retained: bool) -> None:
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

    def _leave_out(self, first: Garbled, count: int) -> None:
        self._garbled += count
        if count:
            log.warning("mqtt.garbled", reader=self.name, reason=first.reason, count=count)

    def _log(self, event: str, **facts: object) -> None:
        """Log it, unless its message has had its share of the log: one may hold a hundred thousand events."""
        self._lines += 1
        if self._lines <= MOST_LINES:
            log.info(event, reader=self.name, **facts)


def _is_old(sighting: Sighting, arrival: Arrival) -> bool:
    """May what the broker had retained have been seen long ago? It may, if it tells no time of its own."""
    at = sighting.seen.last_seen
    return at == arrival.host or abs(arrival.host - at) > RETAINED
