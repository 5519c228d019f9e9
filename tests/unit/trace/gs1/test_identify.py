from __future__ import annotations

import pytest

from suyuan.trace.gs1 import (
    CharacterError,
    CheckDigitError,
    Gs1ContentError,
    IdentifierError,
    LengthError,
    StructureError,
    UnknownApplicationIdentifier,
    canonical_key,
    check_digit,
    digital_link,
    element_string,
    identifier_of,
    identify,
    site,
    to_urn,
)

ITEM = "https://id.gs1.org/01/09506000134352/21/123"
LOT = "https://id.gs1.org/01/09506000134352/10/L%2F1"
PRODUCT = "https://id.gs1.org/01/09506000134352"
PLACE = "https://id.gs1.org/414/9521141123454"


@pytest.mark.parametrize(
    ("spelling", "key", "kind"),
    [
        ("urn:epc:id:sgtin:9506000.013435.123", ITEM, "item"),
        ("URN:EPC:ID:SGTIN:9506000.013435.123", ITEM, "item"),
        ("urn:epc:tag:sgtin-96:3.9506000.013435.123", ITEM, "item"),
        ("urn:epc:tag:sgtin-198:0.9506000.013435.123", ITEM, "item"),
        ("urn:epc:idpat:sgtin:9506000.013435.123", ITEM, "item"),
        ("https://shop.example/s/01/9506000134352/21/123?17=261231#top", ITEM, "item"),
        ("HTTP://shop.example/01/09506000134352/22/A/10/L1/21/123/", ITEM, "item"),
        ("https://shop.example/gtin/09506000134352/lot/L1/ser/123", ITEM, "item"),
        ("/01/9506000134352/21/1%323", ITEM, "item"),
        ("01/09506000134352/10/L1/21/123", ITEM, "item"),
        ("urn:epc:class:lgtin:9506000.013435.L%2F1", LOT, "lot"),
        ("https://id.gs1.org/01/9506000134352/10/L%2f1", LOT, "lot"),
        ("https://example.org/01/09506000134352?17=261231&10=L%2F1", LOT, "lot"),
        ("urn:epc:idpat:sgtin:9506000.013435.*", PRODUCT, "product"),
        ("https://example.org/01/9506000134352", PRODUCT, "product"),
        ("https://example.org/01/96385074", "https://id.gs1.org/01/00000096385074", "product"),
        ("https://example.org/01/614141123452", "https://id.gs1.org/01/00614141123452", "product"),
        ("https://example.org/01/09506000134352/22/2A", f"{PRODUCT}/22/2A", "product"),
        ("urn:epc:id:upui:9506000.013435.51qI(Y)", f"{PRODUCT}/235/51qI%28Y%29", "item"),
        (
            "urn:epc:id:itip:4012345.012345.01.02.987",
            "https://id.gs1.org/8006/040123451234560102/21/987",
            "item",
        ),
        ("urn:epc:id:sscc:0614141.1234567890", "https://id.gs1.org/00/106141412345678908", "unit"),
        ("urn:epc:id:sgln:9521141.12345.0", PLACE, "place"),
        ("urn:epc:id:sgln:9521141.12345.dock-7", f"{PLACE}/254/dock-7", "place"),
        ("urn:epc:id:sgln:952114112345..0", PLACE, "place"),
        ("https://id.gs1.de/414/9521141123454/254/0", PLACE, "place"),
        ("urn:epc:id:pgln:9521141.12345", "https://id.gs1.org/417/9521141123454", "other"),
        ("urn:epc:id:grai:9521141.12345.5678", "https://id.gs1.org/8003/095211411234545678", "unit"),
        ("urn:epc:idpat:grai:9521141.12345.*", "https://id.gs1.org/8003/09521141123454", "product"),
        ("urn:epc:id:giai:9521141.5678", "https://id.gs1.org/8004/95211415678", "unit"),
        ("urn:epc:id:gdti:9521141.12345.PO-1", "https://id.gs1.org/253/9521141123454PO-1", "other"),
        ("urn:epc:id:cpi:0614141.5PQ7%2FZ43.12", "https://id.gs1.org/8010/06141415PQ7%2FZ43/8011/12", "item"),
        ("https://a.example/01/09506000134352/414/9521141123454", PLACE, "place"),
        (
            "https://a.example/01/9506000134/00/106141412345678908",
            "https://id.gs1.org/00/106141412345678908",
            "unit",
        ),
        (
            "https://a.example/8013/1987654Ad4X4bL5ttr2310c2K",
            "https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2K",
            "other",
        ),
        ("urn:epc:id:bic:CSQU3054383", "urn:epc:id:bic:CSQU3054383", "unit"),
        ("urn:epc:tag:gid-96:31415.271828.1414", "urn:epc:id:gid:31415.271828.1414", "item"),
    ],
)
def test_every_spelling_of_a_thing_gives_its_one_key(spelling: str, key: str, kind: str) -> None:
    identifier = identify(spelling)
    assert (identifier.key, identifier.kind) == (key, kind)
    assert canonical_key(key) == key


