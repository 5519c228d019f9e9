"""How a device comes in, asks who it is, and says which block list it has."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from suyuan.api.devices import DeviceDesk
from suyuan.api.security import allow
from suyuan.portal.services import Principal

router = APIRouter(tags=["Devices"])


class PublicKey(BaseModel):
    """A P-256 public key as a JWK; members that are not needed are not kept."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: str = Field(max_length=100)
    y: str = Field(max_length=100)


class EnrolmentRequest(BaseModel):
    """A one-time code, the key that the device made, and its signature over the code."""

    code: str = Field(max_length=200)
    kind: Literal["station", "phone"]
    public_key: PublicKey
    proof: str = Field(
        max_length=2000, description="Compact JWS of type suyuan-enrolment+jws over the canonical code."
    )


class Acknowledgement(BaseModel):
    """The block list that is stored on the device by now."""

    sequence: int = Field(ge=0, le=2**31 - 1)


def desk_of(request: Request) -> DeviceDesk:
    """The desk of devices of this application."""
    desk: DeviceDesk = request.app.state.devices
    return desk


@router.post("/enrol", status_code=201)
def enrol(
    request: Request, asked: EnrolmentRequest, desk: Annotated[DeviceDesk, Depends(desk_of)]
) -> dict[str, object]:
    """Let a device in. The same device may repeat its request if the answer was lost."""
    return dict(
        desk.enrol(
            code=asked.code,
            kind=asked.kind,
            public_key=asked.public_key.model_dump(),
            proof=asked.proof,
            address="" if request.client is None else request.client.host,
        )
    )


@router.get("/device")
def about(
    by: Annotated[Principal, Depends(allow("station"))], desk: Annotated[DeviceDesk, Depends(desk_of)]
) -> dict[str, object]:
    """Who the device is that asks: its name, place and party."""
    return dict(desk.about(by))


@router.post("/blocklist/ack", status_code=204)
def acknowledge(
    told: Acknowledgement,
    by: Annotated[Principal, Depends(allow("station"))],
    desk: Annotated[DeviceDesk, Depends(desk_of)],
) -> Response:
    """The device has this block list stored: it goes by it from now on, with or without a network."""
    desk.acknowledge(by, told.sequence)
    return Response(status_code=204)
