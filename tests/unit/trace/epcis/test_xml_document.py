from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from time import process_time
from typing import Any

import pytest
from lxml import etree

from suyuan.trace.epcis.canonical import evidence_hash
from suyuan.trace.epcis.document import Document, read_document, read_event
from suyuan.trace.epcis.json_document import read_json, write_document_json
from suyuan.trace.epcis.problems import Limits, ValidationError
from suyuan.trace.epcis.xml_document import parse_xml, read_xml, write_document_xml, write_xml
from suyuan.trace.errors import TooLarge

Valid = Callable[..., dict[str, Any]]
Read = Callable[..., Document]

STANDARD = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
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


def test_markup_has_one_spelling() -> None:
    """Limits are counted before parsing: no encoding may write a ``<`` that is not counted."""
    text = "<?xml version = \"1.0\"\n encoding='{}' ?>" + xml("").decode()
    hidden = "<a>+ADw-b/+AD4-</a>"
    for data in (
        text.format("UTF-7").encode("utf-7"),
        b"\xef\xbb\xbf" + text.format("utf-7").encode(),
        text.format("hz-gb-2312").encode("hz"),
        text.format("ISO-2022-JP").encode("iso-2022-jp"),
        text.format("UTF-32").encode("utf-32"),
        text.format("UTF-32").encode("utf-32-be"),
        text.format("cp037").encode("cp037"),
    ):
        with pytest.raises(ValidationError, match=r"^XML in the encoding \S+ is not read here"):
            read_xml(data)
    for name in ("utf-8", "UTF-16", "US-ASCII", "ISO-8859-15", "windows-1251", "GBK", "gb18030", "GB2312"):
        assert read_xml(text.format(name).encode(name)).events == ()
    for wide in ("utf-16", "utf-16-le", "utf-16-be"):  # where what is declared does not count
        head = '<?xml version="1.0" encoding="UTF-7"?>'
        assert len(parse_xml((head + hidden).encode(wide))) == 0


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
        (xml(plain * 3), Limits(epcs_per_document=2), "epcs_per_document"),
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
        {"example:1a": "x"},
        {"sensorElementList": [{"sensorReport": [{"type": "Mass", "example:a": {"example:b": 1}}]}]},
    ):
        (event,) = document(valid(**fields)).events
        with pytest.raises(ValidationError) as caught:
            write_xml([event], NOW)
        assert caught.value.problems[0].where.startswith("/eventList/0/")
        assert caught.value.problems[0].remedy


@pytest.mark.parametrize("version", ["2.0", "1.2"])
def test_what_xml_cannot_spell_keeps_nobody_from_the_rest(valid: Valid, document: Read, version: Any) -> None:
    """Characters become U+FFFD in events and master data alike, namespaces that are no URIs are encoded."""
    values: list[Any] = ["a\x01b", {"ex:c": "\uffff"}]
    place = {"id": "urn:a:1", "attributes": [{"id": "urn:b:1", "attribute": values}]}
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:Location", "vocabularyElementList": [place]}
    for space, written in (
        ("urn:a\x01:", "urn:a%01:"),
        ("urn:食品/", "urn:%E9%A3%9F%E5%93%81/"),
        ("http://[", "http:%2F%2F%5B"),
    ):
        told = document(valid(**{"ex:note": "a\x01\uffff\ufffe\n😀"}), context=[STANDARD, {"ex": space}])
        header = {"epcisMasterData": {"vocabularyList": [vocabulary]}}
        told = replace(told, shell={**told.shell, "epcisHeader": header})  # noqa: S604 (it runs nothing)
        content = write_document_xml(told, now=NOW, version=version)
        root = etree.fromstring(content)
        assert [one.text for one in root.iter(f"{{{written}}}note")] == ["a\ufffd\ufffd\ufffd\n😀"]
        assert [one.xpath("string()") for one in root.iter("attribute")] == ["a\ufffdb", "\ufffd"]
        assert read_xml(content).events


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


def with_header(header: str, *, version: int = 2) -> bytes:
    names = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
    opened = f'<EPCISHeader xmlns:s="{names}">{header}</EPCISHeader><EPCISBody>'
    return xml("", version=version).replace(b"<EPCISBody>", opened.encode())


SBDH = (
    "<s:StandardBusinessDocumentHeader><s:HeaderVersion>1.3</s:HeaderVersion>"
    '<s:Sender><s:Identifier Authority="GS1">urn:epc:id:sgln:9506000.00001.0</s:Identifier></s:Sender>'
    "<s:Receiver><s:Identifier>b</s:Identifier></s:Receiver><s:Receiver><s:Identifier>c</s:Identifier></s:Receiver>"
    "<s:DocumentIdentification><s:InstanceIdentifier>42</s:InstanceIdentifier></s:DocumentIdentification>"
    "</s:StandardBusinessDocumentHeader>"
)


