"""EPCIS 2.0 documents in JSON: read and checked. No XML machinery anywhere below this module.

Source: EPCIS 2.0 §10 (JSON/JSON-LD bindings). Contexts are known by URL and never fetched.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import Any

from suyuan.trace.epcis import context as contexts
from suyuan.trace.epcis import fields
from suyuan.trace.epcis.build import event_from_body
from suyuan.trace.epcis.collector import paused_collector
from suyuan.trace.epcis.envelope import Document, extensions_of, header_of_shell
from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.fields import Reading
from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.json_text import parse
from suyuan.trace.epcis.json_write import write_document_json, write_json
from suyuan.trace.epcis.master_data import master_data_of, members
from suyuan.trace.epcis.problems import (
    DEFAULT_LIMITS,
    Findings,
    Limits,
    Path,
    Problem,
    ValidationError,
    too_large,
)
from suyuan.trace.epcis.validate import check_event

__all__ = ["event_from_body", "read_event_json", "read_json", "write_document_json", "write_json"]

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
    _check_envelope(root, form, reading)
    path, listed = _event_list(root, form, reading)
    findings.raise_any()
    events = _events(listed, path, declared, reading)
    _check_parts(root, form, reading)
    vocabularies = master_data_of(root, reading)
    findings.raise_any()
    shell = _shell(root, path)
    return Document(
        form=form,
        schema_version=root.get("schemaVersion", "2.0"),
        creation_date=fields.parse_time(root["creationDate"]) if "creationDate" in root else None,
        context=declared,
        events=events,
        vocabularies=vocabularies,
        header=header_of_shell(shell),
        extensions=extensions_of(shell),
        warnings=tuple(reading.warnings.problems),
        shell=shell,
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
    return _bounded(contexts.entries(stated))


def _bounded(declared: tuple[Any, ...]) -> tuple[Any, ...]:
    if sum(len(entry) for entry in declared if is_object(entry)) > contexts.MOST_PREFIXES:
        raise too_large("prefixes", contexts.MOST_PREFIXES, "/@context")
    return declared


def _check_envelope(root: Mapping[str, Any], form: str, reading: Reading) -> None:
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
    members(root, _KNOWN, (), reading)


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
    document_prefixes, document_right = dict(reading.prefixes), reading.right
    for index, body in enumerate(listed):
        context = declared
        if is_object(body) and "@context" in body:
            own = _bounded(contexts.entries(body.pop("@context")))
            context = (*declared, *own)
            reading.prefixes = ChainMap(contexts.declared_by(own), document_prefixes)
            reading.right = set()
        check_event(body, (*path, index), reading)
        reading.prefixes, reading.right = document_prefixes, document_right
        if findings.full:
            break
        if not findings.problems:
            events.append(event_from_body(body, context))
    return tuple(events)


def _check_parts(root: Mapping[str, Any], form: str, reading: Reading) -> None:
    """Check what the header and the body hold beside master data and events."""
    header = root.get("epcisHeader", {})
    _check_part(header, ("epcisMasterData",), ("epcisHeader",), reading)
    if is_object(header):
        master = header.get("epcisMasterData", {})
        _check_part(master, ("vocabularyList",), ("epcisHeader", "epcisMasterData"), reading)
    value: Any = root["epcisBody"]
    path: Path = ("epcisBody",)
    if form == "EPCISDocument":
        _check_part(value, ("eventList", "event"), path, reading)
        return
    for name, known in (
        ("queryResults", ("queryResults",)),
        ("resultsBody", ("queryName", "subscriptionID", "resultsBody")),
    ):
        _check_part(value, known, path, reading)
        value, path = value[name], (*path, name)
    _check_part(value, ("eventList", "event", "vocabularyList"), path, reading)


def _check_part(value: Any, known: tuple[str, ...], path: Path, reading: Reading) -> None:
    if is_object(value):
        members(value, known, path, reading)
    else:
        reading.findings.add(
            path, "Found {value} where an object belongs.", "Write a JSON object.", value=value
        )


def _shell(root: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The document without its context and with an empty list of events, which is at ``path``."""
    shell = {name: value for name, value in root.items() if name != "@context"}
    holder = shell
    for name in path[:-1]:
        holder[str(name)] = dict(holder[str(name)])
        holder = holder[str(name)]
    holder.pop("event", None)
    holder["eventList"] = []
    return shell
