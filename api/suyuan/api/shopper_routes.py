"""Verdicts and recalls for programs of the public: a shop's screen, a fridge. No account, no cookie."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ValidationError

from suyuan.api.security import house_of
from suyuan.api.shopping import Shopping
from suyuan.portal.consumer import look_of
from suyuan.portal.lookup import MAX_LENGTH
from suyuan.portal.shopper.codes import read
from suyuan.portal.shopper.pages import hosts_of
from suyuan.portal.shopper.recalls import told as notice_told
from suyuan.portal.shopper.standing import checked, speaks_for_itself
from suyuan.portal.shopper.verdict import answer, told
from suyuan.trace.errors import InvalidInput
from suyuan.trace.scan.past import Channel

router = APIRouter(tags=["Shoppers"])
MOST_CODES = 50


def shopping_of(request: Request) -> Shopping:
    """The shopping desk of this application."""
    desk: Shopping = request.app.state.shopping
    return desk


@router.get("/api/verdict")
def verdict(
    request: Request,
    response: Response,
    code: Annotated[
        str,
        Query(
            max_length=MAX_LENGTH,
            description="What the scanner gave: a Digital Link, element string, EPC, GTIN or own code.",
        ),
    ],
    desk: Annotated[Shopping, Depends(shopping_of)],
    place: Annotated[
        str,
        Query(
            max_length=6,
            description="Where the screen of a shop stands: a city or province, six digits of GB/T 2260.",
        ),
    ] = "",
) -> dict[str, object]:
    """What a shopper is told of the goods before a reader, in few words.

    The same verdict as on the page of the code. ``state`` is ``unknown`` where nothing is on record. It
    counts as a scan unless a robot asks; a program that somebody stands before calls itself Mozilla first, as
    browsers do.
    """
    house = house_of(request)
    given = read(code, *hosts_of(request, desk))
    if given.error is not None:
        raise given.error
    response.headers["Cache-Control"] = "no-store"
    seen = look_of(request, house)
    look = replace(seen, query=given.query, is_scan=not seen.ahead)
    if checked(place):
        stands = place if speaks_for_itself(request.headers) else ""
        look = replace(look, channel=Channel.KIOSK, place=stands)
    found = answer(house, given.link, look)
    request.state.missed = int(found.error is not None)
    return told(found, given.link)


@router.post("/api/verdicts")
async def verdicts(request: Request) -> dict[str, object]:
    """The verdicts of up to 50 codes, in their order: ``{"codes": ["/01/…", …]}``.

    For goods that somebody keeps: it is no scan, and is not counted as one. A code that cannot be right has
    ``null``. The codes stand in the body, where no log of addresses keeps them.
    """
    codes = _codes(await request.body())
    return {"verdicts": await run_sync(_verdicts, request, codes)}


@router.get("/api/recalls")
def recalls(
    response: Response,
    desk: Annotated[Shopping, Depends(shopping_of)],
) -> dict[str, object]:
    """Every recall and warning that was published here, the newest first."""
    response.headers["Cache-Control"] = "public, max-age=5"
    return {"recalls": [notice_told(bulletin, desk.public_url) for bulletin in desk.bulletins()]}


def _verdicts(request: Request, codes: list[str]) -> list[dict[str, object] | None]:
    house, hosts = house_of(request), hosts_of(request, shopping_of(request))
    found: list[dict[str, object] | None] = []
    look = replace(look_of(request, house), query="", is_scan=False)
    request.state.missed = 0
    for code in codes:
        given = read(code, *hosts)
        try:
            if given.error is not None:
                raise given.error
            answered = answer(house, given.link, look)
            request.state.missed += int(answered.error is not None)
            found.append(told(answered, given.link))
        except InvalidInput:
            found.append(None)
    return found


class CodesAsked(BaseModel):
    """What ``POST /api/verdicts`` takes."""

    codes: list[str]


def _codes(body: bytes) -> list[str]:
    try:
        codes = CodesAsked.model_validate_json(body).codes
    except ValidationError as error:
        raise InvalidInput(
            "The body is not a list of codes",
            where="codes",
            remedy="Send a JSON object with the list codes.",
        ) from error
    if len(codes) > MOST_CODES:
        raise InvalidInput(
            "There are {count} codes; at most {most} are taken at once",
            where="codes",
            count=len(codes),
            most=MOST_CODES,
        )
    return codes
