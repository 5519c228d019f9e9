"""One entry: its page, the form that makes or amends it, and the decisions upon it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from suyuan.portal.doors import viewer_of
from suyuan.portal.language import Speech
from suyuan.portal.register.desk import Amendment, Handed, Paper, PaperWish, RegisterDesk, Sheaf, Way, Wish
from suyuan.portal.register.forms import as_error, by_field, confirmation, groups, shown, title, typed
from suyuan.portal.register.lists import kind_of, name_of, named, short, values_in_words
from suyuan.portal.register.paths import act_path, entry_path, kind_path, paper_path
from suyuan.portal.rendering import Page, render
from suyuan.trace.errors import Conflict, InvalidInput, NotAllowed, NotFound, SuyuanError
from suyuan.trace.gs1 import IdentifierError, identify
from suyuan.trace.register.book import EntryExists
from suyuan.trace.register.choices import LOT_DOCUMENTS
from suyuan.trace.register.fields import Field
from suyuan.trace.register.finding import EntryRefused, Finding
from suyuan.trace.register.sheets import SHEETS, EntryKind, Sheet
from suyuan.trace.store.sight import Viewer

Handler = Callable[[Request], Response]
AsyncHandler = Callable[[Request], Awaitable[Response]]

MOST_FIELDS = 200
DONE = ("entered", "waiting", "amended", "withdrawn", "approved", "refused", "document", "document-withdrawn")
PAPER_FIELDS = ("kind", "number", "issuer", "issued", "expires")
_REFUSED = (EntryRefused, EntryExists)


@dataclass(frozen=True, slots=True)
class Filling:
    """A form as filled in so far: what it is for, what was typed, and what was found."""

    wish: Wish
    findings: tuple[Finding, ...] = ()
    failure: SuyuanError | None = None


def new_form(desk: RegisterDesk) -> Handler:
    """An empty form; values in the address fill it in: a read point of this place, a lot of this product."""

    def handler(request: Request) -> Response:
        kind = kind_of(request)
        names = {field.name for field in SHEETS[kind].fields}
        values = {name: value for name, value in request.query_params.items() if name in names}
        return _form(Page.of(request), desk, viewer_of(request), Filling(Wish(kind, values)))

    return handler


def enter(desk: RegisterDesk) -> AsyncHandler:
    """Enter what the form says."""

    async def handler(request: Request) -> Response:
        kind = kind_of(request)
        return await _taken(request, desk, kind, "")

    return handler


def amend_form(desk: RegisterDesk) -> Handler:
    """The form with what is told now."""

    def handler(request: Request) -> Response:
        viewer = viewer_of(request)
        sheaf = desk.sheaf(viewer, request.path_params["key"])
        card = sheaf.card
        if "amend" not in sheaf.may:
            raise NotAllowed(
                "{value} belongs to somebody else",
                where="key",
                value=card.key,
                remedy="Its owner or the operator of the platform can change it.",
            )
        return _form(Page.of(request), desk, viewer, Filling(Wish(card.kind, card.values, key=card.key)))

    return handler


def amend(desk: RegisterDesk) -> AsyncHandler:
    """Replace what is told by what the form says."""

    async def handler(request: Request) -> Response:
        viewer = viewer_of(request)
        sheaf = await run_in_threadpool(desk.sheaf, viewer, request.path_params["key"])
        return await _taken(request, desk, sheaf.card.kind, sheaf.card.key)

    return handler


async def _taken(request: Request, desk: RegisterDesk, kind: EntryKind, key: str) -> Response:
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
        values = typed(SHEETS[kind], form)
        confirmed = frozenset(text for text in form.getlist("confirmed") if isinstance(text, str))
    wish = Wish(kind, values, confirmed, key)
    return await run_in_threadpool(_entered, Page.of(request), desk, viewer_of(request), wish)


def _entered(page: Page, desk: RegisterDesk, viewer: Viewer, wish: Wish) -> Response:
    try:
        key, state = desk.enter(viewer, wish)
    except _REFUSED as error:
        return _form(page, desk, viewer, Filling(wish, error.findings))
    except (InvalidInput, Conflict) as error:
        return _form(page, desk, viewer, Filling(wish, failure=error))
    done = "waiting" if state == "pending" else "amended" if wish.key else "entered"
    return RedirectResponse(page.link(entry_path(key), done=done), status_code=303)


def _form(page: Page, desk: RegisterDesk, viewer: Viewer, filling: Filling) -> Response:
    speech, wish = page.speech, filling.wish
    sheet = SHEETS[wish.kind]
    ways: Mapping[EntryKind, Sequence[Way]] = {of: desk.ways(viewer, of) for of in _referred(sheet)}
    wrong = {name: as_error(found) for name, found in by_field(filling.findings).items()}
    errors = list(wrong.values())
    warnings = _warnings(filling.findings) if not errors else {}
    errors += [filling.failure] if filling.failure else []
    if warnings:
        errors.append(
            InvalidInput(
                "Some of this must be confirmed before it is entered",
                where="warnings",
                remedy="Compare it, tick what is right, and send it again.",
            )
        )
    label = {field.name: title(speech, field) for field in sheet.fields}

    def value(field: Field) -> str:
        return _as_typed(field, wish.values, ways)

    context: dict[str, Any] = {
        "q": "",
        "sheet": sheet,
        "title": partial(title, speech),
        "heading": speech.say(f"desk.{'amend' if wish.key else 'new'}.{wish.kind}"),
        "groups": [
            (group, [shown(speech, field, value(field), wrong.get(field.name)) for field in fields])
            for group, fields in groups(sheet)
        ],
        "errors": errors,
        "names": label | {"warnings": speech.say("desk.warnings")},
        "warnings": list(warnings.items()),
        "confirmed": wish.confirmed,
        "listed": {of: [(way.typed, speech.text(way.name)) for way in found] for of, found in ways.items()},
        "action": act_path("amend", wish.key) if wish.key else kind_path(wish.kind, "new"),
        "back": entry_path(wish.key) if wish.key else kind_path(wish.kind),
    }  # fmt: skip
    status = filling.failure.status if filling.failure else 400 if errors else 200
    return render(page, "register/form.html", context, status=status)


def _referred(sheet: Sheet) -> set[EntryKind]:
    return {kind for kind in SHEETS if any(field.of == kind for field in sheet.fields)}


def _as_typed(field: Field, values: Mapping[str, str], ways: Mapping[EntryKind, Sequence[Way]]) -> str:
    """A stored reference as it is typed; everything else as it is."""
    value = values.get(field.name, "")
    named = (way.typed for kind, some in ways.items() if kind == field.of for way in some if way.key == value)
    return next(named, value) if value and field.value == "reference" else value


def _warnings(findings: Iterable[Finding]) -> dict[str, SuyuanError]:
    """The warnings by what confirms them: code and field."""
    return {confirmation(found): as_error(found) for found in findings if found.severity == "warning"}


def show(desk: RegisterDesk) -> Handler:
    """The page of an entry."""

    def handler(request: Request) -> Response:
        sheaf = desk.sheaf(viewer_of(request), request.path_params["key"])
        done = request.query_params.get("done", "")
        return _entry(Page.of(request), sheaf, done=done if done in DONE else "")

    return handler


def _entry(
    page: Page,
    sheaf: Sheaf,
    *,
    done: str = "",
    errors: Sequence[SuyuanError] = (),
    typed_paper: Mapping[str, str] | None = None,
) -> Response:
    speech, card = page.speech, sheaf.card
    sheet = SHEETS[card.kind]
    fields = [field for field in sheet.fields if card.values.get(field.name)]
    words = values_in_words(speech, card, sheaf.names, [field.name for field in fields])
    empty = dict.fromkeys(PAPER_FIELDS, "")
    context: dict[str, Any] = {
        "q": "",
        "sheet": sheet,
        "sheaf": sheaf,
        "title": partial(title, speech),
        "name": _heading(speech, sheaf),
        "standard": _standard(card.key),
        "code": short(card.key),
        "owner": named(speech, sheaf.names, card.owner),
        "facts": [
            (title(speech, field), word, card.values[field.name] if field.value == "reference" else "")
            for field, word in zip(fields, words, strict=True)
        ],
        "history": _changes(speech, sheaf),
        "papers": [_paper_in_words(speech, paper) for paper in sheaf.papers],
        "missing": [title(speech, choice) for choice in LOT_DOCUMENTS if choice.code in sheaf.missing],
        "paper_kinds": [(choice.code, title(speech, choice)) for choice in LOT_DOCUMENTS],
        "typed_paper": empty | dict(typed_paper or {}),
        "open": "add" if typed_paper is not None else errors[0].where if errors else "",
        "done": done,
        "errors": list(errors),
        "names": {name: speech.say(f"paper.{name}") for name in (*PAPER_FIELDS, "file")}
        | {"note": speech.say("desk.reason"), "decision-note": speech.say("desk.note")},
        "entry_path": entry_path,
        "act_path": act_path,
        "paper_path": paper_path,
    }
    status = errors[0].status if errors else 200
    return render(page, "register/entry.html", context, status=status)


def _heading(speech: Speech, sheaf: Sheaf) -> str:
    """The name of an entry; of a lot with that of its product."""
    name = name_of(speech, sheaf.card, sheaf.names)
    product = sheaf.card.values.get("product", "") if sheaf.card.kind == "lot" else ""
    return speech.joined(named(speech, sheaf.names, product), name) if product else name


def _standard(key: str) -> bool:
    try:
        return not identify(key).own
    except IdentifierError:
        return False


def _paper_in_words(speech: Speech, paper: Paper) -> tuple[Paper, str, str, str]:
    kind = next((title(speech, choice) for choice in LOT_DOCUMENTS if choice.code == paper.kind), paper.kind)
    return paper, kind, _day(speech, paper.issued), _day(speech, paper.expires)


def _day(speech: Speech, text: str) -> str:
    return speech.day(date.fromisoformat(text)) if text else ""


def _changes(speech: Speech, sheaf: Sheaf) -> list[tuple[Amendment, list[tuple[str, str, str]]]]:
    """The history, each time with what it changed: label, before, after. Nothing for the first telling."""
    sheet = SHEETS[sheaf.card.kind]
    told: list[tuple[Amendment, list[tuple[str, str, str]]]] = []
    for place, amendment in enumerate(sheaf.history):
        if place + 1 == len(sheaf.history):
            told.append((amendment, []))
            continue
        before = sheaf.history[place + 1].values
        changed = [
            field
            for field in sheet.fields
            if before.get(field.name, "") != amendment.values.get(field.name, "")
        ]
        names = [field.name for field in changed]
        old = values_in_words(speech, replace(sheaf.card, values=before), sheaf.names, names)
        new = values_in_words(speech, replace(sheaf.card, values=amendment.values), sheaf.names, names)
        told.append(
            (amendment, [(title(speech, field), a, b) for field, a, b in zip(changed, old, new, strict=True)])
        )
    return told


def withdraw(desk: RegisterDesk) -> AsyncHandler:
    """Take an entry out of use, with the reason."""

    async def handler(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=10) as form:
            note = _line(form, "note")

        def act(viewer: Viewer, key: str) -> str:
            if not note:
                raise InvalidInput("Say why it is withdrawn", where="note")
            desk.withdraw(viewer, key, note)
            return "withdrawn"

        return await run_in_threadpool(_acted, request, desk, act)

    return handler


def decide(desk: RegisterDesk) -> AsyncHandler:
    """Approve or refuse."""

    async def handler(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=10) as form:
            note, decision = _line(form, "note"), _line(form, "decision")

        def act(viewer: Viewer, key: str) -> str:
            if decision not in ("approve", "refuse"):
                raise NotFound("There is no such decision", where="decision")
            if decision == "refuse" and not note:
                raise InvalidInput("Say what is wrong, so that it can be mended", where="decision-note")
            desk.decide(viewer, key, note, approve=decision == "approve")
            return "approved" if decision == "approve" else "refused"

        return await run_in_threadpool(_acted, request, desk, act)

    return handler


def add_paper(desk: RegisterDesk) -> AsyncHandler:
    """Add a document to a lot, with its file."""

    async def handler(request: Request) -> Response:
        async with request.form(max_files=1, max_fields=20) as form:
            values = {name: _line(form, name) for name in PAPER_FIELDS}
            file = await handed(form, "file")

        def act(viewer: Viewer, key: str) -> str:
            desk.add_paper(viewer, PaperWish(key, values, file))
            return "document"

        return await run_in_threadpool(_acted, request, desk, act, values)

    return handler


def withdraw_paper(desk: RegisterDesk) -> AsyncHandler:
    """Take a document back."""

    async def handler(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=10) as form:
            paper = _line(form, "document")

        def act(viewer: Viewer, _: str) -> str:
            desk.withdraw_paper(viewer, paper)
            return "document-withdrawn"

        return await run_in_threadpool(_acted, request, desk, act)

    return handler


def file(desk: RegisterDesk) -> Handler:
    """The file of a document, to be saved: never shown as what it claims to be."""

    def handler(request: Request) -> Response:
        name, media_type, content = desk.attachment(viewer_of(request), request.path_params["paper"])
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "Cache-Control": "private, no-store",
        }
        return Response(content, media_type=media_type, headers=headers)

    return handler


async def handed(form: FormData, name: str) -> Handed | None:
    """The file of a form; None where none was chosen."""
    found = form.get(name)
    if not isinstance(found, UploadFile) or not found.filename:
        return None
    return Handed(found.filename, await found.read())


def _acted(
    request: Request,
    desk: RegisterDesk,
    act: Callable[[Viewer, str], str],
    typed_paper: Mapping[str, str] | None = None,
) -> Response:
    """Do something to an entry, and go back to it; what is wrong is told on its page."""
    page, viewer, key = Page.of(request), viewer_of(request), request.path_params["key"]
    try:
        done = act(viewer, key)
    except _REFUSED as error:
        errors = [as_error(found) for found in error.findings]
        return _entry(page, desk.sheaf(viewer, key), errors=errors, typed_paper=typed_paper)
    except (InvalidInput, Conflict) as error:
        return _entry(page, desk.sheaf(viewer, key), errors=[error], typed_paper=typed_paper)
    return RedirectResponse(page.link(entry_path(key), done=done), status_code=303)


def _line(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""
