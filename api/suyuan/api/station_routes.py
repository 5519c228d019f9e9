"""What stations fetch: the signed block list, its key, whom they deal with, what comes, what is recalled."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from suyuan.api.enrolment_routes import desk_of
from suyuan.api.house import House
from suyuan.api.partners import partners
from suyuan.api.security import allow, house_of
from suyuan.api.station_deliveries import deliveries
from suyuan.api.station_recalls import recall_tasks
from suyuan.portal.services import Principal
from suyuan.trace.store.station_numbers import Standing

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


@router.get("/api/stations")
def stations(
    request: Request,
    by: Annotated[Principal, Depends(allow("company"))],
    house: Annotated[House, Depends(house_of)],
) -> dict[str, object]:
    """Of each station of the caller's company: the highest number that came, and which below it did not.

    At most 500 stations, by name.
    """
    now, desk = house.now(), desk_of(request)
    return {"stations": [_station(told, now) for told in desk.stations(by)]}


def _station(told: Standing, now: datetime) -> dict[str, object]:
    return {
        "party": told.party,
        "station": told.name,
        "highest": told.highest,
        "heard": told.heard,
        "overdue": told.overdue(now),
        "missing": [{"first": run.first, "last": run.last, "since": run.since} for run in told.missing],
        "repeated": told.repeated,
        "repeatedNumber": told.repeated_number,
    }


@router.get("/api/partners")
def whom_we_deal_with(
    by: Annotated[Principal, Depends(allow("station", "company"))],
    house: Annotated[House, Depends(house_of)],
) -> dict[str, object]:
    """Names and keys of the parties and places that the caller's company deals with, its own among them."""
    return dict(partners(house.engine, by))


@router.get("/api/deliveries")
def what_is_on_its_way(
    by: Annotated[Principal, Depends(allow("station", "company"))],
    house: Annotated[House, Depends(house_of)],
    next_page: Annotated[
        str | None, Query(alias="next", max_length=500, description="What the page before answered.")
    ] = None,
) -> dict[str, object]:
    """What was sent to the caller's company and not received yet, with what is in it, newest first."""
    return dict(deliveries(house, by, next_page))


@router.get("/api/recall-tasks")
def what_is_to_be_taken_out_of_trade(
    by: Annotated[Principal, Depends(allow("station", "company"))],
    house: Annotated[House, Depends(house_of)],
    next_page: Annotated[
        str | None, Query(alias="next", max_length=50, description="What the page before answered.")
    ] = None,
) -> dict[str, object]:
    """The recalls in force that cover goods in the hands of the caller's company, with those goods."""
    return dict(recall_tasks(house, by, next_page))
