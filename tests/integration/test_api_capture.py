"""``/capture`` by the letter of the standard: jobs, their pages and forms, refusals in JSON and XML."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from lxml import etree
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.house import House, open_house
from suyuan.api.settings import read_settings
from suyuan.trace.epcis.problems import DEFAULT_LIMITS
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.page_tokens import LIFETIME

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
JSON = {"Content-Type": "application/json"}
XML = {"Content-Type": "application/xml"}
EPCIS = "{urn:epcglobal:epcis:xsd:2}"
OURS = "{https://ns.suyuan.example/}"
LIMITS = {
    "GS1-EPCIS-Capture-Limit": "10000",
    "GS1-EPCIS-Capture-File-Size-Limit": str(DEFAULT_LIMITS.body_bytes),
}
NO_ITEM = "https://id.gs1.org/01/09521234000014/21/1"  # a wrong check digit


@dataclass
class World:
    client: TestClient
    house: House
    dock: dict[str, str]
    mill: dict[str, str]
    officer: dict[str, str]
    now: datetime = NOW

    def capture(self, content: bytes, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post("/capture", content=content, headers={**self.dock, **JSON, **named})

    def job(self, answer: Any, accept: str = "application/json") -> Any:
        assert answer.status_code == 202, answer.text
        return self.client.get(answer.headers["Location"], headers={**self.dock, "Accept": accept})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = read_settings(
        {"SUYUAN_VAR": str(tmp_path_factory.mktemp("capture")), "SUYUAN_PUBLIC_URL": "http://testserver"}
    )
    made: list[World] = []
    house = open_house(settings, lambda: made[0].now if made else NOW)
    tokens: dict[str, dict[str, str]] = {}
    with Writing(house.engine) as writing:
        for number, (name, role) in enumerate(
            (("dock", AccountRole.STATION), ("mill", AccountRole.STATION), ("officer", AccountRole.REGULATOR))
        ):
            create_account(writing, name, role=role, party=f"urn:x:{name}", now=NOW)
            token, _ = create_token(
                writing, name, now=NOW, randbytes=lambda count, number=number: bytes([number] * count)
            )
            tokens[name] = {"Authorization": f"Bearer {token}"}
    with TestClient(application(settings, house, lambda: NOW)) as client:
        made.append(World(client, house, tokens["dock"], tokens["mill"], tokens["officer"]))
        yield made[0]


@pytest.fixture(scope="session")
def schema(shared: Path) -> etree.XMLSchema:
    return etree.XMLSchema(
        etree.parse(str(shared / "epcis" / "schemas" / "xsd" / "2_0_0" / "EPCglobal-epcis-2_0.xsd"))
    )


_numbers = iter(range(1, 10**6))


def observed(**other: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:0193429a-0000-7000-8000-{next(_numbers):012d}",
        "eventTime": "2026-11-19T08:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "epcList": ["https://id.gs1.org/01/09521234000013/21/7001"],
        "action": "OBSERVE",
        **other,
    }


def document(*events: dict[str, Any], **members: Any) -> bytes:
    return orjson.dumps(
        {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-20T08:00:00Z",
            "epcisBody": {"eventList": list(events)},
            **members,
        }
    )


def wrong() -> dict[str, Any]:
    return observed(epcList=[NO_ITEM])


@pytest.mark.shared
@pytest.mark.parametrize(
    ("behaviour", "events", "success", "captured", "at"),
    [
        ("rollback", "++", True, 2, []),
        ("rollback", "+-+-", False, 0, [1, 3]),
        ("proceed", "+++", True, 3, []),
        ("proceed", "+-+-", False, 2, [1, 3]),
        ("proceed", "--", False, 0, [0, 1]),
        (None, "-+", False, 0, [0]),
    ],
)
def test_the_job_tells_what_was_captured_and_what_was_not(
    world: World,
    schema: etree.XMLSchema,
    behaviour: str | None,
    events: str,
    success: bool,
    captured: int,
    at: list[int],
) -> None:
    content = document(*(observed() if sign == "+" else wrong() for sign in events))
    headers = {} if behaviour is None else {"GS1-Capture-Error-Behaviour": behaviour}
    answer = world.capture(content, **headers)
    job = world.job(answer).json()
    assert (job["running"], job["success"], job["suyuan:captured"]) == (False, success, captured)
    assert job["captureErrorBehaviour"] == (behaviour or "rollback")
    assert job["createdAt"] == job["finishedAt"] == "2026-11-20T08:00:00Z"
    assert [error["where"] for error in job["errors"]] == [f"/epcisBody/eventList/{n}/epcList/0" for n in at]
    assert {error["type"] for error in job["errors"]} <= {"epcisException:ValidationException"}

    told = world.job(answer, "application/xml")
    assert told.headers["content-type"].startswith("application/xml")
    root = etree.fromstring(told.content)
    schema.assertValid(root)
    assert root.attrib == {
        "running": "false",
        "success": str(success).lower(),
        "captureID": job["captureID"],
    }
    assert [found.text for found in root.iter(f"{OURS}where")] == [error["where"] for error in job["errors"]]
    assert [found.text for found in root.iter("detail")] == [error["detail"] for error in job["errors"]]
    assert root.findtext(f"{OURS}captured") == str(captured)


def test_jobs_are_listed_page_by_page_to_who_sent_them(world: World) -> None:
    sent = [world.client.post("/capture", content=document(observed()), headers={**world.mill, **JSON})]
    for minute in (1, 2):
        world.now = NOW + timedelta(minutes=minute)
        sent.append(
            world.client.post("/capture", content=document(observed()), headers={**world.mill, **JSON})
        )
    world.now = NOW
    first = world.client.get("/capture?perPage=2", headers=world.mill)
    assert first.headers["GS1-Next-Page-Token-Expires"] == (NOW + LIFETIME).isoformat()
    last = world.client.get(first.links["next"]["url"], headers=world.mill)
    assert "next" not in last.links
    listed = [f"/capture/{job['captureID']}" for job in first.json() + last.json()]
    assert listed == [answer.headers["Location"] for answer in reversed(sent)]
    stranger = world.client.get(listed[0], headers=world.dock)
    assert (stranger.status_code, stranger.json()["type"]) == (404, "epcisException:NoSuchResourceException")
    world.now = NOW + LIFETIME
    late = world.client.get(first.links["next"]["url"], headers=world.mill)
    world.now = NOW
    assert (late.status_code, late.json()["where"]) == (400, "nextPageToken")


@pytest.mark.parametrize(
    "query",
    [
        *(f"perPage={value}" for value in ("0", "-1", "x", "1.5", "%D9%A3", "9" * 40)),
        *(f"nextPageToken={value}" for value in ("x", "e30", "WzEsMiwzXQ", "WzFlOTksIngiLDFd", "%00", "ä")),
        "nextPageToken=WzEwMDAwMDAwMDAwMDAwMDAwMDAsIngiLDFd",
    ],
)
def test_a_page_that_cannot_be_is_told(world: World, query: str) -> None:
    answer = world.client.get(f"/capture?{query}", headers=world.dock)
    assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:QueryParameterException")
    assert answer.json()["where"] == query.partition("=")[0]


NOTHING: list[dict[str, Any]] = [{}]
TOO_MANY = document(*(NOTHING * (DEFAULT_LIMITS.events + 1)))
REFUSALS: list[tuple[str, str, dict[str, str], bytes, int, str]] = [
    ("POST", "/capture", JSON, b"{", 400, "ValidationException"),
    ("POST", "/capture", JSON, document(schemaVersion=7), 400, "ValidationException"),
    ("POST", "/capture", XML, b"<a/>", 400, "ValidationException"),
    ("POST", "/events", JSON, orjson.dumps(wrong()), 400, "ValidationException"),
    (
        "POST",
        "/capture",
        {**JSON, "GS1-Capture-Error-Behaviour": "all"},
        document(),
        400,
        "ValidationException",
    ),
    ("POST", "/capture", {**JSON, "Content-Encoding": "gzip"}, b"no gzip", 400, "ValidationException"),
    ("POST", "/capture", JSON, b" " * (DEFAULT_LIMITS.body_bytes + 1), 413, "CaptureLimitExceededException"),
    ("POST", "/events", JSON, b" " * (DEFAULT_LIMITS.body_bytes + 1), 413, "CaptureLimitExceededException"),
    ("POST", "/capture", JSON, TOO_MANY, 413, "CaptureLimitExceededException"),
    ("POST", "/capture", {"Content-Type": "text/csv"}, b"a,b", 415, "UnsupportedMediaTypeException"),
    ("POST", "/capture", {}, b"{}", 415, "UnsupportedMediaTypeException"),
    ("POST", "/capture", {**JSON, "Content-Encoding": "br"}, b"", 415, "UnsupportedMediaTypeException"),
    ("GET", "/capture/none", {}, b"", 404, "NoSuchResourceException"),
    ("GET", f"/capture/{'0' * 32}", {}, b"", 404, "NoSuchResourceException"),
    ("GET", f"/capture/{'0' * 3000}", {}, b"", 404, "NoSuchResourceException"),
    ("GET", "/capture/%00%01%ff", {}, b"", 404, "NoSuchResourceException"),
    ("GET", "/capture", {"Authorization": ""}, b"", 401, "SecurityException"),
    ("POST", "/capture", {**JSON, "Authorization": ""}, b"{}", 401, "SecurityException"),
    ("GET", "/capture", {"Authorization": "Bearer sy_wrong"}, b"", 401, "SecurityException"),
    ("GET", "/capture", {"Authorization": "officer"}, b"", 403, "SecurityException"),
]


@pytest.mark.shared
@pytest.mark.parametrize(("method", "path", "headers", "content", "status", "name"), REFUSALS)
def test_a_refusal_has_the_name_of_the_standard_in_both_forms(
    world: World,
    schema: etree.XMLSchema,
    method: str,
    path: str,
    headers: dict[str, str],
    content: bytes,
    status: int,
    name: str,
) -> None:
    sent = {**world.dock, **headers}
    if sent["Authorization"] == "officer":
        sent |= world.officer
    in_json, in_xml = (
        world.client.request(method, path, content=content, headers={**sent, "Accept": accept})
        for accept in ("application/json", "application/xml")
    )
    told = in_json.json()
    assert in_json.headers["content-type"] == "application/problem+json"
    assert (in_json.status_code, told["status"], told["type"]) == (status, status, f"epcisException:{name}")
    assert told["detail"]
    assert in_xml.headers["content-type"].startswith("application/problem+xml")
    assert in_xml.status_code == status
    root = etree.fromstring(in_xml.content)
    schema.assertValid(root)
    assert root.tag == f"{EPCIS}EPCISException"
    standard = ("type", "title", "status", "detail", "instance")
    assert {part: root.findtext(part) for part in standard} == {
        part: re.sub("[\0\1]", "\N{REPLACEMENT CHARACTER}", str(told[part])) for part in standard
    }
    assert root.findtext(f"{OURS}code") == told["code"]
    for header, value in LIMITS.items():
        for answer in (in_json, in_xml):
            assert answer.headers.get(header) == (value if method == "POST" else None)


@pytest.mark.parametrize(
    ("path", "accept"), [("/capture", "application/xml"), ("/capture/x", "text/csv"), ("/capture", "a/b")]
)
def test_a_form_that_does_not_exist_is_not_acceptable(world: World, path: str, accept: str) -> None:
    answer = world.client.get(path, headers={**world.dock, "Accept": accept})
    assert answer.status_code == 406
    assert b"epcisException:NotAcceptableException" in answer.content


def test_a_wrong_method_on_capture_tells_the_right_ones(world: World) -> None:
    for path, methods in (("/capture", {"GET", "HEAD", "OPTIONS", "POST"}), ("/capture/x", {"GET", "HEAD"})):
        told = set(world.client.options(path).headers["allow"].split(", "))
        assert methods <= told
        assert world.client.delete(path, headers=world.dock).status_code == 405


def test_a_post_is_answered_by_the_interface_not_by_a_page(world: World) -> None:
    refused = world.client.post(
        "/capture", content=b"{", headers={**world.dock, **JSON, "Accept": "text/csv"}
    )
    assert refused.headers["content-type"] == "application/problem+json"
    content = gzip.compress(document(observed()))
    taken = world.capture(content, Content_Encoding="gzip")
    assert (taken.status_code, taken.headers["GS1-Capture-Error-Behaviour"]) == (202, "all")
    assert {name: taken.headers[name] for name in LIMITS} == LIMITS


def test_an_event_that_exists_is_a_conflict_in_xml_too(world: World) -> None:
    event = {**orjson.loads(document()), **observed()}
    for name in ("schemaVersion", "creationDate", "epcisBody"):
        del event[name]
    content, headers = orjson.dumps(event), {**world.dock, **JSON, "Accept": "application/xml"}
    first, again = (world.client.post("/events", content=content, headers=headers) for _ in range(2))
    assert first.status_code == 201, first.text
    assert first.headers["Location"] == f"/events/{quote(event['eventID'], safe='')}"
    assert again.status_code == 409
    assert b"epcisException:ResourceAlreadyExistsException" in again.content