@pytest.mark.parametrize(("number", "version"), [(1, "1.2"), (2, "2.0")])
def test_a_header_tells_the_parties_and_is_given_back_with_all_it_says(number: int, version: Any) -> None:
    document = read_xml(with_header(SBDH, version=number))
    told = {"sender": "urn:epc:id:sgln:9506000.00001.0", "receiver": "b", "instanceIdentifier": "42"}
    assert document.header == told
    through_json = read_json(write_document_json(document, now=NOW))
    assert through_json.header == told
    written = write_document_xml(through_json, now=NOW, version=version)
    assert b'Authority="GS1"' in written
    assert written.count(b"Receiver>") == 4
    assert read_xml(written).shell == {**document.shell, "schemaVersion": version}


def test_a_header_that_says_no_more_than_json_does_is_no_extension_there(
    valid: Valid, document: Read
) -> None:
    told = {
        **json.loads(write_document_json(document(valid()), now=NOW)),
        "sender": "urn:a:1",
        "instanceIdentifier": "7",
    }
    read = read_document(json.dumps(told).encode())
    for version in ("1.2", "2.0"):
        again = read_xml(write_document_xml(read, now=NOW, version=version))
        assert again.header == read.header
        assert "epcisHeader" not in again.shell


def test_two_tales_of_the_sender_are_refused_in_xml() -> None:
    read = read_json(write_document_json(read_xml(with_header(SBDH)), now=NOW))
    told = {**json.loads(write_document_json(read, now=NOW)), "sender": "urn:a:other"}
    with pytest.raises(ValidationError, match="sender is urn:a:other here and urn:epc:id:sgln"):
        write_document_xml(read_document(json.dumps(told).encode()), now=NOW)


def test_extensions_of_the_header_go_where_each_edition_has_room(valid: Valid, document: Read) -> None:
    told = json.loads(write_document_json(document(valid()), now=NOW))
    told["epcisHeader"] = {"example:note": "n", "example:deep": {"example:a": "b"}}
    read = read_document(json.dumps(told).encode())
    with pytest.raises(ValidationError) as caught:
        write_document_xml(read, now=NOW)
    assert caught.value.problems[0].where == "/epcisHeader/example:deep"
    again = read_xml(write_document_xml(read, now=NOW, version="1.2"))
    assert again.shell["epcisHeader"] == told["epcisHeader"]
    del told["epcisHeader"]["example:deep"]
    again = read_xml(write_document_xml(read_document(json.dumps(told).encode()), now=NOW))
    assert again.shell["epcisHeader"] == {"example:note": "n"}


def test_own_event_types_are_refused_by_edition_1_2_with_their_name(valid: Valid, document: Read) -> None:
    read = document(valid(), valid(type="example:Roasting"))
    with pytest.raises(
        ValidationError, match=r"1\.2 has no room for the event type example:Roasting"
    ) as caught:
        write_document_xml(read, now=NOW, version="1.2")
    assert caught.value.problems[0].where == "/eventList/1/type"


def test_problems_of_edition_1_2_are_located_through_its_extensions() -> None:
    wrong = f"""<ObjectEvent>{WHEN}<baseExtension><eventID>no uri</eventID></baseExtension><epcList/>
        <action>ADD</action><extension><quantityList><quantityElement><epcClass>no uri</epcClass>
        </quantityElement></quantityList></extension></ObjectEvent>
        <extension><TransformationEvent>{WHEN}<inputEPCList><epc>no uri</epc></inputEPCList>
        </TransformationEvent></extension>
        <QuantityEvent>{WHEN}<epcClass>no uri</epcClass><quantity>7</quantity></QuantityEvent>"""
    with pytest.raises(ValidationError) as caught:
        read_xml(xml(wrong, version=1))
    at = "/e:EPCISDocument/EPCISBody/EventList"
    assert [problem.where for problem in caught.value.problems] == [
        at + "/ObjectEvent/baseExtension/eventID",
        at + "/ObjectEvent/extension/quantityList/quantityElement[1]/epcClass",
        at + "/extension/TransformationEvent/inputEPCList/epc[1]",
        at + "/QuantityEvent/epcClass",
    ]
    tree: Any = etree.fromstring(xml(wrong, version=1))
    for problem in caught.value.problems:
        assert tree.xpath(problem.where, namespaces={"e": "urn:epcglobal:epcis:xsd:1"})


