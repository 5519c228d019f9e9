"""SimpleMasterDataQuery on both systems: each parameter, the latest word, and who sees what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine

from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import QueryTooComplex, Reading
from suyuan.trace.store.master_data_query import master_data, parse_master_data_query
from suyuan.trace.store.parameters import QueryParameterWrong, QueryTooLarge
from suyuan.trace.store.sight import HOUSE, Viewer

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SITE = "urn:epcglobal:epcis:vtype:BusinessLocation"
POINT = "urn:epcglobal:epcis:vtype:ReadPoint"
MDA = "urn:epcglobal:cbv:mda#"
FARM, MILL = "https://id.gs1.org/417/9521234000013", "https://id.gs1.org/417/9521234000020"
FIELD, BARN, GATE, SHOP = (f"urn:epc:id:sgln:9521234.00001.{number}" for number in range(4))
KEYS = {
    "field": "https://id.gs1.org/414/9521234000013",
    "barn": "https://id.gs1.org/414/9521234000013/254/1",
    "gate": "https://id.gs1.org/414/9521234000013/254/2",
    "shop": "https://id.gs1.org/414/9521234000013/254/3",
}
NAMES = {key: name for name, key in KEYS.items()}


def tell(
    engine: Engine, party: str, vocabularies: Mapping[str, Sequence[Mapping[str, Any]]], after: int
) -> None:
    listed = [{"type": kind, "vocabularyElementList": elements} for kind, elements in vocabularies.items()]
    document: dict[str, Any] = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-20T08:00:00Z",
        "epcisHeader": {"epcisMasterData": {"vocabularyList": listed}},
        "epcisBody": {"eventList": []},
    }
    job = capture(
        engine, orjson.dumps(document), "application/json", party=party, now=NOW + timedelta(hours=after)
    )
    assert job.success


def element(key: str, *children: str, **attributes: Any) -> Mapping[str, Any]:
    told = [{"id": MDA + name, "attribute": value} for name, value in attributes.items()]
    return {"id": key, "attributes": told, "children": list(children)}


@pytest.fixture
def told(engine: Engine) -> Engine:
    tell(engine, FARM, {SITE: [element(FIELD, BARN, city="杭州", area=7)]}, 0)
    barn = element(BARN, GATE, city="Ningbo", tags=["cold", "dry"])
    tell(engine, FARM, {SITE: [barn], POINT: [element(GATE), element(BARN)]}, 1)
    tell(engine, MILL, {SITE: [element(SHOP, FIELD, city="Wuhan")]}, 2)
    tell(engine, FARM, {SITE: [element(FIELD, BARN, city="绍兴", area=7.0)]}, 3)  # the latest word
    return engine


BOTH = [("includeAttributes", "true"), ("includeChildren", "true")]
CASES: Sequence[tuple[Sequence[tuple[str, Any]], list[str]]] = (
    ([], ["field", "barn", "shop", "barn", "gate"]),
    ([("vocabularyName", [POINT])], ["barn", "gate"]),
    ([("vocabularyName", "urn:no")], []),
    ([("EQ_name", [FIELD, KEYS["gate"], "urn:no"])], ["field", "gate"]),
    ([("WD_name", [FIELD])], ["field", "barn", "barn", "gate"]),
    ([("WD_name", [BARN]), ("vocabularyName", [SITE])], ["barn"]),
    ([("WD_name", [SHOP]), ("EQ_name", [GATE, SHOP])], ["shop", "gate"]),
    ([("HASATTR", ["urn:epcglobal:cbv:mda:tags", "urn:no"])], ["barn"]),
    ([("HASATTR", ["cbvmda:area"])], ["field"]),
    ([(f"EQATTR_{MDA}city", ["Wuhan", "Ningbo"])], ["barn", "shop"]),
    ([(f"EQATTR_{MDA}city", ["杭州"])], []),  # as it was said before
    ([(f"EQATTR_{MDA}tags", "dry"), ("EQATTR_cbvmda:city", "Ningbo")], ["barn"]),
    ([(f"EQATTR_{MDA}area", "7")], ["field"]),
    ([("maxElementCount", "5")], ["field", "barn", "shop", "barn", "gate"]),
)


def test_each_parameter_finds_what_it_names(told: Engine) -> None:
    with Reading(told) as reading:
        for params, expected in CASES:
            found = master_data(reading, parse_master_data_query([*BOTH, *params]), HOUSE)
            assert [NAMES[one.id] for one in found] == expected, params


def test_what_is_included_is_what_was_asked_for(told: Engine) -> None:
    def field(attributes: str, children: str, **more: Any) -> tuple[Any, ...]:
        params = [("includeAttributes", attributes), ("includeChildren", children), ("EQ_name", FIELD)]
        query = parse_master_data_query([*params, *more.items()])
        [one] = master_data(reading, query, HOUSE)
        assert one.type == SITE
        return dict(one.attributes), list(one.children)

    city, area = {MDA + "city": "绍兴"}, {MDA + "area": 7.0}
    with Reading(told) as reading:
        assert field("true", "true") == (city | area, [BARN])
        assert field("1", "false") == (city | area, [])
        assert field("false", "true", attributeNames=[MDA + "city"]) == ({}, [BARN])
        assert field("true", "0", attributeNames=["cbvmda:city"]) == (city, [])
        assert field("true", "0", attributeNames=["urn:no"]) == ({}, [])


def test_nobody_learns_of_others_master_data(told: Engine) -> None:
    """Neither their elements, nor what they put below one's own."""
    farm, mill = Viewer("f", "company", FARM), Viewer("m", "company", MILL)
    nobody = Viewer("n", "company", "https://id.gs1.org/417/9521234000037")
    with Reading(told) as reading:
        for params, viewer, expected in (
            ([], farm, ["field", "barn", "barn", "gate"]),
            ([], mill, ["shop"]),
            ([], nobody, []),
            ([("WD_name", SHOP)], farm, []),
            ([("WD_name", SHOP)], mill, ["shop"]),
            ([("EQ_name", FIELD)], mill, []),
            ([("HASATTR", MDA + "city"), ("maxElementCount", "1")], mill, ["shop"]),
        ):
            found = master_data(reading, parse_master_data_query([*BOTH, *params]), viewer)
            assert [NAMES[one.id] for one in found] == expected, (params, viewer)


