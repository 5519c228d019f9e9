from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.readers.errors import TagTooSmall
from suyuan.readers.tags.uhf import Pc, epc_for, pc_of, told_by
from suyuan.trace.gs1 import EncodingError, Identifier, TagError, identifier_of

GTIN = "06901234567892"
YEAR_END = date(2026, 12, 31)
EXPIRY = ("17", "261231")
LOT = ("10", "L20261122")
BEST = ("15", "261201")


def item(serial: str = "123456789", lot: str = "") -> Identifier:
    return identifier_of([("01", GTIN), *([("10", lot)] if lot else []), ("21", serial)])


def test_the_example_of_the_standard() -> None:
    """TDS 2.3 annex E.3, in whole words."""
    dated = epc_for(
        identifier_of([("01", "79521141123453"), ("21", "32a/b")]),
        epc_bits=144,
        expiry=date(2022, 6, 30),
        filter=3,
    )
    assert dated.epc.hex().upper() == "FB342CDE795211411234538566CB0AFC4000"
    classic = epc_for(
        identifier_of([("01", "09506000134352"), ("21", "123456789")]), company_prefix_length=11, filter=3
    )
    assert (classic.epc.hex().upper(), classic.scheme, hex(classic.pc.word)) == (
        "3066C4409047E140075BCD15",
        "SGTIN-96",
        "0x3000",
    )


@pytest.mark.parametrize(
    ("bits", "prefix", "scheme", "told"),
    [
        (96, None, None, ()),
        (96, 8, "SGTIN-96", ()),
        (112, None, "SGTIN+", ()),
        (128, 8, "DSGTIN+", (EXPIRY,)),
        (256, 8, "DSGTIN+", (EXPIRY, LOT, BEST)),
        (208, 8, "DSGTIN+", (EXPIRY, LOT)),
        (496, None, "DSGTIN+", (EXPIRY, LOT, BEST)),
    ],
)
def test_as_much_is_told_as_there_is_room_for(
    bits: int, prefix: int | None, scheme: str | None, told: tuple[tuple[str, str], ...]
) -> None:
    def plan() -> object:
        return epc_for(
            item(lot=LOT[1]), epc_bits=bits, expiry=YEAR_END, data=(BEST,), company_prefix_length=prefix
        )

    if scheme is None:
        with pytest.raises(TagTooSmall, match="112 bits"):
            plan()
        return
    made = epc_for(
        item(lot=LOT[1]), epc_bits=bits, expiry=YEAR_END, data=(BEST,), company_prefix_length=prefix
    )
    assert made == plan()
    assert (made.scheme, made.told) == (scheme, told)
    assert {*made.told, *made.left_out} == {EXPIRY, LOT, BEST}
    epc = told_by(made.pc.word, made.epc)
    assert (epc.identifier.key, epc.data, epc.filter) == (item().key, told, 1)
    assert not epc.verdict.faults


def test_a_lot_that_has_no_room_makes_room_for_what_has() -> None:
    made = epc_for(item("7"), epc_bits=128, lot=LOT[1], expiry=YEAR_END, data=(BEST,))
    assert (made.told, made.left_out) == ((EXPIRY, BEST), (LOT,))


def test_what_the_thing_tells_beside_its_key_is_told_or_left_out_and_never_lost() -> None:
    thing = identifier_of([("01", GTIN), ("22", "2A"), ("10", "L1"), ("21", "7")])
    made = epc_for(thing, epc_bits=160)
    assert (made.told, made.left_out) == ((("10", "L1"), ("22", "2A")), ())
    assert epc_for(thing, company_prefix_length=8).left_out == (("10", "L1"), ("22", "2A"))


def test_who_wants_all_of_it_or_nothing_gets_nothing() -> None:
    with pytest.raises(TagTooSmall) as caught:
        epc_for(item(), epc_bits=128, lot=LOT[1], expiry=YEAR_END, whole=True)
    assert (caught.value.fields["needed"], caught.value.fields["there"]) == (192, 128)
    assert epc_for(item(), epc_bits=192, lot=LOT[1], expiry=YEAR_END, whole=True).left_out == ()
    with pytest.raises(TagTooSmall, match="bits of EPC memory"):
        epc_for(item(), epc_bits=496, lot="L" * 20, data=(("240", "A" * 30), ("241", "B" * 30)), whole=True)


