"""Keys in sequence are one node while they have one history, and late words cost what stands on them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from suyuan.trace.gs1 import check_digit
from suyuan.trace.lineage import Holding, Occurrence
from suyuan.trace.lineage.chronicle import Chronicle
from suyuan.trace.lineage.chronicle.books import CONTAINMENTS, NODES
from suyuan.trace.lineage.chronicle.chronicle import GUESTS
from suyuan.trace.lineage.chronicle.names import spelled
from suyuan.trace.lineage.compiled.tables import NONE

ITEM = "https://id.gs1.org/01/09506000134352/21/"
LOT = "https://id.gs1.org/01/09506000134352/10/L1"
MILL = "https://id.gs1.org/414/9506000000022"
SHOP = "https://id.gs1.org/414/9506000000046"
CASES = tuple(
    f"https://id.gs1.org/00/{digits}{check_digit(digits)}"
    for digits in ("09506000000000001", "09506000000000002")
)


def items(first: int, until: int) -> list[str]:
    return [f"{ITEM}{serial:06d}" for serial in range(first, until)]


def told(number: int, kind: str, hour: float, **said: Any) -> Occurrence:
    time = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hour)
    for name in ("what", "children", "inputs", "outputs"):
        if name in said:
            said[name] = tuple(map(Holding, said[name]))
    return Occurrence(f"e{number:04d}", "acme", kind, time, time, **said)


def made(first: int, until: int, number: int = 0) -> Occurrence:
    keys = items(first, until)
    pairs = tuple((key, LOT) for key in keys)
    return told(number, "TransformationEvent", 0, outputs=keys, lot_of=pairs, biz_location=MILL)


def packed(number: int, case: str, keys: Sequence[str], hour: float = 1) -> Occurrence:
    return told(number, "AggregationEvent", hour, action="ADD", parent=case, children=keys, biz_location=MILL)


def seen(number: int, keys: Sequence[str], hour: float, place: str = SHOP) -> Occurrence:
    return told(number, "ObjectEvent", hour, action="OBSERVE", what=keys, biz_location=place)


def runs(chronicle: Chronicle) -> dict[str, int]:
    """The nodes of items: the first key of each, and how many it stands for."""
    books = chronicle.books
    named = slice(len(GUESTS), int(books.used[NODES]))
    nodes: Any = books.nodes[named]
    lives: Any = books.lives[named]
    found = {
        chronicle.names.key(int(life["prefix"]), int(life["first"])): int(node["count"])
        for node, life in zip(nodes, lives, strict=True)
    }
    return {key: count for key, count in found.items() if key.startswith(ITEM)}


def of(chronicle: Chronicle, key: str) -> Any:
    """The row of the node that stands for ``key``."""
    return chronicle.books.nodes[chronicle.node(key)]


@pytest.mark.parametrize(
    "key",
    [
        CASES[0],
        "https://id.gs1.org/00/095060000000000015",  # a wrong check digit is a digit like the others
        f"{ITEM}000000000000000000",
        f"{ITEM}12345678901234567890",
        f"{ITEM}A7",
        f"{ITEM}7A",
        f"{MILL}/254/12",
        "urn:example:crate:0009",
        "٣٤",
        "a\n7",
        "",
    ],
)
def test_a_name_is_its_key(key: str) -> None:
    spelling, number = spelled(key)
    assert spelling.key(number) == key


def test_cases_in_sequence_differ_by_one() -> None:
    (one, first), (other, second) = map(spelled, CASES)
    assert (one, first + 1) == (other, second)


def test_a_block_of_keys_is_one_node_until_some_go_their_own_way() -> None:
    chronicle = Chronicle()
    chronicle.add([made(0, 1000)])
    assert runs(chronicle) == {f"{ITEM}000000": 1000}
    chronicle.add([packed(1, CASES[0], items(20, 40)), packed(2, CASES[1], items(40, 60))])
    assert runs(chronicle) == {
        f"{ITEM}000000": 20,
        f"{ITEM}000020": 20,
        f"{ITEM}000040": 20,
        f"{ITEM}000060": 940,
    }
    chronicle.add([told(3, "AggregationEvent", 2, action="DELETE", parent=CASES[0], children=items(25, 26))])
    assert runs(chronicle)[f"{ITEM}000020"] == 5
    assert runs(chronicle)[f"{ITEM}000025"] == 1
    assert of(chronicle, f"{ITEM}000025")["inside"] == NONE
    assert of(chronicle, f"{ITEM}000039")["inside"] != NONE
    assert of(chronicle, LOT)["made"] == 1000


def test_named_in_any_order_keys_are_found() -> None:
    """A random cover of a row of keys by blocks, against a dictionary."""
    drawn = random.Random(5)
    chronicle, place_of = Chronicle(16), dict[str, str]()
    for number in range(60):
        first = drawn.randrange(300)
        keys = items(first, first + drawn.choice((1, 3, 40, 130)))
        place = drawn.choice((MILL, SHOP))
        chronicle.add([seen(number, keys, number, place)])
        place_of.update(dict.fromkeys(keys, place))
    books: Any = chronicle.books
    for key in items(0, 450):
        node = chronicle.node(key)
        assert (node != NONE) == (key in place_of)
        if node != NONE:
            place = int(books.episodes[books.nodes[node]["here"]]["place"])
            assert chronicle.names.key(int(books.lives[place]["prefix"]), 0) == place_of[key]
    assert sum(runs(chronicle).values()) == len(place_of)


def test_what_comes_late_is_told_in_its_place() -> None:
    """Of five hundred later statements only those that stand on it are told again."""
    chronicle = Chronicle()
    chronicle.add([made(0, 1000)])
    chronicle.add(seen(number, items(number, number + 1), 10 + number, SHOP) for number in range(1, 501))
    before = chronicle.redone
    chronicle.add([seen(900, items(100, 102), 5, MILL), seen(901, items(100, 102), 6, SHOP)])
    assert chronicle.redone - before == 4  # both items were seen once more, by two late words
    books: Any = chronicle.books
    episode = books.episodes[of(chronicle, f"{ITEM}000101")["here"]]
    assert chronicle.evidence[int(episode["by"])] == "e0901"


def test_what_was_declared_wrong_never_was() -> None:
    def tell(*number: int) -> Chronicle:
        chronicle = Chronicle()
        history = [
            made(0, 100),
            told(1, "ObjectEvent", 3, action="DELETE", what=items(0, 50), event_id="wrong"),
            seen(2, items(200, 210), 4),
            told(3, "ObjectEvent", 5, event_id="wrong", declared_wrong_at=datetime(2026, 3, 3, tzinfo=UTC)),
        ]
        for one in number:
            chronicle.add([history[one]])
        return chronicle

    assert of(tell(0, 1, 2), f"{ITEM}000007")["ended"] != NONE
    for order in ((0, 1, 2, 3), (3, 1, 0, 2), (0, 3, 2, 1)):
        chronicle = tell(*order)
        assert of(chronicle, f"{ITEM}000007")["ended"] == NONE
        assert of(chronicle, LOT)["made"] == 100
    chronicle = tell(0, 1, 2, 3)
    view = chronicle.as_known(datetime(2026, 3, 2, 3, tzinfo=UTC))  # before it was declared wrong
    assert of(view, f"{ITEM}000007")["ended"] != NONE
    assert view.node(f"{ITEM}000200") == NONE


def test_a_place_that_is_named_as_a_thing_is_at_its_site() -> None:
    chronicle = Chronicle()
    chronicle.add([packed(1, SHOP, items(0, 1)), seen(2, items(1, 2), 2, f"{SHOP}/254/DESK")])
    assert of(chronicle, SHOP)["site"] == of(chronicle, f"{SHOP}/254/DESK")["site"] != NONE


def test_a_place_among_things_in_sequence_is_a_place_alone() -> None:
    crates = [f"urn:example:crate:{number}" for number in range(1, 5)]
    chronicle = Chronicle()
    chronicle.add([packed(1, CASES[0], crates)])
    chronicle.add([seen(2, items(0, 1), 2, crates[1])])
    assert [of(chronicle, key)["site"] != NONE for key in crates] == [False, True, False, False]
    assert chronicle.node(crates[2]) == chronicle.node(crates[3]) != chronicle.node(crates[0])


def test_a_statement_that_names_much_finds_room() -> None:
    """Rows are made for ten thousand containers by one word, in tables that had room for few."""
    chronicle = Chronicle(16)
    chronicle.add([packed(1, CASES[0], items(0, 20_000)[::2])])
    assert len(runs(chronicle)) == 10_000
    chronicle.add([told(2, "ObjectEvent", 2, action="DELETE", biz_step="destroying", what=[CASES[0]])])
    assert of(chronicle, f"{ITEM}019998")["ended"] != NONE


def members(chronicle: Chronicle, lot: str) -> list[int]:
    """The instances of a lot, by node; a line that comes round again is no line."""
    nodes: Any = chronicle.books.nodes
    found, node = list[int](), int(of(chronicle, lot)["first_member"])
    while node != NONE:
        assert node not in found
        found.append(node)
        node = int(nodes["next_member"][node])
    return found


@pytest.mark.parametrize("lots_last", [False, True])
def test_a_lot_among_lots_in_sequence_has_members_of_its_own(lots_last: bool) -> None:
    """Lots may be listed like instances (EPCIS takes their keys in epcList), and are in a run then."""
    lots = [LOT.replace("L1", f"L{number}") for number in (1, 2, 3)]
    item, wrong = items(5, 6), datetime(2026, 3, 3, tzinfo=UTC)
    chronicle = Chronicle(16)
    listed = seen(0, lots, 1)
    grown = told(1, "ObjectEvent", 2, action="OBSERVE", what=item, event_id="1", lot_of=((item[0], lots[1]),))
    for one in (grown, listed) if lots_last else (listed, grown):
        chronicle.add([one])
    own = chronicle.node(item[0])
    assert int(of(chronicle, item[0])["lot"]) == chronicle.node(lots[1])
    assert [bool(of(chronicle, lot)["is_class"]) for lot in lots] == [False, True, False]
    assert [members(chronicle, lot) for lot in lots] == [[], [own], []]
    chronicle.add([seen(2, lots[2:], 3)])
    chronicle.add([told(3, "ObjectEvent", 4, event_id="1", declared_wrong_at=wrong)])
    assert [members(chronicle, lot) for lot in lots] == [[], [], []]
    chronicle.add([told(4, "ObjectEvent", 5, action="OBSERVE", what=item, lot_of=((item[0], lots[2]),))])
    assert [members(chronicle, lot) for lot in lots] == [[], [], [own]]


def test_where_a_shelf_stands_depends_on_the_salt() -> None:
    """Strangers choose the numbers of keys; which of them meet at one seat they cannot know."""
    seats = set[bytes]()
    for salt in (b"", b"one", b"two"):
        chronicle = Chronicle(16, salt=salt)
        chronicle.add([seen(0, [f"{ITEM}{32 * number:09d}" for number in range(20)], 1)])
        assert min(map(chronicle.node, (f"{ITEM}{32 * number:09d}" for number in range(20)))) != NONE
        seats.add(np.asarray(chronicle.books.shelves)["used"].tobytes())
    assert len(seats) == 3


def test_a_lot_is_found_in_a_crate_from_either_side() -> None:
    """Among much in the crate, and where the lot was in many crates: none of it is put in twice."""
    lots = [Holding(LOT.replace("L1", f"L{number}"), 1.0, "KGM", is_class=True) for number in range(4)]
    chronicle = Chronicle(16)
    for number, (case, children) in enumerate(
        [(CASES[0], lots[:1]), (CASES[1], lots), (CASES[0], lots), (CASES[1], lots[:1])]
    ):
        told_ = told(number, "AggregationEvent", number, action="ADD", parent=case, biz_location=MILL)
        chronicle.add([replace(told_, children=tuple(children))])
    containments: Any = chronicle.books.containments[: int(chronicle.books.used[CONTAINMENTS])]
    pairs = sorted((int(row["child"]), int(row["parent"])) for row in containments)
    assert pairs == sorted((chronicle.node(lot.key), chronicle.node(case)) for lot in lots for case in CASES)
