"""The register over HTTP: a world with two companies, and how its pages are used."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from secrets import token_bytes
from typing import Any

from openpyxl import Workbook  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy import func, select
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.house import House, open_house
from suyuan.api.security import cookie_name
from suyuan.api.settings import read_settings
from suyuan.trace.register import book
from suyuan.trace.register.sheets import read_sheet
from suyuan.trace.store.accounts import AccountRole, create_account, start_session
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.record_tables import EntryRow
from suyuan.trace.store.sight import Viewer

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
OPERATOR = Viewer("operator", "administrator", "")
GTIN = "06901234567892"


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class World:
    house: House
    client: TestClient
    clock: Clock
    parties: dict[str, str] = field(default_factory=dict[str, str])

    def sign_in(self, name: str) -> None:
        """Begin a session without its password: what a password costs is tested elsewhere."""
        with Writing(self.house.engine) as writing:
            secret = start_session(
                writing, name, now=self.clock(), randbytes=token_bytes, lifetime=timedelta(hours=12)
            )
        self.client.cookies.clear()
        self.client.cookies.set(cookie_name(secure_cookies=False), secret)

    def get(self, path: str, **query: str) -> Any:
        return self.client.get(f"/console/register{path}", params={"lang": "en", **query})

    def post(self, path: str, data: Mapping[str, Any], **files: tuple[str, bytes]) -> Any:
        return self.client.post(
            f"/console/register{path}",
            params={"lang": "en"},
            data=data,
            files=files or None,
            follow_redirects=False,
        )

    def count(self, kind: str) -> int:
        with Reading(self.house.engine) as reading:
            found = reading.connection.execute(
                select(func.count()).select_from(EntryRow).where(EntryRow.kind == kind)
            ).scalar()
        return found or 0


@contextmanager
def opened(folder: Path) -> Generator[World]:
    """The world over an empty store in ``folder``, with a farm, a shop, an operator and an officer."""
    settings = read_settings(
        {"SUYUAN_VAR": str(folder), "SUYUAN_PUBLIC_URL": "http://testserver", "SUYUAN_PORT": "8000"}
    )
    clock = Clock()
    house = open_house(settings, clock)
    parties: dict[str, str] = {}
    with Writing(house.engine) as writing:
        for name in ("farm", "shop"):
            entry, _ = read_sheet(
                "party",
                {
                    "name_zh": f"{name}公司",
                    "name_en": name.title(),
                    "roles": "producer",
                    "district": "330106",
                },
            )
            assert entry is not None
            made = book.enter(
                writing, entry, by=OPERATOR, now=NOW, give=book.giving(settings.public_url), confirmed=True
            )
            parties[name] = made.key
            create_account(writing, name, role=AccountRole.COMPANY, party=made.key, now=NOW)
        create_account(writing, "operator", role=AccountRole.ADMINISTRATOR, party="", now=NOW)
        create_account(writing, "officer", role=AccountRole.REGULATOR, party="", now=NOW)
    headers = {"Accept": "text/html", "Origin": "http://testserver"}
    with TestClient(application(settings, house, clock), headers=headers) as client:
        yield World(house, client, clock, parties)


def text_of(answer: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def product(world: World, **other: str) -> dict[str, str]:
    return {"name_zh": "黑毛猪肉", "producer": world.parties["farm"], "farm_product": "pork", **other}


def entered(world: World, **other: str) -> str:
    """The key of a product entered by its form."""
    answer = world.post("/product/new", product(world, **other))
    assert answer.status_code == 303, text_of(answer)
    return str(answer.headers["location"]).partition("/entry/")[2].partition("?")[0]


def workbook(*rows: list[object]) -> bytes:
    book_: Any = Workbook()
    for row in rows:
        book_.active.append(row)
    out = BytesIO()
    book_.save(out)
    return out.getvalue()


HEADINGS: list[object] = [
    "Own code",
    "名称（中文） *",
    "Producer",
    "Kind of farm product",
    "Shelf life (days)",
]


def table(world: World, *rows: tuple[object, ...]) -> bytes:
    filled: list[list[object]] = [
        [code, name, world.parties["farm"], "Pork", days] for code, name, days in rows
    ]
    return workbook(HEADINGS, *filled)
