"""``/soap``: the EPCIS query interface for partners who speak SOAP. Source: EPCIS 1.2 §11, EPCIS 2.0 §11.

One address for both editions of EPCIS and both versions of SOAP: envelope and namespace of the message tell
which is meant, and the answer is of the same kind (decision 0017). ``/soap?wsdl`` describes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request
from starlette.responses import Response

from suyuan.api.notify.standing import owner_of
from suyuan.api.problems import UnsupportedMediaType
from suyuan.api.security import principal as principal_of
from suyuan.api.security import reader_of_events
from suyuan.api.soap import operations, subscribing
from suyuan.api.soap.envelope import (
    MOST_BYTES,
    Soap,
    SoapWrong,
    answer,
    child_text,
    message_of,
    parsed,
    soap_of,
    version_of,
)
from suyuan.api.soap.faults import SPACES, as_fault
from suyuan.api.soap.operations import Asked
from suyuan.api.soap.wsdl import OPERATIONS, description
from suyuan.trace.epcis.xml_layouts import Version
from suyuan.trace.epcis.xml_values import Element, split
from suyuan.trace.errors import InvalidInput, SuyuanError, TooLarge

AT_ONCE = 4
OF_A_PARTY = 2
"""Calls that are answered at once: an answer stands whole in memory. Others wait for their turn."""

router = APIRouter(include_in_schema=False)  # the WSDL describes it

_SERVE: Mapping[str, Callable[[Asked], Element]] = {
    "getQueryNames": operations.get_query_names,
    "subscribe": subscribing.subscribe,
    "unsubscribe": operations.unsubscribe,
    "getSubscriptionIDs": operations.get_subscription_ids,
    "poll": operations.poll,
    "getStandardVersion": operations.get_standard_version,
    "getVendorVersion": operations.get_vendor_version,
}
_BY_MESSAGE = {operation.request: _SERVE[operation.name] for operation in OPERATIONS}


@router.head("/soap")
@router.get("/soap")
def get_description(request: Request) -> Response:
    """The WSDL: of EPCIS 2.0, or of 1.2 by ``?wsdl=1.2``."""
    asked = {name.lower(): value for name, value in request.query_params.multi_items()}
    edition: Version | None = {"": "2.0", "2.0": "2.0", "1.2": "1.2"}.get(asked.get("wsdl", "none"))  # type: ignore[assignment]
    if edition is None:
        raise InvalidInput(
            "This address takes SOAP messages, and tells of itself in two editions",
            where="wsdl",
            remedy="Ask for /soap?wsdl (EPCIS 2.0) or /soap?wsdl=1.2, or send an envelope by POST.",
        )
    content = description(edition, request.app.state.public_url + "/soap")
    return Response(content, media_type="text/xml; charset=utf-8")


@router.post("/soap")
async def post_message(request: Request) -> Response:
    """One call: who may not ask is told before the message is read."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    soap = soap_of(media_type)
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if soap is None or encoding != "identity":
        raise UnsupportedMediaType(
            "A SOAP message of type {given} is not read here",
            where="Content-Type" if soap is None else "Content-Encoding",
            given=(media_type if soap is None else encoding) or "(none)",
            remedy="Send text/xml (SOAP 1.1) or application/soap+xml (SOAP 1.2), not compressed.",
        )
    try:
        reader_of_events(principal_of(request))
        content = await _content(request)
    except SuyuanError as error:
        return as_fault(error, soap, "2.0")
    async with request.app.state.soap_turns.turn(owner_of(request.state.viewer)):
        return await run_sync(_answered, request, content, soap)


async def _content(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MOST_BYTES:
            raise TooLarge(
                "The message is larger than {limit} bytes",
                limit=MOST_BYTES,
                remedy="Ask for fewer values at once.",
            )
    return bytes(content)


def _answered(request: Request, content: bytes, told: Soap) -> Response:
    """The answer or the fault; ``told`` is the version of the media type, until the envelope tells."""
    soap, edition, message = told, _EDITION, None
    try:
        envelope = parsed(content)
        soap = version_of(envelope)
        message = message_of(envelope, soap)
        space, name = split(message.tag)
        edition = SPACES.get(space, _EDITION)
        serve = _BY_MESSAGE.get(name) if space in SPACES else None
        if serve is None:
            raise SoapWrong(
                "There is no message {name} here",
                where="/Envelope/Body",
                remedy="Send one of " + ", ".join(_BY_MESSAGE) + " in " + " or ".join(SPACES) + ".",
                name=message.tag[:200],
            )
        state = request.app.state
        asked = Asked(
            state.house,
            request.state.viewer,
            edition,
            message,
            state.deliverer.changed,
            state.receivers,
        )
        return answer(soap, serve(asked))
    except SuyuanError as error:
        return as_fault(error, soap, edition, _query_name(message))


_EDITION: Version = "2.0"
"""Of faults before the message tells."""


def _query_name(message: Element | None) -> str | None:
    try:
        return None if message is None else child_text(message, "queryName")
    except SoapWrong:
        return None
