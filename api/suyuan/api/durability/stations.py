"""Stations as they are shipped, real readers' protocol, the real server, and whatever may go wrong.

Each station is a process (``suyuan station run``) whose readers are emulators over TCP, HTTP and a broker, on
whose belts a new tag comes again and again. Kills, dead readers, garbage, a bad network and a server that
goes away hit at random. What a station said "done" to must be in the store exactly once, in its order.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx
import orjson

from suyuan.api.durability.platform import PARTY, missing, names, passes, prepared, stored
from suyuan.api.durability.processes import Program
from suyuan.readers.errors import MissingDependency
from suyuan.simulator.durability.faulty_proxy import Faults, FaultyProxy
from suyuan.simulator.durability.history import Verdict, judged
from suyuan.simulator.durability.peers import LlrpPeer, Peer, R700Peer
from suyuan.trace.errors import Unavailable
from suyuan.trace.gs1 import encode_epc, identify

_PLACE = "https://id.gs1.org/414/9521234000006"
_GTIN = "09521234000020"
_BELT_S = 0.04
"""Between two tags of one reader."""
_PATIENCE_S = 120.0
"""For all that was acknowledged to be stored when the troubles are over: servers begin, stations back off."""
_ALIVE_S = 20.0
"""For a station that was started to record something."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a campaign does: until ``kills`` of stations, or for ``seconds``.

    A server is killed once in ``server_once_in`` kills. Each station has ``readers`` over LLRP, and further
    ones as told; with ``readers_fail`` they have the troubles of their kinds. ``faults`` are those of the
    network.
    """

    stations: int = 4
    readers: int = 1
    r700: bool = False
    mqtt: bool = False
    kills: int | None = None
    seconds: float = 0.0
    longest_life_s: float = 0.3
    server_once_in: int = 25
    readers_fail: bool = False
    simulated_reader: bool = False
    faults: Faults | None = None


@dataclass(frozen=True, slots=True)
class Came:
    """What came of it. ``restart_s`` are seconds from a start to the first record after it.

    ``of_readers`` counts the stored records of each reader's name.
    """

    kills: int
    server_kills: int
    took_s: float
    troubles: Mapping[str, int]
    restart_s: Sequence[float]
    of_readers: Mapping[str, int]
    verdict: Verdict
    read_twice: int
    standing_gaps: int

    @property
    def holds(self) -> bool:
        """Whether nothing was lost, doubled, made up, out of order or missing in the server's own account."""
        return self.verdict.holds and not self.read_twice and not self.standing_gaps


def under_faults(
    folder: Path, plan: Plan, *, seed: int, tell: Callable[[str], None] = lambda _told: None
) -> Came:
    """Carry the plan out in an empty ``folder``, and hold the history against the store.

    Raises:
        Unavailable: a program ended by itself, or a station records nothing.
        MissingDependency: there is no broker, or no library to speak to it, and the plan wants one.
    """
    return asyncio.run(_World(folder, plan, Random(seed), tell).run())  # noqa: S311 (to be repeated)


@dataclass(slots=True)
class _Station:
    """A station with its readers; ``acknowledged`` are the records that it told of so far."""

    name: str
    readers: list[Peer]
    program: Program
    heard: int = 0
    acknowledged: list[str] = field(default_factory=list[str])

    def listen(self) -> int:
        """Take in what it said since; how many records it acknowledged in that."""
        if not self.program.output.exists():
            return 0
        with self.program.output.open("rb") as file:
            file.seek(self.heard)
            said = file.read()
        whole = said.rfind(b"\n") + 1  # a line that a kill cut off was not told
        self.heard += whole
        before = len(self.acknowledged)
        for line in said[:whole].splitlines():
            if line.startswith(b"{"):
                with suppress(orjson.JSONDecodeError):  # begun after what a kill had cut off
                    self.acknowledged += orjson.loads(line).get("eventIDs", ())
        return len(self.acknowledged) - before


