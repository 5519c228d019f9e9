"""An EPCIS document as read: its envelope, its events and its master data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

from suyuan.trace.epcis.event import Event
from suyuan.trace.epcis.problems import Problem

Form = Literal["EPCISDocument", "EPCISQueryDocument", "EPCISMasterDataDocument"]

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
