"""The station at one moment as the page shows it: state, counters, tags, messages, footer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from suyuan.readers.station.errors import OutboxDamaged, OutboxUnavailable
from suyuan.readers.station.order import Step
from suyuan.readers.station.page.desk import Desk
from suyuan.readers.station.status import Status
from suyuan.readers.station.steps import Judgement
from suyuan.readers.station.undo import WITHIN_S, Last
from suyuan.readers.station.watch import Glance, Tag
from suyuan.readers.station.words import Message, State, worst
from suyuan.trace.errors import InvalidInput, NotAllowed, NotAuthenticated, SuyuanError

MOST_TAGS = 10
_OF_READERS = frozenset({"READER_DOWN", "NOT_RENEWED"})
"""Alarms about one reader, told during its passes too: whoever holds the tag can do something about it."""
NOT_YET = frozenset(
    {
        "NO_READ",
        "MISSING",
        "QTY_MISMATCH",
        "WRONG_PARENT",
        "NOT_AS_ORDERED",
        "GHOST",
        "RECALL_DISPUTED",
        "RECALL_BALANCE",
    }
)
"""What is only wrong once the pass is over: while it goes on, goods are simply still to come."""
BAD_SKEW_S = 2.0


@dataclass(frozen=True, slots=True)
class Counters:
    """The four numbers; None where the order does not say what to expect."""

    read: int = 0
    expected: int | None = None
    missing: int | None = None
    extra: int | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """What the page shows of one read point. ``signal`` changes whenever something should be heard."""

    point: str
    step: Step
    state: State
    reading: bool
    automatic: bool
    passes: int
    counters: Counters
    tags: tuple[Tag, ...]
    absent: tuple[str, ...]
    messages: tuple[Message, ...]
    fault: SuyuanError | None
    recorded: tuple[int, ...]
    time: datetime | None
    last: Last | None
    status: Status | None
    zone: timezone

    @property
    def signal(self) -> str:
        """Names the end of a pass, or a stop in the middle of one."""
        return f"{self.passes}-{self.state}"

    @property
    def can_undo(self) -> bool:
        """Whether the last event of the read point can still be undone."""
        return self.last is not None and not self.last.undone and 0 <= self.last.age_s <= WITHIN_S

    @property
    def alarms(self) -> tuple[Message, ...]:
        """What stands beside the pass."""
        return () if self.status is None else self.status.alarms

    @property
    def skew_s(self) -> float | None:
        """The largest difference between a reader's clock and the station's, None where no reader tells."""
        if self.status is None:
            return None
        told = [h.clock_offset_s for h in self.status.readers.values() if h is not None]
        return max((s for s in told if s is not None), key=abs, default=None)


async def take(desk: Desk, read_point: str) -> Picture:
    """The picture of ``read_point`` now. Green stands in it only for an event that is durably stored."""
    station = desk.station
    point = station.config.point(read_point)
    fault: SuyuanError | None = desk.fault(read_point)
    try:
        try:
            glance = await station.glance(read_point)
        except InvalidInput as error:  # what is read cannot be judged as ordered: the pass can still be ended
            fault = error
            glance = Glance(point, 0, station.takes(read_point), None, None, (), None)
        last, status = await station.last(read_point), await station.status()
    except (OutboxUnavailable, OutboxDamaged) as error:
        fault, last, status = error, None, None
        glance = Glance(point, 0, False, None, None, (), None)
    seen = desk.acknowledged(read_point) == glance.passes and glance.passes > 0
    outcome = None if seen else glance.outcome
    messages = _messages(glance.judged) if outcome is None else outcome.messages
    if outcome is not None and outcome.state is State.DONE and not outcome.sequences:
        messages = (Message("NOTHING_RECORDED"),)
    standing = () if status is None else tuple(m for m in status.alarms if _concerns(m, point.reader))
    waiting = outcome is None and not glance.reading
    if waiting:
        messages = (*messages, *standing)
    elif glance.reading:
        messages = (*messages, *(m for m in standing if m.code in _OF_READERS))
    base = State.READING if glance.reading else State.READY if outcome is None else outcome.state
    return Picture(
        point=read_point,
        step=desk.step(point),
        state=_state(base, messages, fault),
        reading=glance.reading and not point.automatic,
        automatic=point.automatic,
        passes=glance.passes,
        counters=Counters() if seen else _counters(glance),
        tags=() if seen else glance.tags[:MOST_TAGS],
        absent=() if seen else _absent(glance),
        messages=messages,
        fault=fault,
        recorded=() if outcome is None else outcome.sequences,
        time=None if outcome is None else outcome.time,
        last=last,
        status=status,
        zone=_zone(station.config.utc_offset),
    )


def _state(base: State, messages: tuple[Message, ...], fault: SuyuanError | None) -> State:
    """The worst of all; but a pass that goes on, or has ended, is not made better or worse by less."""
    if isinstance(fault, NotAuthenticated | NotAllowed):
        return State.ATTENTION  # nothing is wrong with the goods
    if fault is not None:
        return State.STOP
    if base is State.READING and worst(tuple(m.state for m in messages)) is not State.STOP:
        return State.READING
    said = tuple(m.state for m in messages)
    return base if not said else max((base, *said), key=tuple(State).index)


def _messages(judged: Judgement | None) -> tuple[Message, ...]:
    if judged is None:
        return ()
    codes = {m.code for m in judged.messages}
    # A part of an order goes with a reason; as long as goods are loaded it may still become the whole.
    later = NOT_YET | {"REASON_NEEDED"} if "NOT_AS_ORDERED" in codes else NOT_YET
    return tuple(m for m in judged.messages if m.code not in later)


def _concerns(message: Message, reader: str) -> bool:
    """Whether an alarm of the station keeps this read point from being ready."""
    if message.code in _OF_READERS:
        return message.fields.get("reader") == reader
    stopped = {"QUEUE_FULL", "NO_ROOM", "MEMORY_FULL", "TWO_STATIONS", "NOT_SIGNED_IN", "APART"}
    return message.code in stopped


def _counters(glance: Glance) -> Counters:
    order, told = glance.order, glance.outcome or glance.judged
    read = 0 if told is None else told.read
    if order is None:
        return Counters(read)
    if order.expected is None and order.expected_count is not None:
        whole = order.expected_count
        return Counters(read, whole, max(0, whole - read), max(0, read - whole))
    if told is None:
        listed = order.expected
        return Counters() if listed is None else Counters(0, len(listed), len(listed), 0)
    if told.expected is None:
        return Counters(read)
    extra = len(told.extra)
    # A sweep for a recall that finds nothing is not short of some of its goods: it is disputed as a whole.
    return Counters(read, told.expected, len(told.missing) or max(0, told.expected - read + extra), extra)


def _absent(glance: Glance) -> tuple[str, ...]:
    told = glance.outcome or glance.judged
    return () if told is None else told.missing[:MOST_TAGS]


def _zone(utc_offset: str) -> timezone:
    apart = timedelta(hours=int(utc_offset[1:3]), minutes=int(utc_offset[4:6]))
    return timezone(-apart if utc_offset.startswith("-") else apart)
