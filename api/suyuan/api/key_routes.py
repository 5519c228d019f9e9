"""The public keys of signed labels, for whoever checks them without us."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from suyuan.api.house import House
from suyuan.trace.scan.seals import jwk_set

PATH = "/.well-known/jwks.json"
_A_DAY_S = 86_400

router = APIRouter(tags=["labels"])


@router.get(PATH)
def read_public_keys(request: Request, response: Response) -> dict[str, Any]:
    """The keys that labels are signed with, as a JWK set (RFC 7517); empty where none are."""
    house: House = request.app.state.house
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = f"public, max-age={_A_DAY_S}"
    return jwk_set(house.label_keys)
