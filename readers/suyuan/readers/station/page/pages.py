"""From a template to an answer: Jinja, the language of whoever looks, the static files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from suyuan.readers.address import redacted
from suyuan.readers.station.page.words import say, say_error, tell_error
from suyuan.trace.errors import NotFound, SuyuanError

Language = Literal["zh", "en"]
LANGUAGE_COOKIE = "suyuan-language"
_TAGS: Mapping[Language, str] = {"zh": "zh-CN", "en": "en"}
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".json": "application/json"}


@cache
def environment() -> Environment:
    """The templates, autoescaped; a name that is not there is an error, not an empty string."""
    made = Environment(
        loader=PackageLoader("suyuan.readers.station.page", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["redacted"] = redacted
    return made


def language_of(request: Request) -> Language:
    """The language chosen before (a cookie), else the browser's first of the two, else Chinese."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in {"zh", "en"}:
        return "en" if chosen == "en" else "zh"
    for part in request.headers.get("accept-language", "").lower().split(",")[:32]:
        if match := re.match(r"\s*(zh|en)\b", part):
            return "en" if match[1] == "en" else "zh"
    return "zh"


def render(template: str, language: Language, context: Mapping[str, Any]) -> str:
    """The HTML of ``template``; in it ``say("work.start")`` is a text of :mod:`words`."""

    def spoken(key: str, /, **fields: object) -> str:
        return say(language, key, **fields)

    def told(error: SuyuanError) -> tuple[str, str]:
        return say_error(language, error)

    made = environment().get_template(template)
    return made.render(
        say=spoken, say_error=told, language=language, tag=_TAGS[language], asset=asset_path, **context
    )


def answer(request: Request, template: str, /, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A page in the language of whoever asks; ``here`` is its own path for the language switch."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    html = render(template, language_of(request), {"here": here, **context})
    return HTMLResponse(html, status)


def answer_error(request: Request, error: SuyuanError) -> Response:
    """The page that says what is wrong and what to do."""
    return answer(request, "error.html", status=error.status, error=error)


def answer_error_json(request: Request, error: SuyuanError) -> Response:
    """The same for the page's script: ``told`` in the language of whoever asks, and the stable ``code``."""
    told = tell_error(language_of(request), error)
    return JSONResponse({"told": told, "code": error.code}, error.status)


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file; its path changes with its content, so that it may be cached for ever."""

    path: str
    content: bytes
    media_type: str


@cache
def assets() -> Mapping[str, Asset]:
    """The static files by name."""
    found: dict[str, Asset] = {}
    for file in (files("suyuan.readers.station.page") / "static").iterdir():
        stem, dot, suffix = file.name.rpartition(".")
        media_type = _TYPES.get(dot + suffix)
        if media_type is not None:
            content = file.read_bytes()
            path = f"/static/{stem}.{sha256(content).hexdigest()[:12]}.{suffix}"
            found[file.name] = Asset(path, content, media_type)
    return found


def asset_path(name: str) -> str:
    """The path of a static file, by its name."""
    return assets()[name].path


async def static(request: Request) -> Response:
    """``/static/<name>.<hash>.<type>``."""
    for asset in assets().values():
        if asset.path == request.url.path:
            cached = {"Cache-Control": "public, max-age=31536000, immutable"}
            return Response(asset.content, media_type=asset.media_type, headers=cached)
    raise NotFound("There is no file of this name here.", remedy="Reload the page.")
