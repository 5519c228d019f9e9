"""Drafting a recall in few steps: what and why, what the law asks, what the public reads, the check."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import parse_qs, quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.desk import CaseDesk
from suyuan.portal.doors import viewer_of
from suyuan.portal.language import CHINA_TIME, offset_zone
from suyuan.portal.question import Question, asked, moment
from suyuan.portal.rendering import Page, render
from suyuan.portal.services import House
from suyuan.trace.errors import Conflict, InvalidInput, NotAllowed, NotFound, SuyuanError
from suyuan.trace.recall.passport import Text
from suyuan.trace.recall.recall import CaseDraft, Initiative
from suyuan.trace.store.sight import Viewer

Handler = Callable[[Request], Awaitable[Response]]

MAX_TEXT = 2000
HAZARDS = ("microbial", "chemical", "physical", "allergen", "labelling", "other")
ZONE = "+08:00"
STEPS: Mapping[str, tuple[str, ...]] = {
    "about": ("title_zh", "title_en", "reason_zh", "reason_en", "hazard", "recall_class"),
    "law": ("initiative", "operator", "known_at", "known_zone", "legal_basis"),
    "public": ("what_to_do_zh", "what_to_do_en", "contact"),
}
_FIELDS = tuple(name for names in STEPS.values() for name in names)
_CHINESE = (
    "title_zh",
    "reason_zh",
    "what_to_do_zh",
)  # what the public reads first; English where it is given


@dataclass(frozen=True, slots=True)
class Sheet:
    """The draft form as filled in so far, and what is wrong with it (field → error)."""

    values: Mapping[str, str]
    question: Question
    errors: Mapping[str, SuyuanError]
    investigation: str = ""  # its number, where the draft is out of one

    def draft(self) -> CaseDraft:
        """The draft; only for a sheet without errors."""
        value = self.values
        return CaseDraft(
            title=Text(value["title_zh"], value["title_en"]),
            reason=Text(value["reason_zh"], value["reason_en"]),
            hazard=value["hazard"],
            recall_class=int(value["recall_class"]),
            what_to_do=Text(value["what_to_do_zh"], value["what_to_do_en"]),
            contact=value["contact"],
            suspects=self.question.suspects,
            initiative=Initiative(value["initiative"]),
            known_at=known_at(value),
            legal_basis=value["legal_basis"],
            operator=value["operator"],
        )


def known_at(values: Mapping[str, str]) -> datetime | None:
    """The moment of knowledge in the zone given beside it; None where none is given.

    Raises:
        InvalidInput: it is no date and time, or the zone no offset.
    """
    zone = values["known_zone"] or ZONE
    try:
        datetime.strptime(zone, "%z")
    except ValueError as error:
        raise InvalidInput(
            "{given} is not a time zone",
            where="known_zone",
            given=zone,
            remedy="Write it as an offset such as +08:00.",
        ) from error
    return moment(values["known_at"], "known_at", offset_zone(zone))


def missing(values: Mapping[str, str], step: str, now: datetime) -> dict[str, SuyuanError]:
    """What is missing or impossible in one step."""
    errors: dict[str, SuyuanError] = {}
    for name in STEPS[step]:
        error = _wrong(name, values[name])
        if error is not None:
            errors[name] = error
    if step == "law":
        try:
            known = known_at(values)
        except InvalidInput as error:
            errors[error.where] = error
        else:
            if known is None or known > now:
                errors["known_at"] = InvalidInput(
                    "Give the moment at which you came to know of it; it cannot be in the future",
                    where="known_at",
                )
    return errors


_ONE_OF: Mapping[str, tuple[tuple[str, ...], str]] = {
    "hazard": (HAZARDS, "Choose the kind of hazard"),
    "recall_class": (("1", "2", "3"), "Choose the recall class"),
    "initiative": (tuple(Initiative), "Choose who makes the recall happen"),
}


def _wrong(name: str, value: str) -> SuyuanError | None:
    if len(value) > MAX_TEXT:
        return InvalidInput("The text is longer than {limit} characters", where=name, limit=MAX_TEXT)
    if name in _CHINESE and not value:
        return InvalidInput("Write this in Chinese: it is what shoppers read first", where=name)
    if name == "contact" and not value:
        return InvalidInput("Say whom people can call or write to", where=name)
    if name in _ONE_OF and value not in _ONE_OF[name][0]:
        return InvalidInput(_ONE_OF[name][1], where=name)
    return None


def _read(form: FormData | Mapping[str, str], about: str) -> tuple[dict[str, str], Question]:
    values = {name: str(form.get(name, "")).strip().replace("\r\n", "\n") for name in _FIELDS}
    pairs = [
        (name, value) for name, found in parse_qs(about, keep_blank_values=True).items() for value in found
    ]
    return values, asked(QueryParams(pairs), "forward")


def _draft_page(
    page: Page, house: House, sheet: Sheet, step: str, *, failure: SuyuanError | None = None
) -> Response:
    labels = house.labels([suspect.key for suspect in sheet.question.suspects])
    company = page.principal is not None and page.principal.role == "company"
    context = {
        "q": "",
        "sheet": sheet,
        "step": step,
        "steps": [*STEPS, "check"],
        "failure": failure,
        "hazards": HAZARDS,
        "initiatives": [Initiative.VOLUNTARY] if company else list(Initiative),
        "suspects": [(suspect, labels.get(suspect.key)) for suspect in sheet.question.suspects],
        "carried": [name for name in _FIELDS if step == "check" or name not in STEPS[step]],
        "latest": house.now().astimezone(CHINA_TIME).strftime("%Y-%m-%dT%H:%M"),
    }
    status = 400 if sheet.errors or failure else 200
    return render(page, "console/draft.html", context, status=status)


def _next_step(sheet: Sheet, wanted: str, now: datetime) -> tuple[str, Mapping[str, SuyuanError]]:
    """The step to show: the wanted one, or the first before it that is not complete."""
    for step in STEPS:
        if wanted == step:
            return step, {}
        errors = missing(sheet.values, step, now)
        if errors:
            return step, errors
    return wanted, {}


def case_path(number: str) -> str:
    """The console page of a case."""
    return f"/console/case/{quote(number, safe='')}"


def routes(house: House, desk: CaseDesk) -> list[BaseRoute]:
    """The draft form."""
    return [
        Route("/console/draft", _begin(house), methods=["GET"]),
        Route("/console/draft", _continue(house, desk), methods=["POST"]),
    ]


def _begin(house: House) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        values, _ = _read({"known_zone": ZONE}, "")
        question = asked(request.query_params, "forward")
        _check_in_sight(house, viewer_of(request), question)
        sheet = Sheet(values, question, {}, request.query_params.get("investigation", ""))
        return _draft_page(Page.of(request), house, sheet, "about")

    return handler


def _check_in_sight(house: House, by: Viewer, question: Question) -> None:
    """A company names only what it sees: the form tells names. Officers may suspect anything."""
    if by.role == "company":
        for suspect in question.suspects:
            house.seen_by(by).label(suspect.key)


def _continue(house: House, desk: CaseDesk) -> Handler:
    async def handler(request: Request) -> Response:
        page, by = Page.of(request), viewer_of(request)
        async with request.form(max_files=0, max_fields=50) as form:
            values, question = _read(form, str(form.get("question", "")))
            wanted, investigation = str(form.get("step", "about")), str(form.get("investigation", ""))
        sheet = Sheet(values, question, {}, investigation)
        return await run_in_threadpool(_filled, page, (house, desk, by), sheet, wanted)

    return handler


def _filled(page: Page, room: tuple[House, CaseDesk, Viewer], sheet: Sheet, wanted: str) -> Response:
    house, desk, by = room
    _check_in_sight(house, by, sheet.question)
    known = wanted in (*STEPS, "check", "create")
    step, errors = _next_step(sheet, wanted if known else "about", house.now())
    sheet = replace(sheet, errors=errors)
    if not sheet.question.suspects or sheet.question.errors:
        failure = InvalidInput(
            "The draft names nothing to recall",
            where="suspects",
            remedy="Start from the scope of a trace, and choose to draft a recall there.",
        )
        return _draft_page(page, house, sheet, "about" if step == "create" else step, failure=failure)
    if step != "create":
        return _draft_page(page, house, sheet, step)
    try:
        case = desk.draft(sheet.draft(), by, sheet.investigation)
    except (InvalidInput, NotFound, NotAllowed, Conflict) as error:
        return _draft_page(page, house, sheet, "check", failure=error)
    return RedirectResponse(page.link(case_path(case.number)), status_code=303)
