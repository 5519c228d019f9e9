"""A dry run of a station: its readers are opened and its passes judged, and nothing is written or sent.

What a station knows from elsewhere (the block list, what it remembers, what is on its way) is not asked: a
rehearsal says what the file and the readers make of the tags.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from suyuan.readers.address import redacted
from suyuan.readers.errors import ReaderError
from suyuan.readers.observation import Observation
from suyuan.readers.reader import Reader, ReaderInfo
from suyuan.readers.registry import RECORD, open_reader
from suyuan.readers.station.bodies import CONTEXT, Place, bodies, local_day
from suyuan.readers.station.config import ReaderConfig, ReadPoint, StationConfig
from suyuan.readers.station.doorway import directed
from suyuan.readers.station.filtering import Burst, Filter
from suyuan.readers.station.identity import GS1
from suyuan.readers.station.intake import on_our_clock
from suyuan.readers.station.knowledge import NOTHING_KNOWN
from suyuan.readers.station.order import Order
from suyuan.readers.station.staff import STAFF
from suyuan.readers.station.steps import Surroundings, check_order, judge
from suyuan.readers.station.words import Message
from suyuan.trace.epcis.json_document import read_event_json
from suyuan.trace.errors import InvalidInput, SuyuanError

_PATIENCE_S = 10.0


@dataclass(slots=True)
class ReaderTried:
    """How one reader did: ``fault`` says why it could not be had, or broke off."""

    name: str
    url: str
    info: ReaderInfo = field(default_factory=ReaderInfo)
    inputs: bool = False
    reads: int = 0
    fault: SuyuanError | None = None


@dataclass(frozen=True, slots=True)
class PointTried:
    """What one read point saw and would have recorded.

    ``fault``: its order cannot be carried out, or the platform would refuse its events.
    """

    point: ReadPoint
    burst: Burst
    messages: tuple[Message, ...] = ()
    events: tuple[dict[str, Any], ...] = ()
    fault: SuyuanError | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something in the file that does not fit its readers, by its key and with both languages."""

    where: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a dry run found."""

    readers: tuple[ReaderTried, ...]
    points: tuple[PointTried, ...]
    doubts: tuple[Doubt, ...]
    unclaimed: int

    @property
    def good(self) -> bool:
        """Whether the station could work like this."""
        return not (any(one.fault for one in self.readers) or any(one.fault for one in self.points))


async def rehearse(
    config: StationConfig,
    seconds: float,
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    opened: Callable[[str], Reader] | None = None,
) -> Rehearsed:
    """Open all readers of ``config``, listen for ``seconds``, and judge what every read point saw.

    A reader that cannot be had is told in the answer; the others go on. An address that would record a tape
    records none.
    """
    air = Filter(config.read_points, GS1)
    tried = [ReaderTried(each.name, redacted(each.url)) for each in config.readers]

    def open_one(url: str) -> Reader:
        return open_reader(url, now=now) if opened is None else opened(url)

    async with AsyncExitStack() as stack:
        tasks: list[asyncio.Task[None]] = []
        for each, told in zip(config.readers, tried, strict=True):
            reader = await _opened(each, told, open_one)
            if reader is not None:
                stack.push_async_callback(reader.aclose)
                tasks.append(asyncio.create_task(_listen(reader, told, air, monotonic)))
        if tasks:
            await sleep(seconds)
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if ended is not None and not isinstance(ended, asyncio.CancelledError):
                raise ended
    points = tuple(
        _judged(config, point, air.close(point.name, monotonic()), now()) for point in config.read_points
    )
    return Rehearsed(tuple(tried), points, tuple(_doubts(config, tried)), air.unclaimed)


async def _opened(
    reader: ReaderConfig, told: ReaderTried, open_one: Callable[[str], Reader]
) -> Reader | None:
    try:
        made = open_one(_without_tape(reader.url))
        async with asyncio.timeout(_PATIENCE_S):
            await made.__aenter__()
    except TimeoutError:
        told.fault = ReaderError("The reader {reader} does not answer.", reader=reader.name)
        return None
    except SuyuanError as error:
        told.fault = error
        return None
    told.info, told.inputs = made.info or ReaderInfo(), made.capabilities.gpi
    return made


async def _listen(reader: Reader, told: ReaderTried, air: Filter, monotonic: Callable[[], float]) -> None:
    try:
        async for seen in reader.observations():
            told.reads += max(seen.count, 1)
            air.add(told.name, _ours(seen, reader), monotonic())
    except ReaderError as error:
        told.fault = error


def _ours(seen: Observation, reader: Reader) -> Observation:
    return on_our_clock(seen, reader.health().clock_offset_s)


def _judged(config: StationConfig, point: ReadPoint, burst: Burst, now: datetime) -> PointTried:
    """What would be recorded of ``burst``, by the point's order, or by its step alone."""
    order = point.order or Order(point.step)
    way = directed(order, point, burst) if burst.readings else order
    if isinstance(way, str):
        return PointTried(point, burst, (Message(way),))
    try:
        check_order(way, GS1)
    except InvalidInput as error:
        return PointTried(point, burst, fault=error if point.automatic else None)
    if not burst.readings and not burst.unreadable:
        return PointTried(point, burst)
    around = Surroundings(
        GS1,
        lambda _: None,
        lambda _: NOTHING_KNOWN,
        now,
        local_day(now, config.utc_offset),
        sections=config.sections,
    )
    judged = judge(way, burst, around)
    place = Place(config.station, point.read_point, point.biz_location, config.utc_offset)
    events = bodies(way, judged, place, now)
    return PointTried(point, burst, judged.messages, events, _unfit(events))


