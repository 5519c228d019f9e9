"""How the emulated reader runs a ROSpec: triggers, rounds and reports (LLRP 1.0.1 §11, §14.2.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from suyuan.readers.field import TagField, TagInField
from suyuan.readers.llrp import vendors
from suyuan.readers.llrp.codec import Message, Parameter
from suyuan.readers.llrp.report import Content
from suyuan.readers.observation import Observation

log = structlog.get_logger(__name__)

DISABLED, INACTIVE, ACTIVE = 0, 1, 2
"""States of a ROSpec."""
START_IMMEDIATE, START_PERIODIC, START_BY_INPUT = 1, 2, 3
STOP_AFTER_DURATION, STOP_BY_INPUT = 1, 2
STARTED, ENDED = 0, 1
"""What a ROSpecEvent tells."""
UPON_N_TAGS, NO_NEW_FOR_T, NO_NEW_AFTER_ATTEMPTS = 0, 1, 2
"""Types of a TagObservationTrigger."""
REPORT_NEVER, REPORT_PER_AISPEC, REPORT_PER_ROSPEC = 0, 1, 2
MOST_IN_A_REPORT = 500
"""Tags in one report where the client sets no limit; 500 full reports are some 20 kB."""


Edge = tuple[int, bool]
"""An input and what it becomes: high or low."""


@dataclass(frozen=True, slots=True)
class Ending:
    """When an AISpec ends by itself; 0 in a part means that this part never ends it. Times in seconds."""

    after_s: float = 0.0
    tags: int = 0
    idle_s: float = 0.0
    rounds: int = 0
    by_input: Edge | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A ROSpec, read once; times in seconds, 0 for none. ``report_every`` 0: only at the end."""

    id: int
    start: int
    offset_s: float
    period_s: float
    duration_s: float
    antennas: tuple[tuple[int, ...], ...]
    endings: tuple[Ending, ...]
    report_at: int
    report_every: int
    content: Content
    start_by: Edge | None = None
    stop_by: Edge | None = None
    besides: frozenset[int] = frozenset()
    """What of a vendor's is told besides, see :func:`vendors.asked_for`."""


class BadROSpec(Exception):
    """A ROSpec that the emulator refuses."""


def read_plan(rospec: Parameter, antennas: tuple[int, ...]) -> Plan:
    """What a ROSpec asks for.

    Raises:
        BadROSpec: a mandatory part is missing, or an antenna is not there.
    """
    boundary = _part(rospec, "ROBoundarySpec")
    start, stop = _part(boundary, "ROSpecStartTrigger"), _part(boundary, "ROSpecStopTrigger")
    periodic = start.find("PeriodicTriggerValue")
    duration = stop.fields["DurationTriggerValue"] / 1000
    looks = tuple(rospec.all("AISpec"))
    if start.fields["ROSpecStartTriggerType"] > START_BY_INPUT:
        raise BadROSpec("this reader does not have that start trigger")
    if stop.fields["ROSpecStopTriggerType"] > STOP_BY_INPUT:
        raise BadROSpec("this reader does not have that stop trigger")
    start_by = _edge(start) if start.fields["ROSpecStartTriggerType"] == START_BY_INPUT else None
    stop_by = _edge(stop) if stop.fields["ROSpecStopTriggerType"] == STOP_BY_INPUT else None
    if stop_by is not None:
        duration = _part(stop, "GPITriggerValue").fields["Timeout"] / 1000
    if not looks or rospec.fields["ROSpecID"] == 0:
        raise BadROSpec("a ROSpec needs an id and an AISpec")
    report = rospec.find("ROReportSpec")
    return Plan(
        rospec.fields["ROSpecID"],
        start.fields["ROSpecStartTriggerType"],
        periodic.fields["Offset"] / 1000 if periodic else 0.0,
        periodic.fields["Period"] / 1000 if periodic else 0.0,
        duration if stop.fields["ROSpecStopTriggerType"] else 0.0,
        tuple(_antennas(look, antennas) for look in looks),
        tuple(map(_ending, looks)),
        report.fields["ROReportTrigger"] if report else REPORT_PER_ROSPEC,
        report.fields["N"] if report else 0,
        _content(report),
        start_by,
        stop_by,
        vendors.asked_for(report),
    )


def _edge(trigger: Parameter) -> Edge:
    """Which input, and which way, sets a trigger off."""
    value = _part(trigger, "GPITriggerValue").fields
    return value["GPIPortNum"], bool(value["GPIEvent"])


def _part(parent: Parameter, name: str) -> Parameter:
    found = parent.find(name)
    if found is None:
        text = f"{parent.name} needs {name}"
        raise BadROSpec(text)
    return found


