"""One machine that is started anew is never taken for two, however wrong its clock and late its requests.

And two machines with one key are found out, however their clocks differ. Each run is heard before the next
one begins; what it sent may come later still.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from suyuan.api.device_auth import LONGEST_LIFE, TOLERANCE
from suyuan.readers.station.device_key import LIFE_S
from suyuan.readers.station.device_key import TOLERANCE as LET_BE
from suyuan.trace.store.devices import Device, insert_device, note_seen
from suyuan.trace.store.engine import Writing, open_engine
from suyuan.trace.store.migrate import migrate

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
CORRECTS_S = int(LET_BE.total_seconds())
NAMES = (f"{number:016x}" for number in itertools.count())
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass(frozen=True)
class Request:
    """Made in the run ``boot`` at ``made`` seconds of true time; it ``comes`` later, and says ``iat``."""

    boot: str
    made: float
    comes: float
    iat: float


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    path: Path = tmp_path_factory.mktemp("runs") / "one.db"
    opened = open_engine(path)
    migrate(opened)
    yield opened
    opened.dispose()


def heard(engine: Engine, requests: Sequence[Request]) -> Device:
    """The device after all that the server takes, in the order in which it came."""
    name = next(NAMES)
    found = Device(name, "station", "dock", "party", "place", {}, name, NOW, "boss")
    with Writing(engine) as writing:
        insert_device(writing, found)
        for each in sorted(requests, key=lambda one: one.comes):
            ahead = each.iat - each.comes
            if -LIFE_S < ahead <= TOLERANCE.total_seconds():
                found = note_seen(
                    writing,
                    name,
                    boot=each.boot,
                    signed=NOW + timedelta(seconds=int(each.iat)),
                    clock_offset=round(ahead),
                    now=NOW + timedelta(seconds=each.comes),
                )
    return found


Run = list[tuple[float, float]]
"""For each request: seconds since the one before, and how long it is on its way."""
seconds = st.floats(0, 40)


@FEW
@given(
    ahead=st.integers(-200, CORRECTS_S),
    lives=st.lists(st.lists(st.tuples(seconds, seconds), min_size=1, max_size=4), min_size=2, max_size=4),
)
@example(ahead=CORRECTS_S, lives=[[(0, 0), (0, 10)], [(1, 0)]])
@example(ahead=-100, lives=[[(0, 0), (1, 10)], [(1, 0)]])
def test_a_machine_that_is_started_anew_is_one(engine: Engine, ahead: int, lives: list[Run]) -> None:
    made, requests = 0.0, list[Request]()
    for number, life in enumerate(lives):
        for at, (pause, way) in enumerate(life):
            made += pause
            # A clock that is very wrong is corrected by the first answer of each run.
            wrong = ahead if at == 0 or abs(ahead) <= CORRECTS_S else 0
            comes = made if at == 0 else made + way
            requests.append(Request(f"boot-{number}", made, comes, made + wrong))
    assert heard(engine, requests).doubled is None


@FEW
@given(first=st.integers(-CORRECTS_S, CORRECTS_S), second=st.integers(-CORRECTS_S, CORRECTS_S), way=seconds)
def test_two_machines_with_one_key_are_found_out(engine: Engine, first: int, second: int, way: float) -> None:
    requests = [
        Request(boot, at, at + way, at + ahead)
        for at in range(0, 120, 10)
        for boot, ahead in (("a", first), ("b", second))
    ]
    assert heard(engine, requests).doubled is not None


def test_a_token_lives_no_longer_than_the_server_takes() -> None:
    assert timedelta(seconds=LIFE_S) <= LONGEST_LIFE
    assert LET_BE <= TOLERANCE
