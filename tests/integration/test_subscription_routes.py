"""``/queries/{queryName}/subscriptions`` over HTTP: kept, shown without its secret, refused in words."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.enrolled import Enrolled
from tests.integration.test_named_queries import (
    FARM,
    NOW,
    World,
    world,  # noqa: F401 # pyright: ignore[reportUnusedImport] (the fixture)
)
from tests.integration.test_soap import envelope

from suyuan.api.epcis.subscription_routes import TOLD_AFTER
from suyuan.api.notify.addresses import not_called
from suyuan.trace.gs1 import canonical_key
from suyuan.trace.store.devices import Device, insert_device
from suyuan.trace.store.engine import Writing
from suyuan.trace.store.subscriptions import note_failing, subscription

LIST = "/queries/q/subscriptions"
DEST = {"dest": "https://receiver.example/hook"}
STREAM = {**DEST, "stream": True}

UNFIT: list[tuple[Any, str]] = [
    ({"stream": True}, "dest"),
    ({**STREAM, "dest": 7}, "dest"),
    ({**STREAM, "dest": "http://receiver.example/"}, "dest"),
    ({**STREAM, "dest": "https://127.0.0.1/"}, "dest"),
    ({**STREAM, "dest": "https://[::ffff:10.0.0.1]/"}, "dest"),
    (DEST, "schedule"),
    ({**DEST, "stream": False}, "stream"),
    ({**STREAM, "schedule": {"minute": "0"}}, "stream"),
    ({**DEST, "schedule": {}}, "schedule"),
    ({**DEST, "schedule": "hourly"}, "schedule"),
    ({**DEST, "schedule": {"minute": "60"}}, "schedule/minute"),
    ({**DEST, "schedule": {"week": "1"}}, "schedule/week"),
    ({**STREAM, "signatureToken": ""}, "signatureToken"),
    ({**STREAM, "signatureToken": 5}, "signatureToken"),
    ({**STREAM, "initialRecordTime": "2026-05-01T08:00:00"}, "initialRecordTime"),
    ({**STREAM, "initialRecordTime": 7}, "initialRecordTime"),
    ({**STREAM, "initialRecordTime": "0001-01-01T00:00:00+14:00"}, "initialRecordTime"),
    ({**STREAM, "reportIfEmpty": "yes"}, "reportIfEmpty"),
    ({**STREAM, "epcFormat": "Sometimes"}, "epcFormat"),
    ({**STREAM, "epcFormat": ["Always_EPC_URN"]}, "epcFormat"),
    ({**STREAM, "secret": "s"}, "secret"),
    ([], "dest"),
]


@pytest.fixture
def asked(world: World) -> World:  # noqa: F811 (the fixture above)
    assert world.ask("POST", "/queries", json={"name": "q", "query": {}}).status_code == 201
    return world


def test_a_subscription_is_kept_shown_and_ended(asked: World) -> None:
    told = {**DEST, "signatureToken": "secret", "schedule": {"hour": 1, "minute": "5"}, "reportIfEmpty": True}
    told["initialRecordTime"] = "2026-11-20T08:00:00+08:00"
    made = asked.ask("POST", LIST, json=told, headers={"GS1-EPC-Format": "Always_EPC_URN"})
    assert made.status_code == 201, made.text
    address = made.headers["Location"]
    body = made.json()
    assert address == f"{LIST}/{body['subscriptionID']}"
    assert "secret" not in made.text
    assert (body["schedule"], body["reportIfEmpty"]) == ({"minute": "5", "hour": "1"}, True)
    assert (body["epcFormat"], body["suyuan:state"]) == ("Always_EPC_URN", "active")
    assert body["initialRecordTime"] == body["minRecordTime"] == "2026-11-20T00:00:00Z"
    assert asked.ask("GET", address).json() == body
    options = asked.ask("OPTIONS", address)
    assert options.headers["GS1-Query-Min-Record-Time"] == "2026-11-20T00:00:00+00:00"
    assert "DELETE" in options.headers["Allow"]
    stream = asked.ask("POST", LIST, json=STREAM)
    assert stream.json()["stream"] is True
    first = asked.ask("GET", f"{LIST}?perPage=1")
    second = asked.ask("GET", first.links["next"]["url"])
    ids = {one["subscriptionID"] for page in (first, second) for one in page.json()}
    assert ids == {body["subscriptionID"], stream.json()["subscriptionID"]}
    for method, path in (("GET", address), ("DELETE", address), ("GET", LIST), ("POST", LIST)):
        options = {"json": STREAM} if method == "POST" else {}
        assert asked.ask(method, path, "shop", **options).status_code == 404
    assert asked.ask("DELETE", address).status_code == 204
    assert asked.ask("GET", address).status_code == 404
    asked.ask("DELETE", "/queries/q")
    assert asked.ask("GET", LIST).status_code == 404


def test_what_cannot_be_subscribed_is_told_by_its_member(asked: World) -> None:
    for body, where in UNFIT:
        answer = asked.ask("POST", LIST, json=body)
        assert answer.status_code == 400, (body, answer.text)
        told = answer.json()
        assert (told["type"], told["where"]) == ("epcisException:SubscriptionControlsException", where), body
    limited = {"name": "few", "query": {"maxEventCount": 5}}
    assert asked.ask("POST", "/queries", json=limited).status_code == 201
    answer = asked.ask("POST", "/queries/few/subscriptions", json=STREAM)
    assert answer.json()["type"] == "epcisException:SubscriptionControlsException"
    assert asked.ask("GET", LIST).json() == []
    assert asked.client.post(LIST, json=STREAM).status_code == 401


def test_a_party_has_so_many_subscriptions(asked: World) -> None:
    answers = [
        asked.ask("POST", LIST, json={**DEST, "schedule": {"month": 1}}).status_code for _ in range(21)
    ]
    assert answers == [201] * 20 + [400]


def test_a_device_runs_the_queries_of_its_party_and_keeps_none(asked: World) -> None:
    gate = Enrolled(asked.client, "http://testserver", NOW, id="gate")
    public = gate.key.as_dict(private=False)
    with Writing(asked.house.engine) as writing:
        insert_device(writing, Device("gate", "station", "Gate", FARM, "", public, "t", NOW, "farm"))
    kept = asked.ask("POST", LIST, json=STREAM).headers["Location"]
    headers = {"Authorization": f"Bearer {gate.token()}"}
    asks: list[tuple[str, str, Any]] = [
        ("POST", "/queries", {"name": "mine", "query": {}}),
        ("DELETE", "/queries/q", None),
        ("DELETE", "/queries/none", None),
        ("POST", LIST, STREAM),
        ("DELETE", kept, None),
        ("DELETE", f"{LIST}/none", None),
    ]
    for method, path, body in asks:
        answer = asked.client.request(method, path, json=body, headers=headers)
        told = answer.json()
        assert (answer.status_code, told["type"]) == (403, "epcisException:SecurityException"), (method, path)
        assert told["remedy"]
    one = kept.rpartition("/")[2]
    for message in (
        f"<q:Unsubscribe><subscriptionID>{one}</subscriptionID></q:Unsubscribe>",
        "<q:Subscribe/>",
    ):
        by_soap = asked.client.post(
            "/soap", content=envelope(message), headers={**headers, "Content-Type": "text/xml"}
        )
        assert b"SecurityException" in by_soap.content
    for path in ("/queries", "/queries/q", "/queries/q/events", LIST, kept):
        assert asked.client.get(path, headers=headers).status_code == 200, path


def test_a_failure_is_told_a_minute_after_it_began_and_no_sooner(asked: World) -> None:
    address = asked.ask("POST", LIST, json=STREAM).headers["Location"]
    reason = not_called("db.internal", "leads to 10.1.2.3").detail
    with Writing(asked.house.engine) as writing:
        known = subscription(writing, canonical_key(FARM), "q", address.rpartition("/")[2])
        known = note_failing(writing, known, reason, NOW)
    told = asked.ask("GET", address).json()
    assert (told["suyuan:state"], "suyuan:reason" in told, "suyuan:failingSince" in told) == (
        "active",
        False,
        False,
    )
    with Writing(asked.house.engine) as writing:
        note_failing(writing, known, reason, NOW - TOLD_AFTER)
    told = asked.ask("GET", address).json()
    assert (told["suyuan:state"], told["suyuan:reason"]) == ("failing", reason)
