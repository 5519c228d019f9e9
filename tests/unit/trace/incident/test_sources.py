"""Six lots, computed by hand.

::

    F1 60 -> P1    F1 40 -> S1    G1 60 -> P1    G1 20 -> T1    H1 10 -> T1    P1 30 -> S1    P1 90 -> T1
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from suyuan.trace.errors import NotFound, TooLarge, WrongUse
from suyuan.trace.incident import Delivery, Network, Settings, Station, score
from suyuan.trace.incident.assumptions import Assumptions
from suyuan.trace.incident.cases import Case, Negative
from suyuan.trace.incident.completion import completed
from suyuan.trace.incident.evidence import evidence
from suyuan.trace.incident.lags import LONGEST_DAYS, PATHOGENS, LogNormal, lag_density
from suyuan.trace.incident.lots import Flow, LotNetwork, TracedLot, lay_out
from suyuan.trace.incident.problems import NetworkInvalid
from suyuan.trace.incident.rivals import compared
from suyuan.trace.incident.sources import rank_sources


def day(number: int) -> date:
    return date(2026, 3, 1 + number)


LOTS = (
    TracedLot("S1", "shop S", day(3), product="meal"),
    TracedLot("T1", "shop T", day(3), product="meal"),
    TracedLot("F1", "farm F", day(0), "Fine Ltd", "leaf", "north"),
    TracedLot("G1", "farm G", day(0), "Green Ltd", "leaf", "north"),
    TracedLot("H1", "farm H", day(1), "Green Ltd", "leaf", "south"),
    TracedLot("P1", "plant P", day(2), product="meal"),
)
FLOWS = tuple(
    Flow(out_of, into, quantity)
    for out_of, into, quantity in (
        ("F1", "P1", 60), ("F1", "S1", 40), ("G1", "P1", 60), ("G1", "T1", 20), ("H1", "T1", 10),
        ("P1", "S1", 30), ("P1", "T1", 90),
    )
)  # fmt: skip
CASES = (Case("a", ("shop S",)), Case("b", ("shop S",)), Case("c", ("shop T",)))
FIFTH = Assumptions(unrelated=(0.2,), begins_only=True)
TO_S = {"F": 0.55, "G": 0.1875, "H": 0.0}
SALES_S, SALES_T = 70 / 190, 120 / 190
LIKELIHOOD = {
    farm: (0.8 * to_s / SALES_S + 0.2) ** 2 * (0.8 * (1 - to_s) / SALES_T + 0.2)
    for farm, to_s in TO_S.items()
}


def network() -> LotNetwork:
    read = lay_out(LOTS, FLOWS)
    assert not read.warnings
    return read.network


def test_the_posterior_is_what_paper_says() -> None:
    found = rank_sources(network(), CASES, (), FIFTH)
    whole = sum(0.33 * one for one in LIKELIHOOD.values()) + 0.01
    expected = {f"farm {farm}": 0.33 * one / whole for farm, one in LIKELIHOOD.items()}
    assert found.posterior["place"] == pytest.approx(expected)
    assert list(found.posterior["place"]) == ["farm F", "farm G", "farm H"]
    assert found.unexplained == pytest.approx(0.01 / whole)
    assert found.posterior["supplier"]["Green Ltd"] == pytest.approx(expected["farm G"] + expected["farm H"])
    assert found.posterior["region"]["north"] == pytest.approx(expected["farm F"] + expected["farm G"])
    assert found.posterior["product"]["leaf"] == pytest.approx(1 - found.unexplained)
    assert math.exp(found.runs["farm G"].log_likelihood) == pytest.approx(LIKELIHOOD["G"])


def test_a_clean_test_speaks_against_what_went_into_it() -> None:
    """Of the 120 in T1, 45 came from F1, 65 from G1, 10 from H1."""
    found = rank_sources(network(), CASES, (Negative("T1", power=0.9),), FIFTH)
    for farm, part in {"F": 45, "G": 65, "H": 10}.items():
        expected = LIKELIHOOD[farm] * (1 - 0.9 * part / 120)
        assert math.exp(found.runs[f"farm {farm}"].log_likelihood) == pytest.approx(expected)


def test_a_sure_test_leaves_a_source_where_it_is_last() -> None:
    found = rank_sources(network(), CASES, (Negative("F1", power=1.0),), FIFTH)
    assert list(found.posterior["place"]) == ["farm G", "farm H", "farm F"]
    assert 0 < found.posterior["place"]["farm F"] < 1e-6


def test_the_lag_decides_between_days() -> None:
    """Two lots of one farm go to one shop, ten days apart; onsets fit the second."""
    lots = [TracedLot(f"{who}{number}", who, day(number)) for who in "FS" for number in (0, 10)]
    laid = lay_out(lots, [Flow("F0", "S0", 1), Flow("F10", "S10", 1)]).network
    cases = [Case(str(number), ("S",), day(13 + number % 3)) for number in range(6)]
    found = rank_sources(laid, cases, (), Assumptions(begins_only=True))
    assert found.lots[laid.ids.index("F10")] > 0.99
    assert found.runs["F"].first_day == found.runs["F"].last_day == day(10).toordinal()
    density = lag_density(PATHOGENS["salmonella"].incubation, Assumptions().consumption)
    at = found.chances.explained[1][found.chances.day == day(10).toordinal()][0]
    assert at == pytest.approx([density[3 + number % 3] for number in range(6)])


def test_lags_are_densities_with_the_medians_of_their_parts() -> None:
    short = LogNormal(0.01, 1.01)
    for pathogen in PATHOGENS.values():
        density = lag_density(pathogen.incubation, short)
        assert len(density) == LONGEST_DAYS + 1
        assert 0.98 < density.sum() <= 1 + 1e-9
        assert abs(float(np.searchsorted(np.cumsum(density), 0.5)) - pathogen.incubation.median) <= 1
        assert pathogen.source


def test_what_a_source_explains_has_a_way_and_the_rest_is_left() -> None:
    laid = network()
    found = rank_sources(laid, (*CASES, Case("d", (), lots=("G1",))), (), FIFTH)
    told = evidence(found, "farm F")
    assert [one.way for one in told.cases] == [("F1", "S1"), ("F1", "S1"), ("F1", "P1", "T1"), ()]
    assert [one.way_share for one in told.cases] == pytest.approx([0.4, 0.4, 0.45, 0])
    ratio = 0.8 * 0.55 / SALES_S
    assert told.cases[0].probability == pytest.approx(ratio / (ratio + 0.2))
    assert told.left == ("d",)
    with pytest.raises(NotFound):
        evidence(found, "shop S")


def test_goods_without_records_go_the_usual_ways() -> None:
    """F sends every day to S and T alike; of one lot of 10, the half to T is not on record."""
    lots = [TracedLot(f"{who}{number}", who, day(number), size=size) for number in range(6)
            for who, size in (("F", 10.0), ("S", 5.0), ("T", 5.0))]  # fmt: skip
    flows = [Flow(f"F{number}", f"{to}{number}", 5) for number in range(6) for to in "ST"]
    laid = lay_out(lots, [flow for flow in flows if flow != Flow("F3", "T3", 5)]).network
    whole = completed(laid)
    row, to = whole.ids.index("F3"), whole.ids.index("T3")
    assert dict(zip(whole.into[whole.first[row] : whole.first[row + 1]], whole.quantity[whole.first[row] :],
                    strict=False))[to] == pytest.approx(5, rel=0.01)  # fmt: skip
    cases = [Case("a", (), lots=("T3",))]
    found = rank_sources(laid, cases, (), Assumptions(begins_only=True))
    assert evidence(found, "F").cases[0].supposed == ("T3",)
    assert completed(lay_out(lots, flows).network).quantity.tolist() == [5.0] * 12


def test_what_stays_in_a_tank_goes_into_the_next_lot() -> None:
    """Of F0's only buyer a fifth stays in the tank of P and comes to T with the lot of the next day."""
    lots = [TracedLot(*one) for one in (("F0", "F", day(0)), ("G0", "G", day(0)), ("P1", "P", day(1)),
            ("P2", "P", day(2)), ("S2", "S", day(2)), ("T3", "T", day(3)))]  # fmt: skip
    flows = [Flow("F0", "P1", 8), Flow("P1", "S2", 8), Flow("G0", "P2", 8), Flow("P2", "T3", 8)]
    laid = lay_out(lots, flows).network
    told = Assumptions(unrelated=(0.2,), carry_over=0.2, begins_only=True)
    found = rank_sources(laid, [Case("a", (), lots=("T3",))], (), told)
    assert found.chances.explained[1][:, 0] == pytest.approx([8 * 0.2, 8])
    assert evidence(found, "F").cases[0].way == ("F0", "P1", "P2", "T3")


