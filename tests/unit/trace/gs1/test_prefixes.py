from __future__ import annotations

import pytest

from suyuan.trace.gs1 import check_digit, identify, to_urn
from suyuan.trace.gs1.prefixes import known_prefixes, known_urn, prefix_length, prefix_of_urn

KNOWN = known_prefixes(["9506000", "69012345", "952012", "9521"])


@pytest.mark.parametrize(
    ("spelling", "length"),
    [
        ("/01/09506000134352/21/1", 7),
        ("/01/29506000134356/21/1", 7),
        ("/00/395060003000000017", 7),
        ("/00/095201234567891235", 6),
        ("/414/9506000134352", 7),
        ("/8003/095060001343521", 7),
        ("/8004/950600077", 7),
        ("/8006/095060001343520102/21/1", 7),
        ("/253/9506000134352X", 7),
        ("/01/09521141123454/21/1", 6),  # a licence of four digits counts as one of six
        ("/01/04012345111118/21/1", None),
        ("/8004/A7", None),
        ("urn:epc:id:gid:1.2.3", None),
        ("https://example.cn/own/product/P00001A", None),
        ("/01/00000095010939/21/1", 8),  # GTIN-8
        ("/01/00000020123451/21/1", None),  # eight digits of a shop's own
    ],
)
def test_the_length_is_known_or_not_told(spelling: str, length: int | None) -> None:
    found = identify(spelling)
    assert prefix_length(found, KNOWN) == length
    if length is not None:
        assert prefix_of_urn(str(to_urn(found.key, length))) is not None


@pytest.mark.parametrize("start", ["02", "04", "0001", "20", "29", "977", "980", "984", "99"])
def test_numbers_that_make_no_epc(start: str) -> None:
    digits = f"0{start}".ljust(13, "5")
    item = identify(f"/01/{digits}{check_digit(digits)}/21/1")
    assert prefix_length(item, lambda _: 7) is None


def test_a_gtin_8_is_spelled_as_the_standard_shows() -> None:
    item = identify("/01/95010939/21/7")
    assert prefix_length(item, lambda _: None) == 8
    assert to_urn(item.key, 8) == "urn:epc:id:sgtin:00000950.01093.7"


def test_a_urn_is_written_where_the_length_is_known() -> None:
    item = identify("/01/09506000134352/21/a%2Fb")
    assert known_urn(item, KNOWN) == "urn:epc:id:sgtin:9506000.013435.a%2Fb"
    assert known_urn(item, known_prefixes([])) is None
    assert known_urn(identify("urn:epc:id:gid:1.2.3"), KNOWN) == "urn:epc:id:gid:1.2.3"
    assert known_urn(identify("https://example.cn/own/product/P00001A"), KNOWN) is None
    assert known_urn(identify("/01/09506000134352/22/2A"), KNOWN) is None  # no scheme has it


def test_two_prefixes_that_fit_are_none() -> None:
    confused = known_prefixes(["9506000", "950600"])
    assert prefix_length(identify("/01/09506000134352/21/1"), confused) is None
    assert known_prefixes([])("950600013435") is None


@pytest.mark.parametrize(
    ("urn", "prefix"),
    [
        ("urn:epc:id:sgtin:9506000.013435.1:2", "9506000"),
        ("urn:epc:class:lgtin:9506000.013435.L", "9506000"),
        ("urn:epc:idpat:sgtin:9506000.*.*", "9506000"),
        ("urn:epc:tag:[att=x01]:sscc-96:0.952012.03456789123", "952012"),
        ("URN:EPC:ID:SSCC:952012.03456789123", "952012"),
        ("urn:epc:idpat:sgtin:*.*.*", None),
        ("urn:epc:id:gid:1234567.1.1", None),
        ("urn:epc:id:sgtin:12345.1.1", None),
        ("urn:epc:raw:96.x30", None),
        ("urn:epc:id:", None),
        ("https://example.cn", None),
        ("", None),
    ],
)
def test_the_prefix_that_a_urn_spells(urn: str, prefix: str | None) -> None:
    assert prefix_of_urn(urn) == prefix
