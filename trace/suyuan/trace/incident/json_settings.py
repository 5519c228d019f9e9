"""What a file of JSON supposes, in the words of the programs that write such files.

``params`` in the words of desktop (``station_weight`` and ``delivery_weight`` by id; ``cc_stations``,
``kill_stations``, ``observed_stations`` and the same of deliveries as lists) or of web (``outbreakStations``,
``ccStations``, …); beside it ``merge`` (station -> the one that stands for it, or that one -> a list of
stations) and ``temporal_order``. Web files tell the same with each station or delivery: ``weight``,
``outbreak``, ``crossContamination``, ``killContamination``, ``observed``. The worked case of the desktop's
own tests, ``expected_station_weight_case``, has ``station_weight`` too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.json_text import parse
from suyuan.trace.epcis.problems import Findings, Limits, ValidationError, json_pointer
from suyuan.trace.incident.draft import Draft, Suppositions
from suyuan.trace.incident.network import Observed
from suyuan.trace.incident.problems import NetworkInvalid
from suyuan.trace.incident.telling import Cells, as_id

LIMITS = Limits(body_bytes=128 << 20, depth=32, text=10_000, parts=12_000_000, members=1_000_000)
SUPPOSED = "suppositions"
"""What stands before the pointer into suppositions that were given apart from the network."""

_LISTS = {
    "weight": ("outbreakStations", "outbreakDeliveries"),
    "cc": ("cc_stations", "cc_deliveries", "ccStations", "ccDeliveries"),
    "kill": ("kill_stations", "kill_deliveries", "killStations", "killDeliveries"),
    "observed": (
        "observed_stations", "observed_deliveries", "observedStations", "observedDeliveries",
    ),
}  # fmt: skip
_KNOWN = {
    "station_weight",
    "delivery_weight",
    "merge",
    "temporal_order",
    *(n for ns in _LISTS.values() for n in ns),
}
_WAYS: dict[str, Observed] = {"full": "full", "forward": "forward", "backward": "backward"}


def read_settings(value: dict[str, Any], draft: Draft) -> None:
    """What stands in ``params``, ``merge``, ``temporal_order`` and ``expected_station_weight_case``."""
    params = value.get("params")
    if params is not None:
        if is_object(params):
            read_params(params, "/params", draft)
        else:
            _not_understood(params, "/params", draft)
    case = value.get("expected_station_weight_case")
    if is_object(case):
        _read_weights(
            case.get("station_weight"), "/expected_station_weight_case/station_weight", draft.stations, draft
        )
    _read_beside(value, "", draft)


def read_params(params: dict[str, Any], where: str, draft: Draft) -> None:
    """The suppositions of one object; members that mean nothing here are named."""
    for name in params:
        if name not in _KNOWN:
            draft.problems.warn(
                "{name} is no supposition that is known here; it is left out.",
                where=where + json_pointer((name,)),
                remedy="Compare its spelling with that of the others.",
                name=name,
            )
    _read_weights(params.get("station_weight"), f"{where}/station_weight", draft.stations, draft)
    _read_weights(params.get("delivery_weight"), f"{where}/delivery_weight", draft.deliveries, draft)
    for kind, names in _LISTS.items():
        for name in names:
            supposed = draft.stations if name.endswith(("_stations", "Stations")) else draft.deliveries
            for place, one in _ids(params.get(name), f"{where}/{name}", draft):
                _suppose(supposed, kind, one, place)
    _read_beside(params, where, draft)


def suppose(supposed: bytes, draft: Draft) -> None:
    """The suppositions of a JSON text of their own, in the words of ``params``, instead of those so far."""
    try:
        value = parse(supposed, LIMITS, Findings())
    except ValidationError as error:
        raise NetworkInvalid(error.problems) from error
    draft.suppose_anew()
    if is_object(value):
        read_params(value, SUPPOSED, draft)
    else:
        _not_understood(value, SUPPOSED, draft)


def read_tracing(tracing: Any, draft: Draft) -> None:
    """The section ``tracing`` of a web file: lists of objects, one for each station and delivery."""
    if not is_object(tracing):
        return
    for name, supposed in (("nodes", draft.stations), ("deliveries", draft.deliveries)):
        told = tracing.get(name)
        for place, one in enumerate(told if is_list(told) else []):
            if is_object(one):
                cells = {
                    key.casefold(): (told, f"/tracing/{name}/{place}{json_pointer((key,))}")
                    for key, told in one.items()
                }
                read_inline(cells, supposed, draft)


def read_inline(cells: Cells, supposed: Suppositions, draft: Draft) -> None:
    """What is supposed of the one station or delivery that the cells tell of."""
    name = as_id(cells.get("id", (None, ""))[0])
    if name is None:
        return
    for key, kind in (("crosscontamination", "cc"), ("killcontamination", "kill"), ("outbreak", "weight")):
        value, where = cells.get(key, (None, ""))
        if value is True and not (kind == "weight" and "weight" in cells):
            _suppose(supposed, kind, name, where)
        elif value not in (None, False, True):
            _not_understood(value, where, draft)
    value, where = cells.get("observed", (None, ""))
    if value is True or (isinstance(value, str) and value.casefold() in _WAYS):
        way = "full" if value is True else _WAYS[value.casefold()]
        supposed.observed[name] = (way, where)
    elif value not in (None, False) and not (isinstance(value, str) and value.casefold() == "none"):
        _not_understood(value, where, draft)
    value, where = cells.get("weight", (None, ""))
    if value is not None:
        _weigh(supposed, name, value, where, draft)


def _read_beside(told: dict[str, Any], where: str, draft: Draft) -> None:
    order = told.get("temporal_order")
    if isinstance(order, bool):
        draft.temporal_order = order
    elif order is not None:
        _not_understood(order, f"{where}/temporal_order", draft)
    merge = told.get("merge")
    if is_object(merge):
        for name, value in merge.items():
            place = f"{where}/merge{json_pointer((name,))}"
            if is_list(value):
                for at, one in _ids(value, place, draft):
                    draft.merged(one, name, at)
            elif (into := as_id(value)) is not None:
                draft.merged(name, into, place)
            else:
                _not_understood(value, place, draft)
    elif merge is not None:
        _not_understood(merge, f"{where}/merge", draft)


def _read_weights(told: Any, where: str, supposed: Suppositions, draft: Draft) -> None:
    if is_object(told):
        for name, value in told.items():
            _weigh(supposed, name, value, where + json_pointer((name,)), draft)
    elif told is not None:
        _not_understood(told, where, draft)


def _weigh(supposed: Suppositions, name: str, value: Any, where: str, draft: Draft) -> None:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _MOST_WEIGHT:
        supposed.weight[name] = (float(value), where)
    else:
        draft.problems.fault(
            "The weight of {id} is no number up to {most}.",
            where=where,
            remedy="Write 1 for a case.",
            id=name,
            most=_MOST_WEIGHT,
        )


_MOST_WEIGHT = 1_000_000_000


def _suppose(supposed: Suppositions, kind: str, name: str, where: str) -> None:
    match kind:
        case "cc":
            supposed.cc[name] = where
        case "kill":
            supposed.kill[name] = where
        case "observed":
            supposed.observed[name] = ("full", where)
        case _:
            supposed.weight[name] = (1.0, where)


def _ids(told: Any, where: str, draft: Draft) -> Iterator[tuple[str, str]]:
    if is_list(told):
        for place, value in enumerate(told):
            if (name := as_id(value)) is not None:
                yield f"{where}/{place}", name
            else:
                _not_understood(value, f"{where}/{place}", draft)
    elif told is not None:
        _not_understood(told, where, draft)


def _not_understood(value: Any, where: str, draft: Draft) -> None:
    draft.problems.fault(
        "{value} means nothing here.",
        where=where,
        remedy="Compare the file with one that is read.",
        value=value,
    )
