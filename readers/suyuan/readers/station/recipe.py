"""Recipes (bills of material) in the station's file, and how what was weighed compares with one. Pure.

::

    [[recipes]]
    id = "yoghurt-1"
    product = "06901234567816"          # what is made of what stands below: that is one batch
    yield_percent = [95, 101.5]         # what comes out, of the weight that goes in; left out: not checked
    allergens = ["milk"]
    rework = true                       # its own product may go in again
    [[recipes.ingredients]]
    product = "06901234567892"
    quantity = 92.5
    uom = "KGM"
    tolerance_percent = 2               # left out: exactly
    optional = false
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from suyuan.readers.station.amounts import UNITS, Amount, amount
from suyuan.readers.station.config import Section, StationConfig
from suyuan.readers.station.order import Particulars
from suyuan.readers.station.table import Table, wrong

_PERCENT = Decimal(100)


@dataclass(frozen=True, slots=True)
class Ingredient:
    """``amount`` of ``product`` goes into one batch, give or take ``tolerance`` (a share of 1)."""

    product: str
    amount: Amount
    tolerance: Decimal
    optional: bool = False

    def band(self, batches: Decimal) -> tuple[Amount, Amount]:
        """The least and the most that may go into so many batches."""
        whole, dimension = self.amount.value * batches, self.amount.dimension
        return Amount(whole * (1 - self.tolerance), dimension), Amount(
            whole * (1 + self.tolerance), dimension
        )


@dataclass(frozen=True, slots=True)
class Recipe:
    """How ``product`` is made; ``yields`` are the least and the most in percent."""

    id: str
    product: str
    ingredients: tuple[Ingredient, ...]
    yields: tuple[Decimal, Decimal] | None = None
    allergens: frozenset[str] = frozenset()
    rework: bool = False

    def takes(self, product: str) -> Ingredient | None:
        """The ingredient of that product, if it is one."""
        return next((each for each in self.ingredients if each.product == product), None)


@dataclass(frozen=True, slots=True)
class Production(Particulars):
    """A transformation after ``recipe``, in so many ``batches``.

    ``line`` is the production line, whose last recipe decides whether it has to be cleared first;
    ``cleared_by`` is who did that.
    """

    recipe: str
    batches: Decimal = Decimal(1)
    line: str = ""
    cleared_by: str = ""

    def asks(self) -> tuple[str, ...]:
        """What is remembered of the line."""
        return (line_key(self.line),) if self.line else ()


def line_key(line: str) -> str:
    """Under which key the station remembers what ran on a line last: no object has such a key."""
    return f"line {line}"


@dataclass(frozen=True, slots=True)
class Deviation:
    """An ingredient of which ``used`` is not between ``low`` and ``high``; None: nobody weighed it."""

    product: str
    used: Amount | None
    low: Amount
    high: Amount


def deviations(recipe: Recipe, batches: Decimal, used: Mapping[str, Amount | None]) -> tuple[Deviation, ...]:
    """Where ``used``, the amounts by product, departs from ``recipe``. Linear.

    An amount in another dimension than the recipe's counts as not weighed.
    """
    found: list[Deviation] = []
    for each in recipe.ingredients:
        if each.optional and each.product not in used:
            continue
        low, high = each.band(batches)
        told = used.get(each.product)
        if told is not None and told.dimension != each.amount.dimension:
            told = None
        if told is None or not low.value <= told.value <= high.value:
            found.append(Deviation(each.product, told, low, high))
    return tuple(found)


def yield_percent(put_in: Amount, came_out: Amount) -> Decimal | None:
    """What came out, in percent of what went in, rounded to a tenth; None where they cannot be compared."""
    if put_in.dimension != came_out.dimension or not put_in.value:
        return None
    return (came_out.value / put_in.value * _PERCENT).quantize(Decimal("0.1"))


def _recipe(table: Table) -> Recipe:
    return Recipe(
        table.text("id"),
        _product(table),
        tuple(_ingredient(each) for each in table.tables("ingredients")),
        _band(table),
        frozenset(table.texts("allergens")),
        table.flag("rework"),
    )


def _ingredient(table: Table) -> Ingredient:
    percent = table.decimal("tolerance_percent") or Decimal(0)
    if not 0 <= percent < _PERCENT:
        raise wrong(
            table.path("tolerance_percent"), "{value} % is no tolerance.", "Give 0 to 99.", value=percent
        )
    found = Ingredient(_product(table), _amount(table), percent / _PERCENT, table.flag("optional"))
    table.done()
    return found


def _product(table: Table) -> str:
    text = table.text("product")
    return text.zfill(14) if text.isdigit() else text


def _amount(table: Table) -> Amount:
    value = table.decimal("quantity")
    uom = table.text("uom", default="C62")
    found = None if value is None or value <= 0 else amount(value, uom)
    if found is None:
        raise wrong(
            table.path("quantity"),
            "{value} {uom} is no amount.",
            f"Give a number above 0, and one of the units {', '.join(UNITS)}.",
            value=value,
            uom=uom,
        )
    return found


def _band(table: Table) -> tuple[Decimal, Decimal] | None:
    told = table.decimals("yield_percent")
    if not told:
        return None
    low, high = (*told, *told)[:2]
    if len(told) != 2 or not 0 <= low <= high:  # noqa: PLR2004 - a least and a most
        raise wrong(
            table.path("yield_percent"), "{value} is no band.", "Give the least and the most.", value=told
        )
    return low, high


def _check(config: StationConfig) -> None:
    names = [recipe.id for recipe in RECIPES.of(config)]
    for recipe in RECIPES.of(config):
        products = [each.product for each in recipe.ingredients]
        if not products or len(set(products)) < len(products) or names.count(recipe.id) > 1:
            raise wrong(
                "recipes.ingredients",
                "The recipe {value} is there twice, has no ingredient, or has one twice.",
                "Give each recipe an id of its own, and each ingredient once.",
                value=recipe.id,
            )


RECIPES = Section("recipes", _recipe, check=_check)
