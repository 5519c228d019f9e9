"""Signatures of real chips that were published with their UIDs."""

from __future__ import annotations

import pytest

from suyuan.readers.tags.originality import is_original

CHIPS = (
    ("04AB87F2CA1190", "67B1750BCCEB1174F9A33BF20E0226551A6366939B31F949848C3C087350FA90"),
    (
        "047728824D6580",
        "9C7068636A285FEBA1E2406654009DCE6E8A9C9CE318BE0262ED162519B970B32FB802858420D667D12CEBCD32BB4BC8AFE21C753A5A6C26",
    ),
    (
        "041D3C8A2D6B80",
        "A438FEB368DC45F9B8899C2926A985BE5D08E342CE016E9F08F3FDAE388BB4D6B3DFD7DEA2E1977CCD2E4C9F82F245D4DE08FB7FCB8043E3",
    ),
)
chips = pytest.mark.parametrize(("uid", "signature"), CHIPS)


@chips
def test_chips_of_the_maker(uid: str, signature: str) -> None:
    assert is_original(bytes.fromhex(uid), bytes.fromhex(signature))


@chips
def test_one_bit_more_or_less_is_no_chip_of_the_maker(uid: str, signature: str) -> None:
    number, signed = bytes.fromhex(uid), bytes.fromhex(signature)
    for at in (0, len(signed) // 2, len(signed) - 1):
        assert not is_original(number, signed[:at] + bytes((signed[at] ^ 1,)) + signed[at + 1 :])
    assert not is_original(number[:-1] + b"\x01", signed)
    assert not is_original(b"\0" * 7, signed)


@pytest.mark.parametrize("size", [0, 31, 32, 33, 56, 64])
def test_what_is_no_signature(size: int) -> None:
    for octet in (0x00, 0xFF):
        assert not is_original(bytes.fromhex("04AB87F2CA1190"), bytes((octet,)) * size)
