"""EPCIS XML of every shape loses nothing: what an extension says is there in JSON, and again in XML.

Every text and every attribute is a token of its own, so that none can stand for another.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from suyuan.trace.epcis.canonical import evidence_hash
from suyuan.trace.epcis.event_hash import event_hash
from suyuan.trace.epcis.json_document import read_json, write_document_json
from suyuan.trace.epcis.xml_document import read_xml, write_document_xml
from suyuan.trace.epcis.xml_values import XSI

NOW = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
SPACES = {"one": "https://one.example/ns/", "two": "urn:two:"}
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
NAMES = st.sampled_from(["{https://one.example/ns/}a", "{urn:two:}b", "{urn:default:}c", "plain"])
ATTRIBUTES = st.sampled_from(
    [XML_LANG, "{http://www.w3.org/XML/1998/namespace}id", "k", "{urn:two:}m", "{urn:other:}n"]
)
SHAPES = st.recursive(
    st.tuples(NAMES, st.lists(ATTRIBUTES, max_size=2, unique=True), st.booleans(), st.just([])),
    lambda inner: st.tuples(
        NAMES,
        st.lists(ATTRIBUTES, max_size=2, unique=True),
        st.booleans(),
        st.lists(st.tuples(inner, st.booleans()), max_size=3),
    ),
    max_leaves=6,
)
LANGUAGE = re.compile(rb'xml:lang="(t[0-9]+t)"')
WHERE = st.sampled_from(
    ["event", "ilmd", "readPoint", "errorDeclaration", "document", "vocabulary", "attribute"]
)


def built(parent: Any, shape: Any, tokens: Any) -> Any:
    """The element of a shape, and in it a token for each text, tail and attribute."""
    tag, attributes, has_text, children = shape
    element = etree.SubElement(parent, tag)
    for name in attributes:
        element.set(name, f"t{next(tokens)}t")
    if has_text:
        element.text = f" t{next(tokens)}t\n"
    for child, has_tail in children:
        made = built(element, child, tokens)
        if has_tail:
            made.tail = f"t{next(tokens)}t"
    return element


def document(where: str, shapes: list[Any]) -> tuple[bytes, int]:
    """A document with these extension elements at that place, and how many tokens it has."""
    root: Any = etree.fromstring(
        '<e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0" xmlns:one="https://one.example/ns/"'
        ' creationDate="2026-11-21T01:30:00Z"><EPCISHeader><extension><EPCISMasterData><VocabularyList>'
        '<Vocabulary type="urn:epcglobal:epcis:vtype:BusinessLocation"><VocabularyElementList>'
        '<VocabularyElement id="urn:x:1"><attribute id="urn:a:1"/></VocabularyElement>'
        "</VocabularyElementList></Vocabulary></VocabularyList></EPCISMasterData></extension></EPCISHeader>"
        "<EPCISBody><EventList><ObjectEvent><eventTime>2026-11-21T01:30:00Z</eventTime>"
        "<eventTimeZoneOffset>+08:00</eventTimeZoneOffset><errorDeclaration>"
        "<declarationTime>2026-11-21T01:30:00Z</declarationTime></errorDeclaration>"
        "<epcList><epc>urn:x:2</epc></epcList><action>ADD</action><readPoint><id>urn:x:3</id></readPoint>"
        "<ilmd/></ObjectEvent></EventList></EPCISBody></e:EPCISDocument>"
    )
    path = {"event": "ObjectEvent", "document": ".", "vocabulary": "VocabularyElement"}.get(where, where)
    holder = root if path == "." else root.find(f".//{path}")
    tokens = count()
    for shape in shapes:
        built(holder, shape, tokens)
    return etree.tostring(root), next(tokens)


def tokens_of(text: bytes) -> list[str]:
    return sorted(re.findall(r"t[0-9]+t", text.decode()))


@settings(max_examples=60, deadline=None)
@given(WHERE, st.lists(SHAPES.filter(lambda shape: shape[0] != "plain"), min_size=1, max_size=2))
def test_what_an_extension_says_in_xml_is_there_in_json_and_again_in_xml(
    where: str, shapes: list[Any]
) -> None:
    data, number = document(where, shapes)
    first = read_xml(data)
    told = write_document_json(first, now=NOW)
    assert tokens_of(told) == sorted(f"t{n}t" for n in range(number))
    again = read_json(told)
    written = write_document_xml(again, now=NOW)
    assert tokens_of(written) == tokens_of(told)
    assert sorted(LANGUAGE.findall(written)) == sorted(LANGUAGE.findall(data))
    second = read_xml(written)
    assert [evidence_hash(e) for e in second.events] == [evidence_hash(e) for e in first.events]
    assert [event_hash(e) for e in second.events] == [event_hash(e) for e in first.events]
    assert tokens_of(write_document_json(second, now=NOW)) == tokens_of(told)


def test_what_xml_alone_can_say_is_a_member_in_json_and_as_it_was_in_xml() -> None:
    inner = (
        '<one:a xml:lang="zh">奶<![CDATA[ & <粉>]]></one:a>'
        '<one:a xml:lang="en">milk <!-- not kept -->powder</one:a>'
        '<one:b xsi:type="one:Kind"><one:c>1</one:c> and <one:d xsi:nil="true"/></one:b>'
        '<c xmlns="urn:default:">x</c><one:n>1.10</one:n><one:n>1E3</one:n><one:e/>'
    )
    data, _ = document("event", [])
    data = data.replace(b"<ilmd/>", f'<ilmd xmlns:xsi="{XSI}">{inner}</ilmd>'.encode())
    expected = {
        "one:a": [
            {"xml:lang": "zh", "rdf:value": "奶 & <粉>"}, {"xml:lang": "en", "rdf:value": "milk powder"},
        ],
        "one:b": {
            "xsi:type": "one:Kind", "one:c": "1", "one:d": {"xsi:nil": "true"}, "rdf:value": "and",
        },
        "ns5:c": "x",
        "one:n": ["1.10", "1E3"],
        "one:e": "",
    }  # fmt: skip
    document_told = read_xml(data)
    (event,) = document_told.events
    assert event.body["ilmd"] == expected
    written = write_document_xml(read_json(write_document_json(document_told, now=NOW)), now=NOW)
    assert '<one:a xml:lang="en">milk powder</one:a>' in written.decode()
    assert b'<one:d xsi:nil="true"/>' in written
    assert b'<one:b xsi:type="one:Kind">' in written
    (again,) = read_xml(written).events
    assert json.loads(json.dumps(again.body["ilmd"])) == expected
