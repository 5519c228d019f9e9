"""EPC memory for an identifier: one encoder walks the rows of the table of schemes.

Source: EPC Tag Data Standard 2.3 §14.3, §14.5 and §15.
"""

from __future__ import annotations

from collections.abc import Sequence

from suyuan.trace.gs1.errors import EncodingError, shown
from suyuan.trace.gs1.identifier import Identifier
from suyuan.trace.gs1.tags.bits import Memory
from suyuan.trace.gs1.tags.data import CODINGS, write_data
from suyuan.trace.gs1.tags.epc import MOST_BYTES
from suyuan.trace.gs1.tags.hostname import is_hostname, write_hostname
from suyuan.trace.gs1.tags.moments import Moment
from suyuan.trace.gs1.tags.schemes import DATES, LAYOUTS, Layout
from suyuan.trace.gs1.urn import (
    FOREIGN_SCHEMES,
    LONGEST_PREFIX,
    SCHEMES,
    SHORTEST_PREFIX,
    fields_of,
    foreign_fields,
)
from suyuan.trace.gs1.verdict import Elements, verdict_of

_WORD = 16
_SMALLEST = {
    "01": "SGTIN-96", "00": "SSCC-96", "414": "SGLN-96", "8003": "GRAI-96", "8004": "GIAI-96",
    "8017": "GSRNP-96", "8018": "GSRN-96", "253": "GDTI-96", "255": "SGCN-96", "8006": "ITIP-110",
    "8010": "CPI-96",
}  # fmt: skip
_NEWER = {
    layout.ais[0]: name.rstrip("+") for name, layout in LAYOUTS.items() if layout.ais and not layout.dated
}
_FOREIGN = {"gid": "GID-96", "usdod": "USDOD-96", "adi": "ADI-var"}
_MOMENT = Moment()


