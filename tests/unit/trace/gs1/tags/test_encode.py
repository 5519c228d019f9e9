"""What tags are written, and what they cannot hold."""

from __future__ import annotations

import pytest

from suyuan.trace.gs1 import EncodingError, identify
from suyuan.trace.gs1.tags import decode_epc, encode_epc
from suyuan.trace.gs1.tags.bits import Memory
from suyuan.trace.gs1.tags.data import write_data

ITEM = identify("/01/09506000134352/21/123")


@pytest.mark.parametrize(
    ("spelling", "length", "more", "scheme"),
    [
        ("/01/09506000134352/21/123", 7, {}, "SGTIN-96"),
        ("/01/09506000134352/21/123", None, {}, "SGTIN+"),
        ("/01/09506000134352/21/123", 7, {"data": (("10", "L1"),)}, "SGTIN+"),
        ("/01/09506000134352/21/123", 7, {"hostname": "id.example.cn"}, "SGTIN++"),
        ("/00/095201234567891235", None, {}, "SSCC+"),
        ("/255/952114167890904711", 7, {}, "SGCN-96"),
        ("/8006/095211411234540102/21/981", 7, {}, "ITIP-110"),
        ("/8010/952114198765/8011/12345", 7, {}, "CPI-96"),
        ("urn:epc:id:gid:1.2.3", None, {}, "GID-96"),
        ("urn:epc:id:usdod:2S194.7", None, {}, "USDOD-96"),
        ("urn:epc:id:adi:2S194..7", 7, {}, "ADI-var"),
    ],
)
def test_the_scheme_that_is_chosen(
    spelling: str, length: int | None, more: dict[str, object], scheme: str
) -> None:
    memory = encode_epc(identify(spelling), company_prefix_length=length, **more)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert decode_epc(memory).scheme == scheme
    assert len(memory) % 2 == 0


@pytest.mark.parametrize("serial", ["0123", "A1", str(1 << 38), "9" * 20])
def test_a_serial_that_96_bits_cannot_hold_needs_a_larger_scheme(serial: str) -> None:
    item = identify(f"/01/09506000134352/21/{serial}")
    with pytest.raises(EncodingError, match="SGTIN-96") as caught:
        encode_epc(item, company_prefix_length=7, filter=1)
    assert "SGTIN-198" in caught.value.remedy
    written = encode_epc(item, company_prefix_length=7, filter=1, scheme="SGTIN-198")
    assert len(written) == 26
    assert decode_epc(written).identifier == item


