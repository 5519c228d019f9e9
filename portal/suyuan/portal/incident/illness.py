"""Reports of illness as cases of an investigation: what was bought where and when, never who reported it.

The label of such a case is made of the number of its report, so that nobody enters one twice; the number
itself, with which anybody may follow the report, cannot be told from it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Protocol

from suyuan.portal.reporting import Subject
from suyuan.portal.services import Label
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.recall.complaints import Complaint
from suyuan.trace.store.sight import Viewer

PREFIX = "R-"
"""What labels of cases out of reports begin with."""
MOST = 100
"""Reports that are offered at once."""
_GOODS = frozenset({"item", "lot", "product", "unit"})
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Listed:
    """Reports, the newest first. Those from before the number ``older`` are left; empty: none are."""

    reports: Sequence[tuple[Complaint, Subject | None]]
    older: str


class IllnessReports(Protocol):
    """Where reports come from. The composition root provides it."""

    def of_illness(self, viewer: Viewer, limit: int, before: str = "") -> Listed:
        """Reports of illness in sight that were not refused, from before the report of that number.

        Raises:
            NotFound: no report of that number is in sight.
        """
        ...

    def chosen(self, viewer: Viewer, numbers: Collection[str]) -> Sequence[tuple[Complaint, Subject | None]]:
        """Those of these, at most a hundred, that are reports of illness in sight and were not refused."""
        ...


@dataclass(frozen=True, slots=True)
class Offered:
    """A report as a case. ``values`` fill in the form of a case; ``place`` is what its shop names for sure.

    ``is_case``: it is one of this investigation. ``is_enough``: it says of goods or of a place what they are.
    """

    report: Complaint
    subject: Subject | None
    values: Mapping[str, str]
    place: Label | None
    is_case: bool

    @property
    def label(self) -> str:
        """Its label as a case."""
        return self.values["label"]

    @property
    def is_enough(self) -> bool:
        """Whether it can be a case as it stands."""
        return bool(self.values["goods"] or self.place)


def label_of(number: str) -> str:
    """The label of a report as a case; that of two reports is the same once in a hundred million pairs.

    >>> label_of("01Z3K-9QXDM")
    'R-24853467'
    """
    digest = int.from_bytes(sha256(b"suyuan case " + number.encode()).digest(), "big")
    return f"{PREFIX}{digest % 10**_DIGITS:0{_DIGITS}d}"


def offered(
    reports: Sequence[tuple[Complaint, Subject | None]],
    places: Callable[[str], Label | None],
    labels: Sequence[str],
) -> Sequence[Offered]:
    """Reports as cases; ``places`` tells the one place of a name, ``labels`` are those of the cases."""
    taken, found, places = frozenset(labels), list[Offered](), cache(places)  # many bought at one shop
    for report, subject in reports:
        label, shop = label_of(report.number), report.told.get("bought_at", "")
        place, day = places(shop) if shop else None, report.told.get("bought_on", "")
        goods = report.object if kind_by_name(report.object) in _GOODS else ""
        values = {
            "label": label,
            "kind": "ill",
            "standing": "suspected",
            "place": place.key if place else shop,
            "goods": goods,
            "from_day": day,
            "to_day": day,
        }
        found.append(Offered(report, subject, values, place, label in taken))
    return found
