"""The OpenAPI description is true: every route is in it, and made-up requests are answered as it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.conformance.api_cases import asked, prepared

from suyuan.api.openapi.description import ROWS, description, operations
from suyuan.api.security import LONGEST_TARGET

CASES = 70
_LIKE_EPCS = re.compile("/(eventTypes|bizSteps|bizLocations|readPoints|dispositions)")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> tuple[FastAPI, str]:
    return prepared(tmp_path_factory.mktemp("described"))


def test_every_route_has_its_row_and_every_row_its_route(served: tuple[FastAPI, str]) -> None:
    routes = {(method, re.sub(r"\{[^}]*\}", "{}", path)) for (method, path), _ in operations(told(served))}
    assert routes == ROWS.keys()


def test_every_reference_leads_somewhere_and_every_component_is_used(served: tuple[FastAPI, str]) -> None:
    described = told(served)
    named = set(references(described))
    there = {
        f"#/components/{kind}/{name}" for kind, parts in described["components"].items() for name in parts
    }
    assert named <= there
    assert {name for name in there - named if "/securitySchemes/" not in name} == set()


def test_who_asks_is_told_as_it_is(served: tuple[FastAPI, str]) -> None:
    """What is told to be public needs no credentials, and all else refuses who has none."""
    app, _ = served
    for (method, path), operation in operations(told(served)):
        refuses = "401" in operation["responses"]
        assert bool(operation["security"]) == refuses, (method, path)
    assert all(scheme in told((app, ""))["components"]["securitySchemes"] for scheme in ("bearer", "session"))


def test_made_up_requests_are_answered_as_described(served: tuple[FastAPI, str]) -> None:
    found = asked(*served, CASES, 2026, but=is_like_another)
    assert not found.faults, "\n\n".join(f"{what}\n{fault}" for what, fault in found.faults.items())
    labels = {f"{method.upper()} {path}" for (method, path), _ in operations(told(served))}
    assert {label for label, _ in found.answers} == {label for label in labels if not is_like_another(label)}
    assert any(status < 300 for _, status in found.answers)  # not everything was refused at the door


def test_the_checks_see_what_is_not_as_described(tmp_path: Path) -> None:
    app, token = prepared(tmp_path)
    described = app.openapi()
    del described["paths"]["/livez"]["get"]["responses"]["200"]
    described["components"]["schemas"]["BlockList"]["properties"]["payload"] = {"type": "integer"}
    described["paths"] = {path: described["paths"][path] for path in ("/livez", "/blocklist")}
    faults = asked(app, token, 4, 1).faults
    assert {(label, check) for label, check, _ in faults} == {
        ("GET /livez", "status_code_conformance"),
        ("GET /blocklist", "response_schema_conformance"),
    }


@pytest.mark.parametrize("accept", ["application/json", "application/xml"])
def test_an_address_that_is_too_long_is_told(served: tuple[FastAPI, str], accept: str) -> None:
    client = TestClient(served[0])
    headers = {"Authorization": f"Bearer {served[1]}", "Accept": accept}
    most = LONGEST_TARGET - len("/events") - len("EQ_eventID=")
    assert client.get("/events?EQ_eventID=" + "a" * most, headers=headers).status_code == 200
    for address in ("/events?EQ_eventID=" + "a" * (most + 1), "/" + "a" * 60_000):
        answer = client.get(address, headers=headers)
        assert answer.status_code == 414
        assert answer.headers["Content-Type"].startswith(f"application/problem+{accept.partition('/')[2]}")
        assert "epcisException:URITooLongException" in answer.text
        assert len(answer.content) < 2 * len(address)


def is_like_another(label: str) -> bool:
    """Whether the code behind an operation is that of one that is asked: the long run asks all of them."""
    return label.startswith("OPTIONS ") or bool(_LIKE_EPCS.search(label))


def told(served: tuple[FastAPI, str]) -> dict[str, Any]:
    app, _ = served
    return description(app)


def references(described: Any) -> Iterator[str]:
    return (found[1] for found in re.finditer(r'"\$ref":"([^"]+)"', orjson.dumps(described).decode()))