def _antennas(look: Parameter, there: tuple[int, ...]) -> tuple[int, ...]:
    wanted: tuple[int, ...] = look.fields["AntennaIDs"]
    if 0 in wanted:
        return there
    beyond = set(wanted) - set(there)
    if beyond or not wanted:
        text = f"there is no antenna {min(beyond, default=0)}"
        raise BadROSpec(text)
    return wanted


def _ending(look: Parameter) -> Ending:
    stop = _part(look, "AISpecStopTrigger")
    match stop.fields["AISpecStopTriggerType"]:
        case 0:
            return Ending()
        case 1:
            return Ending(stop.fields["DurationTrigger"] / 1000)
        case 2:
            timeout_s = _part(stop, "GPITriggerValue").fields["Timeout"] / 1000
            return Ending(timeout_s, by_input=_edge(stop))
        case 3:
            seen = _part(stop, "TagObservationTrigger").fields
            kind = seen["TriggerType"]
            if kind > NO_NEW_AFTER_ATTEMPTS:
                raise BadROSpec("this reader does not have that tag observation trigger")
            return Ending(
                seen["Timeout"] / 1000,
                seen["NumberOfTags"] if kind == UPON_N_TAGS else 0,
                seen["T"] / 1000 if kind == NO_NEW_FOR_T else 0.0,
                seen["NumberOfAttempts"] if kind == NO_NEW_AFTER_ATTEMPTS else 0,
            )
        case _:
            raise BadROSpec("this reader does not have that end of an AISpec")


def _content(report: Parameter | None) -> Content:
    chosen = report.find("TagReportContentSelector") if report else None
    if chosen is None:
        return Content()
    fields = chosen.fields
    return Content(
        bool(fields["EnableROSpecID"]),
        bool(fields["EnableAntennaID"]),
        bool(fields["EnablePeakRSSI"]),
        bool(fields["EnableFirstSeenTimestamp"]),
        bool(fields["EnableLastSeenTimestamp"]),
        bool(fields["EnableTagSeenCount"]),
    )


