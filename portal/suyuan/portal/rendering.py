"""From a template to a response: the Jinja environment, the frame around every page, the stylesheet."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from suyuan.portal.byte_code import byte_code
from suyuan.portal.compressing import reads_gzip, smallest
from suyuan.portal.doors import ways
from suyuan.portal.language import LANGUAGES, Language, Speech, catalogue, negotiate
from suyuan.portal.services import Principal
from suyuan.trace.errors import NotFound, SuyuanError
from suyuan.trace.gs1 import IdentifierError, element_string, identify

STYLESHEETS = ("style", "work")
MAP_SHEET = "map"
"""Of the one page with a map, which nobody else loads."""
OPENED_BY, FORM = "for", "once"
"""Names in the address that a form of the console is sent to: the account that opened it, its random name."""
QueryValue = str | int | None


@cache
def environment() -> Environment:
    """The templates, autoescaped; a name that is not there is an error, not an empty string."""
    made = Environment(
        loader=PackageLoader("suyuan.portal", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=byte_code(Path(__file__)),
    )
    made.filters["pretty"] = lambda value: json.dumps(value, ensure_ascii=False, indent=2, default=str)
    made.filters["telephone"] = telephone
    made.filters["readable"] = readable
    made.filters["in_chinese"] = in_chinese
    made.filters["as_on_label"] = as_on_label
    made.filters["host"] = host_of
    return made


def prepare() -> None:
    """Read the catalogues and the templates before anybody waits for it.

    Compiling them, about a second of work, is done by the first start only (:mod:`suyuan.portal.byte_code`).
    """
    for language in LANGUAGES:
        catalogue(language)
    for template in environment().list_templates():
        environment().get_template(template)


def readable(link: str) -> str:
    """A link as people read it: letters and signs of any script without escapes. For text, not for href.

    >>> readable("https://x.example/own/product/P00001A/lot/Caf%C3%A9%2F1")
    'https://x.example/own/product/P00001A/lot/Café%2F1'

    What separates its parts stays escaped, and so does what cannot be seen (RFC 3987 §3.2, §4.1).
    """
    return _ESCAPES.sub(_unescaped, link)


_HAN = re.compile(r"[\u3400-\u9fff]")
_ESCAPES = re.compile("(?:%[0-9A-Fa-f]{2})+")


def _unescaped(found: re.Match[str]) -> str:
    try:
        text = unquote(found[0], errors="strict")
    except UnicodeDecodeError:
        return found[0]
    return "".join(one if not one.isascii() and one.isprintable() else quote(one, safe="") for one in text)


def in_chinese(text: str) -> Markup:
    """``text`` as it stands in an English page: marked as Chinese where nobody has told it in English."""
    return Markup('<span lang="zh-CN">{}</span>').format(text) if _HAN.search(text) else escape(text)


def as_on_label(key: str) -> str:
    """A key as it is printed beside a symbol, for what has no name in sight; foreign to GS1, as it is.

    >>> as_on_label("https://id.gs1.org/414/9520009000036")
    '(414)9520009000036'
    """
    try:
        return element_string(identify(key)) or key
    except IdentifierError:
        return key


def host_of(address: str) -> str:
    """The host that a web address leads to, with its port."""
    return urlsplit(address).netloc


def telephone(contact: str) -> str:
    """The digits to dial if ``contact`` is a telephone number and nothing else; otherwise nothing."""
    if not re.fullmatch(r"\+?[0-9][0-9 ()-]{3,24}", contact):
        return ""
    return re.sub(r"[^+0-9]", "", contact)


@cache
def stylesheet(name: str) -> tuple[str, bytes]:
    """A stylesheet, bare of comments and indents, and its path: ``style`` of every page, others beside it.

    The path changes with the content, so that it may be cached for ever.
    """
    source = (files("suyuan.portal") / f"{name}.css").read_text("utf-8")
    bare = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    content = re.sub(r"\s*\n\s*", "", re.sub(r" *([{};,]) +", r"\1", bare)).encode()
    return f"/assets/{sha256(content).hexdigest()[:12]}.css", content


async def assets(request: Request) -> Response:
    """``/assets/<hash>.css``."""
    known = dict(map(stylesheet, (*STYLESHEETS, MAP_SHEET)))
    content = known.get(request.url.path)
    if content is None:
        raise NotFound("There is no file of this name here")
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if reads_gzip(request.headers.get("accept-encoding", "")):
        headers["Content-Encoding"], content = "gzip", smallest(content)
    return Response(content, media_type="text/css", headers=headers)


def object_path(key: str) -> str:
    """The console page of an object. Keys are Digital Links: their slashes stay, all else is quoted."""
    return f"/console/object/{quote(key, safe='/:()')}"


def event_path(evidence: str) -> str:
    """The console page of one piece of evidence."""
    return f"/console/event/{quote(evidence, safe='/:')}"


class Carried(Protocol):
    """A form that the sign-in page carries along (:mod:`suyuan.portal.resuming`)."""

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """Names and values of hidden fields."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """What every template needs of the request. Language and large type travel in links: no cookie is set."""

    path: str
    query: tuple[tuple[str, str], ...]
    speech: Speech
    chosen: Language | None
    large: bool
    principal: Principal | None
    form: str = ""  # random; forms on the page are named after it
    signs_in: bool = True  # not where there is nothing but pages for shoppers

    @classmethod
    def of(cls, request: Request) -> Page:
        """The page that ``request`` asks for."""
        query = request.query_params
        language = negotiate(query.get("lang"), request.headers.get("accept-language", ""))
        principal: object = getattr(request.state, "principal", None)
        return cls(
            path=quote(request.url.path, safe="/:()%"),
            query=tuple(pair for pair in query.multi_items() if pair[0] not in (OPENED_BY, FORM)),
            speech=Speech(language),
            chosen=language if query.get("lang") == language else None,
            large=query.get("large") == "1",
            principal=principal if isinstance(principal, Principal) else None,
            form=getattr(request.state, "form", ""),
            signs_in=getattr(request.state, "signs_in", True),
        )

    @property
    def kept(self) -> dict[str, str]:
        """The choices that every link and form carries on."""
        return ({"lang": self.chosen} if self.chosen else {}) | ({"large": "1"} if self.large else {})

    def link(self, path: str, /, **query: QueryValue) -> str:
        """``path`` (already quoted) with ``query`` and the reader's choices."""
        given = [(name.rstrip("_"), str(value)) for name, value in query.items() if value not in (None, "")]
        pairs = given + list(self.kept.items())
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def sender(self) -> Callable[[str], str]:
        """Makes the address that a form is sent to: it tells who opened the form, and which one it is.

        So a form is never entered in the name of whoever signed in later, and never twice.
        """
        numbers = count(1)

        def send(path: str) -> str:
            if self.principal is None or not self.form:
                return self.link(path)
            marks = {OPENED_BY: self.principal.name, FORM: f"{self.form}.{next(numbers)}"}
            return self.link(path, **marks)

        return send

    def here(self, **changed: QueryValue) -> str:
        """This very page with some of its query changed; None takes a part away."""
        pairs = [(name, value) for name, value in self.query if name not in changed]
        pairs += [(name, str(value)) for name, value in changed.items() if value is not None]
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path


