"""What the resolver says of itself (``/.well-known/gs1resolver``), and how its linksets read as JSON-LD."""

from __future__ import annotations

from typing import Any

from suyuan.trace.gs1.application_identifiers import KEYS
from suyuan.trace.resolver import LINK_TYPES, short_name
from suyuan.trace.resolver.link_types import VOCABULARY


def description(public_url: str, context_path: str) -> dict[str, Any]:
    """The resolver description file (GS1-Conformant Resolver Standard 1.0)."""
    return {
        "name": "Suyuan 溯源",
        "resolverRoot": public_url,
        "supportedPrimaryKeys": sorted(KEYS),
        "supportedLinkType": [{"namespace": VOCABULARY, "prefix": "gs1:"}],
        "supportedContextValuesExternal": [
            {"nameOfList": "ISO 3166-1 alpha-2", "url": "https://www.iso.org/iso-3166-country-codes.html"}
        ],
        "linkTypeDefaultCanBeLinkset": True,
        "supportsLanguageVariants": True,
        "supportsSemanticInterpretation": True,
        "validatesAIcombinations": True,
        "contextFile": f"{public_url}{context_path}",
        "activeLinkTypes": {
            language: {
                short_name(name): {"title": getattr(words, language), "url": name}
                for name, words in LINK_TYPES.items()
            }
            for language in ("zh", "en")
        },
    }


def context() -> dict[str, Any]:
    """A JSON-LD 1.1 context in which a linkset (RFC 9264) is a graph of its anchors and links."""
    title = "http://purl.org/dc/terms/title"
    return {
        "@context": {
            "@version": 1.1,
            "@vocab": "http://www.iana.org/assignments/relation/",
            "linkset": "@graph",
            "anchor": "@id",
            "href": "@id",
            "title": title,
            "itemDescription": "http://www.w3.org/2000/01/rdf-schema#comment",
            "hreflang": {"@id": "http://purl.org/dc/terms/language", "@container": "@set"},
            "type": "http://purl.org/dc/terms/format",
            "context": {"@id": "http://purl.org/dc/terms/spatial", "@container": "@set"},
            "fwqs": "https://ns.suyuan.example/fwqs",
        }
    }
