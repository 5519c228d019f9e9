"""The real server as a process of its own on a store of its own, and what is in that store afterwards."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from sqlalchemy import select

from suyuan.api.database import prepared_engine
from suyuan.api.demo.server import running_server
from suyuan.api.settings import Settings, read_settings
from suyuan.simulator.ports import free_port
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import Reading, Writing, open_engine
from suyuan.trace.store.station_numbers import stations as standings
from suyuan.trace.store.tables import EvidenceRow

PARTY = "https://id.gs1.org/417/9521234000013"


@dataclass(frozen=True, slots=True)
class Platform:
    """Where a server of ``settings`` answers, and the token with which stations send."""

    settings: Settings
    token: str

    @property
    def url(self) -> str:
        """Its address."""
        return self.settings.public_url


def prepared(folder: Path) -> Platform:
    """An empty store in ``folder``, with an account for stations; the server is not started yet."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    settings = read_settings(
        {
            "SUYUAN_VAR": str(folder),
            "SUYUAN_PORT": str(port),
            "SUYUAN_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }
    )
    engine = prepared_engine(settings.database)
    now = datetime.now(UTC)
    with Writing(engine) as writing:
        create_account(writing, "stations", role=AccountRole.STATION, party=PARTY, now=now)
        token, _ = create_token(writing, "stations", now=now, randbytes=secrets.token_bytes)
    engine.dispose()
    return Platform(settings, token)


@contextmanager
def running(folder: Path) -> Generator[Platform]:
    """The server, ready to answer, for as long as the block lasts."""
    platform = prepared(folder)
    with running_server(platform.settings):
        yield platform


def stored(platform: Platform) -> Iterator[tuple[str, int, str]]:
    """Station, number and eventID of every record in the store, in the order of storing."""
    engine = open_engine(platform.settings.database)
    try:
        with Reading(engine) as reading:
            statement = select(EvidenceRow.event_id, EvidenceRow.body).order_by(EvidenceRow.sequence)
            for event_id, body in reading.connection.execution_options(yield_per=5_000).execute(statement):
                told = orjson.loads(body)
                yield told["suyuan:station"], told["suyuan:sequence"], event_id
    finally:
        engine.dispose()


def names(platform: Platform) -> set[str]:
    """The eventIDs in the store."""
    engine = open_engine(platform.settings.database)
    try:
        with Reading(engine) as reading:
            return set(reading.connection.execute(select(EvidenceRow.event_id)).scalars())
    finally:
        engine.dispose()


def passes(platform: Platform, gtin: str) -> tuple[int, Mapping[str, int]]:
    """In how many records more than one the items of ``gtin`` stand, and the records of each read point."""
    engine = open_engine(platform.settings.database)
    seen: Counter[str] = Counter()
    of_points: Counter[str] = Counter()
    try:
        with Reading(engine) as reading:
            for body in reading.connection.execute(select(EvidenceRow.body)).scalars():
                told = orjson.loads(body)
                seen.update(epc for epc in told.get("epcList", ()) if gtin in epc)
                of_points[told["readPoint"]["id"].rpartition("/")[2]] += 1
    finally:
        engine.dispose()
    return sum(count - 1 for count in seen.values()), of_points


def missing(platform: Platform) -> int:
    """Numbers that the server itself tells as missing or as used twice."""
    engine = open_engine(platform.settings.database)
    try:
        with Reading(engine) as reading:
            told = standings(reading)
    finally:
        engine.dispose()
    gone = sum(run.last - run.first + 1 for one in told for run in one.missing)
    return gone + sum(one.repeated is not None for one in told)
