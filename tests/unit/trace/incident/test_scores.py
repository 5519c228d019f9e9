"""Worked examples of every rule of decision 0018, computed by hand."""

from __future__ import annotations

import pytest

from suyuan.trace.incident import Delivery, Dialect, Lot, Network, Scores, Settings, Station, score
from suyuan.trace.incident.dates import PartialDate
from suyuan.trace.incident.network import Observed

BOTH: tuple[Dialect, ...] = ("desktop", "exact")


def network(
    *told: str,
    links: str = "",
    days: dict[str, PartialDate] | None = None,
    lots: dict[str, str] | None = None,
) -> Network:
    """Deliveries as ``d1:A>B``, links as ``d1>d2``; stations are those that are named."""
    deliveries: list[Delivery] = []
    for one in told:
        name, _, way = one.partition(":")
        supplier, _, recipient = way.partition(">")
        day = (days or {}).get(name, ())
        deliveries.append(Delivery(name, supplier, recipient, day, (), "", (lots or {}).get(name, "")))
    names = dict.fromkeys(end for one in deliveries for end in (one.supplier, one.recipient))
    pairs = tuple((a, b) for a, _, b in (link.partition(">") for link in links.split()))
    known = {lot: Lot(lot, "") for lot in (lots or {}).values()}
    return Network(tuple(map(Station, names)), tuple(deliveries), pairs, tuple(known.values()))


def at(found: Scores, *names: str) -> list[float]:
    both = {**found.stations, **found.deliveries}
    return [both[name].score for name in names]


CHAIN = network("d1:A>B", "d2:B>C", "d3:B>D", links="d1>d2")


@pytest.mark.parametrize("dialect", ["desktop", "exact", "web"])
def test_a_score_is_the_share_of_weight_that_lies_forward(dialect: Dialect) -> None:
    found = score(CHAIN, Settings({"C": 1.0, "D": 1.0}), dialect=dialect)
    assert at(found, "A", "B", "C", "D", "d1", "d2", "d3") == [0.5, 1, 0.5, 0.5, 0.5, 0.5, 0.5]
    assert found.stations["B"].normalized == 1
    assert found.stations["A"].normalized == 0.5


@pytest.mark.parametrize("dialect", BOTH)
def test_weights_below_zero_are_clean_findings(dialect: Dialect) -> None:
    found = score(CHAIN, Settings({"C": 1.0, "D": -3.0}, {"d2": 1.0}), dialect=dialect)
    b, c = found.stations["B"], found.stations["C"]
    assert (b.score, b.positive, b.negative) == ((1 + 1 - 3) / 3, 1.0, 1.0)
    assert (c.score, c.positive, c.negative) == (1 / 3, 0.5, 0.0)
    assert found.deliveries["d1"].score == found.deliveries["d2"].score == 2 / 3
    assert found.stations["D"].normalized == -1
    assert b.normalized == pytest.approx(-1 / 3)


def test_the_web_program_counts_outbreaks_not_weights() -> None:
    found = score(CHAIN, Settings({"C": 5.0, "D": -3.0}, {"d2": 0.5}), dialect="web")
    assert at(found, "A", "C", "D", "d2", "d3") == [1.0, 0.5, 0.0, 1.0, 0.0]


def test_without_weights_every_score_is_zero() -> None:
    found = score(CHAIN, Settings())
    assert {one.score for one in found.stations.values()} == {0.0}
    assert {one.normalized for one in found.stations.values()} == {0.0}


@pytest.mark.parametrize(
    ("came", "left", "goes"),
    [
        ((2020, 1, 5), (2020, 1, 5), True),
        ((2020, 1, 6), (2020, 1, 5), False),
        ((2020, 1, 6), (2020, 1), True),
        ((2020, 2), (2020, 1, 31), False),
        ((2020,), (2019, 12, 31), False),
        ((), (2019,), True),
        ((2020, 1, 6), (), True),
    ],
)
def test_cross_contamination_keeps_to_time_as_far_as_it_is_known(
    came: PartialDate, left: PartialDate, goes: bool
) -> None:
    told = network("d1:A>B", "d2:B>C", days={"d1": came, "d2": left})
    settings = Settings({"C": 1.0}, cc_stations=frozenset("B"))
    for dialect in BOTH:
        assert at(score(told, settings, dialect=dialect), "A") == [float(goes)]
    anyhow = Settings({"C": 1.0}, cc_stations=frozenset("B"), temporal_order=False)
    assert at(score(told, anyhow), "A") == [1]


