"""``GET /api/check``: what tills and phones ask before they sell."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from suyuan.api.security import allow
from suyuan.api.till import LONGEST_CODE, Till
from suyuan.portal.services import Principal

router = APIRouter(tags=["Tills"])


def till_of(request: Request) -> Till:
    """The till of this application."""
    till: Till = request.app.state.till
    return till


@router.get("/api/check")
def check(
    code: Annotated[
        str,
        Query(
            max_length=LONGEST_CODE,
            description="What the scanner gave: a Digital Link, element string, EPC, GTIN or own identifier.",
        ),
    ],
    _by: Annotated[Principal, Depends(allow("station", "company", "regulator"))],
    till: Annotated[Till, Depends(till_of)],
) -> dict[str, object]:
    """Whether it may be sold: ``verdict`` is ``sell``, ``stop`` or ``cannot-decide``, with the reason.

    A product code alone names neither lot nor item: where some lots of the product are stopped the answer is
    ``cannot-decide`` and lists them.
    """
    return dict(till.check(code))
