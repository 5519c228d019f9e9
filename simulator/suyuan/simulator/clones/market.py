"""A market in which goods are made, moved, sold and scanned, and in which some codes are copied.

Nothing here knows how suspicion is weighed. Goods go from a plant by a warehouse to a shop, with reads that
are missed; buyers live where they live, travel, give presents; devices tell wrong places; most visitors tell
none. A copier prints one code many times, of goods before, on or after their sale or destroyed ones, and
sells the copies all over the country or in one city.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

from suyuan.simulator.trade.towns import kilometres, towns
from suyuan.trace.scan.cities import spot_of
from suyuan.trace.scan.likelihood import Batch, History, Scan, Spot, Stay

_BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_REGION_KM, _NEAR_KM = 500.0, 150.0
_WATCHED = 90 * _DAY


@dataclass(frozen=True, slots=True)
class Market:
    """How people and readers behave in it; shares are chances.

    ``missed`` of reads of the chain; ``wrong_place`` of scans, of which ``same_wrong`` come of devices that
    always tell the same wrong place; ``tells_place`` of visits; ``scanned`` of things and copies; ``tail`` of
    the law of visits to one; ``moves`` of buyers who take the thing to another city for good; ``travels`` of
    visits made on a journey; ``browsed`` of things scanned on the shelf; ``in_company`` of visits at which
    another device scans it too; ``tills`` of shops that record sales; ``in_public`` of genuine codes of which
    a picture is passed around; ``one_city`` of copiers who sell in one city only. ``only_makers``: nobody
    else keeps records, and they tell neither shipping nor destruction.
    """

    tells_place: float = 1.0
    missed: float = 0.05
    wrong_place: float = 0.07
    same_wrong: float = 0.5
    scanned: float = 0.5
    tail: float = 1.6
    moves: float = 0.02
    travels: float = 0.01
    browsed: float = 0.05
    in_company: float = 0.03
    tills: float = 0.8
    in_public: float = 0.001
    one_city: float = 0.0
    only_makers: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """The history of one code, and how many copies of it there are."""

    history: History
    copies: int


def genuine(market: Market, seed: int, number: int) -> Iterator[Told]:
    """``number`` genuine codes that somebody scanned."""
    dice = Random(f"genuine {seed}")  # noqa: S311 (repeatable on purpose)
    while number:
        found = _Thing(market, dice).history(0)
        if found.scans:
            number -= 1
            yield Told(found, 0)


def copied(market: Market, seed: int, number: int, copies: int) -> Iterator[Told]:
    """``number`` codes of each of which there are so many copies, whether or not anybody scans one."""
    dice = Random(f"copied {copies} {seed}")  # noqa: S311
    for _ in range(number):
        yield Told(_Thing(market, dice).history(copies), copies)


def lots_copied(market: Market, seed: int, lots: int, serials: int) -> Iterator[Told]:
    """Lots of which a copier printed so many serials once each and sells them in one far city.

    With what the scans of a lot tell together.
    """
    dice = Random(f"lots {serials} {seed}")  # noqa: S311
    for _ in range(lots):
        plant, there = _anywhere(dice), _anywhere(dice)
        things = [_Thing(market, dice, plant=plant, sells_in=there) for _ in range(serials)]
        yield from _together([thing.history(1) for thing in things])


def _together(histories: Sequence[History]) -> Iterator[Told]:
    far: dict[str, int] = {}
    placed = 0
    for one in histories:
        cities = {scan.spot.code for scan in one.scans if scan.spot is not None}
        placed += bool(cities)
        last = one.stays[-1].spot if one.stays else None
        for code in cities:
            if last is not None and _km(last, code) > _REGION_KM:
                far[code] = far.get(code, 0) + 1
    for one in histories:
        yield Told(replace(one, batch=Batch(scanned=placed, far=far)), 1)


def _km(spot: Spot, code: str) -> float:
    other = spot_of(code)
    return spot.point.km_to(other.point) if other and other.point and spot.point else 0.0


class _Thing:
    """One piece of goods and whoever scans its code."""

    def __init__(
        self, market: Market, dice: Random, *, plant: int | None = None, sells_in: int | None = None
    ) -> None:
        self._market, self._dice, self._sells_in = market, dice, sells_in
        self._plant = _anywhere(dice) if plant is None else plant
        self._warehouse = _near(dice, self._plant, _REGION_KM) if dice.random() < 0.7 else _anywhere(dice)  # noqa: PLR2004 (most go to one of the region)
        self._shop = _near(dice, self._warehouse, _REGION_KM)
        self._made = _BEGIN + dice.random() * 30 * _DAY
        self._shipped = self._made + (0.5 + dice.expovariate(0.7)) * _DAY
        self._arrives = self._shipped + (0.5 + dice.random() * 2) * _DAY
        self._leaves = self._arrives + (0.3 + dice.expovariate(0.5)) * _DAY
        self._on_sale = self._leaves + (0.2 + dice.random()) * _DAY
        self._sold = self._on_sale + (0.1 + dice.expovariate(1 / 4)) * _DAY
        self._until = self._made + _WATCHED
        self._scans: list[Scan] = []
        self._devices = 0

    def history(self, copies: int) -> History:
        """What is on record in the end."""
        dice, market = self._dice, self._market
        if dice.random() < market.browsed:
            self._visited(self._shop, self._on_sale + dice.random() * (self._sold - self._on_sale), 1)
        if dice.random() < market.scanned:
            self._bought(self._shop, self._sold)
        if not copies and dice.random() < market.in_public:
            for _ in range(int(10 ** (1 + 1.3 * dice.random()))):
                self._visited(_anywhere(dice), self._sold + dice.expovariate(0.3) * _DAY, 1)
        destroyed = self._copied(copies) if copies else None
        sold = self._sold if dice.random() < market.tills * (1 - market.missed) else None
        scans = tuple(sorted((one for one in self._scans if one.time < self._until), key=_at))
        if market.only_makers:
            return History(scans=scans, stays=(Stay(self._made, _spots()[self._plant]),))
        return History(
            scans=scans,
            stays=tuple(self._stays()),
            shipped=self._shipped if self._read() else self._arrives,
            sold=None if destroyed else sold,
            destroyed=destroyed,
        )

    def _copied(self, copies: int) -> datetime | None:
        """Copies of it are sold; returns when the original was destroyed, if it is such goods."""
        dice, market = self._dice, self._market
        source = dice.random()
        begun = self._sold + dice.random() * 10 * _DAY
        destroyed = None
        if source < 0.4:  # noqa: PLR2004 (copied from the shelf, before it is sold)
            begun = self._on_sale
        elif source < 0.6:  # noqa: PLR2004 (recalled goods that were to be destroyed)
            destroyed = self._sold
            self._scans = [one for one in self._scans if one.time < destroyed]
        there = self._sells_in
        if there is None and dice.random() < market.one_city:
            there = _anywhere(dice)
        for _ in range(copies):
            at = begun + dice.random() * 20 * _DAY
            if dice.random() < market.scanned:
                self._bought(_anywhere(dice) if there is None else there, at)
        return destroyed

    def _bought(self, shop: int, at: datetime) -> None:
        """Its buyer, and whoever they show it to, scan it now and then."""
        dice, market = self._dice, self._market
        home = shop
        where = dice.random()
        if where < market.moves:
            home = _anywhere(dice)
        elif where < market.moves + 0.08:
            home = _near(dice, shop, _NEAR_KM)
        visits = min(int(dice.random() ** (-1 / market.tail)), 300)
        mine = self._device()
        for number in range(visits):
            device = mine if number == 0 or dice.random() < 0.7 else self._device()  # noqa: PLR2004 (mostly the same)
            town = _anywhere(dice) if dice.random() < market.travels else home
            town = shop if number == 0 and dice.random() < 0.3 else town  # noqa: PLR2004 (still in the shop)
            self._seen(device, town, at)
            if dice.random() < market.in_company:
                self._seen(self._device(), town, at + dice.random() * _DAY / 24)
            at += (0.02 + dice.expovariate(1 / 5)) * _DAY

    def _visited(self, town: int, at: datetime, times: int) -> None:
        for _ in range(times):
            self._seen(self._device(), town, at)

    def _device(self) -> tuple[int, int | None]:
        """Its number, and the wrong town that it always tells if it does: behind a gateway, say."""
        self._devices += 1
        wrong = self._dice.random() < self._market.wrong_place * self._market.same_wrong
        return self._devices, _anywhere(self._dice) if wrong else None

    def _seen(self, device: tuple[int, int | None], town: int, at: datetime) -> None:
        number, always = device
        dice, market = self._dice, self._market
        if always is not None:
            town = always
        elif dice.random() < market.wrong_place * (1 - market.same_wrong):
            town = _anywhere(dice)
        visitor = hashlib.blake2b(f"{number} {at.date()}".encode(), digest_size=8).hexdigest()
        told = dice.random() < market.tells_place
        self._scans.append(Scan(at, visitor, _spots()[town] if told else None))

    def _stays(self) -> Iterator[Stay]:
        """As the reads tell them that were not missed; the maker's own record is always there."""
        plant, warehouse, shop = (_spots()[one] for one in (self._plant, self._warehouse, self._shop))
        shipped = self._read()
        yield Stay(
            self._made, plant, self._shipped if shipped else None, bound=warehouse if shipped else None
        )
        if self._read():
            left = self._read()
            yield Stay(self._arrives, warehouse, self._leaves if left else None, bound=shop if left else None)
        if self._read():
            yield Stay(self._on_sale, shop, retail=True)

    def _read(self) -> bool:
        return self._dice.random() >= self._market.missed


def _at(scan: Scan) -> tuple[datetime, str]:
    return scan.time, scan.visitor


@cache
def _spots() -> tuple[Spot, ...]:
    return tuple(spot for town in towns() if (spot := spot_of(town.code)) is not None)


@cache
def _crowds() -> tuple[float, ...]:
    """How many people live where, roughly: a few very large cities, many smaller ones."""
    dice = Random(1)  # noqa: S311
    return tuple(dice.lognormvariate(0, 0.7) for _ in towns())


def _anywhere(dice: Random) -> int:
    return dice.choices(range(len(_spots())), weights=_crowds())[0]


def _near(dice: Random, town: int, within_km: float) -> int:
    """That town or one near it."""
    near = [other for other in range(len(_spots())) if kilometres(town, other) <= within_km]
    return dice.choices(near, weights=[_crowds()[other] for other in near])[0]
