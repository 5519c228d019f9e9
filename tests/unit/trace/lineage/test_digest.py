"""From EPCIS events to occurrences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from suyuan.trace.epcis.event import ErrorDeclaration, Event, QuantityElement, TypedReference
from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.lineage import Basis, Holding, Occurrence, occurrence

SHANGHAI = timezone(timedelta(hours=8))
TEN = datetime(2026, 3, 1, 10, tzinfo=SHANGHAI)
ITEM = "urn:epc:id:sgtin:9506000.013435.123"
ITEM_KEY = "https://id.gs1.org/01/09506000134352/21/123"
LOT_KEY = "https://id.gs1.org/01/09506000134352/10/AB1"


def digested(kind: str = "ObjectEvent", body: dict[str, Any] | None = None, **fields: Any) -> Occurrence:
    event = Event(kind, TEN, "+08:00", body or {}, **fields)
    return occurrence(event, evidence="ev", party="acme", record_time=TEN)


def test_all_spellings_become_one_key() -> None:
    told = digested(
        "AggregationEvent",
        action="ADD",
        parent_id="urn:epc:id:sscc:9506000.0123456789",
        child_epcs=(ITEM, "https://acme.example/shop/01/09506000134352/21/123"),
        child_quantity_list=(QuantityElement("urn:epc:class:lgtin:9506000.013435.AB1", 5, "KGM"),),
        read_point="urn:epc:id:sgln:9506000.00001.dock",
        biz_location="urn:epc:id:sgln:9506000.00001.0",
    )
    assert told.children == (Holding(ITEM_KEY), Holding(ITEM_KEY), Holding(LOT_KEY, 5, "KGM", is_class=True))
    assert told.parent is not None
    assert told.parent.startswith("https://id.gs1.org/00/")
    assert told.read_point == f"{told.biz_location}/254/dock"
    assert (told.evidence, told.party, told.time) == ("ev", "acme", TEN)
    assert told.time.tzinfo is UTC


def test_inputs_and_outputs() -> None:
    told = digested(
        "TransformationEvent",
        input_epc_list=(ITEM,),
        input_quantity_list=(QuantityElement(LOT_KEY, None),),
        output_quantity_list=(QuantityElement(LOT_KEY, 2),),
        transformation_id="https://example.org/batch/7",
    )
    assert told.inputs == (Holding(ITEM_KEY), Holding(LOT_KEY, is_class=True))
    assert told.outputs == (Holding(LOT_KEY, 2, None, is_class=True),)
    assert told.transformation_id == "https://example.org/batch/7"
    assert digested("TransformationEvent", transformation_id="batch 7").transformation_id == "batch 7"


def test_the_lot_is_told_by_the_digital_link() -> None:
    told = digested(epc_list=("https://id.gs1.org/01/09506000134352/10/AB1/21/123",), action="OBSERVE")
    assert told.what == (Holding(ITEM_KEY),)
    assert told.lot_of == ((ITEM_KEY, LOT_KEY),)


@pytest.mark.parametrize(
    "name", ["cbvmda:lotNumber", "lotNumber", "ns1:lotNumber", "urn:epcglobal:cbv:mda:lotNumber"]
)
def test_the_lot_is_told_by_the_master_data_of_the_commissioning(name: str) -> None:
    ilmd = {"cbvmda:countryOfOrigin": "CN", name: "AB1"}
    assert digested(epc_list=(ITEM,), action="ADD", ilmd=ilmd).lot_of == ((ITEM_KEY, LOT_KEY),)
    made = digested("TransformationEvent", input_epc_list=(f"{ITEM}4",), output_epc_list=(ITEM,), ilmd=ilmd)
    assert made.lot_of == ((ITEM_KEY, LOT_KEY),)
    assert digested(epc_list=(ITEM,), action="OBSERVE", ilmd=ilmd).lot_of == ()


@pytest.mark.parametrize("number", ["", "much too long for a lot number", "批次一", 7, ["AB1"]])
def test_what_is_no_lot_number_tells_no_lot(number: object) -> None:
    assert digested(epc_list=(ITEM,), action="ADD", ilmd={"cbvmda:lotNumber": number}).lot_of == ()


def test_a_logistic_unit_has_no_lot() -> None:
    unit = "urn:epc:id:sscc:9506000.0123456789"
    assert digested(epc_list=(unit,), action="ADD", ilmd={"lotNumber": "AB1"}).lot_of == ()


@pytest.mark.parametrize("epc", [LOT_KEY, "https://id.gs1.org/01/09506000134352", ITEM, "urn:x:thing"])
def test_no_lot_has_a_lot_whatever_is_said(epc: str) -> None:
    """By name what has a lot is none, and what is one is a lot (law of tracing §2.2)."""
    told = digested(epc_list=(epc,), action="ADD", ilmd={"lotNumber": "AB1"})
    assert [(identify(thing).kind == "lot", identify(lot).kind) for thing, lot in told.lot_of] in (
        [],
        [(False, "lot")],
    )


def test_the_link_is_believed_before_the_master_data() -> None:
    link = "https://id.gs1.org/01/09506000134352/10/AB1/21/123"
    told = digested(epc_list=(link,), action="ADD", ilmd={"lotNumber": "OTHER"})
    assert told.lot_of == ((ITEM_KEY, LOT_KEY),)


def test_our_own_members_under_any_prefix() -> None:
    told = digested(body={"suyuan:sequence": 7, "suyuan:basis": "read"})
    assert (told.sequence, told.basis) == (7, Basis.READ)
    renamed = digested(
        body={"own:sequence": "8", "own:basis": "typed", "suyuan:sequence": 7},
        context=({"own": "https://ns.suyuan.example/", "suyuan": "https://elsewhere.example/"},),
    )
    assert (renamed.sequence, renamed.basis) == (8, Basis.TYPED)


@pytest.mark.parametrize("sequence", [None, True, -1, 1.5, "x", "9" * 40, 2**63, {}])
def test_what_is_no_sequence_is_unknown(sequence: object) -> None:
    told = digested(body={"suyuan:sequence": sequence, "suyuan:basis": sequence})
    assert (told.sequence, told.basis) == (0, Basis.TOLD)


def test_an_error_declaration() -> None:
    told = digested(event_id="id1", error_declaration=ErrorDeclaration(TEN + timedelta(days=1)))
    assert (told.event_id, told.declared_wrong_at) == ("id1", TEN + timedelta(days=1))


def test_an_impossible_identifier_is_refused() -> None:
    with pytest.raises(IdentifierError):
        digested(epc_list=("https://id.gs1.org/01/09506000134353/21/1",))


def test_amounts_are_told_in_one_unit_per_dimension_and_destinations_by_their_keys() -> None:
    told = digested(
        quantity_list=(QuantityElement(LOT_KEY, 500, "GRM"), QuantityElement(LOT_KEY, 3, "EA")),
        destination_list=(
            TypedReference("location", "urn:epc:id:sgln:9506000.00001.0"),
            TypedReference("owning_party", "https://buyer.example/we"),
        ),
        action="OBSERVE",
    )
    assert told.what == (
        Holding(LOT_KEY, 0.5, "KGM", is_class=True),
        Holding(LOT_KEY, 3, None, is_class=True),
    )
    assert told.destinations == ("https://id.gs1.org/414/9506000000015", "https://buyer.example/we")