def test_too_much_is_told(told: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with Reading(told) as reading:
        with pytest.raises(QueryTooLarge, match="More than 4 vocabulary elements"):
            master_data(reading, parse_master_data_query([*BOTH, ("maxElementCount", 4)]), HOUSE)
        for limit, most, wrong in (
            ("master_data_query.MOST_ELEMENTS", 2, QueryTooLarge),
            ("master_data_query.MOST_BYTES", 100, QueryTooLarge),
            ("settled.MOST_KEYS", 2, QueryTooComplex),
            ("settled.MOST_LEVELS", 2, QueryTooComplex),
        ):
            with monkeypatch.context() as patch:
                patch.setattr(f"suyuan.trace.store.{limit}", most)
                with pytest.raises(wrong):
                    master_data(reading, parse_master_data_query([*BOTH, ("WD_name", [FIELD])]), HOUSE)


WRONG: Sequence[tuple[Sequence[tuple[str, Any]], str]] = (
    ([], "includeAttributes"),
    (BOTH[:1], "includeChildren"),
    ([*BOTH, *BOTH], "includeAttributes"),
    ([("includeAttributes", "yes")], "includeAttributes"),
    ([("includeAttributes", None)], "includeAttributes"),
    ([*BOTH, ("maxElementCount", "0")], "maxElementCount"),
    ([*BOTH, ("maxElementCount", "-1")], "maxElementCount"),
    ([*BOTH, ("EQ_name", [])], "EQ_name"),
    ([*BOTH, ("EQ_name", ["a\0"])], "EQ_name"),
    ([*BOTH, ("WD_name", ["a"] * 1001)], "WD_name"),
    ([*BOTH, ("EQ_action", "ADD")], "EQ_action"),
    ([*BOTH, ("EQATTR_", "a")], "EQATTR_"),
    ([*BOTH, (f"EQATTR_{MDA}city", None)], f"EQATTR_{MDA}city"),
)


def test_wrong_parameters_are_named() -> None:
    for params, where in WRONG:
        with pytest.raises(QueryParameterWrong) as raised:
            parse_master_data_query(params)
        assert raised.value.where == where
