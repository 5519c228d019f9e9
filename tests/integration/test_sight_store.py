"""Sight in the store, on both databases: each kind of row, each reach; and concerns made anew."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import orjson
import pytest
from sqlalchemy import ColumnElement, Engine, delete, insert, select, text
from sqlalchemy.orm import InstrumentedAttribute
from tests.integration.market import (
    AUTHORITIES,
    EVENTS,
    FARM_A,
    LOT,
    NOW,
    PLANT,
    RIVAL,
    RIVAL_LOT,
    SHOP,
    entries,
    story,
)

from suyuan.trace.register.book import enter_all
from suyuan.trace.store.capture import capture
from suyuan.trace.store.concerns import store_concerns, stored_events
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.query import events, parse_query
from suyuan.trace.store.record_tables import (
    AliasRow,
    ComplaintRow,
    ConcernedRow,
    ConcernRow,
    DeviceRow,
    EntryRow,
    LabelJobRow,
    LotDocumentRow,
    PassedRow,
)
from suyuan.trace.store.sight import (
    EVERYTHING,
    HOUSE,
    Competence,
    Purpose,
    Viewer,
    sees_case,
    visible_complaints,
    visible_devices,
    visible_documents,
    visible_entries,
    visible_events,
    visible_label_jobs,
    visible_objects,
    visible_statements,
)
from suyuan.trace.store.tables import EvidenceRow, ObjectRow, VocabularyRow

ZHEJIANG = Competence(frozenset(("processing",)), frozenset(("33",)))
VIEWERS = {
    "plant": Viewer("p", "company", PLANT.party),
    "station": Viewer("s", "station", PLANT.party),
    "rival": Viewer("r", "company", RIVAL.party),
    "competent": Viewer("c", "regulator", AUTHORITIES["competent"][0], ZHEJIANG),
    "whole": Viewer("w", "regulator", "", EVERYTHING),
    "unregistered": Viewer("u", "regulator", AUTHORITIES["other"][0]),
    "nobody": Viewer("n", "company", ""),
    "ghost": Viewer("g", "ghost", PLANT.party),
    "house": HOUSE,
}
Where = ColumnElement[bool]
EMPTY = ("unregistered", "nobody", "ghost")


@pytest.fixture
def told(engine: Engine) -> Engine:
    """The market's register and story."""
    with Writing(engine) as writing:
        for kind in ("party", "place", "product", "lot"):
            some = [entry for entry in entries() if entry.kind == kind]
            enter_all(writing, some, by=HOUSE, now=NOW, confirmed=True)
    for party, event in story():
        document = {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-11-20T08:00:00Z",
            "epcisBody": {"eventList": [event]},
        }  # fmt: skip
        assert capture(engine, orjson.dumps(document), "application/json", party=party, now=NOW).success
    return engine


def seen(
    engine: Engine,
    column: InstrumentedAttribute[str],
    where: Callable[[Viewer], ColumnElement[bool]],
    who: str,
) -> set[str]:
    with Reading(engine) as reading:
        return set(reading.connection.execute(select(column).where(where(VIEWERS[who]))).scalars())


def test_events(told: Engine) -> None:
    names = {event_id: name for name, event_id in EVENTS.items()}
    found = {
        who: {names[one] for one in seen(told, EvidenceRow.event_id, visible_events, who)} for who in VIEWERS
    }
    own = {"plant receives", "plant makes", "plant packs", "plant ships"}
    assert found["plant"] == found["station"] == own | {"A ships to plant", "B ships to plant"}
    assert found["rival"] == {"rival makes", "rival ships", "A ships to rival"}
    assert found["competent"] == found["plant"] | found["rival"]
    assert found["house"] == found["whole"] == set(EVENTS)
    assert all(found[who] == set() for who in EMPTY)


def test_pages_of_events_have_all_that_is_in_sight_once_and_in_order(told: Engine) -> None:
    for who, order, direction in product(VIEWERS, ("eventTime", "recordTime"), ("ASC", "DESC")):
        paged, right = in_pages(told, who, order, direction)
        assert paged == right, (who, order, direction)


def in_pages(told: Engine, who: str, order: str, direction: str) -> tuple[list[str | None], list[str | None]]:
    """The ids of all events of ``who``, page by page, and as they are picked out of all that there are."""
    query = parse_query([("orderBy", order), ("orderDirection", direction)])
    pages: list[str | None] = []
    token = None
    with Reading(told) as reading:
        while True:
            page = events(reading, query, viewer=VIEWERS[who], now=NOW, per_page=2, token=token)
            pages += [one.event.event_id for one in page.events]
            token = page.next_token
            if token is None:
                break
        everything = events(reading, query, viewer=HOUSE, now=NOW, per_page=100).events
    visible = seen(told, EvidenceRow.event_id, visible_events, who)
    return pages, [one.event.event_id for one in everything if one.event.event_id in visible]


