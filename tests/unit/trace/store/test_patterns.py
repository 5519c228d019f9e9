"""EPC patterns as ranges of keys: a key is in a range exactly if the pattern names it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.trace.gs1 import canonical_key
from suyuan.trace.store.patterns import Named, PatternWrong, named

_ALL = {
    "sgtin": (
        "urn:epc:id:sgtin:9506000.113435.A%2Fb",
        "sgtin:9506000.113435.*",
        "sgtin:9506000.*.*",
        "sgtin:*.*.*",
    ),
    "sscc": ("urn:epc:id:sscc:9506000.3000000001", "sscc:9506000.*", "sscc:*.*"),
    "sgln": ("urn:epc:id:sgln:9506000.00001.7", "sgln:9506000.00001.*", "sgln:9506000.*.*", "sgln:*.*.*"),
    "grai": ("urn:epc:id:grai:9506000.00001.7", "grai:9506000.00001.*", "grai:9506000.*.*", "grai:*.*.*"),
    "giai": ("urn:epc:id:giai:9506000.77", "giai:9506000.*", "giai:*.*"),
    "gid": ("urn:epc:id:gid:95.12.4", "gid:95.12.*", "gid:95.*.*", "gid:*.*.*"),
}


def names(meant: Named, key: str) -> bool:
    return key in meant.keys or any(
        key.startswith(part.prefix) and len(key) > len(part.prefix) and part.holding in key
        for part in meant.ranges
    )


@pytest.mark.parametrize("epc", [epc for epc, *_ in _ALL.values()])
@pytest.mark.parametrize("pattern", [pattern for _, *patterns in _ALL.values() for pattern in patterns])
def test_a_pattern_names_its_own_and_no_others(epc: str, pattern: str) -> None:
    scheme = epc.split(":")[3]
    meant = named(f"urn:epc:idpat:{pattern}", classes=False)
    assert names(meant, canonical_key(epc)) == pattern.startswith(f"{scheme}:")


@given(st.integers(0, 9), st.integers(0, 99999), st.integers(1, 10**9))
def test_a_company_pattern_names_all_its_items_and_only_those(indicator: int, item: int, serial: int) -> None:
    own = canonical_key(f"urn:epc:id:sgtin:9506000.{indicator}{item:05d}.{serial}")
    others = canonical_key(f"urn:epc:id:sgtin:9506001.{indicator}{item:05d}.{serial}")
    meant = named("urn:epc:idpat:sgtin:9506000.*.*", classes=False)
    assert names(meant, own)
    assert not names(meant, others)
    assert not names(meant, own.partition("/21/")[0])
    assert not names(meant, own.replace("/21/", "/10/"))


@pytest.mark.parametrize("pattern", ["9506000.00001.*", "9506000.*.*", "*.*.*"])
def test_a_place_without_extension_is_among_its_points(pattern: str) -> None:
    meant = named(f"urn:epc:idpat:sgln:{pattern}", classes=False)
    assert names(meant, canonical_key("urn:epc:id:sgln:9506000.00001.0"))
    assert names(meant, canonical_key("urn:epc:id:sgln:9506000.00001.7"))
    assert names(meant, canonical_key("urn:epc:id:sgln:9506000.00002.0")) is ("*.*" in pattern)


def test_a_product_is_a_class_among_classes_and_a_range_among_instances() -> None:
    pattern = "urn:epc:idpat:sgtin:9506000.013435.*"
    key = "https://id.gs1.org/01/09506000134352"
    assert named(pattern, classes=True).keys == (key,)
    assert not named(pattern, classes=False).keys
    lots = named("urn:epc:idpat:lgtin:9506000.013435.*", classes=True)
    assert names(lots, f"{key}/10/L1")
    assert not names(lots, f"{key}/21/L1")
    assert not names(lots, key)


@pytest.mark.parametrize(
    "wrong",
    [
        "sgtin:*.013435.1",
        "sgtin:9506000.*.1",
        "sgtin:95*.*.*",
        "sgtin:9506000.013435.1*",
        "sgtin:ABC.*.*",
        "sgtin:-1.*.*",
    ],
)
def test_other_patterns_are_refused(wrong: str) -> None:
    with pytest.raises(PatternWrong):
        named(f"urn:epc:idpat:{wrong}", classes=False)
