"""What does not add up: the findings of the checks, the gravest first, and how complete records are.

The page is filtered by its address. Whoever filters goes on with the same findings: the address names the
work that found them. An investigation can be opened from each.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any, Literal, Protocol
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.checks import Spoken, spoken
from suyuan.portal.doors import viewer_of
from suyuan.portal.incident.asking import MOST_ROWS
from suyuan.portal.incident.paths import HOME
from suyuan.portal.incident.rooms import labels_typed
from suyuan.portal.incident.waiting import (
    Answered,
    Hands,
    Progress,
    Underway,
    asked_of,
    calling_off,
    waiting_page,
)
from suyuan.portal.language import CHINA_TIME, Speech
from suyuan.portal.rendering import Page, render
from suyuan.portal.services import House, Label
from suyuan.trace.checks import Checked, Finding
from suyuan.trace.checks.finding import CHECKS, SEVERITIES, Check, Severity, Tally
from suyuan.trace.checks.records import Completeness
from suyuan.trace.errors import InvalidInput, SuyuanError
from suyuan.trace.lineage.kinds import kind_by_name
from suyuan.trace.store.sight import Reach, Viewer, reach_of

PATH = f"{HOME}/findings"
PAGE = 40
_MOST_KEYS = 5
_MOST_EVIDENCE = 6
_MOST_PARTIES = 100
_LONGEST_TITLE = 200
_PAGE_NUMBER = re.compile("[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class Found:
    """What is in sight of what the checks found.

    ``withheld`` counts findings that are not; None where the viewer is not told.
    """

    checked: Checked
    withheld: int | None


class Finder(Protocol):
    """Who runs the checks. The composition root provides it."""

    def found(self, by: Viewer, progress: Progress) -> Found:
        """All that is in sight of the viewer."""
        ...


@dataclass(frozen=True, slots=True)
class Sifted:
    """Which findings are wanted; empty: all. Days are of the zone of the installation, inclusive."""

    severity: Severity | Literal[""] = ""
    check: Check | Literal[""] = ""
    party: str = ""
    since: date | None = None
    until: date | None = None
    page: int = 1

    @property
    def is_any(self) -> bool:
        """Whether anything is left out."""
        return bool(self.severity or self.check or self.party or self.since or self.until)


@dataclass(frozen=True, slots=True)
class Told:
    """A finding as the page tells it. ``query`` leads to a new investigation of it."""

    finding: Finding
    spoken: Spoken
    query: str


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one severity and one check on this page."""

    severity: Severity
    check: Check
    told: Sequence[Told]


def routes(house: House, finder: Finder, hands: Hands) -> list[BaseRoute]:
    """``/console/incident/findings``."""
    return [Route(PATH, _findings(house, finder, hands), methods=["GET"]), calling_off(PATH, hands)]


def _findings(house: House, finder: Finder, hands: Hands) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        by = viewer_of(request)
        page, work, stopped = asked_of(Page.of(request))
        wanted, errors = sifted(request.query_params)
        found: Answered[Found] | Underway | None = None
        if not stopped:

            def make(progress: Progress) -> Found:
                return finder.found(by, progress)

            found = hands.made(by, "findings", make, work=work, is_long=True)
        if isinstance(found, Underway):
            return waiting_page(page, found, {"q": ""}, page.speech.say("findings.title"))
        context: dict[str, Any] = {
            "q": "",
            "wanted": wanted,
            "errors": errors,
            "severities": SEVERITIES,
            "checks": CHECKS,
            "answer": _answer(page, house, by, found.value, wanted) if found and not errors else None,
            "work": found.work if found else "",
            "asked": found.asked if found else None,
            "stopped": found is None,
            "path": PATH,
            "typed": {name: request.query_params.get(name, "") for name in ("since", "until")},
            "is_company": by.role == "company",
            "sees_all": reach_of(by) is Reach.ALL,
        }
        wrong = next(iter(errors.values()), None)
        return render(page, "incident/findings.html", context, status=wrong.status if wrong else 200)

    return handler


def sifted(params: QueryParams) -> tuple[Sifted, dict[str, SuyuanError]]:
    """What the address asks for; a word that means nothing is passed over, a day that is none is a fault."""
    errors: dict[str, SuyuanError] = {}
    days = {name: _day(name, params.get(name, "").strip(), errors) for name in ("since", "until")}
    since, until = days["since"], days["until"]
    if since and until and until < since:
        errors["until"] = InvalidInput("The end is not after the beginning", where="until")
    severity, check, number = (params.get(name, "") for name in ("severity", "check", "page"))
    return (
        Sifted(
            severity if severity in SEVERITIES else "",
            check if check in CHECKS else "",
            params.get("party", "").strip(),
            since,
            until,
            max(1, int(number)) if _PAGE_NUMBER.fullmatch(number) else 1,
        ),
        errors,
    )