def render(
    page: Page,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    cache_control: str = "no-store",
) -> HTMLResponse:
    """The response of ``template``. Pages behind sign-in are never stored."""
    speech = page.speech
    body = (
        environment()
        .get_template(template)
        .render(
            page=page,
            say=speech.say,
            count=speech.count,
            speech=speech,
            link=page.link,
            send=page.sender(),
            object_path=object_path,
            event_path=event_path,
            ways=ways(page.principal.role) if page.principal else (),
            stylesheet=stylesheet("style")[0],
            work_stylesheet=stylesheet("work")[0],
            languages=LANGUAGES,
            **context,
        )
    )
    headers = {"Cache-Control": cache_control, "Content-Language": speech.language, "Vary": "Accept-Language"}
    return HTMLResponse(body, status_code=status, headers=headers)


def error_page(request: Request, error: SuyuanError) -> Response:
    """What happened and what to do, for people; the API answers machines with a problem document."""
    page = Page.of(request)
    context = {
        "title": page.speech.say(error.title) if error.status < 500 else page.speech.say("error.ours"),  # noqa: PLR2004 (the server's own faults begin at 500)
        "detail": page.speech.error(error),
        "remedy": page.speech.remedy(error),
        "where": error.where,
        "code": error.code,
    }
    return render(page, "error.html", context, status=error.status)


def sign_in_page(
    request: Request,
    *,
    error: bool,
    next: str,  # noqa: A002 (the name of the form field)
    name: str = "",
    kept: Carried | None = None,
    now_as: str = "",
    status: int = 200,
) -> Response:
    """The sign-in form; ``next`` is where to go afterwards, a path of this server or nothing.

    ``name`` is what was typed before an error: nobody should have to type it again. ``kept`` is a form that
    was sent without its opener being signed in, ``now_as`` who is signed in instead.
    """
    safe = next if next.startswith("/") and not next.startswith(("//", "/\\")) else "/console"
    page = Page.of(request)
    context = {"error": error, "next": safe, "name": name, "kept": kept, "now_as": now_as}
    return render(page, "sign-in.html", context, status=401 if error else status)
