from __future__ import annotations

import random
from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from suyuan.trace.gs1 import (
    CheckDigitError,
    Epc,
    IdentifierError,
    TagError,
    canonical_key,
    check_digit,
    decode_epc,
    digital_link,
    encode_epc,
    identifier_of,
    identify,
    to_urn,
)
from suyuan.trace.gs1.epc import LAYOUTS

CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
MANY = settings(max_examples=600, deadline=None)


def numbers(size: int) -> st.SearchStrategy[str]:
    """Numbers of ``size`` digits and a check digit."""
    return st.integers(0, 10**size - 1).map(lambda n: f"{n:0{size}}").map(lambda d: f"{d}{check_digit(d)}")


def texts(longest: int) -> st.SearchStrategy[str]:
    return st.text(CSET82, min_size=1, max_size=longest)


def prefixed(digits: int, longest: int) -> st.SearchStrategy[str]:
    """Free-form keys that begin with ``digits`` digits."""
    return st.builds(
        str.__add__, st.integers(0, 10**digits - 1).map(lambda n: f"{n:0{digits}}"), texts(longest)
    )


def pairs(ai: str, value: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, str]]:
    return value.map(lambda v: (ai, v))


KEYS = st.one_of(
    st.tuples(pairs("01", numbers(13)), pairs("21", texts(20))),
    st.tuples(pairs("01", numbers(13)), pairs("10", texts(20))),
    st.tuples(pairs("01", numbers(13)), pairs("235", texts(28))),
    st.tuples(pairs("01", numbers(13))),
    st.tuples(pairs("00", numbers(17))),
    st.tuples(pairs("414", numbers(12)), pairs("254", texts(20))),
    st.tuples(pairs("414", numbers(12))),
    st.tuples(pairs("417", numbers(12))),
    st.tuples(pairs("8003", st.tuples(st.just("0"), numbers(12), texts(16)).map("".join))),
    st.tuples(pairs("8004", prefixed(12, 18))),
    st.tuples(pairs("253", st.builds(str.__add__, numbers(12), texts(17)))),
    st.tuples(pairs("8017", numbers(17))),
    st.tuples(pairs("8018", numbers(17))),
)
LENGTHS = st.integers(6, 12)


@MANY
@given(KEYS, LENGTHS)
def test_any_spelling_gives_the_same_key(ais: tuple[tuple[str, str], ...], length: int) -> None:
    identifier = identifier_of(ais)
    link = digital_link(ais, "https://shop.example/a/b")
    encoded = "/" + "/".join(f"{ai}/{''.join(f'%{ord(c):02x}' for c in value)}" for ai, value in ais)
    lenient = "/" + "/".join(f"{ai}/{quote(value, safe='!():;,*+')}" for ai, value in ais)
    urn = to_urn(identifier.key, length)
    assert urn is not None
    for spelling in (link, encoded, lenient, urn, identifier.key, f"{link}?17=261231"):
        assert identify(spelling) == identifier
        assert canonical_key(spelling) == identifier.key


@MANY
@given(numbers(13), texts(20), texts(20))
def test_the_lot_in_the_path_does_not_change_the_item(gtin: str, lot: str, serial: str) -> None:
    with_lot = identify(digital_link([("01", gtin), ("10", lot), ("21", serial)]))
    without = identify(digital_link([("01", gtin), ("21", serial)]))
    assert with_lot.key == without.key
    assert with_lot.lot_key == canonical_key(digital_link([("01", gtin), ("10", lot)]))
    assert with_lot.product_key == without.product_key


