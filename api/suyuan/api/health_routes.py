"""Is the process alive, and can it serve?"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse

from suyuan.api.house import House
from suyuan.api.security import house_of

router = APIRouter(tags=["Operation"])


@router.get("/livez")
def alive() -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "alive"})


@router.get("/readyz")
def ready(house: Annotated[House, Depends(house_of)]) -> JSONResponse:
    """The store answers and lineage has followed it; ``DatabaseUnavailable`` (503) otherwise."""
    return JSONResponse({"status": "ready", "evidence": house.follow()})
