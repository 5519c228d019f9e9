"""Compressed Digital Links: how they are written, what is read, and what is refused and why."""

from __future__ import annotations

import pytest

from suyuan.trace.gs1.compression import compressed, decompressed
from suyuan.trace.gs1.errors import (
    CharacterError,
    CompressionError,
    IdentifierError,
    StructureError,
    UnknownApplicationIdentifier,
)
from suyuan.trace.gs1.faults import Gs1SyntaxError
from suyuan.trace.gs1.packed import packed, unpacked

HOST = "https://id.gs1.org"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
GTIN, LOT, SERIAL, USE_BY = (
    ("01", "05412345000013"),
    ("10", "ABC123"),
    ("21", "72292641703"),
    ("17", "290331"),
)
# How many bits the values above take, by the formulas of the standard: ⌈14·log₂10⌉; 3 + 5 + 6·4; and so on.
BITS = {GTIN: 47, LOT: 32, SERIAL: 45, USE_BY: 20}


def text_of(bits: str) -> str:
    bits += "0" * (-len(bits) % 6)
    return "".join(ALPHABET[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))


def bits_of(text: str) -> str:
    return "".join(f"{ALPHABET.index(character):06b}" for character in text)


def value_bits(element: tuple[str, str]) -> str:
    return bits_of(packed([element], optimised=False))[8 : 8 + BITS[element]]


# Vectors of GS1's digital-link.js (tests/index.js), which writes with codes for several AIs.
PUBLISHED = [
    (
        "https://dlnkd.tn.gg/01/09780345418913/10/231/21/345345?15=120820",
        "https://dlnkd.tn.gg/HxHKVAdpQgZzjr-hCDKigI",
    ),
    ("https://dlnkd.tn.gg/01/09780345418913/21/43786?foo=bar", "https://dlnkd.tn.gg/DBHKVAdpQgqrCvBv0UMG21W"),
    (
        "https://gs1.evrythng.com/01/09780345418913/10/38737643/21/58943?15=230911&thngId=U5mQKGDpnymBwQwRakyBqeYh",
        "https://gs1.evrythng.com/HxHKVAdpQhCTxbrOF_yEFcx_4a2GeAh1mFOZkChg6Z8pgcEMEWpMganmIQ",
    ),
]


@pytest.mark.parametrize(("plain", "small"), PUBLISHED)
def test_links_written_with_codes_are_read_and_written(plain: str, small: str) -> None:
    assert decompressed(small) == plain
    assert compressed(plain, others=True) == small


def test_codes_and_other_parameters_are_left_out_on_request() -> None:
    plain = PUBLISHED[1][0]
    small = compressed(plain, optimised=False)
    assert small == "https://dlnkd.tn.gg/ARHKVAdpQkIKqwo?foo=bar"  # as published too
    assert decompressed(small) == plain


TWO_KEYS = f"{HOST}/414/5060917510004?00=095212345432101233"


@pytest.mark.parametrize(
    ("uri", "plain"),
    [
        ("http://a.cn:80/x/01/5412345000013", "http://a.cn:80/x/01/05412345000013"),
        (f"{HOST}/gtin/05412345000013/lot/A%2fb", f"{HOST}/01/05412345000013/10/A%2Fb"),
        (f"{HOST}/01/05412345000013?17=290331&11=260331", f"{HOST}/01/05412345000013?11=260331&17=290331"),
        (f"{HOST}/01/05412345000013/235/TPX?10=L1&a=b#p", f"{HOST}/01/05412345000013/235/TPX?10=L1&a=b#p"),
        (f"{HOST}/00/095212345432101233?37=8&11=260331", f"{HOST}/00/095212345432101233?11=260331&37=8"),
        (TWO_KEYS, TWO_KEYS),
        (f"{HOST}/255/5678409730535?3900=7", f"{HOST}/255/5678409730535?3900=7"),
    ],
)  # fmt: skip
def test_every_form_comes_back_as_one(uri: str, plain: str) -> None:
    assert decompressed(uri) == plain
    for clear in (False, True):
        for optimised in (False, True):
            small = compressed(uri, key_in_clear=clear, optimised=optimised)
            assert decompressed(small) == plain, small
            assert compressed(small, key_in_clear=clear, optimised=optimised) == small


def test_a_key_in_clear_keeps_its_place() -> None:
    assert compressed(f"{HOST}/01/05412345000013/10/ABC123", key_in_clear=True).startswith(
        f"{HOST}/01/05412345000013/"
    )
    assert compressed(f"{HOST}/01/05412345000013", key_in_clear=True) == f"{HOST}/01/05412345000013"
    assert decompressed(f"{HOST}/gtin/5412345000013/EEarwSM/") == f"{HOST}/01/05412345000013/10/ABC123"


def test_an_attribute_beside_the_compressed_part_counts() -> None:
    assert decompressed(f"{HOST}/AQnYUc1gmg?17=290331&x=1") == f"{HOST}/01/05412345000013?17=290331&x=1"


@pytest.mark.parametrize(
    "parameters", ["a+b=1", "flag", "a=1+2", "a=%e6", "a=%2f", "a=%E6%B5%81", "a=1&b=" + "x" * 128, "=1"]
)
def test_parameters_that_cannot_be_packed_without_loss_stay(parameters: str) -> None:
    uri = f"{HOST}/01/05412345000013?{parameters}"
    assert compressed(uri, others=True) == compressed(uri)
    assert decompressed(compressed(uri, others=True)) == decompressed(uri)


