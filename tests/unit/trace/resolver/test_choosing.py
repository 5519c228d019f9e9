"""Which link answers: the default, a type, a language; several alike are a choice, none is none."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from suyuan.trace.resolver import Link, Role, Wish, link_type, links_for, preferences, target

PIP, CERTIFICATE, RECIPES = map(link_type, ("gs1:pip", "gs1:certificationInfo", "gs1:recipeInfo"))
PAGE = Link(PIP, "https://brand.example/pip", "Page", ("en",), "text/html", role=Role.DEFAULT)
PAGE_ZH = Link(PIP, "https://brand.example/zh", "产品", ("zh",), "text/html", role=Role.CHOICE)
PAGE_EN = Link(PIP, "https://brand.example/en", "Product", ("en",), "text/html", role=Role.CHOICE)
PAPER = Link(CERTIFICATE, "https://brand.example/c.pdf", "Certificate", (), "application/pdf")
PAPER_PAGE = Link(CERTIFICATE, "https://brand.example/c", "Certificate", (), "text/html")
PAPER_LK = Link(CERTIFICATE, "https://brand.example/lk", "Certificate", (), "text/html", ("LK",))


def ask(
    *levels: Sequence[Link], wanted: str = "", accept: str = "", language: str = "", context: str = ""
) -> list[str]:
    wish = Wish(
        wanted and link_type(wanted),
        preferences(language),
        preferences(accept),
        tuple(context.split()),
    )
    return [link.href.rpartition("/")[2] for link in links_for(wish, levels)]


def test_who_asks_for_nothing_gets_the_default() -> None:
    assert ask([PAPER, PAGE]) == ["pip"]
    assert ask([PAPER, PAGE], accept="*/*", language="*") == ["pip"]


def test_a_choice_of_defaults_answers_only_who_tells_which() -> None:
    links = [PAGE, PAGE_ZH, PAGE_EN]
    assert ask(links) == ["pip"]
    assert ask(links, language="zh-CN,zh;q=0.9,en;q=0.8") == ["zh"]
    assert ask(links, language="en-GB") == ["en"]
    assert ask(links, language="fr") == ["pip"]
    assert ask(links, accept="text/html") == ["pip"]  # both are: that tells nothing


def test_a_lone_choice_is_none_and_ranges_of_anything_speak_for_none() -> None:
    paper = Link(PIP, "https://brand.example/paper", "Paper", (), "application/pdf", role=Role.CHOICE)
    assert ask([PAGE, PAGE_ZH], language="zh") == ["pip"]
    assert ask([PAGE, paper, PAGE_EN], accept="image/png, */*;q=0.1") == ["pip"]
    assert ask([PAGE, paper, PAGE_EN], accept="application/*") == ["pip"]
    assert ask([PAGE, paper, PAGE_EN], language="de, *;q=0.1") == ["pip"]
    assert ask([PAGE, paper, PAGE_EN], accept="application/pdf, */*;q=0.1") == ["paper"]


@pytest.mark.parametrize(
    ("accept", "language", "found"),
    [
        ("application/pdf;q=0", "", ["c"]),
        ("application/*;q=0, image/png", "", ["c"]),
        ("*/*;q=0, text/html", "", ["c"]),
        ("application/pdf;q=0, text/html;q=0", "", ["c.pdf", "c"]),
    ],
)
def test_what_is_refused_answers_only_where_nothing_else_is(
    accept: str, language: str, found: list[str]
) -> None:
    assert ask([PAPER, PAPER_PAGE], wanted="gs1:certificationInfo", accept=accept, language=language) == found


CHINESE = {
    tag: Link(RECIPES, f"https://brand.example/{tag}", tag, (tag,)) for tag in ("zh-CN", "zh-TW", "en")
}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("zh-Hans", ["zh-CN"]),
        ("zh-Hans-CN", ["zh-CN"]),
        ("zh-SG", ["zh-CN"]),
        ("zh-Hant", ["zh-TW"]),
        ("zh-Hant-HK", ["zh-TW"]),
        ("zh-HK", ["zh-TW"]),
        ("zh-MO, en;q=0.5", ["zh-TW"]),
        ("zh", ["zh-CN", "zh-TW"]),
        ("en;q=0", ["zh-CN", "zh-TW"]),
        ("zh;q=0", ["en"]),
        ("zh-CN;q=0, zh", ["zh-TW"]),
        ("*;q=0, zh-TW", ["zh-TW"]),
    ],
)
def test_chinese_is_told_apart_by_its_script(wanted: str, found: list[str]) -> None:
    assert ask([*CHINESE.values()], wanted="gs1:recipeInfo", language=wanted) == found


def test_a_type_that_is_asked_for_answers_whatever_the_language() -> None:
    assert ask([PAGE, PAPER], wanted="gs1:certificationInfo", language="de", accept="image/png") == ["c.pdf"]


def test_a_type_that_nobody_linked_is_none() -> None:
    assert ask([PAGE, PAPER], wanted="gs1:recipeInfo") == []
    assert ask([]) == []


def test_the_finest_level_with_the_type_answers() -> None:
    lot = Link(CERTIFICATE, "https://brand.example/lot", "Of this lot")
    assert ask([PAPER_LK], [lot], [PAGE, PAPER], wanted="gs1:certificationInfo") == ["lk"]
    assert ask([], [lot], [PAGE, PAPER], wanted="gs1:certificationInfo") == ["lot"]
    assert ask([], [lot], [PAGE, PAPER]) == ["pip"]


@pytest.mark.parametrize(
    ("accept", "context", "found"),
    [
        ("application/pdf", "", ["c.pdf"]),
        ("text/html", "", ["c"]),
        ("text/html", "LK", ["lk"]),
        ("application/pdf", "LK", ["lk"]),
        ("text/html", "FR", ["c"]),
        ("application/pdf;q=0.2, text/*;q=0.9", "", ["c"]),
        ("text/html;q=0.2, */*", "", ["c.pdf"]),
        ("", "", ["c.pdf", "c"]),
        ("image/png", "", ["c.pdf", "c"]),
    ],
)
def test_context_and_media_type_tell_links_of_one_type_apart(
    accept: str, context: str, found: list[str]
) -> None:
    links = [PAPER, PAPER_PAGE, PAPER_LK]
    assert ask(links, wanted="gs1:certificationInfo", accept=accept, context=context) == found


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("zh-TW", ["tw"]),
        ("zh-CN", ["zh"]),
        ("zh", ["zh"]),
        ("zh-HK, en;q=0.9", ["zh"]),
        ("en;q=0.9, zh;q=0.5", ["en"]),
        ("en-US;q=0.3, en;q=0.9, zh;q=0.5", ["en"]),
        ("zh;q=0, en;q=0.1", ["en"]),
        ("*;q=0.1, zh-TW", ["tw"]),
        ("fr", ["any"]),
        ("", ["any"]),
    ],
)
def test_the_nearest_language_of_the_most_wanted_answers(wanted: str, found: list[str]) -> None:
    links = [
        Link(RECIPES, f"https://brand.example/{name}", name, languages)
        for name, languages in (("zh", ("zh",)), ("tw", ("zh-TW",)), ("en", ("en",)), ("any", ()))
    ]
    assert ask(links, wanted="gs1:recipeInfo", language=wanted) == found


def test_links_that_are_alike_are_a_choice() -> None:
    twin = Link(CERTIFICATE, "https://brand.example/second", "Another", (), "application/pdf")
    found = ask([PAPER, twin, PAGE], wanted="gs1:certificationInfo", accept="application/pdf")
    assert found == ["c.pdf", "second"]


@pytest.mark.parametrize("header", [";;;", "q=1", "text/html;q=2", "zh;q=0.99999", "zh\x00", "," * 4000, "é"])
def test_what_cannot_be_read_of_a_header_is_no_preference(header: str) -> None:
    assert all(0 <= told.weight <= 1 for told in preferences(header))


@pytest.mark.parametrize(
    ("href", "query", "address"),
    [
        ("https://b.example/p", "foo=bar", "https://b.example/p?foo=bar"),
        ("https://b.example/p?x=1#part", "17=271231&foo", "https://b.example/p?x=1&17=271231&foo#part"),
        ("https://b.example/p", "linkType=gs1:pip&context=CN", "https://b.example/p"),
        ("https://b.example/p", "a=%2F&linkType=all&b=+", "https://b.example/p?a=%2F&b=+"),
        ("https://b.example/p?", "a", "https://b.example/p?a"),
    ],
)
def test_the_query_is_passed_on_without_what_spoke_to_the_resolver(
    href: str, query: str, address: str
) -> None:
    assert target(Link(PIP, href, "Page"), query) == address


def test_a_link_may_refuse_the_query() -> None:
    assert target(Link(PIP, "https://b.example/p", "Page", fwqs=False), "foo=bar") == "https://b.example/p"
