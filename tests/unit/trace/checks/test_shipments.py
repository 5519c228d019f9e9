"""What was sent against what was received, worked out by hand."""

from __future__ import annotations

import pytest
from tests.unit.trace.checks.ledgers import (
    FARM,
    GROWER,
    LOT,
    MAKER,
    MEALS,
    OTHER,
    PLANT,
    RIVAL,
    SELLER,
    SHOP,
    Tale,
    case,
    item,
    kg,
    numbers,
    pieces,
    with_facts,
)

from suyuan.trace.checks import Facts, Rules


@pytest.fixture
def tale() -> Tale:
    return Tale()


def test_a_unit_that_is_never_received_is_missed_after_its_time(tale: Tale) -> None:
    sent = tale.send(0, FARM, SHOP, case(1), case(2))
    tale.receive(20, SHOP, case(1))
    assert tale.codes(now=71) == []
    (found,) = tale.found(now=73)
    assert (found.code, found.keys, found.objects) == ("not-received", (case(2),), 1)
    assert (found.place, found.party, found.other_place, found.other_party) == (SHOP, SELLER, FARM, GROWER)
    assert numbers(found) == {"hours": 73, "usual": 72}
    assert found.evidence == (sent,)


def test_a_route_knows_how_long_it_takes(tale: Tale) -> None:
    for number in range(40):
        tale.send(number, FARM, SHOP, case(number))
        tale.receive(number + 10, SHOP, case(number))
    tale.send(100, FARM, SHOP, case(99))
    assert tale.codes(now=120) == []
    assert tale.codes(now=140) == ["not-received"]  # the usual ten hours, and three times that


def test_what_took_far_too_long_is_told(tale: Tale) -> None:
    for number in range(40):
        tale.send(number, FARM, SHOP, case(number))
        tale.receive(number + 10 + number % 3, SHOP, case(number))
    tale.send(100, FARM, SHOP, case(99))
    tale.receive(180, SHOP, case(99))
    (found,) = tale.found()
    assert (found.code, found.keys, found.severity) == ("slow-transit", (case(99),), "notice")
    assert numbers(found) == {"hours": 80, "usual": 11}


def test_few_journeys_tell_nothing(tale: Tale) -> None:
    for number in range(10):
        tale.send(number, FARM, SHOP, case(number))
        tale.receive(number + (10 if number else 400), SHOP, case(number))
    assert tale.codes() == []


def test_what_came_and_was_not_recorded_as_received(tale: Tale) -> None:
    sent = tale.send(0, FARM, SHOP, case(1))
    opened = tale.unpack(30, SHOP, case(1))
    (found,) = tale.found()
    assert (found.code, found.place, found.evidence) == ("receipt-unrecorded", SHOP, (sent, opened))


def test_what_was_received_and_never_sent(tale: Tale) -> None:
    seen = tale.see(0, FARM, case(1))
    came = tale.receive(30, SHOP, case(1))
    (found,) = tale.found()
    assert (found.code, found.place, found.party) == ("received-not-shipped", SHOP, SELLER)
    assert (found.other_place, found.other_party, found.evidence) == (FARM, GROWER, (seen, came))


def test_goods_move_between_sites_of_one_owner_without_papers(tale: Tale) -> None:
    tale.see(0, FARM, case(1))
    tale.receive(30, SHOP, case(1))
    assert tale.codes(with_facts(owner={FARM: GROWER, SHOP: GROWER}.get)) == []


def test_a_wrong_clock_is_told_as_one(tale: Tale) -> None:
    tale.make(0, FARM, case(1), kg(10))
    tale.receive(30, SHOP, case(1), kg(10))
    tale.send(31, FARM, SHOP, case(1), kg(10))
    assert tale.codes() == ["received-before-shipped"]
    (found,) = tale.found()
    assert (found.keys, numbers(found)) == ((case(1), LOT), {"hours": 1})


