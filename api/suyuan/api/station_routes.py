"""What stations fetch: the signed block list, the key that signs it, and whom their company deals with."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from suyuan.api.house import House
from suyuan.api.partners import partners
from suyuan.api.security import allow, house_of
from suyuan.portal.services import Principal

router = APIRouter(tags=["Stations"])


@router.head("/blocklist", include_in_schema=False)
@router.get("/blocklist")
def block_list(
    request: Request,
    _by: Annotated[Principal, Depends(allow("station", "regulator"))],
    house: Annotated[House, Depends(house_of)],
) -> Response:
    """Everything that must not be sold or shipped now, signed; 304 while nothing has changed."""
    content = house.block_list()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)


@router.get("/blocklist/key")
def block_list_key(house: Annotated[House, Depends(house_of)]) -> dict[str, str]:
    """The Ed25519 public key in hexadecimal. A station pins it when it is set up."""
    return {"alg": "Ed25519", "public_key": house.block_list_public_key().hex()}


@router.get("/api/partners")
def whom_we_deal_with(
    by: Annotated[Principal, Depends(allow("station", "company"))],
    house: Annotated[House, Depends(house_of)],
) -> dict[str, object]:
    """Names and keys of the parties and places that the caller's company deals with, its own among them."""
    return dict(partners(house.engine, by))