class Accumulator:
    """Sightings since the last report: one entry per tag and antenna, however often it was seen."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, bytes], Observation] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def add(self, sighting: Observation) -> None:
        """Count a sighting."""
        key = (sighting.antenna, sighting.epc)
        earlier = self._seen.get(key)
        if earlier is None:
            self._seen[key] = sighting
            return
        louder = max(earlier.rssi_dbm or -128.0, sighting.rssi_dbm or -128.0)
        self._seen[key] = replace(
            earlier, last_seen=sighting.last_seen, count=earlier.count + sighting.count, rssi_dbm=louder
        )

    def take(self, size: int, *, whole: bool) -> Iterator[list[Observation]]:
        """Reports of ``size`` tags; with ``whole`` also the rest, else the rest stays."""
        waiting = list(self._seen.values())
        ready = len(waiting) if whole else len(waiting) // size * size
        for tag in waiting[:ready]:
            del self._seen[tag.antenna, tag.epc]
        for start in range(0, ready, size):
            yield waiting[start : min(start + size, ready)]


Access = Callable[[Plan, int, TagInField], Awaitable[None]]
"""Told of every tag that an antenna singles out, before it is counted."""


class Run:
    """One ROSpec on the emulated reader, from ADD_ROSPEC to DELETE_ROSPEC.

    ``report`` takes its reports, ``access`` every tag that it singles out, ``noted`` that a run
    :data:`STARTED` or :data:`ENDED`; ``broken`` is called when the field fails.
    """

    def __init__(
        self,
        rospec: Parameter,
        plan: Plan,
        field: TagField,
        report: Callable[[Plan, list[Observation]], Awaitable[None]],
        *,
        access: Access,
        noted: Callable[[Plan, int], None],
        now: Callable[[], datetime],
        round_s: float,
        broken: Callable[[], None],
    ) -> None:
        self._broken = broken
        self.rospec = rospec
        self.plan = plan
        self.state = DISABLED
        self._field = field
        self._report = report
        self._access = access
        self._noted = noted
        self._felt: set[Edge] = set()
        self._now = now
        self._round_s = round_s
        self._gathered = Accumulator()
        self._task: asyncio.Task[None] | None = None

    def describe(self) -> Parameter:
        """The ROSpec with its present state, for GET_ROSPECS."""
        return replace(self.rospec, fields={**self.rospec.fields, "CurrentState": self.state})

    def enable(self) -> None:
        """Make it inactive, or active at once or later where its start trigger says so."""
        if self.state != DISABLED:
            return
        self.state = INACTIVE
        if self.plan.start in {START_IMMEDIATE, START_PERIODIC}:
            self._spawn(self._repeat())

    def start(self) -> None:
        """Begin, whatever the start trigger."""
        if self.state == INACTIVE:
            self._end_task()
            self.state = ACTIVE
            self._spawn(self._once())

    def stop(self) -> None:
        """End the present run; one with an immediate or periodic trigger begins again by that."""
        if self.state == ACTIVE:
            self._end_task()
            self.state = INACTIVE
            self._noted(self.plan, ENDED)
            if self.plan.start == START_PERIODIC:
                self._spawn(self._repeat())

    def felt(self, edge: Edge) -> None:
        """An input has changed: that may start it, or end it or its present antenna spec."""
        self._felt.add(edge)
        if self.state == ACTIVE and edge == self.plan.stop_by:
            self.stop()
        elif self.state == INACTIVE and edge == self.plan.start_by:
            self.start()

    def disable(self) -> None:
        """End everything."""
        self._end_task()
        self.state = DISABLED

    async def flush(self) -> None:
        """Report what is gathered, as GET_REPORT asks."""
        for tags in self._gathered.take(self.plan.report_every or MOST_IN_A_REPORT, whole=True):
            await self._report(self.plan, tags)

    async def see(self, sightings: list[Observation]) -> None:
        """Count sightings and report as soon as the plan allows."""
        for sighting in sightings:
            self._gathered.add(sighting)
            if self.plan.report_every and self.plan.report_at != REPORT_NEVER:
                for tags in self._gathered.take(self.plan.report_every, whole=False):
                    await self._report(self.plan, tags)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._task = asyncio.create_task(work, name=f"rospec {self.plan.id}")
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            # Only a field can fail here. A reader whose radio breaks goes down, and does not fall silent.
            log.error("llrp.field_failed", rospec=self.plan.id, reason=repr(error), exc_info=error)
            self._broken()

    def _end_task(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _repeat(self) -> None:
        if self.plan.start == START_PERIODIC:
            await asyncio.sleep(self.plan.offset_s)
        while True:
            began = asyncio.get_running_loop().time()
            self.state = ACTIVE
            await self._once()
            if self.plan.start == START_PERIODIC:
                if not self.plan.period_s:
                    return
                passed = asyncio.get_running_loop().time() - began
                await asyncio.sleep(max(0.0, self.plan.period_s - passed))

    async def _once(self) -> None:
        """One run: all antenna specs in turn, cut off by the duration trigger."""
        self._noted(self.plan, STARTED)
        try:
            async with asyncio.timeout(self.plan.duration_s or None):
                for antennas, ending in zip(self.plan.antennas, self.plan.endings, strict=True):
                    await self._look(antennas, ending)
                    if self.plan.report_at == REPORT_PER_AISPEC:
                        await self.flush()
        except TimeoutError:
            pass  # the stop trigger of the ROSpec: an ordinary end
        if self.plan.report_at != REPORT_NEVER:
            await self.flush()
        self.state = INACTIVE
        self._noted(self.plan, ENDED)

    async def _look(self, antennas: tuple[int, ...], ending: Ending) -> None:
        """Inventory rounds until the antenna spec ends; with no stop trigger of its own, for ever."""
        loop = asyncio.get_running_loop()
        began = new_at = loop.time()
        rounds = sightings = 0
        known: set[bytes] = set()
        self._felt.clear()
        while True:
            at = self._now()
            for antenna in antennas:
                tags = self._field.seen(antenna, at)
                seen = [Observation("", antenna, tag.epc, at, at, 1, tag.rssi_dbm, tag.tid) for tag in tags]
                for tag in tags:
                    await self._access(self.plan, antenna, tag)
                await self.see(seen)
                sightings += len(seen)
                if not known.issuperset(tag.epc for tag in tags):
                    known.update(tag.epc for tag in tags)
                    new_at = loop.time()
            rounds += 1
            await asyncio.sleep(self._round_s)
            passed, idle = loop.time() - began, loop.time() - new_at
            if (
                0 < ending.after_s <= passed
                or 0 < ending.tags <= sightings
                or 0 < ending.idle_s <= idle
                or 0 < ending.rounds <= rounds
                or ending.by_input in self._felt
            ):
                return


def status(code: int = 0, description: str = "") -> Parameter:
    """The LLRPStatus of an answer."""
    return Parameter("LLRPStatus", {"StatusCode": code, "ErrorDescription": description})


def answer(request: Message, *parts: Parameter, code: int = 0, description: str = "") -> Message:
    """The response to a request, under the same id and version."""
    return Message(
        f"{request.name}_RESPONSE",
        request.id,
        children=(status(code, description), *parts),
        version=request.version,
    )
