"""An Impinj R700 in software: its REST interface over real HTTP, for simulations, demonstrations and tests.

It knows presets and inventories of clients' own, streams what a :class:`~suyuan.readers.field.TagField` shows
or what a simulator tells it to have seen, and fails on demand. Several clients may listen; what runs is one.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from suyuan.readers.field import Bench, TagField
from suyuan.readers.impinj.events import IDLE, INPUT, RUNNING
from suyuan.readers.impinj.streams import Server, Streams
from suyuan.readers.reports import part, whole

INPUTS, OUTPUTS = 2, 3
"""General-purpose inputs and outputs of the device."""


class R700Emulator:
    """An emulated reader that listens on ``host:port`` while the context is entered.

    Args:
        port: 0 takes a free one; see :attr:`port` and :attr:`url` afterwards.
        field: what the antennas see; an empty :class:`Bench` by default.
        now: the clock of the device, aware UTC; may differ from the host's.
        antennas: how many antennas it has.
        round_s: seconds between two looks into the field.
        login: the user and password it asks for; None lets everybody in.
        presets: names of its presets.
        sse: events as server-sent events instead of bare lines.
        keepalive_s: seconds of silence after which an empty line is sent.
        certificate: files of certificate and key, for HTTPS.
        client_ca: the authority whose certificates clients have to show; None asks for none.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        now: Callable[[], datetime],
        field: TagField | None = None,
        antennas: int = 4,
        round_s: float = 0.05,
        login: tuple[str, str] | None = None,
        presets: Iterable[str] = ("default",),
        sse: bool = False,
        keepalive_s: float = 30.0,
        certificate: tuple[Path, Path] | None = None,
        client_ca: Path | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.field = field if field is not None else Bench()
        self.antennas = tuple(range(1, antennas + 1))
        self.gpi = dict.fromkeys(range(1, INPUTS + 1), False)
        self.gpo: dict[int, bool] = {}
        self.presets: dict[str, Mapping[str, Any]] = {name: {} for name in presets}
        self.running: str | None = None
        self.login = login
        self.interface = True
        self.failing = False
        """Set: every request is answered with 503, as by a reader that is starting."""
        self._now = now
        self._round_s = round_s
        self._sse = sse
        self._certificate = certificate
        self._client_ca = client_ca
        self._streams = Streams(keepalive_s)
        self._server: Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The address under which a driver finds it, without user and password."""
        return f"impinj+{'https' if self._certificate else 'http'}://{self.host}:{self.port}/"

    @property
    def serving(self) -> bool:
        """Does it listen? After :meth:`aclose` it can be entered again, on the same port."""
        return self._server is not None

    @property
    def connected(self) -> bool:
        """Does a client listen to events?"""
        return bool(self._streams)

    async def __aenter__(self) -> Self:
        certificate, key = self._certificate or (None, None)
        config = uvicorn.Config(
            self._app(),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",  # a connection that is cut on demand is no fault to be told of
            access_log=False,
            timeout_graceful_shutdown=2,
            ssl_certfile=certificate,
            ssl_keyfile=key,
            ssl_ca_certs=None if self._client_ca is None else str(self._client_ca),
            ssl_cert_reqs=ssl.CERT_NONE if self._client_ca is None else ssl.CERT_REQUIRED,
        )
        self._server = server = Server(config)
        self._serving = asyncio.create_task(server.serve([self._listen()]), name="r700 emulator")
        while not server.started:
            if self._serving.done():
                self._serving.result()  # raises why
            await asyncio.sleep(0.005)
        self._streams.serving = True
        self._looking = asyncio.create_task(self._look(), name="r700 field")
        return self

    def _listen(self) -> socket.socket:
        """A listening socket; an OSError says why there is none, where uvicorn would end the process."""
        sock = socket.create_server((self.host, self.port), backlog=128)
        sock.setblocking(False)
        self.port = sock.getsockname()[1]
        return sock

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop listening and drop all clients, as when the device loses its power. Can be called twice."""
        server, self._server = self._server, None
        if server is None or self._serving is None or self._looking is None:
            return
        server.should_exit = True
        self._streams.serving = False  # who comes while the server ends is not kept waiting
        self._looking.cancel()
        self._streams.cut()
        await asyncio.gather(self._serving, self._looking, return_exceptions=True)
        self.running = None

    # What a simulator does with it

    async def present(
        self,
        antenna: int,
        epcs: Iterable[bytes],
        *,
        rssi_dbm: float = -50.0,
        at: datetime | None = None,
        tid: bytes | None = None,
    ) -> int:
        """Report these sightings to the clients, last seen ``at``; how many, which is 0 if nothing runs."""
        if self.running is None or not self._streams:
            return 0
        events = [tag_event(epc, antenna, rssi_dbm, at or self._now(), tid) for epc in epcs]
        for event in events:
            await self.tell("tagInventory", event)
        return len(events)

    async def tell(self, kind: str, facts: Mapping[str, Any]) -> None:
        """Send an event of any kind to the clients, such as ``gpiTransition``."""
        event = {
            "timestamp": stamp(self._now()),
            "hostname": "r700",
            "eventType": kind,
            f"{kind}Event": facts,
        }
        line = orjson.dumps(event)
        await self.send_raw(b"data: " + line + b"\n\n" if self._sse else line + b"\r\n")

    async def set_input(self, port: int, *, high: bool) -> None:
        """A photo-eye or a button changes."""
        self.gpi[port] = high
        await self.tell(INPUT, {"gpi": port, "transition": "low-to-high" if high else "high-to-low"})

    async def listening(self) -> None:
        """Wait until a client hears events and an inventory runs."""
        while not (self._streams and self.running is not None):
            self._streams.changed.clear()
            await self._streams.changed.wait()

    async def start(self, preset: str) -> None:
        """As if somebody had started it on the reader's own page."""
        self.running = preset
        await self._status(RUNNING)

    async def stop(self) -> None:
        """As if somebody had stopped what runs."""
        self.running = None
        await self._status(IDLE)

    # Faults on demand

    async def cut(self, *, mid_report: bool = False) -> None:
        """Drop the clients; ``mid_report``: after half of an event."""
        if mid_report:
            await self.send_raw(b'{"timestamp":"2026-05-01T12:00:00Z","eventType":"tagInv')
        self._streams.cut()

    async def send_raw(self, data: bytes) -> None:
        """Send any bytes on the streams, such as garbage."""
        await self._streams.put(data)

    def silence(self, silent: bool = True) -> None:
        """Stay connected and say nothing any more, not even signs of life; or speak again."""
        self._streams.silence(silent)

    # The interface

    def _app(self) -> ASGIApp:
        api = "/api/v1"
        routes = [
            Route(f"{api}/system", self._system),
            Route(f"{api}/system/image", self._image),
            Route(f"{api}/status", self._state),
            Route(f"{api}/profiles/inventory/presets", self._presets),
            Route(f"{api}/profiles/inventory/presets/{{name}}", self._keep, methods=["PUT"]),
            Route(f"{api}/profiles/inventory/presets/{{name}}/start", self._start, methods=["POST"]),
            Route(f"{api}/profiles/inventory/start", self._start, methods=["POST"]),
            Route(f"{api}/profiles/stop", self._stop, methods=["POST"]),
            Route(f"{api}/device/gpis", self._inputs),
            Route(f"{api}/device/gpos", self._outputs, methods=["PUT"]),
            Route(f"{api}/data/stream", self._streams),
        ]
        inside = Starlette(routes=routes)

        async def door(scope: Scope, receive: Receive, send: Send) -> None:
            app = inside if self._lets_in(scope) else _refuse(401, "Who are you?")
            app = _refuse(503, "Not now.") if self.failing else app
            await app(scope, receive, send)

        return door

    def _lets_in(self, scope: Scope) -> bool:
        """Does a request carry the right user and password?"""
        if self.login is None:
            return True
        wanted = b"Basic " + base64.b64encode(":".join(self.login).encode())
        given: bytes = dict(scope["headers"]).get(b"authorization", b"")
        return hmac.compare_digest(wanted, given)

    async def _system(self, request: Request) -> Response:
        del request
        facts = {"manufacturer": "Impinj", "productModel": "R700 (emulated)", "serialNumber": "0"}
        return JSONResponse(facts)

    async def _image(self, request: Request) -> Response:
        del request
        return JSONResponse({"primaryFirmware": "8.2.0"})

    async def _state(self, request: Request) -> Response:
        del request
        if not self.interface:
            return _refuse(404, "no such path")
        state: dict[str, Any] = {"status": IDLE, "time": stamp(self._now()), "serialNumber": "0"}
        if self.running is not None:
            state |= {"status": RUNNING, "activePreset": {"id": self.running, "profile": "inventory"}}
        return JSONResponse(state)

    async def _presets(self, request: Request) -> Response:
        del request
        return JSONResponse(list(self.presets))

    async def _keep(self, request: Request) -> Response:
        name = request.path_params["name"]
        preset = part(orjson.loads(await request.body()))
        if name == self.running:
            return _refuse(409, f"The preset {name!a} runs.")
        if not self._has_antennas_of(preset):
            return _refuse(400, "antennaPort is out of range")
        self.presets[name] = preset
        return Response(status_code=204)

    def _has_antennas_of(self, inventory: Mapping[str, Any]) -> bool:
        ports = [part(each).get("antennaPort") for each in inventory.get("antennaConfigs", [])]
        return bool(ports) and all(port in self.antennas for port in ports)

    async def _start(self, request: Request) -> Response:
        name = request.path_params.get("name", "")
        if self.running is not None:
            return _refuse(409, f"The preset {self.running!a} runs.")
        if name and name not in self.presets:
            return _refuse(404, "There is no such preset.")
        if not name and not self._has_antennas_of(part(orjson.loads(await request.body()))):
            return _refuse(400, "antennaPort is out of range")
        self.running = name
        await self._status(RUNNING)
        return Response(status_code=204)

    async def _stop(self, request: Request) -> Response:
        del request
        await self.stop()
        return Response(status_code=204)

    async def _inputs(self, request: Request) -> Response:
        del request
        states = [{"gpi": port, "state": "high" if high else "low"} for port, high in self.gpi.items()]
        return JSONResponse({"gpiConfigurations": states})

    async def _outputs(self, request: Request) -> Response:
        wanted = part(orjson.loads(await request.body())).get("gpoConfigurations", [])
        for each in wanted:
            port = whole(part(each).get("gpo"), 1, OUTPUTS)
            if port is None:
                return _refuse(400, "There is no such output.")
            self.gpo[port] = part(each).get("state") == "high"
        return Response(status_code=204)

    async def _status(self, state: str) -> None:
        self._streams.changed.set()
        await self.tell("inventoryStatus", {"inventoryStatus": state})

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(self._round_s)
            at = self._now()
            for antenna in self.antennas if self.running is not None else ():
                for tag in self.field.seen(antenna, at):
                    await self.present(antenna, [tag.epc], rssi_dbm=tag.rssi_dbm, at=at, tid=tag.tid)


def tag_event(
    epc: bytes, antenna: int, rssi_dbm: float, at: datetime, tid: bytes | None = None
) -> dict[str, Any]:
    """The facts of a tagInventory event."""
    facts: dict[str, Any] = {
        "epc": base64.urlsafe_b64encode(epc).decode(),
        "epcHex": epc.hex().upper(),
        "antennaPort": antenna,
        "peakRssiCdbm": round(rssi_dbm * 100),
        "lastSeenTime": stamp(at),
    }
    return facts if tid is None else facts | {"tidHex": tid.hex().upper()}


def stamp(at: datetime) -> str:
    """A time as the device writes it: UTC with nanoseconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}000Z"


def _refuse(status: int, message: str) -> Response:
    return JSONResponse({"message": message}, status_code=status)
