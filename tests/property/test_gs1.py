from __future__ import annotations

from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.examples import examples

from suyuan.trace.gs1 import (
    CheckDigitError,
    IdentifierError,
    canonical_key,
    check_digit,
    digital_link,
    identifier_of,
    identify,
    to_urn,
)

CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
MANY = settings(max_examples=examples(250), deadline=None)


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
