from __future__ import annotations

import pytest

from suyuan.readers.station.identity import GS1
from suyuan.readers.station.patterns import is_pattern, wanted
from suyuan.trace.gs1 import encode_epc, identify

GTIN = "06901234567892"


def tag(serial: int, filter_value: int) -> bytes:
    link = identify(f"https://id.gs1.org/01/{GTIN}/21/{serial}")
    return encode_epc(link, company_prefix_length=7, filter=filter_value)


def fits(content: bytes | str, include: list[str], exclude: list[str] | None = None) -> bool:
    identity = GS1.from_text(content) if isinstance(content, str) else GS1.from_tag(content)
    return wanted(include, exclude or [])(content, identity)


def test_filter_values() -> None:
    assert fits(tag(1, 1), ["item"])
    assert not fits(tag(1, 2), ["item"])
    assert fits(tag(1, 2), ["item", "case"])
    assert not fits(tag(1, 6), [], ["pallet"])
    assert not fits(f"https://id.gs1.org/01/{GTIN}/21/1", ["item"])  # a link has no filter value


@pytest.mark.parametrize(
    ("pattern", "inside"),
    [
        ("urn:epc:pat:sgtin-96:1.6901234.*.*", True),
        ("urn:epc:pat:sgtin-96:2.6901234.*.*", False),
        ("urn:epc:pat:sgtin-96:1.6901234.056789.[200-300]", True),
        ("urn:epc:pat:sgtin-96:1.6901234.056789.[300-400]", False),
        ("urn:epc:pat:sscc-96:1.6901234.*", False),
        ("urn:epc:idpat:sgtin:6901234.056789.*", True),
        (f"https://id.gs1.org/01/{GTIN}", True),
        (f"https://id.gs1.org/01/{GTIN}/21", True),
        (f"https://id.gs1.org/01/{GTIN}/10/L1", False),
        ("https://id.gs1.org/01/", True),
        ("https://id.gs1.org/00", False),
        ("https://trace.example/own/product/P00001A", False),
    ],
)
def test_patterns(pattern: str, inside: bool) -> None:
    assert is_pattern(pattern)
    assert fits(tag(250, 1), [pattern]) is inside
    assert fits(tag(250, 1), [], [pattern]) is not inside


@pytest.mark.parametrize(
    "text",
    [
        "",
        "crate",
        "urn:epc:pat:",
        "urn:epc:pat:sgtin-96:1.6901234.[5].*",
        "urn:epc:pat:sgtin-96:1.6901234.056789.[300-200]",
        "ftp://x",
        "*",
        "urn:epc:pat:sgtn-96:1.6901234.*.*",
        "urn:epc:pat:sgtin:1.6901234.*.*",
        "urn:epc:pat:sgtin-96:1.6901234.*",
        "urn:epc:idpat:sgtin:6901234.*",
        "urn:epc:idpat:lgtin:6901234.*.*",  # of classes, which no tag names
        f"https://shop.example/01/{GTIN}",
        "https://id.gs1.org/01/6901234567892",
        "https://id.gs1.org/01/0690123456789",  # the beginning of a number is no component
        f"https://id.gs1.org/01/{GTIN}/10/L1/21/5",
    ],
)
def test_what_is_no_pattern(text: str) -> None:
    assert not is_pattern(text)


def test_a_serial_number_may_have_dots() -> None:
    link = identify(f"https://id.gs1.org/01/{GTIN}/21/A.B")
    memory = encode_epc(link, company_prefix_length=7, filter=1, scheme="SGTIN-198")
    assert fits(memory, ["urn:epc:pat:sgtin-198:1.6901234.056789.*"])
    assert fits(memory, ["urn:epc:idpat:sgtin:6901234.056789.A.B"])
    assert not fits(memory, ["urn:epc:idpat:sgtin:6901234.056789.A.C"])


def test_what_cannot_be_read_fits_only_where_all_is_wanted() -> None:
    assert wanted([], [])(b"\xe2garbage", None)
    assert not wanted(["item"], [])(b"\xe2garbage", None)
    assert wanted([], ["item"])(b"\xe2garbage", None)
