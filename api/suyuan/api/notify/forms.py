"""The forms that messages to receivers have: JSON, or XML of the edition in which was subscribed.

Source: EPCIS 1.2 §8.2.8 and §11.4, EPCIS 2.0 likewise: the body of an EPCISQueryDocument holds QueryResults,
or the exception that stands in their place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from lxml import etree

from suyuan.api.epcis.negotiation import VERSIONS
from suyuan.api.problems import as_xml, problem, put_text
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.json_document import write_json
from suyuan.trace.epcis.xml_layouts import EDITIONS, Version
from suyuan.trace.epcis.xml_write import write_xml
from suyuan.trace.errors import SuyuanError
from suyuan.trace.store.subscriptions import MessageForm

_EDITION: Mapping[MessageForm, Version] = {"XML 1.2": "1.2", "XML 2.0": "2.0"}
_FORM: Final = "EPCISQueryDocument"


def media_type(form: MessageForm) -> str:
    """The Content-Type of messages with events."""
    return "application/xml" if form in _EDITION else "application/json"


def versions(form: MessageForm) -> dict[str, str]:
    """The headers that tell of versions; those of EPCIS and CBV are the edition of the message."""
    own = dict.fromkeys(("GS1-EPCIS-Version", "GS1-CBV-Version"), "1.2.0") if form == "XML 1.2" else {}
    return {**VERSIONS, **own}


def document(
    events: Sequence[Event], form: MessageForm, *, now: datetime, query_name: str, subscription_id: str
) -> bytes:
    """The message that brings events.

    Raises:
        ValidationError: one says something that the form has no room for.
    """
    if form not in _EDITION:
        return write_json(
            events,
            form=_FORM,
            creation_date=now,
            query_name=query_name,
            subscription_id=subscription_id,
        )
    return write_xml(
        events,
        now,
        form=_FORM,
        query_name=query_name,
        subscription_id=subscription_id,
        version=_EDITION[form],
    )


def trouble(
    error: SuyuanError, form: MessageForm, *, now: datetime, query_name: str, subscription_id: str
) -> tuple[bytes, str]:
    """What is sent where there are no events, and its media type: in XML an ImplementationException."""
    if form not in _EDITION:
        told = problem(error, f"/queries/{query_name}")
        return bytes(told.body), "application/problem+json"
    edition = EDITIONS[_EDITION[form]]
    prefix, space = edition.spaces[_FORM]
    root = etree.Element(f"{{{space}}}{_FORM}", nsmap={prefix: space})
    root.set("schemaVersion", edition.version)
    root.set("creationDate", now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"))
    exception = etree.SubElement(etree.SubElement(root, "EPCISBody"), f"{{{space}}}ImplementationException")
    for name, text in (
        ("reason", str(error)),
        ("severity", "ERROR"),
        ("queryName", query_name),
        ("subscriptionID", subscription_id),
    ):
        put_text(exception, name, text)
    return as_xml(root), media_type(form)
