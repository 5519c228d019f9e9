"""Identifiers in the namespace of a platform: what they say, how they are told from others, what is wrong."""

from __future__ import annotations

import pytest

from suyuan.trace.gs1 import (
    CharacterError,
    CheckCharacterError,
    IdentifierError,
    LengthError,
    StructureError,
    canonical_key,
    identify,
    link_of,
    namespace_of,
    own_identifier,
    own_of_link,
    piece_of,
    site,
)
from suyuan.trace.gs1.own import ALPHABET, code_of_number, grouped, is_checked, plain_lot, read_as

HERE = "https://trace.example.cn"
PRODUCT = f"{HERE}/own/product/P00001A"


def test_an_item_tells_its_product_and_its_lot_and_its_key_leaves_the_lot_out() -> None:
    item = identify(f"{PRODUCT}/lot/%E7%B2%BD-7/serial/7K3M9PQRT4WX")
    assert (item.key, item.kind) == (f"{PRODUCT}/serial/7K3M9PQRT4WX", "item")
    assert (item.lot, item.serial, item.gtin, item.ais) == ("粽-7", "7K3M9PQRT4WX", None, ())
    assert item.lot_key == f"{PRODUCT}/lot/%E7%B2%BD-7"
    assert item.product_key == PRODUCT
    assert item.namespace == HERE


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("product/P00001A", "product"),
        ("product/P00001A/lot/A", "lot"),
        ("product/P00001A/serial/A", "item"),
        ("unit/P00001A", "unit"),
        ("place/P00001A", "place"),
        ("place/P00001A/point/1", "place"),
        ("party/P00001A", "other"),
    ],
)
def test_the_path_tells_the_kind(path: str, kind: str) -> None:
    found = identify(f"https://other.example/deep/own/{path}")
    assert (found.kind, found.key) == (kind, f"https://other.example/deep/own/{path}")
    assert found.namespace == "https://other.example/deep"


def test_a_point_belongs_to_its_place_as_a_whole() -> None:
    assert site(f"{HERE}/own/place/P00001A/point/2") == f"{HERE}/own/place/P00001A"
    assert site(f"{HERE}/own/place/P00001A") == f"{HERE}/own/place/P00001A"


@pytest.mark.parametrize(
    "spelling",
    [
        "https://trace.example.cn/own/product/p00001a",
        "http://Trace.Example.CN:80/own/product/POOOO1A/",
        "https://trace.example.cn:443/own/product/P0000lA?from=tag#top",
    ],
)
def test_scheme_case_usual_port_and_look_alikes_do_not_matter(spelling: str) -> None:
    assert canonical_key(spelling) == PRODUCT


def test_every_single_wrong_character_and_every_swap_of_two_is_found() -> None:
    code = code_of_number("P", 123_456_789, 10)
    for place, right in enumerate(code):
        for wrong in set(ALPHABET) - {right}:
            assert not is_checked(code[:place] + wrong + code[place + 1 :])
    for first in range(len(code)):
        for second in range(first + 1, len(code)):
            if code[first] != code[second]:
                swapped = list(code)
                swapped[first], swapped[second] = code[second], code[first]
                assert not is_checked("".join(swapped))


@pytest.mark.parametrize(
    ("path", "error", "where"),
    [
        ("product/P00002A", CheckCharacterError, "product"),
        ("product/P00001A/lot", StructureError, "lot"),
        ("product/P00001A/serial/1/lot/2", StructureError, "lot"),
        ("product/P00001A/lot/1/lot/2", StructureError, "lot"),
        ("product/P00001A/10/ABC", StructureError, "10"),
        ("unit/P00001A/serial/1", StructureError, "serial"),
        ("product/P00001A/lot/%FF", CharacterError, "lot"),
        ("product/P00001A/lot/%E7%B2", CharacterError, "lot"),
        ("product/P00001A/lot/%2E%2E", CharacterError, "lot"),
        ("product/P00001A/lot/%20A", CharacterError, "lot"),
        ("product/P00001A/lot/A%0AB", CharacterError, "lot"),
        ("product/P00001A/lot/" + "A" * 41, LengthError, "lot"),
    ],
)
def test_what_is_wrong_is_named(path: str, error: type[IdentifierError], where: str) -> None:
    with pytest.raises(error) as caught:
        identify(f"{HERE}/own/{path}")
    assert caught.value.where == where
    assert caught.value.remedy


