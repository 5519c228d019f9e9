"""What is grown, made and sold in a trade: goods, processes with their yields, and what kinds of plant do.

Yields are ranges that practice knows for such processes; each batch draws one of its range, so that what goes
in and what comes out differ by a loss that nobody records. Amounts are whole thousandths of the unit
(grams, millilitres), or pieces: sums are exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from suyuan.simulator.cast import Text

THOUSANDTHS = 1000


@dataclass(frozen=True, slots=True)
class Goods:
    """``uom`` None: pieces. ``grams`` is what a piece, a kilogram or a litre weighs.

    ``serials``: each piece bears a number of its own. ``celsius``: how cold it is kept; None: it need not be.
    """

    id: str
    name: Text
    uom: str | None
    grams: int
    shelf_days: int
    celsius: tuple[float, float] | None = None
    serials: bool = False

    def milligrams(self, amount: int) -> int:
        """What so much of it weighs, exactly."""
        return amount * self.grams * (THOUSANDTHS if self.uom is None else 1)

    def amount(self, milligrams: int) -> int:
        """How much of it weighs at most so much."""
        return milligrams // (self.grams * (THOUSANDTHS if self.uom is None else 1))


@dataclass(frozen=True, slots=True)
class Process:
    """``takes``: goods and their shares of the mass that goes in, which sum to 1.

    ``gives``: goods and the range of the share of that mass that becomes them. ``kills``: no pathogen
    outlives it.
    """

    id: str
    takes: tuple[tuple[str, float], ...]
    gives: tuple[tuple[str, float, float], ...]
    kills: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """What one kind of plant does, one process after the other; ``depth`` is how deep the last one stands."""

    id: str
    name: Text
    stage: str
    processes: tuple[Process, ...]
    depth: int

    @property
    def kills(self) -> bool:
        """Whether no pathogen outlives what it does."""
        return any(process.kills for process in self.processes)

    @property
    def takes(self) -> tuple[str, ...]:
        """What it buys."""
        made = {goods for process in self.processes for goods, _, _ in process.gives}
        taken = dict.fromkeys(goods for process in self.processes for goods, _ in process.takes)
        return tuple(goods for goods in taken if goods not in made)

    @property
    def gives(self) -> tuple[str, ...]:
        """What it sells."""
        taken = {goods for process in self.processes for goods, _ in process.takes}
        made = dict.fromkeys(goods for process in self.processes for goods, _, _ in process.gives)
        return tuple(goods for goods in made if goods not in taken)


_CHILLED, _FROZEN, _COOL = (0.0, 4.0), (-22.0, -18.0), (4.0, 8.0)

GOODS: Mapping[str, Goods] = MappingProxyType(
    {
        goods.id: goods
        for goods in (
            Goods("hog", Text("生猪", "Live pigs"), None, 112_000, 20, None, serials=True),
            Goods("lettuce", Text("生菜", "Lettuce"), "KGM", 1000, 6, _CHILLED),
            Goods("raw-milk", Text("生牛乳", "Raw milk"), "LTR", 1030, 3, _CHILLED),
            Goods("raw-shrimp", Text("鲜虾", "Fresh shrimp"), "KGM", 1000, 4, _CHILLED),
            Goods("paddy", Text("稻谷", "Paddy"), "KGM", 1000, 300),
            Goods("carcass", Text("猪胴体", "Pork carcasses"), "KGM", 1000, 7, _CHILLED),
            Goods("shoulder", Text("猪前腿肉", "Pork shoulder"), "KGM", 1000, 8, _CHILLED),
            Goods("trim", Text("猪碎肉", "Pork trimmings"), "KGM", 1000, 8, _CHILLED),
            Goods("sorted-lettuce", Text("净选生菜", "Sorted lettuce"), "KGM", 1000, 6, _CHILLED),
            Goods("cut-lettuce", Text("鲜切生菜", "Cut lettuce"), "KGM", 1000, 6, _CHILLED),
            Goods("pooled-milk", Text("混合生乳", "Pooled raw milk"), "LTR", 1030, 3, _CHILLED),
            Goods("standard-milk", Text("标准化乳", "Standardised milk"), "LTR", 1031, 4, _CHILLED),
            Goods("market-milk", Text("巴氏杀菌乳", "Pasteurised milk"), "LTR", 1031, 8, _CHILLED),
            Goods("graded-shrimp", Text("分级虾", "Graded shrimp"), "KGM", 1000, 4, _CHILLED),
            Goods("peeled-shrimp", Text("虾仁", "Peeled shrimp"), "KGM", 1000, 4, _CHILLED),
            Goods("frozen-shrimp", Text("冻虾仁", "Frozen peeled shrimp"), "KGM", 1000, 365, _FROZEN),
            Goods("dry-paddy", Text("干稻谷", "Dried paddy"), "KGM", 1000, 300),
            Goods("brown-rice", Text("糙米", "Brown rice"), "KGM", 1000, 180),
            Goods("white-rice", Text("白米", "White rice"), "KGM", 1000, 240),
            Goods("mince", Text("猪肉馅", "Minced pork"), "KGM", 1000, 4, _CHILLED),
            Goods("seasoned-mince", Text("调味肉馅", "Seasoned mince"), "KGM", 1000, 4, _CHILLED),
            Goods("raw-sausage", Text("生香肠", "Raw sausages"), "KGM", 1000, 6, _CHILLED),
            Goods("cooked-sausage", Text("熟香肠", "Cooked sausages"), "KGM", 1000, 15, _CHILLED),
            Goods("sliced-sausage", Text("香肠切片", "Sliced sausage"), "KGM", 1000, 12, _CHILLED),
            Goods("mixed-salad", Text("混合沙拉菜", "Mixed salad"), "KGM", 1000, 5, _CHILLED),
            Goods("yoghurt", Text("发酵乳", "Fermented milk"), "KGM", 1000, 18, _CHILLED),
            Goods("blended-rice", Text("配制大米", "Blended rice"), "KGM", 1000, 240),
            Goods("raw-dumplings", Text("生水饺", "Raw dumplings"), "KGM", 1000, 3, _CHILLED),
            Goods("steamed-dumplings", Text("熟制水饺", "Steamed dumplings"), "KGM", 1000, 3, _CHILLED),
            Goods("frozen-dumplings", Text("速冻水饺", "Frozen dumplings"), "KGM", 1000, 300, _FROZEN),
            Goods("pork-tray", Text("冷鲜猪前腿肉 400 克", "Pork shoulder, 400 g"), None, 400, 7, _CHILLED,
                  serials=True),
            Goods("sausage-pack", Text("香肠切片 200 克", "Sliced sausage, 200 g"), None, 200, 14, _CHILLED,
                  serials=True),
            Goods("salad-bag", Text("沙拉菜 200 克", "Salad, 200 g"), None, 200, 5, _CHILLED, serials=True),
            Goods("yoghurt-cup", Text("风味酸奶 150 克", "Yoghurt, 150 g"), None, 150, 18, _COOL),
            Goods("shrimp-bag", Text("冻虾仁 500 克", "Frozen shrimp, 500 g"), None, 500, 365, _FROZEN,
                  serials=True),
            Goods("rice-bag", Text("大米 5 千克", "Rice, 5 kg"), None, 5000, 240),
            Goods("dumpling-bag", Text("速冻水饺 500 克", "Frozen dumplings, 500 g"), None, 500, 300, _FROZEN,
                  serials=True),
        )
    }
)  # fmt: skip


def _step(taken: str, given: str, low: float, high: float, *, kills: bool = False) -> Process:
    return Process(f"{taken}→{given}", ((taken, 1.0),), ((given, low, high),), kills)


_LINES: tuple[Line, ...] = (
    Line("slaughter", Text("肉类加工", "Meat"), "processor", (
        _step("hog", "carcass", 0.71, 0.75),
        Process("cutting", (("carcass", 1.0),), (("shoulder", 0.40, 0.44), ("trim", 0.36, 0.40))),
    ), 2),
    Line("wash", Text("净菜加工", "Vegetable processing"), "processor", (
        _step("lettuce", "sorted-lettuce", 0.86, 0.93), _step("sorted-lettuce", "cut-lettuce", 0.80, 0.88),
    ), 2),
    Line("dairy", Text("乳业", "Dairy"), "processor", (
        _step("raw-milk", "pooled-milk", 0.995, 1.0), _step("pooled-milk", "standard-milk", 0.96, 0.98),
        _step("standard-milk", "market-milk", 0.985, 0.995, kills=True),
    ), 3),
    Line("shrimp", Text("水产加工", "Seafood processing"), "processor", (
        _step("raw-shrimp", "graded-shrimp", 0.96, 0.99), _step("graded-shrimp", "peeled-shrimp", 0.50, 0.58),
        _step("peeled-shrimp", "frozen-shrimp", 0.97, 1.0),
    ), 3),
    Line("mill", Text("米业", "Rice mill"), "processor", (
        _step("paddy", "dry-paddy", 0.90, 0.94), _step("dry-paddy", "brown-rice", 0.77, 0.81),
        _step("brown-rice", "white-rice", 0.88, 0.92),
    ), 3),
    Line("tray", Text("冷鲜肉", "Fresh meat packing"), "packer", (
        _step("shoulder", "pork-tray", 0.96, 0.99),
    ), 3),
    Line("salad", Text("鲜切蔬菜", "Salads"), "packer", (
        _step("cut-lettuce", "mixed-salad", 0.98, 1.0), _step("mixed-salad", "salad-bag", 0.97, 1.0),
    ), 4),
    Line("seafood", Text("冷冻水产", "Frozen seafood"), "packer", (
        _step("frozen-shrimp", "shrimp-bag", 0.98, 1.0),
    ), 4),
    Line("yoghurt", Text("乳品", "Yoghurt"), "packer", (
        _step("market-milk", "yoghurt", 0.97, 1.0), _step("yoghurt", "yoghurt-cup", 0.97, 0.99),
    ), 5),
    Line("rice", Text("粮油", "Rice packing"), "packer", (
        _step("white-rice", "blended-rice", 0.99, 1.0), _step("blended-rice", "rice-bag", 0.98, 1.0),
    ), 5),
    Line("dumpling", Text("速冻食品", "Frozen foods"), "packer", (
        Process("filling", (("trim", 0.4), ("cut-lettuce", 0.35), ("white-rice", 0.25)),
                (("raw-dumplings", 0.97, 1.0),)),
        _step("raw-dumplings", "steamed-dumplings", 0.98, 1.0, kills=True),
        _step("steamed-dumplings", "frozen-dumplings", 0.97, 0.99),
        _step("frozen-dumplings", "dumpling-bag", 0.98, 1.0),
    ), 7),
    Line("sausage", Text("肉制品", "Sausages"), "packer", (
        _step("trim", "mince", 0.97, 0.99), _step("mince", "seasoned-mince", 0.99, 1.0),
        _step("seasoned-mince", "raw-sausage", 0.98, 1.0),
        _step("raw-sausage", "cooked-sausage", 0.86, 0.92, kills=True),
        _step("cooked-sausage", "sliced-sausage", 0.97, 0.99),
        _step("sliced-sausage", "sausage-pack", 0.97, 0.99),
    ), 8),
)  # fmt: skip
DEEPEST = max(line.depth for line in _LINES)


@dataclass(frozen=True, slots=True)
class Crop:
    """What a kind of farm grows: its middling harvest in kilograms, and on how many of a hundred days."""

    goods: str
    name: Text
    kilograms: float
    often: float


CROPS: Mapping[str, Crop] = MappingProxyType(
    {
        "pork": Crop("hog", Text("生猪养殖场", "Pig Farm"), 1100.0, 0.35),
        "leafy": Crop("lettuce", Text("蔬菜合作社", "Vegetable Cooperative"), 160.0, 0.7),
        "milk": Crop("raw-milk", Text("奶牛场", "Dairy Farm"), 260.0, 0.9),
        "shrimp": Crop("raw-shrimp", Text("对虾养殖场", "Shrimp Farm"), 200.0, 0.4),
        "rice": Crop("paddy", Text("水稻合作社", "Rice Cooperative"), 600.0, 0.4),
    }
)


def lines(crops: Iterable[str], depth: int = DEEPEST) -> tuple[Line, ...]:
    """The kinds of plant that can work with what these crops give, at most ``depth`` transformations deep.

    Plants are left out of which nothing reaches a shop.
    """
    there = {CROPS[crop].goods for crop in crops}
    found: list[Line] = []
    for line in _LINES:  # in the order of the chain
        if line.depth <= depth and there.issuperset(line.takes):
            found.append(line)
            there.update(line.gives)
    wanted = {goods for line in found if line.stage == "packer" for goods in line.takes}
    return tuple(line for line in found if line.stage == "packer" or wanted.intersection(line.gives))