def test_a_purpose_adds_just_what_it_names(told: Engine) -> None:
    with Reading(told) as reading:
        key = reading.connection.execute(
            select(EvidenceRow.key).where(EvidenceRow.event_id == EVENTS["shop sells"])
        ).scalar_one()
    before = seen(told, EvidenceRow.key, visible_events, "plant")
    after = seen(told, EvidenceRow.key, lambda v: visible_events(v, Purpose(frozenset((key,)))), "plant")
    assert after - before == {key}


def test_entries_and_statements(told: Engine) -> None:
    found = {who: seen(told, EntryRow.key, visible_entries, who) for who in VIEWERS}
    partners = {FARM_A.party, FARM_A.product, SHOP.party, SHOP.place}
    assert {PLANT.party, PLANT.place, PLANT.product, LOT} | partners <= found["plant"]
    assert found["plant"].isdisjoint({RIVAL.party, RIVAL.place, RIVAL.product, RIVAL_LOT, FARM_A.place})
    assert {PLANT.place, RIVAL.place, LOT, RIVAL_LOT} <= found["competent"]
    assert found["competent"].isdisjoint({SHOP.place, SHOP.party, FARM_A.place})
    assert all(found[who] == set() for who in EMPTY)
    statements = {who: seen(told, VocabularyRow.key, visible_statements, who) for who in VIEWERS}
    assert statements["plant"] & statements["rival"] == {
        FARM_A.party,
        FARM_A.product,
    }  # their common supplier
    assert all(statements[who] == set() for who in EMPTY)


def test_objects(told: Engine) -> None:
    found = seen(told, ObjectRow.key, visible_objects, "rival")
    assert RIVAL_LOT in found
    assert not [key for key in found if key.startswith(PLANT.product)]
    assert all(seen(told, ObjectRow.key, visible_objects, who) == set() for who in EMPTY)


def test_a_place_without_approval_and_an_alias(told: Engine) -> None:
    """A claim opens nothing before the operator approves it; a second name of the party is the party."""
    other = "https://id.gs1.org/417/9521234888881"
    with Writing(told) as writing:
        claimed = {"key": "https://id.gs1.org/414/9521234999991", "kind": "place", "owner": RIVAL.party,
                   "state": "pending", "created": NOW, "created_by": "x", "note": "", "code": "",
                   "search": "", "party": RIVAL.party, "place": "", "stage": "retail",
                   "district": "110101"}  # fmt: skip
        writing.connection.execute(insert(EntryRow), claimed)
        writing.connection.execute(
            insert(AliasRow),
            {
                "alias": "https://id.gs1.org/417/9521234888881",
                "key": PLANT.party,
                "created": NOW,
                "created_by": "x",
            },
        )
    before = seen(told, EvidenceRow.key, visible_events, "rival")
    other_name = Viewer("a", "company", other)
    with Reading(told) as reading:
        found = set(
            reading.connection.execute(select(EvidenceRow.key).where(visible_events(other_name))).scalars()
        )
    assert found == seen(told, EvidenceRow.key, visible_events, "plant")
    assert seen(told, EvidenceRow.key, visible_events, "rival") == before


def test_the_gln_of_a_place_told_as_a_partys_means_whoever_runs_the_place(told: Engine) -> None:
    typed = PLANT.place.replace("/414/", "/417/")
    event = {
        "type": "ObjectEvent", "eventTime": "2026-11-19T08:00:00Z", "eventTimeZoneOffset": "+08:00",
        "eventID": "urn:uuid:0e6e4f2a-5c8f-4a66-9b63-3f0f3a1f9d01", "action": "OBSERVE",
        "bizStep": "shipping", "epcList": ["https://id.gs1.org/00/095212340000009993"],
        "destinationList": [{"type": "possessing_party", "destination": typed}],
    }  # fmt: skip
    document = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-11-20T08:00:00Z",
        "epcisBody": {"eventList": [event]},
    }  # fmt: skip
    farm = FARM_A.party
    assert capture(told, orjson.dumps(document), "application/json", party=farm, now=NOW).success
    may = {
        who for who in VIEWERS if event["eventID"] in seen(told, EvidenceRow.event_id, visible_events, who)
    }
    assert may == {"plant", "station", "competent", "whole", "house"}
    with Writing(told) as writing:
        taken = {"key": typed, "kind": "party", "owner": RIVAL.party, "state": "approved", "created": NOW,
                 "created_by": "x", "note": "", "code": "", "search": "", "party": RIVAL.party, "place": "",
                 "stage": "", "district": "110101"}  # fmt: skip
        writing.connection.execute(insert(EntryRow), taken)
    may = {
        who for who in VIEWERS if event["eventID"] in seen(told, EvidenceRow.event_id, visible_events, who)
    }
    assert may == {"whole", "house"}  # a GLN that a party has is that party's


