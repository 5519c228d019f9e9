"""``GET /api/suspicions``: codes that may have been copied, for the programs of authorities and makers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from suyuan.api.clones import Copies
from suyuan.api.security import allow, viewer_of
from suyuan.portal.clones import mark
from suyuan.portal.services import Principal
from suyuan.trace.store.copies import Suspected
from suyuan.trace.store.sight import Viewer

router = APIRouter(tags=["Copies"])

PER_PAGE = 100
_LONGEST = 500


def copies_of(request: Request) -> Copies:
    """The desk of this application."""
    copies: Copies = request.app.state.copies
    return copies


@router.get("/api/suspicions")
def suspicions(
    _by: Annotated[Principal, Depends(allow("regulator", "company"))],
    viewer: Annotated[Viewer, Depends(viewer_of)],
    copies: Annotated[Copies, Depends(copies_of)],
    product: Annotated[str, Query(max_length=_LONGEST, description="Only codes of this product.")] = "",
    party: Annotated[str, Query(max_length=_LONGEST, description="Only what this party brought about.")] = "",
    before: Annotated[
        str, Query(max_length=_LONGEST, description="`next` of the page before: those that follow.")
    ] = "",
) -> dict[str, object]:
    """Codes that scans and chips say may have been copied, the most suspected first.

    An authority sees those of goods in its competence, a company those of goods that it brought about.
    `score` is the logarithm to the base of ten of how many times likelier what is known is if the code was
    copied; the weights of the reasons add up to it.
    """
    found = copies.listed(viewer, copies.wanted(product, party, before), PER_PAGE + 1)
    rows = [one.suspected for one in found[:PER_PAGE]]
    more = {"next": mark(rows[-1])} if len(found) > PER_PAGE else {}
    return {"suspicions": [_told(one) for one in rows], **more}


def _told(one: Suspected) -> dict[str, object]:
    return {
        "key": one.key,
        "state": one.state,
        "score": one.score,
        "scans": one.count,
        "since": one.first.isoformat(),
        **({"judged": one.judged.isoformat()} if one.judged else {}),
        "reasons": list(one.reasons),
    }
