"""Judging test results against a sampling plan: limits, units, detection limits, attribute classes. Pure.

A plan stands in the station's file::

    [[plans]]
    product = "06901234567892"
    before = ["ship", "sell"]          # steps that a lot must be released for (also pick, pack, transform)
    [[plans.items]]
    name = "铅"                         # as the results call it
    unit = "mg/kg"
    most = 0.02                        # and, or, least = …
    standard = "GB 2762-2022"
    [[plans.items]]
    name = "大肠菌群"
    unit = "CFU/g"
    n = 5                              # n samples, of which at most c above m and none above M (ICMSF;
    c = 2                              # GB 4789.1)
    m = 10
    M = 100                            # left out: of a two-class plan nothing but m counts

Which edition of a standard counts is whoever writes the plan's to know: a verdict names what the plan names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from suyuan.readers.station.config import Section
from suyuan.readers.station.order import Step
from suyuan.readers.station.table import Table, wrong
from suyuan.trace.errors import InvalidInput

MOST_RESULTS = 2_000
_LONGEST_NAMES = 300
_FACTORS: dict[str, tuple[str, Decimal]] = {
    "g/kg": ("mass fraction", Decimal(1)),
    "%": ("mass fraction", Decimal(10)),
    "g/100g": ("mass fraction", Decimal(10)),
    "mg/100g": ("mass fraction", Decimal("0.01")),
    "mg/kg": ("mass fraction", Decimal("0.001")),
    "mg/g": ("mass fraction", Decimal(1)),
    "ug/g": ("mass fraction", Decimal("0.001")),
    "ug/kg": ("mass fraction", Decimal("0.000001")),
    "ng/g": ("mass fraction", Decimal("0.000001")),
    "ng/kg": ("mass fraction", Decimal("0.000000001")),
    "g/l": ("mass concentration", Decimal(1)),
    "mg/l": ("mass concentration", Decimal("0.001")),
    "ug/l": ("mass concentration", Decimal("0.000001")),
    "cfu/g": ("colonies by mass", Decimal(1)),
    "cfu/kg": ("colonies by mass", Decimal("0.001")),
    "cfu/ml": ("colonies by volume", Decimal(1)),
    "mpn/g": ("most probable number by mass", Decimal(1)),
    "mpn/100g": ("most probable number by mass", Decimal("0.01")),
    "mpn/ml": ("most probable number by volume", Decimal(1)),
    "/25g": ("found in 25 g", Decimal(1)),
    "ph": ("pH", Decimal(1)),
    "cel": ("temperature", Decimal(1)),
    "1": ("number", Decimal(1)),
}
"""What unit is how much of which quantity, in lower case and with u for micro."""
_IN_CHINESE = {
    "菌落形成单位": "cfu",
    "毫克": "mg",
    "微克": "ug",
    "纳克": "ng",
    "千克": "kg",
    "公斤": "kg",
    "克": "g",
    "毫升": "ml",
    "升": "l",
    "每": "/",
}
"""Words of units, the longer ones before those that they end with."""
_NOT_FOUND = frozenset({"nd", "n.d.", "n.d", "未检出", "not detected"})
_PASSED, _FAILED = frozenset({"合格"}), frozenset({"不合格", "检出"})
"""Results of a test for presence, which has no number; of any other they say nothing that can be compared."""
_MAGNITUDE = r"\d{1,18}(?:\.\d{1,18})?(?:[eE][+-]?\d{1,2})?"
_NUMBER = re.compile(rf"([<>≤≥]?)\s*({_MAGNITUDE})")


GATED = (Step.PACK, Step.TRANSFORM, Step.PICK, Step.SHIP, Step.SELL)
"""Steps for which a plan may ask that a lot is released before."""


class Verdict(StrEnum):
    """What comes of an item."""

    CONFORMANT = "conformant"
    NON_CONFORMANT = "non_conformant"
    INCONCLUSIVE = "inconclusive"
    """The value is within its uncertainty of the limit, or could not be seen at the limit."""
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Item:
    """What is tested: bounds, or an attribute plan of ``n`` samples; all in ``unit``."""

    name: str
    unit: str
    least: Decimal | None = None
    most: Decimal | None = None
    n: int = 1
    c: int | None = None
    m: Decimal | None = None
    upper: Decimal | None = None  # M, which none may exceed
    standard: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a lot of ``product`` is tested for, and ``before`` which steps it must be released."""

    product: str
    items: tuple[Item, ...]
    before: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """One value as a laboratory writes it: ``value`` a number, ``<0.01``, or that nothing was found.

    ``lod`` is the limit of detection and ``uncertainty`` the expanded one, both in ``unit``.
    """

    item: str
    value: str
    unit: str
    lod: Decimal | None = None
    uncertainty: Decimal | None = None
    method: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one item; ``values`` as they were compared, in the unit of the plan."""

    item: Item
    verdict: Verdict
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Value:
    """A value in the plan's unit: at most ``high`` and at least ``low``; apart where nobody knows better."""

    low: Decimal
    high: Decimal
    sure_low: Decimal
    sure_high: Decimal


