"""Stations, deliveries and links as a file tells them: cells with names and places, whatever the file is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suyuan.trace.incident.amounts import Amount, amount, read_amount
from suyuan.trace.incident.dates import UNKNOWN, PartialDate, read_date
from suyuan.trace.incident.draft import Draft
from suyuan.trace.incident.network import Delivery, Lot, Station

Cells = Mapping[str, tuple[Any, str]]
"""Name in small letters -> what is told, and where that stands."""

_FROM = ("from", "source", "station")
_TO = ("to", "target", "recipient")
_DEPARTURE = ("departure", "date delivery departure", "delivery date departure", "date delivery")
_ARRIVAL = ("arrival", "date delivery arrival", "delivery date arrival")
_LOT = ("lot id", "lot number", "lot")
_LONGEST_TEXT = 500


def read_station(cells: Cells, where: str, draft: Draft) -> None:
    """A station: ``id``, and what else is told of it."""
    name = id_of(cells, ("id",), where, draft)
    business = text_of(cells, "type of business", "type")
    draft.station(Station(name, text_of(cells, "name"), text_of(cells, "country"), business), where)


def read_delivery(cells: Cells, where: str, draft: Draft) -> str:
    """A delivery, and its lot if that is told; its id."""
    name = id_of(cells, ("id",), where, draft)
    supplier = id_of(cells, _FROM, where, draft)
    recipient = id_of(cells, _TO, where, draft)
    product = text_of(cells, "product", "product name", "name")
    number = text_of(cells, *_LOT)
    lot = " | ".join(part.replace("|", "||") for part in (supplier, product, number)) if number else ""
    if lot:
        draft.lot(Lot(lot, supplier, product, number, _amount_of(cells, "lot size", draft)), where)
    departure, arrival = date_told(cells, _DEPARTURE, draft), date_told(cells, _ARRIVAL, draft)
    in_kilograms = _amount_of(cells, "amount_kg", draft, unit="kg")
    quantity = in_kilograms or _amount_of(cells, "amount", draft)
    draft.delivery(Delivery(name, supplier, recipient, departure, arrival, product, lot, quantity), where)
    return name


def read_link(cells: Cells, where: str, draft: Draft) -> None:
    """A link from an ingredient to what was made of it."""
    draft.link(id_of(cells, _FROM, where, draft), id_of(cells, _TO, where, draft), where)


def id_of(cells: Cells, names: tuple[str, ...], where: str, draft: Draft) -> str:
    """The id under the first of the names that is there, a number as its text; empty if it is none."""
    value, place = next((cells[name] for name in names if name in cells), (None, where))
    if (found := as_id(value)) is None:
        _no_id(names, place, draft)
    return found or ""


def _no_id(names: tuple[str, ...], where: str, draft: Draft) -> None:
    remedy = "Write the id as text."
    if names is _FROM:
        draft.problems.fault("There is no id of where it comes from.", where=where, remedy=remedy)
    elif names is _TO:
        draft.problems.fault("There is no id of where it goes to.", where=where, remedy=remedy)
    else:
        draft.problems.fault("There is no id.", where=where, remedy=remedy)


def as_id(value: Any) -> str | None:
    """A text or a whole number as id; None if it is neither, or empty."""
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def text_of(cells: Cells, *names: str) -> str:
    """The text under the first of the names that is there."""
    for name in names:
        if name in cells and isinstance(value := cells[name][0], str | int | float):
            return str(value).strip()[:_LONGEST_TEXT]
    return ""


def date_told(cells: Cells, names: tuple[str, ...], draft: Draft) -> PartialDate:
    """The date under the first of the names that is there."""
    value, place = next((cells[name] for name in names if name in cells), ("", ""))
    if isinstance(value, str | int) and (found := read_date(str(value))) is not None:
        return found
    warn_of_date(value, place, draft)
    return UNKNOWN


def warn_of_date(value: Any, where: str, draft: Draft) -> None:
    """Say that something is no date."""
    draft.problems.warn(
        "{value} is no date; it counts as not known.",
        where=where,
        remedy="Write 2016-01-05, or 2016-01 or 2016 if the rest is not known.",
        value=value,
    )


def _amount_of(cells: Cells, name: str, draft: Draft, unit: str = "") -> Amount | None:
    value, place = cells.get(name, ("", ""))
    found: Amount | None = None
    if isinstance(value, str):
        if not value.strip():
            return None
        found = read_amount(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = amount(value, unit)
    if found is None:
        draft.problems.warn(
            "{value} is no amount; it counts as not known.",
            where=place,
            remedy="Write a number that is not below zero, and its unit, such as 20 kg.",
            value=value,
        )
    return found
