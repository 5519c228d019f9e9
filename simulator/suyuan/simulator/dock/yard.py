"""A yard of neighbouring dock doors through which pallets go, as the doors' readers hear it, with the truth.

Axes in metres: x along the wall from door to door, y into the building (the door is at 0), z up. Every door
has four antennas on two posts, of which two are outside and two inside, each in turn for a tenth of a second;
its reader hears them all day. A light barrier tells when goods are in the door. A tag that was read keeps
quiet for the same reader for 0.8 s, as in session 1 of Gen2; a turn reads 50 tags at most, 500 a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from suyuan.simulator.dock.air import (
    K_FAR_DB,
    K_NEAR_DB,
    SHADOW_DB,
    Floats,
    Load,
    Mast,
    answers,
    fade_db,
    made_load,
    mean_gain,
)

TURN_S = 0.1
READS_IN_A_TURN = 50
READ_CHANCE = 0.85
QUIET_S = 0.8
OUTSIDE, INSIDE = (1, 2), (3, 4)
_POST_M, _BEFORE_M, _TURNED_DEGREES = 1.4, 0.5, 20.0
_HEIGHTS = (0.7, 1.5)
_FAR_M, _BARRIER_M = 6.0, 1.6
_FADES_M = 0.15
_WARM_S = 20.0


@dataclass(frozen=True, slots=True)
class Setting:
    """How hard it is: how many doors ``apart_m`` from one another, and what is between them.

    ``shield_db`` is lost one way between a door and whatever belongs to another; ``parked`` pallets stand
    before each door, ``tags`` on a pallet from and to, speeds in m/s. ``gap_s`` lies between the passes of
    one door, from and to. ``turns_back`` is the chance that a pallet comes in and goes out again.
    """

    name: str
    doors: int = 3
    apart_m: float = 4.0
    shield_db: float = 12.0
    parked: int = 0
    parked_m: float = 4.0
    tags: tuple[int, int] = (40, 400)
    speed: tuple[float, float] = (0.8, 1.6)
    gap_s: tuple[float, float] = (2.0, 10.0)
    loss_db_m: tuple[float, float] = (3.0, 12.0)
    turns_back: float = 0.0


@dataclass(frozen=True, slots=True)
class Passage:
    """What truly happened: ``tags`` went through ``door`` while its light barrier was broken."""

    door: int
    begins: float
    ends: float
    way: str
    tags: frozenset[int]


@dataclass(frozen=True, slots=True)
class Heard:
    """One read: the second, the door and antenna, the number of the tag, how loud."""

    at: float
    door: int
    antenna: int
    tag: int
    rssi_dbm: float


@dataclass(frozen=True, slots=True)
class Day:
    """What was heard, in its order, and what happened."""

    heard: tuple[Heard, ...]
    passages: tuple[Passage, ...]
    tags: int


@dataclass(slots=True)
class _Pallet:
    load: Load
    first: int
    door: int
    begins: float
    ends: float
    speed: float
    inward: bool
    returns: bool
    shadow: Floats
    fades: dict[tuple[int, int], tuple[int, Floats]]
    quiet: Floats
    still: dict[tuple[int, int], Floats]
    parked_y: float | None = None

    def y(self, at: float) -> float:
        """Where it is on its way through the door."""
        if self.parked_y is not None:
            return self.parked_y
        gone = (at - self.begins) * self.speed - _FAR_M
        if self.returns:
            deep = 1.2
            gone = gone if gone <= deep else 2 * deep - gone
        return gone if self.inward else -gone

    @property
    def barrier(self) -> tuple[float, float]:
        """When it breaks the light barrier, and when it leaves it."""
        enters = self.begins + (_FAR_M - _BARRIER_M) / self.speed
        way = 2 * _BARRIER_M if not self.returns else 2 * (_BARRIER_M + 1.2)
        return enters, enters + way / self.speed


def day(setting: Setting, seed: int, *, passes: int) -> Day:
    """A day on which ``passes`` pallets go through each door; the same for the same seed."""
    random = np.random.default_rng(seed)
    masts = [_mast(setting, door) for door in range(setting.doors)]
    pallets = list(_pallets(setting, random, passes))
    ends = max(p.ends for p in pallets if p.parked_y is None)
    heard: list[Heard] = []
    for turn in range(-int(_WARM_S / TURN_S), int(ends / TURN_S) + 1):
        at = turn * TURN_S
        here = [p for p in pallets if p.begins <= at <= p.ends]
        for door, mast in enumerate(masts):
            heard += _turn(setting, random, here, mast, door, turn % 4, at)
    told = tuple(
        Passage(p.door, *p.barrier, _way(p), frozenset(range(p.first, p.first + len(p.load.wakes_dbm))))
        for p in pallets
        if p.parked_y is None
    )
    count = sum(len(p.load.wakes_dbm) for p in pallets)
    return Day(tuple(heard), tuple(sorted(told, key=lambda one: one.ends)), count)


def _way(pallet: _Pallet) -> str:
    if pallet.returns:
        return "returned"
    return "inward" if pallet.inward else "outward"


def _mast(setting: Setting, door: int) -> Mast:
    middle = door * setting.apart_m
    turned = np.radians(_TURNED_DEGREES)
    at: list[list[float]] = []
    looks: list[list[float]] = []
    for y in (-_BEFORE_M, _BEFORE_M):  # antennas 1, 2 outside, 3, 4 inside
        for side, height in zip((-1.0, 1.0), _HEIGHTS, strict=True):
            at.append([middle + side * _POST_M, y, height])
            looks.append([-side * float(np.cos(turned)), float(np.sign(y) * np.sin(turned)), 0.0])
    return Mast(np.array(at), np.array(looks))


def _pallets(setting: Setting, random: np.random.Generator, passes: int) -> Iterator[_Pallet]:
    first = 0
    for door in range(setting.doors):
        at = float(random.uniform(0.0, setting.gap_s[1]))
        for _ in range(passes):
            pallet = _pallet(setting, random, first, door, at)
            yield pallet
            first += len(pallet.load.wakes_dbm)
            at = pallet.barrier[1] + _BARRIER_M / pallet.speed + float(random.uniform(*setting.gap_s))
            at -= (_FAR_M - _BARRIER_M) / pallet.speed  # the next one comes near while this one leaves
            at = max(at, pallet.begins + 1.0)
        for _ in range(setting.parked):
            pallet = _pallet(setting, random, first, door, -60.0)
            side = float(random.choice([-1.0, 1.0])) * float(
                random.uniform(setting.parked_m, setting.parked_m + 2.0)
            )
            pallet.parked_y, pallet.ends = side, 1e9
            yield pallet
            first += len(pallet.load.wakes_dbm)


def _pallet(setting: Setting, random: np.random.Generator, first: int, door: int, at: float) -> _Pallet:
    tags = int(random.integers(setting.tags[0], setting.tags[1] + 1))
    speed = float(random.uniform(*setting.speed))
    returns = bool(random.random() < setting.turns_back)
    far = 2 * _FAR_M if not returns else 2 * (_FAR_M + 1.2)
    return _Pallet(
        load=made_load(random, tags, float(random.uniform(*setting.loss_db_m))),
        first=first,
        door=door,
        begins=at,
        ends=at + far / speed,
        speed=speed,
        inward=bool(random.random() < 0.5),  # noqa: PLR2004 - a coin
        returns=returns,
        shadow=random.normal(0.0, SHADOW_DB, (setting.doors * 4, tags)),
        fades={},
        quiet=np.full((setting.doors, tags), -1e9),
        still={},
    )


def _turn(
    setting: Setting,
    random: np.random.Generator,
    pallets: list[_Pallet],
    mast: Mast,
    door: int,
    antenna: int,
    at: float,
) -> list[Heard]:
    """What one antenna reads in its tenth of a second."""
    found: list[tuple[_Pallet, int, float]] = []
    for pallet in pallets:
        y = pallet.y(at)
        gain = _gain(setting, pallet, mast, door, antenna, y)
        heard, rssi = answers(pallet.load, gain + _fade(random, pallet, door, antenna, y))
        awake = heard & (pallet.quiet[door] <= at)
        found += [(pallet, int(tag), float(rssi[tag])) for tag in np.flatnonzero(awake)]
    chosen = random.permutation(len(found))[:READS_IN_A_TURN]
    chances = random.random(len(chosen))
    read: list[int] = chosen[chances < READ_CHANCE].tolist()
    told: list[Heard] = []
    for index in read:
        pallet, tag, rssi_dbm = found[index]
        pallet.quiet[door, tag] = at + QUIET_S
        told.append(Heard(at, door, antenna + 1, pallet.first + tag, round(rssi_dbm * 2) / 2))
    return told


def _gain(setting: Setting, pallet: _Pallet, mast: Mast, door: int, antenna: int, y: float) -> Floats:
    """What is won and lost one way without fading; worked out once for a pallet that stands still."""
    known = pallet.still.get((door, antenna))
    if known is not None:
        return known
    middle = np.array([pallet.door * setting.apart_m, y, 0.0])
    between = setting.shield_db if pallet.door != door else 0.0
    gain: Floats = mean_gain(pallet.load, middle, mast.at[antenna], mast.looks[antenna]) - between
    gain += pallet.shadow[door * 4 + antenna]
    if pallet.parked_y is not None:
        pallet.still[door, antenna] = gain
    return gain


def _fade(random: np.random.Generator, pallet: _Pallet, door: int, antenna: int, y: float) -> Floats:
    """The fading of this pallet's tags at this antenna, which changes as it moves on."""
    step = round(y / _FADES_M)
    known = pallet.fades.get((door, antenna))
    if known is None or known[0] != step:
        near = K_NEAR_DB if pallet.door == door else K_FAR_DB
        known = step, fade_db(random, len(pallet.load.wakes_dbm), near)
        pallet.fades[door, antenna] = known
    return known[1]
