"""Accounts: who may sign in, for whom; the administrator's pages, and everybody's own password."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.doors import viewer_of
from suyuan.portal.rendering import Page, render
from suyuan.trace.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    SuyuanError,
    WrongUse,
)
from suyuan.trace.recall.passport import Text
from suyuan.trace.store.accounts import Account, Token
from suyuan.trace.store.sight import STAGES, Competence

PATH = "/console/accounts"
OWN_PATH = "/console/password"
ROLES = ("company", "regulator", "administrator")
"""Of people; stations and phones are let in by codes (``/console/devices``)."""

_WHOLE_COUNTRY = ("000000",)
_FIELDS = ("name", "role", "party")
_REFUSALS = (Conflict, InvalidInput, NotAllowed, NotAuthenticated, WrongUse)

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Made:
    """A new account and its secret, told this once: a person's password, or a station's token."""

    account: Account
    secret: str
    competence: Competence | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """An account with what is open under it."""

    account: Account
    sessions: int
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account to make.

    ``party`` empty: one of its own. ``authority``, ``stages`` and ``regions`` are those of a new authority.
    """

    name: str
    role: str
    party: str = ""
    authority: str = ""
    stages: Sequence[str] = STAGES
    regions: Sequence[str] = _WHOLE_COUNTRY


class AccountDesk(Protocol):
    """The services behind these pages. Names that are not there raise ``NotFound``."""

    def members(self) -> Sequence[Member]:
        """Everybody, by name."""
        ...

    def member(self, name: str) -> Member:
        """One of them."""
        ...

    def parties(self, *, authorities: bool) -> Sequence[tuple[str, Text]]:
        """Keys and names of registered parties that an account can be bound to."""
        ...

    def make(self, wanted: Wanted) -> Made:
        """A new account."""
        ...

    def reset(self, name: str) -> str:
        """A new password, told this once."""
        ...

    def close(self, name: str, *, by: str = "") -> None:
        """Close an account."""
        ...

    def reopen(self, name: str) -> None:
        """Open a closed account again."""
        ...

    def sign_out(self, name: str) -> None:
        """End every session of an account."""
        ...

    def revoke(self, token: str) -> None:
        """End a token at once."""
        ...

    def change_password(self, name: str, old: str, new: str) -> None:
        """A person's own change; ends every session."""
        ...


def account_path(name: str) -> str:
    """The page of an account."""
    return f"{PATH}/of/{quote(name, safe='')}"


def routes(desk: AccountDesk) -> list[BaseRoute]:
    """The list with its form, the page of an account with what can be done, and one's own password."""
    one = PATH + "/of/{name}"

    def listed(request: Request) -> Response:
        return _listed(request, desk)

    def shown(request: Request) -> Response:
        return _shown(request, desk)

    def own(request: Request) -> Response:
        return _own(request)

    return [
        Route(PATH, listed, methods=["GET"]),
        Route(PATH, _made(desk), methods=["POST"]),
        Route(one, shown, methods=["GET"]),
        Route(one + "/{act}", _acted(desk), methods=["POST"]),
        Route(OWN_PATH, own, methods=["GET"]),
        Route(OWN_PATH, _changed(desk), methods=["POST"]),
    ]


async def _form(request: Request, *names: str) -> dict[str, str]:
    async with request.form(max_files=0, max_fields=20) as form:
        return {name: str(form.get(name, ""))[:500] for name in names}


def _listed(
    request: Request,
    desk: AccountDesk,
    values: dict[str, str] | None = None,
    failure: SuyuanError | None = None,
) -> Response:
    authorities, companies = desk.parties(authorities=True), desk.parties(authorities=False)
    context: dict[str, Any] = {
        "q": "",
        "path": PATH,
        "account_path": account_path,
        "members": desk.members(),
        "roles": ROLES,
        "authorities": authorities,
        "companies": companies,
        "names": dict([*authorities, *companies]),
        "values": values or {"name": "", "role": "company", "party": ""},
        "failure": failure,
    }
    return render(Page.of(request), "accounts/list.html", context, status=failure.status if failure else 200)


def _made(desk: AccountDesk) -> Handler:
    async def handler(request: Request) -> Response:
        values = await _form(request, *_FIELDS)
        return await run_in_threadpool(make, request, values)

    def make(request: Request, values: dict[str, str]) -> Response:
        try:
            if values["role"] not in ROLES:
                raise InvalidInput("Choose what the account is for", where="role")
            if values["role"] != "administrator" and not values["party"]:
                raise InvalidInput(
                    "Choose the company or authority that the account belongs to", where="party"
                )
            made = desk.make(Wanted(values["name"].strip(), values["role"], values["party"].strip()))
        except _REFUSALS as error:
            return _listed(request, desk, values, error)
        return _secret(request, made.account.name, made.secret, status=201)

    return handler


def _secret(request: Request, name: str, secret: str, *, status: int) -> Response:
    """Not a redirect to a page of its own: the password is nowhere to be read from again."""
    context = {"q": "", "path": PATH, "account_path": account_path, "name": name, "secret": secret}
    return render(Page.of(request), "accounts/secret.html", context, status=status)


def _shown(request: Request, desk: AccountDesk, failure: SuyuanError | None = None) -> Response:
    member = desk.member(request.path_params["name"])
    context: dict[str, Any] = {
        "q": "",
        "path": PATH,
        "here": account_path(member.account.name),
        "member": member,
        "own": member.account.name == viewer_of(request).name,
        "failure": failure,
    }
    return render(Page.of(request), "accounts/one.html", context, status=failure.status if failure else 200)


def _acted(desk: AccountDesk) -> Handler:
    async def handler(request: Request) -> Response:
        token = (await _form(request, "token"))["token"]
        return await run_in_threadpool(act, request, token)

    def act(request: Request, token: str) -> Response:
        name = desk.member(request.path_params["name"]).account.name
        try:
            match request.path_params["act"]:
                case "password":
                    return _secret(request, name, desk.reset(name), status=200)
                case "close":
                    desk.close(name, by=viewer_of(request).name)
                case "reopen":
                    desk.reopen(name)
                case "sign-out":
                    desk.sign_out(name)
                case "revoke" if token in {one.id for one in desk.member(name).tokens}:
                    desk.revoke(token)
                case _:
                    raise NotFound("There is nothing at this address")
        except _REFUSALS as error:
            return _shown(request, desk, error)
        return RedirectResponse(Page.of(request).link(account_path(name)), status_code=303)

    return handler


def _own(request: Request, failure: SuyuanError | None = None) -> Response:
    context = {"q": "", "path": OWN_PATH, "name": viewer_of(request).name, "failure": failure}
    return render(
        Page.of(request), "accounts/password.html", context, status=failure.status if failure else 200
    )


def _changed(desk: AccountDesk) -> Handler:
    async def handler(request: Request) -> Response:
        values = await _form(request, "old", "new", "again")
        return await run_in_threadpool(change, request, values)

    def change(request: Request, values: dict[str, str]) -> Response:
        try:
            if values["new"] != values["again"]:
                raise InvalidInput("The two new passwords differ", where="again")
            desk.change_password(viewer_of(request).name, values["old"], values["new"])
        except NotAuthenticated:
            return _own(request, InvalidInput("The present password is not right", where="old"))
        except _REFUSALS as error:
            return _own(request, error)
        return RedirectResponse(Page.of(request).link("/sign-in"), status_code=303)

    return handler
