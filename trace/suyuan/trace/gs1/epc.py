"""EPC binary encodings: what the EPC memory of a UHF tag holds, to an identifier and back.

Source: EPC Tag Data Standard 2.3 §14 (the classic schemes with partition tables). Every scheme is a header,
a filter value, a partition that tells the length of the company prefix, prefix and reference in a common
number of bits, then a serial as integer or 7-bit characters, or unused zero bits. The schemes of TDS 2.0 on
(``SGTIN+`` and the like) are recognised by name and refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from suyuan.trace.gs1.elements import check_digit
from suyuan.trace.gs1.errors import EncodingError, IdentifierError, TagError, shown
from suyuan.trace.gs1.identifier import Identifier, assembled, checked
from suyuan.trace.gs1.urn import LONGEST_PREFIX, SCHEMES, SHORTEST_PREFIX, Scheme, urn_of
from suyuan.trace.gs1.verdict import Elements

MOST_BYTES = 62
"""EPC memory is at most 31 words of 16 bits (the length field of the protocol control word has 5 bits)."""

_NUMBER = re.compile("0|[1-9][0-9]{0,24}")
_START = 14  # header 8, filter 3, partition 3
_PREFIX_BITS = (40, 37, 34, 30, 27, 24, 20)  # by partition: company prefix of 12, 11 … 6 digits
_GREATEST_FILTER = 7


@dataclass(frozen=True, slots=True)
class _Row:
    """One partition of a layout, ready for shifting: numbers are counted from the right end."""

    length: int
    prefix_shift: int
    prefix_mask: int
    prefix_limit: int
    reference_shift: int
    reference_mask: int
    reference_digits: int
    reference_limit: int


@dataclass(frozen=True, slots=True)
class _Layout:
    """One binary scheme. ``common`` bits hold prefix and reference, ``serial`` bits what follows them.

    For a GIAI the reference itself is the free part, so ``serial`` is 0 and ``form`` describes it.
    """

    name: str
    header: int
    scheme: Scheme
    bits: int
    common: int
    form: Literal["integer", "characters", "none"]
    rows: tuple[_Row, ...]

    @property
    def serial(self) -> int:
        """How many bits follow the reference."""
        return self.bits - _START - self.common

    @property
    def size(self) -> int:
        """Bytes of EPC memory, in whole words of 16 bits."""
        return (self.bits + 15) // 16 * 2


def _layout(
    name: str, header: int, bits: int, common: int, form: Literal["integer", "characters", "none"]
) -> _Layout:
    scheme = SCHEMES[name.partition("-")[0].lower()]
    rest = bits - _START - common
    rows: list[_Row] = []
    for partition, prefix_bits in enumerate(_PREFIX_BITS):
        length = LONGEST_PREFIX - partition
        digits = scheme.digits - length if scheme.digits else 25 - length
        reference_bits = common - prefix_bits
        rows.append(
            _Row(
                length,
                rest + reference_bits,
                (1 << prefix_bits) - 1,
                10**length,
                rest,
                (1 << reference_bits) - 1,
                digits,
                10**digits,
            )
        )
    return _Layout(name, header, scheme, bits, common, form, tuple(rows))


LAYOUTS: dict[str, _Layout] = {
    layout.name: layout
    for layout in (
        _layout("SGTIN-96", 0x30, 96, 44, "integer"),
        _layout("SGTIN-198", 0x36, 198, 44, "characters"),
        _layout("SSCC-96", 0x31, 96, 58, "none"),
        _layout("SGLN-96", 0x32, 96, 41, "integer"),
        _layout("SGLN-195", 0x39, 195, 41, "characters"),
        _layout("GRAI-96", 0x33, 96, 44, "integer"),
        _layout("GRAI-170", 0x37, 170, 44, "characters"),
        _layout("GIAI-96", 0x34, 96, 82, "integer"),
        _layout("GIAI-202", 0x38, 202, 188, "characters"),
        _layout("GSRN-96", 0x2D, 96, 58, "none"),
        _layout("GSRNP-96", 0x2E, 96, 58, "none"),
        _layout("GDTI-96", 0x2C, 96, 41, "integer"),
        _layout("GDTI-174", 0x3E, 174, 41, "characters"),
    )
}
_BY_HEADER = {layout.header: layout for layout in LAYOUTS.values()}
_SMALLEST = {
    "01": "SGTIN-96",
    "00": "SSCC-96",
    "414": "SGLN-96",
    "8003": "GRAI-96",
    "8004": "GIAI-96",
    "8017": "GSRNP-96",
    "8018": "GSRN-96",
    "253": "GDTI-96",
}
_LARGER = {
    "SGTIN-96": "SGTIN-198 holds any serial, on a tag with 208 bits of EPC memory.",
    "SGLN-96": "SGLN-195 holds any extension, on a tag with 208 bits of EPC memory.",
    "GRAI-96": "GRAI-170 holds any serial, on a tag with 176 bits of EPC memory.",
    "GIAI-96": "GIAI-202 holds any reference, on a tag with 208 bits of EPC memory.",
    "GDTI-96": "GDTI-174 holds any serial, on a tag with 176 bits of EPC memory.",
}
_NOT_READ = {
    0x2F: "USDOD-96", 0x35: "GID-96", 0x3B: "ADI", 0x3C: "CPI-96", 0x3D: "CPI", 0x3F: "SGCN-96",
    0x40: "ITIP-110", 0x41: "ITIP-212", 0xE6: "CPI++", 0xE7: "GSRN++", 0xE8: "GSRNP++", 0xE9: "SGLN++",
    0xEA: "GDTI++", 0xEB: "GRAI++", 0xEC: "SGCN++", 0xED: "ITIP++", 0xEE: "GIAI++", 0xEF: "SSCC++",
    0xF0: "CPI+", 0xF1: "GRAI+", 0xF2: "SGLN+", 0xF3: "ITIP+", 0xF4: "GSRN+", 0xF5: "GSRNP+", 0xF6: "GDTI+",
    0xF7: "SGTIN+", 0xF8: "SGCN+", 0xF9: "SSCC+", 0xFA: "GIAI+", 0xFB: "DSGTIN+", 0xFC: "DSGTIN++",
    0xFD: "SGTIN++",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Epc:
    """What a tag says it is on. ``scheme`` is the binary scheme (``SGTIN-96``), ``filter`` 0 to 7."""

    scheme: str
    filter: int
    company_prefix_length: int
    identifier: Identifier

    @property
    def urn(self) -> str:
        """The pure identity URN."""
        urn = urn_of(self.identifier, self.company_prefix_length)
        if urn is None:  # the table holds only schemes that have one
            raise AssertionError(self.scheme)
        return urn

    @property
    def tag_urn(self) -> str:
        """The tag URN, which also tells scheme and filter."""
        body = self.urn.split(":", 4)[4]
        return f"urn:epc:tag:{self.scheme.lower()}:{self.filter}.{body}"


def decode_epc(data: bytes) -> Epc:
    """The EPC in ``data``, the EPC memory of a tag from its header on (zero padding at the end is ignored).

    Total: whatever the bytes are, it returns or raises :class:`~suyuan.trace.gs1.errors.TagError`.
    Constant time and memory, since no more than :data:`MOST_BYTES` are looked at.
    """
    layout = _BY_HEADER.get(data[0]) if data else None
    if layout is None or len(data) > MOST_BYTES:
        raise _unreadable(data)
    size = len(data) * 8
    number = int.from_bytes(data)
    excess = size - layout.bits
    if excess < 0:
        raise _broken(
            data,
            "{scheme} needs {needed} bits, there are {found}",
            scheme=layout.name,
            needed=layout.bits,
            found=size,
        )
    bits = number >> excess
    if bits << excess != number:
        raise _broken(
            data, "bits are set behind the {needed} bits of {scheme}", scheme=layout.name, needed=layout.bits
        )
    partition = (data[1] >> 2) & 7
    if partition >= len(layout.rows):
        raise _broken(data, "partition {partition} does not exist", partition=partition)
    row = layout.rows[partition]
    prefix = (bits >> row.prefix_shift) & row.prefix_mask
    reference = (bits >> row.reference_shift) & row.reference_mask
    if prefix >= row.prefix_limit:
        raise _broken(
            data, "company prefix {prefix} has more than {most} digits", prefix=prefix, most=row.length
        )
    serial = bits & ((1 << row.reference_shift) - 1)
    ais = _elements(layout, row, prefix=prefix, reference=reference, serial=serial, data=data)
    return Epc(layout.name, data[1] >> 5, row.length, assembled(ais))


def _elements(
    layout: _Layout, row: _Row, *, prefix: int, reference: int, serial: int, data: bytes
) -> Elements:
    """The element strings of the numbers in a tag."""
    scheme = layout.scheme
    head = f"{prefix:0{row.length}}"
    if not scheme.digits:
        free = _free(layout, reference, layout.common - _PREFIX_BITS[LONGEST_PREFIX - row.length], data)
        return _checked(((scheme.ai, head + free),), data)
    if reference >= row.reference_limit:
        raise _broken(
            data,
            "reference {reference} has more than {most} digits",
            reference=reference,
            most=row.reference_digits,
        )
    tail = f"{reference:0{row.reference_digits}}" if row.reference_digits else ""
    digits = tail[0] + head + tail[1:] if scheme.leading else head + tail
    key = f"{digits}{check_digit(digits)}"
    if layout.form == "none":
        if serial:
            raise _broken(data, "the unused bits of {scheme} are not zero", scheme=layout.name)
        return ((scheme.ai, key),)
    last = _free(layout, serial, layout.serial, data)
    if scheme.last == "tail":
        key = "0" + key if scheme.ai == "8003" else key
        return _checked(((scheme.ai, key + last),), data)
    if layout.form == "integer" and last != "0":
        return ((scheme.ai, key), (scheme.last or "", last))
    return _checked(((scheme.ai, key), (scheme.last or "", last)), data)


def _free(layout: _Layout, value: int, width: int, data: bytes) -> str:
    """The free part of an EPC (serial, extension, asset reference): an integer or 7-bit characters."""
    if layout.form == "integer":
        return str(value)
    count = width // 7
    value >>= width - 7 * count
    characters = bytes((value >> 7 * i) & 0x7F for i in range(count - 1, -1, -1)).rstrip(b"\0")
    if not characters or 0 in characters:
        raise _broken(data, "the serial is empty or has a gap")
    return characters.decode("ascii")


def _checked(ais: Elements, data: bytes) -> Elements:
    """``ais``, once their characters and lengths are those of the key."""
    try:
        return checked(ais)
    except IdentifierError as error:
        raise _broken(data, error.template.rstrip("."), **error.fields) from error


def _broken(data: bytes, fault: str, /, **fields: object) -> TagError:
    return TagError(
        "The tag holds {bits}, which is no EPC: " + fault + ".",
        where="EPC memory",
        remedy="Read the tag again; if it says the same, encode it anew or take it out of use.",
        bits=shown(data.hex().upper()),
        **fields,
    )


def _unreadable(data: bytes) -> TagError:
    """Why ``data`` do not even begin like an EPC that is read here."""
    if len(data) > MOST_BYTES:
        start = data[:MOST_BYTES]
        return _broken(start, "there are {found} bytes, a tag has at most 62", found=len(data))
    if not any(data):
        return _broken(data, "the tag is not programmed")
    name = _NOT_READ.get(data[0])
    if name:
        return _broken(data, "scheme {scheme} is not one that is read here", scheme=name)
    return _broken(data, "header {header} belongs to no EPC scheme", header=f"{data[0]:02X}")


def encode_epc(
    identifier: Identifier,
    *,
    company_prefix_length: int,
    filter: int = 0,  # noqa: A002 - the word of the standard
    scheme: str | None = None,
) -> bytes:
    """The EPC memory for ``identifier``, in whole 16-bit words.

    Without ``scheme`` the 96-bit one of the key, which every UHF tag has room for. Raises
    :class:`~suyuan.trace.gs1.errors.EncodingError` where it does not fit.
    """
    primary = identifier.ais[0][0] if identifier.ais else ""
    name = scheme or _SMALLEST.get(primary, "")
    layout = LAYOUTS.get(name)
    if layout is None or layout.scheme.ai != primary:
        raise _impossible(identifier, name, "there is no such binary scheme for this key")
    if not 0 <= filter <= _GREATEST_FILTER:
        raise _impossible(identifier, name, "filter {filter} is not between 0 and 7", filter=filter)
    if not SHORTEST_PREFIX <= company_prefix_length <= LONGEST_PREFIX:
        raise _impossible(
            identifier,
            name,
            "a company prefix has 6 to 12 digits, not {length}",
            length=company_prefix_length,
        )
    partition = LONGEST_PREFIX - company_prefix_length
    row = layout.rows[partition]
    prefix, reference, last = _parts(layout, identifier, company_prefix_length)
    bits = (layout.header << 6) | (filter << 3) | partition
    bits = (bits << (layout.bits - _START)) | (int(prefix) << row.prefix_shift)
    if layout.scheme.digits:
        bits |= int(reference or "0") << row.reference_shift
        width = layout.serial
    else:
        width, last = row.reference_mask.bit_length(), reference
    if layout.form == "integer":
        bits |= _integer(identifier, layout, last, width)
    elif layout.form == "characters":
        bits |= _characters(identifier, layout, last, width)
    return (bits << (layout.size * 8 - layout.bits)).to_bytes(layout.size)


def _parts(layout: _Layout, identifier: Identifier, length: int) -> tuple[str, str, str]:
    """Company prefix, reference and the free last part of ``identifier``, as text."""
    scheme, value = layout.scheme, identifier.ais[0][1]
    if scheme.ai == "8003":
        value = value[1:]
    if not scheme.digits:
        if not value[:length].isdigit():
            raise _impossible(
                identifier, layout.name, "it does not begin with a prefix of {length} digits", length=length
            )
        return value[:length], value[length:], ""
    if scheme.last == "tail":
        last = value[scheme.digits + 1 :]
    else:
        last = (identifier.value(scheme.last) if scheme.last else None) or ("0" if scheme.ai == "414" else "")
    if layout.form != "none" and not last:
        raise _impossible(identifier, layout.name, "it names a class; only single things carry an EPC")
    digits = value[: scheme.digits]
    if scheme.leading:
        return digits[1 : 1 + length], digits[0] + digits[1 + length :], last
    return digits[:length], digits[length:], last


def _integer(identifier: Identifier, layout: _Layout, text: str, width: int) -> int:
    """``text`` as an integer of ``width`` bits."""
    if not _NUMBER.fullmatch(text):
        raise _impossible(identifier, layout.name, "its serial is not a number without leading zeros")
    if int(text) >> width:
        raise _impossible(identifier, layout.name, "its serial is above {most}", most=(1 << width) - 1)
    return int(text)


def _characters(identifier: Identifier, layout: _Layout, text: str, width: int) -> int:
    """``text`` as 7-bit characters, padded with zeros to ``width`` bits."""
    if not 0 < len(text) <= width // 7:
        raise _impossible(
            identifier, layout.name, "its serial has not 1 to {most} characters", most=width // 7
        )
    value = 0
    for character in text.encode("ascii"):
        value = value << 7 | character
    return value << (width - 7 * len(text))


def _impossible(identifier: Identifier, scheme: str, fault: str, /, **fields: object) -> EncodingError:
    return EncodingError(
        "{key} cannot be written as {scheme}: " + fault + ".",
        where="scheme",
        remedy=_LARGER.get(scheme, "Write another key, or another scheme."),
        key=shown(identifier.key),
        scheme=scheme or "EPC",
        **fields,
    )
