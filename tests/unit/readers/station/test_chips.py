"""What of a TID tells one tag from all others."""

from __future__ import annotations

import pytest

from suyuan.readers.station.chips import chip_names

NUMBERED = "E28011912000000000000007"


@pytest.mark.parametrize(
    ("tids", "names"),
    [
        ((NUMBERED,), {NUMBERED}),
        ((NUMBERED, NUMBERED + "0810"), {NUMBERED}),  # the bank was read further
        (("E2801191",), set[str]()),  # the model: the same on millions of tags
        (("E2801191", NUMBERED), {NUMBERED}),  # read short once: no second chip
        ((NUMBERED, "E28011912000000000000008"), {NUMBERED, "E28011912000000000000008"}),
        (("04A1B2C3D4E5F6",), {"04A1B2C3D4E5F6"}),  # the UID of an NFC tag
        (("08112233",), set[str]()),  # made up at each reading
        (("04A1B2C3",), set[str]()),  # a UID of NFC that makers give out more than once
        (("E2A1B2C3",), set[str]()),  # the same, whatever it begins with
    ],
)
def test_a_chip_is_known_by_what_its_maker_gave_to_it_alone(tids: tuple[str, ...], names: set[str]) -> None:
    assert chip_names(bytes.fromhex(tid) for tid in tids) == names
