"""The SOAP binding over HTTP: both editions of EPCIS and versions of SOAP, a client library, faults."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from threading import Lock
from time import sleep
from typing import Any

import orjson
import pytest
from lxml import etree
from sqlalchemy import Engine
from starlette.testclient import TestClient

from suyuan.api.app import application
from suyuan.api.house import House
from suyuan.api.settings import read_settings
from suyuan.api.soap import operations, routes
from suyuan.api.soap.operations import Asked
from suyuan.api.soap.wsdl import schema
from suyuan.trace.store.accounts import AccountRole, create_account, create_token
from suyuan.trace.store.company_prefixes import note_prefix
from suyuan.trace.store.engine import Writing

_ZEEP: Any = import_module("zeep")  # a library that tells nothing of its types
_EXCEPTIONS: Any = import_module("zeep.exceptions")

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
FARM, SHOP = "urn:epc:id:pgln:9521234.00001", "urn:epc:id:pgln:9521234.00002"
ITEM = "urn:epc:id:sgtin:9521234.012345.{}"
PLACE = "urn:epc:id:sgln:9521234.00001.0"
BELOW = "urn:epc:id:sgln:9521234.00001.7"
SITE = "urn:epcglobal:epcis:vtype:BusinessLocation"
NAME = "urn:epcglobal:cbv:mda#name"
EX = "https://ns.example.com/epcis/"
SPACES = {"1.2": "urn:epcglobal:epcis-query:xsd:1", "2.0": "urn:epcglobal:epcis-query:xsd:2"}
ENVELOPES = {
    "1.1": ("http://schemas.xmlsoap.org/soap/envelope/", "text/xml"),
    "1.2": ("http://www.w3.org/2003/05/soap-envelope", "application/soap+xml"),
}
EVERY = [(edition, soap) for edition in SPACES for soap in ENVELOPES]


def document() -> bytes:
    def event(number: int, step: str, **more: Any) -> dict[str, Any]:
        return {
            "type": "ObjectEvent",
            "eventID": f"urn:uuid:0193429a-0000-7000-8000-{number:012d}",
            "eventTime": f"2026-11-20T0{number}:00:00+08:00",
            "eventTimeZoneOffset": "+08:00",
            "action": "OBSERVE",
            "bizStep": step,
            "bizLocation": {"id": PLACE},
            "epcList": [ITEM.format(number)],
            **more,
        }

    report = {"type": "Temperature", "value": 3.5, "uom": "CEL"}
    events = [
        event(1, "shipping", **{"ex:degrees": 7, "ex:note": "a|b"}),
        event(2, "receiving"),
        event(3, "shipping", sensorElementList=[{"sensorReport": [report]}]),
    ]
    places = [
        {"id": PLACE, "attributes": [{"id": NAME, "attribute": "浙江农场"}], "children": [BELOW]},
        {"id": BELOW, "attributes": [{"id": NAME, "attribute": {"ex:strange": "one"}}]},
    ]
    return orjson.dumps(
        {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": EX}],
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-20T00:00:00Z",
            "epcisHeader": {
                "epcisMasterData": {"vocabularyList": [{"type": SITE, "vocabularyElementList": places}]}
            },
            "epcisBody": {"eventList": events},
        }
    )


@dataclass(frozen=True, slots=True)
class World:
    client: TestClient
    tokens: dict[str, str]

    def headers(self, who: str = "farm") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    def rest(self, method: str, path: str, who: str = "farm", **options: Any) -> Any:
        return self.client.request(method, path, headers=self.headers(who), **options)

    def send(self, content: bytes, soap: str = "1.1", who: str = "farm", **headers: str) -> Any:
        told = {"Content-Type": ENVELOPES[soap][1], **self.headers(who), **headers}
        return self.client.post("/soap", content=content, headers=told)

    def call(self, message: str, edition: str = "1.2", soap: str = "1.1", who: str = "farm") -> Any:
        """The status and the content of the body, whose envelope and media type must be as asked."""
        answer = self.send(envelope(message, edition, soap), soap, who)
        space, media_type = ENVELOPES[soap]
        assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
        root = etree.fromstring(answer.content)
        assert root.tag == f"{{{space}}}Envelope"
        [body] = root.findall(f"{{{space}}}Body")
        return answer.status_code, body[0]

    def poll(self, params: str, edition: str = "1.2", name: str = "SimpleEventQuery", **asked: str) -> Any:
        status, found = self.call(poll(name, params), edition, **asked)
        assert status == 200, etree.tostring(found)
        return found


def envelope(message: str, edition: str = "1.2", soap: str = "1.1", header: str = "") -> bytes:
    space = ENVELOPES[soap][0]
    return (
        f'<e:Envelope xmlns:e="{space}" xmlns:q="{SPACES[edition]}" xmlns:ex="{EX}"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{header}<e:Body>{message}</e:Body></e:Envelope>"
    ).encode()


def poll(name: str, params: str) -> str:
    return f"<q:Poll><queryName>{name}</queryName><params>{params}</params></q:Poll>"


def param(name: str, value: str, kind: str = "") -> str:
    told = f' xsi:type="{kind}"' if kind else ""
    return f"<param><name>{name}</name><value{told}>{value}</value></param>"


def texts(name: str, *values: str) -> str:
    return param(name, "".join(f"<string>{value}</string>" for value in values), "q:ArrayOfString")


STEP = "urn:epcglobal:cbv:bizstep:"
EVENTS, MASTER = "SimpleEventQuery", "SimpleMasterDataQuery"
ALL = param("includeAttributes", "true", "xsd:boolean") + param("includeChildren", "true")


@pytest.fixture
def world(engine: Engine) -> Iterator[World]:
    yield from served(engine)


@pytest.fixture
def sqlite_world(sqlite_engine: Engine) -> Iterator[World]:
    yield from served(sqlite_engine)


def served(engine: Engine, **more: str) -> Iterator[World]:
    settings = read_settings({"SUYUAN_PUBLIC_URL": "http://testserver", **more})
    clock = itertools.count()
    house = House(engine, settings, lambda: NOW + timedelta(milliseconds=next(clock)))
    tokens: dict[str, str] = {}
    with Writing(engine) as writing:
        for number, (name, party) in enumerate({"farm": FARM, "shop": SHOP}.items()):
            create_account(writing, name, role=AccountRole.STATION, party=party, now=NOW)
            note_prefix(writing, party)
            tokens[name], _ = create_token(
                writing, name, now=NOW, randbytes=lambda count, n=number: bytes([n]) * count
            )
    with TestClient(application(settings, house, house.now)) as client:
        made = World(client, tokens)
        captured = client.post(
            "/capture",
            content=document(),
            headers={"Content-Type": "application/json", **made.headers()},
        )
        assert captured.status_code == 202, captured.text
        yield made


def numbers(results: Any) -> list[int]:
    """The events of an answer, by the number in their eventID."""
    return [int(one.text[-12:]) for one in results.iter("eventID")]


PARAMS = {
    param("EQ_bizStep", STEP + "shipping"): [1, 3],
    texts("EQ_bizStep", STEP + "shipping", STEP + "receiving"): [1, 2, 3],
    texts("MATCH_epc", ITEM.format(2)): [2],
    texts("MATCH_epc", "urn:epc:idpat:sgtin:9521234.012345.*"): [1, 2, 3],
    texts("EQ_action", "OBSERVE") + texts("eventType", "ObjectEvent"): [1, 2, 3],
    param("GE_eventTime", "2026-11-20T02:00:00.000+08:00", "xsd:dateTime"): [2, 3],
    param("GE_eventTime", "2026-11-19T18:00:00Z") + param("LT_eventTime", "2026-11-19T19:00:00Z"): [2],
    texts("WD_bizLocation", PLACE): [1, 2, 3],
    param("EXISTS_sensorElementList", "", "q:VoidHolder"): [3],
    param("EQ_ex:degrees", "7", "xsd:int"): [1],
    param(f"GT_{EX}#degrees", "6.5", "xsd:float"): [1],
    param("EXISTS_ex:note", ""): [1],
    texts("EQ_ex:note", "a|b"): [1],
    param("EQ_ex:note", "a|b", "xsd:string"): [1],
    texts("EQ_ex:note", "a", "b"): [],
    param("orderBy", "eventTime") + param("eventCountLimit", "2", "xsd:int"): [3, 2],
    param("orderBy", "eventTime") + param("orderDirection", "ASC"): [1, 2, 3],
    param("maxEventCount", "3", "xsd:int"): [1, 2, 3],
    "": [1, 2, 3],
}  # fmt: skip


def test_parameters_mean_what_they_mean_elsewhere(world: World) -> None:
    for given, expected in PARAMS.items():
        for edition in SPACES:
            found = numbers(world.poll(given, edition))
            assert (found if "orderBy" in given else sorted(found)) == expected, given
    assert numbers(world.poll("", who="shop")) == []  # sight is that of the asking account


@pytest.fixture(scope="module")
def official(shared: Path) -> dict[str, etree.XMLSchema]:
    folder = shared / "epcis" / "schemas" / "xsd"
    return {
        edition: etree.XMLSchema(etree.parse(str(folder / f"{name}_0" / f"EPCglobal-epcis-query-{name}.xsd")))
        for edition, name in (("1.2", "1_2"), ("2.0", "2_0"))
    }


def test_messages_are_valid_by_the_official_schemas_and_spelled_as_the_edition_spells(
    sqlite_world: World, official: dict[str, etree.XMLSchema]
) -> None:
    world = sqlite_world
    spelled = {"1.2": ITEM.format(1), "2.0": "https://id.gs1.org/01/09521234123453/21/1"}
    for edition, soap in EVERY:
        ours = etree.XMLSchema(schema(edition))  # type: ignore[arg-type]
        for message in (
            poll(EVENTS, texts("MATCH_epc", ITEM.format(1))),
            poll(EVENTS, param("EXISTS_sensorElementList", "")),
            poll(MASTER, ALL),
            poll(MASTER, ALL + texts("EQ_name", "urn:nobody")),
            poll(EVENTS, param("maxEventCount", "1")),
            poll("nobody", ""),
            poll(EVENTS, param("nothing", "1")),
            "<q:GetQueryNames/>",
            "<q:GetStandardVersion/>",
            "<q:GetVendorVersion/>",
            "<q:GetSubscriptionIDs><queryName>SimpleEventQuery</queryName></q:GetSubscriptionIDs>",
        ):
            status, content = world.call(message, edition, soap)
            if status != 200:
                content = next(
                    one for one in content.iter() if one.tag in (f"{{{SPACES[edition]}}}{n}" for n in NAMES)
                )
            alone = etree.fromstring(etree.tostring(content))
            for one in (official[edition], ours):
                assert one.validate(alone), (message, one.error_log)
        results = world.poll(texts("MATCH_epc", ITEM.format(1)), edition, soap=soap)
        assert [one.text for one in results.iter("epc")] == [spelled[edition]]


NAMES = (
    *("QueryParameterException", "QueryTooLargeException", "NoSuchNameException", "ValidationException"),
    *("NoSuchSubscriptionException", "SubscribeNotPermittedException", "SecurityException"),
    "ImplementationException",
)
FAULTS = {
    poll(EVENTS, param("EQ_colour", "red")): ("QueryParameterException", "EQ_colour"),
    poll(EVENTS, texts("perPage", "1")): ("QueryParameterException", "perPage"),
    poll(EVENTS, param("GE_eventTime", "2026-11-20T02:00:00")): ("QueryParameterException", "zone"),
    poll(EVENTS, texts("EQ_action")): ("QueryParameterException", "EQ_action"),
    poll(EVENTS, param("EQ_action", "<a/>")): ("QueryParameterException", "EQ_action"),
    poll(EVENTS, "<param><value>1</value></param>"): ("QueryParameterException", "no name"),
    poll(EVENTS, "<param><name>EQ_action</name></param>"): ("QueryParameterException", "EQ_action"),
    poll(EVENTS, texts("EQ_action", "ADD") * 2): ("QueryParameterException", "twice"),
    poll(EVENTS, texts("EQ_action", "ADD") * 201): ("QueryParameterException", "200"),
    poll(EVENTS, param("maxEventCount", "2")): ("QueryTooLargeException", "maxEventCount"),
    poll(MASTER, param("includeAttributes", "true")): ("QueryParameterException", "includeChildren"),
    poll(MASTER, ALL + param("colour", "red")): ("QueryParameterException", "colour"),
    poll(MASTER, ALL + param("maxElementCount", "1")): ("QueryTooLargeException", "maxElementCount"),
    poll(EVENTS, param("orderBy", "eventTime") + param("eventCountLimit", "")): (
        "QueryParameterException",
        "eventCountLimit",
    ),
    poll(EVENTS, "</params><params>"): ("ValidationException", "twice"),
    poll("nobody", ""): ("NoSuchNameException", "nobody"),
    poll("", ""): ("ValidationException", "queryName"),
    "<q:Poll><queryName>a</queryName><queryName>b</queryName></q:Poll>": ("ValidationException", "twice"),
    "<q:Dance/>": ("ValidationException", "Dance"),
    "<Poll/>": ("ValidationException", "Poll"),
    "": ("ValidationException", "one message"),
    "<q:GetQueryNames/><q:GetQueryNames/>": ("ValidationException", "one message"),
    "<q:GetSubscriptionIDs><queryName>no</queryName></q:GetSubscriptionIDs>": ("NoSuchNameException", "no"),
    "<q:Unsubscribe><subscriptionID>s</subscriptionID></q:Unsubscribe>": ("NoSuchSubscriptionException", "s"),
}  # fmt: skip


def told(fault: Any, soap: str) -> tuple[str, str, Any]:
    """Code, reason and detail of a fault in either version of SOAP."""
    if soap == "1.1":
        assert [one.tag for one in fault] in (
            ["faultcode", "faultstring", "detail"],
            ["faultcode", "faultstring"],
        )
        return fault[0].text, fault[1].text, fault[2][0] if len(fault) > 2 else None
    space = ENVELOPES["1.2"][0]
    assert [etree.QName(one).localname for one in fault][:2] == ["Code", "Reason"]
    code, reason = (
        fault.find(f"{{{space}}}Code/{{{space}}}Value"),
        fault.find(f"{{{space}}}Reason/{{{space}}}Text"),
    )
    assert reason.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    return code.text, reason.text, fault[2][0] if len(fault) > 2 else None


def test_faults_have_the_names_of_the_standard(sqlite_world: World) -> None:
    for (edition, soap), (message, (name, part)) in itertools.product(EVERY, FAULTS.items()):
        status, fault = sqlite_world.call(message, edition, soap)
        code, reason, detail = told(fault, soap)
        space = SPACES[edition if message.count("<q:") == 1 else "2.0"]  # until the message tells
        assert detail.tag == f"{{{space}}}{name}", (message, reason)
        assert part in reason
        assert detail.findtext("reason") == reason
        assert code == ("soap:Client" if soap == "1.1" else "soap:Sender")
        assert status == (500 if soap == "1.1" else 400)
        assert (name == "QueryTooLargeException") == (detail.findtext("queryName") in (EVENTS, MASTER))


def test_faults_before_the_message(sqlite_world: World) -> None:
    world = sqlite_world
    good = envelope("<q:GetQueryNames/>")
    wrong: list[tuple[bytes, dict[str, str], int, str, str | None]] = [
        (b"<a", {}, 500, "not XML", "ValidationException"),
        (b'<!DOCTYPE e [<!ENTITY a "b">]>' + good, {}, 500, "DOCTYPE", "ValidationException"),
        (b"<a/>", {}, 500, "no SOAP envelope", "ValidationException"),
        (good.replace(b"GetQueryNames", b"a" * 600_000), {}, 500, "524288", "ValidationException"),
        (envelope("<a/>" * 60_000), {}, 500, "parts", "ValidationException"),
        (good.replace(b"<q:Get", b"<a>" * 300), {}, 500, "not XML", "ValidationException"),
        (good.replace(b"xmlsoap.org", b"example.org"), {}, 500, "SOAP 1.1 or 1.2", None),
        (envelope("<q:GetQueryNames/>", header=SECURITY.format("1")), {}, 500, "Authorization", None),
        (good, {"Authorization": ""}, 401, "credentials", "SecurityException"),
        (good, {"Authorization": "Bearer no"}, 401, "credentials", "SecurityException"),
    ]
    for content, headers, status, part, name in wrong:
        answer = world.send(content, **headers)
        code, reason, detail = told(etree.fromstring(answer.content)[0][0], "1.1")
        assert (answer.status_code, part in reason) == (status, True), (reason, status)
        of_soap = "soap:VersionMismatch" if "SOAP 1.1" in part else "soap:MustUnderstand"
        assert code == (of_soap if name is None else "soap:Client")
        assert detail is None if name is None else detail.tag == f"{{{SPACES['2.0']}}}{name}"
        assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    harmless = envelope("<q:GetQueryNames/>", header=SECURITY.format("0"))
    assert world.send(harmless).status_code == 200
    gone = world.send(envelope("<q:GetQueryNames/>", soap="1.2"), "1.2", Authorization="")
    assert (gone.status_code, told(etree.fromstring(gone.content)[0][0], "1.2")[0]) == (401, "soap:Sender")


SECURITY = '<e:Header><w:Security xmlns:w="urn:wss" e:mustUnderstand="{}"/></e:Header>'


def test_what_is_no_soap_is_told_as_everywhere(sqlite_world: World) -> None:
    world = sqlite_world
    good = envelope("<q:GetQueryNames/>")
    typed = world.send(good, **{"Content-Type": "application/json"})
    assert (typed.status_code, typed.json()["type"]) == (415, "epcisException:UnsupportedMediaTypeException")
    packed = world.send(good, **{"Content-Encoding": "gzip"})
    assert (packed.status_code, packed.json()["where"]) == (415, "Content-Encoding")
    put = world.rest("PUT", "/soap")
    assert (put.status_code, put.headers["Allow"]) == (405, "GET, HEAD, POST")
    asked = world.rest("GET", "/soap")
    assert (asked.status_code, "/soap?wsdl" in asked.json()["remedy"]) == (400, True)
    assert world.rest("GET", "/soap?wsdl=3").status_code == 400
    foreign = world.client.post(
        "/soap", content=good, headers={"Content-Type": "text/xml", "Origin": "https://evil.example"}
    )
    assert foreign.status_code == 401
    assert "/soap" not in world.rest("GET", "/openapi.json").json()["paths"]  # the WSDL describes it


class Transport:
    """Carries what zeep sends to an application in this process."""

    def __init__(self, world: World) -> None:
        self.world = world

    def load(self, url: str) -> bytes:
        return bytes(self.world.client.get(url).content)  # without credentials

    def post_xml(self, address: str, envelope: Any, headers: dict[str, str]) -> Any:
        assert address == "http://testserver/soap"
        told = {**headers, **self.world.headers()}
        return self.world.client.post("/soap", content=etree.tostring(envelope), headers=told)


def test_a_client_library_made_from_our_description_speaks_with_us(sqlite_world: World) -> None:
    for edition in SPACES:
        spoken(sqlite_world, edition)


def spoken(world: World, edition: str) -> None:
    client = _ZEEP.Client(f"/soap?wsdl={edition}", transport=Transport(world))
    kind = client.type_factory(SPACES[edition])
    for port in ("EPCglobalEPCISServicePort", "EPCglobalEPCISServicePort12"):
        service = client.bind("EPCglobalEPCISService", port)
        assert service.getStandardVersion() == edition
        assert service.getVendorVersion().startswith("https://ns.suyuan.example/")
        assert service.getQueryNames() == ["SimpleEventQuery", "SimpleMasterDataQuery"]
        item = kind.QueryParam(name="MATCH_epc", value=kind.ArrayOfString(string=[ITEM.format(3)]))
        exists = kind.QueryParam(name="EXISTS_sensorElementList", value=kind.VoidHolder())
        results = service.poll(EVENTS, kind.QueryParams(param=[item, exists]))
        assert numbers(results.resultsBody.EventList._value_1[0]) == [3]
        flags = [kind.QueryParam(name=f"include{what}", value="true") for what in ("Attributes", "Children")]
        results = service.poll(MASTER, kind.QueryParams(param=flags))
        assert results.queryName == "SimpleMasterDataQuery"
        [vocabulary] = results.resultsBody.VocabularyList._value_1
        assert vocabulary.get("type") == SITE
        nightly = kind.SubscriptionControls(schedule=kind.QuerySchedule(hour="3"), reportIfEmpty=True)
        service.subscribe(
            EVENTS, kind.QueryParams(param=[item]), "https://partner.example/", nightly, "nightly"
        )
        assert service.getSubscriptionIDs(EVENTS) == ["nightly"]
        service.unsubscribe("nightly")
        with pytest.raises(_EXCEPTIONS.Fault) as raised:
            service.poll("nobody", kind.QueryParams())
        assert etree.QName(raised.value.detail[0]).localname == "NoSuchNameException"


def test_master_data_are_answered_by_vocabulary(world: World) -> None:
    """What there is of them; which of them a query finds is in test_master_data_query."""
    for edition, place in (("1.2", PLACE), ("2.0", "https://id.gs1.org/414/9521234000013")):
        results = world.poll(ALL, edition, MASTER)
        listed = results.findall("resultsBody/VocabularyList/Vocabulary")
        assert [one.get("type") for one in listed] == [SITE]
        elements = {one.get("id"): one for one in listed[0].iter("VocabularyElement")}
        assert elements[place].findtext("attribute") == "浙江农场"
        assert len(elements[place].findall("children/id")) == 1
        [other] = elements.keys() - {place}
        assert elements[place].findtext("children/id") == other
        assert elements[other].findtext("attribute") == '{"ex:strange":"one"}'  # its prefix is not kept
    none = world.poll(ALL, name=MASTER, who="shop")
    assert [len(one) for one in none.iter("VocabularyList")] == [0]
    assert list(none.iter("EventList")) == []


def test_queries_and_subscriptions_are_the_same_from_both_sides(world: World) -> None:
    query = {"EQ_bizStep": ["shipping"]}
    assert world.rest("POST", "/queries", json={"name": "发货", "query": query}).status_code == 201
    asked = {"dest": "https://partner.example/epcis", "schedule": {"hour": "3"}}
    made = world.rest("POST", "/queries/发货/subscriptions", json=asked)
    assert made.status_code == 201, made.text
    one = made.json()["subscriptionID"]

    def listed(message: str, who: str = "farm") -> list[str]:
        status, found = world.call(message, who=who)
        assert status == 200, etree.tostring(found)
        return [text.text for text in found]

    ids = "<q:GetSubscriptionIDs><queryName>{}</queryName></q:GetSubscriptionIDs>"
    end = f"<q:Unsubscribe><subscriptionID>{one}</subscriptionID></q:Unsubscribe>"
    assert listed("<q:GetQueryNames/>") == ["SimpleEventQuery", "SimpleMasterDataQuery", "发货"]
    assert listed("<q:GetQueryNames/>", "shop") == ["SimpleEventQuery", "SimpleMasterDataQuery"]
    assert numbers(world.poll("", name="发货")) == [1, 3]
    assert numbers(world.poll(texts("MATCH_epc", ITEM.format(3)), name="发货")) == [3]
    assert listed(ids.format("发货")) == [one]
    assert listed(ids.format("SimpleEventQuery")) == []
    assert world.call(end, who="shop")[0] == 500  # another party's is as absent
    assert world.call(ids.format("发货"), who="shop")[0] == 500
    assert listed(end) == []
    assert listed(ids.format("发货")) == []
    assert world.rest("GET", made.headers["Location"]).status_code == 404


def unread(row: object) -> None:
    pytest.fail(f"it was read: {row}")


def test_an_answer_holds_so_much_and_no_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "LARGEST_PAGE", 2)
    assert numbers(world.poll("")) == [1, 2, 3]  # two pages of the store are one answer
    for limit, most in (("MOST_EVENTS", 2), ("MOST_BYTES", 500)):
        with monkeypatch.context() as patch:
            patch.setattr(operations, limit, most)
            status, fault = world.call(poll(EVENTS, ""))
            assert (status, "SOAP has no pages" in fault[1].text) == (500, True)
    with monkeypatch.context() as patch:  # measured where they lie: nothing is read that is too much
        patch.setattr(operations, "MOST_BYTES", 500)
        patch.setattr("suyuan.trace.store.query.recorded", unread)
        for params in ("", param("EQ_bizStep", "shipping"), param("orderBy", EX + "#degrees")):
            assert "SOAP has no pages" in world.call(poll(EVENTS, params))[1][1].text


def test_a_party_waits_for_its_own_turn(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers stand in memory: two of a party at once, and another party is answered beside them."""
    lock, now, most = Lock(), Counter[str](), Counter[str]()

    def slowly(asked: Asked) -> Any:
        with lock:
            now[asked.viewer.name] += 1
            most[asked.viewer.name] = max(most[asked.viewer.name], now[asked.viewer.name])
        sleep(0.1)
        with lock:
            now[asked.viewer.name] -= 1
        return operations.get_vendor_version(asked)

    monkeypatch.setitem(routes._BY_MESSAGE, "GetVendorVersion", slowly)  # pyright: ignore[reportPrivateUsage]
    content = envelope("<q:GetVendorVersion/>")
    with ThreadPoolExecutor(10) as threads:
        calls = [threads.submit(sqlite_world.send, content, "1.1", who) for who in ("farm", "shop") * 5]
    assert [call.result().status_code for call in calls] == [200] * 10
    assert most == {"farm": 2, "shop": 2}


def test_what_an_edition_has_no_room_for_is_told(sqlite_world: World) -> None:
    own = orjson.loads(document())
    del own["epcisHeader"]
    [event, *_] = own["epcisBody"]["eventList"]
    own["epcisBody"]["eventList"] = [{**event, "type": "ex:Tasting", "eventID": "urn:uuid:" + "9" * 36}]
    headers = {"Content-Type": "application/json", **sqlite_world.headers()}
    sent = sqlite_world.client.post("/capture", content=orjson.dumps(own), headers=headers)
    assert sent.status_code == 202
    status, fault = sqlite_world.call(poll(EVENTS, ""))
    code, reason, detail = told(fault, "1.1")
    assert (status, code) == (500, "soap:Server")
    assert "1.2" in reason
    assert etree.QName(detail).localname == "ImplementationException"
    assert detail.findtext("severity") == "ERROR"
    assert sqlite_world.call(poll(EVENTS, ""), "2.0")[0] == 200
