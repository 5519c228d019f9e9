"""Who is in a trade and who buys from whom: firms, places and routes, wholly determined by an extent.

Sizes of firms follow a power law, and a buyer takes its two to fifty suppliers, a power law again, by size
and nearness: so a few hubs serve very many and most serve few. The plan says nothing about days or goods on
the way; :mod:`suyuan.simulator.trade.course` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from random import Random

from suyuan.simulator.cast import Text
from suyuan.simulator.trade.goods import CROPS, DEEPEST, GOODS, Line, lines
from suyuan.simulator.trade.numbering import MOST_COMPANIES, MOST_PLACES, party_key, place_key
from suyuan.simulator.trade.towns import kilometres, towns
from suyuan.trace.errors import TooLarge, WrongUse

FEWEST, MOST = 2, 50
"""Suppliers of a buyer, and lots that go into a batch: a power law between these."""
_TAIL = 1.3  # its exponent
_SUPPLIERS = {"processor": MOST, "packer": 20, "distributor": MOST, "shop": 4}
_SPREAD_KM = 400.0
_EARLIEST, _LATEST = date(1970, 1, 2), date(9000, 1, 1)
_BRANDS = """
青禾 Qinghe|绿源 Lüyuan|丰泽 Fengze|金穗 Jinsui|春晖 Chunhui|百川 Baichuan|嘉禾 Jiahe|清泉 Qingquan
瑞丰 Ruifeng|安康 Ankang|鲜达 Xianda|宏远 Hongyuan|南山 Nanshan|东升 Dongsheng|华茂 Huamao|永兴 Yongxing
祥和 Xianghe|天润 Tianrun|北辰 Beichen|万家 Wanjia|康乐 Kangle|明珠 Mingzhu|长青 Changqing|旺达 Wangda
"""


@dataclass(frozen=True, slots=True)
class Extent:
    """How large a trade is, which days it covers, and the seed that decides everything else.

    A number of firms that is None follows from the number of farms. There is at least one farm of each crop,
    and one plant of each kind that its goods need.
    """

    farms: int
    days: int
    seed: int
    processors: int | None = None
    packers: int | None = None
    distributors: int | None = None
    shops: int | None = None
    crops: tuple[str, ...] = tuple(CROPS)
    depth: int = DEEPEST
    begins: date = date(2026, 3, 1)


@dataclass(frozen=True, slots=True)
class Site:
    """A place of a firm.

    ``stage``: farm, processor, packer, distributor or shop. ``does``: the crop of a farm, the line of a
    plant, empty for others. ``company`` is the number of the firm's prefix; ``size``: how much it handles
    beside others of its stage.
    """

    number: int
    stage: str
    does: str
    company: int
    reference: int
    town: int
    size: float

    @property
    def key(self) -> str:
        """The place."""
        return place_key(self.company, self.reference)

    @property
    def party(self) -> str:
        """Whose it is."""
        return party_key(self.company)

    def door(self, number: int) -> str:
        """One of its read points, from 1."""
        return place_key(self.company, self.reference, number)


@dataclass(frozen=True, slots=True)
class Route:
    """To whom a place sells one kind of goods: buyers by falling share, sums of shares, hours of road."""

    buyers: tuple[int, ...]
    shares: tuple[float, ...]
    hours: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that stands before the first day. ``routes``: (place, goods) -> who buys there."""

    extent: Extent
    lines: Mapping[str, Line]
    sites: tuple[Site, ...]
    routes: Mapping[tuple[int, str], Route]

    def stage(self, stage: str) -> Sequence[Site]:
        """The places of a stage."""
        return [site for site in self.sites if site.stage == stage]

    def name(self, site: Site) -> Text:
        """What the firm of a place is called."""
        return firm_name(site, self.lines)


