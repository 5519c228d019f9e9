"""What tests of the steps of goods on their way share: readings, surroundings, events that are EPCIS."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import orjson

from suyuan.readers.station.bodies import CONTEXT, Place, bodies
from suyuan.readers.station.filtering import Burst, Reading
from suyuan.readers.station.identity import GS1, from_text
from suyuan.readers.station.knowledge import Blocked, Known
from suyuan.readers.station.lessons import lessons
from suyuan.readers.station.order import Order
from suyuan.readers.station.steps import Judgement, Surroundings, judge
from suyuan.trace.epcis.json_document import read_event_json

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)
GTIN, OTHER = "06901234567892", "06901234567816"
PRODUCT = f"https://id.gs1.org/01/{GTIN}"
LOT, LOT_2 = f"{PRODUCT}/10/L1", f"{PRODUCT}/10/L2"
SSCC = "https://id.gs1.org/00/069012345000000011"
PLACE = Place(
    "s1", "https://id.gs1.org/414/6901234567892/254/1", "https://id.gs1.org/414/6901234567892", "+08:00"
)
RECALLED = Blocked("recalled", "7")
PROOF = "ab" * 32


def item(serial: int, gtin: str = GTIN) -> str:
    return f"https://id.gs1.org/01/{gtin}/21/{serial}"


def seen(*epcs: str) -> Burst:
    return Burst(tuple(Reading(from_text(e), NOW, NOW, 1, 1) for e in epcs))


def around(
    blocked: Mapping[str, Blocked] | None = None, known: Mapping[str, Known] | None = None, **more: Any
) -> Surroundings:
    return Surroundings(
        GS1, (blocked or {}).get, lambda key: (known or {}).get(key, Known()), NOW, TODAY, **more
    )


def codes(judged: Judgement) -> list[str]:
    return [m.code for m in judged.messages]


def done(order: Order, burst: Burst, where: Surroundings) -> tuple[dict[str, Any] | None, Judgement]:
    """The event, which is EPCIS, or None; and the judgement, whose words are there in both languages."""
    judged = judge(order, burst, where)
    assert all(m.text("zh") and m.text("en") and m.remedy("zh") and m.remedy("en") for m in judged.messages)
    made = bodies(order, judged, PLACE, NOW)
    for body in made:
        read_event_json(orjson.dumps({"@context": list(CONTEXT), **body}))
    return (made[0] if made else None), judged


def taught(order: Order, judged: Judgement) -> dict[str, str | None]:
    """What the station remembers afterwards of how each object stands."""
    return {lesson.key: lesson.disposition for lesson in lessons(order, judged, GS1)}
