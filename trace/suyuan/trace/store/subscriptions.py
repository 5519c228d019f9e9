"""Subscriptions: where the events of a query go, and how far they have been sent.

Source: EPCIS 2.0 §8.2.5 and the REST bindings (``/queries/{queryName}/subscriptions``). ``delivered`` moves
only after the receiver has acknowledged: a process that dies in between sends the same again, never less.
Evidence is numbered in the order of commits, so "everything after ``delivered``" misses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, delete, func, insert, or_, select, update

from suyuan.trace.epcis.schedule import QuerySchedule, SubscriptionControlsWrong, parse_schedule
from suyuan.trace.errors import Conflict, NotFound
from suyuan.trace.store.columns import storable
from suyuan.trace.store.conditions import bare
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.history import STORED, STORED_BYTES, Recorded, newest_sequence, recorded
from suyuan.trace.store.named_queries import EVENT_QUERY
from suyuan.trace.store.query import EventQuery, statement
from suyuan.trace.store.record_tables import SubscriptionRow
from suyuan.trace.store.settled import often_met, settle
from suyuan.trace.store.sight import NO_PURPOSE, Purpose, Viewer
from suyuan.trace.store.tables import EvidenceRow

MOST_SUBSCRIPTIONS = 20  # of one party
LARGEST_BATCH = 500  # events in one message
LARGEST_MESSAGE = 4 << 20  # bytes of events in one message, unless a single event is larger
NEAR = 5_000  # events that may be due and are looked at one by one
_NEVER = 2**62  # a sequence number that no evidence reaches
MessageForm = Literal["JSON", "XML 2.0", "XML 1.2"]


class SubscriptionExists(Conflict):
    """The party has a subscription of that name (DuplicateSubscriptionException)."""

    code = "subscription-exists"
    title = "There is already a subscription of this name"


@dataclass(frozen=True, slots=True)
class Due:
    """Which evidence is due: after ``delivered``, and recorded at ``since`` or later.

    What is numbered above ``newest_then`` came after the subscription and is due whatever its record time:
    a clock that was set back in between hides nothing.
    """

    delivered: int
    since: datetime
    newest_then: int

    def clauses(self) -> tuple[ColumnElement[bool], ...]:
        """For selects from ``evidence``."""
        beyond = EvidenceRow.sequence > self.delivered
        if self.delivered >= self.newest_then:
            return (beyond,)
        fresh = or_(EvidenceRow.sequence > self.newest_then, bare(EvidenceRow.record_time) >= self.since)
        return (beyond, fresh)


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription. Without ``schedule`` it is a stream; ``suspended`` ones send nothing any more.

    ``query_name`` None is SimpleEventQuery itself, ``name`` the one that whoever subscribed chose. ``params``
    are conditions beside those of the query, as a JSON object like that of a named query.
    """

    id: str
    party: str
    query_name: str | None
    account: str
    dest: str
    signature_token: str | None
    schedule: QuerySchedule | None
    report_if_empty: bool
    epc_format: str
    initial_record_time: datetime
    created: datetime
    newest_then: int
    delivered: int
    min_record_time: datetime
    last_notified: datetime | None = None
    batch: int = LARGEST_BATCH
    failing_since: datetime | None = None
    suspended: datetime | None = None
    reason: str = ""
    name: str | None = None
    params: Mapping[str, Any] | None = None
    form: MessageForm = "JSON"

    @property
    def told_id(self) -> str:
        """The subscriptionID that messages carry and SOAP knows."""
        return self.id if self.name is None else self.name

    @property
    def told_query(self) -> str:
        """The queryName that messages carry."""
        return EVENT_QUERY if self.query_name is None else self.query_name

    @property
    def due(self) -> Due:
        """What has not been delivered yet."""
        return Due(self.delivered, self.initial_record_time, self.newest_then)


def due_from(reading: Reading, initial: datetime | None, now: datetime) -> Due:
    """What a subscription made now begins with: what was recorded since, or what comes from now on."""
    newest = newest_sequence(reading)
    if initial is None:
        return Due(newest, now, newest)
    return Due(0, initial, newest if initial <= now else _NEVER)


