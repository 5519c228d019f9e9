"""The real application on a real port of this machine, in a thread, by the clock of this machine."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
import uvicorn
from sqlalchemy import insert

from suyuan.api.app import application
from suyuan.api.devices import DeviceDesk
from suyuan.api.house import House, open_house
from suyuan.api.labelling import LabelDesk
from suyuan.api.settings import read_settings
from suyuan.portal.services import Principal
from suyuan.trace.store.accounts import AccountRole, accounts, create_account, create_token
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.record_tables import EntryRow

SHOP = "https://id.gs1.org/417/9521234000013"
PLACE = "https://id.gs1.org/414/9521234000020"
BOSS = Principal("boss", "company", SHOP)
PASSWORD = "a long sentence of somebody"
_PATIENCE_S = 20


@dataclass(frozen=True, slots=True)
class Live:
    url: str
    house: House
    desk: DeviceDesk
    token: str  # of an administrator
    labels: LabelDesk

    def events(self, key: str, step: str) -> list[dict[str, Any]]:
        """The events of a step that name a key, as ``GET /events`` gives them."""
        params = {"MATCH_anyEPC" if "/10/" not in key else "MATCH_anyEPCClass": key, "EQ_bizStep": step}
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        answer = httpx.get(f"{self.url}/events", params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"])

    def sign_up(self, name: str, role: AccountRole, party: str) -> None:
        """An account with a password, if there is none of that name yet."""
        with Writing(self.house.engine) as writing:
            if name not in {known.name for known in accounts(writing)}:
                create_account(
                    writing, name, role=role, party=party, now=datetime.now(UTC), password=PASSWORD
                )

    def station_of(self, party: str) -> str:
        """The token of a station of ``party``, whose word counts of goods that ``party`` answers for."""
        now = datetime.now(UTC)
        with Writing(self.house.engine) as writing:
            create_account(writing, "line", role=AccountRole.STATION, party=party, now=now)
            return create_token(writing, "line", now=now, randbytes=secrets.token_bytes)[0]

    def code(self, kind: str, name: str = "till") -> str:
        link, _, _ = self.desk.make_code(BOSS, kind=kind, name=name, place=PLACE)
        return link


def place_entry(key: str, owner: str) -> dict[str, Any]:
    """A row of the register for a place, whatever other columns it has."""
    blank = {column.name: None if column.nullable else "" for column in EntryRow.__table__.columns}
    told = {"key": key, "owner": owner, "kind": "place", "state": "approved", "created": datetime.now(UTC)}
    return {**blank, **told}


@contextmanager
def live_server(folder: Path, **more: str) -> Generator[Live]:
    """``more`` are further settings by their names in the environment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = read_settings({"SUYUAN_VAR": str(folder), "SUYUAN_PUBLIC_URL": url, **more})
        house = open_house(settings)
        with Writing(house.engine) as writing:
            writing.connection.execute(insert(EntryRow), place_entry(PLACE, SHOP))
            create_account(writing, "admin", role=AccountRole.ADMINISTRATOR, party="", now=datetime.now(UTC))
            token, _ = create_token(writing, "admin", now=datetime.now(UTC), randbytes=secrets.token_bytes)
        app = application(settings, house)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        patience = monotonic() + _PATIENCE_S
        while not server.started and monotonic() < patience:
            sleep(0.02)
        try:
            yield Live(url, house, app.state.devices, token, app.state.labels)
        finally:
            server.should_exit = True
            thread.join(_PATIENCE_S)
