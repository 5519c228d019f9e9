from __future__ import annotations

from random import Random

import pytest
from tests.unit.readers.station.floor import GTIN, OTHER, Floor, codes, item, labelled, sscc

from suyuan.readers.station.order import Order, Step
from suyuan.readers.station.packing_rule import PACKING, PackingRule

BOX, CRATE, PALLET = sscc(1), sscc(2), sscc(3)


def pack(into: str, **more: object) -> Order:
    return Order(Step.PACK, parent=into, **more)  # type: ignore[arg-type]


def test_a_child_of_another_open_unit_is_left_out_until_it_is_unpacked_there() -> None:
    floor = Floor()
    floor.do(pack(BOX), item(1), item(2))
    judged = floor.do(pack(CRATE), item(1), item(3))
    assert codes(judged) == ["IN_OTHER_PARENT"]
    assert judged.messages[0].fields["parent"] == BOX
    assert floor.events[-1]["childEPCs"] == [item(3)]
    assert floor.events[-1]["suyuan:exceptions"][0]["suyuan:code"] == "WRONG_PARENT"
    floor.do(Order(Step.UNPACK, parent=BOX), item(1))
    assert codes(floor.do(pack(CRATE), item(1))) == []


def test_with_a_reason_a_child_changes_its_unit_and_the_event_says_why() -> None:
    floor = Floor()
    floor.do(pack(BOX), item(1))
    judged = floor.do(pack(CRATE, reason="破箱重装"), item(1))
    assert codes(judged) == ["IN_OTHER_PARENT"]
    assert floor.events[-1]["childEPCs"] == [item(1)]
    assert floor.events[-1]["suyuan:reason"] == "破箱重装"
    assert codes(floor.do(pack(BOX), item(1))) == ["IN_OTHER_PARENT"]


def test_units_nest_and_none_is_inside_itself() -> None:
    floor = Floor()
    floor.do(pack(BOX), item(1))
    floor.do(pack(CRATE), BOX)
    floor.do(pack(PALLET), CRATE)
    count = len(floor.events)
    judged = floor.do(pack(BOX), PALLET)
    assert codes(judged) == ["PARENT_LOOP"]
    assert len(floor.events) == count
    assert judged.messages[0].remedy("zh")


def test_a_lost_parent_is_emptied_by_its_typed_code_and_its_goods_packed_anew() -> None:
    floor = Floor()
    floor.do(pack(BOX), item(1), item(2))
    floor.do(Order(Step.UNPACK, parent=BOX, typed=True))
    assert codes(floor.do(pack(CRATE), item(1), item(2))) == []


def test_unpacking_from_the_wrong_unit_is_told() -> None:
    floor = Floor()
    floor.do(pack(BOX), item(1))
    assert codes(floor.do(Order(Step.UNPACK, parent=CRATE), item(1))) == ["NOT_INSIDE"]


@pytest.mark.parametrize(
    ("read", "told", "recorded"),
    [(2, [], True), (1, ["QTY_MISMATCH"], True), (3, ["OVER_FULL"], False)],
    ids=["full", "short", "of the box beside it too"],
)
def test_a_rule_says_how_many_go_into_a_unit(read: int, told: list[str], *, recorded: bool) -> None:
    floor = Floor({PACKING.name: (PackingRule(GTIN, 2),)})
    assert codes(floor.do(pack(BOX), *(item(n) for n in range(read)))) == told
    assert bool(floor.events) is recorded
    assert codes(floor.do(pack(CRATE, reason="尾箱", expected_count=1), item(9))) == []


def test_lots_are_mixed_only_where_the_rule_allows_it() -> None:
    mixed = (labelled(1, "A"), labelled(2, "B"))
    strict = Floor({PACKING.name: (PackingRule("", one_lot=True), PackingRule(OTHER))})
    judged = strict.do(pack(BOX), *mixed)
    assert codes(judged) == ["MIXED_LOTS"]
    assert judged.messages[0].fields["lots"] == "A, B"
    assert strict.events == []
    assert codes(strict.do(pack(BOX), labelled(1, "A", OTHER), labelled(2, "B", OTHER))) == []
    assert codes(Floor().do(pack(BOX), *mixed)) == []


def test_what_is_of_another_product_is_not_packed() -> None:
    floor = Floor()
    judged = floor.do(pack(BOX, product=GTIN), item(1), item(2, OTHER))
    assert codes(judged) == ["WRONG_PRODUCT"]
    assert floor.events[-1]["childEPCs"] == [item(1)]


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_of_ten_thousand_random_packings_each_leaves_one_parent_for_each_child(seed: int) -> None:
    """Replayed from the events alone, as decision 0002 does: 2,500 operations for each seed."""
    chance, floor = Random(seed), Floor(checks_events=False)
    things = [item(n) for n in range(30)]
    units = [sscc(n) for n in range(12)]
    for _ in range(2_500):
        unit = chance.choice(units)
        some = chance.sample(things + units, chance.randint(1, 4))
        some = [each for each in some if each != unit]
        step = chance.choice((Step.PACK, Step.PACK, Step.UNPACK))
        whole = step is Step.UNPACK and chance.random() < 0.2
        floor.do(Order(step, parent=unit, typed=whole), *(() if whole else some))
    parent_of: dict[str, str] = {}
    for event in floor.events:
        unit, children = event["parentID"], event["childEPCs"]
        for child in children or [c for c, p in parent_of.items() if p == unit]:
            if event["action"] == "ADD":
                assert parent_of.get(child, unit) == unit
                parent_of[child] = unit
                above = unit
                while (above := parent_of.get(above, "")) != "":
                    assert above != child
            elif parent_of.get(child) == unit:
                del parent_of[child]
    known = dict(floor.db.execute("SELECT key, unit_key FROM known WHERE unit_key IS NOT NULL").fetchall())
    assert known == parent_of
    assert len(parent_of) > 5
