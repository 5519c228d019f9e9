"""Links of codes in the store: replaced as a whole, what was in force before stays known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from suyuan.trace.errors import InvalidInput
from suyuan.trace.resolver import Link, Role, link_type
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.links import MOST_LINKS, MOST_OF_BEFORE, OPERATOR, kept_links, links_of, replace_links

PRODUCT = "https://id.gs1.org/01/09506000134352"
LOT = f"{PRODUCT}/10/L7"
MAKER = "https://id.gs1.org/417/9521234000013"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PAGE = Link(link_type("gs1:pip"), "https://b.example/", "产品", ("zh", "en"), "text/html", role=Role.DEFAULT)
PAPER = Link(link_type("gs1:certificationInfo"), "https://b.example/c", "Paper", context=("CN",), fwqs=False)


def replaced(
    engine: Engine, links: list[Link], hours: int = 0, key: str = PRODUCT, owner: str = OPERATOR
) -> None:
    with Writing(engine) as writing:
        now = NOON + timedelta(hours=hours)
        replace_links(writing, key, links, owner=owner, by=f"clerk {hours}", now=now)


def test_links_are_read_as_they_were_given(engine: Engine) -> None:
    replaced(engine, [PAPER, PAGE])
    replaced(engine, [replace(PAPER, title="Of the lot")], key=LOT)
    with Reading(engine) as reading:
        assert links_of(reading, dict.fromkeys([LOT, PRODUCT, f"{PRODUCT}/21/unknown"], PRODUCT)) == {
            PRODUCT: [PAPER, PAGE],
            LOT: [replace(PAPER, title="Of the lot")],
        }


def test_what_stays_is_the_same_row_and_what_goes_is_ended(engine: Engine) -> None:
    replaced(engine, [PAPER, PAGE])
    other = replace(PAGE, href="https://b.example/new")
    replaced(engine, [other, PAPER], hours=1)
    with Reading(engine) as reading:
        assert [(kept.link, kept.created_by) for kept in kept_links(reading, PRODUCT)] == [
            (other, "clerk 1"),
            (PAPER, "clerk 0"),
        ]
        before = kept_links(reading, PRODUCT, with_ended=True)[2]
    assert (before.link, before.owner, before.created, before.ended, before.ended_by) == (
        PAGE,
        OPERATOR,
        NOON,
        NOON + timedelta(hours=1),
        "clerk 1",
    )


def test_links_can_all_be_taken_away_and_come_back(engine: Engine) -> None:
    for hours, links in enumerate(([PAGE], [], [PAGE])):
        replaced(engine, links, hours)
        with Reading(engine) as reading:
            assert links_of(reading, {PRODUCT: PRODUCT}).get(PRODUCT, []) == links


def test_links_of_who_does_not_answer_for_the_product_do_not_count(engine: Engine) -> None:
    replaced(engine, [PAGE], owner=MAKER)
    with Reading(engine) as reading:
        assert links_of(reading, {PRODUCT: PRODUCT}) == {}
    replaced(engine, [PAGE], hours=1)
    with Reading(engine) as reading:
        assert links_of(reading, {PRODUCT: ""}) == {PRODUCT: [PAGE]}
        assert [kept.owner for kept in kept_links(reading, PRODUCT, with_ended=True)] == [OPERATOR, MAKER]


def test_of_what_was_before_the_latest_are_told(engine: Engine) -> None:
    for hours in range(4):
        replaced(engine, [replace(PAPER, href=f"https://b.example/{hours}/{at}") for at in range(100)], hours)
    with Reading(engine) as reading:
        kept = kept_links(reading, PRODUCT, with_ended=True)
    before = [one for one in kept if one.ended is not None]
    assert len(before) == MOST_OF_BEFORE
    assert {one.ended_by for one in before} == {"clerk 3", "clerk 2"}


@pytest.mark.parametrize(
    ("links", "where"),
    [
        ([PAGE, replace(PAPER, role=Role.DEFAULT)], "links.1"),
        ([PAPER, PAGE, PAPER], "links.2"),
        ([replace(PAPER, href=f"https://b.example/{at}") for at in range(MOST_LINKS + 1)], "links"),
    ],
)
def test_what_cannot_be_leaves_all_as_it_was(engine: Engine, links: list[Link], where: str) -> None:
    replaced(engine, [PAPER])
    with pytest.raises(InvalidInput) as caught:
        replaced(engine, links, hours=1)
    assert caught.value.where == where
    with Reading(engine) as reading:
        assert links_of(reading, {PRODUCT: PRODUCT}) == {PRODUCT: [PAPER]}
