"""Whose word counts of goods."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from suyuan.trace.epcis.build import event_from_body
from suyuan.trace.epcis.event import Event
from suyuan.trace.lineage import Basis, Visit
from suyuan.trace.recall.custody import (
    Custody,
    custody,
    first_told,
    key_of,
    maker_of,
    shared_prefix,
    told_apart,
)

BEGIN = datetime(2026, 11, 20, tzinfo=UTC)
ITEM = "https://id.gs1.org/01/09521234000013/21/7"
PARTIES = {
    name: f"https://id.gs1.org/417/{gln}"
    for name, gln in {
        "maker": "9521234000013",
        "depot": "9521234000020",
        "shop": "9521234000037",
        "rival": "9521234000044",
        "other": "9521234000051",
    }.items()
}
NAMES = {key: name for name, key in PARTIES.items()}
STORE = "https://id.gs1.org/414/9521234000037"


class Way:
    """Checkpoints as they are told, one an hour."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self.events: dict[str, Event] = {}

    def tell(self, who: str, step: str, *, to: str = "", by: str = "", place: str = "", at: str = "") -> None:
        number = str(len(self.visits))
        time = BEGIN + timedelta(hours=len(self.visits))
        ends: dict[str, list[Any]] = {"sourceList": [], "destinationList": []}
        if to:
            ends["destinationList"].append({"type": "possessing_party", "destination": PARTIES[to]})
        if by:
            ends["sourceList"].append({"type": "owning_party", "source": PARTIES[by]})
        if place:
            ends["destinationList"].append({"type": "location", "destination": place})
        body = {
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "eventTime": time.isoformat(),
            "eventTimeZoneOffset": "+08:00",
            "epcList": [ITEM],
            "bizStep": step,
            **ends,
        }
        self.events[number] = event_from_body(body, ())
        self.visits.append(Visit(time, step, None, at or None, PARTIES[who], Basis.READ, number))

    def of(self, **more: Any) -> tuple[set[str], set[str]]:
        found = custody(self.visits, self.events, [PARTIES["maker"]], **more)
        return {NAMES[one] for one in found.holders}, {NAMES[one] for one in found.takers}


def test_goods_are_given_on_by_who_has_them() -> None:
    way = Way()
    way.tell("maker", "shipping", to="depot")
    way.tell("depot", "shipping", to="shop")
    way.tell("rival", "shipping", to="other")
    assert way.of() == ({"maker", "depot", "shop"}, set())


def test_who_got_goods_says_by_whom() -> None:
    way = Way()
    way.tell("maker", "shipping", to="shop")
    way.tell("shop", "receiving", by="depot")
    way.tell("rival", "receiving", by="maker")
    assert way.of() == ({"maker", "shop", "depot"}, set())


def test_after_a_sending_to_nobody_whoever_takes_goods_over_is_heard() -> None:
    way = Way()
    way.tell("rival", "receiving")
    way.tell("maker", "shipping")
    way.tell("depot", "receiving")
    way.tell("other", "retail_selling")
    way.tell("depot", "shipping", to="shop")
    assert way.of() == ({"maker"}, {"depot", "shop"})


def test_takers_may_send_to_nobody_too() -> None:
    way = Way()
    way.tell("maker", "departing")
    way.tell("depot", "arriving")
    way.tell("depot", "departing")
    way.tell("shop", "accepting")
    assert way.of() == ({"maker"}, {"depot", "shop"})


@pytest.mark.parametrize("known", [True, False])
def test_a_place_is_whose_the_register_says_else_whoever_is_there_is_heard(known: bool) -> None:
    way = Way()
    way.tell("maker", "shipping", place=STORE)
    way.tell("shop", "stocking", at=f"{STORE}/254/2")
    way.tell("rival", "receiving", at=PARTIES["rival"])
    of = {STORE: PARTIES["shop"]} if known else {}
    assert way.of(owner_of=of.get) == (({"maker", "shop"}, set()) if known else ({"maker"}, {"shop"}))


def test_spellings_of_a_party_are_one() -> None:
    way = Way()
    way.tell("maker", "shipping", to="shop")
    way.tell("other", "retail_selling")
    names = {PARTIES["other"]: PARTIES["shop"]}
    found = custody(way.visits, way.events, [PARTIES["maker"]], first_name=lambda key: names.get(key, key))
    told = told_apart(way.visits, found, lambda key: names.get(key, key))
    assert (len(told.heard), len(told.certain), told.strange, told.uncertain) == (2, 2, (), ())


def test_who_said_so_first_made_it_unless_another_answers_for_it() -> None:
    way = Way()
    way.tell("rival", "commissioning")
    way.tell("maker", "commissioning")
    elsewhere = "https://id.gs1.org/01/09529999000017/21/7"
    assert maker_of(elsewhere, way.visits, way.events) == way.visits[0]
    assert maker_of(elsewhere, way.visits, way.events, {PARTIES["maker"]}) == way.visits[1]
    assert maker_of(elsewhere, (), {}) is None


def test_whose_number_it_is_made_it_however_early_another_says_so() -> None:
    way = Way()
    way.tell("rival", "commissioning")
    way.tell("maker", "commissioning")
    assert maker_of(ITEM, way.visits, way.events) == way.visits[1], "more digits of its GLN are in the number"
    assert first_told(ITEM, way.visits, way.events) == way.visits[1]


@pytest.mark.parametrize(
    ("party", "key", "shared"),
    [
        ("417/9521234000013", "01/09521234000013/21/7", 13),
        ("414/9521234000013/254/1", "01/99521234000016/10/L", 12),
        ("417/9521234500018", "00/395212349000000017", 7),
        ("417/9521235000012", "00/395212349000000017", 0),
        ("417/9521234500018", "8004/9521234500018", 0),
        ("417/6901234000016", "01/06901234567892/21/7", 7),
        ("417/6911234000015", "01/06911235000014/21/7", 0),
        ("417/6921234600016", "01/06921234500019/21/7", 0),
        ("417/6921234500026", "01/06921234599990/21/7", 8),
        ("417/6961234600005", "00/069612345000000008", 0),
        ("417/6971234510006", "01/06971234500007/21/7", 0),
        ("417/6971234509994", "01/06971234500014/21/7", 9),
        ("417/6981234567894", "01/06981234567016/21/7", 0),
        ("417/4006381333931", "01/04006381333801/21/7", 0),
        ("417/4006381333931", "01/04006381333931/21/7", 13),
    ],
)
def test_a_number_begins_like_the_gln_of_whoever_it_belongs_to(party: str, key: str, shared: int) -> None:
    assert shared_prefix(f"https://id.gs1.org/{party}", f"https://id.gs1.org/{key}") == shared
    assert shared_prefix("acme", f"https://id.gs1.org/{key}") == 0


def test_what_is_no_identifier_names_a_party_too() -> None:
    assert key_of("acme") == "acme"
    late = BEGIN + timedelta(hours=1)
    joined = Custody(frozenset("a"), {"c": late}).joined(Custody(frozenset("b"), {"c": BEGIN}))
    assert joined == Custody(frozenset("ab"), {"c": BEGIN})
