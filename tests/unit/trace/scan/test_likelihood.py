"""Whether a code was copied: what speaks for it, what does not, and that scans alone prove no copy."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from suyuan.trace.register.districts import provinces
from suyuan.trace.scan import parameters as by
from suyuan.trace.scan.cities import spot_of
from suyuan.trace.scan.likelihood import (
    REASONS,
    Batch,
    Channel,
    Finding,
    FindingKind,
    History,
    Outcome,
    Scan,
    Spot,
    State,
    Stay,
    Suspicion,
    suspicion,
)

MADE = datetime(2026, 11, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
SHANGHAI, HANGZHOU, HARBIN, GUANGZHOU, KUNMING = "310000", "330100", "230100", "440100", "530100"


def place(code: str) -> Spot:
    found = spot_of(code)
    assert found is not None
    return found


TOWNS = sorted({place(code).code for cities in provinces().values() for code in cities})


def scan(day: float, city: str = "", visitor: str = "", outcome: Outcome = Outcome.NONE) -> Scan:
    at = MADE + day * DAY
    return Scan(at, visitor or f"v{day}{city}", place(city) if city else None, outcome=outcome)


def history(*scans: Scan, sold: float | None = 6.0, **more: object) -> History:
    """Made in Shanghai, in a shop of Hangzhou from the fourth day on."""
    plain = History(
        scans=scans,
        stays=(
            Stay(MADE, place(SHANGHAI), MADE + 2 * DAY, bound=place(HANGZHOU)),
            Stay(MADE + 4 * DAY, place(HANGZHOU), retail=True),
        ),
        shipped=MADE + 2 * DAY,
        sold=None if sold is None else MADE + sold * DAY,
    )
    return replace(plain, **more)  # pyright: ignore[reportArgumentType]


def weights(found: Suspicion) -> dict[str, float]:
    return {one.code: one.weight for one in found.reasons}


def test_nothing_is_concluded_from_nothing() -> None:
    assert suspicion(History()) == Suspicion(0.0, State.CANNOT_TELL, ())


def test_scans_at_home_speak_for_the_code_but_never_call_it_genuine() -> None:
    found = suspicion(history(scan(7, HANGZHOU), scan(9, HANGZHOU)))
    assert found.score < 0
    assert found.state is State.CANNOT_TELL


def test_a_chip_that_answered_makes_it_look_genuine() -> None:
    found = suspicion(history(scan(7, HANGZHOU, outcome=Outcome.VERIFIED), scan(9, HANGZHOU)))
    assert found.state is State.GENUINE_LOOKING


def test_one_scan_far_away_is_a_journey_or_an_error() -> None:
    found = suspicion(history(scan(7, HANGZHOU), scan(9, HARBIN)))
    assert found.state is State.CANNOT_TELL


def test_scans_in_several_far_cities_are_suspicious() -> None:
    found = suspicion(history(scan(7, HARBIN), scan(8, GUANGZHOU), scan(9, KUNMING)))
    assert found.state is State.SUSPICIOUS
    assert found.reasons[0].code == "far-away"
    assert found.reasons[0].fields["far"] == 3


def test_a_present_is_taken_far_away_and_scanned_there_ever_after() -> None:
    gone = suspicion(history(*(scan(8 + day, HARBIN) for day in range(4))))
    back_and_forth = suspicion(
        history(*(scan(8 + day, (HARBIN, HANGZHOU, GUANGZHOU)[day % 3]) for day in range(4)))
    )
    assert gone.score < back_and_forth.score
    assert back_and_forth.state is State.SUSPICIOUS


def test_what_is_still_on_the_shelf_cannot_be_elsewhere() -> None:
    far = (scan(8, HARBIN), scan(9, HARBIN))
    assert suspicion(history(*far, sold=None)).score > suspicion(history(*far)).score


def test_two_cities_within_the_hour_weigh_more_than_with_days_between() -> None:
    slowly = suspicion(history(scan(7, HARBIN), scan(8, HARBIN), scan(10, GUANGZHOU), scan(12, GUANGZHOU)))
    fast = suspicion(history(scan(7, HARBIN), scan(8, HARBIN), scan(8.02, GUANGZHOU), scan(12, GUANGZHOU)))
    assert fast.score > slowly.score
    assert "too-fast" in weights(fast)


def test_two_devices_of_one_day_do_not_share_an_error_of_place_but_one_of_two_days_may() -> None:
    home = (scan(7, HANGZHOU, "a"), scan(12, HANGZHOU, "z"))
    one_day = suspicion(history(home[0], scan(9.1, HARBIN, "b"), scan(9.3, HARBIN, "c"), home[1]))
    two_days = suspicion(history(home[0], scan(9.1, HARBIN, "b"), scan(10.3, HARBIN, "c"), home[1]))
    assert one_day.score > two_days.score


def test_one_visitor_who_looks_again_is_one_visit() -> None:
    once = suspicion(history(scan(7, HANGZHOU, "a")))
    often = suspicion(history(*(scan(7 + number / 100, HANGZHOU, "a") for number in range(9))))
    assert often.score == once.score


def test_many_visits_without_any_place_are_suspicious_in_the_end() -> None:
    found = suspicion(history(*(scan(7 + number / 20) for number in range(100))))
    assert found.state is State.SUSPICIOUS
    assert weights(found).keys() == {"many-visits"}


def test_scans_before_it_left_its_maker() -> None:
    elsewhere = suspicion(history(scan(1), scan(1.3), scan(1.6)))
    by_workers = suspicion(history(scan(1, SHANGHAI), scan(1.3, SHANGHAI), scan(1.6, SHANGHAI)))
    assert weights(elsewhere)["before-shipping"] == 1.7
    assert weights(by_workers)["before-shipping"] < 0.5


def test_where_only_makers_keep_records_it_is_nobodys_fault_that_it_is_elsewhere() -> None:
    only_made = History(
        scans=tuple(scan(9 + day, HARBIN) for day in range(4)), stays=(Stay(MADE, place(SHANGHAI)),)
    )
    found = suspicion(only_made)
    assert found.state is State.CANNOT_TELL
    assert weights(found).keys() == {"far-away", "many-visits"}, "nothing follows from what nobody told"


def test_scans_after_its_destruction_and_long_after_its_date() -> None:
    gone = suspicion(history(scan(9), sold=None, destroyed=MADE + 7 * DAY))
    assert weights(gone)["after-destruction"] == 1.5
    old = suspicion(history(scan(90), expiry=date(2026, 11, 20)))
    assert weights(old)["after-expiry"] == 0.2
    assert "after-expiry" not in weights(suspicion(history(scan(30), expiry=date(2026, 11, 20))))


@pytest.mark.parametrize("kind", [FindingKind.COUNTER_REGRESS, FindingKind.STALE_SECRET])
def test_a_stale_secret_and_a_lower_counter_are_certain(kind: FindingKind) -> None:
    found = suspicion(history(scan(7, HANGZHOU), findings=(Finding(kind, MADE + 8 * DAY),)))
    assert found.state is State.KNOWN_COPY
    assert found.reasons[0].code == kind.value


def test_another_chip_is_nearly_certain_and_with_two_readers_certain() -> None:
    chip = Finding(FindingKind.WRONG_CHIP, MADE + 8 * DAY)
    readers = Finding(FindingKind.TWO_READERS, MADE + 8 * DAY)
    assert suspicion(history(findings=(chip,))).state is State.SUSPICIOUS
    assert suspicion(history(findings=(chip, chip))).score == suspicion(history(findings=(chip,))).score
    assert suspicion(history(findings=(chip, readers))).state is State.KNOWN_COPY


def test_a_link_opened_again_from_the_history_of_a_browser_is_no_copy() -> None:
    once = history(scan(7, HANGZHOU), scan(9, HANGZHOU, outcome=Outcome.REPLAYED))
    assert suspicion(once).state is State.CANNOT_TELL
    by_many = history(*(scan(7 + number / 2, outcome=Outcome.REPLAYED) for number in range(9)))
    assert weights(suspicion(by_many))["link-kept"] == 2.5


@pytest.mark.parametrize("outcome", [Outcome.NONE, Outcome.OF_ANOTHER])
def test_fewer_than_three_networks_make_nothing_suspicious(outcome: Outcome) -> None:
    def told(*networks: str) -> Suspicion:
        cities = (HARBIN, GUANGZHOU, KUNMING, HARBIN)
        scans = (scan(7 + number, city, outcome=outcome) for number, city in enumerate(cities))
        return suspicion(
            history(*(replace(one, network=network) for one, network in zip(scans, networks, strict=False)))
        )

    assert told("a", "b", "c").state is State.SUSPICIOUS
    two = told("a", "b", "a", "b")
    assert two.state is State.CANNOT_TELL
    assert [one.fields["places"] for one in two.reasons if "places" in one.fields] == [2]
    sold_twice = history(findings=(Finding(FindingKind.SOLD_TWICE, MADE + 8 * DAY),))
    assert suspicion(sold_twice).state is State.SUSPICIOUS, "that is no scan"


@given(
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from((*TOWNS, "")), st.sampled_from("ab")), max_size=30),
    st.booleans(),
)
def test_two_networks_accuse_nothing_whatever_they_tell_and_whenever(
    told: list[tuple[float, str, str]], sold: bool
) -> None:
    scans = (
        replace(scan(8 + day, city, f"{network}{number}"), network=network)
        for number, (day, city, network) in enumerate(sorted(told))
    )
    assert suspicion(history(*scans, sold=6 if sold else None)).state is State.CANNOT_TELL


@pytest.mark.parametrize("city", [HARBIN, GUANGZHOU, KUNMING])
@pytest.mark.parametrize("honest", [2, 3, 5, 8])
def test_one_network_far_away_accuses_nothing_that_others_look_at_at_home(honest: int, city: str) -> None:
    """At the worst time too: last, for copies come later than what they were copied from."""
    at_home = [replace(scan(7 + day, HANGZHOU), network=f"n{day}") for day in range(honest)]
    far = [
        replace(scan(7 + honest + hour / 24, other, f"x{hour}"), network="x")
        for hour, other in enumerate((city, KUNMING, HARBIN, GUANGZHOU, city))
    ]
    assert suspicion(history(*at_home, *far)).state is State.CANNOT_TELL


def test_two_networks_of_one_day_far_away_lower_what_is_asked_for_and_one_does_not() -> None:
    at_home = [scan(7 + day, HANGZHOU) for day in range(6)]
    two = suspicion(history(*at_home, scan(14, HARBIN), scan(14.2, KUNMING)))
    assert by.SUSPICIOUS_AWAY <= two.score < by.SUSPICIOUS_ON_DAYS
    assert two.state is State.SUSPICIOUS
    of_two_days = suspicion(history(*at_home, scan(14, HARBIN), scan(16, KUNMING)))
    assert by.SUSPICIOUS_AWAY <= of_two_days.score < by.SUSPICIOUS_ON_DAYS
    assert of_two_days.state is State.CANNOT_TELL, "on two days one address is two networks"
    only_made = History(
        scans=(scan(7, HANGZHOU), scan(9, HARBIN), scan(11, HARBIN)), stays=(Stay(MADE, place(SHANGHAI)),)
    )
    nobody_tells = suspicion(only_made)
    assert by.SUSPICIOUS_AWAY <= nobody_tells.score < by.SUSPICIOUS
    assert nobody_tells.state is State.CANNOT_TELL, "away from its maker is where it should be"
    one = suspicion(history(scan(7, HANGZHOU), scan(8, HANGZHOU), scan(14, HARBIN)))
    assert by.SUSPICIOUS_AWAY <= one.score < by.SUSPICIOUS
    assert one.state is State.CANNOT_TELL


@pytest.mark.parametrize("hour", [15.9, 23.9])
def test_who_comes_before_and_after_the_salt_changes_is_not_two_networks_of_one_day(hour: float) -> None:
    """At midnight in China and at midnight in UTC, whichever the house goes by."""
    midnight = 20 + (hour - 8) / 24  # MADE is at eight
    days = [scan(16 + day, city) for day, city in enumerate((HARBIN, KUNMING, GUANGZHOU))]
    twice = (scan(midnight, "650100"), scan(midnight + 0.2 / 24, "460100"))
    assert suspicion(history(*days, *twice)).score == by.MOST_OF_FEW
    of_one_day = (twice[0], replace(twice[1], time=twice[0].time - timedelta(hours=0.2)))
    assert suspicion(history(*days, *reversed(of_one_day))).score > by.WARNED


TAPPED = {
    "two looks": [scan(7), scan(8)],
    "eight looks": [scan(7 + day) for day in range(8)],
    "five looks at home": [scan(7 + day, HANGZHOU) for day in range(5)],
}


@pytest.mark.parametrize("honest", TAPPED.values(), ids=TAPPED)
@pytest.mark.parametrize("days", [1, 2])
def test_one_address_with_taps_of_other_chips_warns_nobody_of_goods(honest: list[Scan], days: int) -> None:
    """With as many kinds of phones as it likes, for it is one network; on other days it passes for others."""
    taps = [
        replace(scan(20 + day + phone / 24, "", f"x{day}{phone}", Outcome.OF_ANOTHER), network=f"x{day}")
        for day in range(days)
        for phone in range(3)
    ]
    found = suspicion(history(*honest, *taps))
    assert weights(found)["tap-of-another"] == {1: 0.5, 2: 1.75}[days]
    assert found.score < by.WARNED


def test_what_outcomes_of_scans_weigh_stays_below_a_warning_for_fewer_than_three_networks() -> None:
    def weigh(networks: int) -> float:
        kinds = (Outcome.OF_ANOTHER, Outcome.REPLAYED, Outcome.STALE, Outcome.MISSING)
        looks = (
            replace(scan(9 + phone / 99, "", f"x{network}{phone}", kinds[phone % 4]), network=f"x{network}")
            for phone in range(40)
            for network in range(networks)
        )
        told = weights(suspicion(history(*looks, destroyed=MADE + 99 * DAY)))
        return sum(told[code] for code in ("tap-of-another", "link-kept", "mark-missing"))

    assert weigh(1) < weigh(2) < by.WARNED <= weigh(3)


@pytest.mark.parametrize("honest", [0, 2, 3])
def test_one_address_on_five_days_warns_nobody_of_goods_and_two_on_one_day_may(honest: int) -> None:
    """Each day it names another far city, and passes for another network."""
    cities = (HARBIN, KUNMING, GUANGZHOU, "650100", "460100", "540100")
    looks = [scan(7 + day) for day in range(honest)]
    days = [scan(12 + day, city) for day, city in enumerate(cities)]
    few = suspicion(history(*looks, *days[:5]))
    assert (few.state, few.score) == (State.SUSPICIOUS, by.MOST_OF_FEW)
    assert few.score == pytest.approx(sum(one.weight for one in few.reasons), abs=1e-6)
    assert suspicion(history(*looks, *days)).score > by.WARNED, "six networks, of whatever days"
    another = scan(14.1, "540100", "y")
    assert (
        suspicion(history(*looks, *sorted([*days[:5], another], key=lambda one: one.time))).score > by.WARNED
    )
    sold_twice = (Finding(FindingKind.SOLD_TWICE, MADE + 8 * DAY),)
    assert suspicion(history(*looks, *days[:5], findings=sold_twice)).score > by.WARNED, "that is no scan"


def test_copies_come_later_than_what_they_were_copied_from() -> None:
    last = suspicion(history(scan(7, HANGZHOU), scan(9, HANGZHOU), scan(11, HARBIN)))
    first = suspicion(history(scan(7, HARBIN), scan(9, HANGZHOU), scan(11, HANGZHOU)))
    assert last.score > first.score


def test_a_device_may_tell_the_same_wrong_place_ever_after_but_hardly_two() -> None:
    def seen(*cities: str) -> float:
        return suspicion(history(*(scan(7 + 3 * day, city) for day, city in enumerate(cities)))).score

    always = seen(HARBIN, HARBIN, HANGZHOU, HARBIN, HANGZHOU, HARBIN)
    in_turn = seen(HARBIN, KUNMING, HANGZHOU, HARBIN, HANGZHOU, KUNMING)
    assert in_turn > always + 1


@pytest.mark.parametrize("people", range(1, 16))
def test_people_who_type_a_code_without_its_mark_accuse_nothing(people: int) -> None:
    typed = (scan(7 + day, outcome=Outcome.MISSING) for day in range(people))
    assert suspicion(history(*typed)).state is State.CANNOT_TELL


def test_what_was_answered_for_does_not_count_until_there_is_something_new() -> None:
    accused = history(scan(7, HARBIN), scan(8, GUANGZHOU), scan(9, KUNMING))
    cleared = replace(accused, cleared=MADE + 10 * DAY)
    assert suspicion(cleared) == Suspicion()
    again = replace(cleared, scans=(*accused.scans, scan(11, HARBIN), scan(12, GUANGZHOU), scan(13, KUNMING)))
    assert suspicion(again).state is State.SUSPICIOUS


def test_other_codes_of_the_lot_in_that_city_add_to_it() -> None:
    alone = history(scan(7, HARBIN))
    with_others = replace(alone, batch=Batch(scanned=12, far={HARBIN: 8}))
    assert suspicion(alone).state is not State.KNOWN_COPY
    assert weights(suspicion(with_others))["lot-far-away"] == 0.903
    assert "lot-far-away" not in weights(suspicion(replace(alone, batch=Batch(scanned=9, far={KUNMING: 8}))))


def test_serials_asked_for_in_sequence_accuse_no_code_by_themselves() -> None:
    found = suspicion(history(scan(7, HANGZHOU), batch=Batch(probes=5000, in_sequence=4000)))
    assert weights(found)["lot-probed"] == 0.5
    assert found.state is State.CANNOT_TELL


def test_tills_tell_their_place_rightly_and_a_screen_in_a_shop_is_believed_like_a_visitor() -> None:
    def seen_on(channel: Channel) -> float:
        scans = (replace(scan(7, HARBIN), channel=channel), replace(scan(8, KUNMING), channel=channel))
        return suspicion(history(scan(6.5, HANGZHOU), *scans)).score

    assert seen_on(Channel.TILL) > seen_on(Channel.PHONE)
    assert seen_on(Channel.KIOSK) == seen_on(Channel.PHONE)  # anybody can say that a kiosk asks


def test_places_that_nobody_knows_are_no_fault() -> None:
    nowhere = Spot("999999")
    found = suspicion(History(scans=(Scan(MADE, "a", nowhere), Scan(MADE + DAY, "b", nowhere))))
    assert found.state is State.CANNOT_TELL


CITIES = st.sampled_from(["", SHANGHAI, HANGZHOU, HARBIN, GUANGZHOU, KUNMING, "330000"])
SCANS = st.lists(
    st.builds(
        scan,
        st.floats(0, 60, allow_nan=False).map(lambda day: round(day, 3)),
        CITIES,
        st.sampled_from(["", "a", "b"]),
        st.sampled_from(list(Outcome)),
    ),
    max_size=25,
)


@given(SCANS, st.none() | st.floats(4, 20))
def test_scans_alone_never_make_a_copy_known_and_weights_add_up(
    scans: list[Scan], sold: float | None
) -> None:
    scans.sort(key=lambda one: one.time)
    asked = history(*scans, sold=sold)
    found = suspicion(asked)
    assert found.state is not State.KNOWN_COPY
    assert found.score == pytest.approx(sum(one.weight for one in found.reasons), abs=1e-6)
    assert found == suspicion(asked)
    assert {one.code for one in found.reasons} <= set(REASONS)
    if found.state is State.SUSPICIOUS:
        assert len({one.visitor for one in scans}) >= by.NETWORKS
        assert found.score >= by.SUSPICIOUS_AWAY
    elif len({one.visitor for one in scans}) >= by.NETWORKS:
        assert found.score < by.SUSPICIOUS


ON_THE_SHELF = Stay(MADE, place(SHANGHAI), retail=True)


@settings(max_examples=10)
@given(
    st.integers(0, 1000),
    st.integers(2, 130),
    st.sampled_from([0.0, 0.05, 0.2, 0.4, 1.0, 3.0]),
    st.sampled_from([None, ON_THE_SHELF, replace(ON_THE_SHELF, retail=False)]),
)
@example(1, 130, 0.0, replace(ON_THE_SHELF, retail=False))
@example(0, 130, 0.05, replace(ON_THE_SHELF, retail=False))
def test_whatever_strangers_tell_and_however_fast_it_is_weighed(
    seed: int, number: int, hours: float, stay: Stay | None
) -> None:
    """Anybody may say to be in any city, faster than anything travels: what is a chance stays one."""
    dice = Random(seed)
    scans = tuple(scan(1 + visit * hours / 24, dice.choice(TOWNS), f"v{visit}") for visit in range(number))
    found = suspicion(History(scans=scans, stays=() if stay is None else (stay,)))
    assert math.isfinite(found.score)


def test_thousands_of_scans_are_weighed_all_the_same() -> None:
    cities = (HANGZHOU, HARBIN, GUANGZHOU, KUNMING, SHANGHAI, "650100", "460100")
    found = suspicion(history(*(scan(7 + number / 10, cities[number % 7]) for number in range(2000))))
    assert found.state is State.SUSPICIOUS
    at_home = suspicion(history(*(scan(7 + number, HANGZHOU) for number in range(300))))
    assert at_home.score < found.score
