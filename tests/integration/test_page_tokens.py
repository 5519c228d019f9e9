"""Page tokens that somebody made up: every list answers them with a page or a sentence, on both databases."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from starlette.requests import Request
from tests.integration.test_named_queries import FARM, document

from suyuan.api.epcis.list_pages import place_in
from suyuan.trace.store import page_tokens
from suyuan.trace.store.capture import capture
from suyuan.trace.store.columns import microseconds
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.jobs import capture_jobs
from suyuan.trace.store.named_queries import named_queries
from suyuan.trace.store.parameters import QueryParameterWrong, parse_query
from suyuan.trace.store.query import events
from suyuan.trace.store.resources import ValuesInSight, epcs
from suyuan.trace.store.sight import HOUSE, Viewer
from suyuan.trace.store.subscriptions import subscriptions

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
LATER = microseconds(NOW + timedelta(hours=1))
COMPANY = Viewer("ann", "company", FARM)
BY_RECORD = parse_query([])
BY_EVENT = parse_query([("orderBy", "eventTime")])
BY_FIELD = parse_query([("orderBy", "https://farm.example/ns#weight")])

Ask = Callable[[Reading, str], object]


def in_list(token: str, of: str) -> str:
    query = b"nextPageToken=" + token.encode()
    return place_in(Request({"type": "http", "query_string": query, "headers": []}), of, NOW)


LISTS: Mapping[str, Ask] = {
    BY_RECORD.digest: lambda r, t: events(r, BY_RECORD, viewer=HOUSE, now=NOW, token=t),
    BY_EVENT.digest: lambda r, t: events(r, BY_EVENT, viewer=COMPANY, now=NOW, token=t),
    BY_FIELD.digest: lambda r, t: events(r, BY_FIELD, viewer=COMPANY, now=NOW, token=t),
    "capture jobs": lambda r, t: capture_jobs(r, party=FARM, now=NOW, token=t),
    "bizSteps": lambda r, t: ValuesInSight().page(r, "bizSteps", HOUSE, now=NOW, per_page=3, token=t),
    "all epcs": lambda r, t: epcs(r, HOUSE, now=NOW, per_page=3, token=t),
    "epcs": lambda r, t: epcs(r, COMPANY, now=NOW, per_page=3, token=t),
    "queries": lambda r, t: named_queries(r, FARM, after=in_list(t, "queries"), limit=3),
    "subscriptions to q": lambda r, t: subscriptions(
        r, FARM, "q", after=in_list(t, "subscriptions to q"), limit=3
    ),
}

WHOLE = st.integers(-(2**64), 2**64) | st.sampled_from([0, -1, 2**31, 2**53, 2**63 - 1, -(2**63), 2**63])
STRANGE: Sequence[Any] = ("\0", "a\0", None, True, 1.5, [], {})
PARTS: st.SearchStrategy[Any] = st.one_of(WHOLE, st.text(max_size=4), st.sampled_from(STRANGE))


def written(*parts: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


@given(place=st.lists(PARTS, max_size=4), time=WHOLE | st.just(LATER), number=WHOLE, text=st.text(max_size=4))
@example(place=["\0"], time=LATER, number=0, text="\0")
@example(place=[], time=LATER, number=2**63 - 1, text="\U0010ffff")
@example(place=[], time=LATER, number=-(2**63) + 1, text="x")
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_token_that_was_made_up_gets_a_page_or_a_sentence(
    stocked: Engine, place: Sequence[Any], time: int, number: int, text: str
) -> None:
    with Reading(stocked) as reading:
        for name, ask in LISTS.items():
            for parts in (place, [number, number, number], [number], [text], [number, text]):
                with suppress(QueryParameterWrong):
                    try:
                        token = written(name, *parts, time)
                    except TypeError:  # JSON has no such number
                        continue
                    ask(reading, token)


@pytest.fixture
def stocked(engine: Engine) -> Engine:
    capture(engine, document("shipping"), "application/json", party=FARM, now=NOW)
    return engine


def test_a_token_leads_on_in_its_own_list_until_its_time_is_over() -> None:
    token, expires = page_tokens.leading_on("queries", ("a", 7), NOW)
    assert expires == NOW + page_tokens.LIFETIME == page_tokens.expiry_of(token)
    assert page_tokens.place_in(token, "queries", (str, int), NOW) == ("a", 7)
    for of, kinds, now in (
        ("jobs", (str, int), NOW),
        ("queries", (int, str), NOW),
        ("queries", (str,), NOW),
        ("queries", (str, int), expires),
    ):
        with pytest.raises(QueryParameterWrong):
            page_tokens.place_in(token, of, kinds, now)
    for strange in ("", "x", "=", "é", "!" * 5000, written(), written("q", "\0", LATER), written({}, LATER)):
        with pytest.raises(QueryParameterWrong):
            page_tokens.expiry_of(strange)