@pytest.mark.parametrize(
    ("ais", "scheme", "newer"),
    [
        ([("00", "395060003000000017")], "SSCC-96", "SSCC+"),
        ([("8003", "09506000134352123")], "GRAI-96", "GRAI+"),
        ([("8003", "09506000134352ABC")], "GRAI+", "GRAI+"),
        ([("8004", "950600012345")], "GIAI-96", "GIAI+"),
        ([("414", "9506000134352"), ("254", "7")], "SGLN-96", "SGLN+"),
    ],
)
def test_containers_and_places(ais: list[tuple[str, str]], scheme: str, newer: str) -> None:
    thing = identifier_of(ais)
    for prefix, expected in ((7, scheme), (None, newer)):
        made = epc_for(thing, company_prefix_length=prefix)
        assert (made.scheme, made.told, made.left_out) == (expected, (), ())
        assert told_by(made.pc.word, made.epc).identifier.key == thing.key


def test_a_crate_tells_the_lot_that_is_in_it_where_it_has_room() -> None:
    crate, inside = identifier_of([("00", "395060003000000017")]), (("02", GTIN), ("37", "24"))
    made = epc_for(crate, epc_bits=256, lot="L1", data=inside)
    assert (made.scheme, made.told, made.left_out) == ("SSCC+", (("10", "L1"), *inside), ())
    made = epc_for(crate, epc_bits=144, data=inside)
    assert (made.scheme, made.told, made.left_out) == ("SSCC+", (), inside)  # neither stands alone


@pytest.mark.parametrize(
    "make",
    [
        lambda: epc_for(identifier_of([("01", GTIN), ("10", "L1")])),  # a lot is no single thing
        lambda: epc_for(identifier_of([("01", GTIN)])),
        lambda: epc_for(item(), company_prefix_length=99),
        lambda: epc_for(item(), filter=8),
        lambda: epc_for(Identifier("https://x.example/own/product/A", "product")),
        lambda: epc_for(item(), epc_bits=496, lot="批次一"),
        lambda: epc_for(item(lot="A"), epc_bits=496, lot="B"),
        lambda: epc_for(item(), epc_bits=496, data=(("15", "261301"),)),
        lambda: epc_for(item(), epc_bits=496, data=(("9999", "1"),)),
        lambda: epc_for(item(), epc_bits=496, expiry=YEAR_END, data=(EXPIRY,)),
        lambda: epc_for(item(), epc_bits=96, lot="批次一", company_prefix_length=8),  # though it had no room
    ],
)
def test_what_no_tag_can_say_is_refused(make: object) -> None:
    with pytest.raises(EncodingError):
        make()  # type: ignore[operator] # pyright: ignore[reportCallIssue, reportUnknownVariableType]


def test_control_words() -> None:
    assert Pc(6).word == 0x3000
    assert pc_of(0x3401) == Pc(6, user_memory=True, attributes=1)
    assert pc_of(0x31A2) == Pc(6, iso=True, attributes=0xA2)
    with pytest.raises(TagError, match="application family A2"):
        told_by(0x31A2, bytes(12))
    with pytest.raises(TagError, match="6 words"):
        told_by(0x3000, bytes(10))
    with pytest.raises(TagError, match="not programmed"):
        told_by(0x3000, bytes(12))


@given(st.integers(0, 0xFFFF))
def test_a_control_word_is_what_it_was(word: int) -> None:
    assert pc_of(word).word == word


def test_memory_left_from_a_longer_epc_is_not_looked_at() -> None:
    made = epc_for(item(), company_prefix_length=8)
    assert told_by(made.pc.word, made.epc + b"\xaa\xbb").identifier.key == item().key


@given(
    st.text("0123456789abcXYZ/-", min_size=1, max_size=20),
    st.integers(6, 31),
    st.text("ABC0123456789", max_size=20),
    st.dates(date(2020, 1, 1), date(2040, 12, 31)) | st.none(),
)
def test_what_is_planned_fits_and_is_read_back(
    serial: str, words: int, lot: str, expiry: date | None
) -> None:
    thing = item(serial)
    try:
        made = epc_for(thing, epc_bits=words * 16, lot=lot, expiry=expiry, company_prefix_length=8)
    except TagTooSmall as error:
        assert int(str(error.fields["needed"])) > words * 16  # noqa: PT017 - only of this one
        return
    assert len(made.epc) == made.pc.words * 2 <= words * 2
    epc = told_by(made.pc.word, made.epc)
    assert (epc.identifier.key, epc.data) == (thing.key, made.told)