def test_parameters_that_mean_something_in_a_query_are_packed_as_they_are() -> None:
    uri = f"{HOST}/01/05412345000013?linkType=gs1:pip&e=&u=%26%23"
    assert "?" not in compressed(uri, others=True)
    assert (
        decompressed(compressed(uri, others=True)) == f"{HOST}/01/05412345000013?linkType=gs1:pip&e=&u=%26%23"
    )


def test_both_orders_of_a_disputed_code_are_read_and_neither_is_written() -> None:
    plain = f"{HOST}/01/05412345000013/10/ABC123/21/72292641703?17=290331"
    for order in ((GTIN, LOT, SERIAL, USE_BY), (GTIN, LOT, USE_BY, SERIAL)):
        text = text_of(f"{0x1A:08b}" + "".join(map(value_bits, order)))
        assert decompressed(f"{HOST}/{text}") == plain
    assert not compressed(plain).startswith(f"{HOST}/G")
    place = f"{HOST}/414/5060917510004/254/RP5"
    assert decompressed(compressed(place)) == place
    assert not compressed(place).startswith(f"{HOST}/n")


def test_a_disputed_code_that_can_be_read_in_two_ways_is_refused() -> None:
    with pytest.raises(StructureError, match="in two ways"):
        decompressed(f"{HOST}/GgnYUc1gmshfe_KODIEHKJHA")


def test_other_writings_of_a_value_are_read() -> None:
    gtin = bits_of(packed([GTIN]))[: 8 + BITS[GTIN]]
    ascii_digits = "00010000" + "100" + f"{3:05b}" + "".join(f"{ord(c):07b}" for c in "123")
    hexadecimal = "00010000" + "001" + f"{3:05b}" + "000100101010"
    assert decompressed(f"{HOST}/{text_of(gtin + ascii_digits)}") == f"{HOST}/01/05412345000013/10/123"
    assert decompressed(f"{HOST}/{text_of(gtin + hexadecimal)}") == f"{HOST}/01/05412345000013/10/12a"
    assert unpacked(text_of(gtin) + "A") == ((GTIN,), ())  # some writers add a character of zeros


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("AQnYUc1gm", CompressionError, "at bit 8"),  # the end is missing
        ("AQnYUc1gmh", CompressionError, "at bit 60"),  # what follows is not zero
        ("AQnYUc1gmg.x", CharacterError, "Character 11"),
        ("AQnYUc1gmgAQ", CompressionError, "bit"),
        ("BAAAAAAA", UnknownApplicationIdentifier, "names 04"),
        ("01/05412345000013/AQnYUc1gmg", StructureError, "AI 01 is given twice"),
        ("01/05412345000013/235/A/IQuGp9FdO", Gs1SyntaxError, "cannot stand"),
        ("01/123/EEarwSM", Gs1SyntaxError, "too short"),
        ("EEarwSM", Gs1SyntaxError, "key"),
        ("410/5060917510004", Gs1SyntaxError, "key"),
        ("", Gs1SyntaxError, "key"),
        ("_" * 20, CompressionError, "bit"),
        ("4" * 21, Gs1SyntaxError, "key"),
    ],
)
def test_what_cannot_be_read_is_told(path: str, error: type[IdentifierError], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        decompressed(f"{HOST}/{path}")
    assert caught.value.remedy


def test_a_number_too_great_for_its_digits_is_damage() -> None:
    most = f"{2**47 - 1:047b}"  # more than 14 digits hold
    with pytest.raises(CompressionError, match="at bit 55"):
        decompressed(f"{HOST}/{text_of('00000001' + most)}")


@pytest.mark.parametrize("name", ["17", ""])
def test_a_packed_parameter_has_a_name_that_is_no_ai(name: str) -> None:
    gtin = bits_of(packed([GTIN]))[: 8 + BITS[GTIN]]
    other = f"1111{len(name):07b}{bits_of(name)}000{1:07b}0001"
    with pytest.raises(CompressionError):
        decompressed(f"{HOST}/{text_of(gtin + other)}")


@pytest.mark.parametrize(
    ("path", "key_in_clear"),
    [("01/05412345000013/414/5060917510004/254/A", False), ("8004/401?11=260331", True)],
)
def test_what_would_be_taken_for_another_key_is_refused(path: str, key_in_clear: bool) -> None:
    uri = f"{HOST}/{path}"
    assert decompressed(uri) == uri
    with pytest.raises(StructureError, match="where the compressed part begins"):
        compressed(uri, key_in_clear=key_in_clear)


def test_a_key_in_clear_may_be_the_name_of_another() -> None:
    uri = f"{HOST}/8004/party?11=260331"
    assert decompressed(compressed(uri, key_in_clear=True)) == uri


def test_values_that_are_not_well_formed_are_not_packed() -> None:
    for value in ("%E6%89%B9", "a%0Ab", "%7E"):
        with pytest.raises(Gs1SyntaxError):
            compressed(f"{HOST}/01/05412345000013/10/{value}")
    with pytest.raises(Gs1SyntaxError):
        compressed(f"{HOST}/253/5678409730535a%0A")
