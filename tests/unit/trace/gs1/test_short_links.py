"""Short links mean what their plain link means, wherever they are met; what only looks like one does not."""

from __future__ import annotations

from contextlib import suppress
from time import process_time
from uuid import UUID

import pytest

from suyuan.readers.station.identity import from_text
from suyuan.trace.gs1 import IdentifierError, StructureError, identify, scanned
from suyuan.trace.gs1.compression import compressed
from suyuan.trace.gs1.short_links import in_full, uncompressed
from suyuan.trace.gs1.tags.paths import encode_path

ITEM = "https://id.gs1.org/01/09506000134352/10/AB/21/S%2F7"
UNIT = "https://id.gs1.org/00/095060000000000015"
PLAIN = [ITEM, UNIT, "https://id.gs1.org/01/09506000134352/10/L?17=290331"]


@pytest.mark.parametrize("plain", PLAIN)
@pytest.mark.parametrize("key_in_clear", [False, True])
def test_a_compressed_link_means_what_its_plain_link_means(plain: str, key_in_clear: bool) -> None:
    short = compressed(plain, key_in_clear=key_in_clear)
    path = short.removeprefix("https://id.gs1.org")
    elsewhere = f"https://brand.example/p{path}"
    assert identify(short) == identify(path) == scanned(elsewhere) == identify(plain)
    assert from_text(elsewhere).key == identify(plain).key
    assert identify(from_text(elsewhere).epc) == identify(plain)  # events hold plain links only


@pytest.mark.parametrize("form", ["eh", "ex"])
@pytest.mark.parametrize("scheme", [None, "SGTIN+"])
def test_the_memory_of_a_tag_as_a_path_means_its_object(form: str, scheme: str | None) -> None:
    item = identify("https://id.gs1.org/01/09506000134352/21/123")
    path = encode_path(item, "eh" if form == "eh" else "ex", company_prefix_length=7, scheme=scheme)
    link = f"https://tags.example/a{path}?x=1"
    assert scanned(link) == item
    assert from_text(link).epc == item.key
    assert identify(link).kind == "other"  # of an event's identifiers nothing is guessed


@pytest.mark.parametrize(
    "text",
    [
        "https://brand.example/",
        "https://brand.example/example-of-a-product",
        "https://brand.example/executive-summary-2026",
        "https://brand.example/ehealth",
        "https://brand.example/eh30164596f40c0e5cbe991a8",
        f"https://brand.example/{UUID(int=12345678901234567890)}",
        "https://brand.example/" + "A" * 3000,
        "urn:uuid:0193429a-0000-7000-8000-000000000001",
        ITEM,
        "/01/09506000134352",
        "AQnYUc1gmiCNV4JG",
    ],
)
def test_what_is_no_short_link_is_left_alone(text: str) -> None:
    assert in_full(text) is None


def test_a_link_by_chance_is_none() -> None:
    assert uncompressed("https://brand.example/HHNG9BQgNCWFg") is not None  # reads as a date of month 68
    assert in_full("https://brand.example/HHNG9BQgNCWFg") is None
    assert identify("https://brand.example/CxFKk4XBoIVWLo3DZCAu").kind == "other"


def test_damage_is_told() -> None:
    with pytest.raises(StructureError, match="has no value"):
        identify("https://id.gs1.org/01/09506000134352/EEKrF0bhsh")
    with pytest.raises(IdentifierError):
        identify("/CxFKk4XBoIVWLo3DZC")


@pytest.mark.parametrize("unit", ["A", "ex", "AQ", "zZ_", "01", "%41", "/", "eh3", "AQ/"])
def test_a_hostile_link_costs_next_to_nothing(unit: str) -> None:
    began = process_time()
    for head in ("https://id.gs1.org/", "https://id.gs1.org/01/09506000134352/", "https://x.example/", "/"):
        for size in (2000, 200_000):
            text = head + (unit * size)[: size - len(head)]
            in_full(text)
            with suppress(IdentifierError):
                scanned(text)
    assert process_time() - began < 1
