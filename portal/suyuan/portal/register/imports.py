"""Tables: templates to fill in, the dry run of what was filled in, the import, and lists to take away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from suyuan.portal.doors import viewer_of
from suyuan.portal.language import Speech
from suyuan.portal.register.desk import Card, RegisterDesk, Trial
from suyuan.portal.register.entering import handed
from suyuan.portal.register.forms import as_error, title
from suyuan.portal.register.lists import districts_of, kind_of, short, wanted_of
from suyuan.portal.register.paths import kind_path, trial_path
from suyuan.portal.rendering import Page, render
from suyuan.trace.errors import InvalidInput, NotAllowed, NotFound, SuyuanError, TooLarge
from suyuan.trace.register.book import EntryExists
from suyuan.trace.register.choices import text_of
from suyuan.trace.register.export import Heading, as_csv, as_workbook
from suyuan.trace.register.export import Page as SheetPage
from suyuan.trace.register.fields import Field
from suyuan.trace.register.finding import EntryRefused
from suyuan.trace.register.importing import Told
from suyuan.trace.register.sheets import SHEETS, Entry, EntryKind, Sheet
from suyuan.trace.store.sight import Viewer

Handler = Callable[[Request], Response]
AsyncHandler = Callable[[Request], Awaitable[Response]]

MOST_ERRORS = 200  # shown; more are mended no better
MOST_OF_A_WARNING = 20
MOST_MENDED = 200
PREVIEW = 10
LONGEST_SHOWN = 80  # characters of a value
EXPORTED_AT_ONCE = 200
MOST_EXPORTED = 50_000
_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_NOTES_WIDTHS = (24, 12, 60, 60)


def upload_form(desk: RegisterDesk) -> Handler:
    """Where to get the template, and where to send it."""

    def handler(request: Request) -> Response:
        kind = kind_of(request)
        _check_may(desk, viewer_of(request), kind)
        return _upload_page(Page.of(request), kind)

    return handler


def _check_may(desk: RegisterDesk, viewer: Viewer, kind: EntryKind) -> None:
    if not desk.may_enter(viewer, kind):
        raise NotAllowed(
            "This account does not enter things of this kind",
            remedy="Ask the operator of the platform, or sign in with an account of the company.",
        )


def _upload_page(page: Page, kind: EntryKind, error: SuyuanError | None = None) -> Response:
    speech, sheet = page.speech, SHEETS[kind]
    context: dict[str, Any] = {
        "q": "",
        "sheet": sheet,
        "title": partial(title, speech),
        "heading": speech.say("import.title", kind=title(speech, sheet)),
        "errors": [error] if error else [],
        "names": {"file": speech.say("import.file")},
    }
    return render(page, "register/import.html", context, status=error.status if error else 200)


def upload(desk: RegisterDesk) -> AsyncHandler:
    """Read and check a table; nothing is entered."""

    async def handler(request: Request) -> Response:
        kind = kind_of(request)
        page, viewer = Page.of(request), viewer_of(request)
        _check_may(desk, viewer, kind)
        async with request.form(max_files=1, max_fields=5) as form:
            file = await handed(form, "file")
        if file is None:
            missing = InvalidInput(
                "No file was chosen", where="file", remedy="Choose the file that you filled in."
            )
            return _upload_page(page, kind, missing)
        try:
            kept = await run_in_threadpool(desk.keep_table, viewer, kind, file)
        except (InvalidInput, TooLarge) as error:
            return _upload_page(page, kind, error)
        return RedirectResponse(page.link(trial_path(kept)), status_code=303)

    return handler


def trial(desk: RegisterDesk) -> Handler:
    """What the table says, and what is wrong with it."""

    def handler(request: Request) -> Response:
        found = desk.trial(viewer_of(request), request.path_params["upload"])
        return _trial_page(Page.of(request), found)

    return handler


def confirm(desk: RegisterDesk) -> AsyncHandler:
    """Enter the table as it was shown: every row, or none."""

    async def handler(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=200) as form:
            confirmed = frozenset(text for text in form.getlist("confirmed") if isinstance(text, str))
        return await run_in_threadpool(_imported, request, desk, confirmed)

    return handler


def _imported(request: Request, desk: RegisterDesk, confirmed: frozenset[str]) -> Response:
    page, viewer, upload_ = Page.of(request), viewer_of(request), request.path_params["upload"]
    try:
        kind, rows = desk.import_table(viewer, upload_, confirmed)
    except (EntryRefused, EntryExists):  # a warning is not ticked, or somebody was faster: both are shown
        found = desk.trial(viewer, upload_)
        return _trial_page(page, found, confirmed, asked=True)
    return RedirectResponse(page.link(kind_path(kind), imported=rows), status_code=303)


def _trial_page(
    page: Page, found: Trial, confirmed: frozenset[str] = frozenset(), *, asked: bool = False
) -> Response:
    speech, sheet = page.speech, SHEETS[found.kind]
    failure: list[SuyuanError] = []
    if asked and not found.errors:
        failure.append(
            InvalidInput(
                "Some of this must be confirmed before it is entered",
                where="warnings",
                remedy="Compare it, tick what is right, and send it again.",
            )
        )
    fields = [
        field for field in sheet.fields if any(_value(entry, field) for entry in found.entries[:PREVIEW])
    ]
    context: dict[str, Any] = {
        "q": "",
        "sheet": sheet,
        "title": partial(title, speech),
        "heading": speech.say("import.heading", kind=title(speech, sheet)),
        "trial": found,
        "failure": failure,
        "errors_count": len(found.errors),
        "errors": [_in_words(speech, one, found.kind) for one in found.errors[:MOST_ERRORS]],
        "warnings_count": len(found.warnings),
        "warnings": list(_by_code(speech, found)),
        "mended": found.mended[:MOST_MENDED],
        "mended_count": len(found.mended),
        "headings": [title(speech, field) for field in fields],
        "preview": list(_preview(speech, found, fields)),
        "confirmed": confirmed,
    }
    status = 409 if asked and found.errors else 400 if asked else 200
    return render(page, "register/trial.html", context, status=status)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a row, as the page shows it; ``allowed`` lists what may stand there."""

    row: int
    title: str
    value: str
    error: SuyuanError
    allowed: str


