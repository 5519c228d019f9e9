"""One identity, several things: worked out by hand."""

from __future__ import annotations

import pytest
from tests.unit.trace.checks.ledgers import (
    FARM,
    LOT,
    MAKER,
    OTHER,
    PLANT,
    RIVAL,
    SHOP,
    Tale,
    case,
    hour,
    item,
    kg,
    numbers,
    untold,
    with_facts,
)

from suyuan.trace.checks import Finding, Point, Scan


@pytest.fixture
def tale() -> Tale:
    return Tale()


def identity(tale: Tale) -> list[Finding]:
    shipping = {"received-not-shipped", "receipt-unrecorded"}
    return [one for one in tale.found() if one.code not in shipping]


def test_nothing_is_in_two_cities_within_the_hour(tale: Tale) -> None:
    first = tale.make(0, PLANT, item(1))
    second = tale.see(1, SHOP, item(1))
    (found,) = identity(tale)
    assert (found.code, found.certainty, found.keys) == ("impossible-travel", "certain", (item(1),))
    assert (found.place, found.other_place, found.other_party) == (SHOP, PLANT, MAKER)
    assert 1_060 < numbers(found)["distance"] < 1_075
    assert numbers(found)["hours"] == 1
    assert found.evidence == (first, second)


@pytest.mark.parametrize(("hours", "certainty"), [(1.1, "certain"), (2.0, "possible"), (7.2, None)])
def test_by_air_by_road(tale: Tale, hours: float, certainty: str | None) -> None:
    tale.make(0, PLANT, item(1))
    tale.see(hours, SHOP, item(1))
    assert [one.certainty for one in identity(tale)] == ([] if certainty is None else [certainty])


def test_places_whose_coordinates_nobody_told_tell_nothing(tale: Tale) -> None:
    tale.make(0, PLANT, item(1))
    tale.see(0.01, SHOP, item(1))
    found = tale.checked(with_facts(points={}))
    assert found.findings == ()
    assert untold(found, "identity") == {"no-coordinates": 1}


def test_a_thing_is_where_its_container_is(tale: Tale) -> None:
    tale.make(0, PLANT, item(1))
    tale.pack(1, PLANT, case(1), item(1))
    tale.pack(2, PLANT, case(2), case(1))
    tale.send(3, PLANT, SHOP, case(2))
    tale.receive(20, SHOP, case(2))
    tale.see(20.5, PLANT, item(1))
    assert [one.code for one in identity(tale)] == ["impossible-travel"]


def test_what_left_its_container_stays_where_that_was(tale: Tale) -> None:
    tale.make(0, PLANT, item(1))
    tale.pack(1, PLANT, case(1), item(1))
    tale.send(3, PLANT, SHOP, case(1))
    tale.receive(20, SHOP, case(1))
    tale.tell(21, None, "AggregationEvent", action="DELETE", parent=case(1))
    tale.send(22, SHOP, PLANT, case(1))
    tale.receive(40, PLANT, case(1))
    tale.sell(40.1, SHOP, item(1))
    assert identity(tale) == []


def test_wrong_order_of_clocks_is_no_clone(tale: Tale) -> None:
    tale.make(0, PLANT, item(1))
    tale.receive(20, SHOP, item(1))
    tale.send(20.2, PLANT, SHOP, item(1))
    assert [one.code for one in identity(tale)] == ["received-before-shipped"]


def test_two_tags_bear_one_number(tale: Tale) -> None:
    tale.make(0, PLANT, item(1), tags=((item(1), "E280AA"),))
    tale.see(1, PLANT, item(1), tags=((item(1), "E280AA"),))
    assert identity(tale) == []
    tale.see(2, PLANT, item(1), tags=((item(1), "E280BB"),))
    (found,) = identity(tale)
    assert (found.code, found.keys, found.evidence) == ("two-tags", (item(1),), ("e1", "e3"))


@pytest.mark.parametrize(
    ("key", "first", "second"),
    [
        (item(1), "E2801190", "E280119020005F4A"),  # one reader reads more of it
        (item(1), "E280119020005F4A", "E2801190"),
        (item(1), "E2801190", "04A1B2C3D4E5F6"),  # one chip for gates, one for phones
        (case(1), "E2801190", "E2806894"),  # a label on two sides of a pallet
    ],
)
def test_what_two_tags_may_be_of_one_thing(tale: Tale, key: str, first: str, second: str) -> None:
    tale.make(0, PLANT, key, tags=((key, first),))
    tale.see(1, PLANT, key, tags=((key, second),))
    assert identity(tale) == []


