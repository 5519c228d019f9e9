"""GS1 identification: keys, check digits, Digital Links and EPCs, in any spelling, to one canonical key.

::

    any spelling ── identify ──> Identifier(key, kind, ais) ── digital_link, element_string, to_urn
    who has no GS1 codes: own_identifier(namespace, …) ──> Identifier(key, kind, own) ── link_of
    a scanned symbol ── scanned ──> Identifier
    bytes of a tag ── decode_epc ──> Epc(scheme, filter, company_prefix_length, identifier)
"""

from __future__ import annotations

from suyuan.trace.gs1.elements import check_digit
from suyuan.trace.gs1.epc import Epc, decode_epc, encode_epc
from suyuan.trace.gs1.errors import (
    CharacterError,
    CheckCharacterError,
    CheckDigitError,
    EncodingError,
    IdentifierError,
    LengthError,
    StructureError,
    TagError,
    UnknownApplicationIdentifier,
)
from suyuan.trace.gs1.identifier import Identifier, Kind, digital_link, element_string, identifier_of, site
from suyuan.trace.gs1.own import link_of, namespace_of, own_identifier, own_of_link, piece_of
from suyuan.trace.gs1.scanned import scanned
from suyuan.trace.gs1.spelling import canonical_key, identify, to_urn

__all__ = [
    "CharacterError",
    "CheckCharacterError",
    "CheckDigitError",
    "EncodingError",
    "Epc",
    "Identifier",
    "IdentifierError",
    "Kind",
    "LengthError",
    "StructureError",
    "TagError",
    "UnknownApplicationIdentifier",
    "canonical_key",
    "check_digit",
    "decode_epc",
    "digital_link",
    "element_string",
    "encode_epc",
    "identifier_of",
    "identify",
    "link_of",
    "namespace_of",
    "own_identifier",
    "own_of_link",
    "piece_of",
    "scanned",
    "site",
    "to_urn",
]