@pytest.mark.parametrize(
    "uri",
    [
        "urn:uuid:0192f0c1-7c1e-7a53-9c2f-6d3d1c9be001",
        "urn:gdst:example.org:product:lot:class:milk.7",
        "urn:epc:idpat:sgtin:9506000.*.*",
        "urn:epc:raw:96.x3074257BF7194E4000001A85",
        "urn:epcglobal:cbv:bt:0614141073467:1152",
        "https://example.com/x",
        "https://news.example/2026/01/15",
        "geo:50.94,6.92",
    ],
)
def test_any_other_uri_is_its_own_key(uri: str) -> None:
    identifier = identify(uri)
    assert (identifier.key, identifier.kind, identifier.ais) == (uri, "other", ())
    assert identifier.gtin is identifier.product_key is identifier.lot_key is None
    assert to_urn(uri, 7) is None


def test_an_item_tells_its_lot_and_product() -> None:
    item = identify("https://s.example/01/9506000134352/10/L%2F1/21/123")
    assert (item.gtin, item.lot, item.serial) == ("09506000134352", "L/1", "123")
    assert (item.key, item.lot_key, item.product_key) == (ITEM, LOT, PRODUCT)
    assert element_string(item) == "(01)09506000134352(10)L/1(21)123"
    assert (
        digital_link(item.ais, "https://s.example/") == "https://s.example/01/09506000134352/10/L%2F1/21/123"
    )


def test_a_piece_of_an_item_belongs_to_the_trade_item() -> None:
    piece = identify("/8006/040123451234560102/10/A/21/987")
    assert (piece.gtin, piece.product_key) == ("04012345123456", "https://id.gs1.org/01/04012345123456")
    assert piece.lot_key == "https://id.gs1.org/8006/040123451234560102/10/A"


def test_a_unit_and_a_place_tell_their_numbers() -> None:
    assert identify("/00/106141412345678908").sscc == "106141412345678908"
    assert identify("/414/9521141123454").gln == identify("/417/9521141123454").gln == "9521141123454"


def test_the_site_is_the_place_without_extension() -> None:
    assert site(f"{PLACE}/254/dock-7") == site(PLACE) == PLACE
    assert site(ITEM) == ITEM
    assert site("urn:x:/254/1") == "urn:x:/254/1"


@pytest.mark.parametrize(
    ("spelling", "error", "where"),
    [
        ("https://example.org/01/09506000134353/21/1", CheckDigitError, "01"),
        ("/00/106141412345678909", CheckDigitError, "00"),
        ("/414/9521141123455", CheckDigitError, "414"),
        ("/8003/095211411234555678", CheckDigitError, "8003"),
        ("https://id.gs1.org/01/123", LengthError, "01"),
        ("https://example.org/01/0950600013435/21/1234567", CheckDigitError, "01"),
        ("https://example.org/01/095060001343/21/", StructureError, "21"),
        ("/01/09506000134352/21/123456789012345678901", LengthError, "21"),
        ("/01/09506000134352/21/a%20b", CharacterError, "21"),
        ("/01/09506000134352/21/100%", CharacterError, "21"),
        ("/01/09506000134352/21/%E6%BA%AF", CharacterError, "21"),
        ("/01/0950600013435X/21/1", CharacterError, "01"),
        ("/01/٠٩٥٠٦٠٠٠١٣٤٣٥٢", CharacterError, ""),
        ("/8010/06141415pq7/8011/12", CharacterError, "8010"),
        ("/8010/06141415PQ7/8011/012", Gs1ContentError, "8011"),
        ("/8006/040123451234560302/21/1", Gs1ContentError, "8006"),
        ("/8003/995211411234575678", Gs1ContentError, "8003"),
        ("/01/09506000134352/21/1/10/A", StructureError, "21/10"),
        ("/01/09506000134352/235/1/10/A", StructureError, "235/10"),
        ("/01/09506000134352/21", StructureError, "21"),
        ("/01/09506000134352/10/A/10/B", StructureError, "10/10"),
        ("/01/09506000134352/99/A", UnknownApplicationIdentifier, "99"),
        ("/00/106141412345678908/21/1", UnknownApplicationIdentifier, "21"),
        ("https://a.example/01/09506000134352/8020/A", UnknownApplicationIdentifier, "8020"),
        ("/8013/1987654Ad4X4bL5ttr2310c2X", Gs1ContentError, "8013"),
        ("urn:epc:id:sgtin:9506000.13435.123", LengthError, "sgtin"),
        ("urn:epc:id:sgtin:95060.01343512.123", LengthError, "sgtin"),
        ("urn:epc:id:sgtin:9506000.013435.", LengthError, "sgtin"),
        ("urn:epc:id:sgtin:9506000..123", LengthError, "sgtin"),
        ("urn:epc:id:grai:9521141.12345.", LengthError, "grai"),
        ("urn:epc:id:giai:9521141.", LengthError, "giai"),
        ("urn:epc:id:sgtin:95O6000.013435.123", CharacterError, "sgtin"),
        ("urn:epc:id:sgtin:9506000.013435", StructureError, "sgtin"),
        ("urn:epc:id:sgtn:9506000.013435.1", StructureError, "id:sgtn"),
        ("urn:epc:id:lgtin:9506000.013435.1", StructureError, "id:lgtin"),
        ("urn:epc:tag:sgtin-42:3.9506000.013435.1", StructureError, "tag:sgtin-42"),
        ("urn:epc:tag:sgtin-96:8.9506000.013435.1", StructureError, "sgtin-96"),
        ("urn:epc:id:bic:CSQU305438", StructureError, "bic"),
        ("https://example.org/a b", CharacterError, ""),
        ("https:///01/09506000134352", StructureError, ""),
        ("not a uri", StructureError, ""),
        ("09506000134352", StructureError, ""),
        ("/catalogue/milk", StructureError, ""),
        ("urn:", StructureError, ""),
        ("", StructureError, ""),
        ("urn:x:" + "1" * 5000, LengthError, ""),
    ],
)
def test_what_is_wrong_is_named(spelling: str, error: type[IdentifierError], where: str) -> None:
    with pytest.raises(error) as caught:
        identify(spelling)
    assert type(caught.value) is error
    assert caught.value.where == where
    assert caught.value.remedy
    assert "{" not in caught.value.detail
    assert len(str(caught.value)) < 600


