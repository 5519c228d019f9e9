"""EPC memory of a tag to what it says: one decoder walks the rows of the table of schemes.

Source: EPC Tag Data Standard 2.3 §14.4, §14.5 and §15.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from suyuan.trace.gs1.application_identifiers import KEYS
from suyuan.trace.gs1.errors import IdentifierError, TagError, shown
from suyuan.trace.gs1.identifier import (
    Identifier,
    assembled,
    checked,
    digital_link,
    escaped,
)
from suyuan.trace.gs1.tags.bits import READ_AGAIN, Bits
from suyuan.trace.gs1.tags.data import read_data
from suyuan.trace.gs1.tags.hostname import read_hostname
from suyuan.trace.gs1.tags.moments import Moment
from suyuan.trace.gs1.tags.schemes import BY_HEADER, DATES, LAYOUTS, Layout, filter_name
from suyuan.trace.gs1.urn import (
    FOREIGN_SCHEMES,
    SCHEMES,
    elements_of_fields,
    foreign_identifier,
    urn_of,
)
from suyuan.trace.gs1.verdict import Elements, Verdict, verdict_of

MOST_BYTES = 62
"""EPC memory is at most 31 words of 16 bits (the length field of the protocol control word has 5 bits)."""

_INTO_THE_NAME = ("22", "10")
_MOMENT = Moment()


@dataclass(frozen=True, slots=True)
class Epc:
    """What a tag says it is on.

    ``scheme`` is the binary scheme (``SGTIN-96``), ``filter`` its filter value, ``company_prefix_length`` the
    digits of the GS1 company prefix, 0 where the scheme does not tell them. ``data`` are the element strings
    that the tag says beside its EPC, in its order, a prioritised date first; a lot among them is told by the
    identifier too. ``hostname`` is who should resolve the link, empty where the tag names nobody.
    """

    scheme: str
    filter: int
    company_prefix_length: int
    identifier: Identifier
    data: Elements = ()
    hostname: str = ""

    @property
    def filter_name(self) -> str:
        """What the filter value means, empty where it is reserved."""
        return filter_name(LAYOUTS[self.scheme], self.filter)

    @property
    def urn(self) -> str | None:
        """The pure identity URN, None where the scheme does not tell the company prefix."""
        if not self.company_prefix_length:
            return None if self.identifier.ais else self.identifier.key
        return urn_of(self.identifier, self.company_prefix_length)

    @property
    def tag_urn(self) -> str | None:
        """The tag URN, which also tells scheme and filter; None for the schemes that have none."""
        urn, layout = self.urn, LAYOUTS[self.scheme]
        if urn is None or layout.ais:
            return None
        value = f"{self.filter}." if layout.filter_bits else ""
        return f"urn:epc:tag:{self.scheme.lower()}:{value}{urn.split(':', 4)[4]}"

    @property
    def verdict(self) -> Verdict:
        """Whether all that the tag says keeps the rules of GS1. A tag is read even where it does not."""
        beside = tuple(each for each in self.data if self.identifier.value(each[0]) is None)
        return verdict_of((*self.identifier.ais, *beside))

    def link(self, base: str = "") -> str | None:
        """The Digital Link that says all of it, below ``base`` or the tag's own host or that of GS1.

        None where there is no GS1 key.
        """
        if not self.identifier.ais:
            return None
        own = {ai for ai, _ in self.identifier.ais}
        primary, *finer = (ai for ai, _ in self.identifier.ais)
        order = next((order for order in KEYS[primary] if order and set(finer) <= set(order)), ())
        path = [(ai, value) for ai, value in self.data if ai in order and ai not in own]
        query = "&".join(f"{ai}={escaped(text)}" for ai, text in self.data if ai not in own.union(order))
        base = base or f"https://{self.hostname.lower() or 'id.gs1.org'}"
        return digital_link((*self.identifier.ais, *path), base) + (f"?{query}" if query else "")


def decode_epc(data: bytes) -> Epc:
    """The EPC in ``data``, the EPC memory of a tag from its header on (zero padding at the end is ignored).

    Total: whatever the bytes are, it returns or raises :class:`~suyuan.trace.gs1.errors.TagError`.
    Constant time and memory, since no more than :data:`MOST_BYTES` are looked at.
    """
    layout = BY_HEADER.get(data[0]) if 0 < len(data) <= MOST_BYTES else None
    bits = Bits(data[:MOST_BYTES])
    if layout is None:
        _refuse(bits, data)
    bits.at = 8
    if layout.ais:
        return _decode_newer(layout, bits)
    value = bits.take(layout.filter_bits, "filter")
    texts = _texts(layout, bits)
    if bits.rest:
        raise bits.fault(
            "The tag holds {bits}: there are bits behind the {needed} of {scheme}.",
            where="EPC memory",
            needed=bits.at,
            scheme=layout.name,
        )
    try:
        if layout.urn in FOREIGN_SCHEMES:
            return Epc(layout.name, value, 0, foreign_identifier(layout.urn, texts))
        identifier = assembled(elements_of_fields(SCHEMES[layout.urn], texts))
    except IdentifierError as error:
        raise _wrong(bits, error) from error
    return Epc(layout.name, value, len(texts[0]), identifier)


def _texts(layout: Layout, bits: Bits) -> list[str]:
    texts: list[str] = []
    for segment in layout.body:
        texts += segment.read(bits)
    return texts


def _decode_newer(layout: Layout, bits: Bits) -> Epc:
    """An EPC of a scheme with ``+``. The toggle in front of the filter says no more than the data do."""
    bits.take(1, "data toggle")
    value = bits.take(layout.filter_bits, "filter")
    date = (_date(bits),) if layout.dated else ()
    elements: dict[str, str] = {}
    for ai, text in zip(layout.ais, _texts(layout, bits), strict=True):
        elements[ai] = elements.get(ai, "") + text
    hostname = read_hostname(bits) if layout.hosted else ""
    data = (*date, *read_data(bits))
    named = [(ai, text) for ai, text in data if ai in _INTO_THE_NAME and "21" in elements]
    told = {*elements, *(ai for ai, _ in data)}
    if len(told) < len(elements) + len(data):
        raise bits.fault("The tag holds {bits}: an AI is told twice.", where="data")
    try:
        identifier = assembled(checked([*elements.items(), *named]))
    except IdentifierError as error:
        raise _wrong(bits, error) from error
    return Epc(layout.name, value, 0, identifier, data, hostname)


def _date(bits: Bits) -> tuple[str, str]:
    """A prioritised date (§14.5.3): what it is the date of, and the date."""
    kind = bits.take(4, "date")
    if kind >= len(DATES):
        raise bits.fault("The tag holds {bits}: date type {kind} is reserved.", where="date", kind=kind)
    return DATES[kind], _MOMENT.read(bits, DATES[kind])


def _wrong(bits: Bits, error: IdentifierError) -> TagError:
    """Well-formed bits that say what cannot be a key: the key's own fault, told of the tag."""
    fields = {**error.fields, "bits": shown(bits.data.hex().upper())}
    return TagError(error.template, where=error.where, remedy=READ_AGAIN, **fields)


def _refuse(bits: Bits, data: bytes) -> NoReturn:
    """Raise for ``data`` that do not even begin like an EPC."""
    if len(data) > MOST_BYTES:
        raise bits.fault(
            "The tag holds {bits} and more: there are {found} bytes, a tag has at most 62.",
            where="EPC memory",
            found=len(data),
        )
    if not any(data):
        raise bits.fault(
            "The tag is not programmed.", where="EPC memory", remedy="Encode the tag, then read it again."
        )
    raise bits.fault(
        "The tag holds {bits}: header {header} belongs to no EPC scheme.",
        where="EPC memory",
        header=f"{data[0]:02X}",
    )