def test_the_score_beside_it_is_that_of_foodchain_lab() -> None:
    laid = network()
    cases = [Case("s", (), lots=("S1",)), Case("t", (), lots=("T1",)), Case("p", (), lots=("P1",))]
    deliveries = [Delivery(f"{flow.out_of}>{flow.into}", flow.out_of, flow.into) for flow in FLOWS]
    links = [(one.id, two.id) for one in deliveries for two in deliveries if one.recipient == two.supplier]
    theirs = score(
        Network(tuple(Station(lot.id) for lot in LOTS), tuple(deliveries), tuple(links)),
        Settings(station_weight={case.lots[0]: 1.0 for case in cases}),
    )
    ours = compared(laid, cases)
    assert ours.score == pytest.approx([theirs.stations[lot].score for lot in laid.ids])
    at = laid.ids.index("F1")  # to S1, to T1 by way of P1, to P1
    ways = [1 - math.log(0.4), 2 - math.log(0.6 * 0.75), 1 - math.log(0.6)]
    assert ours.distance[at] == pytest.approx(sum(ways) / 3)
    assert ours.variance[at] == pytest.approx(float(np.var(ways)))


@pytest.mark.parametrize(
    ("lots", "flows", "where", "said"),
    [
        ([replace(LOTS[0], day=None)], [], "/lots/0/day", "has no date"),
        ([replace(LOTS[0], id="")], [], "/lots/0/id", "no id"),
        ([LOTS[0], LOTS[0]], [], "/lots/1/id", "told twice"),
        ([replace(LOTS[0], size=-1.0)], [], "/lots/0/size", "no quantity"),
        ([replace(LOTS[0], sold=math.nan)], [], "/lots/0/sold", "no quantity"),
        (LOTS, [Flow("F1", "P1", -3)], "/flows/0/quantity", "no quantity"),
        (LOTS, [Flow("F1", "P1", math.inf)], "/flows/0/quantity", "no quantity"),
        (LOTS, [Flow("F1", "X", 1)], "/flows/0/into", "There is no lot X"),
        (LOTS, [Flow("S1", "T1", 1), Flow("T1", "S1", 1)], "/flows", "in a circle"),
    ],
)
def test_faults_are_told_with_their_place(
    lots: list[TracedLot], flows: list[Flow], where: str, said: str
) -> None:
    with pytest.raises(NetworkInvalid) as refused:
        lay_out(lots, flows)
    assert refused.value.where == where
    assert said in refused.value.detail


