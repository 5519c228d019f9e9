"""GeoJSON (RFC 7946): places with what is affected there, and the ways between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import orjson

from suyuan.api.incident.exports.subject import Subject
from suyuan.trace.gs1 import site

_EVER = datetime.min.replace(tzinfo=UTC)


def geojson_of(subject: Subject) -> bytes:
    """A FeatureCollection; places without coordinates on record have no geometry (null), and stay in it."""
    sites = sorted({site(edge.target) for edge in subject.trace.edges if edge.kind == "move"})
    lines = sorted({site(line.place) for line in subject.lines or () if line.place is not None})
    places = list(dict.fromkeys([*sites, *lines]))
    at = subject.names.positions(places)
    subject.know(places)
    stages = subject.names.stages(places)
    features = [
        *(_place(subject, place, at, stages) for place in places),
        *_flows(subject, at),
    ]
    told = {name.removeprefix("export."): value for name, value in subject.about()}
    return orjson.dumps(
        {"type": "FeatureCollection", "suyuan:about": told, "features": features}, option=orjson.OPT_UTC_Z
    )


def _place(
    subject: Subject, place: str, at: Mapping[str, tuple[float, float]], stages: Mapping[str, str]
) -> dict[str, Any]:
    here = [line for line in subject.lines or () if line.place is not None and site(line.place) == place]
    statuses = [
        {
            "status": line.status,
            "uom": line.uom,
            "objects": line.objects,
            "hold": line.hold,
            "contaminated_min": line.contaminated_min,
            "contaminated_max": line.contaminated_max,
        }
        for line in here
    ]
    told = {
        "place": place,
        "name": subject.name(place),
        "stage": stages.get(place, ""),
        "suspect": any(site(one.key) == place for one in subject.trace.suspects),
        "lines": statuses,
    }
    return {"type": "Feature", "id": place, "geometry": _point(at.get(place)), "properties": told}


def _flows(subject: Subject, at: Mapping[str, tuple[float, float]]) -> Iterator[dict[str, Any]]:
    """The ways between two sites, each with how many things went along it and when."""
    stays: defaultdict[str, list[tuple[datetime, str, bool]]] = defaultdict(list)
    for edge in subject.trace.edges:
        if edge.kind == "move":
            since = edge.from_time or _EVER
            stays[edge.source].append((since, site(edge.target), edge.certainty == "certain"))
    ways: defaultdict[tuple[str, str], list[tuple[datetime, str, bool]]] = defaultdict(list)
    for key, been in stays.items():
        been.sort()
        for before, after in pairwise(been):
            if before[1] != after[1]:
                ways[before[1], after[1]].append((after[0], key, after[2]))
    for (source, target), went in sorted(ways.items()):
        ends = [at[place] for place in (source, target) if place in at]
        line = {"type": "LineString", "coordinates": [_lon_lat(one) for one in ends]}
        yield {
            "type": "Feature",
            "geometry": line if len(ends) == 2 else None,  # noqa: PLR2004 (both ends)
            "properties": {
                "source": source,
                "target": target,
                "objects": len({key for _, key, _ in went}),
                "first": min(went)[0],
                "last": max(went)[0],
                "certainty": "certain" if any(sure for _, _, sure in went) else "possible",
            },
        }


def _point(at: tuple[float, float] | None) -> dict[str, Any] | None:
    return None if at is None else {"type": "Point", "coordinates": _lon_lat(at)}


def _lon_lat(at: tuple[float, float]) -> list[float]:
    north, east = at
    return [east, north]
