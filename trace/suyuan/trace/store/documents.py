"""Reading a document for capture: its events with their places, and what is wrong with which of them.

A document whose envelope or master data are wrong is refused as a whole. What is wrong inside events is
the job's to tell: each event is then read as a document of its own, so that every error has its event, and
with ``proceed`` the valid ones get in.
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Iterator, Sequence
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
_MOST_READ = 256 << 20  # bytes read again event by event: only namespaces without end come near it
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
        received = _event_by_event(data, media_type, limits, behaviour)
        if (
            received is None or not received.errors
        ):  # valid one by one: then what is wrong is how they stand together
            raise
        return received
    return Received(tuple(enumerate(document.events)), document.vocabularies)


def read_single(data: bytes, media_type: str, limits: Limits) -> Received:
    """The one event of a request that is an event and no document; raises as :func:`read`."""
    return Received(((0, read_event(data, media_type, limits)),), ())


def place_of(data: bytes, index: int) -> str:
    """Where an event stands in a document that could be read: a JSON pointer or an XPath."""
    parts = _json_parts(data) if _is_json(data) else _xml_parts(data)
    return parts.places[index]


@dataclass(frozen=True, slots=True)
class _Parts:
    """A document without its events, and each of them alone in an envelope, without the master data."""

    shell: bytes
    envelope: int  # bytes of what stands around each event
    places: Sequence[str]
    events: Iterator[tuple[str, bytes]]  # each with its place in its own envelope


def _event_by_event(data: bytes, media_type: str, limits: Limits, behaviour: Behaviour) -> Received | None:
    """The envelope once without events, then every event in an envelope of its own.

    Linear in the document; None where so much stands around each event that it would not be. With
    ``rollback`` nothing will be kept, and reading ends where no more errors are told.
    """
    parts = _json_parts(data) if _is_json(data) else _xml_parts(data)
    if parts.envelope * len(parts.places) > _MOST_READ:
        return None
    shell: Document = read_document(parts.shell, media_type, limits)
    events: list[tuple[int, Event]] = []
    errors: list[CaptureError] = []
    for index, (alone, part) in enumerate(parts.events):
        try:
            events.extend((index, event) for event in read_document(part, media_type, limits).events)
        except ValidationError as error:
            if len(errors) < MOST_ERRORS:
                place = parts.places[index]
                errors.extend(_error(problem, index, alone, place) for problem in error.problems)
        if behaviour == "rollback" and len(errors) >= MOST_ERRORS:
            break
    if errors and behaviour == "rollback":
        return Received((), (), tuple(errors[:MOST_ERRORS]))
    return Received(tuple(events), shell.vocabularies, tuple(errors[:MOST_ERRORS]))


def _is_json(data: bytes) -> bool:
    return data.lstrip(_BLANK)[:1] == b"{"


def _in_an_event(problem: Problem) -> bool:
    return bool(_IN_JSON.search(problem.where) or _IN_XML.search(problem.where))


def _error(problem: Problem, index: int, alone: str, place: str) -> CaptureError:
    """A problem found in a document of one event, with the place that it has in the real one."""
    where = problem.where
    if where.startswith(alone):
        where = place + where[len(alone) :]
    return CaptureError(
        index, ValidationError.code, where, problem.template, dict(problem.fields), problem.remedy
    )


def _json_parts(data: bytes) -> _Parts:
    root: dict[str, Any] = orjson.loads(data)
    holder: dict[str, Any] = root["epcisBody"]
    path = "/epcisBody"
    for name in ("queryResults", "resultsBody"):
        if name in holder:
            holder, path = holder[name], f"{path}/{name}"
    name = "event" if "event" in holder and "eventList" not in holder else "eventList"
    path = f"{path}/{name}"
    listed = holder[name]
    events: list[Any] = listed if isinstance(listed, list) else [listed]  # pyright: ignore[reportUnknownVariableType] (parsed JSON)
    holder[name] = []
    shell = orjson.dumps(root)
    for member in root.keys() - {"@context", "type", "schemaVersion", "creationDate", "epcisBody"}:
        del root[member]

    def alone() -> Iterator[tuple[str, bytes]]:
        for event in events:
            holder[name] = [event]
            yield f"{path}/0", orjson.dumps(root)

    places = [f"{path}/{index}" for index in range(len(events))]
    return _Parts(shell, len(orjson.dumps(root)), places, alone())


def _xml_parts(data: bytes) -> _Parts:
    """A document that came so far has no DOCTYPE, and its limits are kept."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    root: Element = etree.fromstring(data, parser)
    tree = root.getroottree()
    event_list = next(element for element in root.iter("{*}EventList"))
    listed = list(_event_elements(event_list, tree.getpath(event_list)))
    for child in list(event_list):
        event_list.remove(child)
    shell = etree.tostring(root)
    for header in root.findall("{*}EPCISHeader"):
        root.remove(header)

    def alone() -> Iterator[tuple[str, bytes]]:
        for event, _ in listed:
            event_list.append(copy.deepcopy(event))
            yield tree.getpath(event_list[0]), etree.tostring(root)
            event_list.remove(event_list[0])

    return _Parts(shell, len(etree.tostring(root)), [place for _, place in listed], alone())


def _event_elements(event_list: Element, path: str) -> Iterator[tuple[Element, str]]:
    """The events with their XPaths in document order, from within ``extension`` too (EPCIS 1.2 §9.6)."""
    of_a_kind: Counter[str] = Counter()
    for number, child in enumerate(event_list, 1):
        tag = str(child.tag)
        of_a_kind[tag] += 1
        place = f"{path}/*[{number}]" if "}" in tag else f"{path}/{tag}[{of_a_kind[tag]}]"
        if tag == "extension":
            yield from _event_elements(child, place)
        else:
            yield child, place
