"""Where a server's time goes for each event that a station sends: prepared, stored, told to lineage.

``python -m tests.bench.bench_drained_event [DOCUMENTS]``, of 2,000 events each, into a new SQLite store:
medians of processor time.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from suyuan.api.following import FollowedLineage
from suyuan.api.house import open_house
from suyuan.api.settings import read_settings
from suyuan.readers.station.delivery import document
from suyuan.trace.store.capture import store
from suyuan.trace.store.prepared import prepare

EVENTS = 2_000
PLACE = "https://id.gs1.org/414/9521234000006"
PARTY = "https://id.gs1.org/417/9521234000013"


def event(number: int) -> dict[str, Any]:
    """A read at a dock, as a station tells it."""
    at = datetime(2026, 11, 19, tzinfo=UTC) + timedelta(milliseconds=number)
    return {
        "type": "ObjectEvent", "action": "OBSERVE",
        "eventID": f"urn:uuid:00000000-0000-7000-8000-{number:012x}",
        "epcList": [f"https://id.gs1.org/01/09521234000020/21/{number + 1}"],
        "eventTime": at.isoformat(timespec="milliseconds"), "eventTimeZoneOffset": "+08:00",
        "bizStep": "receiving", "disposition": "in_progress",
        "readPoint": {"id": f"{PLACE}/254/dock"}, "bizLocation": {"id": PLACE},
        "suyuan:station": "dock", "suyuan:basis": "read", "suyuan:sequence": number + 1,
    }  # fmt: skip


def measure(folder: Path, documents: int) -> dict[str, float]:
    """Microseconds of a processor for an event; the first document makes ready and does not count."""
    engine = open_house(read_settings({"SUYUAN_VAR": str(folder)})).engine
    lineage = FollowedLineage(engine, "objects")
    found: dict[str, list[float]] = {"prepared": [], "stored": [], "told to lineage": []}
    for first in range(0, documents * EVENTS, EVENTS):
        now = datetime.now(UTC)
        sent = document([orjson.dumps(event(number)) for number in range(first, first + EVENTS)], now)
        times = [time.thread_time()]
        prepared = prepare(sent, "application/json", party=PARTY, now=now)
        times.append(time.thread_time())
        lineage.hand_over(store(engine, prepared))
        times.append(time.thread_time())
        lineage.follow()
        times.append(time.thread_time())
        for name, start, end in zip(found, times, times[1:], strict=False):
            found[name].append((end - start) / EVENTS * 1e6)
    engine.dispose()
    return {name: median(values[1:]) for name, values in found.items()}


if __name__ == "__main__":
    with TemporaryDirectory() as place:
        came = measure(Path(place), int(sys.argv[1]) if len(sys.argv) > 1 else 7)
    for name, value in came.items():
        sys.stdout.write(f"{name:16} {value:6.1f} µs an event\n")
    sys.stdout.write(f"{'together':16} {sum(came.values()):6.1f}\n")
