"""EPC memory in web addresses and URNs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from suyuan.trace.gs1 import IdentifierError, StructureError, TagError, identify
from suyuan.trace.gs1.tags.paths import decode_path, encode_path
from suyuan.trace.gs1.tags.uris import memory_of_urn, urn_of_memory

ITEM = identify("/01/09528765123457/21/123456789123")


@pytest.mark.parametrize("path", ["/eh30164596f40c0e5cbe991a83", "/exMBZFlvQMDly-mRqD"])
def test_both_forms_of_the_standard(path: str) -> None:
    assert decode_path(path).identifier == ITEM
    assert decode_path(f"https://example.cn/a/b{path}").identifier == ITEM
    assert encode_path(ITEM, "eh" if "/eh" in path else "ex", company_prefix_length=7) == path


@pytest.mark.shared
def test_the_published_example(shared: Path) -> None:
    told = json.loads((shared / "tags" / "epc-tds-2.3.json").read_text())["epcb"]
    for path in (told["url_path"], told["same_as"]):
        assert decode_path(path).link("") == f"https://id.gs1.org{told['resolves_to']}"


@pytest.mark.parametrize("data", [(), (("10", "L1"), ("17", "261231"))])
@pytest.mark.parametrize("form", ["eh", "ex"])
def test_bits_that_fill_no_byte(form: str, data: tuple[tuple[str, str], ...]) -> None:
    path = encode_path(ITEM, form, data=data)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    epc = decode_path(path)
    assert (epc.identifier.key, epc.data) == (ITEM.key, data)


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/eh", "/ex", "/example", "/eh3", "/EH30164596F40C0E5CBE991A83"),
        *(
            "/eh30164596F40C0E5CBE991A83",
            "/exMBZF+/Q=",
            "/eh" + "30" * 63,
            "/ex" + "MD" * 60,
            "/eh" + "0" * 5000,
        ),
    ],
)
def test_other_paths_are_none(path: str) -> None:
    with pytest.raises(TagError) as caught:
        decode_path(path)
    assert "{" not in caught.value.detail


@pytest.mark.parametrize(
    ("urn", "memory"),
    [
        ("urn:epc:tag:sgtin-96:3.0614141.812345.6789", "3074257BF7194E4000001A85"),
        ("urn:epc:tag:[att=x01][xpc=x0004]:sgtin-96:3.0614141.812345.6789", "3074257BF7194E4000001A85"),
        ("urn:epc:tag:sgtin-198:3.95060001343.05.32a%2Fb", "3666C4409047E159B2C2BF1" + "0" * 29),
        ("urn:epc:tag:sgln-195:3.9521141.12345.a:b", None),
        ("urn:epc:tag:adi-var:63.35962..%23M37", None),
        ("urn:epc:raw:96.x0123456890ABCDEF01234567", "0123456890ABCDEF01234567"),
        ("urn:epc:raw:[umi=1]:16.48", "0030"),
        ("urn:epc:raw:12.xABC", "ABC0"),
        ("urn:epc:raw:16.x", "0000"),
    ],
)
def test_urns_of_memory(urn: str, memory: str | None) -> None:
    found = memory_of_urn(urn)
    assert memory is None or found.hex().upper() == memory
    assert memory_of_urn(urn_of_memory(found)) == found


def test_memory_that_is_no_epc_is_told_raw() -> None:
    assert urn_of_memory(bytes.fromhex("E280116060000205")) == "urn:epc:raw:64.xE280116060000205"
    newer = "F73795211411234538566CB0AFC4"
    assert urn_of_memory(bytes.fromhex(newer)) == f"urn:epc:raw:112.x{newer}"


@pytest.mark.parametrize(
    "urn",
    [
        *(
            "urn:epc:raw:64.x31.x0123456890ABCDEF",
            "urn:epc:raw:8.x1FF",
            "urn:epc:raw:0.x",
            "urn:epc:raw:999.x1",
        ),
        *("urn:epc:raw:512.x1", "urn:epc:id:sgtin:9506000.013435.1", "urn:epc:tag:", "urn:epc:raw:8.ff"),
        *("urn:epc:tag:sgtin-96:9.9506000.013435.1", "urn:epc:tag:[umi=2]:sgtin-96:1.9506000.013435.1"),
    ],
)
def test_other_urns_are_refused(urn: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        memory_of_urn(urn)
    assert isinstance(caught.value, StructureError)