@pytest.mark.parametrize(
    ("flow", "said"),
    [
        (Flow("P1", "F1", 5), "of 2026-03-01 is told to come out of lot P1 of 2026-03-03"),
        (Flow("P1", "P1", 5), "its own ingredient"),
        (Flow("F1", "T1", None), "all its ways count alike"),
    ],
)
def test_doubts_are_told_and_nothing_is_guessed(flow: Flow, said: str) -> None:
    read = lay_out(LOTS, (*FLOWS, flow))
    assert [said in one.detail for one in read.warnings] == [True]
    quantities = read.network.quantity[read.network.out_of == read.network.ids.index("F1")]
    mean = sum((60, 60, 20, 40, 10, 30, 90)) / 7
    assert quantities.tolist() == pytest.approx([mean] * 3 if flow.quantity is None else [60, 40])


def test_more_out_than_there_was_is_told() -> None:
    read = lay_out([*LOTS[:-1], replace(LOTS[-1], size=50.0)], FLOWS)
    assert [one.where for one in read.warnings] == ["/lots/5/size"]


@pytest.mark.parametrize(
    ("case", "negative", "where"),
    [
        (Case("a", ("nowhere",)), None, "/cases/0/places/0"),
        (Case("a", (), lots=("X",)), None, "/cases/0/lots/0"),
        (Case("a", ()), None, "/cases/0"),
        (CASES[0], Negative("X"), "/negatives/0/lot"),
        (CASES[0], Negative("S1", power=math.nan), "/negatives/0/power"),
    ],
)
def test_faults_of_cases_and_tests(case: Case, negative: Negative | None, where: str) -> None:
    with pytest.raises(NetworkInvalid) as refused:
        rank_sources(network(), [case], [negative] if negative else [])
    assert refused.value.where == where


def test_nothing_told_is_no_error_of_the_program() -> None:
    with pytest.raises(NetworkInvalid):
        rank_sources(network(), [])
    with pytest.raises(NetworkInvalid):
        rank_sources(lay_out([], []).network, CASES)
    with pytest.raises(TooLarge):
        rank_sources(network(), CASES * 3334)
    for wrong in (
        Assumptions(pathogen="measles"),
        Assumptions(unrelated=(0.0,)),
        Assumptions(unrelated=()),
        Assumptions(consumption=LogNormal(-1, 2)),
        Assumptions(incubation=LogNormal(math.nan, 2)),
        Assumptions(incubation=LogNormal(2, 1)),
        Assumptions(longest_run_days=0),
        Assumptions(carry_over=1.0),
    ):
        with pytest.raises(WrongUse):
            rank_sources(network(), CASES, (), wrong)


def test_cases_that_no_lot_explains_are_left_unexplained() -> None:
    """Nobody falls ill before the food is there."""
    early = [Case(str(number), ("shop S",), day(0)) for number in range(5)]
    found = rank_sources(network(), early, (), FIFTH)
    assert found.unexplained > 0.95