def encode_epc(
    identifier: Identifier,
    *,
    company_prefix_length: int | None = None,
    filter: int = 0,  # noqa: A002 - the word of the standard
    scheme: str | None = None,
    data: Sequence[tuple[str, str]] = (),
    hostname: str = "",
) -> bytes:
    """The EPC memory for ``identifier``, in whole 16-bit words.

    Without ``scheme`` it is the 96-bit one of the key, which every UHF tag has room for; where that cannot
    say it (no ``company_prefix_length``, ``data`` beside the key, a ``hostname``) the one with ``+``. Of the
    dates in ``data``, a scheme with a prioritised date puts the first one in front.

    Raises :class:`~suyuan.trace.gs1.errors.EncodingError` where it does not fit.
    """
    value, size = encoded(
        identifier,
        company_prefix_length=company_prefix_length,
        filter=filter,
        scheme=scheme,
        data=data,
        hostname=hostname,
    ).padded_to(_WORD)
    return value.to_bytes(size // 8)


def encoded(
    identifier: Identifier,
    *,
    company_prefix_length: int | None = None,
    filter: int = 0,  # noqa: A002 - the word of the standard
    scheme: str | None = None,
    data: Sequence[tuple[str, str]] = (),
    hostname: str = "",
) -> Memory:
    """The bits for ``identifier`` without padding; see :func:`encode_epc`."""
    name = scheme or _chosen(identifier, company_prefix_length, data, hostname)
    memory = Memory(identifier.key, name)
    layout = _layout(memory, name, identifier)
    memory.put(layout.header, 8)
    if not 0 <= filter < 1 << layout.filter_bits:
        raise memory.fault(
            "{key} cannot be written as {scheme}: filter {filter} is not between 0 and {most}.",
            where="filter",
            remedy="Choose a filter value of EPC Tag Data Standard section 10.",
            filter=filter,
            most=(1 << layout.filter_bits) - 1,
        )
    if not layout.ais:
        if data or hostname:
            raise memory.fault(
                "{key} cannot be written as {scheme}: it has no room for data beside the key.",
                where="scheme",
                remedy="Choose the scheme with + for data, the one with ++ for a hostname too.",
            )
        memory.put(filter, layout.filter_bits)
        _write_texts(memory, layout, _fields(memory, layout, identifier, company_prefix_length))
        return memory
    _write_newer(memory, layout, identifier, filter, tuple(data), hostname)
    if memory.size > MOST_BYTES * 8:
        raise memory.fault(
            "{key} cannot be written as {scheme}: it takes {needed} bits, a tag has at most 496.",
            where="data",
            remedy="Leave some of the data out.",
            needed=memory.size,
        )
    return memory


def _chosen(
    identifier: Identifier, length: int | None, data: Sequence[tuple[str, str]], hostname: str
) -> str:
    """The scheme to write where the caller names none; empty where the key has none."""
    if not identifier.ais:
        parts = identifier.key.split(":", 4)
        return _FOREIGN.get(parts[3], "") if parts[:3] == ["urn", "epc", "id"] else ""
    primary = identifier.ais[0][0]
    if length is not None and not data and not hostname:
        return _SMALLEST.get(primary, "")
    name = _NEWER.get(primary, "")
    return name and name + ("++" if hostname else "+")


def _layout(memory: Memory, name: str, identifier: Identifier) -> Layout:
    """The row of the scheme ``name``, if it is one of the key."""
    layout = LAYOUTS.get(name)
    if layout is not None and layout.withdrawn:
        raise memory.fault(
            "{key} cannot be written as {scheme}: the scheme is withdrawn, it is only read.",
            where="scheme",
            remedy="Choose GDTI-174 or GDTI+.",
        )
    if layout is not None:
        if not identifier.ais and identifier.key.startswith(f"urn:epc:id:{layout.urn}:"):
            return layout
        own = SCHEMES.get(layout.urn)
        if own is not None and identifier.ais and identifier.ais[0][0] == own.ai:
            return layout
    raise memory.fault(
        "{key} cannot be written as {scheme}: there is no such binary scheme for this key.",
        where="scheme",
        remedy="Choose a scheme of this key, such as SGTIN-96 for a GTIN with serial, or none.",
    )


def _fields(memory: Memory, layout: Layout, identifier: Identifier, length: int | None) -> tuple[str, ...]:
    """The texts of a scheme with partition tables."""
    if layout.urn in FOREIGN_SCHEMES:
        return foreign_fields(identifier)
    if length is None or not SHORTEST_PREFIX <= length <= LONGEST_PREFIX:
        raise memory.fault(
            "{key} cannot be written as {scheme}: a company prefix has 6 to 12 digits, not {length}.",
            where="company_prefix_length",
            remedy="Look the length up in the company's GS1 licence, or choose the scheme with +.",
            length=length or 0,
        )
    fields = fields_of(SCHEMES[layout.urn], identifier, length)
    if fields is None:
        raise memory.fault(
            "{key} cannot be written as {scheme}: it does not begin with a prefix of {length} digits.",
            where="company_prefix_length",
            remedy="Look the length up in the company's GS1 licence, or choose the scheme with +.",
            length=length,
        )
    if not fields[-1] and len(fields) > 2:  # noqa: PLR2004 - prefix and reference
        raise _class_told(memory)
    return fields


def _class_told(memory: Memory) -> EncodingError:
    return memory.fault(
        "{key} cannot be written as {scheme}: it names a class; only single things carry an EPC.",
        where="serial",
        remedy="Add the serial number.",
    )


def _write_texts(memory: Memory, layout: Layout, texts: tuple[str, ...]) -> None:
    at = 0
    for segment in layout.body:
        segment.write(memory, texts[at : at + segment.count])
        at += segment.count


def _write_newer(
    memory: Memory, layout: Layout, identifier: Identifier, value: int, data: Elements, hostname: str
) -> None:
    """The rest of a scheme with ``+``, from its toggle on."""
    date = next((each for each in data if each[0] in DATES), None) if layout.dated else None
    beside = tuple(each for each in data if each is not date)
    _check_data(memory, layout, identifier, data)
    memory.put(1 if beside else 0, 1)
    memory.put(value, layout.filter_bits)
    if layout.dated:
        if date is None or not _MOMENT.fits(date[1]):
            raise memory.fault(
                "{key} cannot be written as {scheme}: it needs a date of six digits.",
                where="date",
                remedy="Add one of the dates 11, 13, 15, 16, 17, 7006 and 7007, or choose SGTIN+.",
            )
        memory.put(DATES.index(date[0]), 4)
        _MOMENT.write(memory, date[1])
    _write_texts(memory, layout, _values(memory, layout, identifier))
    if layout.hosted:
        if not is_hostname(hostname):
            raise memory.fault(
                "{key} cannot be written as {scheme}: {value} is no hostname of at most 63 characters.",
                where="hostname",
                remedy="Name the host alone, without https:// and path, or choose the scheme with one +.",
                value=shown(hostname),
            )
        write_hostname(memory, hostname)
    elif hostname:
        raise memory.fault(
            "{key} cannot be written as {scheme}: it has no room for a hostname.",
            where="hostname",
            remedy="Choose the scheme with ++.",
        )
    write_data(memory, beside)


def _check_data(memory: Memory, layout: Layout, identifier: Identifier, data: Elements) -> None:
    """Raise where ``data`` say again what the EPC says, break a rule of GS1, or may not stand beside it."""
    told = set(layout.ais)
    if not data:
        return
    for ai, value in data:
        if ai in told or identifier.value(ai) not in (None, value):
            raise memory.fault(
                "{key} cannot be written as {scheme}: AI {ai} is told twice.",
                where=shown(ai),
                remedy="Give every AI once, and a lot as the identifier says it.",
                ai=shown(ai),
            )
        told.add(ai)
    if not all(ai in CODINGS for ai in told):
        return  # which is told when it comes to writing them
    own = tuple(each for each in identifier.ais if each[0] in layout.ais)
    fault = verdict_of((*own, *data)).fault
    if fault is not None:
        error = fault.error()
        fields = {**error.fields, "key": shown(identifier.key), "scheme": layout.name}
        raise EncodingError(error.template, where=error.where, remedy=error.remedy, **fields)


def _values(memory: Memory, layout: Layout, identifier: Identifier) -> tuple[str, ...]:
    """The texts of a scheme with ``+``: the values of its AIs, cut where one value has two parts."""
    texts: list[str] = []
    for index, ai in enumerate(layout.ais):
        value = identifier.value(ai) or ("0" if ai == "254" else "")
        if layout.cut:
            value = value[layout.cut :] if index else value[: layout.cut]
        if not value:
            raise _class_told(memory)
        texts.append(value)
    return tuple(texts)
