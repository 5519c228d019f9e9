"""Random parameters upon random events: the store's answer is that of a plain predicate over each event."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from random import Random
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from tests.oracle.event_query import matches

from suyuan.trace.store import settled
from suyuan.trace.store.capture import capture
from suyuan.trace.store.engine import Reading, open_engine
from suyuan.trace.store.migrate import migrate
from suyuan.trace.store.query import events, parse_query
from suyuan.trace.store.sight import HOUSE

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ONE, TWO = "http://one.example/ns/", "http://two.example/ns#"
CONTEXTS = ({"ex": ONE, "other": TWO}, {"ex": TWO, "third": ONE})  # one prefix for two namespaces
SITES = ("urn:epc:id:sgln:9506000.00001.0", "https://id.gs1.org/414/9506000000022")
ITEMS = tuple(f"urn:epc:id:sgtin:9506000.013435.{n}" for n in range(3))
LOTS = tuple(f"urn:epc:class:lgtin:9506000.013435.L{n}" for n in range(3))
TIMES = ("2026-04-01T08:00:00+08:00", "2026-04-01T00:00:00Z", "2026-04-02T10:30:00.5Z")
PARTIES = ("urn:epc:id:pgln:9506000.00001", "https://id.gs1.org/417/9506000000022")
ENDS = ("owning_party", "location")
WORDS: tuple[str, ...] = ("red", "007", "10", "10.0", "1e3", "-0.50", "2026-04-01", "溯源", *TIMES, *SITES)
VALUES: tuple[Any, ...] = (
    *WORDS,
    10,
    10.0,
    9,
    1000,
    -0.5,
    12345678901234567,
    True,
    False,
    "",
    None,
    [],
    {},
    " red ",
    "a|b",
)
LOCALS = ("alpha", "beta_gamma")
HUNDREDTHS = ("10", "10.0", "-5.25", "50", "283.15", "0")
COUNT = 120
MEMBERS = ("", "ILMD_", "ERROR_DECLARATION_", "SENSORELEMENT_", "SENSORMETADATA_", "SENSORREPORT_",
           "readPoint_", "bizLocation_")  # fmt: skip


def some(random: Random, chance: float = 0.5) -> bool:
    return random.random() < chance


def extensions(random: Random, prefixes: Collection[str], depth: int = 0) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for _ in range(random.randrange(3)):
        name = random.choice(LOCALS)
        prefix = random.choice(sorted(prefixes))
        value: Any = random.choice(VALUES)
        if depth < 3 and some(random, 0.4):
            value = extensions(random, prefixes, depth + 1)
        if some(random, 0.2):
            value = [value, random.choice(VALUES)]
        told[f"{prefix}:{name}" if depth == 0 or some(random, 0.7) else name] = value
    return told


def sensor_element(random: Random, more: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    report: dict[str, Any] = {"type": random.choice(("Temperature", "Mass"))}
    if some(random):
        report.update(value=random.choice((10, 10.0, -5.25, 50, 283.15)), minValue=random.choice((0, 10.5)))
        report["uom"] = random.choice(("CEL", "FAH", "KEL", "KGM", "GRM", "X9"))
    for member, values in (
        ("deviceID", ("urn:example:a", SITES[0])), ("stringValue", ("10", "10.0", "red")), ("time", TIMES),
        ("booleanValue", (True, False)), ("percRank", (10, 50.5)),
    ):  # fmt: skip
        if some(random):
            report[member] = random.choice(values)
    metadata = {"deviceID": "urn:example:b"} if some(random) else {}
    if some(random):
        metadata.update(startTime=TIMES[0], endTime=random.choice(TIMES))
    return {"sensorMetadata": {**metadata, **more()}, "sensorReport": [{**report, **more()}], **more()}


def random_event(random: Random, number: int, prefixes: Collection[str]) -> dict[str, Any]:
    def more() -> dict[str, Any]:
        return extensions(random, prefixes)

    event: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventID": f"urn:example:event:{number}",
        "eventTime": random.choice(TIMES[:2]),
        "eventTimeZoneOffset": "+08:00",
        **more(),
    }
    amounts = [
        {"epcClass": random.choice(LOTS), "quantity": random.choice((10, 10.0, 0.5, 50)), "uom": unit}
        for unit in random.sample(("KGM", "GRM", "LBR", "X9"), random.randrange(3))
    ]
    if some(random, 0.8):
        event |= {"action": "ADD", "epcList": [random.choice(ITEMS)], "ilmd": more(), "quantityList": amounts}
    else:
        event |= {
            "type": "TransformationEvent",
            "inputEPCList": [ITEMS[0]],
            "outputEPCList": [random.choice(ITEMS[1:])],
        }
        event |= {"inputQuantityList": amounts, "ilmd": more()}
    if some(random):
        event["sensorElementList"] = [sensor_element(random, more) for _ in range(random.randrange(1, 3))]
    for member, value in (
        ("bizStep", random.choice(("shipping", "packing", "urn:example:step"))),
        ("disposition", random.choice(("active", "expired"))),
        ("persistentDisposition", {random.choice(("set", "unset")): [random.choice(("recalled", "active"))]}),
        ("readPoint", {"id": random.choice(SITES), **more()}),
        ("bizLocation", {"id": random.choice(SITES), **more()}),
        ("bizTransactionList", [{"type": random.choice(("po", "inv")), "bizTransaction": "urn:example:1"}]),
        ("sourceList", [{"type": random.choice(ENDS), "source": random.choice(PARTIES)}]),
        ("destinationList", [{"type": "owning_party", "destination": random.choice(PARTIES)}]),
        ("errorDeclaration", {"declarationTime": random.choice(TIMES), "reason": "did_not_occur",
                              "correctiveEventIDs": ["urn:example:c"], **more()}),
    ):  # fmt: skip
        if some(random, 0.4):
            event[member] = value
    return event


def population() -> list[tuple[dict[str, str], dict[str, Any]]]:
    random = Random(20260501)
    return [(CONTEXTS[n % 2], random_event(random, n, CONTEXTS[n % 2])) for n in range(COUNT)]


POPULATION = population()


@pytest.fixture(scope="module")
def stores(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[list[Engine]]:
    """The same events on both databases."""
    with ExitStack() as stack:
        engines = [
            open_engine(tmp_path_factory.mktemp("oracle") / "suyuan.db"),
            open_engine(request.getfixturevalue("postgres_server").migrated()),
        ]
        migrate(engines[0])
        for engine in engines:
            stack.callback(engine.dispose)
            for which, context in enumerate(CONTEXTS):
                document = {
                    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", context],
                    "type": "EPCISDocument",
                    "schemaVersion": "2.0",
                    "creationDate": "2026-05-01T08:00:00Z",
                    "epcisBody": {"eventList": [body for _, body in POPULATION[which::2]]},
                }
                job = capture(engine, orjson.dumps(document), "application/json", party="farm", now=NOW)
                assert (job.captured, job.errors) == (COUNT // 2, ())
        yield engines


def fields() -> st.SearchStrategy[str]:
    """The name of an extension field in a query: by a prefix of the documents, of the query, or in full."""
    starts = st.sampled_from(("ex:", "other:", "third:", "mine:", f"{ONE}#", f"{TWO}#"))
    return st.tuples(starts, st.sampled_from(LOCALS)).map("".join)


COMPARABLE: st.SearchStrategy[str] = st.sampled_from(("10", "9", "-0.5", "1000", *TIMES, "2026-04-01"))
EQUALS: st.SearchStrategy[list[str]] = st.lists(
    st.sampled_from([*WORDS, "true", "12345678901234567"]), min_size=1, max_size=3
)
MEASURED = st.sampled_from(
    (
        *("value_CEL", "value_FAH", "minValue_KEL", "value_X9", "quantity", "percRank"),
        *("quantity_KGM", "quantity_GRM", "quantity_LBR", "quantity_X9"),
    )
)
FIXED = {
    "eventType": ("ObjectEvent", "TransformationEvent"),
    "EQ_action": ("ADD", "OBSERVE"),
    "EQ_bizStep": ("shipping", "urn:example:step"),
    "EQ_disposition": ("active", "expired"),
    "EQ_persistentDisposition_set": ("recalled", "active"),
    "EQ_persistentDisposition_unset": ("recalled",),
    "EQ_readPoint": SITES,
    "EQ_bizLocation": ("https://id.gs1.org/414/9506000000015", SITES[1]),
    "EQ_errorReason": ("did_not_occur", "incorrect_data"),
    "EQ_correctiveEventID": ("urn:example:c", "urn:example:d"),
    "EQ_type": ("Temperature", "Mass", "Length"),
    "EQ_deviceID": ("urn:example:a", "https://id.gs1.org/414/9506000000015"),
    "EQ_stringValue": ("10", "10.0", "red"),
    "EQ_booleanValue": ("true", "false"),
    "EQ_bizTransaction_po": ("urn:example:1", "urn:example:2"),
    "EQ_source_owning_party": ("https://id.gs1.org/417/9506000000015", PARTIES[1]),
    "EQ_source_location": PARTIES,
    "EQ_destination_owning_party": PARTIES,
    **{f"MATCH_{what}": ITEMS for what in ("epc", "inputEPC", "outputEPC", "anyEPC", "parentID")},
    **{f"MATCH_{what}": LOTS for what in ("epcClass", "inputEPCClass", "outputEPCClass", "anyEPCClass")},
}  # fmt: skip


@st.composite
def parameters(draw: st.DrawFn) -> tuple[str, list[str]]:
    """One parameter with its values."""
    family = draw(
        st.sampled_from(("fixed", "time", "measured", "exists", "extension", "extension", "extension"))
    )
    if family == "fixed":
        name = draw(st.sampled_from(sorted(FIXED)))
        return name, draw(st.lists(st.sampled_from(FIXED[name]), min_size=1, max_size=2, unique=True))
    if family == "time":
        which = draw(st.sampled_from(("eventTime", "errorDeclarationTime", "time", "startTime", "endTime")))
        return f"{draw(st.sampled_from(('GE', 'LT')))}_{which}", [draw(st.sampled_from(TIMES))]
    sign = draw(st.sampled_from(("EQ", "GT", "GE", "LT", "LE")))
    if family == "measured":
        return f"{sign}_{draw(MEASURED)}", [draw(st.sampled_from(HUNDREDTHS))]
    if family == "exists" and draw(st.booleans()):
        return draw(st.sampled_from(("EXISTS_errorDeclaration", "EXISTS_sensorElementList"))), ["true"]
    inner = draw(st.sampled_from(("", "INNER_")))
    field = f"{inner}{draw(st.sampled_from(MEMBERS))}{draw(fields())}"
    if inner and draw(st.booleans()):
        field = f"INNER_{draw(st.sampled_from(MEMBERS))}alpha"  # of no namespace
    if family == "exists":
        return f"EXISTS_{field}", ["true"]
    return f"{sign}_{field}", draw(EQUALS) if sign == "EQ" else [draw(COMPARABLE)]


def spaces(context: dict[str, str]) -> Callable[[str], set[str]]:
    """What a prefix means of an event: what the query declares, else what the event's document does."""
    return lambda prefix: {ONE} if prefix == "mine" else {context[prefix]} if prefix in context else set()


