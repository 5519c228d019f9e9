"""Who plays in the sample world: companies, places, products and stations, none of which is real.

The cities are real, the companies are not; telephone numbers and unified social credit codes are those of
nobody. Farms and shops have no
production licence, since the law asks for none; plant and slaughterhouse do (GB/T 2260 districts of their
cities).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from suyuan.readers.station.order import Step
from suyuan.simulator.numbers import (
    COMPANY,
    COOPERATIVE,
    company_prefix,
    credit_code,
    gtin,
    licence,
    party_key,
    place_key,
    product_key,
)
from suyuan.trace.register.choices import ALLERGENS, text_of


@dataclass(frozen=True, slots=True)
class Text:
    """A name in Chinese and in English."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Party:
    """A company. ``role`` is one of the register's, ``district`` a code of GB/T 2260."""

    key: str
    prefix: str
    name: Text
    city: Text
    licence: str
    phone: str
    role: str
    district: str
    uscc: str


@dataclass(frozen=True, slots=True)
class Door:
    """A read point of a site: its name, step, antenna (from 1) and key."""

    name: str
    step: Step
    antenna: int
    key: str


@dataclass(frozen=True, slots=True)
class Site:
    """A place with its one station; ``station`` is the station's id, ``at`` latitude and longitude."""

    station: str
    key: str
    party: Party
    name: Text
    city: Text
    doors: tuple[Door, ...]
    stage: str
    at: tuple[float, float]

    def door(self, step: Step) -> Door:
        """The read point at which ``step`` is done."""
        return next(door for door in self.doors if door.step is step)


@dataclass(frozen=True, slots=True)
class Product:
    """A trade item; ``uom`` None is pieces.

    ``category`` is that of a food licence, ``farm_product`` the kind of what needs none; ``allergen_groups``
    are those of GB 7718-2025 in it. All are words of the register.
    """

    key: str
    gtin: str
    producer: Party
    name: Text
    net_content: str
    storage: Text
    ingredients: Text
    allergens: Text
    uom: str | None
    category: str = ""
    farm_product: str = ""
    allergen_groups: tuple[str, ...] = ()
    nutrition: str = ""  # per 100 g, as on the label


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody. ``lettuce``, ``pigs`` and ``pork`` are by the letter of the farm that they come from."""

    parties: tuple[Party, ...]
    farms: dict[str, Site]
    slaughterhouse: Site
    plant: Site
    distribution: Site
    shops: tuple[Site, ...]
    lettuce: dict[str, Product]
    pigs: dict[str, Product]
    pork: dict[str, Product]
    meals: tuple[Product, ...]

    @property
    def sites(self) -> tuple[Site, ...]:
        """All sites, in the order of the chain."""
        return (*self.farms.values(), self.slaughterhouse, self.plant, self.distribution, *self.shops)

    @property
    def products(self) -> tuple[Product, ...]:
        """All products, in the order of the chain."""
        return (*self.lettuce.values(), *self.pigs.values(), *self.pork.values(), *self.meals)


LANGFANG, ZHANGJIAKOU = Text("河北廊坊", "Langfang, Hebei"), Text("河北张家口", "Zhangjiakou, Hebei")
WEIFANG, NANYANG = Text("山东潍坊", "Weifang, Shandong"), Text("河南南阳", "Nanyang, Henan")
DEZHOU, SHIJIAZHUANG = Text("山东德州", "Dezhou, Shandong"), Text("河北石家庄", "Shijiazhuang, Hebei")
TIANJIN, BEIJING, JINAN = (
    Text("天津", "Tianjin"),
    Text("北京", "Beijing"),
    Text("山东济南", "Jinan, Shandong"),
)

LIES: Mapping[str, tuple[str, tuple[float, float]]] = {
    "farm-a": ("farm", (39.44, 116.70)),
    "farm-b": ("farm", (41.16, 114.70)),
    "farm-c": ("farm", (36.88, 118.79)),
    "farm-d": ("farm", (33.06, 111.84)),
    "farm-e": ("farm", (37.33, 116.57)),
    "slaughterhouse": ("slaughter", (38.03, 114.68)),
    "plant": ("processing", (39.03, 117.40)),
    "distribution": ("storage", (39.72, 116.52)),
    "shop-1": ("retail", (39.93, 116.44)),
    "shop-2": ("retail", (39.12, 117.20)),
    "shop-3": ("retail", (38.05, 114.54)),
    "shop-4": ("retail", (36.67, 117.08)),
}
"""Stage of the chain, and latitude and longitude in or near the city, of each station's place."""

