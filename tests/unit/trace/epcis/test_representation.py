"""Events in the spelling asked for: what is translated, what stays, and that the meaning is the same."""

from __future__ import annotations

from typing import Any

import pytest

from suyuan.trace.epcis.build import event_from_body
from suyuan.trace.epcis.canonical import evidence_hash
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.event_hash import event_hash
from suyuan.trace.epcis.representation import is_in_form, represent
from suyuan.trace.gs1 import IdentifierError, canonical_key
from suyuan.trace.gs1.prefixes import known_prefixes

KNOWN = known_prefixes(["9506000"])
UUID = "urn:uuid:0b9a6a0c-2f0e-4a73-8f3a-2f1e1a2b3c4d"
OWN = "https://trace.example.cn/own/product/7/lot/9"

# Each Digital Link with its URN: one of every scheme that EPCIS names things by.
PAIRS = {
    "https://id.gs1.org/01/09506000134352/21/A%2Fb": "urn:epc:id:sgtin:9506000.013435.A%2Fb",
    "https://id.gs1.org/01/09506000134352/10/L1": "urn:epc:class:lgtin:9506000.013435.L1",
    "https://id.gs1.org/01/09506000134352": "urn:epc:idpat:sgtin:9506000.013435.*",
    "https://id.gs1.org/01/09506000134352/235/T9": "urn:epc:id:upui:9506000.013435.T9",
    "https://id.gs1.org/00/395060003000000017": "urn:epc:id:sscc:9506000.3300000001",
    "https://id.gs1.org/414/9506000000015": "urn:epc:id:sgln:9506000.00001.0",
    "https://id.gs1.org/414/9506000000015/254/7": "urn:epc:id:sgln:9506000.00001.7",
    "https://id.gs1.org/417/9506000000015": "urn:epc:id:pgln:9506000.00001",
    "https://id.gs1.org/8003/09506000000015A1": "urn:epc:id:grai:9506000.00001.A1",
    "https://id.gs1.org/8004/9506000ABC": "urn:epc:id:giai:9506000.ABC",
    "https://id.gs1.org/253/950600000001512": "urn:epc:id:gdti:9506000.00001.12",
    "https://id.gs1.org/8018/950600000000000019": "urn:epc:id:gsrn:9506000.0000000001",
}


def an_event(kind: str = "ObjectEvent", context: tuple[Any, ...] = (), **members: Any) -> Event:
    body = {
        "type": kind,
        "eventTime": "2026-05-01T08:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        **members,
    }
    return event_from_body(body, context)


def same_meaning(one: Event, other: Event) -> bool:
    return event_hash(one) == event_hash(other) and evidence_hash(one) == evidence_hash(other)


def test_every_scheme_both_ways() -> None:
    links = an_event(epcList=list(PAIRS))
    assert {canonical_key(link) for link in PAIRS} == PAIRS.keys()
    urns = represent(links, "Always_EPC_URN", length_of=KNOWN)
    assert list(urns.epc_list) == list(PAIRS.values())
    assert represent(urns, "Always_GS1_Digital_Link").body == links.body
    assert same_meaning(links, urns)
    assert (is_in_form(links, "Always_EPC_URN"), is_in_form(urns, "Always_EPC_URN")) == (False, True)
    assert is_in_form(links, "Always_GS1_Digital_Link")
    assert not is_in_form(urns, "Always_GS1_Digital_Link")


def test_every_position_of_an_identifier() -> None:
    link, urn = next(iter(PAIRS.items()))

    def written(one: str) -> Event:
        return an_event(
            epcList=[one],
            parentID=one,
            childEPCs=[one],
            inputEPCList=[one],
            outputEPCList=[one],
            quantityList=[{"epcClass": one, "quantity": 2}],
            childQuantityList=[{"epcClass": one}],
            inputQuantityList=[{"epcClass": one}],
            outputQuantityList=[{"epcClass": one, "uom": "KGM", "quantity": 1.5}],
            transformationID=one,
            readPoint={"id": one, "example:floor": urn},
            bizLocation={"id": one},
            bizTransactionList=[{"type": "po", "bizTransaction": one}],
            sourceList=[{"type": "owning_party", "source": one}],
            destinationList=[{"type": "location", "destination": one}],
            sensorElementList=[
                {
                    "sensorMetadata": {"deviceID": one, "rawData": link},
                    "sensorReport": [{"type": "Temperature", "deviceID": one, "value": 3}],
                }
            ],
            ilmd={"example:from": urn},
            context=({"example": "https://example.org/"},),
        )

    assert represent(written(link), "Always_EPC_URN", length_of=KNOWN) == written(urn)
    assert represent(written(urn), "Always_GS1_Digital_Link") == written(link)


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("https://id.gs1.org/01/06901234567892/21/1", "nobody knows the length of the prefix"),
        ("https://id.gs1.org/01/09506000134352/10/L/21/1", "a URN has no room for the item's lot"),
        ("https://id.gs1.org/01/09506000134352/21/1?17=270101", "nor for its date"),
        ("https://id.gs1.org/01/09506000134352/22/V", "EPC has no scheme for a variant"),
        (OWN, "an own identifier is no EPC"),
        (UUID, "nor is this"),
        ("urn:epc:id:gid:1.2.3", "a scheme of others has no link"),
        ("urn:epc:idpat:sgtin:9506000.*.*", "many things have no link"),
        ("urn:epc:tag:sgtin-96:3.9506000.013435.1", "a link has no room for the filter"),
        ("urn:epc:id:sgtin:95.1", "it is none"),
        ("urn:epc:id", "it is none"),
        ("https://id.gs1.org/01/09506000134353", "its check digit is wrong"),
    ],
)
def test_what_has_no_exact_spelling_stays(uri: str, why: str) -> None:
    sent = an_event(epcList=[uri])
    assert represent(sent, "Always_EPC_URN", length_of=KNOWN) is sent, why
    assert represent(sent, "Always_GS1_Digital_Link") is sent, why


