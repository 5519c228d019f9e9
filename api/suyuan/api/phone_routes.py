"""What the phone's page asks of the server beside ``/capture``, ``/blocklist`` and ``/api/check``."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request

from suyuan.api.devices import DeviceDesk
from suyuan.api.enrolment_routes import desk_of
from suyuan.api.phone import PhoneDesk, decode
from suyuan.api.security import allow
from suyuan.api.till import LONGEST_CODE
from suyuan.portal.services import Principal

router = APIRouter(tags=["Phones"])


def phone_desk_of(request: Request) -> PhoneDesk:
    """The phone desk of this application."""
    desk: PhoneDesk = request.app.state.phones
    return desk


@router.post("/phone/decode")
async def decode_photo(
    request: Request, _by: Annotated[Principal, Depends(allow("station"))]
) -> dict[str, object]:
    """The symbols in a photo, sent as it is (JPEG, PNG, WebP), at most 10 MiB."""
    photo = await request.body()
    return {"symbols": await run_sync(decode, photo)}


@router.get("/phone/expected")
def expected(
    code: Annotated[str, Query(max_length=LONGEST_CODE, description="The SSCC of a delivery.")],
    by: Annotated[Principal, Depends(allow("station"))],
    devices: Annotated[DeviceDesk, Depends(desk_of)],
    desk: Annotated[PhoneDesk, Depends(phone_desk_of)],
) -> dict[str, object]:
    """What should be in a delivery, by what was packed and shipped."""
    return dict(desk.expected(devices.device(by), code))
