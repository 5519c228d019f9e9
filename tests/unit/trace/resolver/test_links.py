"""Links as people give them: brought into one form, or refused with the member that is at fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from suyuan.trace.errors import InvalidInput
from suyuan.trace.resolver import LINK_TYPES, Link, Role, checked_address, checked_link, link_type, short_name
from suyuan.trace.resolver.link_types import DEPRECATED, GIVEN, VOCABULARY

PIP = "https://ref.gs1.org/voc/pip"


@pytest.mark.parametrize(
    "text",
    ["gs1:pip", PIP, "https://gs1.org/voc/pip", "https://www.gs1.org/voc/pip", "http://gs1.org/voc/pip"],
)
def test_a_link_type_has_one_spelling(text: str) -> None:
    assert link_type(text) == PIP
    assert short_name(PIP) == "gs1:pip"


@pytest.mark.parametrize("text", ["related", "https://vocabulary.example/farm", "license"])
def test_types_of_others_stand_as_they_are(text: str) -> None:
    assert link_type(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "gs1:nosuchlt",
            "gs1:",
            "Pip",
            "gs1:pip ",
            "javascript:x",
            "a" * 300,
            "anchor",
            "itemDescription",
        ),
        *("itemdescription", "linkset", "all", "self", "https://REF.gs1.org/voc/pip"),
        *("https://ref.gs1.org/voc/pip2", "https://example.GS1.org./farm", "http://gs1.org/voc/"),
    ],
)
def test_what_is_no_link_type_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        link_type(text)
    assert caught.value.where == "linkType"


def test_the_types_are_those_that_gs1_published(shared: Path) -> None:
    words = json.loads((shared / "gs1/gs1_linktypes_webvoc_1.16.json").read_text("utf-8"))
    assert LINK_TYPES.keys() == {word["id"].replace("gs1:", VOCABULARY, 1) for word in words}
    deprecated = {word["id"] for word in words if word["status"] == "deprecated"}
    assert {short_name(name) for name in DEPRECATED} == deprecated


def test_every_type_has_words_in_both_languages() -> None:
    assert all(words.zh and words.en for words in LINK_TYPES.values())


@pytest.mark.parametrize("name", sorted(LINK_TYPES.keys() - GIVEN))
def test_links_do_not_get_the_types_that_say_something_else(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked_link(Link(name, "https://brand.example/", "Brand"))
    assert caught.value.where == "linkType"


def test_links_get_all_other_types() -> None:
    assert {checked_link(Link(name, "https://brand.example/", "B")).link_type for name in GIVEN} == GIVEN


def test_a_link_is_brought_into_canonical_form() -> None:
    given = Link(
        "gs1:pip",
        "https://溯源.中国:8443/产品?a=1#b",
        "  猪肉  礼盒 ",
        ("ZH-cn", "en", "zh-CN"),
        "Text/HTML",
        ("CN", "CN"),
        role=Role.DEFAULT,
    )
    assert checked_link(given) == Link(
        PIP,
        "https://xn--b9wnc.xn--fiqs8s:8443/%E4%BA%A7%E5%93%81?a=1#b",
        "猪肉 礼盒",
        ("zh-CN", "en"),
        "text/html",
        ("CN",),
        role=Role.DEFAULT,
    )


@pytest.mark.parametrize(
    ("where", "changes"),
    [
        ("linkType", {"link_type": "gs1:defaultLink"}),
        ("linkType", {"link_type": "gs1:defaultLinkMulti"}),
        ("linkType", {"link_type": "gs1:productSustainabilityInfo"}),
        ("title", {"title": ""}),
        ("title", {"title": "x" * 201}),
        ("title", {"title": "Page\u202egnp.exe"}),
        ("title", {"title": "a\x1b[2J"}),
        ("hreflang", {"hreflang": ("zh-Hans",)}),
        ("hreflang", {"hreflang": ("en",) * 21}),
        ("type", {"type": "text/html; charset=utf-8"}),
        ("type", {"type": "html"}),
        ("context", {"context": ("a b",)}),
        ("href", {"href": "ftp://brand.example/"}),
    ],
)
def test_what_is_wrong_is_named(where: str, changes: dict[str, object]) -> None:
    members: dict[str, object] = {"link_type": "gs1:pip", "href": "https://brand.example/", "title": "Page"}
    with pytest.raises(InvalidInput) as caught:
        checked_link(Link(**(members | changes)))  # type: ignore[arg-type]
    assert caught.value.where == where
    assert caught.value.remedy


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "//brand.example/",
        "https:brand.example",
        "https://",
        "https:///path",
        "https://user@brand.example/",
        "https://brand.example@evil.example/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://[broken/",
        "https://localhost/",
        "https://intranet/",
        "https://brand.example:99999/",
        "https://brand.example\\@evil.example/",
        "https://bra\nnd.example/",
        "https://brand.example/\x00",
        "https://\u0430pple.com/",
        "https://xn--pple-43d.com/",
        "https://xn--a.com/",
        "https://xn--\u00fc.com/",
        "https://stra\u00dfe.de/",
        "https://\u24d0pple.com/",
        "https://brand\u3002example/",
        "https://router.lan/",
        "https://printer.local/",
        "https://a.internal/",
        "https://brand.localhost/",
        "https://nas.home.arpa/",
        "https://-brand.example/",
        f"https://{'a' * 64}.example/",
        f"https://brand.example/{'a' * 2000}",
    ],
)
def test_no_browser_is_sent_to_a_doubtful_address(address: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked_address(address)
    assert caught.value.where == "href"


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("https://Brand.Example", "https://brand.example/"),
        ("http://brand.example:8080/a?b=c#d", "http://brand.example:8080/a?b=c#d"),
        ("https://例え.jp/", "https://xn--r8jz45g.jp/"),
        ("https://Bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://XN--Strae-oqa.de/", "https://xn--strae-oqa.de/"),
        ("https://wlan.example/", "https://wlan.example/"),
        ("https://brand.example/a%2Fb", "https://brand.example/a%2Fb"),
    ],
)
def test_addresses_stand_as_a_browser_sends_them(address: str, canonical: str) -> None:
    assert checked_address(address) == canonical
