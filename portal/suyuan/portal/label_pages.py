"""Labels in the console: choose goods or units, see the first label, print sheets, take the list of tags."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.doors import viewer_of
from suyuan.portal.labels import (
    LEVELS,
    SYMBOLOGIES,
    UNITS,
    LabelDesk,
    Order,
    faces,
    form_of,
    look_of,
    name_of,
    roll,
    roll_of,
    tag_list,
)
from suyuan.portal.rendering import Page, render
from suyuan.portal.sheet import FORMS, picture, sheets
from suyuan.portal.symbols import PRINTER_DPI
from suyuan.portal.zpl import RESOLUTIONS
from suyuan.trace.errors import InvalidInput, NotAllowed, NotFound, SuyuanError
from suyuan.trace.gs1 import Identifier, identify
from suyuan.trace.register.labels import CARRIERS, MOST_LABELS

PATH = "/console/labels"
_DEFAULTS = {
    "subject": "", "count": "24", "carrier": "sheet", "form": "a4-24", "symbology": "qr", "level": "Q",
    "prefix": "", "seal": "mark",
}  # fmt: skip
_UNITS_FORM = "a4-4"
_LISTED_TAGS = 12

Handler = Callable[[Request], Response | Awaitable[Response]]


def routes(desk: LabelDesk) -> list[BaseRoute]:
    """The form with the list of jobs, a job, and what is printed of it."""
    return [
        Route(PATH, _form(desk), methods=["GET"]),
        Route(PATH, _make(desk), methods=["POST"]),
        Route(f"{PATH}/{{job}}", _job(desk), methods=["GET"]),
        Route(f"{PATH}/{{job}}/labels.pdf", _paper(desk), methods=["GET"]),
        Route(f"{PATH}/{{job}}/labels.zpl", _roll(desk), methods=["GET"]),
        Route(f"{PATH}/{{job}}/first.svg", _first(desk), methods=["GET"]),
        Route(f"{PATH}/{{job}}/tags.csv", _tags(desk), methods=["GET"]),
    ]


def order_of(values: Mapping[str, str]) -> Order:
    """The order that a form says.

    Raises:
        InvalidInput: something is missing or no number; ``where`` names the field.
    """
    if not values["subject"]:
        raise InvalidInput("Nothing is chosen", where="subject", remedy="Choose a lot, a product or units.")
    count = values["count"].strip()
    if not (count.isascii() and count.isdigit() and len(count) < 6):  # noqa: PLR2004 (digits of a sane number)
        raise InvalidInput(
            "From 1 to {most} labels can be made at once",
            where="count",
            most=MOST_LABELS,
            remedy="Give a number in this range; make the rest afterwards.",
        )
    form = values["form"]
    if values["subject"] == UNITS and form in FORMS and not FORMS[form].units:
        form = _UNITS_FORM  # without a script the page cannot hide the sheets that are too small
    given = {**values, "count": int(count), "form": form}
    return Order(**cast("dict[str, Any]", given))


def _form(desk: LabelDesk) -> Handler:
    def handler(request: Request) -> Response:
        viewer = viewer_of(request)
        asked = {"subject": request.query_params.get("subject", "")}
        values = {**_DEFAULTS, "prefix": desk.prefix(viewer), **asked}
        return _page(request, desk, values, None)

    return handler


def _make(desk: LabelDesk) -> Handler:
    async def handler(request: Request) -> Response:
        sent = await request.form()
        values = {name: str(sent.get(name, default)) for name, default in _DEFAULTS.items()}
        return await run_in_threadpool(made, request, values)

    def made(request: Request, values: Mapping[str, str]) -> Response:
        try:
            job = desk.make(viewer_of(request), order_of(values))
        except (InvalidInput, NotFound, NotAllowed) as error:
            return _page(request, desk, values, error)
        except SuyuanError as error:
            if error.status >= 500:  # noqa: PLR2004 (a fault of ours is not told beside a field)
                raise
            return _page(request, desk, values, error)
        return RedirectResponse(Page.of(request).link(f"{PATH}/{job}"), status_code=303)

    return handler


def _page(
    request: Request, desk: LabelDesk, values: Mapping[str, str], error: SuyuanError | None
) -> Response:
    page, viewer = Page.of(request), viewer_of(request)
    search = request.query_params.get("find", "").strip()
    subjects = list(desk.subjects(viewer, search))
    try:
        address, missing = desk.address(), None
    except InvalidInput as told:
        address, missing = "", told
    asked = _asked(values["subject"])
    context = {
        "q": "",
        "values": values,
        "find": search,
        "error": error,
        "where": error.where if error is not None and error.where in _DEFAULTS else "",
        "missing": missing,
        "address": address,
        "subjects": subjects,
        "asked": asked if asked and all(one.key != asked.key for one in subjects) else None,
        "jobs": [(job, name_of(job), _lot(job.subject)) for job in desk.jobs(viewer)],
        "units": UNITS,
        "carriers": CARRIERS,
        "forms": [form for form in FORMS.values() if not form.units],
        "unit_forms": [form for form in FORMS.values() if form.units],
        "symbologies": SYMBOLOGIES,
        "levels": LEVELS,
        "seals": desk.seals(),
        "most": MOST_LABELS,
        "typeface": desk.typeface(),
        "lacking": "",
    }
    return render(page, "labels/labels.html", context, status=200 if error is None else error.status)


def _job(desk: LabelDesk) -> Handler:
    def handler(request: Request) -> Response:
        job, tags = desk.job(viewer_of(request), request.path_params["job"])
        first = next(iter(faces(job, tags[:1])))
        context = {
            "q": "",
            "job": job,
            "name": name_of(job),
            "lot": _lot(job.subject),
            "tags": tags[:_LISTED_TAGS],
            "more": len(tags) - _LISTED_TAGS,
            "sheet_count": -(-job.count // form_of(job).per_page),
            "on_roll": form_of(job).thermal or job.carrier == "uhf",
            "roll": roll_of(job).name,
            "resolutions": RESOLUTIONS,
            "path": f"{PATH}/{job.id}",
            "typeface": desk.typeface(),
            "lacking": desk.typeface().lacks("".join((*first.names, *(value for _, value in first.facts)))),
        }
        return render(Page.of(request), "labels/job.html", context)

    return handler


def _paper(desk: LabelDesk) -> Handler:
    def handler(request: Request) -> Response:
        job, tags = desk.job(viewer_of(request), request.path_params["job"])
        look = look_of(job, desk.typeface())
        content = sheets(faces(job, tags), form_of(job), look, f"Suyuan {job.id}")
        headers = {
            "Content-Disposition": f'inline; filename="labels-{job.id}.pdf"',
            "Cache-Control": "no-store",
        }
        return Response(content, media_type="application/pdf", headers=headers)

    return handler


def _roll(desk: LabelDesk) -> Handler:
    def handler(request: Request) -> Response:
        asked = request.query_params.get("dpi", str(PRINTER_DPI))
        if asked not in {str(dpi) for dpi in RESOLUTIONS}:
            raise InvalidInput(
                "There is no such choice", where="dpi", remedy="Choose one of those on the page."
            )
        job, tags = desk.job(viewer_of(request), request.path_params["job"])
        content = roll(job, tags, desk.typeface(), int(asked))
        headers = {
            "Content-Disposition": f'attachment; filename="labels-{job.id}-{asked}dpi.zpl"',
            "Cache-Control": "no-store",
        }
        return Response(content, media_type="application/octet-stream", headers=headers)

    return handler


def _first(desk: LabelDesk) -> Handler:
    def handler(request: Request) -> Response:
        job, tags = desk.job(viewer_of(request), request.path_params["job"])
        content = picture(next(iter(faces(job, tags[:1]))), form_of(job), look_of(job, desk.typeface()))
        return Response(content, media_type="image/svg+xml", headers={"Cache-Control": "no-store"})

    return handler


def _tags(desk: LabelDesk) -> Handler:
    def handler(request: Request) -> Response:
        job, tags = desk.job(viewer_of(request), request.path_params["job"])
        headers = {
            "Content-Disposition": f'attachment; filename="tags-{job.id}.csv"',
            "Cache-Control": "no-store",
        }
        return Response(tag_list(tags), media_type="text/csv; charset=utf-8", headers=headers)

    return handler


def _asked(key: str) -> Identifier | None:
    """A lot or product that a link to this page named."""
    if not key or key == UNITS:
        return None
    try:
        return identify(key)
    except InvalidInput:
        return None


def _lot(subject: str) -> str:
    return (identify(subject).lot or "") if subject else ""
