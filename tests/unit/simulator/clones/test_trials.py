"""The market in which copies are looked for, and what the rules make of it."""

from __future__ import annotations

import math
from dataclasses import replace

from suyuan.simulator.clones.market import Market, copied, genuine, lots_copied
from suyuan.simulator.clones.rules import OURS, RULES, devices, far, far_together, fastest, ours, scans
from suyuan.simulator.clones.trials import CLONE_COUNTS, Share, table, together
from suyuan.trace.scan.likelihood import FindingKind, State, suspicion
from suyuan.trace.scan.wandering import place_on_record


def test_the_same_seed_is_the_same_market_and_another_one_is_not() -> None:
    first = [one.history for one in genuine(Market(), 5, 20)]
    assert first == [one.history for one in genuine(Market(), 5, 20)]
    assert first != [one.history for one in genuine(Market(), 6, 20)]


def test_genuine_codes_were_scanned_and_their_scans_are_in_order() -> None:
    for one in genuine(Market(), 1, 200):
        times = [scan.time for scan in one.history.scans]
        assert times
        assert times == sorted(times)
        assert one.copies == 0


def test_most_visitors_tell_no_place_where_few_do() -> None:
    told = [
        scan.spot is not None
        for one in genuine(Market(tells_place=0.3), 1, 300)
        for scan in one.history.scans
    ]
    assert 0.2 < sum(told) / len(told) < 0.4


def test_without_errors_and_journeys_a_genuine_thing_is_scanned_near_where_it_is() -> None:
    exact = Market(missed=0, wrong_place=0, moves=0, travels=0, in_public=0, tills=1)
    for one in genuine(exact, 1, 200):
        assert far(one.history) == 0
        last, _ = place_on_record(one.history.stays, one.history.scans[-1].time)
        assert last is not None


def test_where_only_makers_keep_records_nothing_else_is_told() -> None:
    for one in copied(Market(only_makers=True), 1, 20, 5):
        assert [stay.until for stay in one.history.stays] == [None]
        assert (one.history.shipped, one.history.sold, one.history.destroyed) == (None, None, None)


def test_copies_are_scanned_about_half_of_them() -> None:
    histories = [one.history for one in copied(Market(in_company=0), 1, 40, 100)]
    assert all(len(one.scans) > 50 for one in histories)


def test_rules_count_what_they_say() -> None:
    history = next(one.history for one in copied(Market(), 3, 1, 20))
    assert scans(history) == len(history.scans)
    assert devices(history) <= scans(history)
    assert far_together(history) <= far(history)
    assert fastest(replace(history, scans=history.scans[:1])) == 0.0


def test_no_chip_no_known_copy() -> None:
    for one in copied(Market(), 1, 20, 20):
        assert not any(finding.kind in FindingKind for finding in one.history.findings)
        assert suspicion(one.history).state in (State.SUSPICIOUS, State.CANNOT_TELL)


def test_an_interval_holds_its_share() -> None:
    low, high = Share(16, 20).interval
    assert (round(low, 2), round(high, 2)) == (0.58, 0.92)
    assert Share(0, 0).interval == (0.0, 1.0)


def test_likelihood_accuses_fewer_and_finds_more_than_counting_scans() -> None:
    lines = {line.rule: line for line in table(Market(), 2001, 600)}
    counted, likely = lines[RULES[0].name], lines[OURS.name]
    assert likely.false_alarms.value <= 0.02
    assert likely.false_alarms.value < counted.false_alarms.value / 2
    five, twenty = CLONE_COUNTS.index(5), CLONE_COUNTS.index(20)
    assert likely.found[five].value > counted.found[five].value + 0.25
    assert likely.found[twenty].value > 0.95
    summed, warned = lines["weighted sum at our alarms"], lines["the same, shoppers are warned"]
    assert summed.false_alarms.value <= likely.false_alarms.value
    assert warned.false_alarms.value < likely.false_alarms.value


def test_a_lot_tells_more_than_its_codes_alone() -> None:
    with_the_lot, alone = together(Market(), 1, 10, 20)
    assert with_the_lot.value > alone.value
    assert all(one.history.batch.far is not None for one in lots_copied(Market(), 1, 1, 5))


def test_ours_is_the_score_of_what_is_suspected_and_of_nothing_else() -> None:
    histories = [one.history for one in copied(Market(), 1, 20, 5)]
    found = [suspicion(history) for history in histories]
    assert {one.state for one in found} == {State.SUSPICIOUS, State.CANNOT_TELL}
    for history, one in zip(histories, found, strict=True):
        assert ours(history) == (one.score if one.state is State.SUSPICIOUS else -math.inf)
