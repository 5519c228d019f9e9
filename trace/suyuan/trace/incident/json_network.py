"""Networks in JSON, in each of the forms that are about.

- *Rows* (FoodChain-Lab's web program): ``data`` with ``stations``, ``deliveries`` and ``deliveryRelations``
  as tables of ``{"id": column, "value": …}``; ``tracing`` tells the suppositions.
- *Lists* (its first web form, and plain facts of its desktop): ``stations`` and ``deliveries`` as objects
  with ``from`` and ``to``, or ``source`` and ``target``; links as pairs in ``links``, as objects in
  ``deliveriesRelations``, or with each delivery as ``prev`` and ``next``. Without ``stations`` there are
  those that the deliveries name.

Suppositions: see ``json_settings``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.json_text import parse
from suyuan.trace.epcis.problems import Findings, ValidationError, json_pointer
from suyuan.trace.incident.draft import Draft
from suyuan.trace.incident.json_settings import LIMITS, read_inline, read_settings, read_tracing, suppose
from suyuan.trace.incident.network import Reading
from suyuan.trace.incident.problems import NetworkInvalid
from suyuan.trace.incident.telling import Cells, as_id, read_delivery, read_link, read_station


def read_json(data: bytes, supposed: bytes = b"") -> Reading:
    """The network of a JSON text; what is ``supposed`` apart, if anything, instead of what the text supposes.

    Raises:
        NetworkInvalid: with every fault and its JSON pointer.
        TooLarge: over a limit of ``LIMITS`` or of ``network``.
    """
    draft = Draft()
    repeated = Findings()
    try:
        value = parse(data, LIMITS, repeated)
    except ValidationError as error:
        raise NetworkInvalid(error.problems) from error
    for problem in repeated.problems:
        draft.problems.warn(problem.template, where=problem.where, remedy=problem.remedy, **problem.fields)
    if is_object(value) and is_object(value.get("data")):
        _read_rows(value, draft)
    elif is_object(value) and "deliveries" in value:
        _read_lists(value, draft)
    else:
        draft.problems.fault(
            "This is no network of stations and deliveries.",
            where="",
            remedy="Give deliveries as a list of objects, each with id, from and to.",
        )
        draft.problems.raise_any()
    read_settings(value, draft)
    if supposed:
        suppose(supposed, draft)
    return draft.finished()


def _read_rows(value: dict[str, Any], draft: Draft) -> None:
    for where, cells in _rows(value["data"], "stations", draft):
        read_station(cells, where, draft)
    for where, cells in _rows(value["data"], "deliveries", draft):
        read_delivery(cells, where, draft)
    for where, cells in _rows(value["data"], "deliveryRelations", draft):
        read_link(cells, where, draft)
    read_tracing(value.get("tracing"), draft)


def _read_lists(value: dict[str, Any], draft: Draft) -> None:
    draft.implied_stations = "stations" not in value
    for where, cells in _objects(value, "stations", draft):
        read_station(cells, where, draft)
        read_inline(cells, draft.stations, draft)
    for where, cells in _objects(value, "deliveries", draft):
        name = read_delivery(cells, where, draft)
        read_inline(cells, draft.deliveries, draft)
        for place, other in _neighbours(cells, "prev", draft):
            draft.link(other, name, place)
        for place, other in _neighbours(cells, "next", draft):
            draft.link(name, other, place)
    for relations in ("deliveriesRelations", "deliveryRelations"):
        for where, cells in _objects(value, relations, draft):
            read_link(cells, where, draft)
    for number, pair in enumerate(_list(value.get("links", []), "/links", draft)):
        ends = [as_id(end) for end in pair] if is_list(pair) else []
        if len(ends) == 2 and ends[0] and ends[1]:  # noqa: PLR2004 (a pair)
            draft.link(ends[0], ends[1], f"/links/{number}")
        else:
            draft.problems.fault(
                "A link is a list of two ids of deliveries.",
                where=f"/links/{number}",
                remedy="Write the ingredient first, then what was made of it.",
            )


def _neighbours(cells: Cells, name: str, draft: Draft) -> Iterator[tuple[str, str]]:
    told, where = cells.get(name, ([], ""))
    for place, value in enumerate(_list(told, where, draft)):
        if (found := as_id(value)) is not None:
            yield f"{where}/{place}", found
        else:
            draft.problems.fault("There is no id.", where=f"{where}/{place}", remedy="Write the id as text.")


def _objects(value: dict[str, Any], name: str, draft: Draft) -> Iterator[tuple[str, Cells]]:
    for place, one in enumerate(_list(value.get(name, []), f"/{name}", draft)):
        if is_object(one):
            yield f"/{name}/{place}", _cells_of(one, f"/{name}/{place}")
        else:
            _not_an(draft, "object", f"/{name}/{place}")


def _cells_of(told: dict[str, Any], where: str) -> Cells:
    """The members of an object that have a value."""
    return {
        name.strip().casefold(): (
            value,
            f"{where}/{name}" if name.isalnum() else where + json_pointer((name,)),
        )
        for name, value in told.items()
        if value is not None
    }


def _rows(data: dict[str, Any], name: str, draft: Draft) -> Iterator[tuple[str, Cells]]:
    """Each row of a table; a cell is named after its column."""
    table = data.get(name)
    if not is_object(table):
        _not_an(draft, "object", f"/data/{name}")
        return
    where = f"/data/{name}/data"
    for place, row in enumerate(_list(table.get("data"), where, draft)):
        cells: dict[str, tuple[Any, str]] = {}
        for column, cell in enumerate(_list(row, f"{where}/{place}", draft)):
            at = f"{where}/{place}/{column}"
            if not is_object(cell) or not isinstance(cell.get("id"), str):
                draft.problems.fault(
                    "A cell is an object with id and value.", where=at, remedy="Export the file again."
                )
            elif cell.get("value") is not None:
                cells[cell["id"].strip().casefold()] = (cell["value"], f"{at}/value")
        if is_list(row):
            yield f"{where}/{place}", cells


def _list(value: Any, where: str, draft: Draft) -> list[Any]:
    if is_list(value):
        return value
    _not_an(draft, "list", where)
    return []


def _not_an(draft: Draft, kind: str, where: str) -> None:
    remedy = "Compare the file with one that is read."
    if kind == "object":
        draft.problems.fault("An object is wanted here.", where=where, remedy=remedy)
    else:
        draft.problems.fault("A list is wanted here.", where=where, remedy=remedy)
