"""Master data and searching, on both systems."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine

from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.sight import HOUSE
from suyuan.trace.store.vocabulary import attributes, find

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
NAME = "urn:epcglobal:cbv:mda:descriptionShort"
PLACE = "urn:epc:id:sgln:9506000.00001.0"
PLACE_KEY = "https://id.gs1.org/414/9506000000015"
PRODUCT = "urn:epc:idpat:sgtin:9506000.013435.*"
PRODUCT_KEY = "https://id.gs1.org/01/09506000134352"


def tell(
    engine: Engine,
    elements: dict[str, dict[str, Any]],
    *,
    party: str = "farm",
    after: int = 0,
    epcs: tuple[str, ...] = (),
) -> None:
    members = [
        {"id": key, "attributes": [{"id": name, "attribute": value} for name, value in told.items()]}
        for key, told in elements.items()
    ]
    event = {
        "type": "ObjectEvent",
        "eventTime": "2026-05-01T08:00:00.000Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "epcList": epcs,
    }
    document = {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-05-01T08:00:00Z",
        "epcisHeader": {
            "epcisMasterData": {
                "vocabularyList": [
                    {"type": "urn:epcglobal:epcis:vtype:EPCClass", "vocabularyElementList": members}
                ]
            }
        },
        "epcisBody": {"eventList": [event] if epcs else []},
    }
    now = NOW + timedelta(hours=after)
    job = capture(engine, orjson.dumps(document), "application/json", party=party, now=now)
    assert job.success


def test_the_latest_statement_counts_as_a_whole(engine: Engine) -> None:
    tell(engine, {PRODUCT: {NAME: "青菜", "urn:epcglobal:cbv:mda:netContent": "500 g"}})
    tell(engine, {PRODUCT: {NAME: "小青菜"}}, after=2)
    with Reading(engine) as reading:
        assert attributes(reading, [PRODUCT_KEY, PLACE_KEY]) == {PRODUCT_KEY: {NAME: "小青菜"}}


def test_what_is_told_later_is_later_whatever_the_clock_says(engine: Engine) -> None:
    tell(engine, {PRODUCT: {NAME: "小青菜"}}, after=2)
    tell(engine, {PRODUCT: {NAME: "大青菜"}}, party="plant", after=1)  # the clock was set back
    with Reading(engine) as reading:
        assert attributes(reading, [PRODUCT_KEY]) == {PRODUCT_KEY: {NAME: "大青菜"}}


def test_a_party_that_repeats_itself_does_not_overrule_another(engine: Engine) -> None:
    tell(engine, {PRODUCT: {NAME: "青菜"}})
    tell(engine, {PRODUCT: {NAME: "菠菜"}}, party="plant", after=1)
    tell(engine, {PRODUCT: {NAME: "青菜"}}, after=2)
    with Reading(engine) as reading:
        assert attributes(reading, [PRODUCT_KEY]) == {PRODUCT_KEY: {NAME: "菠菜"}}


FOUND: Sequence[tuple[str, list[str]]] = [
    ("urn:epc:id:sgtin:9506000.013435.32A", [f"{PRODUCT_KEY}/21/32A"]),
    ("https://example.cn/01/09506000134352/21/32A", [f"{PRODUCT_KEY}/21/32A"]),
    ("32a", [f"{PRODUCT_KEY}/21/32A", f"{PRODUCT_KEY}/21/32A%2FB", f"{PRODUCT_KEY}/21/X32A"]),
    ("32A/b", [f"{PRODUCT_KEY}/21/32A%2FB"]),
    ("00000000015", ["https://id.gs1.org/00/095060000000000015"]),
    ("095060000000000015", ["https://id.gs1.org/00/095060000000000015"]),
    ("青菜", [PRODUCT_KEY]),
    ("vegetable GARDEN", [PLACE_KEY]),
    ("100%", [PLACE_KEY]),
    ("1_0", []),
    ("%", [PLACE_KEY]),
    ("32", []),
    ("", []),
    ("   ", []),
    ("\0", []),
    ("' OR 1=1 --", []),
    ("x" * 10_000, []),
]


def test_things_are_found_by_what_people_read(engine: Engine, subtests: pytest.Subtests) -> None:
    tell(
        engine,
        {PRODUCT: {NAME: "上海青 青菜"}, PLACE: {NAME: "Vegetable Garden, 100% organic"}},
        epcs=(
            "urn:epc:id:sgtin:9506000.013435.32A",
            "urn:epc:id:sgtin:9506000.013435.32A%2FB",
            "urn:epc:id:sgtin:9506000.013435.X32A",
            "urn:epc:id:sscc:9506000.0000000001",
        ),
    )
    for asked, keys in FOUND:
        with subtests.test(asked=asked[:40]), Reading(engine) as reading:
            assert sorted(found.key for found in find(reading, asked, viewer=HOUSE)) == sorted(keys)


def test_what_is_found_is_bounded_and_says_its_kind(engine: Engine) -> None:
    tell(engine, {}, epcs=tuple(f"urn:epc:id:sgtin:9506000.013435.AB{n}" for n in range(50)))
    with Reading(engine) as reading:
        found = find(reading, "ab", limit=7, viewer=HOUSE)
        assert found == []
        found = find(reading, "ab1", limit=7, viewer=HOUSE)
    assert len(found) == 7
    assert {one.kind for one in found} == {"item"}


def test_half_a_surrogate_pair_finds_nothing(engine: Engine) -> None:
    with Reading(engine) as reading:
        assert find(reading, "\ud800abc", viewer=HOUSE) == []