def test_any_host_is_a_digital_link() -> None:
    sent = an_event(epcList=["https://shop.example.com/x/01/09506000134352/21/7"])
    assert represent(sent, "Always_GS1_Digital_Link") is sent
    assert represent(sent, "Always_EPC_URN", length_of=KNOWN).epc_list == (
        "urn:epc:id:sgtin:9506000.013435.7",
    )


def test_the_urns_of_an_event_tell_the_prefix_of_its_links() -> None:
    link = "https://id.gs1.org/01/09506000134352/21/7"
    told = an_event(epcList=[link, "urn:epc:id:sscc:9506000.3300000001"])
    assert represent(told, "Always_EPC_URN").epc_list[0] == "urn:epc:id:sgtin:9506000.013435.7"
    contradicted = represent(told, "Always_EPC_URN", length_of=known_prefixes(["950600013"]))
    assert contradicted.epc_list[0] == link
    assert not is_in_form(contradicted, "Always_EPC_URN")


def test_two_spellings_of_one_thing_do_not_become_one_entry_twice() -> None:
    link, urn = next(iter(PAIRS.items()))
    for both in ([link, urn], [urn, link]):
        sent = an_event(epcList=[*both, UUID])
        for form in ("Always_EPC_URN", "Always_GS1_Digital_Link"):
            given = represent(sent, form, length_of=KNOWN)
            assert len(set(given.epc_list)) == 3
            assert same_meaning(sent, given)


def test_cbv_terms_as_web_uris() -> None:
    sent = an_event(
        bizStep="shipping",
        disposition="in_transit",
        persistentDisposition={"set": ["recalled"], "unset": ["https://example.org/ours"]},
        bizTransactionList=[{"type": "po", "bizTransaction": "urn:example:1"}, {"bizTransaction": UUID}],
        sourceList=[{"type": "location", "source": UUID}],
        errorDeclaration={"declarationTime": "2026-05-02T08:00:00Z", "reason": "incorrect_data"},
        sensorElementList=[
            {"sensorReport": [{"type": "Temperature", "exception": "ALARM_CONDITION", "component": "x"}]}
        ],
    )
    given = represent(sent, cbv_format="Always_Web_URI").body
    assert given["bizStep"] == "https://ref.gs1.org/cbv/BizStep-shipping"
    assert given["disposition"] == "https://ref.gs1.org/cbv/Disp-in_transit"
    assert given["persistentDisposition"] == {
        "set": ["https://ref.gs1.org/cbv/Disp-recalled"],
        "unset": ["https://example.org/ours"],
    }
    assert given["bizTransactionList"][0]["type"] == "https://ref.gs1.org/cbv/BTT-po"
    assert given["sourceList"][0]["type"] == "https://ref.gs1.org/cbv/SDT-location"
    assert given["errorDeclaration"]["reason"] == "https://ref.gs1.org/cbv/ER-incorrect_data"
    assert given["sensorElementList"][0]["sensorReport"][0] == {
        "type": "https://gs1.org/voc/Temperature",
        "exception": "https://gs1.org/voc/ALARM_CONDITION",
        "component": "https://ref.gs1.org/cbv/Comp-x",
    }
    assert represent(sent, cbv_format="Always_URN") is sent


def test_what_the_server_added_stays() -> None:
    _, urn = next(iter(PAIRS.items()))
    sent = an_event(epcList=[urn], eventID=UUID, recordTime="2026-05-01T00:00:01Z")
    given = represent(sent, "Always_GS1_Digital_Link")
    assert (given.event_id, given.record_time) == (UUID, sent.record_time)


def test_the_examples_are_identifiers() -> None:
    with pytest.raises(IdentifierError):
        canonical_key("urn:epc:id:sgtin:95.1")
