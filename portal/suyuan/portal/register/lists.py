"""The shelves of the register: the overview, the list of each kind, and the setting of the operator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from suyuan.portal.doors import viewer_of
from suyuan.portal.language import Speech
from suyuan.portal.register.desk import Card, RegisterDesk, Wanted
from suyuan.portal.register.forms import title, told
from suyuan.portal.register.paths import HOME, entry_path, kind_path
from suyuan.portal.rendering import Page, render
from suyuan.trace.errors import NotAllowed, NotFound
from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.recall.passport import Text
from suyuan.trace.register.districts import district_name
from suyuan.trace.register.rows import MOST_ROWS
from suyuan.trace.register.sheets import KINDS, SHEETS, EntryKind, Sheet
from suyuan.trace.store.sight import Viewer

Handler = Callable[[Request], Response]
AsyncHandler = Callable[[Request], Awaitable[Response]]

STATES = ("approved", "pending", "refused", "withdrawn")
LONGEST_SEARCH = 200
COLUMNS: Mapping[EntryKind, tuple[str, ...]] = {
    "party": ("roles", "uscc", "district"),
    "place": ("party", "stage", "district"),
    "read_point": ("place",),
    "product": ("producer", "specification", "shelf_life_days"),
    "recipe": ("product", "inputs"),
    "lot": ("product", "production_date", "best_before"),
}
"""What a list shows of each kind, beside the name."""


FIRST_STEPS: tuple[EntryKind, ...] = ("party", "place", "product", "lot")
"""What an empty register is begun with, each standing upon the one before."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a list in words."""

    card: Card
    name: str
    code: str
    cells: tuple[str, ...]
    owner: str


def kind_of(request: Request) -> EntryKind:
    """The kind that an address names, or ``NotFound``."""
    named = request.path_params["kind"]
    for kind in KINDS:
        if kind == named:
            return kind
    raise NotFound(
        "There is nothing at this address", remedy="Check the address, or start at the front page."
    )


def administrator(viewer: Viewer) -> bool:
    """Whether the viewer runs the platform."""
    return viewer.role == "administrator"


def short(key: str) -> str:
    """A key as people write it: the number of GS1 with its lot, or the code of the platform's own."""
    try:
        found = identify(key)
    except IdentifierError:
        return key
    if found.own:
        return " ".join(value for _, value in found.own)
    numbers = [value for ai, value in found.ais if ai not in ("10", "254")]
    parts = [value for ai, value in found.ais if ai in ("10", "254")]
    return " · ".join([*numbers, *parts])


def name_of(speech: Speech, card: Card, names: Mapping[str, Text]) -> str:
    """What people call an entry: its name; of a lot its number, of a recipe its product."""
    values = card.values
    if card.kind == "lot":
        return values.get("lot", "") or short(card.key)
    if card.kind == "recipe":
        product = values.get("product", "")
        return speech.text(names[product]) if product in names else short(product)
    name = Text(values.get("name_zh", ""), values.get("name_en", ""))
    return speech.text(name) or short(card.key)


def named(speech: Speech, names: Mapping[str, Text], key: str) -> str:
    """The name of a key in a list, or its code."""
    return (speech.text(names[key]) if key in names else "") or short(key)


def districts_of(codes: Sequence[str]) -> dict[str, str]:
    """The names of districts, for those that are listed."""
    found = {code: district_name(code) for code in codes}
    return {code: name for code, name in found.items() if name}


def values_in_words(
    speech: Speech, card: Card, names: Mapping[str, Text], fields: Sequence[str]
) -> list[str]:
    """The values of some fields of an entry, as people read them."""
    sheet = SHEETS[card.kind]
    spoken = {key: speech.text(name) or short(key) for key, name in names.items()}
    cells: list[str] = []
    for name in fields:
        value = card.values.get(name, "")
        field = sheet.field(name)
        codes = value.split("\n") if field.value in ("district", "districts") else []
        cells.append(told(speech, field, value, spoken, districts_of(codes)) if value else "")
    return cells


def first_steps(desk: RegisterDesk, viewer: Viewer) -> list[tuple[Sheet, str]]:
    """How to begin: each kind is ``done``, ``next`` or ``later``. Empty when all are done or for readers."""
    if _enterable(desk, viewer).isdisjoint(FIRST_STEPS):
        return []
    begun = desk.begun(viewer)
    if begun.issuperset(FIRST_STEPS):
        return []
    following = next(kind for kind in FIRST_STEPS if kind not in begun)
    return [
        (SHEETS[kind], "done" if kind in begun else "next" if kind == following else "later")
        for kind in FIRST_STEPS
    ]


