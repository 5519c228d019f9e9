"""A producer without GS1 membership, with a product, a lot and a shop, on a real server."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Engine
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.house import House
from suyuan.api.labelling import LabelDesk
from suyuan.api.settings import Settings
from suyuan.trace.register.book import enter_all, giving
from suyuan.trace.register.sheets import read_sheet
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.sight import Viewer

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
HERE = "http://testserver"
HOME = "https://testserver"
PASSWORD = "a long sentence of the farm shop"
ADMIN = Viewer("root", "administrator", "")


@dataclass(frozen=True, slots=True)
class Farm:
    """A producer without GS1 membership, with a product, a lot and a shop; all entered by form."""

    client: TestClient
    house: House
    desk: LabelDesk
    token: str
    party: str
    product: str
    lot: str
    shed: str
    shop: str

    @property
    def viewer(self) -> Viewer:
        return Viewer("farmer", "company", self.party)

    def tell(self, *events: dict[str, Any]) -> Any:
        document = {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-20T08:00:00Z",
            "epcisBody": {"eventList": list(events)},
        }
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        answer = self.client.post("/capture", content=orjson.dumps(document), headers=headers)
        assert answer.status_code == 202, answer.text
        job = self.client.get(answer.headers["Location"], headers=headers).json()
        assert job["success"], job
        return job

    def sign_in(self, name: str = "farmer") -> None:
        answer = self.client.post(
            "/sign-in",
            data={"name": name, "password": PASSWORD},
            headers={"Origin": HERE},
            follow_redirects=False,
        )
        assert answer.status_code == 303


def entered(writing: Writing, kind: Any, **values: str) -> str:
    entry, found = read_sheet(kind, values)
    assert entry is not None, found
    return enter_all(writing, [entry], by=ADMIN, now=NOW, give=giving(HERE), confirmed=True)[0].key


@contextmanager
def farming(engine: Engine, settings: Settings, now: Callable[[], datetime] = lambda: NOW) -> Generator[Farm]:
    """The producer's platform, open."""
    with Writing(engine) as writing:
        party = entered(
            writing,
            "party",
            roles="producer",
            name_zh="山下合作社",
            name_en="Hillfoot Co-op",
            district="330106",
        )
        shed, shop = (
            entered(writing, "place", party=party, stage=stage, name_zh=zh, district="330106")
            for stage, zh in (("processing", "加工间"), ("retail", "门店"))
        )
        product = entered(
            writing, "product", name_zh="鲜肉粽", name_en="Pork zongzi", producer=party, net_content="100 g"
        )
        lot = entered(
            writing, "lot", product=product, lot="端午-7", production_date="2026-11-18",
            best_before="2027-05-18",
        )  # fmt: skip
        create_account(writing, "farmer", role=AccountRole.COMPANY, party=party, now=NOW, password=PASSWORD)
        create_account(writing, "root", role=AccountRole.ADMINISTRATOR, party="", now=NOW, password=PASSWORD)
        create_account(writing, "line", role=AccountRole.STATION, party=party, now=NOW)
        token, _ = create_token(writing, "line", now=NOW, randbytes=secrets.token_bytes)
    house = House(engine, settings, now)
    desk = LabelDesk(engine, settings, now, secrets.token_bytes, house.passport, house.label_keys)
    with TestClient(application(settings, house, now)) as client:
        yield Farm(client, house, desk, token, party, product, lot, shed, shop)