def lay_out(extent: Extent) -> Plan:
    """The plan of an extent. O(firms); a hundred thousand farms take some seconds.

    Raises:
        WrongUse: a number below one, days beyond the calendar, an unknown crop, or crops of which nothing can
            reach a shop.
        TooLarge: more firms than there are company prefixes for.
    """
    random = Random(f"plan {extent.seed}")  # noqa: S311 - a world that can be imagined again, not a secret
    kinds = _kinds(extent)
    sites = _sites(extent, kinds, random)
    routes: dict[tuple[int, str], list[tuple[int, float]]] = {}
    for buyers, goods, sellers in _markets(sites, kinds):
        _connect(buyers, goods, sellers, random, routes)
    found = {
        (seller, goods): _route(sites, seller, pairs) for (seller, goods), pairs in sorted(routes.items())
    }
    return Plan(extent, {line.id: line for line in kinds}, sites, found)


def few_or_many(random: Random, fewest: int = FEWEST, most: int = MOST) -> int:
    """A number from a power law, cut at both ends."""
    return min(most, int(fewest * random.paretovariate(_TAIL)))


def _kinds(extent: Extent) -> tuple[Line, ...]:
    if min(extent.farms, extent.days, *(n for n in _numbers(extent) if n is not None)) < 1:
        raise WrongUse("There must be at least one of each.", remedy="Write numbers from 1 up.")
    last = extent.begins.toordinal() + extent.days
    if extent.begins < _EARLIEST or last > _LATEST.toordinal():
        raise WrongUse(
            "The days of a trade lie between {first} and {last}.",
            first=_EARLIEST,
            last=_LATEST,
            remedy="Begin on another day.",
        )
    for crop in extent.crops:
        if crop not in CROPS:
            raise WrongUse(
                "There is no crop {crop}.", crop=crop, remedy=f"Choose among {', '.join(sorted(CROPS))}."
            )
    if not extent.crops:
        raise WrongUse("There is no crop.", remedy="Name at least one.")
    found = lines(extent.crops, extent.depth)
    taken = {goods for line in found for goods in line.takes}
    for crop in extent.crops:
        if CROPS[crop].goods not in taken:
            raise WrongUse(
                "Within {depth} transformations nothing of the crop {crop} reaches a shop.",
                depth=extent.depth,
                crop=crop,
                remedy="Allow more transformations, at most 8, or leave the crop out.",
            )
    return found


def _numbers(extent: Extent) -> tuple[int | None, ...]:
    return extent.processors, extent.packers, extent.distributors, extent.shops