@pytest.mark.parametrize(
    "uri",
    [
        "https://shop.example/own/product/blue-shirt",
        "https://shop.example/own/product/shirts",
        "https://shop.example/own/goods/P00001A",
        "https://who@shop.example/own/product/P00001A",
        "https://shop.example:99999/own/product/P00001A",
        "https://id.gs1.org/own/product/P00001A",
        "ftp://shop.example/own/product/P00001A",
    ],
)
def test_other_peoples_pages_stay_theirs(uri: str) -> None:
    assert (identify(uri).kind, identify(uri).key, identify(uri).own) == ("other", uri, ())


def test_on_our_own_address_nothing_is_let_pass() -> None:
    assert own_of_link("https://shop.example/own/product/blue-shirt") is None
    with pytest.raises(CharacterError):
        own_of_link("https://shop.example/own/product/blue-shirt", strictly=True)
    with pytest.raises(LengthError):
        own_of_link("https://shop.example/own/product/P1", strictly=True)


@pytest.mark.parametrize(
    "lot", ["01", "00", "414", "gtin", "09506000134352", "/01/09506000134352", "a/b?c#d"]
)
def test_no_lot_makes_it_a_digital_link(lot: str) -> None:
    made = own_identifier(HERE, "product", "P00001A", lot=lot, serial="09506000134352")
    assert identify(link_of(made, HERE)) == made


def test_a_party_is_no_gln_of_a_digital_link_of_the_first_edition() -> None:
    assert identify(f"{HERE}/own/party/C00001N").ais == ()
    assert identify("https://x.example/party/9506000134352").gln == "9506000134352"


def test_the_link_has_the_scheme_under_which_the_platform_is_reached() -> None:
    item = own_identifier(HERE, "product", "P00001A", lot="批 1", serial="AB")
    link = "://trace.example.cn/own/product/P00001A/lot/%E6%89%B9%201/serial/AB"
    assert link_of(item, HERE) == f"https{link}"
    assert link_of(item, "http://trace.example.cn") == f"http{link}"
    assert link_of(item, "http://moved.example.cn") == f"https{link}"
    gs1 = identify("https://id.gs1.org/01/09506000134352/21/A")
    assert link_of(gs1, "https://b.example/s") == "https://b.example/s/01/09506000134352/21/A"


def test_a_namespace_is_always_https_and_keeps_its_folder() -> None:
    assert namespace_of("http://10.0.0.7:8000/") == "https://10.0.0.7:8000"
    assert namespace_of("https://[2001:DB8::1]:443/s/") == "https://[2001:db8::1]/s"
    assert identify("http://[2001:db8::1]:8000/own/product/P00001A").namespace == "https://[2001:db8::1]:8000"


def test_a_piece_is_named_in_the_system_of_its_product() -> None:
    assert piece_of(identify(PRODUCT), lot="甲").key == f"{PRODUCT}/lot/%E7%94%B2"
    gs1 = identify("https://id.gs1.org/01/09506000134352")
    assert piece_of(gs1, lot="L1", serial="S").lot_key == "https://id.gs1.org/01/09506000134352/10/L1"
    with pytest.raises(CharacterError):
        piece_of(gs1, lot="甲")
    with pytest.raises(StructureError):
        piece_of(identify("https://id.gs1.org/414/9506000134352"), lot="A")


def test_texts_are_one_spelling_and_typed_codes_are_read_as_meant() -> None:
    composed, apart = "Caf\N{LATIN SMALL LETTER E WITH ACUTE}", "Cafe\N{COMBINING ACUTE ACCENT}"
    assert own_identifier(HERE, "product", "P00001A", lot=apart).lot == composed
    assert read_as(" 7k3m-9pqr t4wo ") == "7K3M9PQRT4W0"
    assert grouped("7K3M9PQRT") == "7K3M 9PQR T"
    assert plain_lot("L-2026/1") == "L-2026/1"
    assert plain_lot("批次1") is None
    assert plain_lot("A" * 21) is None