def _day(name: str, text: str, errors: dict[str, SuyuanError]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        errors[name] = InvalidInput(
            "{given} is not a date; write it as 2026-11-21", where=name, given=text[:40]
        )
        return None


def chosen(findings: Iterable[Finding], wanted: Sifted, speech: Speech) -> Sequence[Finding]:
    """Those that are wanted of findings, severity and kind apart from the rest: these are counted beside."""
    since = _midnight(wanted.since, speech) if wanted.since else None
    last = None if wanted.until in (None, date.max) else wanted.until
    until = _midnight(last + timedelta(days=1), speech) if last else None
    return [
        one
        for one in findings
        if (not wanted.party or wanted.party in (one.party, one.other_party))
        and (since is None or one.to_time >= since)
        and (until is None or one.from_time < until)
    ]


def _midnight(day: date, speech: Speech) -> datetime:
    return datetime.combine(day, time(), speech.zone)


def _answer(page: Page, house: House, by: Viewer, found: Found, wanted: Sifted) -> dict[str, Any]:
    checked, speech = found.checked, page.speech
    among = chosen(checked.findings, wanted, speech)
    counted = Counter((one.check, one.severity) for one in among)
    listed = [
        one for one in among if wanted.severity in ("", one.severity) and wanted.check in ("", one.check)
    ]
    listed.sort(key=lambda one: (SEVERITIES.index(one.severity), CHECKS.index(one.check)))  # stable: by time
    pages = max(1, -(-len(listed) // PAGE))
    number = min(wanted.page, pages)
    shown = listed[(number - 1) * PAGE : number * PAGE]
    parties = _parties(checked)
    records = sorted(
        (one for one in checked.records if wanted.party in ("", one.party)),
        key=lambda one: (one.complete / max(1, one.events), one.party),
    )[:_MOST_PARTIES]
    labels = dict(labels_typed(house, by, {key for one in shown for key in _keys(one)}))
    labels.update(house.labels(sorted(parties)))
    name = _namer(labels, speech)
    return {
        "counted": counted,
        "severe": {one: sum(n for (_, how), n in counted.items() if how == one) for one in SEVERITIES},
        "kinds": [one for one in CHECKS if any(counted[one, how] for how in SEVERITIES)],
        "groups": _groups(shown, labels, speech),
        "listed": len(listed),
        "all": len(checked.findings),
        "page": number,
        "pages": pages,
        "withheld": found.withheld,
        "parties": sorted((name(key), key) for key in parties),
        "records": records,
        "record_count": len(checked.records),
        "share": _share,
        "missing": _missing,
        "tallies": [one for one in checked.tallies if one.examined or one.untold],
        "untold": _untold,
        "labels": labels,
        "most_keys": _MOST_KEYS,
        "most_evidence": _MOST_EVIDENCE,
        "delay": _delay(speech),
    }


def _parties(checked: Checked) -> set[str]:
    ends = {key for one in checked.findings for key in (one.party, one.other_party) if key}
    return ends | {one.party for one in checked.records}


def _keys(one: Finding) -> Sequence[str]:
    ends = (one.place, one.other_place, one.party, one.other_party)
    return (*(key for key in ends if key), *one.keys[:_MOST_KEYS])


def _namer(labels: Mapping[str, Label], speech: Speech) -> Callable[[str], str]:
    def name(key: str) -> str:
        label = labels.get(key)
        return (speech.text(label.name) or label.code) if label else key

    return name


def _groups(shown: Sequence[Finding], labels: Mapping[str, Label], speech: Speech) -> Sequence[Group]:
    other = Speech("en" if speech.language == "zh-CN" else "zh-CN", speech.zone)
    found: list[Group] = []
    for (severity, check), some in groupby(shown, key=lambda one: (one.severity, one.check)):
        told = [
            Told(
                one,
                spoken(speech, one, _namer(labels, speech)),
                _query(one, labels, {speech.language: speech, other.language: other}),
            )
            for one in some
        ]
        found.append(Group(severity, check, told))
    return found


def _query(one: Finding, labels: Mapping[str, Label], speeches: Mapping[str, Speech]) -> str:
    """What opens an investigation of a finding: its titles, what is told of it, and what is suspected."""
    titles: dict[str, str] = {}
    for language, speech in speeches.items():
        where = _namer(labels, speech)(one.place) if one.place else ""
        titles[language] = speech.joined(speech.say(f"finding.{one.code}"), where)[:_LONGEST_TITLE]
    pairs = [("title_zh", titles["zh-CN"]), ("title_en", titles["en"])]
    return urlencode([*pairs, *suspected(one), *(("evidence", key) for key in one.evidence[:_MOST_EVIDENCE])])


def suspected(one: Finding) -> Sequence[tuple[str, str]]:
    """What a finding makes suspect, as the builder takes it: things, else the place on those days.

    A finding of more things than it names suspects the place, or leaves it open: some of them would be a
    smaller question.
    """
    things = [key for key in one.keys if kind_by_name(key) in ("lot", "item", "unit")]
    is_whole = len(one.keys) >= one.objects and len(things) <= MOST_ROWS
    rows = [("objects", key, "", "") for key in things] if is_whole else []
    if not rows and one.place:
        first, last = (time.astimezone(CHINA_TIME).date() for time in (one.from_time, one.to_time))
        rows = [("place", one.place, first.isoformat(), last.isoformat())]
    names = ("select", "key", "from", "to")
    return [pair for row in rows for pair in zip(names, row, strict=True)]


def _delay(speech: Speech) -> Callable[[float], str]:
    def said(seconds: float) -> str:
        return speech.duration(timedelta(seconds=seconds))

    return said


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _missing(one: Completeness) -> Sequence[tuple[str, int]]:
    """The fields that are missing most often."""
    return Counter(one.missing).most_common(3)


def _untold(tally: Tally) -> Sequence[tuple[str, int]]:
    return Counter(tally.untold).most_common()