def _sites(extent: Extent, kinds: Sequence[Line], random: Random) -> tuple[Site, ...]:
    farms = max(extent.farms, len(extent.crops))
    roles: list[tuple[str, str]] = [("farm", extent.crops[n % len(extent.crops)]) for n in range(farms)]
    for stage, asked, usual in (
        ("processor", extent.processors, farms // 8),
        ("packer", extent.packers, farms // 8),
    ):
        kind = [line.id for line in kinds if line.stage == stage]
        count = max(usual if asked is None else asked, len(kind))
        roles += [(stage, kind[n % len(kind)]) for n in range(count)]
    roles += [("distributor", "")] * (extent.distributors or max(2, farms // 12))
    _check_numbers(len(roles))
    found = [_site(n, stage, does, n + 1, 1, random) for n, (stage, does) in enumerate(roles)]
    shops, company = extent.shops or max(4, farms), len(roles)
    while shops:
        company += 1
        branches = min(shops, few_or_many(random, 1, MOST_PLACES))
        shops -= branches
        found += [_site(len(found) + n, "shop", "", company, n + 1, random) for n in range(branches)]
    _check_numbers(company)
    return tuple(found)


def _check_numbers(companies: int) -> None:
    if companies >= MOST_COMPANIES:
        raise TooLarge(
            "There are more than {most} firms.", most=MOST_COMPANIES - 1, remedy="Take fewer firms."
        )


def _site(number: int, stage: str, does: str, company: int, reference: int, random: Random) -> Site:
    size = min(random.paretovariate(1.5), 40.0)
    if stage == "farm":
        size = min(size, 8.0)
    return Site(number, stage, does, company, reference, random.randrange(len(towns())), size)


def _markets(
    sites: Sequence[Site], kinds: Sequence[Line]
) -> Sequence[tuple[Sequence[Site], str, Sequence[Site]]]:
    """Who may buy what from whom: buyers, goods, sellers."""
    sellers: dict[str, list[Site]] = {}
    buyers: dict[str, list[Site]] = {}
    by_id = {line.id: line for line in kinds}
    for site in sites:
        if site.stage == "farm":
            sellers.setdefault(CROPS[site.does].goods, []).append(site)
        elif site.does:
            for goods in by_id[site.does].takes:
                buyers.setdefault(goods, []).append(site)
            for goods in by_id[site.does].gives:
                sellers.setdefault(goods, []).append(site)
    middle = [site for site in sites if site.stage == "distributor"]
    shops = [site for site in sites if site.stage == "shop"]
    retail = [goods for line in kinds if line.stage == "packer" for goods in line.gives]
    markets = [(buyers[goods], goods, sellers[goods]) for goods in GOODS if goods in buyers]
    markets += [(middle, goods, sellers[goods]) for goods in retail]
    return [*markets, (shops, "", middle)]


def _connect(
    buyers: Sequence[Site],
    goods: str,
    sellers: Sequence[Site],
    random: Random,
    routes: dict[tuple[int, str], list[tuple[int, float]]],
) -> None:
    """Each buyer draws suppliers by size and nearness; a seller whom nobody drew finds one buyer."""
    sums = list(accumulate(site.size for site in sellers))
    for buyer in buyers:
        wanted = min(few_or_many(random, FEWEST, _SUPPLIERS[buyer.stage]), len(sellers))
        drawn = dict.fromkeys(random.choices(range(len(sellers)), cum_weights=sums, k=4 * wanted))
        near = sorted(drawn, key=lambda n: (_apart(sellers[n], buyer) / sellers[n].size, n))
        for n in near[:wanted]:
            routes.setdefault((sellers[n].number, goods), []).append((buyer.number, buyer.size))
    sums = list(accumulate(site.size for site in buyers))
    for seller in sellers:
        if (seller.number, goods) not in routes:
            buyer = random.choices(buyers, cum_weights=sums)[0]
            routes[seller.number, goods] = [(buyer.number, buyer.size)]


def _apart(one: Site, other: Site) -> float:
    return _SPREAD_KM + kilometres(one.town, other.town)


def _route(sites: Sequence[Site], seller: int, pairs: Sequence[tuple[int, float]]) -> Route:
    ordered = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
    return Route(
        tuple(buyer for buyer, _ in ordered),
        tuple(accumulate(share for _, share in ordered)),
        tuple(road_hours(sites[seller], sites[buyer]) for buyer, _ in ordered),
    )


def road_hours(one: Site, other: Site) -> float:
    """Loading, and a lorry at 65 km/h on roads a quarter longer than the line."""
    return 1.5 + 1.25 * kilometres(one.town, other.town) / 65


def firm_name(site: Site, kinds: Mapping[str, Line]) -> Text:
    """City, a name of its own, and what it does; large trades repeat names, never keys."""
    brand = _BRANDS.strip().replace("\n", "|").split("|")[site.company % 24].split()
    town = towns()[site.town if site.stage != "shop" else site.company % len(towns())].name
    match site.stage:
        case "farm":
            does = CROPS[site.does].name
        case "distributor":
            does = Text("冷链物流有限公司", "Cold Chain Co.")
        case "shop":
            does = Text("超市有限公司", "Supermarkets Co.")
        case _:
            line = kinds[site.does].name
            does = Text(f"{line.zh}有限公司", f"{line.en} Co.")
    return Text(f"{town.zh}{brand[0]}{does.zh}", f"{town.en} {brand[1]} {does.en}")
