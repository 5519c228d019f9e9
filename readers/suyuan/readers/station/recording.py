"""From what was read to a durable event: judged, built, stored, and only then told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any

from suyuan.readers.station.bodies import Place, bodies, local_day, sighting
from suyuan.readers.station.clock import Quality, unknown
from suyuan.readers.station.config import ReadPoint, StationConfig
from suyuan.readers.station.despatch import NOTHING_COMES, Expected
from suyuan.readers.station.errors import OutboxDamaged, OutboxUnavailable
from suyuan.readers.station.event_id import new_event_id
from suyuan.readers.station.filtering import Burst
from suyuan.readers.station.identity import Identities
from suyuan.readers.station.journal import Entry
from suyuan.readers.station.lessons import lessons
from suyuan.readers.station.memory import recall_of
from suyuan.readers.station.order import Order
from suyuan.readers.station.outbox import Outbox
from suyuan.readers.station.outcome import Outcome, not_stored, outcome_of
from suyuan.readers.station.recall_task import NOTHING_ASKED, Tasks
from suyuan.readers.station.steps import (
    Blocked,
    Judgement,
    Known,
    Surroundings,
    asks,
    judge,
)
from suyuan.readers.station.stock import LOOKING_AROUND, Piece, pieces
from suyuan.readers.station.watch import Tag, tags_of


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of a pass: without sequences nothing is stored. ``tags`` are those of its screen.

    ``stored`` is false only where something should have been stored and could not be.
    """

    outcome: Outcome
    tags: tuple[Tag, ...]
    stored: bool = True


class Recorder:
    """Makes the events of one station.

    Args:
        config: of the station.
        outbox: where events are stored.
        identities: how tags and texts are read.
        blocked: why a canonical key must not go on, or None.
        now: the wall clock, aware UTC.
        monotonic: seconds that never go back, kept with each record.
        random: event ids.
        boot_id: of the machine, kept beside the monotonic clock.
        clock: how far the wall clock can be trusted at the moment.
        coming: what is on its way.
        asked: what the platform asks to be taken out of trade.
    """

    def __init__(
        self,
        config: StationConfig,
        outbox: Outbox,
        identities: Identities,
        *,
        blocked: Callable[[str], Blocked | None],
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        random: Random,
        boot_id: str,
        clock: Callable[[], Quality] = unknown,
        coming: Callable[[], Expected] = lambda: NOTHING_COMES,
        asked: Callable[[], Tasks] = lambda: NOTHING_ASKED,
    ) -> None:
        self._config = config
        self._outbox = outbox
        self._identities = identities
        self._blocked = blocked
        self._now = now
        self._monotonic = monotonic
        self._random = random
        self._boot_id = boot_id
        self._clock = clock
        self._coming = coming
        self._asked = asked

    async def judge(self, order: Order, burst: Burst) -> tuple[Judgement, tuple[Tag, ...]]:
        """What would become of ``burst`` if the pass ended now; linear in its tags.

        Raises:
            OutboxUnavailable: what the station remembers cannot be read.
        """
        around = await self._surroundings(order, burst, self._now())
        judged = judge(order, burst, around)
        return judged, tags_of(burst, judged, around.known)

    async def record(self, order: Order, point: ReadPoint, burst: Burst) -> Recorded:
        """Store the event that ``order`` makes of ``burst``; an outbox that cannot is told in the outcome."""
        now, station = self._now(), self._config.station
        judged: Judgement | None = None
        tags: tuple[Tag, ...] = ()
        try:
            around = await self._surroundings(order, burst, now)
            judged = judge(order, burst, around)
            tags = tags_of(burst, judged, around.known)
            place = Place(station, point.read_point, point.biz_location, self._config.utc_offset)
            outcome = outcome_of(station, point, order, judged, now)
            entries = [
                self._entry(
                    order, judged, replace(outcome, event_ids=(new_event_id(now, self._random),)), body
                )
                for body in bodies(order, judged, place, now)
            ]
            extra = self._sighting(order, judged, place, now)
            sequences = await self._outbox.append([*entries, *extra]) if entries or extra else []
        except (OutboxUnavailable, OutboxDamaged) as error:
            return Recorded(not_stored(station, point, order, judged, error, self._now()), tags, stored=False)
        names = tuple(entry.event_id for entry in entries)
        return Recorded(replace(outcome, event_ids=names, sequences=tuple(sequences[: len(names)])), tags)

    def _sighting(self, order: Order, judged: Judgement, place: Place, now: datetime) -> tuple[Entry, ...]:
        """What was kept out, for the platform: it belongs to no order, teaches nothing and is not undone."""
        body = sighting(order, judged, place, now)
        if body is None:
            return ()
        name = new_event_id(now, self._random)
        return (Entry(name, body, now, self._monotonic(), self._boot_id, clock=self._clock()),)

    def _entry(self, order: Order, judged: Judgement, outcome: Outcome, body: dict[str, Any]) -> Entry:
        return Entry(
            outcome.event_ids[0],
            body,
            outcome.time,
            self._monotonic(),
            self._boot_id,
            lessons(order, judged, self._identities),
            order.order_id,
            outcome.as_json(),
            outcome.read_point,
            self._clock(),
        )

    async def _surroundings(self, order: Order, burst: Burst, now: datetime) -> Surroundings:
        recollected = await self._outbox.recollect(asks(order, burst, self._identities, self._coming()))

        def remembered(key: str) -> Known:
            return recall_of(recollected.known, key)

        return Surroundings(
            self._identities,
            self._blocked,
            remembered,
            now,
            local_day(now, self._config.utc_offset),
            self._config.sections,
            self._coming(),
            recollected.sources,
            recollected.contents,
            await self._stock(order),
            recollected.inside,
            self._asked(),
            recollected.loose,
        )

    async def _stock(self, order: Order) -> tuple[Piece, ...]:
        """All that the station knows to lie anywhere, where the step looks at the whole store."""
        return tuple(await self._outbox.within(pieces)) if order.step in LOOKING_AROUND else ()
