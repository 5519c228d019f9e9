"""The plot of the sample world: what is grown, cooked, packed, sent and sold, when and where.

Which lettuce goes into which meals is chosen so that meals with complaints have exactly one farm lot in
common (see :data:`RECIPES` and :data:`COMPLAINTS`), while every other farm lot also went into clean meals or
into only some of the complained ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from suyuan.simulator.cast import Cast, Product, Site, cast
from suyuan.simulator.cold_chain import Failure, Log, log
from suyuan.simulator.numbers import asset_key, item_key, item_tag, sscc, unit_key, unit_tag
from suyuan.simulator.story import Lot, Sensed, Story, Tagged, new_lot
from suyuan.simulator.world import (
    CLOSING,
    LOCAL,
    OPENING,
    Calendar,
    Complaint,
    Item,
    Scale,
    WarmRide,
    World,
    calendar,
    world_name,
)

CRATE_KG = 12.0
SHELF_LIFE_DAYS = 6
PIGS_PER_LOT = 4
PORK_CRATES_PER_MEAL = 4
SERIAL_BITS = 38
CONTAMINATED = "B2"
HARVESTS = {"A1": -8, "B1": -8, "C1": -5, "A2": -3, "B2": -3, "C2": -3}
"""Lettuce lots (farm and number) and their day of harvest."""
SLAUGHTERS = {"D": -8, "E": -4}
RECIPES: dict[str, tuple[int, str, str, dict[str, int]]] = {
    "M1": (-7, "05:00", "D", {"A1": 3, "B1": 3}),
    "M2": (-4, "05:00", "D", {"B1": 2, "C1": 4}),
    "M3": (-2, "05:00", "D", {"C1": 2, "B2": 2, "A2": 2}),
    "M4": (-2, "08:00", "E", {"B2": 3, "A2": 3}),
    "M5": (-2, "11:00", "E", {"B2": 2, "C2": 4}),
    "M6": (-1, "05:00", "E", {"A2": 1, "C2": 5}),
}
"""Lots of meals: day and hour of cooking, farm of the pork, crates of lettuce."""
COMPLAINTS = ("M3", "M5", "M4", "M3", "M5")
SOLD_SHARE = {"M1": 0.6, "M2": 0.5, "M3": 0.4, "M4": 0.4, "M5": 0.4, "M6": 0.15}
"""How much of what came to the shops is sold at the end."""
WARM = "M2"
"""The meals whose lorry to the distribution centre stood warm: its cooling was off in :data:`COOLING_OFF`."""
COOLING_OFF, OFF_C = ("17:00", "18:30"), 9.2
STEP_S = 20
_CERTIFICATE = {"zh": "承诺达标合格证核验", "en": "Produce conformity certificate checked"}
_QUARANTINE = {"zh": "动物检疫与肉品品质检验", "en": "Veterinary and meat quality inspection"}
_RELEASE = {
    "zh": "出厂检验：感官、净含量、菌落总数",
    "en": "Release test: sensory, net content, total plate count",
}
_COLD_CHECK = {
    "zh": "冷链超温复检：中心温度、感官、菌落总数",
    "en": "Check after the warm ride: core temperature, sensory, total plate count",
}


def imagine(seed: int, end: datetime, scale: Scale | None = None) -> World:
    """The world of (seed, end): the same at every call. ``end`` is aware; about 0.2 s for 2,016 items."""
    plot = _Plot(seed, end, scale or Scale())
    return plot.play()


@dataclass(slots=True)
class _Plot:
    seed: int
    end: datetime
    scale: Scale
    cast: Cast = field(default_factory=cast)
    calendar: Calendar = field(init=False)
    random: Random = field(init=False)
    air: Random = field(init=False)
    warm: WarmRide = field(init=False)
    story: Story = field(init=False)
    lots: dict[str, Lot] = field(default_factory=dict[str, Lot])
    crates: dict[str, list[Tagged]] = field(default_factory=dict[str, "list[Tagged]"])
    items: dict[str, Item] = field(default_factory=dict[str, Item])
    units: dict[str, Tagged] = field(default_factory=dict[str, Tagged])
    contents: dict[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])
    shelves: dict[str, list[_Delivered]] = field(default_factory=dict[str, "list[_Delivered]"])
    sales: dict[str, list[tuple[str, str, datetime]]] = field(
        default_factory=dict[str, "list[tuple[str, str, datetime]]"]
    )
    _serials: set[int] = field(default_factory=set[int])
    _units_of: dict[str, int] = field(default_factory=dict[str, int])

    def __post_init__(self) -> None:
        name = world_name(self.seed, self.end)
        self.calendar = calendar(self.end)
        self.random = Random(name)  # noqa: S311 - a world that can be imagined again, not a secret
        self.air = Random(f"{name} cold chain")  # noqa: S311 - of its own: no reading moves the rest
        self.story = Story(name)

    def play(self) -> World:
        for name, day in HARVESTS.items():
            self.grow(name, day)
        for farm, day in SLAUGHTERS.items():
            self.slaughter(farm, day)
        for number, name in enumerate(RECIPES):
            self.meal(number, name)
        for shop in self.cast.shops:
            self.open_shop(shop)
        contaminated = self.lots[CONTAMINATED].key
        return World(
            self.seed,
            self.end,
            self.scale,
            self.cast,
            self.story.assignments(),
            self.story.lots,
            self.items,
            self.units,
            self.contents,
            contaminated,
            frozenset(self.story.made_with(contaminated)),
            self.story.consumed_at,
            {key: self.story.whereabouts(key) for key in (*self.items, *self.units)},
            self.complain(),
            self.warm,
        )

    # Farms

    def grow(self, name: str, day: int) -> None:
        """A lot of lettuce, harvested, crated and brought to the plant on one day."""
        farm, at = self.cast.farms[name[0]], self.calendar.at
        count = sum(lettuce.get(name, 0) for _, _, _, lettuce in RECIPES.values())
        lot = self._lot(name, self.cast.lettuce[name[0]], day, at(day, "06:00"), CRATE_KG * count)
        self.story.harvest(farm, lot.made, lot)
        crates = self._crate(farm, lot, count, at(day, "06:10"))
        left, arrived = at(day, "08:30"), at(day, ARRIVALS[name[0]])
        carried = self._ride(farm, self.cast.plant, left, arrived)
        self.story.send(farm, left, self.cast.plant, arrived, crates, carried=_told(carried))

    def slaughter(self, farm_name: str, day: int) -> None:
        """Pigs go to the slaughterhouse, and become crates of pork that go to the plant, on one day."""
        farm, at = self.cast.farms[farm_name], self.calendar.at
        product, abattoir = self.cast.pigs[farm_name], self.cast.slaughterhouse
        herd = self._lot(f"{farm_name}P", product, day, at(day, "04:30"), PIGS_PER_LOT)
        pigs = [self._item(product) for _ in range(PIGS_PER_LOT)]
        self.story.register(farm, herd.made, herd, pigs)
        self.story.send(farm, at(day, "05:30"), abattoir, at(day, "10:00"), pigs)
        count = PORK_CRATES_PER_MEAL * sum(recipe[2] == farm_name for recipe in RECIPES.values())
        name, pork = f"{farm_name}K", self.cast.pork[farm_name]
        lot = self._lot(name, pork, day, at(day, "11:00"), CRATE_KG * count, SHELF_LIFE_DAYS + 6)
        self.story.cook(abattoir, lot.made, pigs, lot)
        crates = self._crate(abattoir, lot, count, at(day, "12:00"))
        by = abattoir.party.name
        check = {"what": _QUARANTINE, "by": {"zh": by.zh, "en": by.en}, "document": f"QC-{lot.code}"}
        self.story.inspect(abattoir, at(day, "13:00"), lot, check)
        left, arrived = at(day, "14:00"), at(day, "18:30")
        self.story.send(
            abattoir,
            left,
            self.cast.plant,
            arrived,
            crates,
            stored=_told(self._room(abattoir, at(day, "12:30"), left)),
            carried=_told(self._ride(abattoir, self.cast.plant, left, arrived)),
        )

    def _crate(self, site: Site, lot: Lot, count: int, begin: datetime) -> list[Tagged]:
        crates = [self._unit(site) for _ in range(count)]
        for crate, time in zip(crates, _every(begin, STEP_S), strict=False):
            self.story.crate(site, time, crate, lot, CRATE_KG)
            self.contents[crate.key] = (lot.key,)
        self.crates.setdefault(lot.code, []).extend(crates)
        return crates

    # The plant

    def meal(self, number: int, name: str) -> None:
        """A lot of meals from crates to the pallets in the distribution centre and the cases in the shops."""
        day, hour, pork_farm, lettuce = RECIPES[name]
        plant, begin = self.cast.plant, self.calendar.at(day, hour)
        count = self.scale.cases_per_lot * self.scale.items_per_case
        product = self.cast.meals[number % len(self.cast.meals)]
        lot = self._lot(name, product, day, begin, count, SHELF_LIFE_DAYS)
        crates = self._take(f"{pork_farm}K", PORK_CRATES_PER_MEAL)
        for farm_lot, some in lettuce.items():
            crates += self._take(farm_lot, some)
        self.story.cook(plant, begin, crates, lot)
        meals = [self._item(product) for _ in range(count)]
        self.story.register(plant, begin + timedelta(minutes=40), lot, meals)
        cases = self._pack_cases(lot, meals, begin + timedelta(minutes=45))
        pallets = self._pack_pallets(cases, begin + timedelta(minutes=75))
        by = plant.party.name
        check = {
            "what": _RELEASE,
            "by": {"zh": f"{by.zh}质检部", "en": f"{by.en}, QA"},
            "document": f"QA-{lot.code}",
        }
        self.story.inspect(plant, begin + timedelta(minutes=100), lot, check)
        self._distribute(number, name, pallets)

    def _pack_cases(self, lot: Lot, meals: Sequence[Tagged], begin: datetime) -> list[Tagged]:
        cases: list[Tagged] = []
        for some, time in zip(_parts(meals, self.scale.items_per_case), _every(begin, STEP_S), strict=False):
            case = self._unit(self.cast.plant)
            self.story.pack(self.cast.plant, time, case, some)
            self.contents[case.key] = tuple(meal.key for meal in some)
            self.items.update({m.key: Item(m.key, m.memory, lot.key, case.key) for m in some})
            cases.append(case)
        return cases

    def _pack_pallets(
        self, cases: Sequence[Tagged], begin: datetime
    ) -> list[tuple[Tagged, Sequence[Tagged]]]:
        pallets: list[tuple[Tagged, Sequence[Tagged]]] = []
        each = -(-len(cases) // self.scale.pallets_per_lot)
        for some, time in zip(_parts(cases, each), _every(begin, 60), strict=False):
            pallet = self._unit(self.cast.plant, pallet=True)
            self.story.pack(self.cast.plant, time, pallet, some)
            self.contents[pallet.key] = tuple(case.key for case in some)
            pallets.append((pallet, some))
        return pallets

    # Distribution

    def _distribute(self, number: int, name: str, pallets: Sequence[tuple[Tagged, Sequence[Tagged]]]) -> None:
        """Pallets to the distribution centre, cases to the shops in turn; every fifth stays there."""
        day, at, centre = RECIPES[name][0], self.calendar.at, self.cast.distribution
        minute = 5 * (number % 4)
        self._to_the_centre(name, minute, [pallet for pallet, _ in pallets])
        begin = at(day, f"20:{minute:02d}")
        for (pallet, some), time in zip(pallets, _every(begin, 60), strict=False):
            self.story.unpack(centre, time, pallet, some)
        cases = [case for _, some in pallets for case in some]
        turns = len(self.cast.shops) + 1
        for turn, shop in enumerate(self.cast.shops):
            some = [case for i, case in enumerate(cases) if (i + number) % turns == turn]
            if not some:
                continue
            late = name == "M6" and shop is self.cast.shops[-1]
            left = at(0, f"20:{30 + turn}") if late else at(day + 1, f"05:{minute * 2 + turn:02d}")
            arrived = None if late else at(day + 1, f"07:{minute * 2 + turn:02d}")
            stored = _told(self._room(centre, begin, left))
            carried = () if arrived is None else _told(self._ride(centre, shop, left, arrived))
            self.story.send(centre, left, shop, arrived, some, stored=stored, carried=carried)
            if arrived is not None:
                self.shelves.setdefault(shop.station, []).append(_Delivered(name, arrived, tuple(some)))

    def _to_the_centre(self, name: str, minute: int, pallets: Sequence[Tagged]) -> None:
        """Pallets from the cold room of the plant to the centre; one lorry's cooling is off for a while."""
        day, at = RECIPES[name][0], self.calendar.at
        plant, centre = self.cast.plant, self.cast.distribution
        left, arrived = at(day, f"16:{minute:02d}"), at(day, f"19:{minute:02d}")
        since, until = (at(day, clock) for clock in COOLING_OFF)
        carried = self._ride(
            plant, centre, left, arrived, Failure(since, until, OFF_C) if name == WARM else None
        )
        packed = self.lots[name].made + timedelta(minutes=90)
        stored = _told(self._room(plant, packed, left))
        self.story.send(plant, left, centre, arrived, pallets, stored=stored, carried=_told(carried))
        if name == WARM and carried is not None:
            inspected = arrived + timedelta(minutes=35)
            by = centre.party.name
            check = {
                "what": _COLD_CHECK,
                "by": {"zh": f"{by.zh}质检部", "en": f"{by.en}, QA"},
                "document": f"CC-{self.lots[name].code}",
            }
            self.story.examine(centre, inspected, pallets, check)
            self.warm = WarmRide(
                plant.key,
                centre.key,
                left,
                arrived,
                tuple(pallet.key for pallet in pallets),
                since,
                until,
                carried.worst_c,
                inspected,
            )

    # Cold rooms and lorries

    def _room(self, site: Site, since: datetime, until: datetime) -> Log | None:
        return log(asset_key(site.party.prefix, "ROOM1"), since, until, self.air)

    def _ride(
        self, source: Site, target: Site, left: datetime, arrived: datetime, failure: Failure | None = None
    ) -> Log | None:
        logger = asset_key(source.party.prefix, f"LORRY-{target.station.upper()}")
        return log(logger, left, arrived, self.air, failure)

    # Shops

    def open_shop(self, shop: Site) -> None:
        """Cases are opened as needed, and baskets go over the till while the shop is open."""
        delivered = self.shelves.get(shop.station, [])
        busy = {d.arrived for d in delivered}
        ready: list[tuple[_Delivered, list[Tagged], datetime]] = []
        for delivery in delivered:
            sold, cases = self._chosen(delivery)
            opened = delivery.arrived + timedelta(minutes=50)
            for case, time in zip(cases, _every(opened, 2 * STEP_S), strict=False):
                stored = _told(self._room(shop, delivery.arrived, time))
                inside = [self._meal(key) for key in self.contents[case.key]]
                self.story.unpack(shop, time, case, inside, stored)
                busy.add(time)
                opened = time
            ready.append((delivery, sold, opened + timedelta(minutes=5)))
        for delivery, sold, earliest in ready:
            last = min(self.calendar.last, self._last_sale(delivery.meal))
            for basket in self._baskets(sold):
                time = self._till_time(earliest, last, busy)
                self.story.sell(shop, time, basket)
                self.sales.setdefault(delivery.meal, []).extend((m.key, shop.key, time) for m in basket)

    def _chosen(self, delivery: _Delivered) -> tuple[list[Tagged], list[Tagged]]:
        """What is sold of a delivery, and the cases that are opened for it."""
        held = sum(len(self.contents[case.key]) for case in delivery.cases)
        wanted = math.ceil(held * SOLD_SHARE[delivery.meal])
        cases = list(delivery.cases[: -(-wanted // self.scale.items_per_case)])
        keys = [key for case in cases for key in self.contents[case.key]]
        return [self._meal(key) for key in self.random.sample(keys, wanted)], cases

    def _baskets(self, sold: Sequence[Tagged]) -> Iterable[list[Tagged]]:
        left = list(sold)
        while left:
            size = self.random.choice((1, 1, 1, 2, 2, 3))
            yield left[:size]
            left = left[size:]

    def _till_time(self, earliest: datetime, last: datetime, busy: set[datetime]) -> datetime:
        """A free minute-third during opening hours."""
        while True:
            time = earliest + (last - earliest) * self.random.random()
            time = time.replace(second=time.second // STEP_S * STEP_S, microsecond=0)
            if time not in busy and OPENING <= time.astimezone(LOCAL).time() < CLOSING:
                busy.add(time)
                return time

    def _last_sale(self, meal: str) -> datetime:
        return self.calendar.at(RECIPES[meal][0] + SHELF_LIFE_DAYS, "20:59")

    def complain(self) -> tuple[Complaint, ...]:
        """Five shoppers fall ill, from several lots of meals and several shops."""
        unlucky = [
            sale
            for meal in sorted(set(COMPLAINTS))
            for sale in self.random.sample(self.sales[meal], COMPLAINTS.count(meal))
        ]
        ordered = sorted(unlucky, key=lambda sale: sale[2])
        return tuple(Complaint(f"C{i}", *sale) for i, sale in enumerate(ordered, 1))

    # Things

    def _lot(
        self, name: str, product: Product, day: int, made: datetime, quantity: float, keeps: int | None = None
    ) -> Lot:
        produced = self.calendar.day(day)
        code = f"{produced:%y%m%d}-{name}"
        expires = None if keeps is None else self.calendar.day(day + keeps)
        lot = self.lots[name] = new_lot(product, code, quantity, made, produced, expires)
        return lot

    def _item(self, product: Product) -> Tagged:
        serial = 0
        while serial == 0 or serial in self._serials:
            serial = self.random.getrandbits(SERIAL_BITS)
        self._serials.add(serial)
        return Tagged(item_key(product.gtin, serial), item_tag(product.gtin, serial))

    def _unit(self, site: Site, *, pallet: bool = False) -> Tagged:
        prefix = site.party.prefix
        number = self._units_of.get(prefix, 0) + 1
        self._units_of[prefix] = number
        code = sscc(
            prefix, self.calendar.today.toordinal() % 10_000 * 100_000 + number, extension=int(pallet)
        )
        unit = Tagged(unit_key(code), unit_tag(code, pallet=pallet))
        self.units[unit.key] = unit
        return unit

    def _take(self, name: str, count: int) -> list[Tagged]:
        """The next crates of a lot."""
        stock = self.crates[self.lots[name].code]
        taken, self.crates[self.lots[name].code] = stock[:count], stock[count:]
        return taken

    def _meal(self, key: str) -> Tagged:
        return Tagged(key, self.items[key].memory)


@dataclass(frozen=True, slots=True)
class _Delivered:
    """Cases of one lot that came to a shop."""

    meal: str
    arrived: datetime
    cases: tuple[Tagged, ...]


ARRIVALS = {"A": "12:00", "B": "13:10", "C": "15:20"}
"""When a farm's crates reach the plant, local time of the day of harvest."""


def _told(measured: Log | None) -> Sensed:
    return () if measured is None else measured.elements


def _parts(things: Sequence[Tagged], size: int) -> Iterable[Sequence[Tagged]]:
    return (things[i : i + size] for i in range(0, len(things), size))


def _every(begin: datetime, seconds: int) -> Iterable[datetime]:
    time = begin
    while True:
        yield time
        time += timedelta(seconds=seconds)
