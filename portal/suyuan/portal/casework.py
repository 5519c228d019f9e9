"""Recalls as forms of few steps: what and why, what the public reads, check the answers; then the case."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.question import Question, asked
from suyuan.portal.rendering import Page, render
from suyuan.portal.services import House, Principal
from suyuan.portal.tracing import scope_rows, totals
from suyuan.trace.errors import Conflict, InvalidInput, NotAuthenticated, NotFound, SuyuanError
from suyuan.trace.lineage.contract import Options
from suyuan.trace.recall.passport import Text
from suyuan.trace.recall.recall import Case, CaseDraft, CaseState

Handler = Callable[[Request], Awaitable[Response]]

MAX_TEXT = 2000
HAZARDS = ("microbial", "chemical", "physical", "allergen", "labelling", "other")
_STEPS: Mapping[str, tuple[str, ...]] = {
    "about": ("title_zh", "title_en", "reason_zh", "reason_en", "hazard", "recall_class"),
    "public": ("what_to_do_zh", "what_to_do_en", "contact"),
}
_FIELDS = tuple(name for names in _STEPS.values() for name in names)
_CHINESE = (
    "title_zh",
    "reason_zh",
    "what_to_do_zh",
)  # what the public reads first; English where it is given
POSSIBLE: Mapping[CaseState, tuple[str, ...]] = {
    CaseState.DRAFT: ("hold", "publish", "release"),
    CaseState.HELD: ("publish", "release"),
    CaseState.PUBLISHED: ("release",),
    CaseState.RELEASED: (),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """The draft form as filled in so far, and what is wrong with it (field → error)."""

    values: Mapping[str, str]
    question: Question
    errors: Mapping[str, SuyuanError]

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
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """A decision asked for on the case page; ``sure`` is the ticked box."""

    number: str
    decision: str
    note: str
    sure: bool


def missing(values: Mapping[str, str], step: str) -> dict[str, SuyuanError]:
    """What is missing or impossible in one step."""
    errors: dict[str, SuyuanError] = {}
    for name in _STEPS[step]:
        value = values[name]
        if len(value) > MAX_TEXT:
            errors[name] = InvalidInput(
                "The text is longer than {limit} characters", where=name, limit=MAX_TEXT
            )
        elif name in _CHINESE and not value:
            errors[name] = InvalidInput("Write this in Chinese: it is what shoppers read first", where=name)
        elif name == "contact" and not value:
            errors[name] = InvalidInput("Say whom people can call or write to", where=name)
        elif name == "hazard" and value not in HAZARDS:
            errors[name] = InvalidInput("Choose the kind of hazard", where=name)
        elif name == "recall_class" and value not in ("1", "2", "3"):
            errors[name] = InvalidInput("Choose the recall class", where=name)
    return errors


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
    context = {
        "q": "",
        "sheet": sheet,
        "step": step,
        "failure": failure,
        "hazards": HAZARDS,
        "suspects": [(suspect, labels.get(suspect.key)) for suspect in sheet.question.suspects],
        "carried": [name for name in _FIELDS if step == "check" or name not in _STEPS[step]],
    }
    status = 400 if sheet.errors or failure else 200
    return render(page, "console/draft.html", context, status=status)


def _next_step(sheet: Sheet, wanted: str) -> tuple[str, Mapping[str, SuyuanError]]:
    """The step to show: the wanted one, or the first before it that is not complete."""
    for step in ("about", "public"):
        if wanted == step:
            return step, {}
        errors = missing(sheet.values, step)
        if errors:
            return step, errors
    return wanted, {}


def _case_page(
    page: Page, house: House, case: Case, *, failure: SuyuanError | None = None, asking: str = ""
) -> Response:
    provisional = case.state is CaseState.DRAFT and not case.scope
    lines = house.scope(case.draft.suspects, Options()).lines if provisional else case.scope
    labels = house.labels([suspect.key for suspect in case.draft.suspects])
    decided = case.log[0].time if case.log else None
    context: dict[str, Any] = {
        "q": "",
        "case": case,
        "provisional": provisional,
        "lines": scope_rows(lines, house),
        "totals": totals(lines),
        "suspects": [(suspect, labels.get(suspect.key)) for suspect in case.draft.suspects],
        "running": house.now() - decided if decided and case.state is not CaseState.RELEASED else None,
        "possible": POSSIBLE[case.state],
        "case_path": case_path(case.number),
        "failure": failure,
        "asking": asking,
    }
    return render(page, "console/case.html", context, status=failure.status if failure else 200)


def case_path(number: str) -> str:
    """The console page of a case."""
    return f"/console/case/{quote(number, safe='')}"


def _principal(page: Page) -> Principal:
    if page.principal is None:
        raise NotAuthenticated("Sign in to do this")
    return page.principal


def routes(house: House) -> list[BaseRoute]:
    """The draft form and the case page with its decisions."""
    return [
        Route("/console/draft", _begin(house), methods=["GET"]),
        Route("/console/draft", _continue(house), methods=["POST"]),
        Route("/console/case/{number}", _show(house), methods=["GET"]),
        Route("/console/case/{number}/{decision}", _decide(house), methods=["POST"]),
    ]


def _begin(house: House) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        values, _ = _read({}, "")
        question = asked(request.query_params, "forward")
        return _draft_page(Page.of(request), house, Sheet(values, question, {}), "about")

    return handler


def _continue(house: House) -> Handler:
    async def handler(request: Request) -> Response:
        page = Page.of(request)
        async with request.form(max_files=0, max_fields=50) as form:
            values, question = _read(form, str(form.get("question", "")))
            wanted = str(form.get("step", "about"))
        return await run_in_threadpool(_filled, page, house, Sheet(values, question, {}), wanted)

    return handler


def _filled(page: Page, house: House, sheet: Sheet, wanted: str) -> Response:
    step, errors = _next_step(sheet, wanted if wanted in ("about", "public", "check", "create") else "about")
    sheet = Sheet(sheet.values, sheet.question, errors)
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
        case = house.draft(sheet.draft(), _principal(page))
    except (InvalidInput, NotFound, Conflict) as error:
        return _draft_page(page, house, sheet, "check", failure=error)
    return RedirectResponse(page.link(case_path(case.number)), status_code=303)


def _show(house: House) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        case = house.case(request.path_params["number"])
        return _case_page(Page.of(request), house, case)

    return handler


def _decide(house: House) -> Handler:
    async def handler(request: Request) -> Response:
        page = Page.of(request)
        async with request.form(max_files=0, max_fields=20) as form:
            note, sure = str(form.get("note", "")).strip(), form.get("sure") == "1"
        wish = Wish(request.path_params["number"], request.path_params["decision"], note, sure)
        return await run_in_threadpool(_decided, page, house, wish)

    return handler


def _decided(page: Page, house: House, wish: Wish) -> Response:
    by = _principal(page)
    case = house.case(wish.number)
    try:
        _check(wish)
        match wish.decision:
            case "hold":
                house.hold(wish.number, by)
            case "publish":
                house.publish(wish.number, by)
            case _:
                house.release(wish.number, by, wish.note)
    except (InvalidInput, Conflict) as error:
        return _case_page(page, house, case, failure=error, asking=wish.decision)
    return RedirectResponse(page.link(case_path(wish.number)), status_code=303)


def _check(wish: Wish) -> None:
    if wish.decision not in ("hold", "publish", "release"):
        raise NotFound("There is no such decision", where="decision")
    if wish.decision == "release" and not wish.note:
        raise InvalidInput("Say why the case is released", where="note")
    if len(wish.note) > MAX_TEXT:
        raise InvalidInput("The text is longer than {limit} characters", where="note", limit=MAX_TEXT)
    if wish.decision == "publish" and not wish.sure:
        raise InvalidInput("Confirm that you have checked the scope and the texts", where="sure")
