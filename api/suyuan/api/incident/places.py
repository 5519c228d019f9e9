"""What the register and master data tell of places: stage, district, where on the globe."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from sqlalchemy import Engine

from suyuan.api.records import LiveRecords
from suyuan.trace.gs1 import site
from suyuan.trace.register.parties import place_facts
from suyuan.trace.store.engine import Reading
from suyuan.trace.store.sight import STAGES

_FARTHEST_NORTH, _FARTHEST_EAST = 90.0, 180.0


def stages(engine: Engine, records: LiveRecords, places: Iterable[str]) -> Mapping[str, str]:
    """The stage of the chain of those places, as registered, else as master data tell it of their sites."""
    sites = {place: site(place) for place in places}
    told = records.attributes(set(sites.values()))
    found = {
        place: stage for place, key in sites.items() if (stage := told.get(key, {}).get("stage")) in STAGES
    }
    return found | {place: stage for place, (stage, _) in _registered(engine, sites).items() if stage}


def districts(engine: Engine, places: Iterable[str]) -> Mapping[str, str]:
    """The district (six digits of GB/T 2260) of those places of which it is registered."""
    return {place: district for place, (_, district) in _registered(engine, places).items() if district}


def positions(records: LiveRecords, places: Iterable[str]) -> Mapping[str, tuple[float, float]]:
    """Latitude and longitude in degrees of those places, or their sites, of which both are told and right."""
    sites = {place: site(place) for place in places}
    told = records.attributes({*sites, *sites.values()})
    found: dict[str, tuple[float, float]] = {}
    for place, whole in sites.items():
        for key in (place, whole):
            at = _degrees(told.get(key, {}))
            if at is not None:
                found[place] = at
                break
    return found


def _degrees(told: Mapping[str, str]) -> tuple[float, float] | None:
    try:
        north, east = float(told["latitude"]), float(told["longitude"])
    except (KeyError, ValueError, TypeError):
        return None
    right = math.isfinite(north) and math.isfinite(east)
    return (north, east) if right and abs(north) <= _FARTHEST_NORTH and abs(east) <= _FARTHEST_EAST else None


def _registered(engine: Engine, places: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    with Reading(engine) as reading:
        return {place: (told.stage, told.district) for place, told in place_facts(reading, places).items()}
