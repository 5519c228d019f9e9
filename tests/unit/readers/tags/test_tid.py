from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.readers.tags.tid import CHIPS, chip_of, tid_of
from suyuan.trace.gs1 import TagError


def bank(text: str) -> bytes:
    return bytes.fromhex(text)


@pytest.mark.parametrize(
    ("memory", "name", "serial", "epc_bits"),
    [
        ("E280 1191 2000 76D6 3DDC 030A", "Impinj M730", "76d63ddc030a", 128),
        ("E280 1105 2000 7946 2ACD 0A5A", "Impinj Monza 4QT", "79462acd0a5a", 128),
        ("E280 11C0 2000 0B0A CCBB 031F", "Impinj M780", "0b0accbb031f", 496),
        ("E2C0 6FFF 4000 0102 0304 0506 0708", "NXP FFF", "0102030405060708", 96),
        ("E200 3412 0123 4567 89AB CDEF", "Alien Higgs-3", "0123456789abcdef", 96),
        ("E281 F001 2000 0000 0000 0001", "maker 01F 001", "000000000001", 96),
        ("E004 0150 A1B2 C3D4", "ISO 04 000", "0150a1b2c3d4", 96),
    ],
)
def test_a_serialised_chip_names_the_one_tag(memory: str, name: str, serial: str, epc_bits: int) -> None:
    tid, bits = chip_of(bank(memory))
    assert (tid.name, tid.serial.hex(), tid.unique, bits) == (name, serial, True, epc_bits)
    assert tid.binding == bank(memory)
    assert tid_of(bank(memory) + b"\xab\xcd").binding == tid.binding  # however far the bank was read


@pytest.mark.parametrize(
    "memory",
    [
        "E280 1191",  # only the model: the same on millions of tags
        "E280 1191 2000 76D6 3DDC",  # the number is cut off
        "E280 1191 0000 76D6 3DDC 030A",  # the header says that there is none
        "E280 1191 2000 0000 0000 0000",  # never given one
        "E280 1191 2000 FFFF FFFF FFFF",
        "E200 3412 0123 4567",
        "E200 1093 0123 4567 89AB CDEF",  # Monza 3: no header, and not in our table
        "E004 0150",
    ],
)
def test_a_chip_without_a_number_of_its_own_binds_nothing(memory: str) -> None:
    tid = tid_of(bank(memory))
    assert (tid.unique, tid.serial, tid.binding) == (False, b"", b"")


def test_the_header_tells_memory_and_commands_before_the_table_does() -> None:
    tid, bits = chip_of(bank("E280 1191 3000 76D6 3DDC 030A 0810"))
    assert (tid.max_epc_bits, tid.block_write, bits) == (256, True, 256)
    tid, bits = chip_of(bank("E280 1191 3000 76D6 3DDC 030A"))  # not read so far
    assert (tid.max_epc_bits, tid.block_write, bits) == (None, None, 128)


@pytest.mark.parametrize("memory", ["", "E280", "E280 1191 20", "00" * 12, "FF" * 12, "E2" * 66])
def test_what_is_no_tid_is_refused(memory: str) -> None:
    with pytest.raises(TagError) as caught:
        tid_of(bank(memory))
    assert caught.value.where == "TID"
    assert caught.value.remedy


@given(st.binary(max_size=80))
def test_any_bytes_are_a_tid_or_refused(memory: bytes) -> None:
    try:
        tid = tid_of(memory)
    except TagError:
        return
    assert tid.unique == (len(tid.binding) > len(tid.serial) >= 6)
    assert memory.startswith(tid.binding)


def test_no_chip_of_the_table_has_less_than_what_every_tag_has() -> None:
    for (maker, model), chip in CHIPS.items():
        assert chip.epc_bits >= 96, chip
        assert (chip.epc_bits % 16, chip.user_bits % 16) == (0, 0)
        assert tid_of(bytes((0xE2, maker >> 4, (maker & 0xF) << 4 | model >> 8, model & 0xFF))).chip is chip
