"""The binary schemes of the EPC, one row each.

Source: EPC Tag Data Standard 2.3 §14.2 (headers), §14.6 (coding tables), §10 (filter values). The first group
says by a partition value where the company prefix ends, and its texts are the fields of the EPC's URN. The
second (``+``) says the element strings as they are, may say more behind them, and may put a date in front
(``DSGTIN``). The third (``++``) names a host behind the second's fields.
"""

from __future__ import annotations

from dataclasses import dataclass

from suyuan.trace.gs1.tags.classic import (
    Characters,
    Integer,
    Measured,
    NumericString,
    One,
    Partition,
    Segment,
    Six,
    Supplier,
    Zeros,
)
from suyuan.trace.gs1.tags.texts import Leading, Text
from suyuan.trace.gs1.tags.values import Digits, Number, Numeric


@dataclass(frozen=True, slots=True)
class Layout:
    """One binary scheme: 8 bits of ``header``, ``filter_bits`` of filter value, then ``body``.

    ``urn`` names the scheme of the pure identity URN. ``bits`` is the size, 0 where it varies. Of the newer
    schemes, ``ais`` are the AIs of the body's texts, ``dated`` and ``hosted`` tell what else they hold; where
    both texts are of one AI, the first has ``cut`` digits.
    """

    name: str
    header: int
    urn: str
    body: tuple[Segment, ...]
    bits: int = 0
    filter_bits: int = 3
    ais: tuple[str, ...] = ()
    cut: int = 0
    dated: bool = False
    hosted: bool = False
    withdrawn: bool = False


def _part(name: str, coding: Measured) -> One:
    return One(name, coding)


_SERIAL = "serial"
_GTIN = Partition(44, 13)
_PIECES = (_part("piece", Number(2)), _part("total", Number(2)))

_CLASSIC = (
    Layout("GDTI-96", 0x2C, "gdti", (Partition(41, 12), _part(_SERIAL, Integer(41))), 96),
    Layout("GSRN-96", 0x2D, "gsrn", (Partition(58, 17), Zeros(24)), 96),
    Layout("GSRNP-96", 0x2E, "gsrnp", (Partition(58, 17), Zeros(24)), 96),
    Layout("USDOD-96", 0x2F, "usdod", (_part("supplier", Supplier(8)), _part(_SERIAL, Integer(36))), 96, 4),
    Layout("SGTIN-96", 0x30, "sgtin", (_GTIN, _part(_SERIAL, Integer(38))), 96),
    Layout("SSCC-96", 0x31, "sscc", (Partition(58, 17), Zeros(24)), 96),
    Layout("SGLN-96", 0x32, "sgln", (Partition(41, 12), _part("extension", Integer(41))), 96),
    Layout("GRAI-96", 0x33, "grai", (Partition(44, 12), _part(_SERIAL, Integer(38))), 96),
    Layout("GIAI-96", 0x34, "giai", (Partition(82, form="integer"),), 96),
    Layout(
        "GID-96",
        0x35,
        "gid",
        (_part("manager", Integer(28)), _part("class", Integer(24)), _part(_SERIAL, Integer(36))),
        96,
        0,
    ),
    Layout("SGTIN-198", 0x36, "sgtin", (_GTIN, _part(_SERIAL, Characters(140, 20))), 198),
    Layout("GRAI-170", 0x37, "grai", (Partition(44, 12), _part(_SERIAL, Characters(112, 16))), 170),
    Layout("GIAI-202", 0x38, "giai", (Partition(188, form="characters"),), 202),
    Layout("SGLN-195", 0x39, "sgln", (Partition(41, 12), _part("extension", Characters(140, 20))), 195),
    Layout(
        "GDTI-113",
        0x3A,
        "gdti",
        (Partition(41, 12), _part(_SERIAL, NumericString(58, 17))),
        113,
        withdrawn=True,
    ),
    Layout(
        "ADI-var",
        0x3B,
        "adi",
        (_part("supplier", Supplier(6)), _part("part number", Six(0, 32)), _part(_SERIAL, Six(1, 30, "#-/"))),
        filter_bits=6,
    ),
    Layout("CPI-96", 0x3C, "cpi", (Partition(51, form="integer"), _part(_SERIAL, Integer(31))), 96),
    Layout("CPI-var", 0x3D, "cpi", (Partition(0, form="six"), _part(_SERIAL, Integer(40)))),
    Layout("GDTI-174", 0x3E, "gdti", (Partition(41, 12), _part(_SERIAL, Characters(119, 17))), 174),
    Layout("SGCN-96", 0x3F, "sgcn", (Partition(41, 12), _part(_SERIAL, NumericString(41, 12))), 96),
    Layout("ITIP-110", 0x40, "itip", (_GTIN, *_PIECES, _part(_SERIAL, Integer(38))), 110),
    Layout("ITIP-212", 0x41, "itip", (_GTIN, *_PIECES, _part(_SERIAL, Characters(140, 20))), 212),
)