def _unfit(events: Sequence[Mapping[str, Any]]) -> SuyuanError | None:
    """Why the platform would refuse one of the events, which then would wait in the outbox for ever."""
    try:
        for event in events:
            read_event_json(orjson.dumps({"@context": list(CONTEXT), **event}))
    except SuyuanError as error:
        return error
    return None


def _without_tape(url: str) -> str:
    """The address without the option that would record a tape."""
    if RECORD not in unquote(url):
        return url
    parts = urlsplit(url)
    kept = [one for one in parts.query.split("&") if unquote(one.partition("=")[0]) != RECORD]
    return parts._replace(query="&".join(kept)).geturl()


_DOUBTS = {
    "unused": ("没有读取点使用读写器 {it}。", "No read point uses the reader {it}."),
    "antenna": ("读写器没有这些天线：{it}。", "The reader has no such antenna: {it}."),
    "inputs": (
        "读写器 {it} 没有输入口，读取周期无法由它开始或结束。",
        "The reader {it} has no inputs that could begin or end a cycle.",
    ),
    "begins": (
        "读取点 {it} 由作业开始，不是自动的：start_input 和 repeat_s 不起作用。",
        "The read point {it} is not automatic and waits for its order: start_input and repeat_s do nothing.",
    ),
    "supervisor": (
        "人员中没有设 PIN 的主管（supervisor）。",
        "Nobody of the staff is a supervisor with a PIN.",
    ),
}


def _doubts(config: StationConfig, tried: Sequence[ReaderTried]) -> list[Doubt]:
    readers = {one.name: one for one in tried}
    used = {name for point in config.read_points for name in point.readers} | config.with_inputs
    found = [
        _doubt("unused", f"readers[{number}]", one.name)
        for number, one in enumerate(tried)
        if one.name not in used
    ]
    for number, point in enumerate(config.read_points):
        found += _doubts_of(f"read_points[{number}]", point, readers)
    people = STAFF.of(config)
    if people and not any("supervisor" in person.roles and person.pin_hash for person in people):
        found.append(_doubt("supervisor", "staff", ""))
    return found


def _doubts_of(where: str, point: ReadPoint, readers: Mapping[str, ReaderTried]) -> list[Doubt]:
    found: list[Doubt] = []
    for antennas in point.listens:
        there = readers[antennas.reader].info.antennas
        gone = sorted(antennas.numbers - set(there)) if there else []
        if gone:
            found.append(_doubt("antenna", where, f"{antennas.reader} {', '.join(map(str, gone))}"))
    if point.cycle.triggered and not point.automatic:
        found.append(_doubt("begins", f"{where}.cycle", point.name))
    edges = (point.cycle.start_input, point.cycle.stop_input)
    heard = sorted({edge.reader for edge in edges if edge is not None})
    deaf = [name for name in heard if readers[name].fault is None and not readers[name].inputs]
    return [*found, *(_doubt("inputs", f"{where}.cycle", name) for name in deaf)]


def _doubt(code: str, where: str, it: str) -> Doubt:
    zh, en = _DOUBTS[code]
    return Doubt(where, zh.format(it=it), en.format(it=it))
