"""The driver for Impinj readers over HTTP: ``impinj+https://root@r700.local/?preset=default``."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar, Self, cast

import httpx
import orjson
import structlog

from suyuan.readers import tls
from suyuan.readers.address import Option, ReaderAddress, read_options
from suyuan.readers.credentials import Credentials, credentials
from suyuan.readers.errors import (
    ProtocolError,
    ReaderBusy,
    ReaderConfigError,
    ReaderError,
    TransientConnectionError,
    TruncatedMessage,
)
from suyuan.readers.impinj import requests
from suyuan.readers.impinj.api import MAKE_WAY, Api
from suyuan.readers.impinj.claim import Claim, claims_folder
from suyuan.readers.impinj.events import (
    ANTENNA_IN,
    ANTENNA_OUT,
    ARMED,
    IDLE,
    INPUT,
    INVENTORY,
    NOTICES,
    RUNNING,
    input_change,
    read_event,
)
from suyuan.readers.impinj.lines import Lines
from suyuan.readers.impinj.requests import Wish, own_preset, preset_path, read_wish
from suyuan.readers.observation import Observation
from suyuan.readers.reader import DEFAULT_QUEUE, Capabilities, Reader, ReaderDriver, ReaderInfo
from suyuan.readers.reports import ClockOffset, Notice, Notices, instant, part
from suyuan.readers.tls import Security, no_security, security

log = structlog.get_logger(__name__)

HTTPS_PORT = 443
SILENCES = 3
"""Signs of life that may fail to come before the stream counts as dead, as the maker advises."""
FAIRNESS = 500
"""Events after which others get their turn."""
GOODBYE_S = 2.0
"""Longest wait for the reader to stop what we had started, in seconds."""
STOPPED = "stopped"
"""The state of an inventory that was at work and is not any more."""
MOST_INPUTS = 16


class ImpinjReader(ReaderDriver):
    """A reader with Impinj's IoT device interface, firmware 7.1 or later.

    On entering it opens the stream of events and then starts what ``wish`` asks for; if just that runs
    already, it is joined. An inventory of our own that outlived us is started anew; one that another process
    of ours runs is left alone. On leaving it stops what it had started, and nothing else.
    """

    OPTIONS: ClassVar[tuple[Option, ...]] = requests.OPTIONS
    KEEPS_RAW: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        base: httpx.URL,
        *,
        now: Callable[[], datetime],
        wish: Wish | None = None,
        credentials: Credentials | None = None,
        security: Security | None = None,
        keepalive_s: float = 30.0,
        timeout_s: float = 10.0,
        host_clock: bool = False,
        queue: int = DEFAULT_QUEUE,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        super().__init__(name, now=now, queue=queue)
        self._base = base
        self._wish = wish or Wish()
        self._own = own_preset(name)
        self._claim = Claim(self._own, claims_folder())
        self._credentials = credentials
        self._security = security or Security()
        self._keepalive_s = keepalive_s
        self._timeout_s = timeout_s
        self._host_clock = host_clock
        self._transport = transport
        self._api: Api | None = None
        self._stream: httpx.Response | None = None
        self.started = False
        self._state = ""
        self._clock = ClockOffset()
        self.notices = Notices(NOTICES)

    @classmethod
    def from_address(cls, address: ReaderAddress, *, now: Callable[[], datetime]) -> Self:
        """A reader for ``impinj+https://user@host:port/?...``.

        Raises:
            ReaderConfigError: no host, a path, or bad options.
        """
        if not address.host or address.path not in {"", "/"}:
            raise ReaderConfigError(
                "{url} is not the address of an Impinj reader.",
                where="url",
                remedy="Write impinj+https://root@host/, with options after a '?'.",
                url=address.url,
            )
        options = read_options(address, cls.OPTIONS)
        scheme = address.scheme.removeprefix("impinj+")
        if scheme == "http":
            no_security(options, "Write impinj+https://.")
        base = httpx.URL(scheme=scheme, host=address.host, port=address.port)
        return cls(
            options["name"] or (f"{address.host}:{address.port}" if address.port else address.host),
            base,
            now=now,
            wish=read_wish(address, options),
            credentials=credentials(address, options),
            security=security(options),
            keepalive_s=options["keepalive"],
            timeout_s=options["timeout"],
            host_clock=options["clock"],
            queue=options["queue"],
        )

    @property
    def capabilities(self) -> Capabilities:
        """RSSI and chip ids, the device's clock, outputs; a sign of life twice a minute."""
        return Capabilities(
            rssi=True,
            tid=True,
            device_clock=not self._host_clock,
            gpi=True,
            gpo=True,
            keepalive_s=self._keepalive_s,
        )

    async def set_gpo(self, port: int, *, high: bool) -> None:
        """Switch a general-purpose output.

        Raises:
            RequestRefused: the reader has no such output.
            TransientConnectionError: the connection is gone, or no answer came in time.
        """
        if self._api is None or self._error is not None or self._closed:
            raise self._error or TransientConnectionError(
                "The reader {reader} is not connected.", reader=self.name
            )
        state = "high" if high else "low"
        await self._api.put("/device/gpos", {"gpoConfigurations": [{"gpo": port, "state": state}]})

    def take_over(self, former: Reader) -> None:
        """What the former connection had started is still ours to stop."""
        if isinstance(former, ImpinjReader):
            self.started = former.started
            self.notices = former.notices

    # Connecting

    async def _connect(self) -> ReaderInfo:
        secure = await self._context()
        api = self._api = Api(
            self.name,
            self._base,
            credentials=self._credentials,
            verify=secure,
            timeout_s=self._timeout_s,
            transport=self._transport,
        )
        try:
            system = await api.demand("/system")
        except TransientConnectionError as error:
            against = secure and await tls.why_ended(secure, self._base.host, self._base.port or HTTPS_PORT)
            raise against or error from error.__cause__
        image = await api.get("/system/image")
        status = await api.demand("/status")
        told = instant(status.get("time"))
        if told is not None:
            self._clock_offset_s = self._clock.heard(told, self._now())
        joined = await self._make_way(api, status)
        self._stream = await api.stream(SILENCES * self._keepalive_s)
        if not joined:
            await self._start(api)
        inputs = (await api.get("/device/gpis")).get("gpiConfigurations")
        for each in cast("list[object]", inputs if isinstance(inputs, list) else [])[:MOST_INPUTS]:
            self._tell_input(part(each), self._now())
        self._background(self._listen(self._stream))
        return _info(system, image)

    async def _context(self) -> ssl.SSLContext | None:
        if self._base.scheme != "https":
            return None
        port = self._base.port or HTTPS_PORT
        return await tls.context(self._security, self._base.host, port, timeout_s=self._timeout_s)

    async def _start(self, api: Api) -> None:
        """Start what is wished for; an inventory of our own as a preset that is known again by its name.

        Raises:
            ReaderBusy: another process of ours is about to start, or runs, that same inventory.
        """
        preset, inventory = self._wish.preset or self._own, self._wish.inventory
        if inventory is not None:
            if not (self._claim.take() or self._wish.take):
                raise self._busy(self._own)
            await api.put(preset_path(preset), inventory.body())
        await api.post(f"{preset_path(preset)}/start")
        self.started = True

    async def _make_way(self, api: Api, status: Mapping[str, Any]) -> bool:
        """Look at what runs: true where there is nothing to start, false where the way is free.

        Raises:
            ReaderBusy: something else runs, and may not be stopped.
        """
        wish = self._wish
        if wish.keeps:
            return True
        if status.get("status") not in (RUNNING, ARMED):
            self.started = False
            return False
        runs = part(status.get("activePreset")).get("id")
        if wish.preset is not None and runs == wish.preset:
            return True
        ours = runs == self._own or (self.started and not runs)
        if wish.take or (ours and self._claim.take()):
            await api.post("/profiles/stop")
            return False
        self.started = False  # what the former connection had started runs no more
        raise self._busy(runs)

    def _busy(self, runs: object) -> ReaderBusy:
        return ReaderBusy(
            "The reader {reader} runs {preset!a} already.",
            where=self.name,
            remedy=MAKE_WAY,
            reader=self.name,
            preset=runs if runs and isinstance(runs, str) else "an inventory of another client",
        )

    async def _disconnect(self) -> None:
        api = self._api
        if api is None:
            return
        try:
            if self.started and self._error is None:
                async with asyncio.timeout(GOODBYE_S):
                    await api.post("/profiles/stop")
        except (ReaderError, TimeoutError) as error:
            log.info("impinj.stop_failed", reader=self.name, reason=str(error))
        finally:
            if self._stream is not None:
                with suppress(httpx.HTTPError, httpx.StreamError):
                    await self._stream.aclose()
            await api.aclose()
            self._claim.release()

    # Listening

    async def _listen(self, stream: httpx.Response) -> None:
        """Take in events until the stream ends."""
        lines = Lines()
        try:
            async for piece in stream.aiter_raw():
                self._heard()
                events = lines.feed(piece)
                ended: ReaderError | None = None
                for start in range(0, len(events), FAIRNESS):
                    try:
                        self._take(events[start : start + FAIRNESS])
                    except ReaderError as error:
                        ended = ended or error  # once what came with it was told
                    await asyncio.sleep(0)
                if ended is not None:
                    raise ended
        except httpx.ReadTimeout as error:
            raise TransientConnectionError(
                "Nothing was heard from {reader} for {seconds} s.",
                where=self.name,
                reader=self.name,
                seconds=SILENCES * self._keepalive_s,
            ) from error
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise _ended(lines) from error
        raise _ended(lines)

    def _take(self, events: list[bytes]) -> None:
        """Deliver the tags of some events, and heed what the reader says of itself.

        Raises:
            ProtocolError: one was no JSON; the others are delivered.
            TransientConnectionError: the inventory was stopped.
        """
        host = self._now()
        seen: list[Observation] = []
        left_out: list[str] = []
        broken: orjson.JSONDecodeError | None = None
        event: object = None
        for line in events:
            self._raw(line)
            try:
                event = orjson.loads(line)
                report = read_event(event, self.name, host, host_clock=self._host_clock)
            except ValueError as error:
                left_out.append(str(error))
                broken = error if isinstance(error, orjson.JSONDecodeError) else broken
                continue
            if isinstance(report, Observation):
                self._state = RUNNING
                seen.append(report)
            else:
                self._note(report)
        self._deliver(seen)
        self._garbled += len(left_out)
        if left_out:
            log.warning("impinj.garbled", reader=self.name, reason=left_out[0], count=len(left_out))
        told = instant(part(event).get("timestamp"))
        if told is not None:
            self._clock_offset_s = self._clock.heard(told, host)
        if broken is not None:
            raise ProtocolError(
                "The reader {reader} sent a line that is not JSON.", reader=self.name
            ) from broken
        if self._state == STOPPED and not self._wish.keeps:
            raise TransientConnectionError("The inventory on {reader} was stopped.", reader=self.name)

    def take_raw(self, data: bytes) -> None:
        """Decode a line of the stream; see :meth:`Reader.take_raw`."""
        self._take([data])

    def _note(self, notice: Notice) -> None:
        """Log what the reader says of itself, what we do not know once; remember whether it is at work."""
        if not self.notices.is_news(notice.kind):
            return
        log.info("impinj.event", reader=self.name, what=ascii(notice.kind)[:200], facts=notice.shown())
        if notice.kind == INPUT:
            self._tell_input(notice.facts, notice.at)
        elif notice.kind == ANTENNA_OUT and notice.antenna is not None:
            self._antennas_out.add(notice.antenna)
        elif notice.kind == ANTENNA_IN and notice.antenna is not None:
            self._antennas_out.discard(notice.antenna)
        elif notice.kind == INVENTORY:
            state = str(notice.facts.get("inventoryStatus", ""))
            # What an idle reader says before it has begun is no news.
            self._state = STOPPED if state == IDLE and self._state in {RUNNING, ARMED} else state

    def _tell_input(self, facts: Mapping[str, Any], at: datetime) -> None:
        change = input_change(facts, self.name, at)
        if change is not None:
            self._deliver_input(change)


def _ended(lines: Lines) -> TransientConnectionError:
    if lines.partial:
        return TruncatedMessage("The connection ended {got} bytes into a message.", got=lines.partial)
    return TransientConnectionError("The reader closed the connection.")


def _info(system: Mapping[str, Any], image: Mapping[str, Any]) -> ReaderInfo:
    """What the reader says of itself, made harmless."""

    def said(facts: Mapping[str, Any], *names: str) -> str:
        values = (facts.get(name) for name in names)
        found = next((value for value in values if isinstance(value, str)), "")
        return "".join(each if each.isprintable() else "?" for each in found[:64])

    model = f"{said(system, 'manufacturer') or 'Impinj'} {said(system, 'productModel', 'model')}"
    return ReaderInfo(
        model.strip(), said(image, "primaryFirmware"), said(system, "serialNumber", "productSerial")
    )
