"""Laws of the GS1 syntax engine: what is written is read back, and any text at all has an answer."""

from __future__ import annotations

import string
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples

from suyuan.trace.gs1.application_identifiers import APPLICATION_IDENTIFIERS, KEYS, Component
from suyuan.trace.gs1.contents import RULES, SET_82, flaw_of
from suyuan.trace.gs1.digital_links import canonical_link, check_link, link_of_elements, parse_link
from suyuan.trace.gs1.element_strings import (
    bracketed,
    check_bracketed,
    check_raw,
    parse_bracketed,
    parse_raw,
    raw,
)
from suyuan.trace.gs1.faults import Gs1SyntaxError
from suyuan.trace.gs1.scan_data import check_message, read_scan
from suyuan.trace.gs1.verdict import MOST_ELEMENTS, Elements, Leniency, Verdict

CHARACTERS = {
    "N": string.digits,
    "X": SET_82,
    "Y": "#-/" + string.digits + string.ascii_uppercase,
    "Z": "-_" + string.digits + string.ascii_letters,
}
LAW = settings(max_examples=examples(100), deadline=None)
EVERYTHING = Leniency(unknown_ais=True, short_gtins=True, short_names=True)


def part(component: Component) -> st.SearchStrategy[str]:
    return st.text(CHARACTERS[component.charset], min_size=component.shortest, max_size=component.longest)


def values(ai: str) -> st.SearchStrategy[str]:
    """Well-formed values; what they say may be wrong."""
    parts = APPLICATION_IDENTIFIERS[ai].components
    whole = st.tuples(*map(part, parts)).map("".join)
    needed = [each for each in parts if not each.optional]
    return whole | st.tuples(*map(part, needed)).map("".join)


def told(ai: str) -> st.SearchStrategy[tuple[str, str]]:
    return values(ai).map(lambda value: (ai, value))


ELEMENTS = st.lists(
    st.sampled_from(sorted(APPLICATION_IDENTIFIERS)).flatmap(told), min_size=1, max_size=12
).map(tuple)


@st.composite
def linked(draw: st.DrawFn) -> Elements:
    """A key, some of its qualifiers, some attributes, in any order."""
    key = draw(st.sampled_from(sorted(KEYS)))
    order = draw(st.sampled_from(KEYS[key]))
    qualifiers = draw(st.lists(st.sampled_from(order), unique=True)) if order else []
    others = {ai for each in KEYS[key] for ai in each} | {key}
    free = [ai for ai, row in APPLICATION_IDENTIFIERS.items() if row.attribute and ai not in others]
    attributes = draw(st.lists(st.sampled_from(free), unique=True, max_size=6))
    behind = draw(st.permutations([*qualifiers, *attributes]))
    return tuple(draw(told(ai)) for ai in (key, *behind))


@LAW
@given(ELEMENTS)
def test_brackets_and_raw_data_are_read_back(elements: Elements) -> None:
    assert parse_bracketed(bracketed(elements)) == elements
    assert parse_raw(raw(elements)[1:], "^") == elements
    assert parse_raw(raw(elements, "\x1d")[1:]) == elements


@LAW
@given(linked())
def test_links_are_read_back_and_their_form_is_the_last_one(elements: Elements) -> None:
    link = link_of_elements(elements, "https://example.cn/s/")
    parts = parse_link(link)
    assert parts.stem == "https://example.cn/s"
    assert sorted(parts.elements) == sorted(elements)
    assert link_of_elements(parts.elements, parts.stem) == link
    canonical = canonical_link(elements)
    assert canonical_link(parse_link(canonical).elements) == canonical


@LAW
@given(linked())
def test_a_link_and_its_element_strings_have_the_same_faults(elements: Elements) -> None:
    link, text = check_link(canonical_link(elements)), check_bracketed(bracketed(elements))
    assert set(link.faults) == set(text.faults)
    assert link.valid == text.valid
    assert link.well_formed == text.well_formed


ANY = st.text(max_size=60)
NEARLY = st.text(alphabet="()[]\\^/?&=+%#01289xyzAGS\x1d]|:. 批", max_size=80)
SPLIT = st.tuples(linked(), st.integers(0, 200), ANY | NEARLY).map(
    lambda drawn: canonical_link(drawn[0])[: drawn[1]] + drawn[2]
)
CHECKS = (check_bracketed, check_raw, check_link, check_message)


@LAW
@given(ANY | NEARLY | SPLIT, st.sampled_from((Leniency(), EVERYTHING)))
def test_any_text_has_a_verdict_and_every_fault_a_sentence(text: str, leniency: Leniency) -> None:
    verdicts: list[Verdict] = [
        check_bracketed(text, leniency),
        check_raw(text, leniency=leniency),
        check_link(text, leniency),
        check_message(text, leniency),
    ]
    try:
        verdicts.append(read_scan(text, leniency).verdict)
    except Gs1SyntaxError as error:
        verdicts.append(Verdict((), (error.fault,)))
    for verdict in verdicts:
        assert len(verdict.elements) <= MOST_ELEMENTS
        for fault in verdict.faults:
            assert fault.length == len(fault.found)
            assert fault.message.isprintable()


@LAW
@given(st.sampled_from(sorted(RULES)), ANY | st.text("0123456789A/=-%", max_size=40))
def test_any_text_has_an_answer_of_every_rule(rule: str, text: str) -> None:
    flaw = flaw_of(rule, text)
    assert flaw is None or 0 <= flaw.position <= flaw.position + flaw.length <= len(text)


MEGABYTE = 1_000_000


@pytest.mark.parametrize("unit", ["(", ")", "(01)", "\\(", "(99)A", "^", "0", "/01/", "&1=", "=", "%", "A/"])
def test_a_megabyte_of_it_is_answered_at_once(unit: str) -> None:
    text = unit * (MEGABYTE // len(unit))
    start = perf_counter()
    for check in CHECKS:
        assert not check(text).valid or check is check_message
        check("https://a.cn/" + text)
        check(text[:8000])
    for rule in RULES:
        flaw_of(rule, text)
    assert perf_counter() - start < 10
