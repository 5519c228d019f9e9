"""Forms of the console: entered in the name of the account that opened them, and once.

The address that a form is sent to names both (``suyuan.portal.rendering.Page.sender``). The same form with
the same content is the same sending: a page may come back from the browser's memory, to be filled in anew.
Forms without these marks are taken as they are: foreign pages are kept out by their origin, not by this.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from anyio import sleep
from anyio.to_thread import run_sync
from python_multipart.multipart import parse_options_header
from sqlalchemy import Engine
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from suyuan.portal.account_pages import OWN_PATH
from suyuan.portal.rendering import FORM, OPENED_BY
from suyuan.portal.resuming import Kept, kept_from, sent_before, sign_in_again
from suyuan.portal.services import Principal
from suyuan.trace.store import sent
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.sent import SentForm

LONGEST_NAME = 64
_MOST_FIELDS = 500
_PATIENCE_S, _LOOK_EVERY_S = 10, 0.2
_CREATED, _SEE_OTHER, _REFUSED = 201, 303, 400


class SentForms:
    """Stands before the console's pages where they take forms."""

    def __init__(self, app: ASGIApp, *, engine: Engine, now: Callable[[], datetime]) -> None:
        self._app = app
        self._engine = engine
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        if not is_form_of_console(request):
            await self._app(scope, receive, send)
            return
        by: Principal | None = request.state.principal
        if by is None or is_anothers(request, by):
            answer = await _kept(request, "" if by is None else by.name)
            await answer(scope, receive, send)
            return
        form = request.query_params.get(FORM, "")
        if not form or len(form) > LONGEST_NAME or not form.isascii():
            await self._app(scope, receive, send)
            return
        try:
            content = await request.body()
        except HTTPException:  # too large, which is told where it is read
            await self._app(scope, _refusing, send)
            return
        form += "." + _digest(content, request.headers.get("content-type", ""))
        known = await run_sync(self._begin, by.name, form)
        if known is None:
            await self._app(scope, _again_from(content, receive), self._noting(by.name, form, send))
        else:
            await (await self._again(request, by.name, form, known))(scope, receive, send)

    def _noting(self, account: str, form: str, send: Send) -> Send:
        """Writes down the answer before it is given. What ends without one may have taken effect or not."""

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                await run_sync(self._settle, account, form, _effect(message))
            await send(message)

        return noting

    async def _again(self, request: Request, account: str, form: str, known: SentForm) -> Response:
        waited = 0.0
        while known.answer is None and waited < _PATIENCE_S:
            await sleep(_LOOK_EVERY_S)
            waited += _LOOK_EVERY_S
            found = await run_sync(self._look, account, form)
            known = known if found is None else found
        if known.answer:
            return RedirectResponse(known.answer, status_code=_SEE_OTHER)
        return sent_before(request, working=known.answer is None)

    def _begin(self, account: str, form: str) -> SentForm | None:
        with Writing(self._engine) as writing:
            return sent.begin(writing, account, form, self._now())

    def _look(self, account: str, form: str) -> SentForm | None:
        with Reading(self._engine) as reading:
            return sent.sent_form(reading, account, form)

    def _settle(self, account: str, form: str, answer: str | None) -> None:
        with Writing(self._engine) as writing:
            if answer is None:
                sent.forget(writing, account, form)
            else:
                sent.finish(writing, account, form, answer)


def is_form_of_console(request: Request) -> bool:
    """Whether this is what a page of the console sends when its form is filled in."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    forms = (
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
    )  # a form without a field has none
    path: str = request.scope["path"]
    return request.method == "POST" and path.startswith("/console/") and kind in forms


def is_anothers(request: Request, by: Principal) -> bool:
    """Whether a form was opened by another account than the one that is signed in now."""
    return request.query_params.get(OPENED_BY, by.name) != by.name


async def _kept(request: Request, now_as: str) -> Response:
    """The sign-in page, with what was typed; passwords are not carried through pages."""
    if request.url.path == OWN_PATH:
        return RedirectResponse(f"/sign-in?next={OWN_PATH}", status_code=_SEE_OTHER)
    path = request.scope["raw_path"].decode("ascii") if request.scope.get("raw_path") else request.url.path
    target = path + (f"?{request.url.query}" if request.url.query else "")
    try:
        async with request.form(max_files=5, max_fields=_MOST_FIELDS) as form:
            kept = kept_from(form, target)
    except (HTTPException, MultiPartException):  # too large, or no form of ours
        kept = Kept(target, lost=True)
    return sign_in_again(request, kept, now_as=now_as)


def _digest(content: bytes, media_type: str) -> str:
    """What tells one filling of a form from another: who goes back and changes something sends a new one."""
    _, options = parse_options_header(media_type)
    boundary = options.get(b"boundary", b"")  # the browser makes a new one each time
    return sha256(content.replace(boundary, b"") if boundary else content).hexdigest()[:32]


def _again_from(content: bytes, receive: Receive) -> Receive:
    """Gives a body that was read already to who reads it next."""
    given = False

    async def next_message() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": content, "more_body": False}

    return next_message


async def _refusing() -> Message:
    raise HTTPException(413)


def _effect(start: Message) -> str | None:
    """Where an answer leads, nothing for a page that is shown once; None where nothing took effect."""
    if start["status"] == _CREATED:
        return ""
    return MutableHeaders(raw=start["headers"]).get("location") if start["status"] == _SEE_OTHER else None
