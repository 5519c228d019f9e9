"""One tag of every binary scheme, as the EPC Tag Data Standard 2.3 shows it (annex E.3, errata mended)."""

from __future__ import annotations

import pytest

from suyuan.trace.gs1 import element_string, identify
from suyuan.trace.gs1.tags import LAYOUTS, decode_epc, encode_epc
from suyuan.trace.gs1.tags.classic import (
    Characters,
    Integer,
    NumericString,
    One,
    Partition,
    Segment,
    Supplier,
    Zeros,
)
from suyuan.trace.gs1.tags.schemes import Layout

# Scheme, element string (tag URN for those of others), hexadecimal memory without its last padding.
EXAMPLES = """
SGTIN-96 (01)09506000134352(21)123456789 3066C4409047E140075BCD15
SGTIN-198 (01)09506000134352(21)32a/b 3666C4409047E159B2C2BF1
SGTIN+ (01)79521141123453(21)32a/b F73795211411234538566CB0AFC4
DSGTIN+ (01)79521141123453(21)32a/b FB342CDE795211411234538566CB0AFC4
SGTIN++ (01)79521141123453(21)32a/b FD3795211411234538566CB0AFC525065F1876F0D996D8
DSGTIN++ (01)79521141123453(21)32a/b FC342CDE795211411234538566CB0AFC525065F1876F0D996D8
SSCC-96 (00)095201234567891235 311BA1B300CE0A6A83
SSCC+ (00)095201234567891235 F90095201234567891235
SSCC++ (00)095201234567891235 EF009520123456789123592832F8C3B786CCB6C
SGLN-96 (414)9521141123454(254)5678 3276451FD46072000000162E
SGLN-195 (414)9521141123454(254)32a/b 3976451FD46072CD9615F88
SGLN+ (414)9521141123454(254)32a/b F2395211411234548566CB0AFC4
SGLN++ (414)9521141123454(254)32a/b E9395211411234548566CB0AFC525065F1876F0D996D8
GRAI-96 (8003)095211411234545678 3376451FD40C0E400000162E
GRAI-170 (8003)0952114112345432a/b 3776451FD40C0E59B2C2BF1
GRAI+ (8003)0952114112345432a/b F13095211411234548566CB0AFC4
GRAI++ (8003)0952114112345432a/b EB3095211411234548566CB0AFC525065F1876F0D996D8
GIAI-96 (8004)95211415678 3476451FD40000000000162E
GIAI-202 (8004)952114132a/b 3876451FD59B2C2BF1
GIAI+ (8004)952114132a/b FA3952114132E83C2BF10
GIAI++ (8004)952114132a/b EE3952114132E83C2BF1494197C61DBC3665B6
GSRN-96 (8018)952114112345678906 2D76451FD4499602D2
GSRN+ (8018)952114112345678906 F43952114112345678906
GSRN++ (8018)952114112345678906 E7395211411234567890692832F8C3B786CCB6C
GSRNP-96 (8017)952114112345678906 2E76451FD4499602D2
GSRNP+ (8017)952114112345678906 F53952114112345678906
GSRNP++ (8017)952114112345678906 E8395211411234567890692832F8C3B786CCB6C
GDTI-96 (253)95211411234545678 2C76451FD46072000000162E
GDTI-174 (253)9521141987650ABCDefgh012345678 3E76451FD7039B061438997367D0C18B266D1AB66EE
GDTI+ (253)95211411234545678 F6395211411234540458B8
GDTI++ (253)95211411234545678 EA395211411234540458BA4A0CBE30EDE1B32DB
CPI-96 (8010)952114198765(8011)12345 3C76451FD400C0E680003039
CPI-var (8010)95211415PQ7/Z43(8011)12345 3D76451FD75411DEF6B4CC00000003039
CPI+ (8010)95211415PQ7/Z43(8011)12345 F0395211415E87A145BAFB4D19A8C0E4
CPI++ (8010)95211415PQ7/Z43(8011)12345 E6395211415E87A145BAFB4D19A8C0E64A0CBE30EDE1B32DB
SGCN-96 (255)952114167890904711 3F76451FD612640000019907
SGCN+ (255)952114167890904711 F839521141678909509338
SGCN++ (255)952114167890904711 EC3952114167890950933C94197C61DBC3665B6
GID-96 urn:epc:tag:gid-96:952056.2718.1414 3500E86F8000A9E000000586
USDOD-96 urn:epc:tag:usdod-96:3.CAGEY.5678 2F320434147455900000162E
ADI-var urn:epc:tag:adi-var:3.35962.PQ7VZ4.M37GXB92 3B0E0CF5E76C9047759AD00373DC7602E7200
ITIP-110 (8006)095211411234540102(21)981 4076451FD40C0E40820000000F54
ITIP-212 (8006)095211411234540102(21)mw133 4176451FD40C0E4082DBDD8B366
ITIP+ (8006)095211411234540102(21)rif981 F3309521141123454010266AE27FDF35
ITIP++ (8006)095211411234540102(21)rif981 ED309521141123454010266AE27FDF3592832F8C3B786CCB6C
"""
ROWS = [tuple(line.split()) for line in EXAMPLES.split("\n") if line]


