"""Every parameter of SimpleEventQuery (EPCIS 2.0 §8.2.7.1): some events it finds, and others it does not."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from sqlalchemy import Engine, text

from suyuan.trace.epcis.query import ALIASES, FAMILIES, FIXED
from suyuan.trace.store import settled
from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.query import (
    QueryParameterWrong,
    QueryTooComplex,
    events,
    narrowed,
    parse_query,
    statement,
)
from suyuan.trace.store.sight import HOUSE, Viewer

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
EX = "http://ns.example.com/epcis/"
CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": EX}]
SITE, YARD, DOCK, GATE = (f"https://id.gs1.org/414/95060000000{n}" for n in ("15", "22", "39", "46"))
BUYER = "urn:epc:id:pgln:9506000.00001"


def extensions(word: str, number: float, time: str) -> dict[str, Any]:
    """Extension fields at two depths, as they may stand anywhere."""
    inner = {"ex:inword": word, "ex:innumber": number, "ex:intime": time, "plain": word}
    return {
        "ex:word": word,
        "ex:ref": f"urn:example:{word}",
        "ex:number": number,
        "ex:time": time,
        "ex:outer": inner,
    }


def everywhere(word: str, number: float, time: str) -> dict[str, Any]:
    """The members of an event that may hold extensions, each with the same ones."""
    told = extensions(word, number, time)
    return {
        **told,
        "ilmd": told,
        "readPoint": {"id": DOCK if word == "red" else GATE, **told},
        "bizLocation": {"id": YARD if word == "red" else GATE, **told},
        "errorDeclaration": {
            "declarationTime": time,
            "reason": "did_not_occur" if word == "red" else "incorrect_data",
            "correctiveEventIDs": [f"urn:example:corrective:{word}"],
            **told,
        },
    }


def sensors(word: str, number: float, time: str) -> list[dict[str, Any]]:
    told = extensions(word, number, time)
    report = {
        "type": "Temperature" if word == "red" else "RelativeHumidity",
        "time": time,
        "deviceID": f"urn:example:device:{word}",
        "dataProcessingMethod": f"urn:example:method:{word}",
        "bizRules": f"urn:example:rules:{word}",
        "microorganism": f"urn:example:microorganism:{word}",
        "chemicalSubstance": f"urn:example:substance:{word}",
        "stringValue": word,
        "hexBinaryValue": "0aFF" if word == "red" else "0b00",
        "uriValue": f"urn:example:uri:{word}",
        "booleanValue": word == "red",
        "percRank": number,
        "uom": "CEL",
        **dict.fromkeys(("value", "minValue", "maxValue", "meanValue", "sDev", "percValue"), number),
        **told,
    }
    return [
        {
            "sensorMetadata": {"startTime": time, "endTime": time, **told},
            "sensorReport": [report],
            **told,
        }
    ]


def event(number: int, **members: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:example:{number}",
        "eventTime": f"2026-05-01T08:0{number}:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        **members,
    }


RED, BLUE = ("red", 10.0, "2026-04-01T08:00:00+08:00"), ("blue", 20, "2026-04-02T00:00:00Z")
EVENTS = [
    event(
        1,
        action="ADD",
        bizStep="commissioning",
        disposition="active",
        persistentDisposition={"set": ["completeness_verified"], "unset": ["recalled"]},
        epcList=["urn:epc:id:sgtin:9506000.013435.1"],
        quantityList=[{"epcClass": "urn:epc:class:lgtin:9506000.013435.L1", "quantity": 10, "uom": "KGM"}],
        bizTransactionList=[{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:9506000000015:1"}],
        sourceList=[{"type": "owning_party", "source": BUYER}],
        destinationList=[{"type": "urn:example:kind", "destination": BUYER}],
        sensorElementList=sensors(*RED),
        **everywhere(*RED),
    ),
    event(
        2,
        action="ADD",
        bizStep="receiving",
        disposition="in_transit",
        persistentDisposition={"set": ["recalled"], "unset": ["completeness_verified"]},
        epcList=["urn:epc:id:sgtin:9506000.099999.1"],
        quantityList=[{"epcClass": "urn:epc:class:lgtin:9506000.099999.L1", "quantity": 20, "uom": "KGM"}],
        bizTransactionList=[{"type": "inv", "bizTransaction": "urn:epcglobal:cbv:bt:9506000000015:1"}],
        sourceList=[{"type": "possessing_party", "source": BUYER}],
        destinationList=[{"type": "owning_party", "destination": BUYER}],
        sensorElementList=sensors(*BLUE),
        **everywhere(*BLUE),
    ),
    event(
        3,
        type="TransformationEvent",
        transformationID="urn:example:batch:7",
        inputEPCList=["urn:epc:id:sgtin:9506000.013435.1"],
        inputQuantityList=[{"epcClass": "urn:epc:class:lgtin:9506000.013435.L1", "quantity": 10}],
        outputEPCList=["urn:epc:id:sgtin:9506000.099999.1"],
        outputQuantityList=[{"epcClass": "urn:epc:class:lgtin:9506000.099999.L1"}],
    ),
    event(
        4,
        type="AggregationEvent",
        action="DELETE",
        parentID="urn:epc:id:sscc:9506000.0000000001",
        childEPCs=["urn:epc:id:sgtin:9506000.013435.1"],
        bizLocation={"id": SITE},
    ),
]
MASTER_DATA = [
    {
        "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
        "vocabularyElementList": [
            {"id": SITE, "attributes": [{"id": "cbvmda:city", "attribute": "溯源市"}], "children": [YARD]},
            {
                "id": YARD,
                "attributes": [{"id": "urn:epcglobal:cbv:mda#site", "attribute": "7"}],
                "children": [DOCK],
            },
        ],
    },
    {
        "type": "urn:epcglobal:epcis:vtype:EPCClass",
        "vocabularyElementList": [
            {
                "id": "urn:epc:class:lgtin:9506000.013435.L1",
                "attributes": [{"id": "urn:example:mda#colour", "attribute": "red"}],
            }
        ],
    },
    {
        "type": "urn:example:vtype",
        "vocabularyElementList": [
            {"id": "urn:example:red", "attributes": [{"id": "urn:example:mda#shade", "attribute": 5}]},
            {"id": BUYER, "attributes": [{"id": "urn:example:mda#since", "attribute": "2026-01-01"}]},
            {
                "id": "urn:epcglobal:cbv:bizstep:receiving",
                "attributes": [{"id": "urn:example:mda#door", "attribute": "2"}],
            },
        ],
    },
]


def fill(engine: Engine) -> None:
    document = {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-05-01T08:00:00Z",
        "epcisHeader": {"epcisMasterData": {"vocabularyList": MASTER_DATA}},
        "epcisBody": {"eventList": EVENTS},
    }
    job = capture(engine, orjson.dumps(document), "application/json", party="farm", now=NOW)
    assert (job.captured, job.errors) == (len(EVENTS), ())


FIXED_ROWS: list[tuple[str, Any, list[int]]] = [
    ("eventType", "TransformationEvent|AggregationEvent", [3, 4]),
    ("GE_eventTime", "2026-05-01T00:03:00Z", [3, 4]),
    ("LT_eventTime", "2026-05-01T08:03:00+08:00", [1, 2]),
    ("GE_recordTime", "2026-05-01T12:00:00Z", [1, 2, 3, 4]),
    ("LT_recordTime", "2026-05-01T12:00:00Z", []),
    ("EQ_action", "DELETE", [4]),
    ("EQ_bizStep", "https://ref.gs1.org/cbv/BizStep-receiving", [2]),
    ("EQ_disposition", "active", [1]),
    ("EQ_persistentDisposition_set", "cbv:Disp-recalled", [2]),
    ("EQ_persistentDisposition_unset", "recalled", [1]),
    ("EQ_readPoint", "urn:epc:id:sgln:9506000.00003.0", [1]),
    ("WD_readPoint", SITE, [1]),
    ("EQ_bizLocation", SITE, [4]),
    ("WD_bizLocation", SITE, [1, 4]),
    ("EQ_transformationID", "urn:example:batch:7", [3]),
    ("MATCH_epc", "urn:epc:idpat:sgtin:9506000.013435.*", [1, 4]),
    ("MATCH_parentID", "urn:epc:id:sscc:9506000.0000000001", [4]),
    ("MATCH_inputEPC", "urn:epc:id:sgtin:9506000.013435.1", [3]),
    ("MATCH_outputEPC", "urn:epc:id:sgtin:9506000.099999.1", [3]),
    ("MATCH_anyEPC", "urn:epc:id:sgtin:9506000.099999.1", [2, 3]),
    ("MATCH_epcClass", "urn:epc:class:lgtin:9506000.013435.L1", [1]),
    ("MATCH_inputEPCClass", "urn:epc:class:lgtin:9506000.013435.L1", [3]),
    ("MATCH_outputEPCClass", "urn:epc:class:lgtin:9506000.099999.L1", [3]),
    ("MATCH_anyEPCClass", "urn:epc:class:lgtin:9506000.099999.L1", [2, 3]),
    ("EQ_quantity", "10.0", [1, 3]),
    ("GT_quantity", "10", [2]),
    ("GE_quantity", "10", [1, 2, 3]),
    ("LT_quantity", "20", [1, 3]),
    ("LE_quantity", "20", [1, 2, 3]),
    ("EQ_eventID", "urn:example:3|urn:example:4", [3, 4]),
    ("EXISTS_errorDeclaration", "true", [1, 2]),
    ("GE_errorDeclarationTime", "2026-04-02T00:00:00Z", [2]),
    ("LT_errorDeclarationTime", "2026-04-02T00:00:00Z", [1]),
    ("GE_errorDeclaration_Time", "2026-04-02T00:00:00Z", [2]),
    ("LT_errorDeclaration_Time", "2026-04-02T00:00:00Z", [1]),
    ("EQ_errorReason", "urn:epcglobal:cbv:er:did_not_occur", [1]),
    ("EQ_correctiveEventID", "urn:example:corrective:blue", [2]),
    ("EXISTS_sensorElementList", "true", [1, 2]),
    ("EXISTS_sensorElement", "", [1, 2]),
    *((f"GE_{name}", "2026-04-01T00:00:01Z", [2]) for name in ("time", "startTime", "endTime")),
    *((f"LT_{name}", "2026-04-01T00:00:01Z", [1]) for name in ("time", "startTime", "endTime")),
    ("EQ_type", "gs1:Temperature", [1]),
    ("EQ_deviceID", "urn:example:device:red", [1]),
    ("EQ_dataProcessingMethod", "urn:example:method:blue", [2]),
    ("EQ_microorganism", "urn:example:microorganism:blue", [2]),
    ("EQ_chemicalSubstance", "urn:example:substance:red", [1]),
    ("EQ_bizRules", "urn:example:rules:red", [1]),
    ("EQ_stringValue", "red", [1]),
    ("EQ_hexBinaryValue", "0AFF", [1]),
    ("EQ_uriValue", "urn:example:uri:red", [1]),
    ("EQ_booleanValue", "true", [1]),
    ("EQ_percRank", "10", [1]),
    ("GT_percRank", "10", [2]),
    ("GE_percRank", "10", [1, 2]),
    ("LT_percRank", "20", [1]),
    ("LE_percRank", "10", [1]),
]  # fmt: skip
_SIGN_OF = {"EQ": [1], "GT": [2], "GE": [1, 2], "LT": [], "LE": [1]}
_SCOPES = (
    *("", "ILMD_", "ERROR_DECLARATION_", "SENSORELEMENT_", "SENSORMETADATA_", "SENSORREPORT_"),
    *("readPoint_", "bizLocation_"),
)


def families() -> Iterator[tuple[str, Any, list[int]]]:
    """A row for each family, sign and kind of value."""
    yield "EQ_bizTransaction_po", "urn:epcglobal:cbv:bt:9506000000015:1", [1]
    yield "EQ_source_owning_party", "https://id.gs1.org/417/9506000000015", [1]
    yield "EQ_destination_urn:example:kind", BUYER, [1]
    for field in ("value", "minValue", "maxValue", "meanValue", "sDev", "percValue"):
        for sign, found in _SIGN_OF.items():
            # 10 degrees Celsius; as a deviation, which has no zero point, 18 of Fahrenheit's.
            yield f"{sign}_{field}_FAH", "18" if field == "sDev" else "50", found
    for sign, found in _SIGN_OF.items():
        yield f"{sign}_quantity_GRM", "10000.0", found
    for scope in _SCOPES:
        for inner, mark in (("", ""), ("INNER_", "in")):
            for sign, found in _SIGN_OF.items():
                yield f"{sign}_{inner}{scope}ex:{mark}number", "10", found
                yield f"{sign}_{inner}{scope}{EX}#{mark}time", "2026-04-01T00:00:00Z", found
            yield f"EQ_{inner}{scope}ex:{mark}word", "red|green", [1]
            yield f"EQ_{inner}{scope}{EX}{mark}word", "red", [1]
            yield f"EXISTS_{inner}{scope}ex:{mark}word", "", [1, 2]
            yield f"EXISTS_{inner}{scope}ex:absent", "", []
        yield f"EXISTS_{scope}ex:outer", "true", [1, 2]
        yield f"EXISTS_{scope}ex:inword", "true", []  # it is not at this depth
        yield f"EQ_INNER_{scope}plain", "blue", [2]
    for spelling in ("EQATTR", "EQ_ATTR"):
        yield f"{spelling}_bizLocation_cbvmda:city", "溯源市", [4]
        yield f"{spelling}_readPoint_cbvmda:city", "溯源市", []
        yield f"{spelling}_bizLocation_urn:epcglobal:cbv:mda#site", "6|7", [1]
        yield f"{spelling}_epcClass_urn:example:mda#colour", "red", [1, 3]
        yield f"{spelling}_ex:ref_urn:example:mda#shade", "5.0", [1]
        yield f"{spelling}_ex:ref_urn:example:mda#shade", "6", []
        yield f"{spelling}_source_urn:example:mda#since", "2026-01-01", [1, 2]
        yield f"{spelling}_bizStep_urn:example:mda#door", "2", [2]
    yield "HASATTR_bizLocation", "urn:epcglobal:cbv:mda#city|urn:epcglobal:cbv:mda:site", [1, 4]
    yield "HASATTR_bizLocation", "cbvmda:latitude", []
    yield "HASATTR_epcClass", "urn:example:mda#colour", [1, 3]
    yield "HASATTR_epc", "urn:example:mda#colour", []
    yield "HASATTR_ex:ref", "urn:example:mda#shade", [1]


ROWS = [*FIXED_ROWS, *families()]


def found(engine: Engine, *params: tuple[str, Any]) -> list[int]:
    with Reading(engine) as reading:
        page = events(reading, parse_query(params), viewer=HOUSE, now=NOW)
        return sorted(one.sequence for one in page.events)


def test_every_parameter_finds_what_it_names_and_nothing_else(engine: Engine) -> None:
    fill(engine)
    wrong = [
        (name, value, got) for name, value, want in ROWS if (got := found(engine, (name, value))) != want
    ]
    assert wrong == []
    as_json = [
        ({"EQ_ILMD_ex:number": 10}, [1]),
        ({"EQ_ex:word": ["red", "blue"]}, [1, 2]),
        ({"EQ_stringValue": ["red"], "EXISTS_sensorElementList": None, "EQ_booleanValue": True}, [1]),
        ({"GE_value_CEL": 10.5, "LT_time": "2026-05-01T00:00:00Z"}, [2]),
        ({"EQ_quantity_KGM": [10, 20.0]}, [1, 2]),
        ({"@context": {"other": EX}, "EQ_other:word": ["red"]}, [1]),
        ({"EXISTS_errorDeclaration": 1, "maxEventCount": 2}, [1, 2]),
    ]
    for query, sequences in as_json:
        for given in (query, list(query.items())):
            with Reading(engine) as reading:
                page = events(reading, parse_query(given), viewer=HOUSE, now=NOW)
            assert sorted(one.sequence for one in page.events) == sequences, query
    both = narrowed(parse_query([("EQ_bizStep", "commissioning|receiving")]), "EQ_bizStep", "receiving")
    with Reading(engine) as reading:
        assert [one.sequence for one in events(reading, both, viewer=HOUSE, now=NOW).events] == [2]
    assert narrowed(both, "EXISTS_errorDeclaration", value=False) == both
    declared = parse_query([("EQ_mine:word", "red")], prefixes={"mine": EX})
    with Reading(engine) as reading:
        assert [one.sequence for one in events(reading, declared, viewer=HOUSE, now=NOW).events] == [1]
    with pytest.raises(
        QueryParameterWrong, match="EQ_theirs:word: no event here has a field with the prefix"
    ):
        found(engine, ("EQ_theirs:word", "red"))


def test_master_data_that_make_too_much_of_a_query_are_told(sqlite_engine: Engine) -> None:
    fill(sqlite_engine)
    with patch.object(settled, "MOST_KEYS", 2):
        assert found(sqlite_engine, ("WD_bizLocation", YARD)) == [1]
        with pytest.raises(QueryTooComplex, match="WD_bizLocation comes to more than 2 things"):
            found(sqlite_engine, ("WD_bizLocation", SITE))


def test_no_parameter_is_left_out() -> None:
    told = {name for name, _, _ in ROWS}
    assert (set(FIXED) | set(ALIASES)) - told == set()
    for family in FAMILIES:
        shape = re.escape(family).replace("TYPE", ".+").replace("UOM", "[A-Z]+").replace("_attr", "_.+")
        shape = re.sub(
            "_field|(?<=_)field", lambda mark: mark[0].replace("field", "[^_]+:.+"), shape, count=1
        )
        shape = shape.replace("HASATTR_[^_]+:.+", "HASATTR_.+").replace("EQATTR_[^_]+:.+", "EQATTR_.+")
        assert [name for name in told if re.fullmatch(shape, name)], family


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_an_extension_field_orders_events_and_pages(engine: Engine, direction: str) -> None:
    fill(engine)
    for field in ("ex:number", "ex:word", "ex:time", f"{EX}#number"):
        rising = [2, 1] if field == "ex:word" else [1, 2]
        asked = parse_query([("orderBy", field), ("orderDirection", direction)])
        with Reading(engine) as reading:
            gathered: list[int] = []
            token: str | None = None
            while True:
                page = events(reading, asked, viewer=HOUSE, now=NOW, per_page=1, token=token)
                gathered += [one.sequence for one in page.events]
                if (token := page.next_token) is None:
                    break
        with_it = rising if direction == "ASC" else rising[::-1]
        assert gathered[:2] == with_it
        assert sorted(gathered[2:]) == [3, 4]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (f"EQ_ILMD_{EX}#word", "red"),
        (f"EXISTS_INNER_{EX}#inword", ""),
        (f"GE_{EX}#number", "10"),
        (f"LT_ILMD_{EX}#time", "2026-04-02T00:00:00Z"),
        ("GE_value_CEL", "10"),
        ("EQ_bizTransaction_po", "urn:example:1"),
        (f"EQ_{EX}#word", "red"),
    ],
)
def test_a_field_is_looked_up_in_an_index(
    sqlite_engine: Engine, postgresql_engine: Engine, name: str, value: str
) -> None:
    asked = statement(parse_query([(name, value)]), None, 31, viewer=HOUSE)
    with Reading(sqlite_engine) as reading:
        compiled = str(asked.compile(sqlite_engine, compile_kwargs={"literal_binds": True}))
        plan = [
            row.detail
            for row in reading.connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}".replace(":", r"\:")))
        ]
        assert not [line for line in plan if line.startswith("SCAN")], plan
        assert [line for line in plan if "event_field" in line and "path_id=?" in line], plan
    with Reading(postgresql_engine) as reading:
        # On empty tables a scan is cheapest; forbidden to scan, the planner shows whether an index serves.
        reading.connection.execute(text("SET LOCAL enable_seqscan = off"))
        compiled = str(asked.compile(postgresql_engine, compile_kwargs={"literal_binds": True}))
        lines = reading.connection.exec_driver_sql(f"EXPLAIN {compiled}".replace("%", "%%")).scalars()
        assert "Seq Scan on ev" not in "\n".join(lines)


def test_what_is_out_of_sight_neither_answers_nor_tells_where_a_page_begins(sqlite_engine: Engine) -> None:
    own, theirs = "https://id.gs1.org/417/9506000000015", "https://id.gs1.org/417/9506000000022"
    for party, each in ((own, (10, 30, 50)), (theirs, (20, 40))):
        for number in each:
            body = {
                **event(0, action="OBSERVE", epcList=["urn:example:thing"], **{"ex:number": number}),
                "eventID": f"urn:example:{number}",
                "@context": CONTEXT,
            }
            job = capture(
                sqlite_engine, orjson.dumps(body), "application/json", party=party, now=NOW, single=True
            )
            assert job.captured == 1
    viewer = Viewer("ann", "company", own)

    def numbers(*params: tuple[str, str], token: str | None = None) -> list[int]:
        with Reading(sqlite_engine) as reading:
            page = events(reading, parse_query(params), viewer=viewer, now=NOW, token=token)
        return [one.event.body["ex:number"] for one in page.events]

    by_number = (("orderBy", "ex:number"), ("orderDirection", "ASC"))
    assert sorted(numbers(("GE_ex:number", "15"))) == [30, 50]
    assert sorted(numbers(("EXISTS_ex:number", ""))) == [10, 30, 50]
    assert numbers(*by_number) == [10, 30, 50]
    assert numbers(("orderBy", "ex:number")) == [50, 30, 10]
    with Reading(sqlite_engine) as reading:
        token = events(reading, parse_query(by_number), viewer=viewer, now=NOW, per_page=1).next_token
    assert token is not None
    assert numbers(*by_number, token=token) == [30, 50]
    parts = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    parts[2] = 4  # the number of their event with 20
    forged = base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")
    assert numbers(*by_number, token=forged) == []
