"""What is written into the EPC memory of a UHF tag for goods and containers, and what it says when read back.

A tag always tells the key. Where its memory has room it also tells expiry and lot, so that a reader without
network knows them: ``DSGTIN+`` puts the date in front, at a place by which readers can select, and ``+AIDC``
data stand behind the key. What has no room is left out and told: the platform knows it by the key.

Sources: EPC Tag Data Standard 2.3 §9 (memory), §10 (filter values), §14.5, §15; EPC UHF Gen2 2.1 §6.3.2.1.2
(protocol control word).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from suyuan.readers.errors import TagTooSmall
from suyuan.trace.gs1 import EncodingError, Epc, Identifier, TagError, decode_epc, encode_epc
from suyuan.trace.gs1.tags.schemes import DATES
from suyuan.trace.gs1.verdict import Elements

SMALLEST_EPC_BITS = 96
"""EPC memory that every UHF tag sold today has at least."""
EXPIRY, LOT = "17", "10"

_WORD_BITS, _LENGTH_SHIFT, _MOST_WORDS = 16, 11, 31
_USER_MEMORY, _EXTENDED, _NOT_EPC, _ATTRIBUTES = 0x0400, 0x0200, 0x0100, 0x00FF
_POINT_OF_SALE = 1
_NAMING = {"01": ("21",), "414": ("254",), "8010": ("8011",), "8006": ("21",)}
"""Qualifiers that an EPC needs; others of a key (lot, variant) are data beside it."""


@dataclass(frozen=True, slots=True)
class Pc:
    """A protocol control word: ``words`` of EPC behind it, and what else the tag says of its memory.

    ``user_memory`` and ``extended`` (an XPC word follows) are set by the chip itself. Where ``iso`` is set
    the memory is no EPC, and ``attributes`` are an application family (ISO/IEC 15961); otherwise the last of
    the eight attribute bits marks hazardous goods.
    """

    words: int
    user_memory: bool = False
    extended: bool = False
    iso: bool = False
    attributes: int = 0

    @property
    def word(self) -> int:
        """The sixteen bits.

        >>> hex(Pc(6).word)
        '0x3000'
        """
        return (
            self.words << _LENGTH_SHIFT
            | (_USER_MEMORY if self.user_memory else 0)
            | (_EXTENDED if self.extended else 0)
            | (_NOT_EPC if self.iso else 0)
            | self.attributes
        )


def pc_of(word: int) -> Pc:
    """The protocol control word ``word`` taken apart.

    >>> pc_of(0x3400)
    Pc(words=6, user_memory=True, extended=False, iso=False, attributes=0)
    """
    return Pc(
        word >> _LENGTH_SHIFT & _MOST_WORDS,
        bool(word & _USER_MEMORY),
        bool(word & _EXTENDED),
        bool(word & _NOT_EPC),
        word & _ATTRIBUTES,
    )


@dataclass(frozen=True, slots=True)
class EpcPlan:
    """What to write: ``epc`` in whole words from bit 20h of the bank on, with the protocol control ``pc``.

    ``told`` are the elements that the tag tells beside its key, ``left_out`` those that had no room.
    """

    epc: bytes
    pc: Pc
    scheme: str
    told: Elements
    left_out: Elements


def epc_for(
    thing: Identifier,
    *,
    epc_bits: int = SMALLEST_EPC_BITS,
    lot: str = "",
    expiry: date | None = None,
    data: Elements = (),
    company_prefix_length: int | None = None,
    filter: int | None = None,  # noqa: A002 - the word of the standard
    whole: bool = False,
) -> EpcPlan:
    """What to write on a tag for ``thing``: an item with serial, a unit (SSCC), an asset (GRAI, GIAI), ….

    As much is told as there is room for, expiry before lot, and lot before ``data`` in their order. The key
    alone is written by the shortest scheme that holds it, the 96-bit one where the length of the company
    prefix is known. Pure.

    Args:
        thing: with a GS1 key; a lot that it tells beside its serial counts as ``lot``.
        epc_bits: room for the EPC on this chip (:func:`suyuan.readers.tags.tid.chip_of`, or 96).
        lot: AI 10, up to twenty characters of CSET 82: a Chinese lot name has to have a code.
        expiry: AI 17, the day after which the food is not to be used.
        data: further elements such as ``("15", "270131")`` (best before).
        company_prefix_length: where the GS1 licence is known; needed for the schemes of before.
        filter: by default 1 (point of sale) for trade items, else 0.
        whole: refuse the tag rather than leave something out.

    Raises:
        EncodingError: a key or a value that no tag can hold, or that breaks a rule of GS1.
        TagTooSmall: not even the key fits, or with ``whole`` not everything.
    """
    key = _key(thing)
    wanted = _wanted(thing, lot, expiry, data)
    trade_item = thing.value("01") is not None
    value = filter if filter is not None else _POINT_OF_SALE if trade_item else 0
    everything = _encoded(key, wanted, value, company_prefix_length)
    if whole or everything.fits(epc_bits):
        made, told = everything, wanted
    else:
        made, told = _as_much_as_fits(key, wanted, value, company_prefix_length, epc_bits)
    if not made.fits(epc_bits):
        raise TagTooSmall(
            "{key} needs {needed} bits of EPC memory, and this tag has {there}.",
            remedy="Take a tag with more EPC memory, such as one of 128 bits, or a shorter serial of digits.",
            key=thing.key,
            needed=made.bits,
            there=epc_bits,
        )
    left_out = tuple(each for each in wanted if each not in told)
    return EpcPlan(made.epc, Pc(made.bits // _WORD_BITS), made.scheme, told, left_out)


def told_by(pc: int, epc: bytes) -> Epc:
    """What a tag says whose bank holds the protocol control word ``pc`` and from bit 20h on ``epc``.

    ``epc`` may be longer than the word says: the rest of the memory is not looked at.

    Raises:
        TagError: it is a tag of another numbering (ISO), cut off, or no EPC.
    """
    control = pc_of(pc)
    if control.iso:
        raise TagError(
            "The tag is not numbered as an EPC: application family {family} of ISO/IEC 15961.",
            where="PC",
            remedy="Take a tag of GS1, or encode this one anew.",
            family=f"{control.attributes:02X}",
        )
    size = control.words * _WORD_BITS // 8
    if len(epc) < size:
        raise TagError(
            "The tag says that its EPC has {words} words, and {found} bytes were read.",
            where="PC",
            remedy="Read the tag again.",
            words=control.words,
            found=len(epc),
        )
    return decode_epc(epc[:size])


def _key(thing: Identifier) -> Identifier:
    """``thing`` without what is data on a tag."""
    if not thing.ais:
        return thing
    needed = _NAMING.get(thing.ais[0][0], ())
    return Identifier(thing.key, thing.kind, (thing.ais[0], *(e for e in thing.ais[1:] if e[0] in needed)))


def _wanted(thing: Identifier, lot: str, expiry: date | None, data: Elements) -> Elements:
    """The elements beside the key, the most important one first."""
    own = thing.value(LOT) or ""
    if lot and own and lot != own:
        raise EncodingError(
            "{key} belongs to lot {own}, and {lot} is to be written.",
            where="lot",
            remedy="Give the lot once.",
            key=thing.key,
            own=own,
            lot=lot,
        )
    dates = ((EXPIRY, expiry.strftime("%y%m%d")),) if expiry is not None else ()
    lots = ((LOT, lot or own),) if lot or own else ()
    named = _key(thing).ais
    others = tuple(each for each in thing.ais if each not in named and each[0] != LOT)
    return (*dates, *lots, *others, *data)


@dataclass(frozen=True, slots=True)
class _Encoded:
    """An encoding; without ``epc`` no tag has so much room."""

    epc: bytes
    scheme: str
    bits: int

    def fits(self, room: int) -> bool:
        return bool(self.epc) and self.bits <= room


def _as_much_as_fits(
    key: Identifier, wanted: Elements, value: int, prefix: int | None, room: int
) -> tuple[_Encoded, Elements]:
    """The key with each of ``wanted``, which may stand together, that finds room beside those before it."""
    made = _encoded(key, (), value, prefix)
    told: Elements = ()
    for each in wanted:
        try:
            larger = _encoded(key, (*told, each), value, prefix)
        except EncodingError:
            continue  # it may not stand without one that is not told
        if larger.fits(room):
            made, told = larger, (*told, each)
    return made, told


def _encoded(key: Identifier, told: Elements, value: int, prefix: int | None) -> _Encoded:
    """The memory that tells ``told`` beside the key."""
    if not told and prefix is not None:
        try:
            epc = encode_epc(key, company_prefix_length=prefix, filter=value)
            return _Encoded(epc, decode_epc(epc).scheme, len(epc) * 8)
        except EncodingError as error:
            if error.where == "company_prefix_length":
                raise
            # a serial that 96 bits cannot hold: the scheme with + can
    dated = key.value("01") is not None and any(ai in DATES for ai, _ in told)
    try:
        epc = encode_epc(key, filter=value, scheme="DSGTIN+" if dated else None, data=told)
    except EncodingError as error:
        needed = error.fields.get("needed")
        if not isinstance(needed, int):
            raise
        return _Encoded(b"", "", needed)
    return _Encoded(epc, decode_epc(epc).scheme, len(epc) * 8)
