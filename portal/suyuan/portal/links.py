"""The links of codes in the console: what a code leads to, for whom, and what it led to before."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from suyuan.portal.doors import REGULATOR, viewer_of
from suyuan.portal.rendering import Page, render
from suyuan.portal.services import Label
from suyuan.trace.errors import InvalidInput, SuyuanError
from suyuan.trace.gs1 import Identifier
from suyuan.trace.resolver import LINK_TYPES, Link, Role, Wish, link_type, preferences, short_name
from suyuan.trace.resolver.link_types import GIVEN
from suyuan.trace.resolver.links import LONGEST_ADDRESS, LONGEST_TITLE
from suyuan.trace.store.links import KeptLink
from suyuan.trace.store.sight import Viewer

PATH = "/console/links"
_FAULT = 500
_BETWEEN = re.compile(r"[\s,;，、；]+")
_EMPTY: Mapping[str, str] = {
    "linkType": "gs1:pip", "href": "", "title": "", "hreflang": "", "type": "", "context": "", "role": "",
    "fwqs": "1",
}  # fmt: skip
_ASKED = ("linkType", "language", "type", "context")

Handler = Callable[[Request], Response | Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Linked:
    """A code with its links, those in force first. ``may``: the viewer may change them."""

    label: Label
    kept: Sequence[KeptLink]
    may: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """What the resolver gives for a wish: one link, several to choose from, none; ``of`` is their level."""

    links: Sequence[Link]
    of: str = ""


class LinkDesk(Protocol):
    """The services behind the page. Who may not see a code's links gets ``NotFound`` or ``NotAllowed``."""

    def identified(self, text: str) -> Identifier:
        """What a text that people typed or scanned names."""
        ...

    def linked(self, viewer: Viewer, code: Identifier) -> Linked:
        """A code with its links, and the latest that were in force before."""
        ...

    def change(self, viewer: Viewer, code: Identifier, number: int, link: Link | None) -> None:
        """Put ``link`` in the place of the link ``number``; 0 adds one, None ends it."""
        ...

    def answered(self, code: Identifier, wish: Wish) -> Answered:
        """What whoever asks so is led to."""
        ...


def routes(desk: LinkDesk) -> list[BaseRoute]:
    """The page of a code's links and its forms; without a code the form that asks for one."""
    return [Route(PATH, _links(desk), methods=["GET"]), Route(PATH, _change(desk), methods=["POST"])]


def told_link(values: Mapping[str, str]) -> Link:
    """The link that a form says, unchecked."""
    return Link(
        values["linkType"],
        values["href"].strip(),
        values["title"],
        _words(values["hreflang"]),
        values["type"],
        _words(values["context"]),
        values["fwqs"] == "1",
        Role(values["role"]) if values["role"] in tuple(Role) else Role.NONE,
    )


def _links(desk: LinkDesk) -> Handler:
    def handler(request: Request) -> Response:
        typed = request.query_params.get("code", "").strip()
        if not typed:
            return _asking(request, typed, None)
        try:
            code = desk.identified(typed)
        except InvalidInput as error:
            return _asking(request, typed, error)
        linked = desk.linked(viewer_of(request), code)
        number = _number(request.query_params.get("edit", ""))
        edited = next((one for one in linked.kept if one.id == number and one.ended is None), None)
        values = _EMPTY if edited is None else _values(edited.link)
        return _page(request, desk, code, linked, values, 0 if edited is None else edited.id, None)

    return handler


def _change(desk: LinkDesk) -> Handler:
    async def handler(request: Request) -> Response:
        sent = await request.form()
        values = {name: str(sent.get(name, "")) for name in (*_EMPTY, "code", "number", "act")}
        return await run_in_threadpool(changed, request, values)

    def changed(request: Request, values: Mapping[str, str]) -> Response:
        viewer, code = viewer_of(request), desk.identified(values["code"])
        number = _number(values["number"])
        try:
            desk.change(viewer, code, number, None if values["act"] == "end" else told_link(values))
        except SuyuanError as error:
            if error.status >= _FAULT:
                raise
            return _page(request, desk, code, desk.linked(viewer, code), values, number, error)
        done = "ended" if values["act"] == "end" else "kept"
        return RedirectResponse(Page.of(request).link(PATH, code=code.key, done=done), status_code=303)

    return handler


def _asking(request: Request, typed: str, error: InvalidInput | None) -> Response:
    where = "code" if error is not None else ""
    context: dict[str, Any] = {
        "q": "",
        "typed": typed,
        "error": error,
        "where": where,
        "linked": None,
        "gives": viewer_of(request).role != REGULATOR,
        "done": "",
    }
    return render(Page.of(request), "console/links.html", context, status=error.status if error else 200)


def _page(
    request: Request,
    desk: LinkDesk,
    code: Identifier,
    linked: Linked,
    values: Mapping[str, str],
    number: int,
    error: SuyuanError | None,
) -> Response:
    page = Page.of(request)
    asked = {name: request.query_params.get(f"ask-{name}", "").strip()[:200] for name in _ASKED}
    context = {
        "q": "",
        "typed": code.key,
        "linked": linked,
        "gives": linked.may,
        "in_force": [one for one in linked.kept if one.ended is None],
        "before": [one for one in linked.kept if one.ended is not None],
        "values": values,
        "number": number,
        "error": error,
        "where": error.where if error is not None and error.where in _EMPTY else "",
        "types": _types(page),
        "type_name": _namer(page),
        "asked": asked,
        "answered": desk.answered(code, _wish(asked)),
        "done": request.query_params.get("done", "") if error is None else "",
        "longest_address": LONGEST_ADDRESS,
        "longest_title": LONGEST_TITLE,
    }
    return render(page, "console/links.html", context, status=error.status if error else 200)


def _types(page: Page) -> list[tuple[str, str]]:
    """The types of GS1's vocabulary with their names, in the order of those."""
    name = _namer(page)
    return sorted(((short_name(kind), name(kind)) for kind in GIVEN), key=lambda each: each[1])


def _namer(page: Page) -> Callable[[str], str]:
    chinese = page.speech.language.startswith("zh")

    def name(kind: str) -> str:
        words = LINK_TYPES.get(kind)
        return short_name(kind) if words is None else words.zh if chinese else words.en

    return name


def _wish(asked: Mapping[str, str]) -> Wish:
    """What a request with these parts wants; a type that is none is one that nothing is linked with."""
    try:
        kind = link_type(asked["linkType"]) if asked["linkType"] else ""
    except InvalidInput:
        kind = asked["linkType"]
    return Wish(kind, preferences(asked["language"]), preferences(asked["type"]), _words(asked["context"]))


def _values(link: Link) -> Mapping[str, str]:
    return {
        "linkType": short_name(link.link_type),
        "href": link.href,
        "title": link.title,
        "hreflang": ", ".join(link.hreflang),
        "type": link.type,
        "context": ", ".join(link.context),
        "role": link.role.value,
        "fwqs": "1" if link.fwqs else "",
    }


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in _BETWEEN.split(text) if word)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0  # noqa: PLR2004 (of a row)
