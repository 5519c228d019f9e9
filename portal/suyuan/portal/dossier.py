"""The dossier of a lot: one printable page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.desk import CaseDesk
from suyuan.portal.doors import viewer_of
from suyuan.portal.rendering import Page, render
from suyuan.portal.services import House, Label
from suyuan.portal.sightings import lost_rows, scope_rows, totals
from suyuan.trace.recall.dossier import Flow


def routes(house: House, desk: CaseDesk) -> list[BaseRoute]:
    """``/console/dossier/`` and the key of a lot."""
    return [Route("/console/dossier/{key:path}", _dossier(house, desk), methods=["GET"])]


def _dossier(house: House, desk: CaseDesk) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        key: str = request.path_params["key"]
        by = viewer_of(request)
        label = house.seen_by(by).label(key)
        found = desk.dossier(key, by)
        flows = (*found.inputs, *found.outputs)
        cited = [*found.dates_from, *(step.evidence for step in found.passport.journey)]
        cited += [key for flow in flows for key in flow.evidence]
        cited += [one.last.evidence for one in found.sighted.lost if one.last is not None]
        cited += [one for row in found.course for one in row.evidence]
        places = {key for row in found.course for key in (row.place, row.party) if key}
        labels = house.labels(sorted({flow.key for flow in flows} | places))
        context: dict[str, Any] = {
            "q": "",
            "key": key,
            "dossier": found,
            "passport": found.passport,
            "numbers": {key: number for number, key in enumerate(dict.fromkeys(cited), 1)},
            "label": label,
            "labels": labels,
            "inputs": _told(found.inputs, labels),
            "outputs": _told(found.outputs, labels),
            "rows": scope_rows(found.sighted.lines, house),
            "lost": lost_rows(found.sighted.lost, house),
            "totals": totals(found.sighted.lines, found.sighted.lost),
        }
        return render(Page.of(request), "console/dossier.html", context)

    return handler


def _told(flows: Sequence[Flow], labels: Mapping[str, Label]) -> tuple[Sequence[Flow], Sequence[Flow]]:
    """Goods, and the containers that they came in: those are named beside, not counted as goods again."""
    units = [flow for flow in flows if flow.key in labels and labels[flow.key].kind == "unit"]
    goods = [flow for flow in flows if flow not in units]
    return (goods, units) if goods else (units, ())