def test_documents_devices_labels_complaints(told: Engine) -> None:
    with Writing(told) as writing:
        for n, (company, lot) in enumerate(((PLANT, LOT), (RIVAL, RIVAL_LOT))):
            name = company.name
            writing.connection.execute(insert(LotDocumentRow), {
                "id": name, "lot": lot, "owner": company.party, "kind": "inspection", "number": "1",
                "issuer": "", "issued": "", "expires": "", "attachment": None, "created": NOW,
                "created_by": "x", "withdrawn": None})  # fmt: skip
            writing.connection.execute(insert(LabelJobRow), {
                "id": name, "owner": company.party, "subject": lot, "carrier": "sheet", "count": 1,
                "content": {}, "created": NOW, "created_by": "x"})  # fmt: skip
            writing.connection.execute(text(
                "INSERT INTO complaint"
                " (number, channel, received, received_by, object, content, state, case_number)"
                " VALUES (:number, 'shopper', 0, '', :object, :content, 'new', '')"),
                {"number": name, "object": lot if n else "https://id.gs1.org/01/09521234003007/21/S1",
                 "content": b"{}"})  # fmt: skip
    for column, where in (
        (LotDocumentRow.id, visible_documents), (LabelJobRow.id, visible_label_jobs),
    ):  # fmt: skip
        assert seen(told, column, where, "plant") == {PLANT.name}
        assert seen(told, column, where, "rival") == {RIVAL.name}
        assert seen(told, column, where, "house") == {PLANT.name, RIVAL.name}
        assert all(seen(told, column, where, who) == set() for who in EMPTY)
    assert seen(told, LotDocumentRow.id, visible_documents, "competent") == {PLANT.name, RIVAL.name}
    assert seen(told, LabelJobRow.id, visible_label_jobs, "competent") == set()
    assert seen(told, ComplaintRow.number, visible_complaints, "plant") == set()
    assert seen(told, ComplaintRow.number, visible_complaints, "competent") == {PLANT.name, RIVAL.name}
    assert seen(told, DeviceRow.id, visible_devices, "plant") == set()
    shop = Viewer("x", "company", SHOP.party)
    with Reading(told) as reading:
        given = reading.connection.execute(select(LotDocumentRow.id).where(visible_documents(shop))).scalars()
        assert set(given) == {PLANT.name}


@pytest.mark.parametrize(
    ("who", "theirs", "touched"),
    [
        ("plant", True, False),
        ("rival", False, False),
        ("competent", False, True),
        ("unregistered", False, False),
        ("nobody", False, False),
        ("house", True, True),
    ],
)
def test_cases(who: str, *, theirs: bool, touched: bool) -> None:
    assert sees_case(VIEWERS[who], [PLANT.party], touches_competence=False) == theirs
    if who not in ("plant", "house"):
        assert sees_case(VIEWERS[who], [PLANT.party], touches_competence=True) == touched


def test_concerns_can_be_made_anew(told: Engine) -> None:
    before = _derived(told)
    assert before
    with Writing(told) as writing:
        for table in (ConcernRow, PassedRow, ConcernedRow):
            writing.connection.execute(delete(table))
        store_concerns(writing.connection, stored_events(writing.connection, 0))
    assert _derived(told) == before


def _derived(engine: Engine) -> set[tuple[str, ...]]:
    with Reading(engine) as reading:
        names = dict(reading.connection.execute(select(ConcernedRow.id, ConcernedRow.key)).all())
        concerns = reading.connection.execute(select(ConcernRow.concerned_id, ConcernRow.sequence)).all()
        passed = reading.connection.execute(
            select(PassedRow.concerned_id, PassedRow.by_id, PassedRow.key)
        ).all()
    return {(names[who], str(sequence)) for who, sequence in concerns} | {
        (names[who], names[by], key) for who, by, key in passed
    }
