"""Laws of own identifiers: every spelling leads back, and no single slip of the hand goes unnoticed."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.examples import examples

from suyuan.trace.gs1 import Identifier, IdentifierError, identify, link_of, own_identifier
from suyuan.trace.gs1.own import ALPHABET, check_character, code_of_number, is_checked

MANY = settings(max_examples=examples(200), deadline=None)
HERE = "https://trace.example.cn/s"
CODES = st.builds(code_of_number, st.sampled_from("PKSC"), st.integers(0, 32**8), st.integers(5, 9)).filter(
    lambda code: any(map(str.isdigit, code))
)
TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)
CHARACTERS = st.sampled_from(ALPHABET)


@st.composite
def owned(draw: st.DrawFn) -> Identifier:
    kind = draw(st.sampled_from(["product", "unit", "place", "party"]))
    names = {"product": ("lot", "serial"), "place": ("point",)}.get(kind, ())
    parts = {name: draw(TEXTS) for name in names if draw(st.booleans())}
    try:
        return own_identifier(HERE, kind, draw(CODES), **parts)
    except IdentifierError:
        assume(False)
        raise


@MANY
@given(owned(), st.sampled_from(["https://trace.example.cn/s", "http://trace.example.cn/s"]))
def test_the_link_and_the_key_lead_back(told: Identifier, base: str) -> None:
    assert identify(link_of(told, base)) == told
    again = identify(told.key)
    assert (again.key, again.kind, again.product_key) == (told.key, told.kind, told.product_key)
    if told.lot_key is not None:
        lot = identify(told.lot_key)
        assert (lot.kind, lot.lot, lot.product_key) == ("lot", told.lot, told.product_key)
    assert told.ais == ()


@MANY
@given(st.text(CHARACTERS, min_size=3, max_size=30), st.data())
def test_a_wrong_character_and_a_swap_are_found(body: str, data: st.DataObject) -> None:
    code = body + check_character(body)
    assert is_checked(code)
    place = data.draw(st.integers(0, len(code) - 1))
    wrong = data.draw(CHARACTERS.filter(lambda character: character != code[place]))
    assert not is_checked(code[:place] + wrong + code[place + 1 :])
    other = data.draw(st.integers(0, len(code) - 1))
    if code[place] != code[other]:
        swapped = list(code)
        swapped[place], swapped[other] = code[other], code[place]
        assert not is_checked("".join(swapped))


@MANY
@given(st.text(max_size=60))
def test_nothing_else_than_an_identifier_error_comes_of_any_path(tail: str) -> None:
    with suppress(IdentifierError):
        found = identify(f"{HERE}/own/product/P00001A/{tail}")
        assert found.own == () or identify(found.key).key == found.key
