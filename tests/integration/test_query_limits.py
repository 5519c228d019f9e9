"""Queries and what others stated: what is out of sight does not answer, and nothing is too much to answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from sqlalchemy import Engine

from suyuan.trace.epcis.json_shapes import is_list
from suyuan.trace.store import settled
from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.query import QueryParameterWrong, QueryTooComplex, events, parse_query
from suyuan.trace.store.sight import HOUSE, Viewer

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
OURS, THEIRS = "https://id.gs1.org/417/9506000000015", "https://id.gs1.org/417/9506000000022"
SITE, YARD, DOCK = (f"https://id.gs1.org/414/95060000000{n}" for n in ("15", "22", "39"))
CITY = "urn:epcglobal:cbv:mda#city"
VIEWER = Viewer("ann", "company", OURS)
Element = tuple[str, dict[str, str], Sequence[str]]


def send(
    engine: Engine,
    party: str,
    told: Sequence[dict[str, Any]],
    *elements: Element,
    hours: int = 0,
    context: dict[str, str] | None = None,
) -> None:
    """A document of some events and master data."""
    listed = [
        {
            "id": key,
            "attributes": [{"id": name, "attribute": value} for name, value in attributes.items()],
            **({"children": list(children)} if children else {}),
        }
        for key, attributes, children in elements
    ]
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": listed}
    document = {
        "@context": [CONTEXT, context or {"ex": "http://ns.example.com/x#"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-05-01T08:00:00Z",
        **({"epcisHeader": {"epcisMasterData": {"vocabularyList": [vocabulary]}}} if listed else {}),
        "epcisBody": {"eventList": list(told)},
    }
    now = NOW + timedelta(hours=hours)
    job = capture(engine, orjson.dumps(document), "application/json", party=party, now=now)
    assert (job.captured, job.errors) == (len(told), ())


def event(number: int, **members: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "eventID": f"urn:example:{number}",
        "eventTime": f"2026-05-01T08:0{number % 10}:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "epcList": [f"urn:epc:id:sgtin:9506000.013435.{number}"],
        **members,
    }


def found(engine: Engine, *params: tuple[str, Any], viewer: Viewer = VIEWER, size: int = 1000) -> list[str]:
    """The numbers of all events, over all pages."""
    asked, token = parse_query(params), None
    told: list[str] = []
    while True:
        with Reading(engine) as reading:
            page = events(reading, asked, viewer=viewer, now=NOW, per_page=size, token=token)
        told += [str(one.event.event_id).rpartition(":")[2] for one in page.events]
        if (token := page.next_token) is None:
            return told


def test_master_data_out_of_sight_do_not_answer(engine: Engine) -> None:
    send(engine, OURS, [event(1, bizLocation={"id": YARD})])
    many = [f"urn:example:place:{number}" for number in range(settled.MOST_KEYS + 1)]
    send(engine, THEIRS, [event(2)], (SITE, {CITY: "溯源市"}, [YARD, *many]))
    assert found(engine, ("WD_bizLocation", SITE)) == []
    with pytest.raises(QueryTooComplex, match="WD_bizLocation comes to more than 10000 things"):
        found(engine, ("WD_bizLocation", SITE), viewer=HOUSE)
    # Of what is stated of a place in sight, the latest counts; of any other, only one's own.
    send(engine, OURS, [event(3)], (SITE, {}, [YARD]), (DOCK, {CITY: "自家"}, []), hours=1)
    send(engine, THEIRS, [event(4)], (SITE, {}, [DOCK]), (DOCK, {CITY: "别家"}, []), hours=2)
    assert found(engine, ("WD_bizLocation", SITE)) == ["1"]
    send(engine, OURS, [event(6, **{"ex:at": DOCK})], hours=4)
    name = f"EQATTR_ex:at_{CITY}"
    assert found(engine, (name, "自家")) == ["6"]
    assert found(engine, (name, "别家")) == []
    assert found(engine, (name, "别家"), viewer=HOUSE) == ["6"]


def test_master_data_that_go_down_without_end_are_told(sqlite_engine: Engine) -> None:
    chain = [f"urn:example:place:{number}" for number in range(6)]
    below: list[Element] = [(one, {}, [under]) for one, under in pairwise(chain)]
    send(sqlite_engine, OURS, [event(1, bizLocation={"id": chain[-1]})], (SITE, {}, [chain[0]]), *below)
    with patch.object(settled, "MOST_LEVELS", 3), pytest.raises(QueryTooComplex, match="more than 3 levels"):
        found(sqlite_engine, ("WD_bizLocation", SITE))


TYPED = (
    ("bizTransaction", "bizTransactionList", "po", "inv", "urn:example:1"),
    ("source", "sourceList", "owning_party", "location", OURS),
    ("destination", "destinationList", "owning_party", "location", OURS),
)


def test_references_are_found_by_their_type_alone(engine: Engine) -> None:
    entries = [{member: [{"type": kind, one: value}]} for one, member, kind, _, value in TYPED]
    send(engine, OURS, [event(number, **told) for number, told in enumerate(entries)])
    for number, (one, _, kind, other, value) in enumerate(TYPED):
        asked = {
            name: found(engine, (f"EQ_{one}_{name}", value))
            for name in (kind, other, "*", f"{kind} *", f"{kind}*", f"{kind}_")
        }
        assert asked == {name: [str(number)] if name == kind else [] for name in asked}, one
    send(engine, OURS, [event(9, **{"ex:outer": {"plain": "red"}})])
    assert found(engine, ("EQ_INNER_plain", "red")) == ["9"]
    assert found(engine, ("EQ_INNER_*", "red")) == []


NUMBERS: Sequence[Any] = (
    "b",
    10,
    9.5,
    "a",
    "007",
    -3,
    10.0,
    "10 kg",
    [3, "z"],
    ["a", 11],
    None,
    {"ex:in": 1},
)


def test_numbers_and_text_have_one_order_both_ways(engine: Engine) -> None:
    send(engine, OURS, [event(n, **({} if v is None else {"ex:mark": v})) for n, v in enumerate(NUMBERS)])

    def places(number: int) -> list[tuple[bool, float, str, int]]:
        value = NUMBERS[number]
        told: list[Any] = value if is_list(value) else [value]
        listed = [one for one in told if isinstance(one, int | float | str)]
        return [
            (isinstance(one, str), 0 if isinstance(one, str) else one, _text(one), number) for one in listed
        ]

    having = [number for number in range(len(NUMBERS)) if places(number)]
    lacking = [str(number) for number in range(len(NUMBERS)) if number not in having]
    rising = [str(n) for n in sorted(having, key=lambda n: min(places(n)))]
    falling = [str(n) for n in sorted(having, key=lambda n: max(places(n)), reverse=True)]
    for direction, expected in (("ASC", rising), ("DESC", falling)):
        for size in (1, 2, 5, 1000):
            by_mark = (("orderBy", "ex:mark"), ("orderDirection", direction))
            assert found(engine, *by_mark, size=size) == [*expected, *lacking], (direction, size)


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else value


MANY_PATTERNS = settled.MOST_RANGES // 10


def too_much() -> Iterator[tuple[list[tuple[str, Any]], str]]:
    """Queries that are refused, with what is said."""
    fields = [
        f"EQ_{member}" for member in ("eventID", "transformationID", "bizStep", "disposition", "stringValue")
    ]
    texts = [f"urn:example:{number}" for number in range(1000)]
    names = [*fields, *(f"EQ_ex:field{number}" for number in range(16))]
    yield [(name, texts) for name in names], "The query has more than 20000 values in all"
    companies = [f"urn:epc:idpat:sgtin:{number}.*.*" for number in range(9506000, 9506001 + MANY_PATTERNS)]
    yield [("MATCH_anyEPC", companies)], "MATCH_anyEPC has patterns for more than"


def test_what_is_too_much_for_a_statement_is_told_and_the_rest_is_answered(engine: Engine) -> None:
    send(engine, OURS, [event(1)])
    for params, message in too_much():
        few = [(name, values[:MANY_PATTERNS]) for name, values in params[:20]]
        for viewer in (HOUSE, VIEWER):
            with pytest.raises(QueryTooComplex, match=message):
                found(engine, *params, viewer=viewer)
            assert found(engine, *few, viewer=viewer) == (["1"] if few[0][0].startswith("MATCH") else [])


def test_a_direction_without_an_order_is_refused() -> None:
    with pytest.raises(QueryParameterWrong, match="orderDirection says nothing without orderBy"):
        parse_query([("orderDirection", "ASC")])


def test_a_prefix_means_in_each_event_what_its_own_document_declares(engine: Engine) -> None:
    """So what others call a namespace is told neither by an answer nor by an error."""
    space, other = "http://ns.example.com/x#", "http://ns.example.com/y"
    send(engine, OURS, [event(1, **{"ex:mark": "red", "ex:weight": 2})])
    asked = [(f"{sign}_{name}", value) for sign, name, value in (
        ("EQ", "secret:mark", "red"), ("GE", "secret:weight", "1"), ("EXISTS", "INNER_secret:mark", ""),
        ("HASATTR", "secret:mark", CITY), ("EQ", "ILMD_secret:mark", "red"),
    )]  # fmt: skip
    asked.append(("orderBy", "secret:weight"))
    before = [found(engine, one) for one in asked]
    secrets = {"secret:mark": "red", "secret:weight": 5, "other:mark": "red"}
    send(engine, THEIRS, [event(2, **secrets)], context={"secret": space, "other": other})
    assert [found(engine, one) for one in asked] == before == [[], [], [], [], [], ["1"]]
    assert found(engine, asked[0], viewer=HOUSE) == ["2"]
    assert found(engine, asked[-1], viewer=HOUSE) == ["2", "1"]
    assert found(engine, ("EQ_ex:mark", "red"), viewer=HOUSE) == ["1"]
    assert found(engine, (f"EQ_{space}mark", "red"), viewer=HOUSE) == ["1", "2"]
    send(engine, OURS, [event(3, **{"ex:mark": "red", "ex:weight": 9})], context={"ex": other})
    assert found(engine, ("EQ_ex:mark", "red")) == ["1", "3"]
    assert found(engine, ("orderBy", "ex:weight")) == ["3", "1"]
    with pytest.raises(QueryParameterWrong, match="no event here has a field with the prefix nobodys"):
        found(engine, ("EQ_nobodys:mark", "red"), viewer=HOUSE)


def test_a_prefix_that_others_give_a_thousand_meanings_is_answered_all_the_same(engine: Engine) -> None:
    send(engine, OURS, [event(1, **{"ex:mark": "red", "ex:weight": 2}), event(2, **{"ex:mark": "blue"})])
    asked = [("EQ_ex:mark", "red"), ("GE_ex:weight", "1"), ("EXISTS_ex:mark", ""), ("orderBy", "ex:weight")]
    before = [found(engine, one) for one in asked]
    assert before == [["1"], ["1"], ["1", "2"], ["1", "2"]]
    contexts = [{"ex": f"http://ns.example.com/{number}#"} for number in range(1_100)]
    spaces = [{"@context": {"ex": "http://ns.example.com/z#"}, "ex:mark": "red"}]
    spaces += [{"@context": one, "ex:mark": "red", "ex:weight": 3} for one in contexts]
    theirs = [event(10 + at, eventTime="2026-05-01T09:00:00+08:00", **one) for at, one in enumerate(spaces)]
    send(engine, THEIRS, theirs)
    assert [found(engine, one) for one in asked] == before
    assert len(found(engine, asked[0], viewer=HOUSE)) == len(spaces) + 1
    with patch.object(settled, "MANY", 0):  # each event looked at for it
        assert [found(engine, one) for one in asked] == before
    with patch.object(settled, "MOST_CONTEXTS", 1_000), pytest.raises(QueryTooComplex, match="EQ_ex:mark"):
        found(engine, asked[0])


def test_what_is_too_deep_for_sqlite_is_a_fault_of_the_query(sqlite_engine: Engine) -> None:
    deep = " OR ".join(["1=1"] * 2_000)
    with pytest.raises(QueryTooComplex), Reading(sqlite_engine) as reading:
        reading.connection.exec_driver_sql(f"SELECT 1 WHERE {deep}")
