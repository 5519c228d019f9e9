"""Subscriptions made by SOAP: what a real receiver is sent, and how they stand beside those of REST."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
from lxml import etree
from sqlalchemy import Engine, text
from tests.integration.test_soap import (
    EVENTS,
    EX,
    ITEM,
    SPACES,
    World,
    document,
    numbers,
    param,
    served,
    texts,
    told,
)

from suyuan.api.soap.subscribing import CAPTURED
from suyuan.trace.store.engine import Reading, Writing, open_engine
from suyuan.trace.store.migrate import migrate, migrate_to
from suyuan.trace.store.subscriptions import create_subscription, subscription, subscriptions_of

JSON = {"Content-Type": "application/json"}
IDS = "<q:GetSubscriptionIDs><queryName>{}</queryName></q:GetSubscriptionIDs>"
END = "<q:Unsubscribe><subscriptionID>{}</subscriptionID></q:Unsubscribe>"
STREAM = f"<trigger>{CAPTURED}</trigger>"
SINCE = "<initialRecordTime>2026-11-01T00:00:00Z</initialRecordTime>"
NIGHTLY = "<schedule><second>0</second><minute>0</minute><hour>3</hour><month/></schedule>"
DEST = "https://partner.example/epcis"


def subscribing(
    name: str,
    query: str = EVENTS,
    params: str = "",
    when: str = NIGHTLY,
    dest: str = DEST,
    report: str = "false",
) -> str:
    return (
        f"<q:Subscribe><queryName>{query}</queryName><params>{params}</params><dest>{dest}</dest>"
        f"<controls>{when}<reportIfEmpty>{report}</reportIfEmpty></controls>"
        f"<subscriptionID>{name}</subscriptionID></q:Subscribe>"
    )


@dataclass
class Receiver:
    """Takes what is posted to it: the headers and the content of each message."""

    got: queue.Queue[tuple[dict[str, str], Any]] = field(
        default_factory=queue.Queue[tuple[dict[str, str], Any]]
    )
    url: str = ""

    @contextmanager
    def listening(self) -> Generator[None]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(204)
                self.end_headers()
                receiver.got.put(({k.lower(): v for k, v in self.headers.items()}, etree.fromstring(content)))

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name there)
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}/epcis"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def next(self) -> tuple[dict[str, str], Any]:
        return self.got.get(timeout=20)


@pytest.fixture
def world(engine: Engine) -> Iterator[World]:
    yield from served(engine, SUYUAN_RECEIVERS="127.0.0.0/8")


@pytest.fixture
def sqlite_world(sqlite_engine: Engine) -> Iterator[World]:
    yield from served(sqlite_engine)


def later(number: int, **more: Any) -> dict[str, Any]:
    [event, *_] = orjson.loads(document())["epcisBody"]["eventList"]
    key = f"urn:uuid:0193429a-0000-7000-8000-{number:012d}"
    return {**event, "eventID": key, "epcList": [ITEM.format(number)], **more}


def capture(world: World, *events: dict[str, Any]) -> None:
    whole = orjson.loads(document())
    del whole["epcisHeader"]
    whole["epcisBody"]["eventList"] = events
    headers = {**JSON, **world.headers()}
    sent = world.client.post("/capture", content=orjson.dumps(whole), headers=headers)
    assert sent.status_code == 202, sent.text


def test_who_subscribes_by_soap_is_sent_xml_of_his_edition(world: World, shared: Path) -> None:
    schemas = shared / "epcis" / "schemas" / "xsd"
    named = {"name": "发货", "query": {"EQ_bizStep": ["shipping"]}}
    assert world.rest("POST", "/queries", json=named).status_code == 201
    spelled = {"1.2": ITEM.format(1), "2.0": "https://id.gs1.org/01/09521234123453/21/1"}
    receiver = Receiver()
    with receiver.listening():
        degrees = param("LT_ex:degrees", "8", "xsd:int")  # its prefix is declared by the message alone
        for edition, query in (("1.2", EVENTS), ("2.0", "发货")):
            message = subscribing(f"own {edition}", query, degrees, STREAM + SINCE, receiver.url)
            status, content = world.call(message, edition)
            assert (status, etree.QName(content).localname) == (200, "SubscribeResult"), etree.tostring(
                content
            )
            headers, root = receiver.next()
            name = edition.replace(".", "_")
            official = etree.XMLSchema(
                etree.parse(str(schemas / f"{name}_0" / f"EPCglobal-epcis-query-{name}.xsd"))
            )
            assert official.validate(root), official.error_log
            assert root.tag == f"{{{SPACES[edition]}}}EPCISQueryDocument"
            [results] = root.findall(f"EPCISBody/{{{SPACES[edition]}}}QueryResults")
            assert (results.findtext("queryName"), results.findtext("subscriptionID")) == (
                query,
                f"own {edition}",
            )
            assert (numbers(results), results.findtext(".//epc")) == ([1], spelled[edition])
            assert headers["content-type"] == "application/xml"
            assert headers["gs1-epcis-version"] == f"{edition}.0"
            assert "gs1-signature" not in headers  # SOAP has no token
        assert world.call(END.format("own 2.0"))[0] == 200
        strange = later(5, type="ex:Tasting")  # 1.2 has no room for it; the others are sent all the same
        capture(world, later(4), strange, later(6), later(7, **{"ex:degrees": 9}))
        roots = [receiver.next()[1] for _ in range(3)]
        assert [numbers(one) for one in roots] == [[4], [], [6]]
        fault = roots[1].find(f"EPCISBody/{{{SPACES['1.2']}}}ImplementationException")
        assert strange["eventID"] in fault.findtext("reason")
        assert fault.findtext("subscriptionID") == "own 1.2"
        first = etree.XMLSchema(etree.parse(str(schemas / "1_2_0" / "EPCglobal-epcis-query-1_2.xsd")))
        assert first.validate(roots[1]), first.error_log
    assert receiver.got.empty()


def test_its_name_is_its_partys_and_rest_sees_it(sqlite_world: World) -> None:
    world = sqlite_world

    def listed(who: str = "farm") -> list[str]:
        return [one.text for one in world.call(IDS.format(EVENTS), who=who)[1]]

    step = texts("EQ_bizStep", "urn:epcglobal:cbv:bizstep:shipping")
    assert world.call(subscribing("urn:x:1/2", params=step, report="1"))[0] == 200
    assert world.call(subscribing("urn:x:1/2"), who="shop")[0] == 200  # another party's
    status, fault = world.call(subscribing("urn:x:1/2", when=STREAM))
    assert (status, etree.QName(told(fault, "1.1")[2]).localname) == (500, "DuplicateSubscriptionException")
    address = f"/queries/{EVENTS}/subscriptions"
    [seen] = world.rest("GET", address).json()
    assert seen["queryName"] == EVENTS
    assert (seen["suyuan:name"], seen["suyuan:form"], seen["epcFormat"]) == (
        "urn:x:1/2",
        "XML 1.2",
        "Always_EPC_URN",
    )
    assert seen["suyuan:params"]["EQ_bizStep"] == ["urn:epcglobal:cbv:bizstep:shipping"]
    assert seen["suyuan:params"]["@context"]["ex"].startswith(EX.rstrip("/"))
    assert seen["schedule"] == {"second": "0", "minute": "0", "hour": "3"}
    assert seen["reportIfEmpty"] is True
    one = f"{address}/{seen['subscriptionID']}"
    assert world.rest("GET", one).json()["suyuan:state"] == "active"
    assert listed() == listed("shop") == ["urn:x:1/2"]
    assert world.rest("DELETE", one, "shop").status_code == 404
    assert world.rest("DELETE", one).status_code == 204
    assert (listed(), listed("shop")) == ([], ["urn:x:1/2"])
    assert world.call(END.format("urn:x:1/2"), who="shop")[0] == 200
    assert listed("shop") == []
    taken = world.rest("POST", "/queries", json={"name": EVENTS, "query": {}})
    assert (taken.status_code, taken.json()["where"]) == (400, "name")


ONE_LIMITED = {"name": "limited", "query": {"maxEventCount": 5}}
REFUSED = {
    subscribing("s", "nobody"): ("NoSuchNameException", "nobody"),
    subscribing("s", "SimpleMasterDataQuery"): ("SubscribeNotPermittedException", "polled"),
    subscribing("s", params=param("EQ_colour", "red")): ("QueryParameterException", "EQ_colour"),
    subscribing("s", params=param("maxEventCount", "5")): ("QueryParameterException", "every event"),
    subscribing("s", "limited"): ("SubscriptionControlsException", "maxEventCount"),
    subscribing("s", dest="ftp://partner.example/"): ("InvalidURIException", "https://"),
    subscribing("s", dest="http://partner.example/"): ("InvalidURIException", "TLS"),
    subscribing("s", dest="https://10.0.0.1/"): ("InvalidURIException", "public"),
    subscribing("s", dest=""): ("ValidationException", "dest"),
    subscribing("s", when=""): ("SubscriptionControlsException", "either"),
    subscribing("s", when=NIGHTLY + STREAM): ("SubscriptionControlsException", "either"),
    subscribing("s", when="<trigger>urn:x</trigger>"): ("SubscriptionControlsException", CAPTURED),
    subscribing("s", when="<schedule/>"): ("SubscriptionControlsException", "empty"),
    subscribing("s", when="<schedule><hour>25</hour></schedule>"): ("SubscriptionControlsException", "25"),
    subscribing("s", when="<schedule><hour>2</hour><hour>3</hour></schedule>"): (
        "SubscriptionControlsException",
        "twice",
    ),
    subscribing("s", when=NIGHTLY + "<initialRecordTime>now</initialRecordTime>"): (
        "SubscriptionControlsException",
        "now",
    ),
    subscribing("s", report=""): ("SubscriptionControlsException", "reportIfEmpty"),
    subscribing(""): ("ValidationException", "subscriptionID"),
    subscribing("s" * 201): ("ValidationException", "200"),
    subscribing("s").replace("controls>", "control>"): ("SubscriptionControlsException", "controls"),
}


def test_what_cannot_be_subscribed_has_the_exception_of_the_standard(sqlite_world: World) -> None:
    world = sqlite_world
    assert world.rest("POST", "/queries", json=ONE_LIMITED).status_code == 201
    for message, (name, part) in REFUSED.items():
        status, fault = world.call(message)
        _, reason, detail = told(fault, "1.1")
        assert (status, etree.QName(detail).localname) == (500, name), reason
        assert part in reason
    assert len(world.call(IDS.format(EVENTS))[1]) == 0


def test_subscriptions_of_the_version_before_go_on(empty_database: str) -> None:
    engine = open_engine(empty_database)
    migrate_to(engine, "0005")
    with Writing(engine) as writing:
        writing.connection.execute(
            text("INSERT INTO named_query VALUES ('p', 'q', :query, 0, 'farm')"), {"query": b"{}"}
        )
        writing.connection.execute(
            text(
                "INSERT INTO subscription VALUES ('a', 'p', 'q', 'farm', 'https://r.example/', 's',"
                " :schedule, :report, 'Never_Translates', 0, 1000000, 7, 3, 0, NULL, 500, NULL, NULL, '')"
            ),
            {"schedule": b'{"hour":"3"}', "report": True},
        )
    migrate(engine)
    with Reading(engine) as reading:
        known = subscription(reading, "p", "q", "a")
    assert (known.told_id, known.told_query, known.form, known.params) == ("a", "q", "JSON", None)
    assert (known.signature_token, known.delivered, known.report_if_empty) == ("s", 3, True)
    assert known.schedule is not None
    assert known.created == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    with Writing(engine) as writing:
        create_subscription(writing, replace(known, id="b", query_name=None, name="a name", form="XML 1.2"))
        assert [one.told_id for one in subscriptions_of(writing, "p")] == ["a", "a name"]
    engine.dispose()