# Name, header with +, header with ++, and the AI and coding of every part. A value in two parts is cut behind
# the digits of its first.
_NEWER: tuple[tuple[str, int, int, tuple[tuple[str, Measured], ...]], ...] = (
    ("CPI", 0xF0, 0xE6, (("8010", Leading(30)), ("8011", Numeric(12)))),
    ("GRAI", 0xF1, 0xEB, (("8003", Digits(14)), ("8003", Text(16)))),
    ("SGLN", 0xF2, 0xE9, (("414", Digits(13)), ("254", Text(20)))),
    ("ITIP", 0xF3, 0xED, (("8006", Digits(18)), ("21", Text(20)))),
    ("GSRN", 0xF4, 0xE7, (("8018", Digits(18)),)),
    ("GSRNP", 0xF5, 0xE8, (("8017", Digits(18)),)),
    ("GDTI", 0xF6, 0xEA, (("253", Digits(13)), ("253", Text(17)))),
    ("SGTIN", 0xF7, 0xFD, (("01", Digits(14)), ("21", Text(20)))),
    ("SGCN", 0xF8, 0xEC, (("255", Digits(13)), ("255", Numeric(12)))),
    ("SSCC", 0xF9, 0xEF, (("00", Digits(18)),)),
    ("GIAI", 0xFA, 0xEE, (("8004", Leading(30)),)),
    ("DSGTIN", 0xFB, 0xFC, (("01", Digits(14)), ("21", Text(20)))),
)


def _cut(parts: tuple[tuple[str, Measured], ...]) -> int:
    first = parts[0][1]
    return first.count if isinstance(first, Digits) and len({ai for ai, _ in parts}) < len(parts) else 0


def _newer() -> tuple[Layout, ...]:
    return tuple(
        Layout(
            name + sign,
            header,
            name.removeprefix("D").lower(),
            tuple(_part(ai, coding) for ai, coding in parts),
            ais=tuple(ai for ai, _ in parts),
            cut=_cut(parts),
            dated=name == "DSGTIN",
            hosted=sign == "++",
        )
        for name, plus, plus_plus, parts in _NEWER
        for sign, header in (("+", plus), ("++", plus_plus))
    )


LAYOUTS: dict[str, Layout] = {layout.name: layout for layout in (*_CLASSIC, *_newer())}
BY_HEADER: dict[int, Layout] = {layout.header: layout for layout in LAYOUTS.values()}
DATES = ("11", "13", "15", "16", "17", "7006", "7007")
"""The AIs of a prioritised date, by date type indicator (§14.5.3)."""

_OTHERS = "All Others"
_LOADS = {2: "Full Case for Transport", 6: "Unit Load"}
_FILTERS: dict[str, dict[int, str]] = {
    "sgtin": {
        **_LOADS,
        1: "Point of Sale (POS) Trade Item",
        4: "Inner Pack Trade Item Grouping for Handling",
        7: "Unit inside Trade Item or component inside a product not intended for individual sale",
    },
    "sscc": _LOADS,
    "giai": {1: "Rail Vehicle"},
    "gdti": {1: "Travel Document"},
    "usdod": {0: "Pallet", 1: "Case", 2: "Unit Pack"},
    "adi": {
        1: "Item", 2: "Carton", 6: "Pallet", 8: "Seat cushions", 9: "Seat covers", 10: "Seat belts",
        11: "Galley equipment", 12: "Unit Load Devices", 13: "Aircraft Security items", 14: "Life vests",
        15: "Oxygen generators", 16: "Engine components", 17: "Avionics", 18: "Experimental equipment",
        19: "Other emergency equipment", 20: "Other rotables", 21: "Other repairable",
        22: "Other cabin interior", 23: "Other repair", 24: "Passenger Seats",
        25: "In-Flight Entertainment Systems", 56: "Location Identifier", 57: "Documentation", 58: "Tools",
        59: "Ground Support Equipment", 60: "Other Non-flyable equipment", 61: "Internal company use",
        62: "Internal company use", 63: "Internal company use",
    },
}  # fmt: skip


def filter_name(layout: Layout, value: int) -> str:
    """What a filter value means (§10); empty where it is reserved or the scheme has none."""
    if not layout.filter_bits:
        return ""
    names = _FILTERS.get(layout.urn, {})
    return names.get(value) or (_OTHERS if value == 0 else "")
