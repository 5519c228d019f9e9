"""Laws of compressed Digital Links: nothing is lost, and whatever is read is read the same for ever."""

from __future__ import annotations

import string
from time import process_time

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.property.test_gs1_engine import linked, told

from suyuan.trace.gs1.application_identifiers import APPLICATION_IDENTIFIERS, KEYS
from suyuan.trace.gs1.compression import compressed, decompressed
from suyuan.trace.gs1.digital_links import link_of_elements
from suyuan.trace.gs1.errors import IdentifierError
from suyuan.trace.gs1.packed import packed, unpacked
from suyuan.trace.gs1.verdict import MOST_CHARACTERS, Elements

LAW = settings(max_examples=examples(120), deadline=None)
BASE64URL = string.ascii_letters + string.digits + "-_"
STEMS = st.sampled_from(
    ["https://id.gs1.org", "http://a.cn:8080/x/y", "https://example.cn/2026/11", "HTTPS://A.CN"]
)
PARAMETERS = st.lists(
    st.tuples(st.text(BASE64URL, max_size=6), st.text(string.printable + "流é", max_size=6))
    .filter(lambda pair: not pair[0].isdigit())
    .map(lambda pair: f"{pair[0]}={''.join(f'%{b:02X}' for b in pair[1].encode())}")
    | st.sampled_from(["flag", "a+b=c", "linkType=gs1:pip", "x=1&x=2", "q=%2f"]),
    max_size=3,
)
ANYWAY = st.fixed_dictionaries({name: st.booleans() for name in ("key_in_clear", "optimised", "others")})


@LAW
@given(st.sampled_from(sorted(APPLICATION_IDENTIFIERS)).flatmap(told), st.booleans())
def test_every_element_is_unpacked_as_it_was_packed(element: tuple[str, str], optimised: bool) -> None:
    assert unpacked(packed([element], optimised=optimised)) == ((element,), ())


def test_every_ai_is_packed_at_its_shortest_and_longest() -> None:
    for ai, row in APPLICATION_IDENTIFIERS.items():
        for value in ("0" * row.shortest, "9" * row.longest):
            assert unpacked(packed([(ai, value)])) == (((ai, value),), ())


@LAW
@given(linked(), STEMS, PARAMETERS, st.sampled_from(["", "#", "#a/b?c"]), ANYWAY)
def test_nothing_is_lost(
    elements: Elements, stem: str, parameters: list[str], fragment: str, how: dict[str, bool]
) -> None:
    assume(elements[0][1] not in KEYS)  # such a one is refused where it stands in clear
    link = link_of_elements(elements, stem)
    query = ("&" if "?" in link else "?") + "&".join(parameters) if parameters else ""
    plain = decompressed(link + query + fragment)
    assert decompressed(plain) == plain
    small = compressed(link + query + fragment, **how)
    assert decompressed(small) == plain
    assert compressed(small, **how) == small
    assert compressed(plain, **how) == small


def stays(uri: str) -> None:
    """What ``uri`` is read as is compressed and read as the same again, if it is read at all."""
    try:
        plain = decompressed(uri)
    except IdentifierError:
        return
    assert decompressed(plain) == plain
    for how in ({}, {"others": True}, {"key_in_clear": True}, {"optimised": False}):
        assert decompressed(compressed(plain, **how)) == plain


@LAW
@given(st.text(BASE64URL, max_size=120), st.sampled_from(["", "01/05412345000013/", "gtin/5412345000013/"]))
@example("8RERERER" * 20, "")
def test_any_base64url_is_read_for_good_or_refused(text: str, key: str) -> None:
    stays(f"https://id.gs1.org/{key}{text}")


@LAW
@given(linked(), st.data())
def test_a_damaged_link_is_read_for_good_or_refused(elements: Elements, data: st.DataObject) -> None:
    text = packed(elements, (("a", "b/c"),), optimised=data.draw(st.booleans()))
    at = data.draw(st.integers(0, len(text) - 1))
    how = data.draw(st.sampled_from(["cut", "changed", "longer"]))
    character = data.draw(st.sampled_from(BASE64URL))
    kept = {"cut": "", "changed": character + text[at + 1 :], "longer": character + text[at:]}[how]
    stays(f"https://id.gs1.org/{text[:at]}{kept}")


@LAW
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    stays(text)
    stays(f"https://a.cn/{text}")


def test_hostile_length_costs_little() -> None:
    room = MOST_CHARACTERS - len("https://a.cn/")
    empty_parameters = packed([("01", "05412345000013")], (("a", ""),) * 3000)
    start = process_time()
    for text in (
        "_" * room,
        "A" * room,
        "Q" * room,
        "4" * room,
        "EEarwSM" * (room // 7),
        empty_parameters[:room],
    ):
        stays(f"https://a.cn/{text}")
    stays("https://a.cn/" + "A" * 1_000_000)
    assert process_time() - start < 2
