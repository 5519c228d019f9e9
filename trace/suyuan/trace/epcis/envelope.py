"""An EPCIS document as read: its envelope, its events and its master data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.json_shapes import is_object
from suyuan.trace.epcis.problems import Problem

Form = Literal["EPCISDocument", "EPCISQueryDocument", "EPCISMasterDataDocument"]

PARTIES = ("sender", "receiver", "instanceIdentifier")
"""The plain members of a document in JSON form that tell what a Standard Business Document Header tells."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    return _NOTHING  # shared: Python 3.11 takes no unhashable default


@dataclass(frozen=True, slots=True)
class VocabularyElement:
    """Master data of one identifier: ``type`` is its vocabulary, ``attributes`` maps URIs to values.

    A value is text, a number, an object in JSON form, or a list of these where an attribute repeats.
    ``children`` are the identifiers that WD_ queries find under this one.
    """

    type: str
    id: str
    attributes: Mapping[str, Any] = field(default_factory=_nothing)
    children: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One document. ``context`` holds its JSON-LD context entries beside the standard one.

    ``extensions`` are the document's own extension members, ``header`` its plain ones (sender, receiver,
    instanceIdentifier, queryName, subscriptionID). ``warnings`` tell what is odd but accepted.

    ``shell`` is all of the document in its JSON form, but for ``@context`` and the events, whose list is
    empty: with these, what a writer gives back. A document read from XML has one too.
    """

    form: Form
    schema_version: str
    creation_date: datetime | None
    context: tuple[Any, ...] = ()
    events: tuple[Event, ...] = ()
    vocabularies: tuple[VocabularyElement, ...] = ()
    header: Mapping[str, str] = field(default_factory=_nothing)
    extensions: Mapping[str, Any] = field(default_factory=_nothing)
    warnings: tuple[Problem, ...] = ()
    shell: Mapping[str, Any] = field(default_factory=_nothing)


def member_of(value: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """The object at that path of members; an empty one where it is missing or no object."""
    found = value
    for name in names:
        inner: Any = found.get(name)
        if not is_object(inner):
            return _NOTHING
        found = inner
    return found


def header_of_shell(shell: Mapping[str, Any]) -> dict[str, str]:
    """The plain members that tell who sends what to whom, and of which query and subscription it is."""
    header = {name: shell[name] for name in PARTIES if name in shell}
    results = member_of(shell, "epcisBody", "queryResults")
    for name in ("queryName", "subscriptionID"):
        if isinstance(found := results.get(name), str):
            header[name] = found
    return header


def extensions_of(shell: Mapping[str, Any]) -> dict[str, Any]:
    """The extension members of the document itself."""
    return {name: value for name, value in shell.items() if ":" in name}


def vocabulary_lists(shell: Mapping[str, Any]) -> tuple[tuple[tuple[str, ...], Any], ...]:
    """(path, list) of each vocabularyList of a document, in the header and in the results of a query."""
    paths = (
        ("epcisHeader", "epcisMasterData", "vocabularyList"),
        ("epcisBody", "queryResults", "resultsBody", "vocabularyList"),
    )
    found = ((path, member_of(shell, *path[:-1]).get(path[-1])) for path in paths)
    return tuple((path, listed) for path, listed in found if listed is not None)
