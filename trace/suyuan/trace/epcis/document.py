"""EPCIS documents of either rendering: the one entrance for whoever has bytes and a media type.

Stations use :mod:`suyuan.trace.epcis.json_document` instead, which needs no XML machinery.
"""

from __future__ import annotations

from suyuan.trace.epcis.envelope import Document, Form, VocabularyElement
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.json_document import read_event_json, read_json
from suyuan.trace.epcis.problems import DEFAULT_LIMITS, Limits, Problem, ValidationError
from suyuan.trace.epcis.xml_document import read_xml

__all__ = ["Document", "Form", "VocabularyElement", "is_xml", "read_document", "read_event"]

_JSON = frozenset(("application/json", "application/ld+json"))
_XML = frozenset(("application/xml", "text/xml"))


def read_document(data: bytes, media_type: str = "", limits: Limits = DEFAULT_LIMITS) -> Document:
    """The document in ``data``; the first character tells JSON from XML where the media type does not.

    Raises:
        ValidationError: with up to 100 problems, each located by JSON pointer or XPath.
        TooLarge: a limit is exceeded.
    """
    return read_xml(data, limits) if is_xml(data, media_type) else read_json(data, limits)


def read_event(data: bytes, media_type: str = "", limits: Limits = DEFAULT_LIMITS) -> Event:
    """The single event in ``data``: in JSON a bare event, in XML a document of one event.

    Raises:
        ValidationError: it is not one valid event.
        TooLarge: a limit is exceeded.
    """
    if not is_xml(data, media_type):
        return read_event_json(data, limits)
    events = read_xml(data, limits).events
    if len(events) != 1:
        raise ValidationError(
            [
                Problem(
                    "",
                    "The document holds {count} events.",
                    {"count": str(len(events))},
                    "Send exactly one event.",
                )
            ]
        )
    return events[0]


def is_xml(data: bytes, media_type: str) -> bool:
    """Whether a document is read as XML; its first character tells where the media type does not."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind in _XML:
        return True
    return kind not in _JSON and data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"<", b"\xff", b"\xfe")
