"""The network of lots out of a history, checked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from suyuan.trace.incident import gathered
from suyuan.trace.incident.gathered import Gathering
from suyuan.trace.incident.lots import lay_out
from suyuan.trace.incident.recorded import Around, Recorded, laid_out, recorded_lots, rows_of
from suyuan.trace.lineage import Holding, Lineage, Occurrence
from suyuan.trace.lineage.kept import ExactThings

DAY = datetime(2026, 3, 1, 8, tzinfo=UTC)
FARM, PLANT, SHOP, OTHER = (
    f"https://id.gs1.org/414/952123400{n}00{c}" for n, c in ((1, 5), (2, 2), (3, 9), (4, 6))
)
MILK, CHEESE = "https://id.gs1.org/01/09521234000013/10/M1", "https://id.gs1.org/01/09521234000020/10/C1"
PIECES = [f"https://id.gs1.org/01/09521234000020/21/{number}" for number in range(4)]
BOX = "https://id.gs1.org/00/095212340000000013"


def history(*told: dict[str, Any]) -> Lineage:
    numbers = count()
    return Lineage(
        Occurrence(
            evidence=f"e{next(numbers)}",
            party=one.pop("party", "urn:party"),
            time=DAY + timedelta(days=one.pop("day")),
            record_time=DAY,
            **one,
        )
        for one in told
    )


def kg(lot: str, quantity: float | None) -> Holding:
    return Holding(lot, quantity, "KGM", is_class=True)


def pieces(*keys: str) -> tuple[Holding, ...]:
    return tuple(map(Holding, keys))


def made() -> Lineage:
    """Milk goes from a farm to a plant and elsewhere; four cheeses of some, three of them to a shop."""
    ships = {"type": "ObjectEvent", "action": "OBSERVE", "biz_step": "shipping", "read_point": FARM}
    takes = {"type": "ObjectEvent", "action": "OBSERVE", "biz_step": "receiving"}
    packs = {"type": "AggregationEvent", "parent": BOX, "children": pieces(*PIECES[:3])}
    return history(
        {"day": 0, "type": "ObjectEvent", "action": "ADD", "biz_location": FARM, "what": (kg(MILK, 100),)},
        {"day": 1, **ships, "destinations": (PLANT,), "what": (kg(MILK, 60),)},
        {"day": 1, **ships, "destinations": (OTHER,), "what": (kg(MILK, 30),)},
        {"day": 2, **takes, "biz_location": PLANT, "what": (kg(MILK, 60),)},
        {"day": 2, **takes, "biz_location": OTHER, "what": (kg(MILK, None),)},
        {
            "day": 3, "type": "TransformationEvent", "biz_location": PLANT, "inputs": (kg(MILK, 30),),
            "outputs": pieces(*PIECES), "lot_of": tuple((one, CHEESE) for one in PIECES),
        },
        {"day": 4, **packs, "action": "ADD", "biz_location": PLANT},
        {"day": 5, **takes, "biz_location": SHOP, "what": pieces(BOX)},
        {"day": 6, **packs, "action": "DELETE", "biz_location": SHOP},
        {
            "day": 7, "type": "ObjectEvent", "action": "OBSERVE", "biz_step": "retail_selling",
            "biz_location": SHOP, "what": pieces(PIECES[0]),
        },
    )  # fmt: skip


def found(lineage: Lineage, *keys: str, hidden: str = "") -> Recorded:
    around = Around(lambda place: f"owner of {place}", UTC, lambda evidence: evidence != hidden)
    return recorded_lots(ExactThings(lineage.history()), keys, around)


def test_lots_stand_where_they_were_with_amounts_in_one_measure() -> None:
    recorded = found(made(), MILK, *PIECES)
    lots = {(recorded.stays[lot.id].lot, lot.place): lot for lot in recorded.lots}
    assert lots.keys() == {(MILK, FARM), (MILK, PLANT), (MILK, OTHER), (CHEESE, PLANT), (CHEESE, SHOP)}
    assert {key: lot.size for key, lot in lots.items()} == {
        (MILK, FARM): 100, (MILK, PLANT): 60, (MILK, OTHER): 30, (CHEESE, PLANT): 30, (CHEESE, SHOP): 22.5
    }  # fmt: skip  # four cheeses took up thirty kilograms: seven and a half each
    assert lots[CHEESE, SHOP].sold == 7.5
    assert lots[CHEESE, SHOP].day == date(2026, 3, 6)  # when the box came, not when it was opened
    assert (lots[MILK, FARM].supplier, lots[MILK, FARM].product) == (
        f"owner of {FARM}", "https://id.gs1.org/01/09521234000013"
    )  # fmt: skip
    flows = {(recorded.stays[one.out_of], recorded.stays[one.into]): one.quantity for one in recorded.flows}
    told = {((a.lot, a.place), (b.lot, b.place)): quantity for (a, b), quantity in flows.items()}
    assert told == {
        ((MILK, FARM), (MILK, PLANT)): 60,
        ((MILK, FARM), (MILK, OTHER)): 30,
        ((MILK, PLANT), (CHEESE, PLANT)): 30,
        ((CHEESE, PLANT), (CHEESE, SHOP)): 22.5,
    }
    assert lay_out(recorded.lots, recorded.flows).warnings == ()
    assert recorded.doubts == ()


def test_what_is_out_of_sight_is_not_in_it() -> None:
    recorded = found(made(), MILK, hidden="e4")  # what the other one received
    assert OTHER not in {lot.place for lot in recorded.lots}
    alone = found(made(), MILK, hidden="e5")  # what was made of it
    assert {stay.lot for stay in alone.stays.values()} == {MILK}


def test_how_much_there_ever_was_is_known_to_who_saw_all_of_it_made() -> None:
    def sizes(*keys: str, hidden: str) -> dict[tuple[str, str], float | None]:
        recorded = found(made(), *keys, hidden=hidden)
        return {(recorded.stays[lot.id].lot, lot.place): lot.size for lot in recorded.lots}

    assert sizes(MILK, hidden="e0")[MILK, PLANT] == 60  # what came, not the hundred that there were
    assert 100 not in sizes(MILK, hidden="e0").values()
    assert set(sizes(CHEESE, hidden="e5").values()) == {3}  # those that were packed, of four


def test_whoever_names_anothers_box_does_not_learn_what_is_in_it() -> None:
    mine = {"party": "urn:me", "type": "ObjectEvent", "action": "OBSERVE", "biz_location": OTHER}
    works = {"party": "urn:me", "type": "TransformationEvent", "biz_location": OTHER}
    loose, into, kilos = kg(f"{MILK}L", 40), kg(f"{CHEESE}X", 9), f"{BOX}9"
    puts = {"type": "AggregationEvent", "action": "ADD", "parent": kilos, "biz_location": PLANT}

    def world() -> Lineage:
        return history(
            {"day": 0, "type": "ObjectEvent", "action": "ADD", "biz_location": PLANT,
             "what": (*pieces(*PIECES), loose), "lot_of": tuple((one, CHEESE) for one in PIECES)},
            {"day": 1, "type": "AggregationEvent", "action": "ADD", "parent": BOX, "biz_location": PLANT,
             "children": pieces(*PIECES[:3])},
            {"day": 1, **puts, "children": (loose,)},
            {"day": 2, **mine, "what": (*pieces(PIECES[0]), kg(loose.key, 1))},
            {"day": 3, **mine, "biz_location": SHOP, "what": pieces(BOX, kilos)},
            {"day": 4, **works, "inputs": pieces(BOX, kilos), "outputs": (into,)},
        )  # fmt: skip

    def seen(*evidence: str, others: str = "") -> Recorded:
        around = Around(lambda _: None, UTC, {"e3", "e4", "e5", *evidence}.__contains__, others.__contains__)
        return recorded_lots(ExactThings(world().history()), [loose.key, *PIECES], around)

    def told(recorded: Recorded) -> list[tuple[str, str, float | None]]:
        stays = recorded.stays
        return [(stays[one.into].lot, stays[one.into].place, one.quantity) for one in recorded.flows]

    assert told(seen()) == []
    assert {(stay.lot, stay.place) for stay in seen().stays.values()} == {(CHEESE, OTHER), (loose.key, OTHER)}
    assert (into.key, OTHER, 3) in told(seen(others="e4"))  # what another brought is given with what is in it
    assert (into.key, OTHER, 3) in told(seen("e1"))
    assert not [one for one in told(seen("e0")) if one[0] == into.key]
    assert (into.key, OTHER, 40) in told(seen("e0", "e2"))


def test_the_unit_of_a_lot_is_found_out_by_what_is_in_sight_only() -> None:
    takes = {"type": "ObjectEvent", "action": "OBSERVE", "biz_step": "receiving", "what": (kg(MILK, 60),)}
    works = {"type": "TransformationEvent", "biz_location": PLANT, "inputs": (kg(MILK, 30),)}

    def told(unit: str, hidden: str) -> set[float | None]:
        made = Holding(MILK, 100, unit, is_class=True)
        story = history(
            {"day": 0, "type": "ObjectEvent", "action": "ADD", "biz_location": FARM, "what": (made,)},
            {"day": 2, **takes, "biz_location": PLANT},
            {"day": 3, **works, "outputs": (kg(CHEESE, 5),)},
        )
        recorded = found(story, MILK, hidden=hidden)
        return {*(lot.size for lot in recorded.lots), *(one.quantity for one in recorded.flows)}

    assert told("KGM", "e0") == told("LTR", "e0") == {60, 30, 5}  # it looks the same, however it was made
    assert told("KGM", "") == {100, 60, 30, 5}
    assert told("LTR", "") == {100, None, 5}  # kilograms of litres tell nothing


@pytest.mark.parametrize(
    ("outputs", "shares"),
    [
        ((kg(CHEESE, 10), kg(f"{CHEESE}2", 30)), [7.5, 22.5]),
        ((kg(CHEESE, 10), Holding(f"{CHEESE}2", 30, None, is_class=True)), [None, None]),
        ((kg(CHEESE, 10), kg(f"{CHEESE}2", None)), [None, None]),
        ((kg(CHEESE, None),), [30]),
    ],
)
def test_what_went_in_is_shared_by_amounts_of_one_unit(
    outputs: tuple[Holding, ...], shares: list[float | None]
) -> None:
    makes = {"type": "TransformationEvent", "biz_location": FARM, "inputs": (kg(MILK, 30),)}
    story = history(
        {"day": 0, "type": "ObjectEvent", "action": "ADD", "biz_location": FARM, "what": (kg(MILK, 30),)},
        {"day": 1, **makes, "outputs": outputs},
    )
    assert [one.quantity for one in found(story, MILK).flows] == shares


def test_a_circle_or_an_amount_that_cannot_be_is_left_out_and_told() -> None:
    x, y = f"{MILK}X", f"{MILK}Y"
    works = {"type": "TransformationEvent", "biz_location": PLANT}
    told = history(
        {"day": 0, "type": "ObjectEvent", "action": "ADD", "biz_location": PLANT,
         "what": (kg(x, 1e308), kg(x, 1e308), kg(y, 10))},
        {"day": 1, **works, "inputs": (kg(x, 5),), "outputs": (kg(y, 5),)},
        {"day": 2, **works, "inputs": (kg(y, 3),), "outputs": (kg(x, 3),)},
    )  # fmt: skip
    recorded = found(told, x, y)
    assert [(flow.out_of, flow.into) for flow in recorded.flows] == [(x, y)]
    assert [doubt.detail for doubt in recorded.doubts] == [
        "1 flows close a circle among lots of one instant; they are left out.",
        "1 quantities are below zero or larger than anything is; they count as not known.",
    ]
    assert lay_out(recorded.lots, recorded.flows).network.ids == [x, y]


def test_what_was_only_made_of_it_stands_where_it_was_made() -> None:
    recorded = found(made(), MILK)
    assert [lot.place for lot in recorded.lots if recorded.stays[lot.id].lot == CHEESE] == [PLANT]
    assert found(made(), BOX, SHOP).lots == ()


def test_times_that_contradict_are_left_out_and_told() -> None:
    early = history(
        {"day": 5, "type": "ObjectEvent", "action": "ADD", "biz_location": FARM, "what": (kg(MILK, 10),)},
        {
            "day": 6, "type": "TransformationEvent", "biz_location": FARM, "inputs": (kg(MILK, 10),),
            "transformation_id": "t",
        },
        {
            "day": 1, "type": "TransformationEvent", "biz_location": FARM, "outputs": (kg(CHEESE, 5),),
            "transformation_id": "t",
        },
    )  # fmt: skip
    recorded = found(early, MILK)
    assert recorded.flows == ()
    assert [one.detail for one in recorded.doubts] == ["1 flows lead back in time; they are left out."]


def test_rows_of_what_a_case_names() -> None:
    recorded = found(made(), MILK, *PIECES)
    at_shop = next(name for name, stay in recorded.stays.items() if stay.place == SHOP)
    assert rows_of(recorded, [CHEESE], [SHOP]) == [at_shop]
    assert rows_of(recorded, [PIECES[1]], []) == [at_shop]  # where its lot went last
    assert rows_of(recorded, ["https://id.gs1.org/01/09521234000020"], [SHOP]) == [at_shop]
    assert rows_of(recorded, [CHEESE], [SHOP], until=date(2026, 3, 5)) == [CHEESE]  # it came a day later
    assert rows_of(recorded, [], [SHOP]) == ()
    assert rows_of(recorded, [], [SHOP], until=date(2026, 3, 31)) == [at_shop]


def test_crates_that_travel_together_bring_all_that_is_in_them() -> None:
    crates = [f"https://id.gs1.org/00/09521234000000{number}" for number in ("1010", "1027", "1034")]
    pallet = "https://id.gs1.org/00/095212340000002010"
    packs = [
        {
            "day": 1, "type": "AggregationEvent", "action": "ADD", "biz_location": FARM, "parent": crate,
            "children": (kg(MILK, amount),),
        }
        for crate, amount in zip(crates, (12, 13, 20), strict=True)
    ]  # fmt: skip
    stacked = {"type": "AggregationEvent", "parent": pallet, "children": pieces(crates[2])}
    comes = {"type": "ObjectEvent", "action": "OBSERVE", "biz_step": "receiving", "biz_location": PLANT}
    lineage = history(
        {"day": 0, "type": "ObjectEvent", "action": "ADD", "biz_location": FARM, "what": (kg(MILK, 45),)},
        *packs,
        {"day": 2, **stacked, "action": "ADD", "biz_location": FARM},
        {"day": 3, **comes, "what": pieces(crates[0], crates[1], pallet)},
    )
    recorded = found(lineage, MILK)
    assert [flow.quantity for flow in recorded.flows] == [45]
    assert {lot.place: lot.size for lot in recorded.lots} == {FARM: 45, PLANT: 45}


def test_lots_are_gathered_some_at_a_time_while_history_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathered, "_AT_ONCE", 2)
    lineage = made()
    gathering, around = (
        Gathering([MILK, *PIECES], lambda _: True),
        Around(lambda _: None, UTC, lambda _: True),
    )
    steps = 1
    while gathering.go_on(ExactThings(lineage.history())):
        steps += 1
        late = {"type": "ObjectEvent", "action": "OBSERVE", "biz_step": "storing", "biz_location": OTHER}
        more = history({**late, "day": 20 + steps, "what": pieces(f"{PIECES[0]}-{steps}")})
        lineage.add(replace(one, evidence=f"late {steps}") for one in told_in(more))
    assert steps > 3
    assert laid_out(gathering, around) == recorded_lots(
        ExactThings(made().history()), [MILK, *PIECES], around
    )


def told_in(lineage: Lineage) -> list[Occurrence]:
    return [told.occurrence for told in lineage.history().statements.values()]
