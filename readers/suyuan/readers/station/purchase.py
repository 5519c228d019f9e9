"""What was ordered, and how what is there differs from it. Pure.

Order lines are pasted from whatever wrote the order: a product, how much, and the unit, one line each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from suyuan.readers.station.amounts import UNITS
from suyuan.readers.station.identity import Identity
from suyuan.trace.epcis.event import QuantityElement
from suyuan.trace.errors import InvalidInput
from suyuan.trace.gs1 import IdentifierError, identify

MOST_LINES = 500
_COLUMNS = re.compile(r"\s*[,;\t，；]\s*")
_ROW = re.compile(r"(?P<code>\S{1,500})(?:\s+(?P<amount>\d{1,9}(?:\.\d{1,6})?)\s*(?P<unit>[^\s\d]{0,4}))?")
_HEADING = re.compile(r"(?i)数量|件数|重量|订购|\b(?:qty|quantity|amount|count|number|ordered|weight)\b")
_UNITS = {
    "kg": "KGM",
    "g": "GRM",
    "t": "TNE",
    "l": "LTR",
    "ml": "MLT",
    "千克": "KGM",
    "公斤": "KGM",
    "克": "GRM",
    "吨": "TNE",
    "升": "LTR",
    "毫升": "MLT",
}
_PIECES = frozenset({"", "件", "个", "只", "瓶", "盒", "袋", "pcs", "pc", "pce", "ea", "c62", "h87"})
"""How people and UN/ECE Recommendation 20 write that pieces are counted: then there is no unit."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line of an order: how many pieces of a product, or how much of it in ``uom`` (UN/ECE Rec. 20)."""

    product_key: str
    quantity: Decimal
    uom: str | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """Of ``product_key`` there is ``there`` where ``ordered`` was ordered."""

    product_key: str
    ordered: Decimal
    there: Decimal


def differences(
    ordered: Iterable[OrderLine], goods: Iterable[Identity], amounts: Sequence[QuantityElement]
) -> list[Difference]:
    """Of which products another amount is there than was ordered. Linear."""
    there: dict[tuple[str | None, str | None], Decimal] = {}
    for each in goods:
        if each.kind == "item":
            pieces = each.product_key, None
            there[pieces] = there.get(pieces, Decimal(0)) + 1
    for amount in amounts:
        loose = product_of(amount.epc_class), amount.uom
        there[loose] = there.get(loose, Decimal(0)) + Decimal(str(amount.quantity or 0))
    return [
        Difference(line.product_key, line.quantity, found)
        for line in ordered
        if (found := there.get((line.product_key, line.uom), Decimal(0))) != line.quantity
    ]


def read_order(text: str, product: Callable[[str], str]) -> tuple[OrderLine, ...]:
    """The lines of an order as it was pasted; those of one product and unit are one.

    A first line that names the column of amounts holds headings and is passed over.

    Args:
        text: a product, an amount and a unit per line, apart by spaces, tabs, commas or semicolons; without
            a unit they are pieces.
        product: makes a key of a product of what stands for it, or raises ``InvalidInput``.

    Raises:
        InvalidInput: a line is not so; ``where`` is its number, from 1. Or there are more than 500.
    """
    found: dict[tuple[str, str | None], Decimal] = {}
    rows = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(rows) > MOST_LINES:
        raise InvalidInput("The order has too many lines.", where=str(rows[MOST_LINES][0]))
    for at, (number, line) in enumerate(rows):
        row = _ROW.fullmatch(_COLUMNS.sub(" ", line).strip())
        if row is None or row["amount"] is None:
            if at == 0 and len(rows) > 1 and _HEADING.search(line):
                continue
            raise InvalidInput("Line {line} is no product and amount.", where=str(number), line=number)
        if not Decimal(row["amount"]):
            raise InvalidInput("Nothing is ordered in line {line}.", where=str(number), line=number)
        try:
            named = product(row["code"]), _unit(row["unit"])
        except InvalidInput as error:
            raise InvalidInput(
                "Line {line}: {reason}", where=str(number), line=number, reason=error.detail
            ) from error
        found[named] = found.get(named, Decimal(0)) + Decimal(row["amount"])
    return tuple(OrderLine(key, quantity, uom) for (key, uom), quantity in found.items())


def _unit(written: str) -> str | None:
    """The code of Recommendation 20, None for pieces."""
    plain = written.lower()
    if plain in _PIECES:
        return None
    code = _UNITS.get(plain, written.upper())
    if code not in UNITS:
        raise InvalidInput("{unit} is no unit that goods are told in.", unit=written)
    return code


def product_of(name: str | None) -> str | None:
    """The product of a lot or item, None where the name tells none."""
    if not name:
        return None
    try:
        return identify(name).product_key
    except IdentifierError:
        return None