def _in_words(speech: Speech, one: Told, kind: EntryKind) -> Fault:
    finding = one.finding
    field = next((field for field in SHEETS[kind].fields if field.name == finding.where), None)
    heading = one.title.rstrip(" *＊") or (title(speech, field) if field else "")
    value, allowed = one.value, ""
    if field is not None and finding.severity == "warning":
        value = _plain(speech, field, value, {})
    if field is not None and finding.code == "no-choice":
        allowed = speech.say("list.comma").join(title(speech, choice) for choice in field.choices)
    return Fault(one.row, heading, value[:LONGEST_SHOWN], as_error(finding), allowed)


def _by_code(speech: Speech, found: Trial) -> Iterator[tuple[str, list[Fault], int]]:
    """Warnings of one kind together: the code that confirms them, some rows, how many more there are."""
    for code, number in Counter(one.finding.code for one in found.warnings).items():
        rows = [one for one in found.warnings if one.finding.code == code][:MOST_OF_A_WARNING]
        yield code, [_in_words(speech, one, found.kind) for one in rows], number - len(rows)


def _value(entry: Entry, field: Field) -> str:
    return entry.key if field.value == "identifier" else entry.value(field.name)


def _preview(speech: Speech, found: Trial, fields: Sequence[Field]) -> Iterator[tuple[int, list[str]]]:
    names = {key: speech.text(name) for key, name in found.names.items()}
    for entry, place in zip(found.entries[:PREVIEW], found.places[:PREVIEW], strict=True):
        yield place, [_plain(speech, field, _value(entry, field), names) for field in fields]


def _plain(speech: Speech, field: Field, value: str, names: Mapping[str, str]) -> str:
    """A value as a table shows it: words for choices, codes for keys, names beside districts."""
    if not value:
        return ""
    match field.value:
        case "choice" | "choices":
            return text_of(field.choices, value, language="zh" if speech.language == "zh-CN" else "en")
        case "identifier":
            return short(value)
        case "reference":
            return names.get(value) or short(value)
        case "district":
            return " ".join(filter(None, (districts_of([value]).get(value, ""), value)))
        case _:
            return value