def test_problems_of_master_data_are_located_by_xpath() -> None:
    element = (
        '<VocabularyElement id="urn:a:1"/><VocabularyElement id="no uri"><attribute id="urn:a:2"/>'
        '<attribute id="no uri"/><children><id>urn:a:3</id><id>no uri</id></children></VocabularyElement>'
    )
    listed = (
        f'<Vocabulary type="urn:v:1"><VocabularyElementList>{element}</VocabularyElementList></Vocabulary>'
    )
    with pytest.raises(ValidationError) as caught:
        read_xml(
            with_header(
                f"<extension><EPCISMasterData><VocabularyList>{listed}</VocabularyList></EPCISMasterData></extension>"
            )
        )
    tree: Any = etree.fromstring(
        with_header(
            f"<extension><EPCISMasterData><VocabularyList>{listed}</VocabularyList>"
            "</EPCISMasterData></extension>"
        )
    )
    places = [problem.where for problem in caught.value.problems]
    found = [tree.xpath(place, namespaces={"e": "urn:epcglobal:epcis:xsd:2"}) for place in places]
    assert [one if isinstance(one, str) else getattr(one, "text", one) for (one,) in found] == ["no uri"] * 3


def test_numbers_and_truth_of_extensions_come_back_as_what_they_were(valid: Valid, document: Read) -> None:
    told = {"a": 1, "b": 2.5, "c": True, "d": "3", "e": [1, "1", False], "f": 2**63}
    (event,) = document(
        valid(**{"example:field": {f"example:{name}": value for name, value in told.items()}})
    ).events
    (again,) = read_xml(write_xml([event], NOW)).events
    kept = again.body["example:field"]
    assert {name.partition(":")[2]: value for name, value in kept.items()} == {**told, "f": str(2**63)}
    typed = '<x:a xmlns:x="http://x.example/" xmlns:t="http://www.w3.org/2001/XMLSchema" {} >{}</x:a>'
    xsi = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="{}"'
    for kind, text, value in (
        *(("t:int", "-7", -7), ("t:decimal", "1.50", 1.5), ("t:boolean", "0", False), ("t:string", "7", "7")),
        *(
            ("t:int", "much", "much"),
            ("t:double", "INF", "INF"),
            ("u:int", "7", {"xsi:type": "u:int", "rdf:value": "7"}),
            ("t:decimal", "1.50", 1.5),
            ("t:decimal", "0.12345678901234567890", "0.12345678901234567890"),
            ("t:double", "1e400", "1e400"),
            ("t:integer", "9" * 99, "9" * 99),
        ),
    ):
        field = typed.format(xsi.format(kind), text)
        (read,) = read_xml(xml(f"<ObjectEvent>{WHEN}{EPC}<action>ADD</action>{field}</ObjectEvent>")).events
        assert read.body["x:a"] == value


def declared(number: int) -> str:
    return " ".join(f'xmlns:n{index}="urn:x:{index}"' for index in range(number))


def test_many_namespaces_are_refused_where_they_would_be_looked_through_again_and_again() -> None:
    inner = f"<ObjectEvent>{WHEN}{EPC}<action>ADD</action><n:a xmlns:n='urn:x:n' {{}}/></ObjectEvent>"
    for data, limit in (
        (xml("", names=declared(5_001)), "prefixes"),
        (xml(inner.format(declared(101))), "namespaces"),
    ):
        with pytest.raises(TooLarge) as caught:
            read_xml(data)
        assert caught.value.fields["limit"] == limit
    assert len(read_xml(xml(inner.format(declared(90)) * 3)).events) == 3


def test_reading_stays_linear_where_much_repeats() -> None:
    """Many namespaces at the root, attributes of one name, and a hundred problems behind them."""
    reports = '<sensorReport type="n7:T"/>' * 5_000
    sensors = f"<sensorElementList><sensorElement>{reports}</sensorElement></sensorElementList>"
    event = f"<ObjectEvent>{WHEN}{EPC}<action>ADD</action>{sensors}</ObjectEvent>"
    many = '<attribute id="urn:a:1">x</attribute>' * 30_000 + "<attribute/>" * 100
    vocabulary = (
        '<Vocabulary type="urn:v:1"><VocabularyElementList>'
        f'<VocabularyElement id="urn:a:1">{many}</VocabularyElement></VocabularyElementList></Vocabulary>'
    )
    listed = f"<VocabularyList>{vocabulary}</VocabularyList>"
    master = f"<extension><EPCISMasterData>{listed}</EPCISMasterData></extension>"
    start = process_time()
    assert len(read_xml(xml(event, names=declared(4_000))).events) == 1
    with pytest.raises(ValidationError) as caught:
        read_xml(with_header(master))
    assert process_time() - start < 5
    assert len(caught.value.problems) == 100
    assert caught.value.problems[-1].where.endswith("/attribute[30100]")
