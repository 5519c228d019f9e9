"""The trace and the scope: one question, answered as a drawing, as tables, and as a URL."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.desk import CaseDesk
from suyuan.portal.doors import viewer_of
from suyuan.portal.drawing import HEIGHT, WIDTH, drawn
from suyuan.portal.grouping import Group, Link, grouped
from suyuan.portal.language import Speech
from suyuan.portal.question import Question, Row, asked
from suyuan.portal.rendering import Page, event_path, object_path, render
from suyuan.portal.services import House, Label, View
from suyuan.portal.sightings import lost_rows, scope_rows, totals
from suyuan.trace.errors import InvalidInput, NotFound
from suyuan.trace.lineage.contract import Amount, Contaminated, Scope, State, Trace
from suyuan.trace.store.sight import Viewer

_NODE_COLUMNS = 19  # narrow characters that fit a node; a Chinese one takes two
_SHOWN_KEYS = 12
_SHOWN_EVIDENCE = 2


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group in words."""

    group: Group
    anchor: str
    title: str
    code: str
    place: str
    href: str
    lines: tuple[str, ...]  # shortened for the drawing
    status: str
    hold: str
    contaminated: str
    shown: tuple[Label, ...]

    @property
    def count(self) -> int:
        """How many objects it stands for."""
        return len(self.group.keys)


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link in words, with its evidence."""

    link: Link
    anchor: str
    source: str
    target: str
    href: str
    evidence: tuple[str, ...]
    more: int


_NOTHING = "–"


def shortened(text: str, columns: int) -> str:
    """``text`` cut to ``columns`` narrow characters with an ellipsis; wide (Chinese) ones count two."""
    width = 0
    for i, character in enumerate(text):
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width > columns:
            return text[: max(1, i - 1)].rstrip() + "…"
    return text


def _place_shortened(place: str, columns: int) -> str:
    """A place name cut to fit; of "Company, store" rather the store, which tells them apart."""
    fits = shortened(place, columns)
    return fits if fits == place else shortened(place.rsplit(", ", 1)[-1], columns)


def _hold(speech: Speech, states: Sequence[State]) -> str:
    """The held amounts of a group added up, where all are known and in one unit."""
    amounts = [state.hold for state in states if not state.carrier]
    known = [amount for amount in amounts if amount is not None]
    if not known or len(known) < len(amounts) or len({amount.uom for amount in known}) > 1:
        return speech.say("amount.unknown") if amounts else _NOTHING
    return speech.amount(Amount(sum(amount.quantity for amount in known), known[0].uom))


def _contaminated(speech: Speech, states: Sequence[State]) -> str:
    amounts = [state.contaminated for state in states if not state.carrier]
    known = [amount for amount in amounts if amount is not None]
    if not known or len(known) < len(amounts) or len({amount.uom for amount in known}) > 1:
        return speech.say("amount.unknown") if amounts else _NOTHING
    expected = [amount.expected for amount in known if amount.expected is not None]
    return speech.contaminated(
        Contaminated(
            sum(amount.min for amount in known),
            sum(expected) if len(expected) == len(known) else None,
            sum(amount.max for amount in known),
            known[0].uom,
        )
    )


def _statuses(speech: Speech, group: Group) -> list[str]:
    """The statuses of a group in words; with their counts where they differ."""
    found = group.statuses
    if len(found) == 1:
        return [speech.say(f"status.{status}") for status in found]
    return [f"{speech.number(n)} {speech.say(f'status.{status}')}" for status, n in found.most_common()]


def _group_row(
    group: Group, page: Page, labels: Mapping[str, Label], itemised: frozenset[str] = frozenset()
) -> GroupRow:
    """A row of the table. A lot in ``itemised`` stands there again piece by piece: its hold is theirs."""
    speech = page.speech
    in_pieces = itemised.issuperset(group.keys)
    count = len(group.keys)
    label = labels.get(group.lead.key)
    name = speech.text(label.name) if label else ""
    code = label.code if label and count == 1 else ""
    short = code.rsplit(")", 1)[-1]  # of an element string the last value: lot, serial or SSCC
    kind = speech.say(f"kind.{group.kind}")
    title = name or kind
    party = speech.text(label.party) if label else ""
    now = group.lead.where_now
    there = labels.get(now.place) if now and now.place else None
    place = (speech.text(there.name) or there.code) if there else party
    statuses = group.statuses
    status = speech.say(f"status.{next(iter(statuses))}") if len(statuses) == 1 and count > 1 else ""
    second = short or speech.joined(kind if name else "", status)
    return GroupRow(
        group=group,
        anchor=f"g{group.index}",
        title=title,
        code=code,
        place=place,
        href=page.link(object_path(group.keys[0])) if count == 1 else f"#g{group.index}",
        lines=(
            shortened(title, _NODE_COLUMNS),
            shortened(second, _NODE_COLUMNS + (1 - len(str(count)) if count > 1 else 3)),
            _place_shortened(place, _NODE_COLUMNS + 3),
        ),
        status=speech.say("lot.itemised") if in_pieces else speech.joined(*_statuses(speech, group)),
        hold=_NOTHING if in_pieces else _hold(speech, group.states),
        contaminated=_NOTHING if in_pieces else _contaminated(speech, group.states),
        shown=tuple(labels[key] for key in group.keys[:_SHOWN_KEYS] if key in labels),
    )


def _link_row(link: Link, page: Page, rows: Mapping[int, GroupRow]) -> LinkRow:
    evidence = tuple(dict.fromkeys(key for edge in link.edges for key in edge.evidence))
    single = len(evidence) == 1
    return LinkRow(
        link=link,
        anchor=f"l{link.index}",
        source=rows[link.source].title,
        target=rows[link.target].title,
        href=page.link(event_path(evidence[0])) if single else f"#l{link.index}",
        evidence=evidence[:_SHOWN_EVIDENCE],
        more=max(0, len(evidence) - _SHOWN_EVIDENCE),
    )


def _labels(view: View, trace: Trace) -> Mapping[str, Label]:
    keys = {state.key for state in trace.states}
    for state in trace.states:
        if state.where_now is not None:
            keys |= {key for key in (state.where_now.place, state.where_now.party) if key}
    return view.labels(sorted(keys))


def _answer(page: Page, view: View, question: Question, trace: Trace) -> dict[str, Any]:
    """Everything the trace page shows of an answer."""
    labels = _labels(view, trace)
    groups, links = grouped(trace, labels)
    itemised = frozenset(edge.source for edge in trace.edges if edge.kind == "member")
    rows = {group.index: _group_row(group, page, labels, itemised) for group in groups}
    drawing = drawn(groups, links, from_the_right=question.direction == "backward")
    in_order = sorted(drawing.nodes, key=lambda node: (node.x, node.y))
    affected = {state.key for state in trace.states if not state.carrier and state.kind != "place"}
    return {
        "trace": trace,
        "labels": labels,
        "drawing": drawing,
        "rows": rows,
        "group_rows": [rows[node.group.index] for node in in_order],
        "link_rows": {link.index: _link_row(link, page, rows) for link in links},
        "node_width": WIDTH,
        "node_height": HEIGHT,
        "affected": len(affected),
        "whole": page.query and dict(page.query).get("whole") == "1",
    }


def _form(question: Question, **more: Any) -> dict[str, Any]:
    blank = Row("")
    context = {
        "q": "",
        "question": question,
        "form_rows": [*question.rows, blank],
        "failure": None,
        "answer": None,
    }
    return context | more


def _handled(
    house: House,
    template: str,
    answer: Callable[[Page, Viewer, Question], dict[str, Any]],
    direction: str | None,
) -> Callable[[Request], Response]:
    """A page that reads the question, answers it, and brings errors back into the form."""

    def handler(request: Request) -> Response:
        page = Page.of(request)
        question = asked(request.query_params, direction)
        if not question.suspects:
            return render(page, template, _form(question))
        if question.errors:
            return render(page, template, _form(question), status=400)
        by = viewer_of(request)
        try:
            given = answer(page, by, question)
        except (InvalidInput, NotFound) as error:
            near = [label for row in question.rows for label in house.seen_by(by).search(row.key, 5)]
            return render(page, template, _form(question, failure=error, near=near), status=error.status)
        return render(page, template, _form(question, answer=given))

    return handler


def routes(house: House, desk: CaseDesk) -> list[BaseRoute]:
    """``/console/trace`` and ``/console/scope``."""

    def trace(page: Page, by: Viewer, question: Question) -> dict[str, Any]:
        view = house.seen_by(by)
        return _answer(page, view, question, view.trace(question.suspects, question.options))

    def scope(_: Page, by: Viewer, question: Question) -> dict[str, Any]:
        found: Scope = house.seen_by(by).scope(question.suspects, question.options)
        labels = house.labels([suspect.key for suspect in question.suspects])
        sighted = desk.sighted(found, by)
        return {
            "lines": scope_rows(sighted.lines, house),
            "lost": lost_rows(sighted.lost, house),
            "totals": totals(sighted.lines, sighted.lost),
            "suspects": [(suspect, labels.get(suspect.key)) for suspect in question.suspects],
            "parties": len({line.party for line in found.lines if line.party}),
            "places": len({line.place for line in found.lines if line.place}),
            "withheld": found.trace.withheld,
        }

    return [
        Route("/console/trace", _handled(house, "console/trace.html", trace, None), methods=["GET"]),
        Route("/console/scope", _handled(house, "console/scope.html", scope, "forward"), methods=["GET"]),
    ]
