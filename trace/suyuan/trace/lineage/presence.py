"""What was at a place, and when: by its own statements or inside what came there (law of tracing §5)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from suyuan.trace.gs1 import site
from suyuan.trace.lineage.history import History
from suyuan.trace.lineage.portions import stays
from suyuan.trace.lineage.records import Presence
from suyuan.trace.lineage.statement import EVER, NEVER


def present_at(history: History, place: str) -> Iterator[Presence]:
    """Every object present at the site of ``place``, and when (of lots, their own episodes)."""
    for key, episode in history.visitors.get(site(place), ()):
        for start, end in _uncontained(history, key, episode.start, episode.end):
            yield Presence(key, episode.place, start, end)
            if key not in history.classes:
                for inner in _carried(history, Presence(key, episode.place, start, end)):
                    if inner.key not in history.classes:
                        yield inner


def lots_at(
    history: History, place: str, lots: Container[str], start: int, end: int
) -> Mapping[str, tuple[int, int]]:
    """Those of ``lots`` of which anything was at the site of ``place`` during [start, end).

    Per lot, from when until when the stays lasted that touch the window. An instance counts for its lot, and
    so does what is in a container. The work is that of the visits of the site and of what they carried then.
    """
    spans: dict[str, tuple[int, int]] = {}
    loose: set[str] = set()
    for key, episode in history.visitors.get(site(place), ()):
        if key in history.classes:
            loose.update((key,) if key in lots else ())
            continue
        if episode.start >= end or episode.end <= start:
            continue
        for since, until in _uncontained(history, key, episode.start, episode.end):
            whole = Presence(key, episode.place, since, until)
            for there in (whole, *_carried(history, whole)):
                lot = _lot_of(history, there.key)
                if lot in lots:
                    _widen(spans, lot, there.start, there.end, start, end)
    for lot in loose:
        for since, until in _loose_stays(history, lot, place):
            _widen(spans, lot, since, until, start, end)
    return spans


def _widen(spans: dict[str, tuple[int, int]], lot: str, since: int, until: int, start: int, end: int) -> None:
    if since < end and until > start:
        low, high = spans.get(lot, (NEVER, EVER))
        spans[lot] = (min(low, since), max(high, until))


def _loose_stays(history: History, lot: str, place: str) -> Iterable[tuple[int, int]]:
    """When loose goods of a lot lay there: another place's word on the lot ends no stay."""
    known = stays(history, lot)
    if known is not None:
        return known.get(site(place), ())
    here = (one.start for one in history.episodes.get(lot, ()) if site(one.place) == site(place))
    return [(min(here), NEVER)]  # nobody told how much there was, so nobody knows when it was all gone


def _lot_of(history: History, key: str) -> str:
    """The lot of an instance; ``key`` itself where it has none on record, or is one."""
    found = history.lots.get(key)
    return key if found is None else found[0]


def _carried(history: History, outer: Presence) -> Iterator[Presence]:
    """What was in it at any depth meanwhile: instances, and lots of which there was an amount."""
    stack = [outer]
    while stack:
        parent = stack.pop()
        for containment in history.containments_in.get(parent.key, ()):
            low, high = max(parent.start, containment.start), min(parent.end, containment.end)
            if low < high:
                inner = Presence(containment.child, outer.place, low, high)
                yield inner
                if not containment.is_class:
                    stack.append(inner)


def _uncontained(history: History, key: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of [start, end) in which the instance ``key`` is in no container."""
    for containment in history.containers_of.get(key, ()):
        if containment.is_class or containment.end <= start:
            continue
        if containment.start >= end:
            break
        if start < containment.start:
            yield start, containment.start
        start = containment.end
    if start < end:
        yield start, end