def test_declared_links_are_never_removed_by_time() -> None:
    told = network("d1:A>B", "d2:B>C", links="d1>d2", days={"d1": (2021,), "d2": (2020,)})
    assert at(score(told, Settings({"C": 1.0})), "A") == [1]


def test_what_a_station_sends_to_itself_is_not_an_ingredient_of_itself() -> None:
    told = network("d1:B>B", "d2:B>C")
    found = score(told, Settings({"C": 1.0}, {"d1": 1.0}, cc_stations=frozenset("B")))
    assert at(found, "d1", "d2") == [1, 0.5]
    assert found.cycles == ()


@pytest.mark.parametrize("dialect", BOTH)
def test_cross_contaminated_deliveries_go_where_the_others_go(dialect: Dialect) -> None:
    told = network(
        "d1:A>M", "d2:B>M", "d3:C>M", "d4:M>X", "d5:M>Y", links="d1>d4 d3>d5",
        days={"d2": (2020, 5, 1), "d4": (2020, 4, 1), "d5": (2020, 6, 1)},
    )  # fmt: skip
    settings = Settings({"X": 1.0, "Y": 1.0}, cc_deliveries=frozenset({"d1", "d2"}))
    assert at(score(told, settings, dialect=dialect), "A", "B", "C") == [0.5, 0, 0.5]
    settings = Settings({"X": 1.0, "Y": 1.0}, cc_deliveries=frozenset({"d1", "d2", "d3"}))
    assert at(score(told, settings, dialect=dialect), "A", "B", "C") == [1, 0.5, 1]
    settings = Settings({"X": 1.0}, cc_deliveries=frozenset({"d1", "d4"}))  # other recipients: nothing
    assert at(score(told, settings, dialect=dialect), "B") == [0]


def test_a_killed_station_neither_passes_on_nor_sends() -> None:
    told = network("d1:A>B", "d2:B>C", links="d1>d2")
    settings = Settings({"C": 1.0, "B": 1.0}, kill_stations=frozenset("B"), observed_stations={"C": "full"})
    found = score(told, settings, dialect="desktop")
    assert at(found, "A", "B", "d1", "d2") == [0.5, 0.5, 0.5, 0.5]
    assert [name for name, one in found.stations.items() if one.backward] == []
    assert [name for name, one in found.deliveries.items() if one.backward] == ["d2"]
    assert at(score(told, settings, dialect="web"), "A", "B", "C", "d1", "d2") == [0.5, 0.5, 0.5, 0.5, 0.5]


def test_a_killed_delivery_goes_nowhere_and_is_met() -> None:
    told = network("d0:A>B", "d1:B>C", "d2:C>D", links="d0>d1 d1>d2")
    kill = frozenset({"d1"})
    found = score(told, Settings({"C": 1.0, "D": 1.0}, {"d1": 2.0}, kill_deliveries=kill), dialect="desktop")
    assert at(found, "B", "d1", "d2", "C") == [0.5, 0.5, 0.25, 0.5]
    assert at(found, "A", "d0") == [0.75, 0.75]  # r(x) of x in F(d) counts, as desktop has it
    observed: dict[str, Observed] = {"C": "full", "A": "forward"}
    found = score(told, Settings(kill_deliveries=kill, observed_stations=observed), dialect="desktop")
    assert [name for name, one in found.deliveries.items() if one.forward] == ["d0", "d1", "d2"]
    assert [name for name, one in found.deliveries.items() if one.backward] == []
    found = score(told, Settings({"D": 1.0}, kill_deliveries=kill), dialect="web")
    assert at(found, "C", "D", "d2", "d1", "B", "A") == [1, 1, 1, 0, 0, 0]


def test_forward_and_backward_of_what_is_observed() -> None:
    stations: dict[str, Observed] = {"B": "full"}
    for dialect in ("desktop", "exact", "web"):
        found = score(CHAIN, Settings(observed_stations=stations), dialect=dialect)
        assert {name for name, one in found.stations.items() if one.forward} == {"C", "D"}
        assert {name for name, one in found.deliveries.items() if one.forward} == {"d2", "d3"}
        assert {name for name, one in found.stations.items() if one.backward} == {"A"}
        found = score(
            CHAIN, Settings(observed_deliveries={"d1": "forward", "d2": "backward"}), dialect=dialect
        )
        assert {name for name, one in found.deliveries.items() if one.forward} == {"d2"}
        assert {name for name, one in found.stations.items() if one.forward} == {"B", "C"}
        assert {name for name, one in found.stations.items() if one.backward} == {"A", "B"}