@pytest.mark.parametrize(
    ("spelling", "more", "fault"),
    [
        ("/01/09506000134352", {}, "names a class"),
        ("/01/09506000134352/10/L1", {}, "names a class"),
        ("/01/09506000134352", {"scheme": "SGTIN+"}, "names a class"),
        ("/01/09506000134352/235/X", {}, "names a class"),
        ("/8003/09521141123454", {"scheme": "GRAI+"}, "names a class"),
        ("/253/9521141123454", {}, "names a class"),
        ("/01/09506000134352/21/1", {"length": 5}, "6 to 12"),
        ("/01/09506000134352/21/1", {"length": 13}, "6 to 12"),
        ("/01/09506000134352/21/1", {"length": None, "scheme": "SGTIN-96"}, "6 to 12"),
        ("/01/09506000134352/21/1", {"filter": 8}, "between 0 and 7"),
        ("/01/09506000134352/21/1", {"filter": -1}, "between 0 and 7"),
        ("urn:epc:id:gid:1.2.3", {"filter": 1}, "between 0 and 0"),
        ("/01/09506000134352/21/1", {"scheme": "SSCC-96"}, "no such binary scheme"),
        ("/01/09506000134352/21/1", {"scheme": "SGTIN-64"}, "no such binary scheme"),
        ("/253/95211411234541", {"scheme": "GDTI-113"}, "withdrawn"),
        ("/8004/A1234567", {}, "does not begin with a prefix"),
        ("/8004/9521141", {}, "does not begin with a prefix"),
        ("/417/9521141123454", {}, "no such binary scheme"),
        ("urn:uuid:1", {}, "no such binary scheme"),
        ("urn:epc:id:bic:CSQU3054383", {}, "no such binary scheme"),
        ("/01/09506000134352/21/1", {"scheme": "DSGTIN+"}, "needs a date"),
        (
            "/01/09506000134352/21/1",
            {"scheme": "DSGTIN+", "data": (("7007", "261201261231"),)},
            "needs a date",
        ),
        ("/01/09506000134352/21/1", {"data": (("17", "261301"),)}, "month"),
        ("/01/09506000134352/21/1", {"data": (("37", "5"),)}, "must not stand together"),
        ("/01/09506000134352/21/1", {"data": (("03", "1"),)}, "no coding on tags"),
        ("/01/09506000134352/21/1", {"data": (("nonsense", "1"),)}, "no coding on tags"),
        ("/01/09506000134352/21/1", {"data": (("21", "1"),)}, "told twice"),
        ("/01/09506000134352/10/L1/21/1", {"data": (("10", "L2"),)}, "told twice"),
        ("/01/09506000134352/21/1", {"data": (("10", "L"), ("10", "L"))}, "told twice"),
        ("/01/09506000134352/21/1", {"data": (("10", "批"),)}, "(?i)character"),
        ("/01/09506000134352/21/1", {"data": (("421", "15"),)}, "in the middle of a part"),
        ("/01/09506000134352/21/1", {"data": (("99", "9x" * 45),)}, "at most 496"),
        ("/01/09506000134352/21/1", {"scheme": "SGTIN-96", "data": (("10", "L"),)}, "no room for data"),
        ("/01/09506000134352/21/1", {"scheme": "SGTIN+", "hostname": "example.cn"}, "no room for a hostname"),
        ("/01/09506000134352/21/1", {"scheme": "SGTIN++"}, "no hostname"),
        ("/01/09506000134352/21/1", {"hostname": "https://example.cn"}, "no hostname"),
        ("/01/09506000134352/21/1", {"hostname": "例子.cn"}, "no hostname"),
        ("/01/09506000134352/21/1", {"hostname": "a" * 64}, "no hostname"),
        ("/8010/9521141A/8011/1", {"scheme": "CPI-96"}, "leading zeros or is above"),
        ("/8004/9521141" + "1" * 23, {"scheme": "GIAI-96"}, "leading zeros or is above"),
    ],
)
def test_what_cannot_be_written_is_refused(spelling: str, more: dict[str, object], fault: str) -> None:
    given = {"company_prefix_length": 7, **more}
    if "length" in given:
        given["company_prefix_length"] = given.pop("length")
    with pytest.raises(EncodingError, match=fault) as caught:
        encode_epc(identify(spelling), **given)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert "{" not in caught.value.detail
    assert caught.value.remedy


def test_a_place_without_extension_is_written_with_extension_zero() -> None:
    place = identify("/414/9521141123454")
    for scheme in ("SGLN-96", "SGLN-195", "SGLN+"):
        epc = decode_epc(encode_epc(place, company_prefix_length=7, filter=0, scheme=scheme))
        assert epc.identifier == place
        assert epc.urn == ("urn:epc:id:sgln:9521141.12345.0" if "-" in scheme else None)


def test_the_prioritised_date_is_the_first_of_the_dates() -> None:
    data = (("10", "L1"), ("15", "261201"), ("17", "261231"))
    epc = decode_epc(encode_epc(ITEM, scheme="DSGTIN+", data=data))
    assert epc.data == (("15", "261201"), ("10", "L1"), ("17", "261231"))
    assert epc.identifier.lot == "L1"


def test_frequent_ends_of_a_host_take_few_bits() -> None:
    def size(host: str) -> int:
        return len(encode_epc(ITEM, hostname=host).rstrip(b"\0"))

    assert size("id.example.com.cn") < size("id.example.invalid")
    assert size("ID.EXAMPLE.ORG.XX") < size("Id.Example.Org.Xx")


@pytest.mark.parametrize(("ai", "value"), [("10", "批"), ("17", "261301"), ("421", "15"), ("7258", "0/1")])
def test_data_are_written_only_as_they_can_be_read(ai: str, value: str) -> None:
    with pytest.raises(EncodingError, match=f"not a value of AI {ai}"):
        write_data(Memory("key", "SGTIN+"), ((ai, value),))
