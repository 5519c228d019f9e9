"""What the platform asks a station to take out of trade: fetched while it is there, kept for when it is not.

``GET {server}/api/recall-tasks`` answers pages of the recalls in force that cover goods in the hands of the
station's company: what each is about, what to do, and which goods are where. The signed block list stops
goods without it; this says what to look for. What cannot be understood is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from suyuan.readers.station.config import StationConfig
from suyuan.readers.station.fetched import Source
from suyuan.readers.station.recall_task import Asked, Sought, Tasks
from suyuan.readers.station.told import entries, members, moment, object_of, text
from suyuan.trace.gs1 import IdentifierError, canonical_key, identify, site

MOST_TASKS = 200
MOST_GOODS = 5_000
_LONGEST_TEXT = 2_000
_KINDS = frozenset({"item", "unit", "lot"})


def recall_source(config: StationConfig) -> Source[Tasks]:
    """The recall tasks of the company of a station, with the goods at its own places; every two minutes."""
    places = frozenset(filter(None, (config.place, *(point.biz_location for point in config.read_points))))
    return Source("recall tasks", "/api/recall-tasks", 120.0, lambda pages: read_tasks(pages, places))


def read_tasks(pages: Sequence[bytes], places: Collection[str]) -> Tasks | None:
    """What pages of the platform's answer say, None where one is no such page. ``places`` are ours.

    A place is ours in whatever spelling, and with every part of its site.
    """
    told = [object_of(page) for page in pages]
    if not all(isinstance(page.get("tasks"), list) for page in told):
        return None
    listed = [members(one) for page in told for one in entries(page.get("tasks"))][:MOST_TASKS]
    ours = frozenset(map(_site, places))
    found = (_asked(one, ours) for one in listed)
    as_of = moment(told[0].get("as_of")) if told else None
    return Tasks(tuple(one for one in found if one is not None), as_of)


def _asked(told: Mapping[str, Any], ours: Collection[str]) -> Asked | None:
    case = text(told.get("case"))
    if not case:
        return None
    listed = entries(told.get("goods"))
    goods = list(_goods(listed[:MOST_GOODS]))
    names = {key: _words(named) for key, named in members(told.get("places")).items()}
    here = {place for place in {one.place for one in goods} if _site(place) in ours}
    away = [one.place for one in goods if one.place not in here]
    return Asked(
        case,
        _words(told.get("title")),
        _words(told.get("what_to_do")),
        text(told.get("contact")),
        moment(told.get("since")),
        tuple(one for one in goods if one.place in here),
        {key: (away.count(key), names.get(key, ("", ""))) for key in dict.fromkeys(away)},
        whole=told.get("whole") is True and len(goods) == len(listed),
    )


def _site(place: str) -> str:
    """The site of a place however it is spelled; what names none stands as it is."""
    try:
        return site(canonical_key(place))
    except IdentifierError:
        return place


def _goods(listed: Sequence[object]) -> Iterator[Sought]:
    for one in map(members, listed):
        key = one.get("key")
        if not isinstance(key, str):
            continue
        try:
            if identify(key).key != key or identify(key).kind not in _KINDS:
                continue
        except IdentifierError:
            continue
        yield Sought(key, text(one.get("place"), _LONGEST_TEXT), text(one.get("lot"), _LONGEST_TEXT) or None)


def _words(told: object) -> tuple[str, str]:
    """A text in Chinese and in English."""
    both = members(told)
    return text(both.get("zh"), _LONGEST_TEXT), text(both.get("en"), _LONGEST_TEXT)
