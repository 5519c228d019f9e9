"""Levels of an identifier, and linksets that keep GS1's schema."""

from __future__ import annotations

from typing import Any

import pytest

from suyuan.trace.gs1 import identify, link_of, own_identifier
from suyuan.trace.resolver import Anchor, Link, Role, levels, link_type, linkset

GTIN = "https://id.gs1.org/01/09506000134352"
SHOP = "https://trace.example"


def spelt(link: str, lot: str = "") -> list[str]:
    return [link_of(level, SHOP).removeprefix(SHOP) for level in levels(identify(link), lot)]


@pytest.mark.parametrize(
    ("link", "lot", "found"),
    [
        (GTIN, "", ["/01/09506000134352"]),
        (f"{GTIN}/10/L7", "", ["/01/09506000134352/10/L7", "/01/09506000134352"]),
        (
            f"{GTIN}/22/2A/10/L7/21/S%2F1",
            "",
            [
                "/01/09506000134352/22/2A/10/L7/21/S%2F1",
                "/01/09506000134352/22/2A/10/L7",
                "/01/09506000134352/22/2A",
                "/01/09506000134352",
            ],
        ),
        (f"{GTIN}/21/S", "", ["/01/09506000134352/21/S", "/01/09506000134352"]),
        (
            f"{GTIN}/21/S",
            "L7",
            ["/01/09506000134352/10/L7/21/S", "/01/09506000134352/10/L7", "/01/09506000134352"],
        ),
        (
            f"{GTIN}/10/L7/21/S",
            "OTHER",
            ["/01/09506000134352/10/L7/21/S", "/01/09506000134352/10/OTHER", "/01/09506000134352"],
        ),
        ("https://id.gs1.org/00/095060000000000015", "", ["/00/095060000000000015"]),
        (
            "https://id.gs1.org/414/9506000134369/254/32a",
            "",
            ["/414/9506000134369/254/32a", "/414/9506000134369"],
        ),
        (
            "https://id.gs1.org/8003/09506000134352123",
            "",
            ["/8003/09506000134352123", "/8003/09506000134352"],
        ),
        ("https://id.gs1.org/8018/950600013430000009", "", ["/8018/950600013430000009"]),
    ],
)
def test_the_levels_of_a_link(link: str, lot: str, found: list[str]) -> None:
    assert spelt(link, lot) == found


def test_the_levels_of_an_own_identifier() -> None:
    item = own_identifier(SHOP, "product", "P00001A", serial="7")
    assert [level.key for level in levels(item, "A 1")] == [
        f"{SHOP}/own/product/P00001A/serial/7",
        f"{SHOP}/own/product/P00001A/lot/A%201",
        f"{SHOP}/own/product/P00001A",
    ]


def test_an_own_item_is_of_the_lot_on_record_not_of_the_one_in_its_link() -> None:
    item = own_identifier(SHOP, "product", "P00001A", lot="WRONG", serial="7")
    found = levels(item, "L7")
    assert found[0] == item
    assert found[1].key == f"{SHOP}/own/product/P00001A/lot/L7"


def test_a_linkset_tells_the_default_without_attributes_and_again_under_its_type() -> None:
    page = Link(link_type("gs1:pip"), f"{SHOP}/p", "Page", ("zh",), "text/html", role=Role.DEFAULT)
    told: Any = linkset([Anchor(GTIN, "猪肉", [page])])
    assert told == {
        "linkset": [
            {
                "anchor": GTIN,
                "itemDescription": "猪肉",
                "https://ref.gs1.org/voc/defaultLink": [{"href": f"{SHOP}/p", "title": "Page"}],
                "https://ref.gs1.org/voc/pip": [
                    {"href": f"{SHOP}/p", "title": "Page", "hreflang": ["zh"], "type": "text/html"}
                ],
            }
        ]
    }


@pytest.mark.parametrize("name", ["anchor", "itemDescription"])
def test_no_type_takes_the_place_of_a_member(name: str) -> None:
    told: Any = linkset([Anchor(GTIN, "猪肉", [Link(name, f"{SHOP}/p", "Page")])])
    assert told == {"linkset": [{"anchor": GTIN, "itemDescription": "猪肉"}]}


def test_one_choice_alone_is_no_choice() -> None:
    pip = link_type("gs1:pip")
    zh = Link(pip, f"{SHOP}/zh", "页", ("zh",), role=Role.CHOICE)
    en = Link(pip, f"{SHOP}/en", "Page", ("en",), context=("GB",), fwqs=False, role=Role.CHOICE)
    one, two = linkset([Anchor(GTIN, "x", [zh])]), linkset([Anchor(GTIN, "x", [zh, en])])
    assert "https://ref.gs1.org/voc/defaultLinkMulti" not in one["linkset"][0]
    assert two["linkset"][0]["https://ref.gs1.org/voc/defaultLinkMulti"] == [
        {"href": f"{SHOP}/zh", "title": "页", "hreflang": ["zh"]},
        {"href": f"{SHOP}/en", "title": "Page", "hreflang": ["en"], "context": ["GB"], "fwqs": False},
    ]


def test_a_level_without_links_is_not_told() -> None:
    assert linkset([Anchor(GTIN, "x", [])]) == {"linkset": []}
