from __future__ import annotations

from collections.abc import Callable

import pytest

from suyuan.readers.errors import (
    TagLocked,
    TagLost,
    TagTaken,
    TagUnsupported,
    TagWriteError,
    UnsupportedOperation,
)
from suyuan.readers.tags import ndef, ntag21x, type2, type4
from suyuan.readers.tags.access import TagAccess, clear_link, read_link, sign_link, write_link
from suyuan.readers.tags.originality import is_original
from suyuan.readers.virtual.tags import VirtualNtag, VirtualType4
from suyuan.trace.sun import KeyFile, KeySet

UID = bytes.fromhex("04a1b2c3d4e5f6")
LINK = "https://id.example.cn/01/06901234567892/21/a%2Fb?e=9F&c=E4=="
OTHER = "https://id.example.cn/01/06901234567892/21/other"
ONE = KeySet(1, "Suyuan", b"A" * 16, b"M" * 16, b"F" * 16)
TWO = KeySet(2, "Suyuan", b"B" * 16, b"N" * 16, b"G" * 16)
KEYS, BOTH, THEIRS = KeyFile({1: ONE}), KeyFile({1: ONE, 2: TWO}), KeyFile({1: TWO})
models = pytest.mark.parametrize("model", ["NTAG213", "NTAG215", "NTAG216"])


class Counted:
    """The air to a tag, which is torn away after so many writings."""

    def __init__(self, tag: VirtualNtag) -> None:
        self.tag = tag

    def __call__(self, command: bytes) -> bytes:
        answer = self.tag.answer(command)
        if answer is None:
            raise TagLost("gone")
        return answer


def on(tag: VirtualNtag) -> TagAccess:
    """The tag laid down anew."""
    tag.reset()
    return ntag21x.access(Counted(tag))


@models
def test_a_guarded_tag_is_read_by_all_and_written_by_who_has_the_keys(model: str) -> None:
    tag = VirtualNtag(UID, model)
    assert write_link(on(tag), LINK, keys=KEYS).text == LINK
    assert read_link(on(tag)).text == LINK
    with pytest.raises(TagLocked, match="password"):
        write_link(on(tag), OTHER, overwrite=True)
    with pytest.raises(TagLocked, match="password"):
        clear_link(on(tag))
    with pytest.raises(TagTaken, match="not in this key file"):
        write_link(on(tag), OTHER, overwrite=True, keys=THEIRS)
    with pytest.raises(TagTaken, match="belongs to"):
        write_link(on(tag), OTHER, keys=KEYS)
    assert read_link(on(tag)).text == LINK
    assert write_link(on(tag), OTHER, overwrite=True, keys=KEYS).text == OTHER
    phone = Counted(tag)
    tag.reset()
    for page in (2, 4, 10, tag.lock_page, tag.settings_page, tag.settings_page + 2):
        with pytest.raises(TagWriteError):
            type2.write_page(phone, page, b"\xff\xff\xff\xff")


@models
def test_passwords_are_renewed_and_taken_off(model: str) -> None:
    tag = VirtualNtag(UID, model)
    write_link(on(tag), LINK, keys=KEYS)
    assert write_link(on(tag), LINK, keys=BOTH).text == LINK
    with pytest.raises(TagTaken):
        write_link(on(tag), LINK, keys=KEYS)
    chip = next(chip for chip in type2.CHIPS if chip.model == model)
    tag.reset()
    ntag21x.open_again(Counted(tag), chip, BOTH, UID)
    assert write_link(on(tag), OTHER, overwrite=True).text == OTHER


def test_each_tag_has_its_own_password_and_none_is_the_makers() -> None:
    made = {ntag21x.password_of(KEYS, bytes((4, *bytes(5), n)), 1).password for n in range(50)}
    assert len(made) == 50
    assert b"\xff" * 4 not in made
    tag = VirtualNtag(UID)
    write_link(on(tag), LINK, keys=KEYS)
    tag.reset()
    settings = type2.read_pages(Counted(tag), tag.settings_page)
    assert settings[8:14] == bytes(6)  # nobody reads them back


