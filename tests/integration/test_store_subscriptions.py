"""Named queries and subscriptions in the store, on both databases: what is due, and how far it was sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from sqlalchemy import Engine, func, select
from tests.integration.test_named_queries import FARM, document
from tests.integration.test_plans import heard

from suyuan.trace.epcis.schedule import SubscriptionControlsWrong, parse_schedule
from suyuan.trace.errors import NotFound
from suyuan.trace.store import subscriptions as store_of_subscriptions
from suyuan.trace.store.capture import capture
from suyuan.trace.store.concerns import party_key
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.named_queries import (
    MOST_QUERIES,
    NamedQuery,
    QueryExists,
    QueryUnfit,
    create_query,
    delete_query,
    named_queries,
    named_query,
)
from suyuan.trace.store.query import parse_query
from suyuan.trace.store.sight import HOUSE, Viewer
from suyuan.trace.store.subscriptions import (
    MOST_SUBSCRIPTIONS,
    Due,
    Subscription,
    active_subscriptions,
    create_subscription,
    delete_subscription,
    due_events,
    due_from,
    note_batch,
    note_delivered,
    note_failing,
    note_run,
    still_due_since,
    subscription,
    subscriptions,
    suspend,
)
from suyuan.trace.store.tables import EvidenceRow

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PARTY = party_key(FARM)
OBSERVED = NamedQuery(PARTY, "q", {"EQ_action": ["OBSERVE"]}, NOW, "farm")


def made(key: str, due: Due) -> Subscription:
    return Subscription(
        id=key,
        party=PARTY,
        query_name="q",
        account="farm",
        dest="https://receiver.example/",
        signature_token=None,
        schedule=parse_schedule({"minute": "[0-10]", "hour": 3}),
        report_if_empty=True,
        epc_format="Never_Translates",
        initial_record_time=due.since,
        created=NOW,
        newest_then=due.newest_then,
        delivered=due.delivered,
        min_record_time=due.since,
    )


def store(engine: Engine, now: datetime, *steps: str) -> None:
    job = capture(engine, document(*steps), "application/json", party=FARM, now=now, behaviour="rollback")
    assert job.captured == len(steps)


def test_what_is_due_comes_in_the_order_of_capture_and_once(engine: Engine) -> None:
    store(engine, NOW, "shipping", "receiving")
    store(engine, NOW + 2 * HOUR, "storing")
    with Reading(engine) as reading:
        from_now = due_from(reading, None, NOW + 2 * HOUR)
        since = due_from(reading, NOW + HOUR, NOW + 2 * HOUR)
        ahead = due_from(reading, NOW + 9 * HOUR, NOW + 2 * HOUR)
    store(engine, NOW - HOUR, "holding", "packing", "loading")  # the clock was set back
    store(engine, NOW + 9 * HOUR, "sampling")

    def found(due: Due, most: int = 100, viewer: Viewer = HOUSE) -> tuple[list[str], int]:
        with Reading(engine) as reading:
            query = parse_query({"EQ_bizStep": ["storing", "holding", "loading", "sampling"]})
            events, through = due_events(reading, query, due, most, viewer=viewer)
        return [str(one.event.body["bizStep"]) for one in events], through

    late = ["holding", "loading", "sampling"]
    assert found(from_now) == (late, 7)
    assert found(since) == (["storing", *late], 7)
    assert found(ahead) == (["sampling"], 7)
    assert found(since, most=2) == (["storing", "holding"], 4)
    assert found(replace(since, delivered=4), most=2) == (["loading", "sampling"], 7)
    assert found(replace(since, delivered=7)) == ([], 7)
    assert found(since, viewer=Viewer("shop", "company", "urn:epc:id:pgln:9521234.00002")) == ([], 7)
    assert found(since, viewer=Viewer("farm", "company", FARM)) == (["storing", *late], 7)


ASKED = (
    ("EQ_bizStep", "receiving"),
    ("EQ_bizLocation", "urn:epc:id:sgln:9506000.00001.0"),
    ("GE_eventTime", "2026-11-20T00:00:00Z"),
    ("EQ_eventID", "urn:example:1"),
    ("MATCH_anyEPC", "urn:epc:idpat:sgtin:9521234.*.*"),
    ("MATCH_epc", "urn:epc:id:sgtin:9506000.013435.1"),
    ("EXISTS_ILMD_http://ns.example.com/x#mark", ""),
    ("GE_http://ns.example.com/x#weight", "2"),
    ("EQ_bizTransaction_po", "urn:example:1"),
)


def test_what_is_new_is_one_range_of_the_evidence(engine: Engine) -> None:
    """However many events met the query before; and far behind, the same is found another way."""
    store(engine, NOW, "shipping", "receiving")
    store(engine, NOW + HOUR, "storing", "receiving")
    due = Due(1, NOW, 3)
    counts: list[int] = []
    for asked in ASKED:
        query = parse_query([asked, ("EQ_action", "OBSERVE")])
        with heard(engine) as sent, Reading(engine) as reading:
            found = due_events(reading, query, due, 100, viewer=HOUSE)
        counts.append(len(found[0]))
        with patch.object(store_of_subscriptions, "NEAR", 0), Reading(engine) as reading:
            assert due_events(reading, query, due, 100, viewer=HOUSE) == found
        if engine.dialect.name == "sqlite":
            ((statement, parameters),) = [one for one in sent if "coalesce(length" in one[0]]
            with Reading(engine) as reading:
                plan = reading.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            assert str(plan[0][3]) == "SEARCH evidence USING INTEGER PRIMARY KEY (rowid>?)", asked
            assert not [row for row in plan if "LIST SUBQUERY" in str(row[3])], asked
    assert counts == [2, 0, 3, 0, 3, 0, 0, 0, 0]


def test_how_far_it_was_sent_is_kept(engine: Engine) -> None:
    with Writing(engine) as writing:
        create_query(writing, OBSERVED)
        first = made("a", due_from(writing, None, NOW))
        create_subscription(writing, first)
        create_subscription(writing, replace(first, id="b", schedule=None, signature_token="密"))
        with pytest.raises(QueryExists):
            create_query(writing, OBSERVED)
    with Reading(engine) as reading:
        assert subscription(reading, PARTY, "q", "a") == first
        assert [one.id for one in subscriptions(reading, PARTY, "q", after="a", limit=9)] == ["b"]
        assert subscription(reading, PARTY, "q", "b").signature_token == "密"
        for party, name, key in (("other", "q", "a"), (PARTY, "r", "a"), (PARTY, "q", "\0")):
            with pytest.raises(NotFound):
                subscription(reading, party, name, key)
    with Writing(engine) as writing:
        failing = note_failing(writing, first, "no answer", NOW + HOUR)
        again = note_failing(writing, failing, "still none", NOW + 2 * HOUR)
        assert (again.failing_since, again.reason) == (NOW + HOUR, "still none")
        part = note_delivered(writing, again, 5, NOW + 3 * HOUR, ends_run=False)
        assert (part.min_record_time, part.failing_since, part.reason) == (NOW, None, "")
        whole = note_delivered(writing, part, 6, NOW + 3 * HOUR, ends_run=True)
        smaller = note_batch(writing, note_run(writing, whole, 7, NOW + 4 * HOUR), 3)
    with Reading(engine) as reading:
        assert subscription(reading, PARTY, "q", "a") == smaller
        assert (smaller.delivered, smaller.batch) == (7, 3)
        assert (smaller.min_record_time, smaller.last_notified) == (NOW + 4 * HOUR, NOW + 3 * HOUR)
    with Writing(engine) as writing:
        suspend(writing, smaller, "gone", NOW)
        assert [one.id for one in active_subscriptions(writing)] == ["b"]
        delete_query(writing, PARTY, "q")
        assert list(active_subscriptions(writing)) == []
        with pytest.raises(NotFound):
            named_query(writing, PARTY, "q")


def test_a_party_has_limits_that_do_not_touch_others(engine: Engine) -> None:
    with Writing(engine) as writing:
        for number in range(MOST_QUERIES):
            create_query(writing, replace(OBSERVED, name=f"q{number:03}"))
        with pytest.raises(QueryUnfit):
            create_query(writing, OBSERVED)
        create_query(writing, replace(OBSERVED, party="other"))
        assert len(named_queries(writing, PARTY, after="q097", limit=9)) == 2
        first = replace(made("", due_from(writing, None, NOW)), query_name="q000")
        for number in range(MOST_SUBSCRIPTIONS):
            create_subscription(writing, replace(first, id=f"s{number}"))
        with pytest.raises(SubscriptionControlsWrong):
            create_subscription(writing, replace(first, id="more"))
        delete_subscription(writing, PARTY, "q000", "s0")
        create_subscription(writing, replace(first, id="more"))


def test_a_message_holds_so_many_bytes_and_one_event_at_least(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(engine, NOW, "shipping", "receiving", "storing")
    query, due = parse_query({}), Due(0, NOW, 3)

    def numbers(most_bytes: int, due: Due, most: int = 9) -> tuple[list[int], int]:
        monkeypatch.setattr(store_of_subscriptions, "LARGEST_MESSAGE", most_bytes)
        with Reading(engine) as reading:
            events, through = due_events(reading, query, due, most, viewer=HOUSE)
        return [one.sequence for one in events], through

    with Reading(engine) as reading:
        sizes = reading.connection.execute(select(func.length(EvidenceRow.body))).scalars().all()
    two = sum(sizes) - 1
    assert numbers(two, due) == ([1, 2], 2)
    assert numbers(two, replace(due, delivered=2)) == ([3], 3)
    assert numbers(1, due) == ([1], 1)
    assert numbers(1, replace(due, delivered=3)) == ([], 3)
    assert numbers(1 << 20, due, most=2) == ([1, 2], 2)


def test_who_subscribes_anew_misses_nothing_that_was_being_stored(engine: Engine) -> None:
    store(engine, NOW, "shipping")
    with Writing(engine) as writing:
        create_query(writing, OBSERVED)
        known = made("a", due_from(writing, NOW - HOUR, NOW))
        create_subscription(writing, known)
        assert still_due_since(writing, known) == NOW - HOUR
    store(engine, NOW + HOUR, "receiving")  # as the message with the first is on its way
    with Writing(engine) as writing:
        known = note_delivered(writing, known, 1, NOW + 2 * HOUR, ends_run=True)
        assert still_due_since(writing, known) <= NOW + HOUR
        again = due_from(writing, still_due_since(writing, known), NOW + 3 * HOUR)
        events, _ = due_events(writing, parse_query({}), again, 9, viewer=HOUSE)
        assert "receiving" in [one.event.body["bizStep"] for one in events]
        later = replace(known, initial_record_time=NOW + 9 * HOUR)
        assert still_due_since(writing, later) == NOW + 9 * HOUR


def test_since_when_it_fails_never_lies_ahead(engine: Engine) -> None:
    with Writing(engine) as writing:
        create_query(writing, OBSERVED)
        failing = replace(made("a", due_from(writing, None, NOW)), failing_since=NOW + HOUR)
        create_subscription(writing, failing)
        assert note_failing(writing, failing, "no", NOW).failing_since == NOW
