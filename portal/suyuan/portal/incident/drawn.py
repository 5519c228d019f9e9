"""What pages and exports show of a trace: the chart with its words, the map, and the table of stops."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

from suyuan.portal.incident.atlas import Atlas, Where, mapped
from suyuan.portal.incident.captions import (
    Caption,
    Marks,
    Word,
    captions,
    keys_of,
    letters,
    short_names,
    words,
)
from suyuan.portal.incident.chart import Chart, charted
from suyuan.portal.incident.stops import MOST_STOPS, Fold, Journeys, journeys
from suyuan.portal.rendering import Page
from suyuan.portal.services import Label
from suyuan.trace.lineage.contract import Trace

_NO_MARKS = Marks()


@dataclass(frozen=True, slots=True)
class Lookups:
    """Where names, stages and coordinates come from; each takes keys and answers for those it knows."""

    labels: Callable[[Sequence[str]], Mapping[str, Label]]
    stages: Callable[[Sequence[str]], Mapping[str, str]]
    positions: Callable[[Sequence[str]], Mapping[str, Where]]


@dataclass(frozen=True, slots=True)
class Picture:
    """Chart and map of one thing. ``names`` are places, short; ``marked`` the kinds of marks that occur."""

    found: Journeys
    chart: Chart
    told: Mapping[int, Caption]
    words: Mapping[tuple[int, int, str], Word]
    atlas: Atlas
    names: Mapping[str, str]
    marked: tuple[str, ...]
    folds: tuple[Fold, ...] = ("lots", "products", "places")

    @property
    def rows(self) -> Sequence[Caption]:
        """The stops for the table: stage by stage, in each by time."""
        return [self.told[box.stop.index] for box in sorted(self.chart.boxes, key=lambda box: (box.x, box.y))]


def pictured(
    trace: Trace,
    lookups: Lookups,
    page: Page,
    marks: Marks = _NO_MARKS,
    fold: Fold | None = None,
    *,
    heard: Callable[[], None] = lambda: None,
) -> Picture:
    """The picture of a trace, folded until it can be read, or as asked; ``heard`` as of :func:`journeys`."""
    products = lookups.labels(sorted({state.key for state in trace.states if state.kind == "lot"}))

    def product_of(lot: str) -> Hashable:
        label = products.get(lot)
        return (
            page.speech.text(label.name)
            if label and page.speech.text(label.name)
            else lot.partition("/10/")[0]
        )

    found = journeys(trace, product_of, most=MOST_STOPS, fold=fold, heard=heard)
    return picture_of(found, lookups, page, marks)


def picture_of(found: Journeys, lookups: Lookups, page: Page, marks: Marks = _NO_MARKS) -> Picture:
    """The picture of stops that are known already."""
    places = sorted({stop.place for stop in found.stops if stop.place})
    labels, stages = lookups.labels(keys_of(found)), lookups.stages(places)
    chart = charted(found, lambda place: stages.get(place or "", ""), page.speech.zone)
    told = captions(found, labels, page, marks)
    names = short_names(places, labels, page.speech)
    marked = [
        name
        for name in ("common", "held", "ill", "added")
        if any(getattr(caption, name) for caption in told.values())
    ]
    return Picture(
        found,
        chart,
        told,
        words(found, told, page),
        mapped(found, lookups.positions(places), lambda place: letters(names[place])),
        names,
        tuple(marked),
    )
