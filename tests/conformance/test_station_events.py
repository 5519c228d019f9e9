"""The events of a station's steps on the way of goods are valid by GS1's own JSON schema."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from tests.unit.readers.station.test_receiving import NOW, announced, burst, despatch
from tests.unit.readers.station.trade_cases import (
    GTIN,
    LOT,
    PRODUCT,
    PROOF,
    RECALLED,
    around,
    done,
    item,
    seen,
)

from suyuan.readers.station.bodies import CONTEXT
from suyuan.readers.station.cold_chain.assessment import Measured, Span
from suyuan.readers.station.cold_chain.measuring import Measuring
from suyuan.readers.station.cold_chain.profile import Profile
from suyuan.readers.station.ending import Destroying, Notice, Returning
from suyuan.readers.station.filtering import Burst
from suyuan.readers.station.importing import Certificate, Importing
from suyuan.readers.station.order import Order, Particulars, Step
from suyuan.readers.station.recall_task import RecallTask
from suyuan.readers.station.receiving import Receiving
from suyuan.readers.station.shipping import Shipping
from suyuan.readers.station.stock import Keeping, Piece, Sweeping

MEAT = Profile("meat", "冷鲜肉", "", 0.0, 4.0, interval_s=60.0)
WARM = tuple(
    Measured(NOW - timedelta(minutes=m), value, "SN 7") for m, value in ((90, 3.0), (30, 9.0), (1, 999.0))
)
HERE = (Piece(item(1), PRODUCT, LOT, None, "active"), Piece(item(2), PRODUCT, LOT, None, "active"))
TOLD: dict[Step, Particulars | None] = {
    Step.SHIP: Shipping(vehicle="浙A·12345", seal="S-9", set_point_c=4.0, taken_off=True),
    Step.RECEIVE: Receiving(despatch(*announced(1, 2)), damaged=(item(1),), temperature_c=3.0),
    Step.MEASURE: Measuring(WARM, MEAT, span=Span(NOW - timedelta(hours=2), NOW)),
    Step.STORE: Keeping("Q-1", pickable=False),
    Step.COUNT: Sweeping(),
    Step.PICK: None,
    Step.HOLD: RecallTask("7", photo_sha256=PROOF),
    Step.RETURN: Returning(receipt="R-1"),
    Step.DESTROY: Destroying(Notice("N", NOW, "x"), witnesses=("a", "b"), proof_sha256=PROOF, means="焚烧"),
    Step.IMPORT: Importing("D", Certificate("C"), ("T",), "Exporter"),
}


def faults(epcis: Path, body: dict[str, Any]) -> list[str]:
    schema = json.loads((epcis / "schemas/json-schema/epcis-json-schema.json").read_text())
    document = {
        "@context": list(CONTEXT),
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-21T03:00:00Z",
        "epcisBody": {"eventList": [body]},
    }
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    return [f"{error.instance_path} {error.message[:200]}" for error in validator.iter_errors(document)]


@pytest.mark.parametrize("step", TOLD)
def test_the_event_of_a_step_is_epcis(shared: Path, step: Step) -> None:
    blocked = {LOT: RECALLED} if step is Step.HOLD else {}
    product = GTIN if step is Step.IMPORT else None
    order = Order(
        step,
        product=product,
        lot="L1" if product else None,
        reason="x",
        operator="op",
        approver="qa",
        particulars=TOLD[step],
    )
    read = burst(1) if step is Step.RECEIVE else seen(f"{LOT}/21/1", item(1))
    body, _ = done(order, read, around(blocked, stock=HERE))
    assert body is not None
    assert faults(shared / "epcis", body) == []


def test_a_recall_sweep_that_finds_nothing_is_epcis_too(shared: Path) -> None:
    order = Order(Step.HOLD, particulars=RecallTask("7"))
    body, _ = done(order, Burst(), around({LOT: RECALLED}, stock=HERE))
    assert body is not None
    assert body["quantityList"] == [{"epcClass": LOT, "quantity": 0}]
    assert faults(shared / "epcis", body) == []