GROWS = (Step.COMMISSION, Step.PACK, Step.SHIP)
BREEDS = (Step.COMMISSION, Step.SHIP)
CUTS = (Step.RECEIVE, Step.TRANSFORM, Step.INSPECT, Step.PACK, Step.SHIP)
COOKS = (Step.RECEIVE, Step.TRANSFORM, Step.COMMISSION, Step.PACK, Step.INSPECT, Step.SHIP)
DISTRIBUTES = (Step.RECEIVE, Step.UNPACK, Step.SHIP, Step.INSPECT)
SELLS = (Step.RECEIVE, Step.UNPACK, Step.SELL)

SHED, RAMP = Text("采收棚", "packing shed"), Text("装车台", "loading ramp")
CENTRE = Text("配送中心", "distribution centre")
CHILLED = Text("0–4 ℃ 冷藏", "Keep at 0–4 °C")
NO_ALLERGENS = Text("无", "none")


def cast() -> Cast:
    """The same cast at every call."""
    a = _party(
        1,
        Text("廊坊绿源蔬菜合作社", "Langfang Lüyuan Vegetable Cooperative"),
        LANGFANG,
        "131002",
        kind=COOPERATIVE,
    )
    b = _party(2, Text("坝上清泉生态农场", "Bashang Qingquan Farm"), ZHANGJIAKOU, "130722")
    c = _party(3, Text("寿光青畦蔬菜基地", "Shouguang Qingqi Vegetables"), WEIFANG, "370783")
    d = _party(4, Text("宛西山林生猪养殖场", "Wanxi Hill Pig Farm"), NANYANG, "411325")
    e = _party(5, Text("德州平原生态猪场", "Dezhou Plain Pig Farm"), DEZHOU, "371402")
    abattoir = _party(
        6, Text("冀中肉类加工有限公司", "Jizhong Meat Co."), SHIJIAZHUANG, "130102", licence(4, "130102", 27)
    )
    kitchen = _party(
        7, Text("海河鲜食有限公司", "Haihe Fresh Meals Co."), TIANJIN, "120110", licence(7, "120110", 158)
    )
    cold_chain = _party(
        8, Text("京津冷链配送有限公司", "Jingjin Cold Chain Co."), BEIJING, "110115", role="carrier"
    )
    north = _party(
        9, Text("北方邻里超市", "Northern Neighbours Supermarkets"), BEIJING, "110105", role="shop"
    )
    south = _party(10, Text("泉城生鲜超市", "Spring City Fresh Markets"), JINAN, "370102", role="shop")
    growers = {"A": a, "B": b, "C": c}
    breeders = {"D": d, "E": e}
    return Cast(
        parties=(a, b, c, d, e, abattoir, kitchen, cold_chain, north, south),
        farms={
            **{x: _site(f"farm-{x.lower()}", p, 1, SHED, GROWS) for x, p in growers.items()},
            **{x: _site(f"farm-{x.lower()}", p, 1, RAMP, BREEDS) for x, p in breeders.items()},
        },
        slaughterhouse=_site("slaughterhouse", abattoir, 1, Text("屠宰分割车间", "cutting hall"), CUTS),
        plant=_site("plant", kitchen, 1, Text("中央厨房", "central kitchen"), COOKS),
        distribution=_site("distribution", cold_chain, 1, CENTRE, DISTRIBUTES),
        shops=(
            _site("shop-1", north, 1, Text("朝阳门店", "Chaoyang store"), SELLS, BEIJING),
            _site("shop-2", north, 2, Text("和平门店", "Heping store"), SELLS, TIANJIN),
            _site("shop-3", north, 3, Text("长安门店", "Chang'an store"), SELLS, SHIJIAZHUANG),
            _site("shop-4", south, 1, Text("历下门店", "Lixia store"), SELLS, JINAN),
        ),
        lettuce={x: _lettuce(p) for x, p in growers.items()},
        pigs={x: _pig(p) for x, p in breeders.items()},
        pork={x: _pork(abattoir, i) for i, x in enumerate(breeders, 1)},
        meals=(_rice_box(kitchen), _salad_wrap(kitchen)),
    )


