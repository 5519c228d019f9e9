from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from suyuan.trace.epcis.canonical import evidence_hash
from suyuan.trace.epcis.document import Document, read_document, read_event
from suyuan.trace.epcis.problems import Limits, ValidationError
from suyuan.trace.epcis.xml_document import read_xml, write_xml
from suyuan.trace.errors import TooLarge

Valid = Callable[..., dict[str, Any]]
Read = Callable[..., Document]

NOW = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
WHEN = "<eventTime>2026-11-21T09:30:00+08:00</eventTime><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>"
EPC = "<epcList><epc>urn:epc:id:sgtin:9506000.013435.123</epc></epcList>"


def xml(events: str, *, version: int = 2, head: str = "", names: str = "") -> bytes:
    return (
        f'{head}<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:{version}" {names} schemaVersion="2.0" '
        f'creationDate="2026-11-21T01:30:00Z"><EPCISBody><EventList>{events}</EventList></EPCISBody>'
        "</e:EPCISDocument>"
    ).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<",
        b"<a/>",
        b"<a></b>",
        b'<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2"/>',
        b'<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:3"><EPCISBody/></e:EPCISDocument>',
        b"\xff\xfe<\x00a\x00",
        xml("<ObjectEvent/>"),
        xml("<Nonsense/>"),
        xml(f"<ObjectEvent>{WHEN}{EPC}<action>ADD</action><action>ADD</action></ObjectEvent>"),
        xml(f"<ObjectEvent>{WHEN}{EPC}<action>ADD</action><colour>red</colour></ObjectEvent>"),
        xml(f"<ObjectEvent>{WHEN}{EPC}<action>ADD<b/></action></ObjectEvent>"),
        xml(f"<ObjectEvent>{WHEN}{EPC}<action>ADD</action><bizStep>shipping</bizStep></ObjectEvent>"),
        xml(f"<ObjectEvent>{WHEN}{EPC}<action>ADD</action><bizLocation/></ObjectEvent>"),
        xml(f"<ObjectEvent>{WHEN}<epcList><x><y/></x></epcList><action>ADD</action></ObjectEvent>"),
        xml(f"<ObjectEvent>{WHEN}<epcList><epc/></epcList><action>ADD</action></ObjectEvent>"),
    ],
)
def test_what_is_wrong_is_refused_with_a_place(data: bytes) -> None:
    with pytest.raises(ValidationError) as caught:
        read_xml(data)
    assert all(problem.detail for problem in caught.value.problems)


@pytest.mark.parametrize(
    "head",
    [
        "<!DOCTYPE a>",
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE a [<!ENTITY x "y">]>',
        '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>',
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]>',
    ],
)
def test_no_doctype_passes(head: str) -> None:
    with pytest.raises(ValidationError, match="DOCTYPE"):
        read_xml(xml("", head=head))


def test_no_entity_is_resolved() -> None:
    bomb = xml("&x;", head='<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>')
    with pytest.raises(ValidationError) as caught:
        read_xml(bomb)
    assert "DOCTYPE" in caught.value.detail


def test_limits_are_named() -> None:
    nested = "<x:a>" * 100 + "</x:a>" * 100
    event = f"<ObjectEvent>{WHEN}{EPC}<action>ADD</action>{nested}</ObjectEvent>"
    plain = f"<ObjectEvent>{WHEN}{EPC}<action>ADD</action></ObjectEvent>"
    for data, limits, name in (
        (xml(event, names='xmlns:x="http://x.example/"'), Limits(), "depth"),
        (xml(plain * 3), Limits(events=2), "events"),
        (xml(plain), Limits(body_bytes=100), "body_bytes"),
        (xml(plain), Limits(epcs_per_event=0), "epcs_per_event"),
    ):
        with pytest.raises(TooLarge) as caught:
            read_xml(data, limits)
        assert caught.value.fields["limit"] == name


def test_problems_are_located_by_xpath() -> None:
    body = f"{WHEN}<epcList><epc>urn:x:1</epc><epc>no uri</epc></epcList><action>ADD</action>"
    report = '<sensorReport type="gs1:Mass" value="much"/>'
    reports = f"<sensorElementList><sensorElement>{report}</sensorElement></sensorElementList>"
    source = '<sourceList><source type="place">nowhere at all</source></sourceList>'
    good = f"<ObjectEvent>{WHEN}{EPC}<action>ADD</action></ObjectEvent>"
    with pytest.raises(ValidationError) as caught:
        read_xml(xml(f"{good}<ObjectEvent>{body}{source}{reports}</ObjectEvent>"))
    event = "/e:EPCISDocument/EPCISBody/EventList/ObjectEvent[2]"
    assert [problem.where for problem in caught.value.problems] == [
        event + "/epcList/epc[2]",
        event + "/sourceList/source[1]/@type",
        event + "/sourceList/source[1]",
        event + "/sensorElementList/sensorElement[1]/sensorReport[1]/@value",
    ]