def test_of_what_came_before_it_was_sent_the_first_is_meant(tale: Tale) -> None:
    """Wherever it was sent to: what is told twice is found twice alike."""
    tale.make(0, FARM, kg(1000))
    first = [tale.receive(number, where, kg(10)) for number, where in enumerate((OTHER, SHOP, PLANT), 1)]
    sent = [tale.send(5 + number, FARM, (PLANT, SHOP, OTHER), kg(10)) for number in range(2)]
    told = [one.evidence for one in tale.found() if one.code == "received-before-shipped"]
    assert sorted(told) == sorted(zip(first[:2], sent, strict=True))


def test_received_by_somebody_else(tale: Tale) -> None:
    sent = tale.send(0, FARM, (SHOP, SELLER), case(1))
    came = tale.receive(30, OTHER, case(1))
    (found,) = tale.found()
    assert (found.code, found.certainty, found.place, found.party) == ("diverted", "certain", OTHER, RIVAL)
    assert (found.other_place, found.other_party, found.evidence) == (SHOP, GROWER, (sent, came))


def test_a_stop_on_the_way_is_no_diversion(tale: Tale) -> None:
    tale.send(0, FARM, SHOP, case(1))
    tale.receive(10, PLANT, case(1))
    tale.send(12, PLANT, SHOP, case(1))
    tale.receive(40, SHOP, case(1))
    assert tale.codes() == []


def test_sent_on_to_somebody_else_from_somewhere_else(tale: Tale) -> None:
    sent = tale.send(0, FARM, SHOP, case(1))
    again = tale.send(20, PLANT, OTHER, case(1))
    tale.receive(50, OTHER, case(1))
    (found,) = tale.found()
    assert (found.code, found.certainty, found.severity) == ("diverted", "possible", "warning")
    assert (found.place, found.other_place, found.evidence) == (PLANT, SHOP, (sent, again))


def test_another_place_of_the_receiver_is_only_to_be_noted(tale: Tale) -> None:
    tale.send(0, FARM, PLANT, case(1))
    tale.receive(30, OTHER, case(1))
    theirs = with_facts(owner={FARM: GROWER, PLANT: MAKER, OTHER: MAKER}.get)
    assert [(one.code, one.severity) for one in tale.found(theirs)] == [("diverted", "notice")]
    assert [(one.code, one.severity) for one in tale.found()] == [("diverted", "alarm")]


def test_what_is_opened_elsewhere_has_come_to_its_end(tale: Tale) -> None:
    things = [item(number) for number in range(3)]
    tale.make(0, FARM, *things)
    tale.pack(1, FARM, case(1), *things)
    tale.send(2, FARM, SHOP, case(1))
    came = tale.receive(30, OTHER, case(1))
    tale.unpack(31, OTHER, case(1), *things)
    tale.sell(32, OTHER, things[0])
    (found,) = tale.found()
    assert (found.code, found.keys, found.evidence[1]) == ("diverted", (case(1),), came)


def test_sold_where_it_was_not_sent(tale: Tale) -> None:
    tale.make(0, FARM, item(1))
    tale.send(1, FARM, SHOP, item(1))
    tale.sell(30, OTHER, item(1))
    assert tale.codes() == ["diverted"]


def test_nobody_knows_whose_site_it_is(tale: Tale) -> None:
    tale.send(0, FARM, SELLER, case(1))
    tale.receive(30, OTHER, case(1))
    (found,) = tale.found(Facts())
    assert (found.code, found.certainty) == ("diverted", "possible")


def test_goods_without_a_destination_go_anywhere(tale: Tale) -> None:
    tale.send(0, FARM, (), case(1), kg(5))
    tale.receive(30, OTHER, case(1), kg(5))
    assert "diverted" not in tale.codes()


def test_a_part_of_what_was_sent_as_a_whole_comes(tale: Tale) -> None:
    things = [item(number) for number in range(5)]
    tale.make(0, FARM, *things)
    tale.pack(1, FARM, case(1), *things)
    tale.pack(2, FARM, case(9), case(1))
    tale.send(3, FARM, SHOP, case(9))
    tale.receive(30, SHOP, *things[:3])
    (found,) = tale.found()
    assert (found.code, sorted(found.keys)) == ("not-received", things[3:])
    tale.receive(31, SHOP, *things[3:])
    assert tale.codes() == []


