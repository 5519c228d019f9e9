"""What tags say beside their EPC, and how memory that is none is refused."""

from __future__ import annotations

import pytest

from suyuan.trace.gs1 import TagError, element_string, identify
from suyuan.trace.gs1.tags import LAYOUTS, decode_epc, encode_epc
from suyuan.trace.gs1.tags.data import CODINGS
from suyuan.trace.gs1.tags.schemes import filter_name
from suyuan.trace.gs1.tags.texts import shortest_way

ITEM = identify("/01/09506000134352/21/A1")


def bits(*parts: str) -> bytes:
    """Groups of bits as bytes, zeros behind them up to a whole word."""
    text = "".join(parts)
    return int(text.ljust(-(-len(text) // 16) * 16, "0"), 2).to_bytes(-(-len(text) // 16) * 2)


SGTIN = f"{0xF7:08b}0001" + "".join(f"{int(digit):04b}" for digit in "09506000134352")
SERIAL_7 = "000" + "00001" + "0111"


def test_zero_padding_behind_the_epc_is_ignored() -> None:
    memory = bytes.fromhex("3074257BF7194E4000001A85")
    assert decode_epc(memory + bytes(4)) == decode_epc(memory)
    assert decode_epc(memory + bytes(50)) == decode_epc(memory)
    newer = bytes.fromhex("F73795211411234538566CB0AFC4")
    assert decode_epc(newer + bytes(48)) == decode_epc(newer)


@pytest.mark.parametrize(
    ("memory", "fault", "where"),
    [
        ("", "not programmed", "EPC memory"),
        ("000000000000000000000000", "not programmed", "EPC memory"),
        ("FFFFFFFFFFFFFFFFFFFFFFFF", "header FF", "EPC memory"),
        ("E2801160600002054CC2096F", "header E2", "EPC memory"),
        ("FE", "header FE", "EPC memory"),
        ("30", "11 bits are needed, there are 8", "filter"),
        ("3074257BF7194E4000001A", "96 bits are needed, there are 88", "serial"),
        ("3074257BF7194E4000001A8501", "bits behind the 96 of SGTIN-96", "EPC memory"),
        ("307C257BF7194E4000001A85", "partition 7", "partition"),
        ("3077FFFFF7194E4000001A85", "company prefix", "company prefix"),
        ("3074257BFFFFFE4000001A85", "reference", "reference"),
        ("311BA1B300CE0A6A83000001", "unused bits", "unused bits"),
        ("3666C4409047E140000000000000000000000000000000000000", "missing, too many", "serial"),
        ("3666C4409047E159B00000000000000000000000000000001000", "have a gap", "serial"),
        ("3666C4409047E141020000000000000000000000000000000000", "Character", "21"),
        ("3F76451FD612640000000007", "not a 1 and", "serial"),
        ("4076451FD40C0E41820000000F54", "a piece beyond the total", "8006"),
        ("4076451FD40C0E7FFE0000000F54", "more than 2 digits", "piece"),
        ("3B0E0CF5E76C9047759AD0037FFFFFFFFFFFFFFFFF00", "letters, digits and signs", "serial"),
        ("3B0E0CF5E76C0000000000", "is empty", "serial"),
        ("2F33FFFFFFFFFFFF0000162E", "no CAGE code", "supplier"),
        ("F7379521141A123453856CB0AFC4", "digits alone", "01"),
        ("F73795211411234528566CB0AFC4", "check digit", "01"),
        ("F7379521141123453C566CB0AFC4", "encoding indicator 6", "21"),
        ("F7379521141123453A80", "there are 80", "21"),
        ("F73795211411234531F0", "a length of 31", "21"),
        ("FB37000079521141123453856CB0AFC4", "date type 7|not a date", "date"),
        ("FB342FFF795211411234538566CB0AFC4", "not a date", "17"),
        ("F1309521141123454" + "0" * 8, "a length of 0", "8003"),
        ("FA3F", "does not begin with a digit", "8004"),
        ("FA3952C0", "neither a digit nor the end", "8004"),
        ("30" * 63, "62", "EPC memory"),
    ],
)
def test_garbage_is_refused_with_its_bits_and_the_place(memory: str, fault: str, where: str) -> None:
    padded = memory + "0" * (len(memory) % 2)
    with pytest.raises(TagError, match=fault) as caught:
        decode_epc(bytes.fromhex(padded))
    assert str(caught.value.fields.get("bits", "")).rstrip("…") in padded
    assert caught.value.where == where or "|" in fault
    assert "{" not in caught.value.detail


def test_a_lot_and_a_date_on_the_tag() -> None:
    data = (("10", "L1"), ("17", "261231"), ("3103", "001250"))
    epc = decode_epc(encode_epc(ITEM, filter=1, data=data))
    assert epc.scheme == "SGTIN+"
    assert epc.data == data
    assert epc.identifier.key == ITEM.key
    assert epc.identifier.lot_key == "https://id.gs1.org/01/09506000134352/10/L1"
    assert element_string(epc.identifier) == "(01)09506000134352(10)L1(21)A1"
    assert epc.link() == "https://id.gs1.org/01/09506000134352/10/L1/21/A1?17=261231&3103=001250"
    assert epc.link("https://trace.example.cn/s") == (
        "https://trace.example.cn/s/01/09506000134352/10/L1/21/A1?17=261231&3103=001250"
    )


def test_what_qualifies_a_key_stands_in_the_path_of_its_link() -> None:
    service = encode_epc(identify("/8018/952114112345678906"), data=(("8019", "7"), ("99", "x/y")))
    assert decode_epc(service).link() == "https://id.gs1.org/8018/952114112345678906/8019/7?99=x%2Fy"
    assert decode_epc(service).identifier.key == "https://id.gs1.org/8018/952114112345678906"
    hosted = decode_epc(encode_epc(ITEM, hostname="TRACE.CN", data=(("99", "1"),)))
    assert hosted.link() == "https://trace.cn/01/09506000134352/21/A1?99=1"
    assert decode_epc(bytes.fromhex("3500E86F8000A9E000000586")).link() is None


def test_data_that_break_a_rule_are_read_and_told() -> None:
    epc = decode_epc(bits(SGTIN, SERIAL_7, "00110111" + "0001" + "0101"))  # (37)5, without what is counted
    assert epc.data == (("37", "5"),)
    assert not epc.verdict.valid
    assert decode_epc(bits(SGTIN, SERIAL_7)).verdict.valid


def test_data_are_read_whatever_the_toggle_says() -> None:
    lot = "00010000" + "000" + "00001" + "0101"  # (10)5
    quiet = decode_epc(bits(SGTIN, SERIAL_7, lot))
    loud = decode_epc(bits(SGTIN[:8] + "1" + SGTIN[9:], SERIAL_7, lot))
    assert quiet == loud
    assert quiet.data == (("10", "5"),)


def test_a_box_number_beside_an_item_begins_with_zeros() -> None:
    sscc = "".join(f"{int(digit):04b}" for digit in "195211411234567893")
    assert decode_epc(bits(SGTIN, SERIAL_7, "00000000", sscc)).data == (("00", "195211411234567893"),)
    with pytest.raises(TagError, match="bits behind its end"):
        decode_epc(bits(SGTIN, SERIAL_7, "00000000", "0001"))


@pytest.mark.parametrize(
    ("rest", "fault"),
    [
        ("10100000" + "0001", "a0|A0"),
        ("00000011" + "0001", "03"),
        ("01110001" + "0111" + "0001", "717"),
        ("00010000" + "000" + "00010" + "1111111", "more than 2 digits"),
        ("00010000" + "101" + "00001" + "0000000000000000", "no URN Code 40"),
        ("00010001" + "0011010" + "1101" + "00001", "not a date"),
        ("00100001" + "000" + "00001" + "0101", "told twice"),
        ("00010000" + "000" + "00001" + "0101" + "00010000" + "000" + "00001" + "0101", "told twice"),
        ("01000011" + "00000111" + "000000" + "111110", "capital letters"),
        ("01110010" + "01011000" + "0001" + "0000", "digits from 1 to 9"),
        ("00010000" + "100" + "00001" + "0000001", "character outside"),
    ],
)
def test_data_that_cannot_be_are_refused(rest: str, fault: str) -> None:
    with pytest.raises(TagError, match=fault):
        decode_epc(bits(SGTIN, SERIAL_7, rest))


@pytest.mark.parametrize(
    ("host", "fault"),
    [
        ("1" + "000001" + "0000100", "reserved"),
        ("1" + "000010" + "0000001" + "1111111", "reserved"),
        ("1" + "000001" + "0000000", "reserved"),
        ("1" + "000001" + "1011011", "not a hostname"),
        ("1" + "000011" + "1100001" + "0101111" + "1100001", "not a hostname"),
        ("0" + "000000", "not a hostname"),
        ("0" + "000001" + f"{1600 * 28 + 1:016b}", "not a hostname"),
        ("0" + "000001" + f"{1600 + 40 + 1:016b}", "no URN Code 40"),
    ],
)
def test_a_host_that_is_none_is_refused(host: str, fault: str) -> None:
    with pytest.raises(TagError, match=fault) as caught:
        decode_epc(bits(f"{0xFD:08b}", SGTIN[8:], SERIAL_7, host))
    assert caught.value.where == "hostname"


@pytest.mark.parametrize(
    ("text", "way"),
    [("0042", 0), ("A1", 1), ("a1", 2), ("rif981", 3), ("32a/b", 4), ("ABC-DEF-GHI-JKL", 5), ("AZ", 3)],
)
def test_every_way_of_writing_a_text_is_the_shortest_for_some(text: str, way: int) -> None:
    assert shortest_way(text) == way
    item = identify(f"/01/09506000134352/21/{text.replace('/', '%2F')}")
    memory = encode_epc(item, scheme="SGTIN+")
    assert int.from_bytes(memory[8:10]) >> 9 & 7 == way
    assert decode_epc(memory).identifier == item


@pytest.mark.parametrize("way", [0, 1, 2, 3, 4, 5])
def test_a_longer_way_is_read_too(way: int) -> None:
    number = {0: f"{12:07b}", 1: "00010010", 2: "00010010", 3: f"{53:06b}{54:06b}", 4: f"{49:07b}{50:07b}"}
    number[5] = f"{1600 * 31 + 40 * 32 + 0 + 1:016b}"
    epc = decode_epc(bits(SGTIN, f"{way:03b}", "00010", number[way]))
    assert epc.identifier.serial == "12"


def test_filter_values_have_the_names_of_the_standard() -> None:
    assert decode_epc(bytes.fromhex("3034257BF7194E4000001A85")).filter_name.startswith("Point of Sale")
    assert filter_name(LAYOUTS["DSGTIN++"], 6) == "Unit Load"
    assert filter_name(LAYOUTS["SSCC+"], 1) == ""
    assert filter_name(LAYOUTS["GSRN-96"], 0) == "All Others"
    assert filter_name(LAYOUTS["ADI-var"], 17) == "Avionics"
    assert filter_name(LAYOUTS["GID-96"], 0) == ""


def test_the_table_holds_every_ai_of_the_standard_and_no_other() -> None:
    assert len(CODINGS) == 532
    assert not {"03", "8014", "3954", "717", "8040"} & CODINGS.keys()
