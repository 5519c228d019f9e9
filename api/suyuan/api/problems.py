"""Errors as RFC 9457 problem+json for programs and as pages for people."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

from suyuan.trace.epcis.problems import ValidationError
from suyuan.trace.errors import SuyuanError

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
    "unsupported-media-type": "epcisException:UnsupportedMediaTypeException",
}


class UnsupportedMediaType(SuyuanError):
    """The body is of a kind that this resource does not take."""

    code = "unsupported-media-type"
    status = 415
    title = "This media type is not supported"


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
    if isinstance(error, ValidationError):
        body["problems"] = [
            {"where": item.where, "detail": item.detail, "remedy": item.remedy} for item in error.problems
        ]
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}  # noqa: PLR2004 (RFC 9110 names it)
    return Response(orjson.dumps(body), error.status, media_type="application/problem+json", headers=headers)


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
        if wants_page(request) and request.method in ("GET", "HEAD", "POST"):
            return page(request, error)
        return problem(error, request.url.path)

    return handle