def test_pieces_sent_one_by_one_come_in_a_case(tale: Tale) -> None:
    things = [item(number) for number in range(3)]
    tale.make(0, FARM, *things)
    tale.send(1, FARM, SHOP, *things)
    tale.pack(2, FARM, case(1), *things)
    tale.receive(30, SHOP, case(1))
    assert tale.codes() == []


def test_it_came_back(tale: Tale) -> None:
    tale.send(0, FARM, SHOP, case(1))
    tale.see(1, FARM, case(1))  # a last look at the door
    tale.receive(40, FARM, case(1))
    assert tale.codes() == []


def test_less_came_than_was_sent(tale: Tale) -> None:
    tale.make(0, FARM, kg(100))
    sent = tale.send(1, FARM, SHOP, kg(100))
    came = tale.receive(30, SHOP, kg(90))
    (found,) = tale.found()
    assert (found.code, found.evidence) == ("received-less", (sent, came))
    assert numbers(found) == {"sent": 100, "received": 90, "short": 10}
    tale.receive(31, SHOP, kg(10))
    assert tale.codes() == []


def test_more_came_than_was_sent(tale: Tale) -> None:
    tale.make(0, PLANT, pieces(100))
    tale.send(1, PLANT, SHOP, pieces(50))
    tale.receive(30, SHOP, pieces(51))
    (found,) = tale.found()
    assert (found.code, found.keys) == ("received-more", (MEALS,))
    assert numbers(found) == {"sent": 50, "received": 51, "over": 1}


def test_each_delivery_is_matched_with_the_shipment_of_its_size(tale: Tale) -> None:
    tale.make(0, FARM, kg(1000))
    for number in range(10):
        tale.send(number, FARM, SHOP, kg(40 + number))
        tale.receive(number + 20, SHOP, kg(39.5 + number))  # weighed again: half a kilogram less each time
    assert tale.codes() == []


def test_an_amount_that_went_astray(tale: Tale) -> None:
    tale.make(0, FARM, kg(1000))
    tale.send(1, FARM, SHOP, kg(70))
    tale.send(2, FARM, SHOP, kg(30))
    tale.receive(20, SHOP, kg(30))
    tale.receive(30, OTHER, kg(70))
    (found,) = tale.found()
    assert (found.code, found.certainty, found.place, found.other_place) == (
        "diverted",
        "possible",
        OTHER,
        SHOP,
    )


def test_an_amount_that_nobody_sent(tale: Tale) -> None:
    tale.receive(30, SHOP, kg(70))
    assert tale.codes() == ["lot-without-origin", "received-not-shipped"]


def test_an_unknown_amount_is_received_by_any(tale: Tale) -> None:
    tale.make(0, FARM, kg(100))
    tale.send(1, FARM, SHOP, kg(None))
    assert tale.codes() == ["not-received"]
    tale.receive(30, SHOP, kg(20))
    assert tale.codes() == []


def test_halves_are_counted_for_each_party(tale: Tale) -> None:
    tale.make(0, FARM, kg(100))
    tale.send(1, FARM, SHOP, kg(60), case(1), case(2))
    tale.receive(30, SHOP, kg(60), case(1))
    records = {one.party: one for one in tale.checked().records}
    assert (records[GROWER].sent, records[GROWER].sent_matched) == (3, 2)
    assert (records[SELLER].received, records[SELLER].received_matched) == (2, 2)


def test_a_long_stay_among_usual_ones(tale: Tale) -> None:
    for number in range(40):
        tale.receive(number, SHOP, case(number))
        tale.send(number + 5 + number % 2, SHOP, OTHER, case(number))
        tale.receive(number + 40, OTHER, case(number))
    tale.receive(50, SHOP, case(99))
    tale.send(300, SHOP, OTHER, case(99))
    (found,) = [one for one in tale.found(now=301) if one.code == "long-stay"]
    assert (found.keys, found.place, numbers(found)) == ((case(99),), SHOP, {"hours": 250, "usual": 6})
    assert "long-stay" not in tale.codes(rules=Rules(observations=50))
