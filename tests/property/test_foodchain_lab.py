"""Scores against a slow reading of decision 0018, pair by pair, written without looking at the engine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suyuan.trace.epcis.problems import Problem
from suyuan.trace.incident import (
    Dates,
    Delivery,
    Network,
    NetworkInvalid,
    Reading,
    Scores,
    Settings,
    Station,
    read_json,
    score,
)
from suyuan.trace.incident.dates import PartialDate

STATIONS = "ABCDE"
DAYS: list[PartialDate] = [
    (), (2020,), (2021,), (2020, 1), (2020, 2), (2020, 1, 1), (2020, 1, 2), (2020, 2, 1), (2021, 1, 1),
]  # fmt: skip
Sets = dict[str, list[str]]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Network, Settings]:
    count = draw(st.integers(1, 9))
    ids = [f"d{number}" for number in range(count)]
    place, day = st.sampled_from(STATIONS), st.sampled_from(DAYS)
    deliveries = tuple(Delivery(one, draw(place), draw(place), draw(day), draw(day)) for one in ids)
    pairs = [(a, b) for a in ids for b in ids if a != b]
    links = draw(st.lists(st.sampled_from(pairs), max_size=10, unique=True)) if pairs else []
    some_stations = st.frozensets(place, max_size=3)
    some = st.frozensets(st.sampled_from(ids), max_size=4)
    weight = st.sampled_from([1.0, 2.0, -1.0, 0.5, 0.0])
    merge = draw(st.sampled_from([{}, {}, {"A": "M", "B": "M"}, {"C": "D"}]))
    return Network(tuple(map(Station, STATIONS)), deliveries, tuple(links)), Settings(
        draw(st.dictionaries(place, weight, max_size=3)),
        draw(st.dictionaries(st.sampled_from(ids), weight, max_size=3)),
        draw(some_stations), draw(some), draw(some_stations), draw(some),
        dict.fromkeys(draw(some_stations), "full"), dict.fromkeys(draw(some), "full"),
        merge, draw(st.booleans()),
    )  # fmt: skip


def before(source: Delivery, into: Delivery) -> bool:
    came, left = source.arrival or source.departure, into.departure or into.arrival
    for ours, theirs in zip(came, left, strict=False):
        if ours != theirs:
            return ours < theirs
    return True


class Slow:
    """N and P as sets of each delivery, changed step by step as the decision says."""

    def __init__(self, network: Network, supposed: Settings) -> None:
        of = {one.id: one for one in network.deliveries}
        self.supposed = supposed
        self.ids = list(of)
        self.s = {one.id: supposed.merge.get(one.supplier, one.supplier) for one in network.deliveries}
        self.r = {one.id: supposed.merge.get(one.recipient, one.recipient) for one in network.deliveries}
        self.stations = list(dict.fromkeys([*STATIONS, *supposed.merge.values()]))
        self.n: Sets = {one: [] for one in of}
        self.p: Sets = {one: [] for one in of}
        for source, into in network.links:
            self.add(source, into)
        declared = {one: (len(self.n[one]), len(self.p[one])) for one in of}
        self.mix_stations(of)
        self.mix_deliveries(of)
        for one, (ahead, behind) in declared.items():  # the order that desktop goes by
            self.n[one][ahead:] = sorted(self.n[one][ahead:], key=self.ids.index)
            self.p[one][behind:] = sorted(self.p[one][behind:], key=self.ids.index)
        self.out = {at: [one for one in of if self.s[one] == at] for at in self.stations}
        self.into = {at: [one for one in of if self.r[one] == at] for at in self.stations}
        self.kill()

    def mix_stations(self, of: Mapping[str, Delivery]) -> None:
        for source in of:
            for into in of:
                at = self.r[source] == self.s[into] and self.r[source] in self.supposed.cc_stations
                if at and source != into and self.may(of, source, into):
                    self.add(source, into)

    def mix_deliveries(self, of: Mapping[str, Delivery]) -> None:
        flagged = [one for one in of if one in self.supposed.cc_deliveries]
        for first in flagged:
            for second in flagged:
                if first != second and self.r[first] == self.r[second]:
                    for into in list(self.n[first]):
                        if into != second and self.may(of, second, into):
                            self.add(second, into)

    def kill(self) -> None:
        for at in self.supposed.kill_stations:
            for one in self.into[at]:
                self.n[one] = []
            for one in self.out[at]:
                self.p[one] = []
            self.out[at] = []
        for one in self.supposed.kill_deliveries:
            for into in self.n[one]:
                self.p[into] = [other for other in self.p[into] if other != one]
            self.n[one] = []
            self.into[self.r[one]] = [other for other in self.into[self.r[one]] if other != one]

    def may(self, of: Mapping[str, Delivery], source: str, into: str) -> bool:
        return not self.supposed.temporal_order or before(of[source], of[into])

    def add(self, source: str, into: str) -> None:
        if into not in self.n[source]:
            self.n[source].append(into)
            self.p[into].append(source)

    def true_closures(self, sets: Sets) -> dict[str, set[str]]:
        far = {one: set(others) for one, others in sets.items()}
        while any(len(found) < len(found | more) for found, more in self.further(far)):
            far = {one: found | more for one, (found, more) in zip(far, self.further(far), strict=True)}
        return far

    def further(self, far: dict[str, set[str]]) -> list[tuple[set[str], set[str]]]:
        return [(found, set[str]().union(*(far[one] for one in found))) for found in far.values()]

    def memoised(self, sets: Sets) -> dict[str, set[str]]:
        known: dict[str, set[str]] = {}

        def closure(one: str) -> set[str]:
            if one not in known:
                known[one] = set()
                for after in sets[one]:
                    known[one].add(after)
                    known[one] |= closure(after)
            return known[one]

        return {one: set(closure(one)) for one in sets}

    def judged(
        self, forward: dict[str, set[str]], backward: dict[str, set[str]], *, once: bool
    ) -> dict[str, tuple[float, ...]]:
        w = self.supposed
        fs = {one: {self.r[far] for far in forward[one]} | self.end(one) for one in self.ids}
        bs = {one: {self.s[far] for far in backward[one]} | self.origin(one) for one in self.ids}
        fd = {at: {far for one in self.out[at] for far in {one, *forward[one]}} for at in self.stations}
        bd = {at: {far for one in self.into[at] for far in {one, *backward[one]}} for at in self.stations}
        fss = {at: set[str]().union(*(fs[one] for one in self.out[at])) for at in self.stations}
        bss = {at: set[str]().union(*(bs[one] for one in self.into[at])) for at in self.stations}
        sw, dw = w.station_weight, w.delivery_weight
        everything = [*sw.values(), *dw.values()]
        plus, minus = sum(x for x in everything if x > 0), -sum(x for x in everything if x < 0)
        reached: dict[str, list[float]] = {}
        for at in self.stations:
            places = {*fss[at], at} if once else [at, *fss[at]]
            reached[at] = [*(sw.get(x, 0) for x in places), *(dw.get(x, 0) for x in fd[at])]
        for one in self.ids:
            goods = {*forward[one], one} if once else [one, *forward[one]]
            reached[one] = [*(sw.get(x, 0) for x in fs[one]), *(dw.get(x, 0) for x in goods)]
        obs, obd = w.observed_stations, w.observed_deliveries
        onward = set[str]().union(
            *(fss.get(x, set()) | fd.get(x, set()) for x in obs), *(fs[x] | forward[x] for x in obd)
        )
        back = set[str]().union(
            *(bss.get(x, set()) | bd.get(x, set()) for x in obs), *(bs[x] | backward[x] for x in obd)
        )
        return {
            name: (
                sum(told) / (max(plus, minus) or 1),
                sum(x for x in told if x > 0) / (plus or 1),
                -sum(x for x in told if x < 0) / (minus or 1),
                name in onward,
                name in back,
            )
            for name, told in reached.items()
        }

    def end(self, one: str) -> set[str]:
        return set() if one in self.supposed.kill_deliveries else {self.r[one]}

    def origin(self, one: str) -> set[str]:
        return set() if self.s[one] in self.supposed.kill_stations else {self.s[one]}


def shown(found: Scores) -> dict[str, tuple[float, ...]]:
    both = {**found.stations, **found.deliveries}
    return {
        name: (one.score, one.positive, one.negative, one.forward, one.backward) for name, one in both.items()
    }


def equal(found: dict[str, tuple[float, ...]], expected: dict[str, tuple[float, ...]]) -> None:
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert found[name] == pytest.approx(values), name


@given(worlds())
@settings(max_examples=150, deadline=None)
def test_desktop_and_exact_equal_their_definition(world: tuple[Network, Settings]) -> None:
    network, supposed = world
    slow = Slow(network, supposed)
    exact, desktop = score(network, supposed), score(network, supposed, dialect="desktop")
    forward, backward = slow.true_closures(slow.n), slow.true_closures(slow.p)
    equal(shown(exact), slow.judged(forward, backward, once=True))
    equal(shown(desktop), slow.judged(slow.memoised(slow.n), slow.memoised(slow.p), once=False))
    if not exact.cycles and not exact.returning:
        assert exact == desktop
    if not any(
        weight < 0 for weight in (*supposed.station_weight.values(), *supposed.delivery_weight.values())
    ):
        assert all(0 <= one.score <= 1 for one in (*exact.stations.values(), *exact.deliveries.values()))


def outbreaks_of_web(network: Network, supposed: Settings, dates: Dates) -> dict[str, float]:
    """Each outbreak by itself, visited back once; days explicit or ignored."""
    merge, kill, dead = supposed.merge, supposed.kill_stations, supposed.kill_deliveries
    of = {one.id: one for one in network.deliveries}
    s = {one.id: merge.get(one.supplier, one.supplier) for one in network.deliveries}
    r = {one.id: merge.get(one.recipient, one.recipient) for one in network.deliveries}

    def may(source: str, into: str) -> bool:
        came, left = of[source].arrival, of[into].departure
        return dates == "ignore" or len(came) < 3 or len(left) < 3 or came <= left

    def back(one: str) -> Iterable[str]:
        if s[one] in kill:
            return
        yield from (source for source, into in network.links if into == one and r[source] == s[one])
        if s[one] in supposed.cc_stations:
            yield from (other for other in of if r[other] == s[one] and may(other, one))

    names = list(dict.fromkeys([*STATIONS, *merge.values()]))
    counts = dict.fromkeys([*names, *of], 0)
    cases = [x for x in names if supposed.station_weight.get(x, 0) > 0]
    cases += [x for x in of if supposed.delivery_weight.get(x, 0) > 0]
    for case in cases:
        met = {case} - set(of)
        waiting = [case] if case in of else [one for one in of if r[one] == case]
        while waiting:
            one = waiting.pop()
            if one not in met and one not in dead:
                met.add(one)
                waiting += back(one)
                met |= set() if s[one] in kill else {s[one]}
        for one in met:
            counts[one] += 1
    return {name: count / (len(cases) or 1) for name, count in counts.items()}


@given(worlds(), st.sampled_from(["explicit", "ignore"]))
@settings(max_examples=80, deadline=None)
def test_web_equals_each_outbreak_by_itself(world: tuple[Network, Settings], dates: Dates) -> None:
    found = score(*world, dialect="web", dates=dates)
    both = {**found.stations, **found.deliveries}
    assert {name: one.score for name, one in both.items()} == outbreaks_of_web(*world, dates)


WORDS = (
    "data", "stations", "deliveries", "deliveryRelations", "deliveriesRelations", "links", "id", "from", "to",
    "source", "value", "prev", "next", "params", "merge", "station_weight", "cc_deliveries", "tracing",
    "temporal_order", "nodes",
    "weight", "observed", "departure", "amount", "amount_kg", "lot", "lot size", "A",
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2)
    | st.sampled_from(["", "A", "B", "d1", "d2", "2020-01-01", "1 kg", "full"]) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
    max_leaves=25,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(WORDS[:6] + WORDS[13:18]), VALUES, max_size=6))
@settings(max_examples=150, deadline=None)
def test_whatever_is_sent_is_scored_or_refused_with_reasons(told: dict[str, object]) -> None:
    refused: list[Problem] = []
    try:
        read = read_json(json.dumps(told).encode())
    except NetworkInvalid as error:
        refused += error.problems
        read = Reading(Network((), ()), Settings())
    assert all(problem.detail and problem.remedy for problem in refused)
    for dialect in ("desktop", "web", "exact"):
        found = score(read.network, read.settings, dialect=dialect)
        assert len(found.deliveries) == len(read.network.deliveries)
