"""What an order of a shipment says beside the common fields, and what of it goes to the receiver. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from suyuan.readers.station.identity import Identity, lot_number
from suyuan.readers.station.order import Particulars
from suyuan.readers.station.purchase import OrderLine


@dataclass(frozen=True, slots=True)
class Buyer:
    """To whom it goes: ``licensed_until`` is the last day of the licence; None where nobody told."""

    name: str
    licence: str = ""
    licensed_until: date | None = None


@dataclass(frozen=True, slots=True)
class Shipping(Particulars):
    """``ordered`` is the buyer's order; with ``taken_off`` goods that were loaded are taken off again.

    ``set_point_c`` is the temperature that the vehicle is set to, for the goods of ``profile``.
    """

    ordered: tuple[OrderLine, ...] = ()
    buyer: Buyer | None = None
    vehicle: str = ""
    seal: str = ""
    set_point_c: float | None = None
    profile: str = ""
    taken_off: bool = False


def advice(order: Shipping, taken: Iterable[Identity], lots: Mapping[str, str]) -> dict[str, Any]:
    """What the despatch advice tells beside the event's lists: pieces by lot, vehicle, seal, temperature."""
    counted = Counter((each.product_key, lots.get(each.key)) for each in taken if each.kind == "item")
    lines = [
        {
            "suyuan:product": product,
            "suyuan:quantity": count,
            **({"suyuan:lot": lot_number(lot)} if lot else {}),
        }
        for (product, lot), count in counted.items()
        if product is not None
    ]
    told = {
        "suyuan:lines": lines,
        "suyuan:vehicle": order.vehicle,
        "suyuan:seal": order.seal,
        "suyuan:setPointC": order.set_point_c,
        "suyuan:profile": order.profile,
    }
    return {name: value for name, value in told.items() if value not in ("", None, [])}
