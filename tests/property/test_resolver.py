"""Laws of the resolver: every link can be reached by what a linkset says of it, and the linkset is valid."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.trace.resolver import (
    Anchor,
    Link,
    Preference,
    Role,
    Wish,
    checked_link,
    links_for,
    linkset,
    preferences,
)
from suyuan.trace.resolver.link_types import GIVEN

TYPES = sorted(GIVEN)
LINKS = st.builds(
    Link,
    st.sampled_from(TYPES[:3]),
    st.integers(0, 9).map("https://brand.example/{}".format),
    st.just("Page"),
    st.sampled_from([(), ("zh",), ("en",), ("zh-TW",), ("fr",)]),
    st.sampled_from(["", "text/html", "application/pdf", "application/json"]),
    st.sampled_from([(), ("CN",), ("LK",)]),
    role=st.sampled_from([Role.NONE, Role.CHOICE]),
)


def wish_of(link: Link) -> Wish:
    """What a client asks who read the linkset."""
    return Wish(
        link.link_type,
        tuple(Preference(tag.lower(), 1.0) for tag in link.hreflang),
        preferences(link.type) if link.type else (),
        link.context,
    )


def attributes(link: Link) -> tuple[object, ...]:
    return link.link_type, link.hreflang, link.type, link.context


@given(st.lists(LINKS, min_size=1, max_size=12))
def test_every_link_of_a_linkset_is_reached_by_its_attributes(links: list[Link]) -> None:
    for link in links:
        found = links_for(wish_of(link), [links])
        alike = [other for other in links if attributes(other) == attributes(link)]
        assert list(found) == alike


@given(st.lists(LINKS, max_size=12), st.text(max_size=40), st.text(max_size=40))
def test_who_asks_for_nothing_gets_one_default_whatever_the_headers(
    links: list[Link], accept: str, language: str
) -> None:
    default = Link(TYPES[0], "https://brand.example/default", "Page", role=Role.DEFAULT)
    found = links_for(Wish("", preferences(language), preferences(accept)), [[*links, default]])
    assert len(found) == 1


@given(
    st.lists(LINKS, max_size=12),
    st.sampled_from(["", "*/*", "text/*, */*;q=0.1", "image/png, */*;q=0.5", "*/*;q=0, application/*"]),
    st.sampled_from(["", "*", "de, *;q=0.5", "*;q=0"]),
)
def test_who_takes_anything_gets_the_default_itself(links: list[Link], accept: str, language: str) -> None:
    default = Link(TYPES[0], "https://brand.example/default", "Page", role=Role.DEFAULT)
    wish = Wish("", preferences(language), preferences(accept))
    assert links_for(wish, [[*links, default]]) == [default]


@given(LINKS)
def test_one_choice_alone_never_answers_for_the_default(link: Link) -> None:
    default = Link(TYPES[0], "https://brand.example/default", "Page", role=Role.DEFAULT)
    wish = replace(wish_of(link), link_type="")
    assert links_for(wish, [[replace(link, role=Role.CHOICE), default]]) == [default]


@pytest.fixture(scope="module")
def schema(shared: Path) -> jsonschema_rs.Draft7Validator:
    """GS1's schema of linksets."""
    told: Any = json.loads((shared / "gs1/gs1_linkset/gs1-linkset-schema.json").read_text("utf-8"))
    return jsonschema_rs.Draft7Validator(told)


@given(links=st.lists(LINKS, min_size=1, max_size=12), description=st.text(max_size=30))
def test_every_linkset_keeps_the_schema_of_gs1(
    schema: jsonschema_rs.Draft7Validator, links: list[Link], description: str
) -> None:
    anchor = Anchor("https://id.gs1.org/01/09506000134352", description, [*map(checked_link, links)])
    schema.validate(linkset([anchor]))
