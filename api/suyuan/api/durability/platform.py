"""The real server as a process of its own on a store of its own, and what is in that store afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from sqlalchemy import select

from suyuan.api.database import prepared_engine
from suyuan.api.demo.server import free_port, running_server
from suyuan.api.settings import Settings, read_settings
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import Reading, Writing, open_engine
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