def test_a_number_that_is_given_again_has_another_tag(tale: Tale) -> None:
    tale.make(0, PLANT, item(1), tags=((item(1), "E280AA"),))
    tale.see(1, PLANT, item(1), action="DELETE", step="decommissioning")
    tale.make(2, PLANT, item(1), tags=((item(1), "E280BB"),))
    assert identity(tale) == []


def test_two_holders_take_turns(tale: Tale) -> None:
    tale.make(0, PLANT, item(1))
    tale.see(20, OTHER, item(1))
    assert identity(tale) == []
    tale.see(40, PLANT, item(1))
    (found,) = identity(tale)
    assert (found.code, found.certainty, found.evidence) == ("two-holders", "possible", ("e1", "e2", "e3"))
    assert (found.party, found.other_party) == (MAKER, RIVAL)


def test_a_number_is_given_once(tale: Tale) -> None:
    tale.make(0, PLANT, item(1), item(2))
    tale.make(5, PLANT, item(1))
    (found,) = identity(tale)
    assert (found.code, found.certainty, found.keys) == ("commissioned-twice", "possible", (item(1),))
    tale.see(6, PLANT, item(2), action="DELETE", step="decommissioning")
    tale.make(7, PLANT, item(2))
    assert len(identity(tale)) == 1  # a number that was taken back may be given again
    tale.make(30, FARM, item(1))
    assert [one.certainty for one in identity(tale)] == ["certain", "possible"]


@pytest.mark.parametrize(
    ("where", "code", "certainty"),
    [(SHOP, "sold-twice", "possible"), (OTHER, "sold-twice", "certain")],
)
def test_sold_and_sold_again(tale: Tale, where: str, code: str, certainty: str) -> None:
    tale.make(0, SHOP, item(1))
    tale.sell(1, SHOP, item(1))
    tale.sell(50, where, item(1))
    assert [(one.code, one.certainty) for one in identity(tale)] == [(code, certainty)]


def test_a_sold_item_may_come_back_to_its_shop(tale: Tale) -> None:
    tale.make(0, SHOP, item(1))
    tale.sell(1, SHOP, item(1))
    tale.receive(30, SHOP, item(1), disposition="returned")
    tale.sell(31, SHOP, item(1))
    assert identity(tale) == []


def test_seen_elsewhere_after_its_sale(tale: Tale) -> None:
    tale.make(0, SHOP, case(1), item(1))
    tale.pack(1, SHOP, case(1), item(1))
    tale.sell(2, SHOP, case(1))  # what is in it is sold with it
    tale.see(50, OTHER, item(1))
    (found,) = identity(tale)
    assert (found.code, found.keys) == ("seen-after-sale", (item(1),))


def test_seen_after_destruction_and_use(tale: Tale) -> None:
    tale.make(0, PLANT, item(1), item(2), case(1))
    tale.pack(1, PLANT, case(1), item(1))
    tale.see(2, PLANT, case(1), action="DELETE", step="destroying")
    tale.turn(3, PLANT, [item(2)], [kg(1)])
    tale.see(4, PLANT, case(1), action="DELETE", step="destroying")  # told by the witness, too
    assert identity(tale) == []
    tale.see(50, PLANT, item(1), item(2))
    assert [one.code for one in identity(tale)] == ["seen-after-destruction", "seen-after-use"]


def test_an_emptied_crate_is_used_again(tale: Tale) -> None:
    tale.make(0, PLANT, kg(10))
    for number in range(3):
        tale.pack(1 + 3 * number, PLANT, case(1), kg(3))
        tale.turn(2 + 3 * number, PLANT, [case(1)], [kg(2, f"{LOT}{number}")])
    assert identity(tale) == []


HANGZHOU, SHANGHAI, BEIJING, GUANGZHOU = (
    Point(30.27, 120.15), Point(31.23, 121.47), Point(39.90, 116.41), Point(23.13, 113.26),
)  # fmt: skip


def test_shoppers_of_one_item_are_in_one_place() -> None:
    def found(*scans: tuple[float, Point]) -> list[Finding]:
        return Tale().found(scans=[Scan(item(1), hour(at), point) for at, point in scans])

    assert found((0, SHANGHAI), (1, Point(31.20, 121.44)), (50, BEIJING)) == []
    (flight,) = found((0, SHANGHAI), (0.5, BEIJING))
    assert (flight.code, flight.certainty) == ("scanned-apart", "certain")
    (many,) = found((0, SHANGHAI), (50, BEIJING), (100, GUANGZHOU), (150, HANGZHOU))
    assert (many.certainty, numbers(many)["places"]) == ("possible", 4)
