"""What a problem's type leads to: the meaning of our error codes (RFC 9457 §3.1.1)."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import getdoc

from fastapi import APIRouter
from starlette.responses import JSONResponse

from suyuan.trace.errors import NotFound, SuyuanError

router = APIRouter(tags=["Operation"])


@router.get("/problems/{code}")
def meaning(code: str) -> JSONResponse:
    """What an error code means."""
    for error in _descendants(SuyuanError):
        if error.code == code:
            told = (getdoc(error) or "").partition("\n")[0]
            return JSONResponse({"code": code, "title": error.title, "status": error.status, "meaning": told})
    raise NotFound("There is no error {code}", where="code", code=code)


def _descendants(error: type[SuyuanError]) -> Iterator[type[SuyuanError]]:
    yield error
    for child in error.__subclasses__():
        yield from _descendants(child)
