"""Reporting a problem and following it: for shoppers, without an account, without a cookie."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.rendering import Page, render
from suyuan.portal.report_form import QUESTIONS, Filled, filled
from suyuan.trace.errors import InvalidInput, SuyuanError, TooLarge
from suyuan.trace.recall.complaints import Channel, Complaint, Note, typed_number
from suyuan.trace.recall.passport import Text

MOST_PHOTO_MB = 10
_FORM = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a report is about, as far as its code tells: ``key`` is empty where the code names nothing."""

    key: str
    code: str
    name: Text


@dataclass(frozen=True, slots=True)
class Photo:
    """A file as uploaded; hostile."""

    name: str
    content: bytes


class Reporting(Protocol):
    """What the pages ask of the house."""

    def new_form(self) -> str:
        """A random name for a form, so that sending it twice unchanged makes one report."""
        ...

    def today(self) -> date:
        """The local date."""
        ...

    def subject(self, code: str) -> Subject:
        """What a code names."""
        ...

    def take(self, told: Filled, photo: Photo | None, *, address: str) -> str:
        """Store a shopper's report durably; its number.

        Raises:
            InvalidInput: the photo is no picture, or the form is not ours.
            TooLarge: the photo.
            TooManyReports: from this address.
        """
        ...

    def follow(self, number: str, *, address: str) -> tuple[Complaint, Sequence[Note]]:
        """A report and what was publicly said about it, or ``NotFound``."""
        ...


def routes(reporting: Reporting) -> list[BaseRoute]:
    """The form, what comes after it, and following by number."""
    return [
        Route("/report", _form(reporting), methods=["GET"]),
        Route("/report", _posted(reporting), methods=["POST"]),
        Route("/report/follow", _search, methods=["GET"]),
        Route("/report/{number}", _followed(reporting), methods=["GET"]),
    ]


def report_path(number: str) -> str:
    """The page of a report."""
    return f"/report/{quote(number, safe='')}"


def _form(reporting: Reporting) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        code, form = request.query_params.get("code", "")[:500], request.query_params.get("form", "")
        if not _FORM.fullmatch(form):  # in the address, so that who goes back finds the form just sent
            named = Page.of(request).link("/report", code=code, form=reporting.new_form())
            return RedirectResponse(named, status_code=303)
        empty = {question.name: "" for question in QUESTIONS[Channel.SHOPPER]}
        return _form_page(request, reporting, Filled(form, code, empty, {}))

    return handler


def _form_page(
    request: Request, reporting: Reporting, told: Filled, failure: SuyuanError | None = None
) -> Response:
    context: dict[str, Any] = {
        "told": told,
        "questions": QUESTIONS[Channel.SHOPPER],
        "subject": reporting.subject(told.code) if told.code else None,
        "failure": failure,
        "most_mb": MOST_PHOTO_MB,
        "today": reporting.today().isoformat(),
    }
    status = failure.status if failure else 400 if told.errors else 200
    return render(Page.of(request), "report/form.html", context, status=status)


def _posted(reporting: Reporting) -> Any:
    async def handler(request: Request) -> Response:
        async with request.form(max_files=1, max_fields=30) as data:
            told = filled(data, Channel.SHOPPER, reporting.today())
            sent = data.get("photo")
            try:
                photo = await _photo(sent) if isinstance(sent, UploadFile) else None
            except TooLarge as error:
                return await run_in_threadpool(_form_page, request, reporting, told, error)
        return await run_in_threadpool(_taken, request, reporting, told, photo)

    return handler


async def _photo(sent: UploadFile) -> Photo | None:
    limit = MOST_PHOTO_MB << 20
    content = await sent.read(limit + 1)
    if len(content) > limit:
        raise TooLarge(
            "The photo is larger than {limit} MB",
            where="photo",
            limit=MOST_PHOTO_MB,
            remedy="Send a smaller one, or the report without it.",
        )
    return Photo(sent.filename or "", content) if content else None


def _taken(request: Request, reporting: Reporting, told: Filled, photo: Photo | None) -> Response:
    if told.errors:
        return _form_page(request, reporting, told)
    try:
        number = reporting.take(told, photo, address=client_address(request))
    except (InvalidInput, TooLarge) as error:
        return _form_page(request, reporting, told, error)
    return RedirectResponse(Page.of(request).link(report_path(number), sent="1"), status_code=303)


def _search(request: Request) -> Response:
    page = Page.of(request)
    typed = request.query_params.get("number", "")
    if typed.strip():
        return RedirectResponse(page.link(report_path(typed_number(typed))), status_code=303)
    return render(page, "report/follow.html", {"failure": None})


def _followed(reporting: Reporting) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        page = Page.of(request)
        number = typed_number(request.path_params["number"])
        try:
            found, notes = reporting.follow(number, address=client_address(request))
        except SuyuanError as error:
            return render(page, "report/follow.html", {"failure": error}, status=error.status)
        context: dict[str, Any] = {
            "complaint": found,
            "notes": notes,
            "subject": reporting.subject(found.object) if found.object else None,
            "sent": request.query_params.get("sent") == "1",
        }
        return render(page, "report/report.html", context)

    return handler


def client_address(request: Request) -> str:
    """From where it was asked; for limits only, never stored."""
    return "" if request.client is None else request.client.host
