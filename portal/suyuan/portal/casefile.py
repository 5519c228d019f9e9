"""The page of a case: what is proposed, who confirms, where everything is, whom it has not reached."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.casework import case_path
from suyuan.portal.desk import CaseDesk, Reach, overdue
from suyuan.portal.doors import viewer_of
from suyuan.portal.numbers import NUMBER
from suyuan.portal.rendering import Page, render
from suyuan.portal.services import House
from suyuan.portal.sightings import lost_rows, scope_rows, totals
from suyuan.trace.errors import Conflict, InvalidInput, NotAllowed, NotFound, SuyuanError
from suyuan.trace.recall.passport import Text
from suyuan.trace.recall.possible import possible
from suyuan.trace.recall.recall import ENDED, Act, Case, CaseState, RiskWarning, Step
from suyuan.trace.recall.steps import conducts
from suyuan.trace.store.sight import Viewer

Handler = Callable[[Request], Awaitable[Response]]

ACTS: Mapping[str, Act] = {
    "hold": Act.HOLD,
    "publish": Act.PUBLISH,
    "complete": Act.COMPLETE,
    "release": Act.RELEASE,
    "warn": Act.WARN,
}
ANSWERS: Mapping[str, Step] = {
    "accept": Step.TRANSFER_ACCEPTED,
    "answer": Step.TRANSFER_ANSWERED,
    "refuse": Step.TRANSFER_REFUSED,
}
_MUST_BE_SURE = ("publish", "complete", "release", "warn")
_FORM = ("reason", "sure", "urgent", "warning_zh", "warning_en", "authorised_by", "authorisation")


@dataclass(frozen=True, slots=True)
class Wish:
    """A step asked for on the case page: its words from the address, what was typed in the form."""

    number: str
    step: str  # propose, urgent, proposal, hold, ask, letter
    what: str  # which act, or confirm, refuse, withdraw, accept, answer
    index: int  # of the proposal or letter
    values: Mapping[str, str]

    @property
    def form(self) -> str:
        """The name of the form on the page that this came from."""
        return self.what if self.step == "propose" else f"{self.step}-{self.what}".rstrip("-")


def case_page(
    page: Page,
    room: tuple[House, CaseDesk, Viewer],
    case: Case,
    *,
    failure: SuyuanError | None = None,
    wish: Wish | None = None,
) -> Response:
    """The case with everything that can be done now."""
    house, desk, by = room
    situation = desk.situation(case, by)
    reach = desk.reach(case, by) if case.state is not CaseState.DRAFT else Reach(0)
    labels = house.labels(sorted(_named(case, reach)))
    context: dict[str, Any] = {
        "q": "",
        "case": case,
        "case_path": case_path(case.number),
        "situation": situation,
        "own": scope_rows(situation.own.lines, house),
        "beyond": scope_rows(situation.beyond.lines, house),
        "lost": lost_rows(situation.own.lost, house),
        "beyond_lost": lost_rows(situation.beyond.lost, house),
        "totals": totals(situation.own.lines, situation.own.lost),
        "decided": _decided(case, house),
        "reach": reach,
        "labels": labels,
        "suspects": [(suspect, labels.get(suspect.key)) for suspect in case.draft.suspects],
        "known_for": house.now() - case.draft.known_at if case.draft.known_at else None,
        "open": case.state not in ENDED,
        "overdue": overdue(case, house.now()),
        "possible": possible(case, by, alone=desk.alone),
        "ours": conducts(case, by),
        "alone": desk.alone,
        "failure": failure,
        "wish": wish,
        "typed": dict.fromkeys(_FORM, "") | dict(wish.values if wish else {}),
        "anchor": _anchor(failure, wish),
    }
    return render(page, "console/case.html", context, status=failure.status if failure else 200)


def routes(house: House, desk: CaseDesk) -> list[BaseRoute]:
    """The case page, its steps, and the letters to other authorities."""
    case = "/console/case/{number}"
    return [
        Route(case, _show(house, desk), methods=["GET"]),
        Route(f"{case}/letter/{{index:{NUMBER}}}", _letter(house, desk), methods=["GET"]),
        Route(f"{case}/{{step}}", _take(house, desk), methods=["POST"]),
        Route(f"{case}/{{step}}/{{what}}", _take(house, desk), methods=["POST"]),
        Route(f"{case}/{{step}}/{{index:{NUMBER}}}/{{what}}", _take(house, desk), methods=["POST"]),
    ]


def _show(house: House, desk: CaseDesk) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        by = viewer_of(request)
        case = desk.case(request.path_params["number"], by)
        return case_page(Page.of(request), (house, desk, by), case)

    return handler


def _letter(house: House, desk: CaseDesk) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        by = viewer_of(request)
        case = desk.case(request.path_params["number"], by)
        return _letter_page(Page.of(request), (house, desk, by), case, request.path_params["index"])

    return handler


def _letter_page(
    page: Page,
    room: tuple[House, CaseDesk, Viewer],
    case: Case,
    index: int,
    *,
    failure: SuyuanError | None = None,
) -> Response:
    house, _, by = room
    letter = next((one for one in case.transfers if one.number == index), None)
    if letter is None:
        raise NotFound("There is no request {request} to you", where="transfer", request=index)
    named = {letter.to, case.draft.party, *(suspect.key for suspect in case.draft.suspects)} - {""}
    labels = house.labels(sorted(named))
    context: dict[str, Any] = {
        "q": "",
        "case": case,
        "case_path": case_path(case.number),
        "letter": letter,
        "rows": scope_rows(letter.lines, house),
        "labels": labels,
        "suspects": [(suspect, labels.get(suspect.key)) for suspect in case.draft.suspects],
        "answerable": letter.state == "open" and by.role == "regulator" and by.party == letter.to != "",
        "failure": failure,
    }
    return render(page, "console/letter.html", context, status=failure.status if failure else 200)


def _take(house: House, desk: CaseDesk) -> Handler:
    async def handler(request: Request) -> Response:
        page, by = Page.of(request), viewer_of(request)
        async with request.form(max_files=0, max_fields=30) as form:
            values = {name: str(form.get(name, "")).strip().replace("\r\n", "\n") for name in _FORM}
        told = request.path_params
        wish = Wish(told["number"], told["step"], told.get("what", ""), told.get("index", 0), values)
        return await run_in_threadpool(_taken, page, (house, desk, by), wish)

    return handler


def _taken(page: Page, room: tuple[House, CaseDesk, Viewer], wish: Wish) -> Response:
    _, desk, by = room
    case = desk.case(wish.number, by)
    try:
        done = _step(desk, by, wish)
    except (InvalidInput, NotAllowed, Conflict) as error:
        if wish.step == "letter":
            return _letter_page(page, room, case, wish.index, failure=error)
        return case_page(page, room, case, failure=error, wish=wish)
    return RedirectResponse(page.link(case_path(done.number)), status_code=303)


def _step(desk: CaseDesk, by: Viewer, wish: Wish) -> Case:
    """Take the step, or raise what is wrong with it."""
    if wish.step == "propose" and wish.what in ACTS:
        return _propose(desk, by, wish)
    if wish.step == "letter" and wish.what in ANSWERS:
        return desk.answer(wish.number, wish.index, by, ANSWERS[wish.what], wish.values["reason"])
    step = _STEPS.get((wish.step, wish.what))
    if step is None:
        raise NotFound("There is no such decision", where="decision")
    if (wish.step, wish.what) == ("proposal", "confirm"):
        _check_sure(wish)
    return step(desk, by, wish)


def _propose(desk: CaseDesk, by: Viewer, wish: Wish) -> Case:
    if wish.what == "hold" and wish.values["urgent"] == "1":
        return desk.hold_at_once(wish.number, by, wish.values["reason"])
    if wish.what in _MUST_BE_SURE:
        _check_sure(wish)
    warning = _warning(wish)
    return desk.propose(wish.number, ACTS[wish.what], by, wish.values["reason"], warning=warning)


def _check_sure(wish: Wish) -> None:
    if wish.values["sure"] != "1":
        raise InvalidInput("Confirm that you have checked the scope and the texts", where="sure")


_STEPS: Mapping[tuple[str, str], Callable[[CaseDesk, Viewer, Wish], Case]] = {
    ("proposal", "confirm"): lambda desk, by, wish: desk.confirm(wish.number, wish.index, by),
    ("proposal", "refuse"): lambda desk, by, wish: desk.refuse(
        wish.number, wish.index, by, wish.values["reason"]
    ),
    ("proposal", "withdraw"): lambda desk, by, wish: desk.withdraw(
        wish.number, wish.index, by, wish.values["reason"]
    ),
    ("urgent", "confirm"): lambda desk, by, wish: desk.confirm_hold(wish.number, by),
    ("urgent", "refuse"): lambda desk, by, wish: desk.refuse_hold(wish.number, by, wish.values["reason"]),
    ("ask", ""): lambda desk, by, wish: desk.ask_others(wish.number, by, wish.values["reason"]),
}


def _warning(wish: Wish) -> RiskWarning | None:
    if wish.what != "warn":
        return None
    value = wish.values
    return RiskWarning(
        Text(value["warning_zh"], value["warning_en"]), value["authorised_by"], value["authorisation"]
    )


def _decided(case: Case, house: House) -> Sequence[tuple[Any, Any]]:
    """The log with the scopes that were fixed, as tables."""
    return [(decision, scope_rows(decision.lines, house) if decision.lines else ()) for decision in case.log]


def _named(case: Case, reach: Reach) -> set[str]:
    keys = {suspect.key for suspect in case.draft.suspects} | {case.draft.party}
    keys |= {one.to for one in case.transfers}
    keys |= {key for one in reach.missing for key in (one.party, one.place)}
    return keys - {""}


def _anchor(failure: SuyuanError | None, wish: Wish | None) -> str:
    """The id of the field at fault, if it is on the page."""
    if failure is None or wish is None or failure.where not in _FORM:
        return ""
    return f"{failure.where}-{wish.form}"
