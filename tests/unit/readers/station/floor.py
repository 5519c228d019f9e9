"""A station's judging and memory without its readers and its disk: steps one after the other."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from suyuan.readers.station import memory
from suyuan.readers.station.bodies import CONTEXT, Place, bodies
from suyuan.readers.station.despatch import NOTHING_COMES, Expected
from suyuan.readers.station.filtering import Burst, Reading
from suyuan.readers.station.identity import GS1, from_text
from suyuan.readers.station.knowledge import Blocked
from suyuan.readers.station.lessons import lessons
from suyuan.readers.station.order import Order
from suyuan.readers.station.steps import Judgement, Surroundings, asks, check_order, judge
from suyuan.readers.station.stock import LOOKING_AROUND, pieces
from suyuan.trace.epcis.json_document import read_event_json

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
PLACE = Place("s1", "https://id.gs1.org/414/6901234567892", None, "+08:00")
GTIN, OTHER = "06901234567892", "06901234567816"


def item(serial: int, gtin: str = GTIN) -> str:
    return f"https://id.gs1.org/01/{gtin}/21/{serial}"


def labelled(serial: int, lot: str, gtin: str = GTIN) -> str:
    return f"https://id.gs1.org/01/{gtin}/10/{lot}/21/{serial}"


def lot(number: str, gtin: str = GTIN) -> str:
    return f"https://id.gs1.org/01/{gtin}/10/{number}"


def sscc(number: int) -> str:
    body = f"0690123456{number:07d}"
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(body))
    return f"https://id.gs1.org/00/{body}{-weighted % 10}"


def burst(*epcs: str, tids: tuple[bytes, ...] = ()) -> Burst:
    return Burst(tuple(Reading(from_text(e), NOW, NOW, 1, 1, None, tids) for e in epcs))


def check_event(body: Mapping[str, Any]) -> None:
    """See that it is an event as EPCIS 2.0 has it."""
    read_event_json(orjson.dumps({**body, "@context": list(CONTEXT)}))


@dataclass
class Floor:
    """``sections`` are the tables of its file; ``blocked`` what the block list stops."""

    sections: Mapping[str, tuple[object, ...]] = field(default_factory=dict[str, tuple[object, ...]])
    blocked: Mapping[str, Blocked] = field(default_factory=dict[str, Blocked])
    today: date = TODAY
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    time: datetime = NOW
    checks_events: bool = True
    coming: Expected = NOTHING_COMES

    def __post_init__(self) -> None:
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        for statement in memory.SCHEMA:
            self.db.execute(statement)

    def judge(self, order: Order, seen: Burst) -> Judgement:
        check_order(order, GS1)
        remembered = memory.recollect(self.db, asks(order, seen, GS1, self.coming))
        around = Surroundings(
            GS1,
            self.blocked.get,
            lambda key: memory.recall_of(remembered.known, key),
            self.time,
            self.today,
            self.sections,
            self.coming,
            sources=remembered.sources,
            contents=remembered.contents,
            inside=remembered.inside,
            loose=remembered.loose,
            stock=tuple(pieces(self.db)) if order.step in LOOKING_AROUND else (),
        )
        return judge(order, seen, around)

    def do(self, order: Order, *epcs: str) -> Judgement:
        """Carry ``order`` out on what is read; its event is kept, and what it teaches."""
        self.time += timedelta(seconds=1)
        judged = self.judge(order, burst(*epcs))
        for body in bodies(order, judged, PLACE, self.time):
            self.events.append(body)
            if self.checks_events:
                check_event(body)
            memory.learn(self.db, lessons(order, judged, GS1), self.time)
        return judged


def codes(judged: Judgement) -> list[str]:
    return [message.code for message in judged.messages]
