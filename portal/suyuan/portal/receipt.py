"""A receipt without its package: by shop, product and day to the lots that it can have been."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.doors import viewer_of
from suyuan.portal.rendering import Page, render
from suyuan.portal.services import Label
from suyuan.trace.errors import InvalidInput, NotAllowed, SuyuanError
from suyuan.trace.recall.receipt import Answer
from suyuan.trace.store.sight import Viewer

_FIELDS = ("shop", "product")


@dataclass(frozen=True, slots=True)
class Sought:
    """What the receipt says, as typed; ``choices`` are what a text may mean where that is not one thing."""

    values: Mapping[str, str]
    errors: Mapping[str, SuyuanError] = field(default_factory=dict[str, SuyuanError])
    choices: Mapping[str, Sequence[Label]] = field(default_factory=dict[str, Sequence[Label]])
    meant: Mapping[str, Label] = field(default_factory=dict[str, Label])
    day: date | None = None

    @property
    def complete(self) -> bool:
        """Whether it can be answered."""
        return self.day is not None and all(name in self.meant for name in _FIELDS)


class Receipts(Protocol):
    """What the page asks of the house."""

    def today(self) -> date:
        """The local date."""
        ...

    def places_like(self, viewer: Viewer, text: str) -> Sequence[Label]:
        """Places that a text may mean; one if it is a code."""
        ...

    def products_like(self, viewer: Viewer, text: str) -> Sequence[Label]:
        """Products that a text may mean; one if it is a code."""
        ...

    def lots_of_receipt(self, viewer: Viewer, shop: str, product: str, day: date) -> Answer:
        """The lots as far as the viewer may know them; ``NotAllowed`` says whose the shop is."""
        ...

    def labels(self, keys: Sequence[str]) -> Mapping[str, Label]:
        """How to show these keys."""
        ...


def routes(receipts: Receipts) -> list[BaseRoute]:
    """The question and its answer are one URL."""
    return [Route("/console/receipt", _page(receipts), methods=["GET"])]


def _page(receipts: Receipts) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        sought = _sought(request, receipts)
        answer = None
        if sought.day is not None and sought.complete:
            shop, product = (sought.meant[name].key for name in _FIELDS)
            try:
                answer = receipts.lots_of_receipt(viewer_of(request), shop, product, sought.day)
            except NotAllowed as error:  # whose the shop is; its name is not repeated
                sought = replace(sought, errors={"shop": error}, meant={})
        lots = [one.lot for one in answer.candidates] if answer else []
        context: dict[str, Any] = {
            "q": "",
            "sought": sought,
            "answer": answer,
            "labels": receipts.labels(lots),
            "today": receipts.today().isoformat(),
        }
        status = max((error.status for error in sought.errors.values()), default=200)
        return render(Page.of(request), "report/receipt.html", context, status=status)

    return handler


def _sought(request: Request, receipts: Receipts) -> Sought:
    query, viewer = request.query_params, viewer_of(request)
    values = {name: query.get(name, "").strip()[:200] for name in (*_FIELDS, "day")}
    if not any(values.values()):
        return Sought(values)
    errors: dict[str, SuyuanError] = {}
    choices: dict[str, Sequence[Label]] = {}
    meant: dict[str, Label] = {}
    for name, like in (("shop", receipts.places_like), ("product", receipts.products_like)):
        try:
            found = like(viewer, values[name]) if values[name] else ()
        except NotAllowed as error:
            errors[name] = error
            continue
        if not values[name]:
            errors[name] = InvalidInput("Please answer this", where=name)
        elif len(found) == 1:
            meant[name] = found[0]
        elif found:
            choices[name] = found
        else:
            errors[name] = InvalidInput(
                "Nothing of that name or code is on record: {text}", where=name, text=values[name]
            )
    try:
        day = date.fromisoformat(values["day"])
    except ValueError:
        day = None
        errors["day"] = InvalidInput(
            "{given} is not a date; write it as 2026-11-21", where="day", given=values["day"] or "–"
        )
    return Sought(values, errors, choices, meant, day)
