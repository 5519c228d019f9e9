"""Tag and raw URNs: the contents of EPC memory as text, and back.

Source: EPC Tag Data Standard 2.3 §12 and §15. The control fields in front (``[att=x01]``) are of other bits
of the tag than the EPC; they are checked and passed over. Schemes with ``+`` have no tag URN: theirs is raw.
"""

from __future__ import annotations

import re

from suyuan.trace.gs1.errors import StructureError, TagError, shown
from suyuan.trace.gs1.tags.encoding import encode_epc
from suyuan.trace.gs1.tags.epc import MOST_BYTES, decode_epc
from suyuan.trace.gs1.tags.schemes import LAYOUTS
from suyuan.trace.gs1.urn import CONTROLS, SCHEMES, identifier_of_urn

_NAMES = {layout.name.lower(): layout for layout in LAYOUTS.values() if not layout.ais}
_RAW = re.compile(
    rf"urn:epc:raw:(?:{CONTROLS.pattern}:)?(?P<size>[1-9][0-9]{{0,2}})\."
    r"(?:x(?P<family>[0-9A-Fa-f]{1,2})\.)?(?:x(?P<hexadecimal>[0-9A-Fa-f]*)|(?P<decimal>0|[1-9][0-9]{0,160}))"
)


def urn_of_memory(memory: bytes) -> str:
    """The tag URN of an EPC, the raw URN of any other memory (§15.2.2)."""
    try:
        urn = decode_epc(memory).tag_urn
    except TagError:
        urn = None
    return urn or f"urn:epc:raw:{len(memory) * 8}.x{memory.hex().upper()}"


def memory_of_urn(urn: str) -> bytes:
    """The EPC memory that a tag URN or a raw URN tells, in whole 16-bit words.

    >>> memory_of_urn("urn:epc:tag:sgtin-96:3.0614141.812345.6789").hex()
    '3074257bf7194e4000001a85'

    Raises an :class:`~suyuan.trace.gs1.errors.IdentifierError`: it has no such form, it does not fit, or it
    is of another application family, whose bits are no EPC.
    """
    if urn[:12].lower() == "urn:epc:tag:":
        return _of_tag_urn(urn)
    found = _RAW.fullmatch(urn)
    if found is None or found["family"]:
        raise StructureError(
            "{value} is neither a tag URN nor the raw URN of an EPC.",
            where="urn",
            remedy="Write urn:epc:tag:sgtin-96:3.9506000.013435.123 or urn:epc:raw:96.x and 24 digits.",
            value=shown(urn),
        )
    size = int(found["size"])
    number = int(found["decimal"] or "0") if found["decimal"] else int(found["hexadecimal"] or "0", 16)
    if number >> size or size > MOST_BYTES * 8:
        raise StructureError(
            "{value} tells more bits than its size, or than the 496 of a tag.",
            where="urn",
            remedy="Compare the number in front of the dot with the digits behind it.",
            value=shown(urn),
        )
    words = (size + 15) // 16
    return (number << (words * 16 - size)).to_bytes(words * 2)


def _of_tag_urn(urn: str) -> bytes:
    identifier = identifier_of_urn(urn)
    rest = urn[12:]
    name, _, body = (rest.partition(":")[2] if rest.startswith("[") else rest).partition(":")
    layout = _NAMES.get(name.lower())
    if identifier is None or layout is None:
        raise StructureError(
            "{value} is neither a tag URN nor the raw URN of an EPC.",
            where="urn",
            remedy="Write urn:epc:tag:sgtin-96:3.9506000.013435.123 or urn:epc:raw:96.x and 24 digits.",
            value=shown(urn),
        )
    value = 0
    if layout.filter_bits:
        told, _, body = body.partition(".")
        value = int(told)
    length = len(body.partition(".")[0]) if layout.urn in SCHEMES else None
    return encode_epc(identifier, company_prefix_length=length, filter=value, scheme=layout.name)
