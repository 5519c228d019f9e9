from __future__ import annotations

import pytest

from suyuan.trace.gs1 import EncodingError, TagError, decode_epc, encode_epc, identify

# Worked out by hand from the partition tables: header, filter and partition, prefix, reference, serial.
EXAMPLES = [
    ("3074257BF7194E4000001A85", "SGTIN-96", 3, 7, "urn:epc:id:sgtin:0614141.812345.6789"),
    ("3066C4409047E140075BCD15", "SGTIN-96", 3, 11, "urn:epc:id:sgtin:95060001343.05.123456789"),
    (
        "3666C4409047E159B2C2BF100000000000000000000000000000",
        "SGTIN-198",
        3,
        11,
        "urn:epc:id:sgtin:95060001343.05.32a%2Fb",
    ),
    ("311BA1B300CE0A6A83000000", "SSCC-96", 0, 6, "urn:epc:id:sscc:952012.03456789123"),
    ("3276451FD46072000000162E", "SGLN-96", 3, 7, "urn:epc:id:sgln:9521141.12345.5678"),
    ("3376451FD40C0E400000162E", "GRAI-96", 3, 7, "urn:epc:id:grai:9521141.12345.5678"),
    ("3476451FD40000000000162E", "GIAI-96", 3, 7, "urn:epc:id:giai:9521141.5678"),
]


@pytest.mark.parametrize(("memory", "scheme", "filter_value", "length", "urn"), EXAMPLES)
def test_tag_memory_and_its_meaning(
    memory: str, scheme: str, filter_value: int, length: int, urn: str
) -> None:
    epc = decode_epc(bytes.fromhex(memory))
    assert (epc.scheme, epc.filter, epc.company_prefix_length, epc.urn) == (scheme, filter_value, length, urn)
    assert epc.tag_urn == f"urn:epc:tag:{scheme.lower()}:{filter_value}.{urn.split(':', 4)[4]}"
    assert identify(epc.urn) == identify(epc.tag_urn) == epc.identifier
    written = encode_epc(epc.identifier, company_prefix_length=length, filter=filter_value, scheme=scheme)
    assert written.hex().upper() == memory


def test_zero_padding_behind_the_epc_is_ignored() -> None:
    memory = bytes.fromhex("3074257BF7194E4000001A85")
    assert decode_epc(memory + bytes(4)) == decode_epc(memory)
    assert decode_epc(memory + bytes(50)) == decode_epc(memory)


@pytest.mark.parametrize(
    ("memory", "fault"),
    [
        ("", "not programmed"),
        ("000000000000000000000000", "not programmed"),
        ("FFFFFFFFFFFFFFFFFFFFFFFF", "header FF"),
        ("E2801160600002054CC2096F", "header E2"),
        ("F73795211411234538566CB0AFC4", "SGTIN+"),
        ("30", "there are 8"),
        ("3074257BF7194E4000001A", "needs 96 bits"),
        ("3074257BF7194E4000001A8501", "bits are set behind"),
        ("307C257BF7194E4000001A85", "partition 7"),
        ("3077FFFFF7194E4000001A85", "company prefix"),
        ("3074257BFFFFFE4000001A85", "reference"),
        ("311BA1B300CE0A6A83000001", "unused bits"),
        ("3666C4409047E140000000000000000000000000000000000000", "serial is empty"),
        ("3666C4409047E159B00000000000000000000000000000001000", "gap"),
        ("3666C4409047E141020000000000000000000000000000000000", "Character"),
        ("30" * 63, "62"),
    ],
)
def test_garbage_is_refused_with_its_bits(memory: str, fault: str) -> None:
    with pytest.raises(TagError, match=fault) as caught:
        decode_epc(bytes.fromhex(memory))
    assert str(caught.value.fields["bits"]).rstrip("…") in memory
    assert "{" not in caught.value.detail


@pytest.mark.parametrize("serial", ["0123", "A1", str(1 << 38), "9" * 20])
def test_a_serial_that_96_bits_cannot_hold_needs_the_larger_scheme(serial: str) -> None:
    item = identify(f"/01/09506000134352/21/{serial}")
    with pytest.raises(EncodingError, match="SGTIN-96") as caught:
        encode_epc(item, company_prefix_length=7, filter=1)
    assert "SGTIN-198" in caught.value.remedy
    written = encode_epc(item, company_prefix_length=7, filter=1, scheme="SGTIN-198")
    assert len(written) == 26
    assert decode_epc(written).identifier == item


def test_the_greatest_serial_of_96_bits_fits() -> None:
    item = identify(f"/01/09506000134352/21/{(1 << 38) - 1}")
    assert decode_epc(encode_epc(item, company_prefix_length=7, filter=1)).identifier == item


@pytest.mark.parametrize(
    ("spelling", "length", "filter_value", "scheme"),
    [
        ("/01/09506000134352", 7, 1, None),
        ("/01/09506000134352/10/L1", 7, 1, None),
        ("/01/09506000134352/21/1", 5, 1, None),
        ("/01/09506000134352/21/1", 13, 1, None),
        ("/01/09506000134352/21/1", 7, 8, None),
        ("/01/09506000134352/21/1", 7, -1, None),
        ("/01/09506000134352/21/1", 7, 1, "SSCC-96"),
        ("/01/09506000134352/21/1", 7, 1, "SGTIN-64"),
        ("/8004/A1234567", 7, 1, None),
        ("/8004/9521141", 7, 1, None),
        ("/8003/09521141123454", 7, 1, None),
        ("/417/9521141123454", 7, 1, None),
        ("urn:uuid:1", 7, 1, None),
    ],
)
def test_what_cannot_be_written_is_refused(
    spelling: str, length: int, filter_value: int, scheme: str | None
) -> None:
    with pytest.raises(EncodingError):
        encode_epc(identify(spelling), company_prefix_length=length, filter=filter_value, scheme=scheme)


def test_a_place_without_extension_is_written_with_extension_zero() -> None:
    place = identify("/414/9521141123454")
    for scheme in ("SGLN-96", "SGLN-195"):
        epc = decode_epc(encode_epc(place, company_prefix_length=7, filter=0, scheme=scheme))
        assert epc.identifier == place
        assert epc.urn == "urn:epc:id:sgln:9521141.12345.0"
