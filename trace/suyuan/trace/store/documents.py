"""Reading a document for capture: its events with their places, and what is wrong with which of them.

A document whose envelope or master data are wrong is refused as a whole. What is wrong inside events is
the job's to tell: each event is then read as a document of its own, so that every error has its event, and
with ``proceed`` the valid ones get in.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from lxml import etree

from suyuan.trace.epcis.document import read_document, read_event
from suyuan.trace.epcis.envelope import Document, VocabularyElement
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.problems import Limits, Problem, ValidationError
from suyuan.trace.epcis.xml_values import Element
from suyuan.trace.store.jobs import Behaviour, CaptureError

MOST_ERRORS = 1000  # of one job: more are told no better, and a hostile document could make millions
_IN_JSON = re.compile(r"/(?:eventList|event)/(\d+)(?=/|$)")
_BLANK = b"\xef\xbb\xbf \t\r\n"
_IN_XML = re.compile(r"\bEventList\b")


@dataclass(frozen=True, slots=True)
class Received:
    """The valid events, each with its place in the document, and why the others are not among them."""

    events: tuple[tuple[int, Event], ...]
    vocabularies: tuple[VocabularyElement, ...]
    errors: tuple[CaptureError, ...] = ()


def read(data: bytes, media_type: str, limits: Limits, behaviour: Behaviour) -> Received:
    """The document as far as it can be captured.

    Raises:
        ValidationError: what is wrong is not inside an event.
        TooLarge: a limit is exceeded.
    """
    try:
        document = read_document(data, media_type, limits)
    except ValidationError as error:
        if not all(_in_an_event(problem) for problem in error.problems):
            raise
        received = _event_by_event(data, media_type, limits)
        if not received.errors:  # valid one by one: then what is wrong is how they stand together
            raise
        return received if behaviour == "proceed" else Received((), (), received.errors)
    return Received(tuple(enumerate(document.events)), document.vocabularies)


def read_single(data: bytes, media_type: str, limits: Limits) -> Received:
    """The one event of a request that is an event and no document; raises as :func:`read`."""
    return Received(((0, read_event(data, media_type, limits)),), ())


def _event_by_event(data: bytes, media_type: str, limits: Limits) -> Received:
    """Linear: the envelope once without events, then every event in an envelope of its own."""
    parts = _json_parts(data) if data.lstrip(_BLANK)[:1] == b"{" else _xml_parts(data)
    shell: Document = read_document(next(parts), media_type, limits)
    events: list[tuple[int, Event]] = []
    errors: list[CaptureError] = []
    for index, part in enumerate(parts):
        try:
            events.extend((index, event) for event in read_document(part, media_type, limits).events)
        except ValidationError as error:
            errors.extend(_error(problem, index) for problem in error.problems)
    return Received(tuple(events), shell.vocabularies, tuple(errors[:MOST_ERRORS]))


def _in_an_event(problem: Problem) -> bool:
    return bool(_IN_JSON.search(problem.where) or _IN_XML.search(problem.where))


def _error(problem: Problem, index: int) -> CaptureError:
    """Problems were found in a document of one event; JSON pointers are led back to its real place."""
    where = problem.where
    if found := _IN_JSON.search(where):
        where = f"{where[: found.start(1)]}{index}{where[found.end(1) :]}"
    return CaptureError(
        index, ValidationError.code, where, problem.template, dict(problem.fields), problem.remedy
    )


def _json_parts(data: bytes) -> Iterator[bytes]:
    """The document without events, then one document per event, without the master data."""
    root: dict[str, Any] = orjson.loads(data)
    holder: dict[str, Any] = root["epcisBody"]
    for name in ("queryResults", "resultsBody"):
        holder = holder.get(name, holder)
    name = "event" if "event" in holder and "eventList" not in holder else "eventList"
    listed = holder[name]
    events: list[Any] = listed if isinstance(listed, list) else [listed]  # pyright: ignore[reportUnknownVariableType] (parsed JSON)
    holder[name] = []
    yield orjson.dumps(root)
    root.pop("epcisHeader", None)
    for event in events:
        holder[name] = [event]
        yield orjson.dumps(root)


def _xml_parts(data: bytes) -> Iterator[bytes]:
    """As :func:`_json_parts`; a document that came so far has no DOCTYPE, and its limits are kept."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    root: Element = etree.fromstring(data, parser)
    event_list = next(element for element in root.iter("{*}EventList"))
    events = list(_event_elements(event_list))
    for child in list(event_list):
        event_list.remove(child)
    yield etree.tostring(root)
    for header in root.findall("{*}EPCISHeader"):
        root.remove(header)
    for event in events:
        event_list.append(copy.deepcopy(event))
        yield etree.tostring(root)
        event_list.remove(event_list[0])


def _event_elements(event_list: Element) -> Iterator[Element]:
    """The events in document order, from within ``extension`` elements too (EPCIS 1.2 §9.6)."""
    for child in event_list:
        if child.tag == "extension":
            yield from _event_elements(child)
        else:
            yield child
