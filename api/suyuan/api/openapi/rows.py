"""The row of a table of operations: what a route takes and answers beside what the framework sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

Schema = Mapping[str, Any]
NO_HEADERS: Mapping[str, Schema] = MappingProxyType({})
JSON = ("application/json",)
EPCIS_JSON = ("application/json", "application/ld+json")
EPCIS_BOTH = (*EPCIS_JSON, "application/xml", "text/xml")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no problem: in which media types, of which schema, with which headers of its own.

    ``schema`` names a component and describes the JSON forms; XML has the schema of EPCIS 2.0.
    """

    description: str
    schema: str = ""
    media_types: Sequence[str] = ()
    headers: Sequence[str] = ()
    example: object = None


@dataclass(frozen=True, slots=True)
class Taken:
    """The body that a route takes."""

    description: str
    schema: str
    media_types: Sequence[str]
    example: object = None


@dataclass(frozen=True, slots=True)
class Row:
    """One operation. ``parameters`` name components; ``refused`` are the statuses of its problems."""

    answers: Mapping[int, Answer]
    refused: Sequence[int] = ()
    parameters: Sequence[str] = ()
    body: Taken | None = None
    public: bool = False
    path: Mapping[str, object] = field(default_factory=dict[str, object])
    """Examples of the parts of the path, by name or, where there is one only, by the empty name."""