def due_events(
    reading: Reading,
    query: EventQuery,
    due: Due,
    most: int,
    *,
    viewer: Viewer,
    purpose: Purpose = NO_PURPOSE,
) -> tuple[Sequence[Recorded], int]:
    """The next events that match and are in sight, in the order of capture, ``most`` of them at most.

    Fewer where they are large: as many as ``LARGEST_MESSAGE`` bytes hold, measured before any is read. Beside
    them the sequence number up to which that is all there is: of the last event where there may be more, else
    of the newest evidence. ``NEAR`` events and fewer are walked as one range; of more, those that meet the
    conditions are looked up.
    """
    newest = newest_sequence(reading)
    if newest <= due.delivered:
        return (), due.delivered
    settled = settle(reading, query, viewer)
    near = newest - due.delivered <= NEAR
    often = () if near else often_met(reading, settled)
    asked = statement(settled, None, most, viewer=viewer, purpose=purpose, often=often, in_range=near)
    chosen = asked.where(*due.clauses())
    sized = chosen.order_by(None).order_by(EvidenceRow.sequence).with_only_columns(*_SIZED)
    listed = reading.connection.execute(sized).all()
    fitting = _fitting(listed)
    rows = reading.connection.execute(STORED.where(EvidenceRow.sequence.in_(fitting)))
    found = sorted((recorded(row) for row in rows), key=lambda one: one.sequence)
    is_all = len(fitting) == len(listed) < most
    return found, newest if is_all else found[-1].sequence


_SIZED = (EvidenceRow.sequence, STORED_BYTES)


def _fitting(listed: Sequence[tuple[int, int]]) -> list[int]:
    """The sequence numbers of the first events that a message holds, and of one at least."""
    total = accumulate(size for _, size in listed)
    return [
        sequence
        for at, ((sequence, _), upto) in enumerate(zip(listed, total, strict=True))
        if not at or upto <= LARGEST_MESSAGE
    ]


def create_subscription(writing: Writing, subscription: Subscription) -> None:
    """Keep a subscription.

    Raises:
        SubscriptionExists: its party has one of that name.
        SubscriptionControlsWrong: the party has as many as it may.
    """
    told_id = subscription.told_id
    if any(one.told_id == told_id for one in subscriptions_of(writing, subscription.party)):
        raise SubscriptionExists(
            "There is already a subscription named {name}",
            where="subscriptionID",
            remedy="Unsubscribe it first, or choose another subscriptionID.",
            name=told_id,
        )
    held = select(func.count()).where(SubscriptionRow.party == subscription.party)
    if (writing.connection.execute(held).scalar() or 0) >= MOST_SUBSCRIPTIONS:
        raise SubscriptionControlsWrong(
            "A party can have {most} subscriptions",
            remedy="Delete one that is suspended or not used any more.",
            most=MOST_SUBSCRIPTIONS,
        )
    schedule = subscription.schedule
    row = {name: getattr(subscription, name) for name in _COLUMNS}
    row["schedule"] = None if schedule is None else dict(schedule.told)
    writing.connection.execute(insert(SubscriptionRow), row)


def subscription(reading: Reading, party: str, query_name: str, subscription_id: str) -> Subscription:
    """A subscription of a party to a query, or ``NotFound``."""
    if storable(query_name) and storable(subscription_id):
        chosen = _SUBSCRIPTIONS.where(*_of(party, query_name), SubscriptionRow.id == subscription_id)
        for row in reading.connection.execute(chosen).mappings():
            return _subscription(row)
    raise NotFound("There is no subscription {id}", where="subscriptionID", id=subscription_id[:100])


def subscriptions(
    reading: Reading, party: str, query_name: str, *, after: str = "", limit: int
) -> Sequence[Subscription]:
    """The subscriptions to a query by id; the next page begins ``after`` the last of this."""
    chosen = _SUBSCRIPTIONS.where(*_of(party, query_name), SubscriptionRow.id > after)
    rows = reading.connection.execute(chosen.order_by(SubscriptionRow.id).limit(limit)).mappings()
    return [_subscription(row) for row in rows]