def template(desk: RegisterDesk) -> Handler:
    """An empty table of a kind with its explanations."""

    def handler(request: Request) -> Response:
        kind, form = kind_of(request), _form_of(request)
        _check_may(desk, viewer_of(request), kind)
        speech, sheet = Page.of(request).speech, SHEETS[kind]
        headings = [_heading(speech, field) for field in sheet.fields]
        if form == "csv":
            content = as_csv([heading.title for heading in headings], [])
        else:
            content = as_workbook(
                [
                    SheetPage(title(speech, sheet), tuple(headings), []),
                    SheetPage(speech.say("import.notes"), _note_headings(speech), _notes(speech, sheet)),
                ]
            )
        name = speech.say("import.template-name", kind=title(speech, sheet))
        return _file(f"{name}.{form}", form, content)

    return handler


def _heading(speech: Speech, field: Field) -> Heading:
    words = title(speech, field)
    choices = tuple(title(speech, choice) for choice in field.choices) if field.value == "choice" else ()
    width = max(14, min(40, 2 * len(words) + 4))
    return Heading(f"{words} *" if field.required else words, width, choices, field.required)


def _note_headings(speech: Speech) -> tuple[Heading, ...]:
    names = ("column", "required", "help", "allowed")
    return tuple(
        Heading(speech.say(f"import.note-{name}"), width)
        for name, width in zip(names, _NOTES_WIDTHS, strict=True)
    )


def _notes(speech: Speech, sheet: Sheet) -> Iterator[list[str]]:
    comma = speech.say("list.comma")
    for field in sheet.fields:
        allowed = comma.join(title(speech, choice) for choice in field.choices)
        yield [
            title(speech, field),
            speech.say("import.yes" if field.required else "import.no"),
            speech.say(field.help) if speech.knows(field.help) else "",
            allowed or speech.say(f"import.value.{field.value}", most=field.longest),
        ]


def export(desk: RegisterDesk) -> Handler:
    """The list as a table that can be imported again."""

    def handler(request: Request) -> Response:
        page, viewer, form = Page.of(request), viewer_of(request), _form_of(request)
        wanted = wanted_of(request)
        speech, sheet = page.speech, SHEETS[wanted.kind]
        headings = [_heading(speech, field) for field in sheet.fields]
        cards = list(
            _all(desk, viewer, request)
        )  # all of them before the first is written: they may be too many
        rows = (_row(speech, sheet, card) for card in cards)
        if form == "csv":
            content = as_csv([title(speech, field) for field in sheet.fields], rows)
        else:
            content = as_workbook([SheetPage(title(speech, sheet), tuple(headings), rows)])
        return _file(f"{title(speech, sheet)}.{form}", form, content)

    return handler


def _all(desk: RegisterDesk, viewer: Viewer, request: Request) -> Iterator[Card]:
    wanted = replace(wanted_of(request), after="", limit=EXPORTED_AT_ONCE)
    number = 0
    while True:
        part = desk.listing(viewer, wanted)
        for card in part.cards:
            number += 1
            if number > MOST_EXPORTED:
                raise TooLarge(
                    "The list has more than {limit} rows",
                    limit=MOST_EXPORTED,
                    remedy="Narrow it by search or state, and export the parts.",
                )
            yield card
        if not part.next:
            return
        wanted = replace(wanted, after=part.next)


def _row(speech: Speech, sheet: Sheet, card: Card) -> list[str]:
    cells: list[str] = []
    for field in sheet.fields:
        value = card.key if field.value == "identifier" else card.values.get(field.name, "")
        if field.value in ("choice", "choices"):
            value = text_of(field.choices, value, language="zh" if speech.language == "zh-CN" else "en")
        elif field.value in ("identifier", "reference") and short(value).isdigit():
            value = short(value)
        cells.append(value)
    return cells


def _form_of(request: Request) -> str:
    form = request.path_params["form"]
    if form not in _TYPES:
        raise NotFound("There is nothing at this address", remedy="Choose xlsx or csv.")
    return str(form)


def _file(name: str, form: str, content: bytes) -> Response:
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type=_TYPES[form], headers=headers)