@pytest.mark.parametrize("keys", [KEYS, BOTH])
def test_a_tag_torn_away_in_any_writing_is_open_or_ours(keys: KeyFile) -> None:
    for writes in range(1, 80):
        tag = VirtualNtag(UID)
        if keys is BOTH:
            write_link(on(tag), LINK, keys=KEYS)
        tag.writes = writes
        try:
            write_link(on(tag), LINK, keys=keys)
        except TagLost:
            finished = False
        else:
            finished = tag.writes > 0
        tag.writes = None
        assert read_link(on(tag)).text in {"", LINK}
        assert write_link(on(tag), LINK, keys=keys).text == LINK, writes
        with pytest.raises(TagLocked):
            write_link(on(tag), LINK)
        if finished:
            return
    pytest.fail("the tag never had writes enough")


def test_a_chip_that_forgets_its_password_is_found_out() -> None:
    class Forgetful(VirtualNtag):
        def _write(self, page: int, data: bytes) -> bytes | None:
            if page == self.settings_page + 2:
                return b"\x0a"
            return super()._write(page, data)

    with pytest.raises(TagWriteError, match="new password"):
        write_link(on(Forgetful(UID)), LINK, keys=KEYS)


def test_who_has_no_password_says_so_before_anything_is_written() -> None:
    def only_reads_and_writes(tag: VirtualNtag) -> TagAccess:
        return ntag21x.access(Counted(tag), native=False)

    def type_4(tag: VirtualType4) -> TagAccess:
        return type4.access(lambda command: tag.answer(command) or b"", tag.uid)

    plain, files = VirtualNtag(UID), VirtualType4(UID)
    for access in (only_reads_and_writes(plain), type_4(files)):
        with pytest.raises(UnsupportedOperation, match="password"):
            write_link(access, LINK, keys=KEYS)
        with pytest.raises(UnsupportedOperation, match="cannot sign"):
            sign_link(access, LINK, KEYS)
        assert read_link(access).text == ""
    with pytest.raises(TagUnsupported, match="no password"):
        ntag21x.settings_page(type2.CHIPS[0])


def test_a_reader_that_passes_on_no_password_still_sees_that_there_is_one() -> None:
    tag = VirtualNtag(UID)
    write_link(on(tag), LINK, keys=KEYS)
    tag.reset()
    with pytest.raises(TagLocked, match="password"):
        write_link(ntag21x.access(Counted(tag), native=False), LINK)


def test_readings_are_counted_from_then_on() -> None:
    tag = VirtualNtag(UID)
    assert ntag21x.counter(Counted(tag)) is None
    write_link(on(tag), LINK, keys=KEYS)
    seen: list[int | None] = []
    for _ in range(3):
        assert read_link(on(tag)).text == LINK
        seen.append(ntag21x.counter(Counted(tag)))
    assert seen == [seen[0], (seen[0] or 0) + 1, (seen[0] or 0) + 2]


def test_the_makers_signature_is_read_and_judged() -> None:
    tag = VirtualNtag(bytes.fromhex("04AB87F2CA1190"))
    tag.signature = bytes.fromhex("67B1750BCCEB1174F9A33BF20E0226551A6366939B31F949848C3C087350FA90")
    assert is_original(tag.uid, ntag21x.signature(Counted(tag)))
    assert not is_original(UID, ntag21x.signature(Counted(tag)))
    silent: Callable[[bytes], bytes] = lambda _: b"\x00"  # noqa: E731 - a chip without one
    assert ntag21x.signature(silent) == b""


def test_a_tag_can_have_a_password_and_be_locked() -> None:
    tag = VirtualNtag(UID)
    assert not write_link(on(tag), LINK, keys=KEYS, lock=True).writable
    with pytest.raises(TagLocked, match="is locked"):
        write_link(on(tag), LINK, keys=KEYS)
    assert ndef.link(on(tag).read()) == LINK