def subscriptions_of(reading: Reading, party: str) -> Sequence[Subscription]:
    """Each subscription of a party, suspended or not, by id: at most ``MOST_SUBSCRIPTIONS``."""
    chosen = _SUBSCRIPTIONS.where(SubscriptionRow.party == party).order_by(SubscriptionRow.id)
    return [_subscription(row) for row in reading.connection.execute(chosen).mappings()]


def active_subscriptions(reading: Reading) -> Sequence[Subscription]:
    """Everybody's subscriptions that are not suspended."""
    rows = reading.connection.execute(_SUBSCRIPTIONS.where(SubscriptionRow.suspended.is_(None))).mappings()
    return [_subscription(row) for row in rows]


def delete_subscription(writing: Writing, party: str, query_name: str, subscription_id: str) -> None:
    """End a subscription; ``NotFound`` if there is none."""
    subscription(writing, party, query_name, subscription_id)
    writing.connection.execute(delete(SubscriptionRow).where(SubscriptionRow.id == subscription_id))


def still_due_since(reading: Reading, known: Subscription) -> datetime:
    """From which record time on evidence may still be due: who subscribes anew from then misses nothing.

    Record times rise with the sequence numbers, so what was not delivered yet was recorded when the last that
    was, or later; "now" would be too late for what was being stored meanwhile. One look-up.
    """
    last = select(EvidenceRow.record_time).where(EvidenceRow.sequence == known.delivered)
    time = reading.connection.execute(last).scalar()
    since = known.min_record_time if time is None else min(time, known.min_record_time)
    asked_for_later = known.initial_record_time > known.created
    return max(since, known.initial_record_time) if asked_for_later else since


def note_delivered(
    writing: Writing, known: Subscription, through: int, now: datetime, *, ends_run: bool
) -> Subscription:
    """The receiver acknowledged everything up to a sequence number, the last of its run or not."""
    return _note(
        writing,
        known,
        delivered=through,
        min_record_time=now if ends_run else known.min_record_time,
        last_notified=now,
        failing_since=None,
        reason="",
    )


def note_run(writing: Writing, known: Subscription, through: int, now: datetime) -> Subscription:
    """A run is over: everything up to a sequence number was looked at, and sent where it matched."""
    return _note(writing, known, delivered=through, min_record_time=now)


def note_batch(writing: Writing, known: Subscription, most: int) -> Subscription:
    """The receiver takes that many events at once at most."""
    return _note(writing, known, batch=most)


def note_failing(writing: Writing, known: Subscription, reason: str, now: datetime) -> Subscription:
    """An attempt that began ``now`` failed; since when they fail stays as it was, unless that lies ahead."""
    return _note(writing, known, failing_since=min(known.failing_since or now, now), reason=reason)


def note_mended(writing: Writing, known: Subscription) -> Subscription:
    """What failed does not fail any more."""
    return _note(writing, known, failing_since=None, reason="")


def suspend(writing: Writing, known: Subscription, reason: str, now: datetime) -> Subscription:
    """Send nothing any more, for a reason in words."""
    return _note(writing, known, suspended=now, reason=reason)


def _note(writing: Writing, known: Subscription, **values: Any) -> Subscription:
    """Changes nothing where it was deleted meanwhile."""
    writing.connection.execute(update(SubscriptionRow).where(SubscriptionRow.id == known.id).values(**values))
    return replace(known, **values)


def _of(party: str, query_name: str) -> tuple[ColumnElement[bool], ...]:
    named = SubscriptionRow.query_name == query_name
    if query_name == EVENT_QUERY:
        named = or_(named, SubscriptionRow.query_name.is_(None))
    return (SubscriptionRow.party == party, named)


_COLUMNS = tuple(column.name for column in SubscriptionRow.__table__.columns)
_SUBSCRIPTIONS: Select[Any] = select(*SubscriptionRow.__table__.columns)


def _subscription(row: Mapping[Any, Any]) -> Subscription:
    told: dict[str, Any] = dict(row)
    if told["schedule"] is not None:
        told["schedule"] = parse_schedule(told["schedule"])
    return Subscription(**told)