@MANY
@given(numbers(13), st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(gtin: str, place: int, by: int) -> None:
    wrong = f"{gtin[:place]}{(int(gtin[place]) + by) % 10}{gtin[place + 1 :]}"
    with pytest.raises(CheckDigitError):
        identify(f"https://example.org/01/{wrong}/21/1")


@MANY
@given(
    st.one_of(st.text(), st.text("urn:epcidstglpa0123456789./*%-", max_size=60).map("urn:epc:id:".__add__))
)
@example("https://id.gs1.org/01/%")
@example("urn:epc:id:sgtin:::")
@example("//01/\x00")
def test_identify_is_total(text: str) -> None:
    with suppress(IdentifierError):
        key = identify(text).key
        assert canonical_key(key) == key


INTEGERS = {"SGTIN-96": 38, "SGLN-96": 41, "GRAI-96": 38, "GDTI-96": 41}


@st.composite
def tags(draw: st.DrawFn) -> tuple[str, tuple[tuple[str, str], ...], int]:
    """A binary scheme, element strings that fit it, and the length of the company prefix."""
    name = draw(st.sampled_from(sorted(LAYOUTS)))
    length = draw(LENGTHS)
    last = str(draw(st.integers(0, (1 << INTEGERS[name]) - 1))) if name in INTEGERS else draw(texts(16))
    scheme = name.partition("-")[0]
    if scheme == "GIAI":
        prefix = f"{draw(st.integers(0, 10**length - 1)):0{length}}"
        number = draw(st.integers(0, 10 ** (24 - length) - 1))
        return name, (("8004", prefix + (str(number) if name == "GIAI-96" else last)),), length
    if scheme in {"SSCC", "GSRN", "GSRNP"}:
        return name, (({"SSCC": "00", "GSRN": "8018", "GSRNP": "8017"}[scheme], draw(numbers(17))),), length
    if scheme == "SGTIN":
        return name, (("01", draw(numbers(13))), ("21", last)), length
    if scheme == "SGLN":
        return name, (("414", draw(numbers(12))), ("254", last)), length
    if scheme == "GRAI":
        return name, (("8003", f"0{draw(numbers(12))}{last}"),), length
    return name, (("253", draw(numbers(12)) + last),), length


@settings(max_examples=1500, deadline=None)
@given(tags(), st.integers(0, 7))
def test_what_is_written_is_read_back(
    tag: tuple[str, tuple[tuple[str, str], ...], int], filter_value: int
) -> None:
    name, ais, length = tag
    identifier = identifier_of(ais)
    memory = encode_epc(identifier, company_prefix_length=length, filter=filter_value, scheme=name)
    epc = decode_epc(memory)
    assert (epc.scheme, epc.filter, epc.company_prefix_length) == (name, filter_value, length)
    assert epc.identifier == identifier
    assert identify(epc.urn) == identify(epc.tag_urn) == identifier


def rewritten(epc: Epc) -> bytes:
    """The memory that ``epc`` is written as, without padding."""
    length, scheme = epc.company_prefix_length, epc.scheme
    written = encode_epc(epc.identifier, company_prefix_length=length, filter=epc.filter, scheme=scheme)
    return written.rstrip(b"\0")


def headed(header: int) -> st.SearchStrategy[bytes]:
    return st.binary(max_size=30).map(bytes([header]).__add__)


@settings(max_examples=3000, deadline=None)
@given(st.one_of(st.binary(max_size=80), *(headed(layout.header) for layout in LAYOUTS.values())))
def test_decoding_is_total_and_what_it_accepts_it_can_write(memory: bytes) -> None:
    with suppress(TagError):
        assert rewritten(decode_epc(memory)) == memory.rstrip(b"\0")


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(sorted(LAYOUTS)), st.integers(0, 6), st.integers(0), st.integers(0, 7))
def test_random_bits_behind_a_right_header(name: str, partition: int, rest: int, filter_value: int) -> None:
    layout = LAYOUTS[name]
    body = rest % (1 << (layout.bits - 14))
    bits = ((layout.header << 6 | filter_value << 3 | partition) << (layout.bits - 14)) | body
    memory = (bits << (layout.size * 8 - layout.bits)).to_bytes(layout.size)
    with suppress(TagError):
        epc = decode_epc(memory)
        assert identify(epc.tag_urn) == epc.identifier
        assert rewritten(epc) == memory.rstrip(b"\0")


def test_thirty_thousand_items_in_96_bits() -> None:
    choose = random.Random(96).randrange
    for _ in range(30_000):
        digits, serial, length = f"{choose(10**13):013}", choose(1 << 38), choose(6, 13)
        item = identifier_of([("01", f"{digits}{check_digit(digits)}"), ("21", str(serial))])
        epc = decode_epc(encode_epc(item, company_prefix_length=length, filter=choose(8)))
        assert (epc.identifier, epc.company_prefix_length) == (item, length)
