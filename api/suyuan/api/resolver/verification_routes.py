"""``/verification/01/…/21/…``: GS1 lightweight verification messaging for trade partners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from suyuan.api.resolver.verifying import VERIFICATION, Asked, Verifying
from suyuan.api.security import allow
from suyuan.portal.consumer import request_link
from suyuan.portal.services import Principal
from suyuan.trace.scan.look import Look

router = APIRouter(tags=["Resolver"])

Partner = Annotated[Principal, Depends(allow("company", "station", "regulator"))]
_LONGEST = 200


def _text(alias: str, description: str) -> Any:
    return Query(alias=alias, max_length=_LONGEST, description=description)


@router.get(VERIFICATION + "/{code:path}")
def verify(
    request: Request,
    by: Partner,
    code: str,
    expiry: Annotated[str, _text("17", "The expiry date on the package, YYMMDD.")] = "",
    best_before: Annotated[str, _text("15", "The best-before date on the package, YYMMDD.")] = "",
    requester: Annotated[str, _text("reqGLN", "The GLN of whoever asks.")] = "",
    correlation: Annotated[str, _text("corrUUID", "A UUID that the answer repeats.")] = "",
    context: Annotated[str, _text("context", "Why it is asked; not looked at.")] = "",
) -> Mapping[str, Any]:
    """Whether product, serial, lot and date on a package are those on record.

    The path is that of the package's Digital Link. A serial that nobody gave out is `verified: false`, never
    404: the request was understood.
    """
    del code, context  # the path as it was sent: a serial may contain a slash
    asked = Asked(expiry or best_before, requester, correlation, look_ahead(request))
    verifying: Verifying = request.app.state.verifying
    return verifying.answer(by, request_link(request).removeprefix(VERIFICATION), asked)


def look_ahead(request: Request) -> Look:
    """A look that uses no tap up and counts as no scan: a partner's question is no shopper's."""
    now = request.app.state.house.now()
    address = "" if request.client is None else request.client.host
    agent = request.headers.get("user-agent", "")
    return Look(now, request.url.query, address, agent, ahead=True, is_scan=False)