def memory_of(digits: str, bits: int) -> bytes:
    """Whole words, with the padding that the table leaves out."""
    size = max(bits, 4 * len(digits))
    return bytes.fromhex(digits.ljust((size + 15) // 16 * 4, "0"))


@pytest.mark.parametrize(("scheme", "told", "digits"), ROWS, ids=[row[0] for row in ROWS])
def test_a_tag_of_every_scheme(scheme: str, told: str, digits: str) -> None:
    memory = memory_of(digits, LAYOUTS[scheme].bits)
    epc = decode_epc(memory)
    assert epc.scheme == scheme
    assert told == (epc.tag_urn if told.startswith("urn") else element_string(epc.identifier))
    written = encode_epc(
        epc.identifier,
        company_prefix_length=epc.company_prefix_length or None,
        filter=epc.filter,
        scheme=scheme,
        data=epc.data,
        hostname=epc.hostname,
    )
    assert written.rstrip(b"\0") == memory.rstrip(b"\0")
    assert len(written) == len(memory)
    if epc.tag_urn is not None:
        assert identify(epc.tag_urn) == identify(str(epc.urn)) == epc.identifier
    assert epc.hostname == ("id.example.com" if scheme.endswith("++") else "")
    assert epc.data == ((("17", "220630"),) if scheme.startswith("DSGTIN") else ())


def test_no_scheme_is_left_out() -> None:
    assert {row[0] for row in ROWS} == LAYOUTS.keys() - {"GDTI-113"}
    assert len(LAYOUTS) == 46


def test_a_withdrawn_scheme_is_read_and_not_written() -> None:
    # 3A, filter 3, partition 5, prefix 9521141, type 12345, and 1 in front of serial 007.
    bits = f"{0x3A:08b}{3:03b}{5:03b}{9521141:024b}{12345:017b}{1007:058b}"
    memory = int(bits.ljust(128, "0"), 2).to_bytes(16)
    epc = decode_epc(memory)
    assert (epc.scheme, epc.urn) == ("GDTI-113", "urn:epc:id:gdti:9521141.12345.007")
    assert element_string(epc.identifier) == "(253)9521141123454007"


@pytest.mark.parametrize("layout", [row for row in LAYOUTS.values() if row.bits], ids=lambda row: row.name)
def test_the_size_of_a_scheme_is_that_of_its_parts(layout: Layout) -> None:
    assert 8 + layout.filter_bits + sum(map(size_of, layout.body)) == layout.bits


def size_of(segment: Segment) -> int:
    match segment:
        case Partition(bits=bits):
            return 3 + bits
        case Zeros(bits=bits) | One(coding=Integer(bits=bits)):
            return bits
        case One(coding=Characters(bits=bits)) | One(coding=NumericString(bits=bits)):
            return bits
        case One(coding=Supplier(bits=bits)):
            return 6 * bits
        case _:
            assert segment.count == 1
            return 7  # pieces of an ITIP
