"""EPCIS 2.0 documents in JSON: read, checked and written. No XML machinery anywhere below this module.

Source: EPCIS 2.0 §10 (JSON/JSON-LD bindings). Contexts are known by URL and never fetched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from suyuan.trace.epcis import context as contexts
from suyuan.trace.epcis import fields
from suyuan.trace.epcis.build import body_to_send, event_from_body
from suyuan.trace.epcis.collector import paused_collector
from suyuan.trace.epcis.envelope import Document, VocabularyElement
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.fields import Reading
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.json_text import parse
from suyuan.trace.epcis.master_data import master_data
from suyuan.trace.epcis.problems import (
    DEFAULT_LIMITS,
    Findings,
    Limits,
    Path,
    Problem,
    ValidationError,
    too_large,
)
from suyuan.trace.epcis.structures import extension
from suyuan.trace.epcis.validate import check_event

__all__ = ["event_from_body", "read_event_json", "read_json", "write_json"]

_FORMS = ("EPCISDocument", "EPCISQueryDocument")
_HEADER = ("sender", "receiver", "instanceIdentifier")
_KNOWN = frozenset(
    ("@context", "id", "type", "schemaVersion", "creationDate", "epcisHeader", "epcisBody", *_HEADER)
)


@paused_collector()
def read_json(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Document:
    """The document of a JSON text, every event checked.

    Raises:
        ValidationError: with up to 100 problems, each located by JSON pointer.
        TooLarge: a limit is exceeded.
    """
    warnings = Findings()
    value = parse(data, limits, warnings)
    if not is_object(value):
        raise _refused("", "The text is not an EPCIS document.", "Send an object of type EPCISDocument.")
    root: dict[str, Any] = value
    form = root.get("type")
    if form not in _FORMS:
        raise _refused(
            "/type",
            "The document is neither an EPCISDocument nor an EPCISQueryDocument.",
            "Name its type; a single event goes to the address for single events.",
        )
    findings = Findings()
    declared = _context(root, findings)
    reading = Reading(contexts.prefixes(declared), limits, findings=findings, warnings=warnings)
    extensions = _check_envelope(root, form, reading)
    path, listed = _event_list(root, form, reading)
    findings.raise_any()
    events = _events(listed, path, declared, reading)
    vocabularies = _master_data(root, reading)
    findings.raise_any()
    return Document(
        form=form,
        schema_version=root.get("schemaVersion", "2.0"),
        creation_date=fields.parse_time(root["creationDate"]) if "creationDate" in root else None,
        context=declared,
        events=events,
        vocabularies=vocabularies,
        header=_header(root),
        extensions=extensions,
        warnings=tuple(reading.warnings.problems),
    )


def read_event_json(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Event:
    """The event of a JSON text that is a single event with its own ``@context``.

    Raises:
        ValidationError: with up to 100 problems, each located by JSON pointer.
        TooLarge: a limit is exceeded.
    """
    warnings = Findings()
    value = parse(data, limits, warnings)
    if not is_object(value):
        raise _refused("", "The text is not an EPCIS event.", "Send one object, such as an ObjectEvent.")
    root: dict[str, Any] = value
    if root.get("type") in _FORMS:
        raise _refused(
            "/type", "This is a document, not a single event.", "Send documents to the capture address."
        )
    findings = Findings()
    declared = _context(root, findings)
    root.pop("@context", None)
    reading = Reading(contexts.prefixes(declared), limits, findings=findings, warnings=warnings)
    check_event(root, (), reading)
    findings.raise_any()
    return event_from_body(root, declared)


def _refused(where: str, template: str, remedy: str) -> ValidationError:
    return ValidationError([Problem(where, template, remedy=remedy)])


def _context(root: Mapping[str, Any], findings: Findings) -> tuple[Any, ...]:
    stated = root.get("@context")
    listed: list[Any] = stated if is_list(stated) else [stated]
    wrong = [entry for entry in listed if not isinstance(entry, str | dict)]
    if (
        stated is None
        or wrong
        or not any(isinstance(e, str) and e in contexts.EPCIS_CONTEXTS for e in listed)
    ):
        findings.add(
            ("@context",),
            "The @context does not name the EPCIS context.",
            "Begin @context with https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld.",
        )
        return ()
    return contexts.entries(stated)


def _check_envelope(root: Mapping[str, Any], form: str, reading: Reading) -> dict[str, Any]:
    extensions: dict[str, Any] = {}
    required = ("schemaVersion", "creationDate", "epcisBody") if form == "EPCISDocument" else ("epcisBody",)
    for name in required:
        if name not in root:
            reading.findings.add((name,), "The field {name} is missing.", "Add the field.", name=name)
    for name, check in (
        ("schemaVersion", fields.text),
        ("creationDate", fields.time),
        *((n, fields.text) for n in _HEADER),
    ):
        if name in root:
            check(root[name], (name,), reading)
    for name, value in root.items():
        # A JSON-LD processor drops terms without meaning; outside events, a leading underscore is a comment.
        if name in _KNOWN or name.startswith("_"):
            continue
        extension(name, value, (name,), reading)
        extensions[name] = value
    return extensions


def _member(value: Any, name: str, path: Path, reading: Reading) -> Any:
    """``value[name]``, an object; notes if it is not there."""
    found: Any = value.get(name) if is_object(value) else None
    if not is_object(found):
        reading.findings.add((*path, name), "The object {name} is missing.", "Add the object.", name=name)
        return None
    return found


def _event_list(root: Mapping[str, Any], form: str, reading: Reading) -> tuple[Path, list[Any]]:
    path: Path = ("epcisBody",)
    holder: Any = _member(root, "epcisBody", (), reading)
    if form == "EPCISQueryDocument" and holder is not None:
        for name in ("queryResults", "resultsBody"):
            holder = _member(holder, name, path, reading)
            path = (*path, name)
            if holder is None:
                break
    if holder is None:
        return path, []
    name = "event" if "event" in holder and "eventList" not in holder else "eventList"
    listed = holder.get(name)
    path = (*path, name)
    if name == "event" and is_object(listed):
        listed = [listed]
    if not is_list(listed):
        reading.findings.add(
            path, "The list {name} is missing.", "Add the list, even if it is empty.", name=name
        )
        return path, []
    if len(listed) > reading.limits.events:
        raise too_large("events", reading.limits.events, "/" + "/".join(map(str, path)))
    return path, listed


def _events(listed: list[Any], path: Path, declared: tuple[Any, ...], reading: Reading) -> tuple[Event, ...]:
    events: list[Event] = []
    findings = reading.findings
    document_prefixes = reading.prefixes
    for index, body in enumerate(listed):
        context = declared
        if is_object(body) and "@context" in body:
            context = (*declared, *contexts.entries(body.pop("@context")))
            reading.prefixes = contexts.prefixes(context)
        check_event(body, (*path, index), reading)
        reading.prefixes = document_prefixes
        if findings.full:
            break
        if not findings.problems:
            events.append(event_from_body(body, context))
    return tuple(events)


def _header(root: Mapping[str, Any]) -> dict[str, str]:
    header = {name: root[name] for name in _HEADER if name in root}
    results = root["epcisBody"].get("queryResults")
    if is_object(results):
        for name in ("queryName", "subscriptionID"):
            if isinstance(found := results.get(name), str):
                header[name] = found
    return header


def _master_data(root: Mapping[str, Any], reading: Reading) -> tuple[VocabularyElement, ...]:
    header = root.get("epcisHeader")
    if header is None:
        return ()
    path: Path = ("epcisHeader", "epcisMasterData", "vocabularyList")
    master: Any = header.get("epcisMasterData") if is_object(header) else None
    listed: Any = master.get("vocabularyList") if is_object(master) else None
    if listed is None:
        return ()
    return master_data(listed, path, reading)


def write_json(  # the parts of the envelope are the standard's
    events: Sequence[Event],
    *,
    form: Literal["EPCISDocument", "EPCISQueryDocument"] = "EPCISDocument",
    creation_date: datetime,
    context: Sequence[Any] = (),
    query_name: str = "SimpleEventQuery",
    subscription_id: str | None = None,
    header: Mapping[str, str] | None = None,
) -> bytes:
    """The events as one document. ``context`` is added to what the events bring along.

    Events whose contexts disagree with the document's about a prefix carry their own ``@context``, so that
    every extension field keeps its meaning.
    """
    shared, bodies = _with_contexts(events, context)
    document: dict[str, Any] = {
        "@context": [contexts.EPCIS_CONTEXT, *shared],
        "type": form,
        "schemaVersion": "2.0",
        "creationDate": creation_date.astimezone(UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z"),
        **(header or {}),
    }
    if form == "EPCISDocument":
        document["epcisBody"] = {"eventList": bodies}
    else:
        results: dict[str, Any] = {"queryName": query_name, "resultsBody": {"eventList": bodies}}
        if subscription_id is not None:
            results["subscriptionID"] = subscription_id
        document["epcisBody"] = {"queryResults": results}
    return orjson.dumps(document)


def _with_contexts(
    events: Sequence[Event], context: Sequence[Any]
) -> tuple[list[Any], list[Mapping[str, Any]]]:
    shared: list[Any] = []
    for entry in context:
        if entry not in shared:
            shared.append(entry)
    meanings = contexts.prefixes(shared)
    agreed: tuple[Any, ...] | None = None
    bodies: list[Mapping[str, Any]] = []
    for event in events:
        if event.context != agreed:
            own = contexts.prefixes(event.context)
            if any(meanings.get(prefix, iri) != iri for prefix, iri in own.items()):
                bodies.append({"@context": list(event.context), **body_to_send(event)})
                continue
            shared.extend(entry for entry in event.context if entry not in shared)
            meanings = contexts.prefixes(shared)
            agreed = event.context
        bodies.append(body_to_send(event))
    return shared, bodies
