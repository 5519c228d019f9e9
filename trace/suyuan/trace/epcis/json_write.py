"""Events and whole documents to EPCIS 2.0 JSON. Source: EPCIS 2.0 §10."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from suyuan.trace.epcis import context as contexts
from suyuan.trace.epcis.build import body_to_send
from suyuan.trace.epcis.envelope import Document, member_of
from suyuan.trace.epcis.event import Event


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
        "creationDate": _stamp(creation_date),
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


def write_document_json(document: Document, *, now: datetime) -> bytes:
    """The whole document as it came, whichever rendering that was; ``now`` dates one without creationDate.

    An EPCISMasterDataDocument, which JSON does not know, becomes an EPCISDocument without events.
    """
    shell = document.shell
    query = document.form == "EPCISQueryDocument"
    version = document.schema_version
    body = member_of(shell, "epcisBody")
    bodies = [_beside(event, document.context) for event in document.events]
    if query:
        answer = member_of(body, "queryResults")
        results = {**member_of(answer, "resultsBody"), "eventList": bodies}
        body = {**body, "queryResults": {"queryName": "SimpleEventQuery", **answer, "resultsBody": results}}
    else:
        body = {**body, "eventList": bodies}
    written: dict[str, Any] = {
        "@context": [contexts.EPCIS_CONTEXT, *document.context],
        **shell,
        "type": "EPCISQueryDocument" if query else "EPCISDocument",
        "schemaVersion": version if version.startswith("2") else "2.0",
        "creationDate": shell.get("creationDate", _stamp(now)),
        "epcisBody": body,
    }
    return orjson.dumps(written)


def _beside(event: Event, context: tuple[Any, ...]) -> Mapping[str, Any]:
    """The event with what its context has beside that of the document."""
    body = body_to_send(event)
    if event.context == context:
        return body
    shared = event.context[: len(context)] == context
    return {"@context": list(event.context[len(context) :] if shared else event.context), **body}


def _stamp(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