class _World:
    """One campaign, from the first start to the verdict."""

    def __init__(self, folder: Path, plan: Plan, random: Random, tell: Callable[[str], None]) -> None:
        self._folder = folder
        self._plan = plan
        self._random = random
        self._tell = tell
        self._platform = prepared(folder / "platform")
        environ = {**os.environ, "SUYUAN_VAR": str(folder / "platform")}
        environ |= {"SUYUAN_PORT": str(self._platform.settings.port), "SUYUAN_PUBLIC_URL": self._platform.url}
        self._environ = environ
        self._server = Program(("serve",), environ, folder / "server.out")
        self._server_turn = asyncio.Lock()
        self._stations: list[_Station] = []
        self._proxy: FaultyProxy | None = None
        self._serial = 0
        self._kills = 0
        self._server_kills = 0
        self._restart_s: list[float] = []
        self._troubles: Counter[str] = Counter()

    async def run(self) -> Came:
        began = time.monotonic()
        async with AsyncExitStack() as stack:
            stack.callback(self._server.make_sure_of_its_end)
            await self._begin(stack)
            belts = [
                asyncio.create_task(self._belt(one)) for station in self._stations for one in station.readers
            ]
            try:
                await self._trouble()
                self._tell(f"{self._kills:,} kills of stations, {self._server_kills} of the server; settling")
            finally:
                for belt in belts:
                    belt.cancel()
                await asyncio.wait(belts)
            await self._settle()
            for station in self._stations:
                station.program.end(signal.SIGTERM)
                station.listen()
            self._server.end(signal.SIGTERM)
        if self._proxy is not None:
            self._troubles.update(
                {f"network {kind}": n for kind, n in self._proxy.met.items() if kind != "well"}
            )
        return self._judged(time.monotonic() - began)

    async def _begin(self, stack: AsyncExitStack) -> None:
        url = self._platform.url
        if self._plan.faults is not None:
            self._proxy = await stack.enter_async_context(FaultyProxy(url, self._plan.faults, self._random))
            url = self._proxy.url
        self._server.start()
        for number in range(self._plan.stations):
            name = f"dock-{number + 1}"
            readers = [await stack.enter_async_context(one) for one in self._peers(name)]
            config = self._config(name, readers, url)
            program = Program(("station", "run", str(config)), self._environ, self._folder / f"{name}.out")
            stack.callback(program.make_sure_of_its_end)
            self._stations.append(_Station(name, readers, program))
        await self._until_ready()

    def _peers(self, station: str) -> list[Peer]:
        """The readers of a station, not entered yet."""
        peers: list[Peer] = []
        peers += (LlrpPeer(f"reader{number}") for number in range(1, self._plan.readers + 1))
        if self._plan.r700:
            peers.append(R700Peer("r700"))
        if self._plan.mqtt:
            folder = self._folder / f"{station}.broker"
            folder.mkdir()
            peers.append(_behind_a_broker(folder, station))
        return peers

    def _config(self, name: str, readers: Sequence[Peer], url: str) -> Path:
        sources = [(reader.name, reader.url) for reader in readers]
        if self._plan.simulated_reader:
            sources.append(("belt", "sim://belt?tags=4&per_second=2"))
        parts = [_HEAD.format(name=name, party=PARTY, url=url, token=self._platform.token)]
        parts += [_READER.format(name=one, url=address, place=_PLACE) for one, address in sources]
        config = self._folder / f"{name}.toml"
        config.write_text("".join(parts), encoding="utf-8")
        return config

    # Troubles

    async def _trouble(self) -> None:
        async with asyncio.TaskGroup() as troubles:
            ends = asyncio.get_running_loop().time() + self._plan.seconds
            for station in self._stations:
                troubles.create_task(self._lives(station, ends))
                if self._plan.readers_fail:
                    for reader in station.readers:
                        troubles.create_task(self._fail_at_times(reader, ends))
            if self._proxy is not None and self._plan.kills is None:
                troubles.create_task(self._go_away_at_times(self._proxy, ends))

    def _goes_on(self, ends: float) -> bool:
        if self._plan.kills is not None:
            return self._kills < self._plan.kills
        return asyncio.get_running_loop().time() < ends

    async def _lives(self, station: _Station, ends: float) -> None:
        """Start the station, let it work, kill it, again and again; at last it is left at work."""
        while True:
            began = time.monotonic()
            station.program.start()
            await self._until_it_records(station, began)
            if not self._goes_on(ends):
                return
            await asyncio.sleep(self._random.uniform(0.0, self._plan.longest_life_s))
            station.program.end()
            station.listen()
            self._kills += 1
            if self._kills % 500 == 0:
                self._tell(f"{self._kills:,} kills")
            if self._random.randrange(self._plan.server_once_in) == 0:
                await self._kill_server()

    async def _until_it_records(self, station: _Station, began: float) -> None:
        while not station.listen():
            if not station.program.runs or time.monotonic() - began > 6 * _ALIVE_S:
                raise Unavailable(
                    "Station {name} records nothing",
                    name=station.name,
                    remedy=f"See {station.program.output}.",
                )
            await asyncio.sleep(0.01)
        self._restart_s.append(time.monotonic() - began)

    async def _kill_server(self) -> None:
        async with self._server_turn:
            self._server.end()
            self._server_kills += 1
            self._server.start()
            await self._until_ready()

    async def _fail_at_times(self, reader: Peer, ends: float) -> None:
        while self._goes_on(ends):
            await asyncio.sleep(self._random.uniform(0.5, 8.0))
            trouble = self._random.choice(reader.troubles)
            self._troubles[f"{reader.kind} {trouble}"] += 1
            await reader.fail(trouble, self._random)

    async def _go_away_at_times(self, proxy: FaultyProxy, ends: float) -> None:
        while self._goes_on(ends):
            await asyncio.sleep(self._random.uniform(5.0, 20.0))
            self._troubles["network away"] += 1
            proxy.away = True
            await asyncio.sleep(self._random.uniform(0.5, 10.0))
            proxy.away = False

    async def _belt(self, reader: Peer) -> None:
        """A belt that never stops: a new tag again and again, whoever listens."""
        while True:
            self._serial += 1
            tag = identify(f"https://id.gs1.org/01/{_GTIN}/21/{self._serial}")
            await reader.show(encode_epc(tag, company_prefix_length=7))
            await asyncio.sleep(_BELT_S)

    # The end

    async def _until_ready(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        async with httpx.AsyncClient(base_url=self._platform.url, timeout=5.0) as client:
            while time.monotonic() < deadline:
                with suppress(httpx.TransportError):
                    if (await client.get("/livez")).is_success:
                        return
                await asyncio.sleep(0.05)
        raise Unavailable("The server does not come up", remedy=f"See {self._server.output}.")

    async def _settle(self) -> None:
        """Until all that was acknowledged is stored, or patience is over."""
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            for station in self._stations:
                station.listen()
            told = {name for station in self._stations for name in station.acknowledged}
            if told <= await asyncio.to_thread(names, self._platform):
                return
            await asyncio.sleep(0.5)

    def _judged(self, took_s: float) -> Came:
        acknowledged = [name for station in self._stations for name in station.acknowledged]
        verdict = judged(None, acknowledged, stored(self._platform))
        twice, of_readers = passes(self._platform, _GTIN)
        return Came(
            self._kills,
            self._server_kills,
            took_s,
            dict(self._troubles),
            sorted(self._restart_s),
            of_readers,
            verdict,
            twice + len(acknowledged) - len(set(acknowledged)),
            missing(self._platform),
        )


def _behind_a_broker(folder: Path, station: str) -> Peer:
    try:
        from suyuan.simulator.durability.mqtt_peer import MqttPeer  # noqa: PLC0415 (aiomqtt is not everybody's)
    except ImportError as error:
        raise MissingDependency(
            "A reader behind a broker needs the library aiomqtt.",
            where="aiomqtt",
            remedy="pip install aiomqtt",
        ) from error
    return MqttPeer("mqtt", folder, session=station)


_HEAD = """
[station]
id = "{name}"
party = "{party}"
data = "{name}"
utc_offset = "+08:00"

[page]
listen = "off"

[server]
url = "{url}"
token = "{token}"
"""
_READER = """
[[readers]]
name = "{name}"
url = "{url}"

[[read_points]]
name = "{name}"
reader = "{name}"
step = "receive"
read_point = "{place}/254/{name}"
biz_location = "{place}"
automatic = true
[read_points.smoothing]
min_reads = 1
quiet_s = 0.02
dedupe_s = 3600.0
[read_points.order]
"""