def test_a_wrong_check_digit_says_what_would_be_right() -> None:
    with pytest.raises(CheckDigitError) as caught:
        identify("/01/09506000134359")
    assert caught.value.fields == {"ai": "01", "name": "GTIN", "value": "09506000134359", "expected": "2"}
    assert caught.value.code == "check-digit-wrong"
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("digits", "expected"), [("0950600013435", 2), ("629104150021", 3), ("9638507", 4), ("0", 0)]
)
def test_check_digit(digits: str, expected: int) -> None:
    assert check_digit(digits) == expected


@pytest.mark.parametrize(
    ("digits", "error"), [("", LengthError), ("12a", CharacterError), ("١٢", CharacterError)]
)
def test_check_digit_takes_ascii_digits_only(digits: str, error: type[IdentifierError]) -> None:
    with pytest.raises(error):
        check_digit(digits)


def test_elements_are_put_in_order_and_checked() -> None:
    item = identifier_of([("21", "123"), ("10", "L/1"), ("01", "9506000134352")])
    assert item == identify("/01/09506000134352/10/L%2F1/21/123")
    with pytest.raises(UnknownApplicationIdentifier):
        identifier_of([("21", "123")])
    with pytest.raises(UnknownApplicationIdentifier):
        identifier_of([("17", "261231"), ("01", "9506000134352")])
    with pytest.raises(StructureError):
        identifier_of([("01", "9506000134352"), ("01", "9506000134352")])
    with pytest.raises(StructureError):
        digital_link([])


@pytest.mark.parametrize(
    ("spelling", "length", "urn"),
    [
        (ITEM, 7, "urn:epc:id:sgtin:9506000.013435.123"),
        (LOT, 9, "urn:epc:class:lgtin:950600013.0435.L%2F1"),
        (PRODUCT, 12, "urn:epc:idpat:sgtin:950600013435.0.*"),
        (f"{PRODUCT}/22/2A", 7, None),
        ("/00/106141412345678908", 7, "urn:epc:id:sscc:0614141.1234567890"),
        (PLACE, 12, "urn:epc:id:sgln:952114112345..0"),
        (f"{PLACE}/254/dock-7", 7, "urn:epc:id:sgln:9521141.12345.dock-7"),
        ("/417/9521141123454", 7, "urn:epc:id:pgln:9521141.12345"),
        ("/8003/09521141123454", 7, "urn:epc:idpat:grai:9521141.12345.*"),
        ("/8004/95211415678", 7, "urn:epc:id:giai:9521141.5678"),
        ("/8004/ABC", 7, None),
        ("/8006/040123451234560102/21/987", 7, "urn:epc:id:itip:4012345.012345.01.02.987"),
        ("/8006/040123451234560102/10/A", 7, None),
        ("/415/9521141123454/8020/A", 7, None),
        ("urn:epc:id:gid:1.2.3", 7, "urn:epc:id:gid:1.2.3"),
    ],
)
def test_to_urn(spelling: str, length: int, urn: str | None) -> None:
    assert to_urn(spelling, length) == urn
    if urn is not None:
        assert canonical_key(urn) == canonical_key(spelling)


@pytest.mark.parametrize("length", [5, 13])
def test_a_company_prefix_has_six_to_twelve_digits(length: int) -> None:
    with pytest.raises(LengthError):
        to_urn(ITEM, length)


@pytest.mark.parametrize("spelling", ["\ud800", "/01/\ud800", "01/09506000134352/21/\n\x1b[31m", "x\r\ny"])
def test_an_error_repeats_no_control_characters(spelling: str) -> None:
    with pytest.raises(IdentifierError) as caught:
        identify(spelling)
    assert str(caught.value).isprintable()
    assert str(caught.value).encode("utf-8")
