"""JSON-LD contexts: what each prefix stands for, without ever fetching anything.

Contexts are known by their URL. The EPCIS context declares the prefixes below; other contexts named by URL
are kept beside the event but never read, so a prefix must be declared in the document itself to be used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from suyuan.trace.epcis.json_shapes import is_list, is_object

EPCIS_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
EPCIS_CONTEXTS = frozenset(
    (
        EPCIS_CONTEXT,
        "https://ref.gs1.org/standards/epcis/2.0.1/epcis-context.jsonld",
        "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
        "https://gs1.github.io/EPCIS/epcis-context.jsonld",
        "https://gs1.github.io/EPCIS/epcis-context-simple.jsonld",
    )
)
MOST_PREFIXES = 5_000
"""How many a document may declare: each event is later read by all of its prefixes."""
CBV_MASTER_DATA = "urn:epcglobal:cbv:mda:"
STANDARD_PREFIXES: Mapping[str, str] = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": CBV_MASTER_DATA,
    "gs1": "https://gs1.org/voc/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}


def entries(context: Any) -> tuple[Any, ...]:
    """The entries of an ``@context`` value beside the EPCIS contexts, in order."""
    listed: list[Any] = context if is_list(context) else [context]
    return tuple(entry for entry in listed if not (isinstance(entry, str) and entry in EPCIS_CONTEXTS))


def prefixes(context: Iterable[Any]) -> dict[str, str]:
    """Prefix → namespace of the standard context and these entries; a later entry wins."""
    return {**STANDARD_PREFIXES, **declared_by(context)}


def declared_by(context: Iterable[Any]) -> dict[str, str]:
    """Prefix → namespace of these entries alone; a later entry wins."""
    known: dict[str, str] = {}
    for entry in context:
        if is_object(entry):
            known.update(_declared(entry))
    return known


def _declared(entry: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for term, meaning in entry.items():
        if term.startswith("@") or ":" in term:
            continue
        iri = meaning.get("@id") if is_object(meaning) else meaning
        if isinstance(iri, str) and ":" in iri:
            found[term] = iri
    return found


def is_absolute(name: str) -> bool:
    """Whether a member name is a whole IRI rather than ``prefix:local``."""
    return "://" in name or name.startswith("urn:")


def expand(name: str, known: Mapping[str, str]) -> tuple[str, str] | None:
    """(namespace, local name) of ``prefix:local`` or of a whole IRI; None if the prefix is unknown."""
    if is_absolute(name):
        cut = max(name.rfind("#"), name.rfind("/"), name.rfind(":")) + 1
        return name[:cut], name[cut:]
    prefix, colon, local = name.partition(":")
    if not colon:
        return "", name
    namespace = known.get(prefix)
    return None if namespace is None else (namespace, local)
