"""Links of many codes as a table in the console: taken away, handed in, tried, and recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.doors import viewer_of
from suyuan.portal.register.desk import Handed
from suyuan.portal.register.entering import handed
from suyuan.portal.register.forms import as_error
from suyuan.portal.rendering import Page, render
from suyuan.trace.errors import InvalidInput, SuyuanError, TooLarge
from suyuan.trace.register.export import as_csv
from suyuan.trace.register.finding import EntryRefused
from suyuan.trace.register.importing import Told
from suyuan.trace.register.link_sheet import COLUMNS
from suyuan.trace.store.links import LinksChanged
from suyuan.trace.store.sight import Viewer

PATH = "/console/links/table"
MOST_ERRORS = 200  # shown; more are mended no better
_LONGEST_SHOWN = 80
_HEADERS = {
    "Content-Disposition": 'attachment; filename="links.csv"',
    "Cache-Control": "private, no-store",
}

Handler = Callable[[Request], Response | Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Tally:
    """What a table does: ``lines`` without headings, ``codes``, and links that are new, end and stay.

    ``defaults_lost`` are codes that had a default link and have none then, ``left_without`` codes that had
    links and have none then.
    """

    lines: int
    codes: int
    new: int
    ended: int
    stay: int
    defaults_lost: int
    left_without: int


@dataclass(frozen=True, slots=True)
class LinkTrial:
    """A kept table that was tried; ``first`` are some of its rows, with their places in the file.

    ``ending`` are some of the links that end, as rows of such a table; ``digest`` names all that it would do.
    """

    id: str
    name: str
    expires: datetime
    tally: Tally
    errors: Sequence[Told]
    first: Sequence[tuple[int, Sequence[str]]]
    ending: Sequence[Sequence[str]]
    digest: str


class LinkTables(Protocol):
    """The services behind the pages. Who gives no links gets ``NotAllowed``."""

    def keep(self, viewer: Viewer, file: Handed) -> str:
        """Keep a table for an hour; what names it."""
        ...

    def trial(self, viewer: Viewer, upload: str) -> LinkTrial:
        """What a kept table would do as of now; ``NotFound`` where it is gone."""
        ...

    def record_kept(self, viewer: Viewer, upload: str, seen: str) -> Tally:
        """Record it, every row or none, if it does what the trial of the digest ``seen`` told.

        ``EntryRefused`` where something is wrong by now, ``LinksChanged`` where it would do something else.
        """
        ...

    def given(self, viewer: Viewer) -> Iterable[Sequence[str]]:
        """The links in force that the viewer's party gave, as rows of such a table."""
        ...


def routes(tables: LinkTables) -> list[BaseRoute]:
    """The pages."""
    return [
        Route(PATH, _form, methods=["GET"]),
        Route(PATH, _keep(tables), methods=["POST"]),
        Route(f"{PATH}.csv", _export(tables), methods=["GET"]),
        Route(f"{PATH}/{{upload}}", _trial(tables), methods=["GET"]),
        Route(f"{PATH}/{{upload}}", _record(tables), methods=["POST"]),
    ]


def table_of(rows: Iterable[Sequence[str]], *, language: str = "") -> bytes:
    """The table as CSV; its headings in words of a language, or as programs name the members."""
    places = {"zh": 1, "en": 2}
    return as_csv([column[places.get(language[:2], 0)] for column in COLUMNS], rows)


def _form(request: Request) -> Response:
    return _form_page(Page.of(request), done="recorded" in request.query_params)


def _form_page(page: Page, error: SuyuanError | None = None, *, done: bool = False) -> Response:
    context: dict[str, Any] = {
        "q": "",
        "errors": [error] if error else [],
        "names": {"file": page.speech.say("import.file")},
        "done": done,
    }
    return render(page, "console/link-table.html", context, status=error.status if error else 200)


def _keep(tables: LinkTables) -> Handler:
    async def handler(request: Request) -> Response:
        page, viewer = Page.of(request), viewer_of(request)
        async with request.form(max_files=1, max_fields=5) as form:
            file = await handed(form, "file")
        if file is None:
            missing = InvalidInput(
                "No file was chosen", where="file", remedy="Choose the file that you filled in."
            )
            return _form_page(page, missing)
        try:
            kept = await run_in_threadpool(tables.keep, viewer, file)
        except (InvalidInput, TooLarge) as error:
            return _form_page(page, error)
        return RedirectResponse(page.link(f"{PATH}/{kept}"), status_code=303)

    return handler


def _trial(tables: LinkTables) -> Handler:
    def handler(request: Request) -> Response:
        return _trial_page(Page.of(request), tables.trial(viewer_of(request), request.path_params["upload"]))

    return handler


def _record(tables: LinkTables) -> Handler:
    async def handler(request: Request) -> Response:
        sent = await request.form()
        return await run_in_threadpool(recorded, request, str(sent.get("seen", "")))

    def recorded(request: Request, seen: str) -> Response:
        page, viewer, upload = Page.of(request), viewer_of(request), request.path_params["upload"]
        try:
            done = tables.record_kept(viewer, upload, seen)
        except (EntryRefused, LinksChanged) as error:  # not what was looked at: shown as it is now
            changed = error if isinstance(error, LinksChanged) else None
            return _trial_page(page, tables.trial(viewer, upload), status=409, changed=changed)
        return RedirectResponse(page.link(PATH, recorded=done.codes), status_code=303)

    return handler


def _export(tables: LinkTables) -> Handler:
    def handler(request: Request) -> Response:
        language = Page.of(request).speech.language
        content = table_of(tables.given(viewer_of(request)), language=language)
        return Response(content, media_type="text/csv; charset=utf-8", headers=_HEADERS)

    return handler


def _trial_page(
    page: Page, trial: LinkTrial, *, status: int = 200, changed: LinksChanged | None = None
) -> Response:
    chinese = page.speech.language.startswith("zh")
    context: dict[str, Any] = {
        "q": "",
        "trial": trial,
        "changed": changed,
        "headings": [column.zh if chinese else column.en for column in COLUMNS],
        "errors_count": len(trial.errors),
        "errors": [
            (one.row, one.title, one.value[:_LONGEST_SHOWN], as_error(one.finding))
            for one in trial.errors[:MOST_ERRORS]
        ],
    }
    return render(page, "console/link-trial.html", context, status=status)