def test_epcis_1_2_is_lifted_out_of_its_extensions() -> None:
    data = xml(
        f"""<ObjectEvent><eventTime>2026-11-21T09:30:00+08:00</eventTime>
        <eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
        <baseExtension><eventID>urn:uuid:1</eventID></baseExtension>
        <epcList/><action>ADD</action><bizStep>urn:epcglobal:cbv:bizstep:commissioning</bizStep>
        <extension><quantityList><quantityElement><epcClass>urn:epc:class:lgtin:9506000.013435.L1</epcClass>
        <quantity>12.50</quantity><uom>KGM</uom></quantityElement></quantityList>
        <ilmd><cbvmda:lotNumber>L1</cbvmda:lotNumber></ilmd><extension><later>x</later></extension></extension>
        </ObjectEvent>
        <extension><TransformationEvent>{WHEN}<inputEPCList><epc>urn:x:1</epc></inputEPCList>
        <outputEPCList><epc>urn:x:2</epc></outputEPCList></TransformationEvent></extension>
        <QuantityEvent>{WHEN}<epcClass>urn:epc:idpat:sgtin:9506000.013435.*</epcClass><quantity>7</quantity>
        </QuantityEvent>""",
        version=1,
        names='xmlns:cbvmda="urn:epcglobal:cbv:mda"',
    )
    first, second, third = read_xml(data).events
    assert first.event_id == "urn:uuid:1"
    assert first.biz_step == "commissioning"
    assert first.body["quantityList"][0]["quantity"] == 12.5
    assert "epcList" not in first.body
    assert first.ilmd == {"cbvmda:lotNumber": "L1"}
    assert first.body["epcis:later"] == "x"
    assert first.context == ()
    assert second.type == "TransformationEvent"
    assert (third.type, third.action, third.quantity_list[0].quantity) == ("ObjectEvent", "OBSERVE", 7)


def test_extensions_keep_their_namespaces_whatever_the_prefixes() -> None:
    event = (
        f'<ObjectEvent>{WHEN}{EPC}<action>ADD</action><a xmlns="http://one.example/">1</a>'
        '<x:a xmlns:x="http://two.example/" x:b="2" c="3">4<x:d/></x:a><x:a xmlns:x="http://three.example/">5</x:a>'
        '<https:a xmlns:https="http://four.example/">6</https:a></ObjectEvent>'
    )
    (read,) = read_xml(xml(event)).events
    assert read.context == (
        {
            "ns1": "http://one.example/",
            "x": "http://two.example/",
            "ns4": "http://three.example/",
            "ns5": "http://four.example/",
            "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        },
    )
    assert read.body["ns1:a"] == "1"
    assert read.body["x:a"] == {"x:b": "2", "c": "3", "x:d": "", "rdf:value": "4"}
    assert read.body["ns4:a"] == "5"
    (again,) = read_xml(write_xml([read], NOW)).events
    assert evidence_hash(again) == evidence_hash(read)


def test_what_xml_has_no_room_for_is_refused_not_dropped(valid: Valid, document: Read) -> None:
    for fields in (
        {"certificationInfo": ["https://a.example/1", "https://a.example/2"]},
        {"example:note": "bell \x07"},
        {"example:1a": "x"},
        {"sensorElementList": [{"sensorReport": [{"type": "Mass", "example:a": {"example:b": 1}}]}]},
    ):
        (event,) = document(valid(**fields)).events
        with pytest.raises(ValidationError) as caught:
            write_xml([event], NOW)
        assert caught.value.problems[0].where.startswith("/eventList/0/")
        assert caught.value.problems[0].remedy


def test_every_event_type_goes_to_xml_and_back(valid: Valid, document: Read) -> None:
    bodies = [
        valid(kind)
        for kind in (
            "ObjectEvent",
            "AggregationEvent",
            "AssociationEvent",
            "TransactionEvent",
            "TransformationEvent",
        )
    ]
    bodies += [
        valid(type="example:Roasting", **{"example:degree": 220}),
        valid(
            certificationInfo=["https://a.example/1"],
            quantityList=[{"epcClass": "urn:x:1", "uom": "KGM"}],
            persistentDisposition={"unset": ["recalled"], "set": ["available"]},
            **{"example:list": ["1", {"example:a": ["x", "y"]}], "example:yes": True, "example:none": None},
        ),
    ]
    events = document(*bodies).events
    for form in ("EPCISDocument", "EPCISQueryDocument"):
        again = read_xml(write_xml(events, NOW, form=form, subscription_id="s"))
        assert again.form == form
        assert [evidence_hash(event) for event in again.events] == [evidence_hash(event) for event in events]


def test_the_entrance_tells_json_from_xml(valid: Valid, document: Read) -> None:
    (event,) = document(valid()).events
    written = write_xml([event], NOW)
    assert read_document(written).events[0].type == "ObjectEvent"
    assert read_document(written, "text/xml; charset=utf-8").events
    assert read_event(written).type == "ObjectEvent"
    with pytest.raises(ValidationError):
        read_document(written, "application/json")
    with pytest.raises(ValidationError):
        read_event(write_xml([event, event], NOW))


def test_an_sbdh_header_is_passed_over_but_for_the_parties() -> None:
    names = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
    data = xml("").replace(
        b"<EPCISBody>",
        f'<EPCISHeader><s:StandardBusinessDocumentHeader xmlns:s="{names}">'
        "<s:HeaderVersion>1.0</s:HeaderVersion>"
        "<s:Sender><s:Identifier>urn:epc:id:sgln:9506000.00001.0</s:Identifier></s:Sender>"
        "<s:DocumentIdentification><s:InstanceIdentifier>42</s:InstanceIdentifier></s:DocumentIdentification>"
        "</s:StandardBusinessDocumentHeader></EPCISHeader><EPCISBody>".encode(),
    )
    assert read_xml(data).header == {"sender": "urn:epc:id:sgln:9506000.00001.0", "instanceIdentifier": "42"}
