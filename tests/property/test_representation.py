"""However an event is spelled, it says the same; there and back again is where one was."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bench.bench_event_hash import made_up

from suyuan.trace.epcis.canonical import evidence_hash
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.event_hash import event_hash
from suyuan.trace.epcis.json_document import read_json
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.representation import as_digital_link, as_epc_urn, is_in_form, represent
from suyuan.trace.epcis.xml_document import read_xml, write_xml
from suyuan.trace.gs1 import canonical_key, check_digit
from suyuan.trace.gs1.prefixes import known_prefixes

STANDARD = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
EVENTS = made_up(24)
dice = st.integers(0, 2**32).map(random.Random)


def read(body: dict[str, Any]) -> Event:
    document = {
        "@context": [STANDARD, {"example": "https://ns.example.com/epcis/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-21T01:30:00Z",
        "epcisBody": {"eventList": [body]},
    }
    (event,) = read_json(json.dumps(document).encode()).events
    return event


def mixed(value: Any, dice: random.Random) -> Any:
    """Some of the URNs as links, of this host or that."""
    if is_object(value):
        return {name: mixed(member, dice) for name, member in value.items()}
    if is_list(value):
        return [mixed(entry, dice) for entry in value]
    if isinstance(value, str) and value.startswith("urn:epc:") and dice.random() < 0.5:
        return canonical_key(value).replace("id.gs1.org", dice.choice(["id.gs1.org", "shop.example"]))
    return value


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(EVENTS), dice)
def test_an_event_says_the_same_in_every_spelling(body: dict[str, Any], dice: random.Random) -> None:
    sent = read(mixed(body, dice))
    links = represent(sent, "Always_GS1_Digital_Link")
    web = represent(sent, "Always_GS1_Digital_Link", "Always_Web_URI")
    urns = represent(sent, "Always_EPC_URN")
    for told in (links, web, urns):
        assert event_hash(read(dict(told.body))) == event_hash(sent)
        (from_xml,) = read_xml(write_xml([told], sent.event_time)).events
        assert event_hash(from_xml) == event_hash(sent)
    assert evidence_hash(links) == evidence_hash(urns) == evidence_hash(sent)
    assert is_in_form(links, "Always_GS1_Digital_Link")
    again = represent(represent(links, "Always_EPC_URN"), "Always_GS1_Digital_Link")
    assert again == links


digits = st.text("0123456789", min_size=12, max_size=12)
words = st.text("abcXYZ0189-_/.%&!\"'()*+,:;<=>?", min_size=1, max_size=20)


@settings(max_examples=200)
@given(digits, words, st.sampled_from(["21", "10", "235"]), st.integers(6, 12))
def test_a_link_comes_back_from_its_urn(digits: str, word: str, ai: str, length: int) -> None:
    number = "1" + digits
    sent = canonical_key(f"/01/{number}{check_digit(number)}/{ai}/" + "".join(f"%{ord(c):02X}" for c in word))
    urn = as_epc_urn(sent, known_prefixes([digits[:length]]))
    assert urn == sent or urn.startswith("urn:epc:")
    assert as_digital_link(urn) == sent
    assert as_epc_urn(sent, known_prefixes(())) == sent
