"""Which exception of the standard an error is, and the fault that tells it.

Source: EPCIS 1.2 §8.2.6 and the schema of its query messages, EPCIS 2.0 likewise. A fault has the exception
in its detail; its reason is the whole sentence: what is wrong, where, and what to do.
"""

from __future__ import annotations

import structlog
from lxml import etree
from starlette.responses import Response

from suyuan.api.problems import put_text
from suyuan.api.soap.envelope import SOAP_12, MustUnderstand, Soap, VersionMismatch, fault
from suyuan.trace.epcis.schedule import SubscriptionControlsWrong
from suyuan.trace.epcis.xml_layouts import Version
from suyuan.trace.epcis.xml_values import Element
from suyuan.trace.errors import (
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    SuyuanError,
    TooLarge,
)
from suyuan.trace.store.engine import QueryTooComplex
from suyuan.trace.store.parameters import QueryParameterWrong, QueryTooLarge
from suyuan.trace.store.subscriptions import SubscriptionExists

SPACES: dict[str, Version] = {
    "urn:epcglobal:epcis-query:xsd:1": "1.2",
    "urn:epcglobal:epcis-query:xsd:2": "2.0",
}
"""The namespace of the messages of each edition."""
_BY_EDITION = {edition: space for space, edition in SPACES.items()}
_log = structlog.get_logger(__name__)


class NoSuchName(NotFound):
    """No query of this name is the party's (NoSuchNameException)."""

    code = "no-such-name"


class NoSuchSubscription(NotFound):
    """No subscription of this id is the party's (NoSuchSubscriptionException)."""

    code = "no-such-subscription"


class InvalidUri(InvalidInput):
    """A receiver that is not called from here (InvalidURIException)."""

    code = "invalid-uri"
    title = "This receiver cannot be called"


class SubscribeNotPermitted(NotAllowed):
    """The query is only polled (SubscribeNotPermittedException)."""

    code = "subscribe-not-permitted"
    title = "This cannot be subscribed to"


_EXCEPTIONS: tuple[tuple[type[SuyuanError], str], ...] = (
    (QueryParameterWrong, "QueryParameterException"),
    (QueryTooLarge, "QueryTooLargeException"),
    (QueryTooComplex, "QueryTooComplexException"),
    (NoSuchName, "NoSuchNameException"),
    (NoSuchSubscription, "NoSuchSubscriptionException"),
    (InvalidUri, "InvalidURIException"),
    (SubscriptionExists, "DuplicateSubscriptionException"),
    (SubscriptionControlsWrong, "SubscriptionControlsException"),
    (SubscribeNotPermitted, "SubscribeNotPermittedException"),
    (NotAuthenticated, "SecurityException"),
    (NotAllowed, "SecurityException"),
    (InvalidInput, "ValidationException"),
    (TooLarge, "ValidationException"),
    (SuyuanError, "ImplementationException"),
)
"""The first that fits."""
_NAMES_ITS_QUERY = ("QueryTooLargeException", "ImplementationException")
_UNAUTHORIZED = 401


def in_space(edition: Version, local: str) -> Element:
    """A new element of the messages of an edition."""
    space = _BY_EDITION[edition]
    return etree.Element(f"{{{space}}}{local}", nsmap={"epcisq": space})


def as_fault(error: SuyuanError, soap: Soap, edition: Version, query_name: str | None = None) -> Response:
    """The fault of an error, in the form in which was asked.

    Its status is 500 by SOAP 1.1, 400 or 500 by SOAP 1.2; and 401 where credentials are missing, since HTTP
    asks for these.
    """
    name = next(name for kind, name in _EXCEPTIONS if isinstance(error, kind))
    is_ours = name == "ImplementationException"
    if error.status >= 500:  # noqa: PLR2004 (ours to mend: the log has it, nobody else does)
        _log.error("request failed", code=error.code, detail=error.detail, path="/soap")
        error = type(error)(remedy="Try again in a moment.")
    status = 400 if soap is SOAP_12 and not is_ours else 500
    if isinstance(error, VersionMismatch | MustUnderstand):
        return fault(soap, type(error).__name__, str(error), 500)
    if isinstance(error, NotAuthenticated):
        status = _UNAUTHORIZED
    detail = in_space(edition, name)
    put_text(detail, "reason", str(error))
    if is_ours:
        put_text(detail, "severity", "ERROR")
    if query_name and name in _NAMES_ITS_QUERY:
        put_text(detail, "queryName", query_name)
    response = fault(soap, soap.faulty[is_ours], str(error), status, detail)
    if status == _UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