def judged(plan: Plan, results: Sequence[Result]) -> tuple[Finding, ...]:
    """The verdict on each item of ``plan``. Linear.

    Raises:
        InvalidInput: a result of no item, a value that is no number, or a unit that cannot be compared with
            the plan's; ``where`` names the item.
    """
    if len(results) > MOST_RESULTS:
        raise InvalidInput(
            "{count} results are too many.", where="results", remedy="Give a lot's own.", count=len(results)
        )
    names = {each.name for each in plan.items}
    for each in results:
        if each.item not in names:
            raise InvalidInput(
                "The plan of {product} has no item {item!r}; it has {items}.",
                where=each.item[:60],
                remedy="Take the row out, or have the item written into the plan.",
                product=plan.product,
                item=each.item[:60],
                items=", ".join(sorted(names))[:_LONGEST_NAMES],
            )
    return tuple(_finding(item, [r for r in results if r.item == item.name]) for item in plan.items)


def overall(findings: Iterable[Finding]) -> Verdict:
    """The verdict on the lot: the worst of its items; something missing is worse than any doubt."""
    verdicts = {each.verdict for each in findings}
    for worst in (Verdict.NON_CONFORMANT, Verdict.MISSING, Verdict.INCONCLUSIVE):
        if worst in verdicts:
            return worst
    return Verdict.CONFORMANT


def _finding(item: Item, results: Sequence[Result]) -> Finding:
    values = [_value(item, each) for each in results]
    told = tuple(f"{each.value} {each.unit}" for each in results)
    if item.m is not None:
        verdict = _by_attributes(item, values)
    elif not values:
        verdict = Verdict.MISSING
    else:
        verdict = _worst(_by_bounds(item, each) for each in values)
    return Finding(item, verdict, told)


def _by_bounds(item: Item, value: _Value) -> Verdict:
    over = item.most is not None and value.sure_low > item.most
    under = item.least is not None and value.sure_high < item.least
    if over or under:
        return Verdict.NON_CONFORMANT
    below = item.most is None or value.sure_high <= item.most
    above = item.least is None or value.sure_low >= item.least
    return Verdict.CONFORMANT if below and above else Verdict.INCONCLUSIVE


def _by_attributes(item: Item, values: Sequence[_Value]) -> Verdict:
    """Of ``n`` samples at most ``c`` between m and M, and none above M."""
    m, c = item.m or Decimal(0), item.c or 0
    over_most = [v for v in values if item.upper is not None and v.low > item.upper]
    over = [v for v in values if v.low > m]
    if over_most or len(over) > c:
        return Verdict.NON_CONFORMANT
    if len(values) < item.n:
        return Verdict.MISSING
    unseen = [v for v in values if v.low <= m < v.high]
    return Verdict.INCONCLUSIVE if len(over) + len(unseen) > c else Verdict.CONFORMANT


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    found = set(verdicts)
    for each in (Verdict.NON_CONFORMANT, Verdict.INCONCLUSIVE):
        if each in found:
            return each
    return Verdict.CONFORMANT


