"""Every finding has its words, and the words have all their numbers, in both languages."""

from __future__ import annotations

import pytest
from tests.unit.trace.checks.ledgers import (
    FARM,
    LOT,
    MEAL,
    MEALS,
    OTHER,
    PLANT,
    SHOP,
    Tale,
    case,
    day,
    hour,
    item,
    kg,
    pieces,
    with_facts,
)

from suyuan.portal.checks import spoken
from suyuan.portal.language import LANGUAGES, Language, Speech
from suyuan.trace.checks import Finding, Point, Recipe, Scan, Stop
from suyuan.trace.checks.finding import CHECK, CODES, SEVERITY

RULES = with_facts(
    recipes={MEAL: (Recipe(MEAL, least=0.5, most=0.9),)},
    regions={MEAL: ("31",)},
    districts={PLANT: "310104", SHOP: "110101"},
    stops={f"{MEALS}9": Stop(hour(0), "2026-7")},
)


def goods() -> Tale:
    """What is wrong with amounts."""
    tale = Tale()
    tale.make(0, PLANT, kg(10))
    tale.sell(1, PLANT, kg(20))
    tale.make(2, FARM, kg(10, f"{LOT}2"))
    tale.see(3, SHOP, kg(30, f"{LOT}2"), step="storing")
    tale.sell(4, SHOP, kg(30, f"{LOT}2"))
    tale.make(5, FARM, kg(10, f"{LOT}3"))
    tale.see(6, FARM, kg(5, f"{LOT}3"), step="stock_taking")
    tale.make(7, OTHER, pieces(1, f"{MEALS}4"))
    tale.make(8, OTHER, item(41), item(42), lot=f"{MEALS}4")
    for number, came_out in enumerate((10, 99)):
        tale.make(9, PLANT, kg(100, f"{LOT}5{number}"))
        tale.turn(10, PLANT, [kg(100, f"{LOT}5{number}")], [kg(came_out, f"{MEALS}5{number}")])
    tale.make(9, PLANT, kg(10, f"{LOT}6"))
    tale.turn(10, PLANT, [kg(10, f"{LOT}6")], [kg(20, f"{LOT}7")])
    tale.turn(11, PLANT, [], [kg(20, f"{LOT}8")])
    return tale


def things() -> Tale:
    """What is wrong with tagged things."""
    tale = Tale()
    tale.make(0, PLANT, *map(item, range(9)), tags=((item(1), "A"),), last_day=day(0))
    tale.see(0.1, SHOP, item(0))
    tale.see(1, PLANT, item(1), tags=((item(1), "B"),))
    tale.see(30, SHOP, item(2))
    tale.see(60, PLANT, item(2))
    tale.make(2, PLANT, item(3))
    for number in (4, 5):
        tale.sell(3, PLANT, item(number))
    tale.sell(40, SHOP, item(4))
    tale.see(40, SHOP, item(5))
    tale.see(3, PLANT, item(6), action="DELETE", step="destroying")
    tale.turn(30, PLANT, [item(7)], [kg(1, MEALS)])
    tale.see(40, PLANT, item(6), item(7))
    tale.make(0, SHOP, *map(item, range(91, 94)), lot=f"{MEALS}9")
    tale.sell(1, SHOP, item(91))
    tale.turn(2, SHOP, [item(92)], [kg(1, f"{MEALS}1")])
    tale.send(3, SHOP, PLANT, item(93))
    return tale


def ways() -> Tale:
    """What is wrong on the way."""
    tale = Tale()
    tale.send(0, FARM, SHOP, case(1), case(2), case(3))
    tale.receive(30, OTHER, case(1))
    tale.unpack(30, SHOP, case(2))
    tale.see(0, FARM, case(4))
    tale.receive(30, SHOP, case(4))
    tale.make(0, FARM, kg(100), kg(100, f"{LOT}2"), case(5))
    tale.send(1, FARM, SHOP, kg(100), kg(100, f"{LOT}2"))
    tale.receive(30, SHOP, kg(50), kg(150, f"{LOT}2"))
    tale.receive(30, SHOP, case(5))
    tale.send(31, FARM, SHOP, case(5))
    tale.see(0, SHOP, kg(1, f"{LOT}3"), step="storing")
    for number in range(100, 140):
        tale.send(number, FARM, SHOP, case(number))
        tale.receive(number + 10, SHOP, case(number))
        tale.send(number + 15, SHOP, OTHER, case(number))
        tale.receive(number + 60, OTHER, case(number))
    tale.send(150, FARM, SHOP, case(140))
    tale.receive(250, SHOP, case(140))
    tale.send(450, SHOP, OTHER, case(140))
    return tale


def findings() -> list[Finding]:
    scans = [Scan(item(1), hour(at), Point(north, 116.4)) for at, north in ((0, 39.9), (0.5, 23.1))]
    found = [*goods().found(RULES), *things().found(RULES, scans=scans), *ways().found(RULES)]
    return [next(one for one in found if one.code == code) for code in CODES]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_is_said_with_all_its_numbers(language: Language) -> None:
    speech = Speech(language)
    for one in findings():
        said = spoken(speech, one, lambda key: key.rpartition("/")[2])
        assert "…" not in said.sentence, one.code
        assert said.title not in said.sentence
        assert said.title != f"finding.{one.code}"
        assert all((said.severity, said.certainty, said.advice))


def test_amounts_times_and_shares_have_their_units() -> None:
    english = Speech("en")
    said = {one.code: spoken(english, one, lambda key: key.rpartition("/")[2]) for one in findings()}
    assert "20 kg went out, 10 kg too much." in said["stock-below-zero"].sentence
    assert "99 %; at most 90 % is usual" in said["yield-high"].sentence
    assert "took 4 d 4 h from" in said["slow-transit"].sentence
    assert "1 day after the last day" in said["sold-expired"].sentence
    assert said["scanned-apart"].sentence.endswith(
        "was scanned 2 times, at 2 places far apart: the code may have been copied."
    )
    assert said["diverted"].severity == "Alarm"


def test_each_code_belongs_to_one_check() -> None:
    assert CHECK.keys() == SEVERITY.keys() == set(CODES)
