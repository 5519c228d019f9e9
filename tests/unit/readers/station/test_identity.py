"""What a station knows of goods by their UHF tag alone."""

from __future__ import annotations

import pytest

from suyuan.readers.station.identity import from_tag
from suyuan.trace.gs1 import encode_epc, identify

ITEM = "https://id.gs1.org/01/09506000134352/21/A1"
LOT = "https://id.gs1.org/01/09506000134352/10/L1"


def test_a_lot_on_the_tag_is_known_and_changes_no_name() -> None:
    told = from_tag(encode_epc(identify(ITEM), data=(("10", "L1"), ("17", "261231"))))
    assert (told.key, told.kind, told.lot_key) == (ITEM, "item", LOT)
    plain = from_tag(encode_epc(identify(ITEM), company_prefix_length=7, scheme="SGTIN-198"))
    assert (plain.key, plain.lot_key) == (ITEM, None)


@pytest.mark.parametrize("scheme", ["SGTIN-198", "SGTIN+", "SGTIN++", "DSGTIN+"])
def test_every_kind_of_tag_means_the_same_item(scheme: str) -> None:
    data = (("17", "261231"),) if scheme.startswith("DSGTIN") else ()
    host = "trace.example.cn" if scheme.endswith("++") else ""
    memory = encode_epc(identify(ITEM), company_prefix_length=7, scheme=scheme, data=data, hostname=host)
    assert from_tag(memory).key == ITEM