@settings(max_examples=80, deadline=None)
@given(
    asked=st.lists(parameters(), min_size=1, max_size=3, unique_by=lambda one: one[0]),
    many=st.sampled_from((0, settled.MANY)),
)
def test_the_store_answers_as_the_predicate_does(
    stores: list[Engine], asked: list[tuple[str, list[str]]], many: int
) -> None:
    expected = {
        body["eventID"]
        for context, body in POPULATION
        if all(matches(body, context, name, values, spaces(context)) for name, values in asked)
    }
    query = parse_query(
        [*((name, list(values)) for name, values in asked), ("perPage", 1000)], prefixes={"mine": ONE}
    )
    for engine in stores:
        # However many meet a condition: gathered or walked, the answer is the same.
        with Reading(engine) as reading, patch.object(settled, "MANY", many):
            page = events(reading, query, viewer=HOUSE, now=NOW)
        assert {one.event.event_id for one in page.events} == expected


def test_the_random_events_and_parameters_meet() -> None:
    """Neither all nor none: a predicate that is never true would prove nothing."""
    for name, values in (
        ("EQ_ex:alpha", ["10"]), ("GE_INNER_ILMD_ex:alpha", ["9"]), ("EQ_ILMD_third:alpha", list(WORDS)),
        ("GE_value_CEL", ["10"]), ("LT_quantity_GRM", ["10000"]), ("EXISTS_INNER_readPoint_alpha", ["true"]),
    ):  # fmt: skip
        met = [matches(body, context, name, values, spaces(context)) for context, body in POPULATION]
        assert 0 < sum(met) < COUNT, name
