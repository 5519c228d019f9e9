"""What was ordered, and how what is there differs from it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from suyuan.readers.station.identity import Identity
from suyuan.trace.epcis.event import QuantityElement
from suyuan.trace.gs1 import IdentifierError, identify


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


def product_of(name: str | None) -> str | None:
    """The product of a lot or item, None where the name tells none."""
    if not name:
        return None
    try:
        return identify(name).product_key
    except IdentifierError:
        return None
