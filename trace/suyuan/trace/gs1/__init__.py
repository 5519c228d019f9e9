"""GS1 identification: keys, check digits, Digital Links and EPCs, in any spelling, to one canonical key.

::

    any spelling ── identify ──> Identifier(key, kind, ais) ── digital_link, element_string, to_urn
    who has no GS1 codes: own_identifier(namespace, …) ──> Identifier(key, kind, own) ── link_of
    a scanned symbol ── scanned ──> Identifier
    bytes of a tag ── decode_epc ──> Epc(scheme, filter, company_prefix_length, identifier, data, hostname)

The syntax engine takes every AI, not only those that identify (decision 0009)::

    text ── check_link, check_bracketed, check_raw, check_message, read_scan ──> Verdict(elements, faults)
    elements ── canonical_link, link_of_elements, bracketed, raw, human_readable ──> text
"""

from __future__ import annotations

from suyuan.trace.gs1.contents import flaw_of
from suyuan.trace.gs1.digital_links import (
    DigitalLink,
    canonical_link,
    check_link,
    link_of_elements,
    parse_link,
)
from suyuan.trace.gs1.element_strings import (
    bracketed,
    check_bracketed,
    check_raw,
    human_readable,
    parse_bracketed,
    parse_raw,
    raw,
)
from suyuan.trace.gs1.elements import check_digit
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
from suyuan.trace.gs1.faults import Fault, Gs1ContentError, Gs1Error, Gs1SyntaxError
from suyuan.trace.gs1.identifier import Identifier, Kind, digital_link, element_string, identifier_of, site
from suyuan.trace.gs1.own import link_of, namespace_of, own_identifier, own_of_link, piece_of
from suyuan.trace.gs1.scan_data import Scan, check_message, read_scan, scan_of
from suyuan.trace.gs1.scanned import scanned
from suyuan.trace.gs1.spelling import canonical_key, identify, to_urn
from suyuan.trace.gs1.tags import Epc, decode_epc, encode_epc
from suyuan.trace.gs1.verdict import OLD_LABELS, STRICT, Leniency, Verdict

__all__ = [
    "OLD_LABELS",
    "STRICT",
    "CharacterError",
    "CheckCharacterError",
    "CheckDigitError",
    "DigitalLink",
    "EncodingError",
    "Epc",
    "Fault",
    "Gs1ContentError",
    "Gs1Error",
    "Gs1SyntaxError",
    "Identifier",
    "IdentifierError",
    "Kind",
    "LengthError",
    "Leniency",
    "Scan",
    "StructureError",
    "TagError",
    "UnknownApplicationIdentifier",
    "Verdict",
    "bracketed",
    "canonical_key",
    "canonical_link",
    "check_bracketed",
    "check_digit",
    "check_link",
    "check_message",
    "check_raw",
    "decode_epc",
    "digital_link",
    "element_string",
    "encode_epc",
    "flaw_of",
    "human_readable",
    "identifier_of",
    "identify",
    "link_of",
    "link_of_elements",
    "namespace_of",
    "own_identifier",
    "own_of_link",
    "parse_bracketed",
    "parse_link",
    "parse_raw",
    "piece_of",
    "raw",
    "read_scan",
    "scan_of",
    "scanned",
    "site",
    "to_urn",
]
