"""Errors as RFC 9457 problem+json for programs and as pages for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

from suyuan.trace.epcis.problems import ValidationError
from suyuan.trace.errors import SuyuanError

_LARGEST = 1 << 53  # what every reader of JSON keeps exactly
_WEIGHT = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
_log = structlog.get_logger(__name__)

# EPCIS 2.0 §12.6 names its exceptions; where one fits, it is the problem's type. Ours are relative URIs
# into the documentation that this server has of its own errors.
_EPCIS_EXCEPTIONS = {
    "epcis-invalid": "epcisException:ValidationException",
    "query-parameter": "epcisException:QueryParameterException",
    "query-too-large": "epcisException:QueryTooLargeException",
    "too-large": "epcisException:CaptureLimitExceededException",
    "not-authenticated": "epcisException:SecurityException",
    "not-allowed": "epcisException:SecurityException",
    "not-found": "epcisException:NoSuchResourceException",
    "not-acceptable": "epcisException:NotAcceptableException",
    "event-exists": "epcisException:ResourceAlreadyExistsException",
    "credentials-wrong": "epcisException:SecurityException",
    "unsupported-media-type": "epcisException:UnsupportedMediaTypeException",
}


class UnsupportedMediaType(SuyuanError):
    """The body is of a kind that this resource does not take."""

    code = "unsupported-media-type"
    status = 415
    title = "This media type is not supported"


class NotAcceptable(SuyuanError):
    """The answer does not exist in a form that the caller takes."""

    code = "not-acceptable"
    status = 406
    title = "Not available in this form"


def preferred(accept: str, offered: Sequence[str]) -> str | None:
    """The offered media type that an Accept header prefers, our first among equals; None if it takes none.

    A browser's header asks for pages first and takes anything else too. Source: RFC 9110 §12.5.1.
    """
    weights: dict[str, float] = {}
    for part in accept.split(",") if accept.strip() else ["*/*"]:
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        found = next((value[2:] for value in parameters if value.startswith("q=")), "1")
        weights[name] = float(found) if _WEIGHT.fullmatch(found) else 0.0
    best, most = None, 0.0
    for media_type in offered:
        family = media_type.partition("/")[0]
        told = (weights[name] for name in (media_type, f"{family}/*", "*/*") if name in weights)
        weight = next(told, 0.0)
        if weight > most:
            best, most = media_type, weight
    return best


def problem(error: SuyuanError, instance: str) -> Response:
    """The problem+json of an error; its fields become extension members where they are plain values."""
    body: dict[str, object] = {
        "type": _EPCIS_EXCEPTIONS.get(error.code, f"/problems/{error.code}"),
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "instance": instance,
        "code": error.code,
    }
    if error.where:
        body["where"] = error.where
    if error.remedy:
        body["remedy"] = error.remedy
    for name, value in error.fields.items():
        if isinstance(value, str) or (isinstance(value, int) and abs(value) < _LARGEST):
            body.setdefault(name, value)
    if isinstance(error, ValidationError):
        body["problems"] = [
            {"where": item.where, "detail": item.detail, "remedy": item.remedy} for item in error.problems
        ]
    return Response(orjson.dumps(body), error.status, media_type="application/problem+json")


def wants_page(request: Request) -> bool:
    """Whether a person with a browser is asking rather than a program."""
    return "text/html" in request.headers.get("accept", "")


def render_error(
    page: Callable[[Request, SuyuanError], Response],
) -> Callable[[Request, Exception], Response]:
    """An exception handler: the page for browsers, problem+json for everything else."""

    def handle(request: Request, error: Exception) -> Response:
        if not isinstance(error, SuyuanError):
            raise error
        if error.status >= 500:  # noqa: PLR2004 (ours to mend, so it goes to the log)
            _log.error("request failed", code=error.code, detail=error.detail, path=request.url.path)
            # Where our database is and why it failed is nobody else's business.
            error = type(error)(remedy="Try again in a moment.")
        if wants_page(request) and request.method in ("GET", "HEAD", "POST"):
            response = page(request, error)
        else:
            response = problem(error, request.url.path)
        response.headers.update(_headers(error))
        return response

    return handle


def _headers(error: SuyuanError) -> dict[str, str]:
    """What RFC 9110 asks for beside some statuses."""
    if error.status == 401:  # noqa: PLR2004 (RFC 9110 §11.6.1)
        return {"WWW-Authenticate": "Bearer"}
    if "seconds" in error.fields:
        return {"Retry-After": str(error.fields["seconds"])}
    return {}