def test_merged_stations_are_one() -> None:
    told = network("d1:A>B1", "d2:B2>C")
    assert at(score(told, Settings({"C": 1.0}, cc_stations=frozenset({"B1", "B2"}))), "A") == [0]
    merge = {"B1": "B", "B2": "B"}
    for dialect in ("desktop", "exact", "web"):
        settings = Settings({"C": 1.0}, cc_stations=frozenset("B"), merge=merge)
        found = score(told, settings, dialect=dialect)
        assert at(found, "A", "B", "B1") == [1, 1, 0]


def test_lots_are_scored_without_what_was_delivered_of_them() -> None:
    told = network(
        "d1:A>B", "d2:A>C", "d3:A>D", "d4:B>E", links="d1>d4", lots={"d1": "L1", "d2": "L1", "d3": "L2"}
    )
    found = score(told, Settings({"C": 1.0, "D": 1.0, "E": 1.0}, {"d1": 1.0}), dialect="desktop")
    assert found.lots == {"L1": 0.5, "L2": 0.25}
    assert found.maximum_lot == {"A": 0.5, "B": 0.25}
    assert at(found, "A") == [1]


def test_on_a_cycle_desktop_loses_what_exact_finds() -> None:
    told = network("d1:A>B", "d2:B>A", "d4:A>C", links="d1>d2 d1>d4 d2>d1")
    settings = Settings(delivery_weight={"d4": 1.0})
    desktop, exact = (score(told, settings, dialect=dialect) for dialect in BOTH)
    assert at(desktop, "d1", "d2") == [1, 0]  # F(d2) = {d1, d2}: d4 is missing
    assert at(exact, "d1", "d2") == [1, 1]
    assert exact.cycles == desktop.cycles == (("d1", "d2"),)


def test_what_reaches_itself_counts_once_in_exact_only() -> None:
    told = network("d1:A>B", "d2:B>A")
    settings = Settings({"A": 1.0}, cc_stations=frozenset({"B"}))
    desktop, exact = (score(told, settings, dialect=dialect) for dialect in BOTH)
    assert (at(desktop, "A"), at(exact, "A")) == ([2], [1])
    assert exact.cycles == ()
    assert exact.returning == ("A",)


def test_days_of_the_web_program() -> None:
    told = network(
        "d1:A>B", "d2:B>C", "d3:C>D", links="d2>d3",
        days={"d1": (2020, 5, 10), "d3": (2020, 5, 1)},
    )  # fmt: skip
    settings = Settings({"D": 1.0}, cc_stations=frozenset("B"))
    scores = {
        way: at(score(told, settings, dialect="web", dates=way), "A")[0]
        for way in ("explicit", "inferred", "ignore")
    }
    assert scores == {"explicit": 1, "inferred": 0, "ignore": 1}


def test_more_cases_than_one_block_holds() -> None:
    many = [f"c{number}:B>S{number}" for number in range(3000)]
    told = network("d1:A>B", *many, links=" ".join(f"d1>c{number}" for number in range(3000)))
    weights = {f"S{number}": float(number % 40 + 1) for number in range(2999)} | {"S2999": -7.0}
    found = score(told, Settings(weights))
    total = sum(weight for weight in weights.values() if weight > 0)
    assert at(found, "A")[0] == pytest.approx((total - 7) / total)
    assert found.stations["A"].negative == 1
    assert score(told, Settings(weights), dialect="web").stations["A"].score == 1


def test_a_chain_of_any_length_needs_no_recursion() -> None:
    length = 5_000  # Python gives up at 1,000
    told = network(
        *(f"d{number}:S{number}>S{number + 1}" for number in range(length)),
        links=" ".join(f"d{number}>d{number + 1}" for number in range(length - 1)),
    )
    for dialect in ("desktop", "exact", "web"):
        assert at(score(told, Settings({f"S{length}": 1.0}), dialect=dialect), "S0") == [1]