def _value(item: Item, result: Result) -> _Value:
    text = unicodedata.normalize("NFKC", result.value).strip()
    if text in _PASSED | _FAILED and _for_presence(item):  # words have no unit
        some = Decimal(0) if text in _PASSED else Decimal("Infinity")
        return _Value(some, some, some, some)
    factor = _factor(item, result)
    doubt = (result.uncertainty or Decimal(0)) * factor
    if text.lower() in _NOT_FOUND:
        high = _unseen_below(item, result) * factor
        return _Value(Decimal(0), high, Decimal(0), high)
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise InvalidInput(
            "{value!r} is no result of {item}, which has a limit.",
            where=result.item,
            remedy="Write the number that was measured, <0.01 for less than that, or 未检出 (nd).",
            value=text[:40],
            item=result.item,
        )
    sign, value = found[1], Decimal(found[2]) * factor
    if sign in {"<", "≤"}:
        return _Value(Decimal(0), value, Decimal(0), value)
    if sign in {">", "≥"}:
        endless = Decimal("Infinity")
        return _Value(value, endless, value, endless)
    return _Value(value, value, value - doubt, value + doubt)


def _unseen_below(item: Item, result: Result) -> Decimal:
    """How much there may be of what was not found: less than the limit of detection.

    Where that is not told it may be any amount, unless none at all is allowed: then the test is for presence.
    """
    if result.lod is not None:
        return result.lod
    return Decimal(0) if _for_presence(item) else Decimal("Infinity")


def _for_presence(item: Item) -> bool:
    """Whether none at all is allowed."""
    return 0 in {item.most, item.m}


def _factor(item: Item, result: Result) -> Decimal:
    """What a number in the result's unit is multiplied with to stand in the plan's."""
    here, there = _FACTORS.get(plain(result.unit)), _FACTORS.get(plain(item.unit))
    if here is None or there is None or here[0] != there[0]:
        raise InvalidInput(
            "{item} is told in {unit!r} and limited in {wanted}: these cannot be compared.",
            where=result.item,
            remedy="Give the result in the unit of the limit, or one of the same kind.",
            item=result.item,
            unit=result.unit[:20],
            wanted=item.unit,
        )
    return here[1] / there[1]


def plain(unit: str) -> str:
    """A unit as it is looked up: the micro sign is written in two ways and as u, and words in Chinese.

    >>> plain("μg/kg") == plain("µg/KG") == plain("微克／千克") == "ug/kg"
    True
    """
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", unit)).replace("μ", "u").lower()
    for word, short in _IN_CHINESE.items():
        text = text.replace(word, short)
    return text


def magnitude(text: str) -> Decimal | None:
    """The number, where it is one of a size that can be measured; None where it is none."""
    return Decimal(text) if re.fullmatch(_MAGNITUDE, text) else None


def _plan(table: Table) -> Plan:
    product = table.text("product")
    items = tuple(_item(each) for each in table.tables("items"))
    if not items:
        raise wrong(table.path("items"), "A plan tests something.", "Add [[plans.items]].")
    before = table.choices("before", Step)
    if others := [step for step in before if step not in GATED]:
        where, remedy = table.path("before"), f"Choose among {', '.join(GATED)}."
        raise wrong(where, "Nothing waits for a release before {step}.", remedy, step=others[0])
    return Plan(product.zfill(14) if product.isdigit() else product, items, before)


def _item(table: Table) -> Item:
    item = Item(
        table.text("name"),
        table.text("unit", _unit_rule),
        table.decimal("least"),
        table.decimal("most"),
        table.whole("n", 1, least=1),
        table.whole("c", 0, least=0),
        table.decimal("m"),
        table.decimal("M"),
        table.text("standard", default=""),
    )
    table.done()
    attributes = item.m is not None
    bounded = item.least is not None or item.most is not None
    if attributes == bounded or (item.upper is not None and (item.m is None or item.upper < item.m)):
        raise wrong(
            table.path("name"),
            "The item {value} needs either least or most, or an attribute plan with m, and M above m.",
            "See the comments of the example.",
            value=item.name,
        )
    return item


def _unit_rule(text: str) -> str:
    return "" if plain(text) in _FACTORS else ", ".join(_FACTORS)


PLANS = Section("plans", _plan)