def _enterable(desk: RegisterDesk, viewer: Viewer) -> frozenset[EntryKind]:
    return frozenset(kind for kind in KINDS if desk.may_enter(viewer, kind))


def overview(desk: RegisterDesk) -> Handler:
    """What the register holds, and what waits."""

    def handler(request: Request) -> Response:
        page, viewer = Page.of(request), viewer_of(request)
        counts = desk.counts(viewer)
        context: dict[str, Any] = {
            "q": "",
            "sheets": list(SHEETS.values()),
            "title": partial(title, page.speech),
            "counts": counts,
            "waiting": any(waiting for _, waiting in counts.values()),
            "enterable": _enterable(desk, viewer),
            "administrator": administrator(viewer),
            "steps": first_steps(desk, viewer),
        }
        return render(page, "register/overview.html", context)

    return handler


def listing(desk: RegisterDesk) -> Handler:
    """The list of a kind, searched and page by page."""

    def handler(request: Request) -> Response:
        page, viewer, wanted = Page.of(request), viewer_of(request), wanted_of(request)
        speech, sheet = page.speech, SHEETS[wanted.kind]
        found = desk.listing(viewer, wanted)
        lines = [
            Line(
                card,
                name_of(speech, card, found.names),
                card.values.get("code", "") or short(card.key),
                tuple(values_in_words(speech, card, found.names, COLUMNS[wanted.kind])),
                named(speech, found.names, card.owner),
            )
            for card in found.cards
        ]
        context: dict[str, Any] = {
            "q": "",
            "sheet": sheet,
            "sheets": list(SHEETS.values()),
            "title": partial(title, speech),
            "counts": None,
            "wanted": wanted,
            "states": STATES,
            "headings": [title(speech, sheet.field(name)) for name in COLUMNS[wanted.kind]],
            "rows": lines,
            "next": found.next,
            "entry_path": entry_path,
            "enterable": _enterable(desk, viewer),
            "exports": {
                form: page.link(
                    kind_path(wanted.kind, f"export.{form}"), text=wanted.text, state=wanted.state
                )
                for form in ("xlsx", "csv")
            },
            "imported": _number(request, "imported"),
            "approved": _number(request, "approved"),
            "steps": () if lines or wanted.text or wanted.state else first_steps(desk, viewer),
            "approving": administrator(viewer) and any(card.state == "pending" for card in found.cards),
        }
        return render(page, "register/list.html", context)

    return handler


def _number(request: Request, name: str) -> int:
    """A number that an address carries, 0 where it carries none that could be meant."""
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MOST_ROWS)) else 0


def approve_all(desk: RegisterDesk) -> AsyncHandler:
    """Approve what is ticked in a list."""

    async def handler(request: Request) -> Response:
        page, viewer = Page.of(request), viewer_of(request)
        _operator(viewer)
        async with request.form(max_files=0, max_fields=300) as form:
            keys = [key for key in form.getlist("key") if isinstance(key, str)]
            kind = str(form.get("kind", ""))
        if kind not in KINDS:
            raise NotFound("There is nothing at this address", remedy="Start at the register.")
        number = await run_in_threadpool(desk.approve_all, viewer, keys)
        path = page.link(kind_path(kind), state="pending", approved=number)
        return RedirectResponse(path, status_code=303)

    return handler


def wanted_of(request: Request) -> Wanted:
    """What of a list an address asks for."""
    query = request.query_params
    state = query.get("state", "")
    return Wanted(
        kind_of(request),
        text=query.get("text", "").strip()[:LONGEST_SEARCH],
        state=state if state in STATES else "",
        after=query.get("after", ""),
    )


def settings(desk: RegisterDesk) -> Handler:
    """Whether what companies enter waits for the operator."""

    def handler(request: Request) -> Response:
        _operator(viewer_of(request))
        context = {"q": "", "approval": desk.approval(), "done": request.query_params.get("done") == "1"}
        return render(Page.of(request), "register/settings.html", context)

    return handler


def set_settings(desk: RegisterDesk) -> AsyncHandler:
    """Change it."""

    async def handler(request: Request) -> Response:
        page, viewer = Page.of(request), viewer_of(request)
        _operator(viewer)
        async with request.form(max_files=0, max_fields=10) as form:
            wanted = form.get("approval") == "on"
        await run_in_threadpool(desk.set_approval, viewer, wanted=wanted)
        return RedirectResponse(page.link(f"{HOME}/settings", done="1"), status_code=303)

    return handler


def _operator(viewer: Viewer) -> None:
    if not administrator(viewer):
        raise NotAllowed("Only the operator of the platform changes this", where="approval")
