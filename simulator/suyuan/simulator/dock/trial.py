"""How well a station's read points tell the goods of their door from all others, judged by the yard's truth.

The station's own filter hears what the doors' readers heard; the light barriers begin and end its passes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from suyuan.readers.observation import Observation
from suyuan.readers.station.config import Antennas, Cycle, Guard, Input, ReadPoint, Side, Smoothing
from suyuan.readers.station.direction import Way
from suyuan.readers.station.filtering import Burst, Filter
from suyuan.readers.station.identity import GS1
from suyuan.readers.station.order import Step
from suyuan.simulator.dock.yard import INSIDE, OUTSIDE, Day, Passage, Setting
from suyuan.simulator.numbers import company_prefix, gtin, item_key, item_tag

_BEGAN = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
_GTIN = gtin(company_prefix(7), 1)
_TO_THE_END_S = 0.05
"""The barrier is free a moment before the last reads of its turn are told."""


@dataclass(frozen=True, slots=True)
class Rule:
    """By which rule a read point keeps its neighbours' goods out."""

    name: str
    guard: Guard
    arbitration_s: float


OURS = Rule("evidence", Guard.EVIDENCE, 0.2)
RULES = (
    Rule("strongest, 0.2 s", Guard.STRONGEST, 0.2),
    Rule("strongest, 5 s", Guard.STRONGEST, 5.0),
    OURS,
)

SHIELDED_DB = 13.0
LONE = Setting("a door that hears no other", shield_db=SHIELDED_DB)
SETTINGS = (
    Setting("shielded doors", shield_db=SHIELDED_DB),
    Setting("hardly shielded doors", shield_db=9.0),
    Setting("goods parked before the doors", shield_db=SHIELDED_DB, parked=1),
    Setting("wet goods", shield_db=SHIELDED_DB, loss_db_m=(10.0, 25.0)),
    Setting("pallets close on one another", shield_db=SHIELDED_DB, gap_s=(0.5, 3.0)),
    Setting("a third turn back", shield_db=SHIELDED_DB, turns_back=0.33),
    Setting("one to four tags on a pallet", shield_db=SHIELDED_DB, tags=(1, 4)),
    LONE,
)


@dataclass(slots=True)
class Score:
    """What became of the tags of all passes; ``reads`` and ``strays`` count those within passes."""

    passed: int = 0
    taken: int = 0
    doubted: int = 0
    unread: int = 0
    wrong_door: int = 0
    wrong_load: int = 0
    doubted_wrong: int = 0
    reads: int = 0
    strays: int = 0
    ways: int = 0
    right_ways: int = 0
    wrong_ways: int = 0

    @property
    def recall(self) -> float:
        """Of the tags that went through, those that were taken."""
        return self.taken / self.passed

    @property
    def wrong_door_per_mille(self) -> float:
        """Of a thousand tags that were taken, those that went through another door or none."""
        return 1000 * self.wrong_door / max(self.taken + self.wrong_door + self.wrong_load, 1)

    @property
    def wrong_load_per_mille(self) -> float:
        """Of a thousand tags that were taken, those of the pallet before or after, at the right door."""
        return 1000 * self.wrong_load / max(self.taken + self.wrong_door + self.wrong_load, 1)

    @property
    def stray_reads(self) -> float:
        """Of the reads within passes, those of tags that did not go through."""
        return self.strays / max(self.reads, 1)

    def add(self, other: Score) -> None:
        """Count another day in."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def judge(what: Day, setting: Setting, rule: Rule) -> Score:
    """The score of ``rule`` on the day ``what`` of ``setting``."""
    score = Score()
    door_of = {tag: passage.door for passage in what.passages for tag in passage.tags}
    numbers = {item_key(_GTIN, tag): tag for tag in range(what.tags)}
    alone = setting is LONE
    points = [_point(door, rule) for door in range(setting.doors)]
    filters = [Filter([p] if alone else points, GS1) for p in points]
    for passage, burst in _bursts(what, filters if alone else [filters[0]] * setting.doors, score):
        read = {numbers[r.identity.key] for r in burst.readings}
        doubted = {numbers[r.identity.key] for r in burst.uncertain}
        score.passed += len(passage.tags)
        score.taken += len(read & passage.tags)
        score.doubted += len(doubted & passage.tags)
        score.doubted_wrong += len(doubted - passage.tags)
        for tag in read - passage.tags:
            same = door_of.get(tag) == passage.door
            score.wrong_load += same
            score.wrong_door += not same
        score.ways += 1
        score.right_ways += burst.way == passage.way
        score.wrong_ways += burst.way not in {passage.way, Way.UNCLEAR}
    return score


def _point(door: int, rule: Rule) -> ReadPoint:
    name = f"door-{door}"
    sides = (
        Antennas(name, frozenset(OUTSIDE), side=Side.OUTSIDE),
        Antennas(name, frozenset(INSIDE), side=Side.INSIDE),
    )
    return ReadPoint(
        name,
        name,
        Step.RECEIVE,
        "urn:door",
        sources=sides,
        guard=rule.guard,
        smoothing=Smoothing(arbitration_s=rule.arbitration_s),
        cycle=Cycle(start_input=Input(name, 1), stop_input=Input(name, 1, high=False)),
    )


def _bursts(what: Day, filters: list[Filter], score: Score) -> Iterator[tuple[Passage, Burst]]:
    """Each passage and what the station's filter made of it, as its barrier becomes free."""
    epcs = [item_tag(_GTIN, tag) for tag in range(what.tags)]
    edges = sorted(
        [(p.begins, 1, n) for n, p in enumerate(what.passages)]
        + [(p.ends + _TO_THE_END_S, 0, n) for n, p in enumerate(what.passages)]
    )
    inside: dict[int, Passage] = {}
    after = 0
    for heard in (*what.heard, None):
        while after < len(edges) and (heard is None or edges[after][0] <= heard.at):
            at, begins, number = edges[after]
            passage = what.passages[number]
            name, after = f"door-{passage.door}", after + 1
            if begins:
                inside[passage.door] = passage
                filters[passage.door].begin(name, at)
            else:
                inside.pop(passage.door, None)
                yield passage, filters[passage.door].close(name, at)
        if heard is None:
            return
        under = inside.get(heard.door)
        score.reads += under is not None
        score.strays += under is not None and heard.tag not in under.tags
        time = _BEGAN + timedelta(seconds=heard.at)
        seen = Observation(
            f"door-{heard.door}", heard.antenna, epcs[heard.tag], time, time, 1, heard.rssi_dbm
        )
        filters[heard.door].add(seen.reader, seen, heard.at)
