"""How a product is packed, as the station's file says it.

::

    [[packing]]
    product = "06901234567892"     # left out: every product that has no rule of its own
    count = 12                     # into one unit; left out: as many as there are
    one_lot = true                 # lots must not be mixed in one unit
"""

from __future__ import annotations

from dataclasses import dataclass

from suyuan.readers.station.config import Section, StationConfig
from suyuan.readers.station.table import Table, wrong


@dataclass(frozen=True, slots=True)
class PackingRule:
    """``count`` of ``product`` (a GTIN of 14 digits, an own code's key, or empty for any) go into a unit."""

    product: str
    count: int = 0
    one_lot: bool = False


def _rule(table: Table) -> PackingRule:
    product = table.text("product", default="")
    return PackingRule(
        product.zfill(14) if product.isdigit() else product,
        table.whole("count", 0, least=0),
        table.flag("one_lot"),
    )


def _check(config: StationConfig) -> None:
    products = [rule.product for rule in PACKING.of(config)]
    for product in products:
        if products.count(product) > 1:
            raise wrong("packing.product", "{value!r} has two packing rules.", "Give it one.", value=product)


PACKING = Section("packing", _rule, check=_check)