def _party(
    number: int,
    name: Text,
    city: Text,
    district: str,
    licence_number: str = "",
    *,
    role: str = "producer",
    kind: str = COMPANY,
) -> Party:
    prefix = company_prefix(number)
    phone, code = f"400-000-{number:04d}", credit_code(kind, district, number)
    return Party(party_key(prefix), prefix, name, city, licence_number, phone, role, district, code)


def _site(
    station: str, party: Party, reference: int, what: Text, steps: tuple[Step, ...], city: Text | None = None
) -> Site:
    doors = tuple(
        Door(step.value, step, antenna, place_key(party.prefix, reference, antenna))
        for antenna, step in enumerate(steps, 1)
    )
    name = Text(f"{party.name.zh}{what.zh}", f"{party.name.en}, {what.en}")
    stage, at = LIES[station]
    return Site(
        station, place_key(party.prefix, reference), party, name, city or party.city, doors, stage, at
    )


def _product(
    producer: Party,
    number: str,
    name: Text,
    net_content: str,
    *,
    ingredients: Text | None = None,
    allergens: Text = NO_ALLERGENS,
    storage: Text = CHILLED,
    uom: str | None = None,
    category: str = "",
    farm_product: str = "",
    allergen_groups: tuple[str, ...] = (),
    nutrition: str = "",
) -> Product:
    return Product(
        product_key(number),
        number,
        producer,
        name,
        net_content,
        storage,
        ingredients or name,
        allergens,
        uom,
        category,
        farm_product,
        allergen_groups,
        nutrition,
    )


def _lettuce(farm: Party) -> Product:
    return _product(
        farm, gtin(farm.prefix, 1, 9), Text("生菜", "Lettuce"), "12 kg", uom="KGM", farm_product="plants"
    )


def _pig(farm: Party) -> Product:
    return _product(
        farm,
        gtin(farm.prefix, 1),
        Text("生猪", "Live pig"),
        "1 头 / head",
        storage=Text("活体", "live"),
        farm_product="other",
    )


def _pork(abattoir: Party, item: int) -> Product:
    return _product(
        abattoir,
        gtin(abattoir.prefix, item, 9),
        Text("猪前腿肉", "Pork shoulder"),
        "12 kg",
        uom="KGM",
        farm_product="pork",
    )


def _allergens(*groups: str) -> Text:
    """The words of the register for groups of GB 7718-2025; sesame is none of them."""
    codes = "\n".join(groups)
    return Text(text_of(ALLERGENS, codes, language="zh"), text_of(ALLERGENS, codes, language="en"))


def _rice_box(plant: Party) -> Product:
    return _product(
        plant,
        gtin(plant.prefix, 1),
        Text("生菜卤肉饭", "Braised pork rice with lettuce"),
        "420 g",
        ingredients=Text(
            "米饭、猪前腿肉、生菜、酱油（大豆、小麦）、食用盐",
            "Rice, pork, lettuce, soy sauce (soya, wheat), salt",
        ),
        allergens=_allergens("gluten", "soybeans"),
        category="07",
        allergen_groups=("gluten", "soybeans"),
        nutrition="能量 700 kJ 8%; 蛋白质 6.0 g 10%; 脂肪 6.5 g 11%; 饱和脂肪 2.1 g 11%; "
        "碳水化合物 21.0 g 7%; 糖 1.2 g; 钠 420 mg 21%",
    )


def _salad_wrap(plant: Party) -> Product:
    return _product(
        plant,
        gtin(plant.prefix, 2),
        Text("生菜猪肉卷", "Lettuce and pork wrap"),
        "280 g",
        ingredients=Text(
            "小麦粉、猪前腿肉、生菜、芝麻酱、食用盐", "Wheat flour, pork, lettuce, sesame paste, salt"
        ),
        allergens=_allergens("gluten"),
        category="07",
        allergen_groups=("gluten",),
        nutrition="能量 826 kJ 10%; 蛋白质 7.2 g 12%; 脂肪 8.0 g 13%; 饱和脂肪 2.4 g 12%; "
        "碳水化合物 24.0 g 8%; 糖 1.5 g; 钠 480 mg 24%",
    )
