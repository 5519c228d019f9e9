from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suyuan.readers.errors import (
    NdefError,
    ReaderConfigError,
    ReaderError,
    TagLocked,
    TagLost,
    TagTaken,
    TagTooSmall,
    TagUnsupported,
    TagWriteError,
    UnsupportedOperation,
)
from suyuan.readers.tags import ndef, ntag21x, type2, type4
from suyuan.readers.tags.access import TagAccess, read_link, renew_link, write_link
from suyuan.readers.virtual.tags import VirtualNtag, VirtualTag, VirtualType4
from suyuan.trace.sun.renewal import near, secret_of, torn

UID = bytes.fromhex("04a1b2c3d4e5f6")
LINK = "https://id.example.cn/01/06901234567892/21/a%2Fb?e=9F&c=E4=="
LONG = "https://x/" + "a" * 3000
OTHER = "https://id.example.cn/01/06901234567892/21/other"
Make = Callable[..., VirtualNtag | VirtualType4]


def message(link: str) -> bytes:
    return ndef.encode([ndef.uri_record(link)])


def access(tag: VirtualTag) -> TagAccess:
    def transceive(command: bytes) -> bytes:
        answer = tag.answer(command)
        if answer is None:
            raise TagLost("gone")
        return answer

    if isinstance(tag, VirtualType4):
        return type4.access(transceive, tag.uid)
    return type2.access(transceive)


KINDS: dict[str, Make] = {
    "NTAG213": partial(VirtualNtag, UID, "NTAG213"),
    "NTAG215": partial(VirtualNtag, UID, "NTAG215"),
    "NTAG216": partial(VirtualNtag, UID, "NTAG216"),
    "Type 4 tag": partial(VirtualType4, UID),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(kind: str) -> Make:
    return KINDS[kind]


def test_a_link_is_written_and_read_back(make: Make, kind: str) -> None:
    tag = make()
    new = read_link(access(tag))
    assert (new.text, new.model, new.tid, new.writable) == ("", kind, UID, True)
    written = write_link(access(tag), LINK)
    assert (written.text, written.writable) == (LINK, True)
    assert read_link(access(tag)) == written
    assert write_link(access(tag), LINK) == written  # once more, the same object


def test_every_size_that_fits_is_held_and_one_more_is_refused_with_both_sizes(make: Make) -> None:
    tag = make()
    capacity = access(tag).capacity
    fits = "https://x/" + "a" * (capacity - len(message("https://x/")))
    if len(message(fits)) > capacity:  # the payload's length takes four bytes from 256 on
        fits = fits[: capacity - len(message(fits))]
    for length in (len(fits), len(fits) - 1, 200, 60):
        if len(message(fits[:length])) <= capacity:
            assert write_link(access(tag), fits[:length]).text == fits[:length]
            assert read_link(access(tag)).text == fits[:length]
    with pytest.raises(TagTooSmall) as caught:
        write_link(access(tag), fits + "aaaa")
    assert caught.value.fields["there"] == capacity
    assert int(str(caught.value.fields["needed"])) > capacity
    assert read_link(access(tag)).text == fits[:60]


def test_a_tag_torn_anywhere_is_empty_or_whole_and_never_wrong(make: Make) -> None:
    for writes in range(1, 60):
        tag = make(message=message(OTHER), writes=writes)
        with suppress(TagLost):
            write_link(access(tag), LINK, overwrite=True)
        still_writing = tag.writes == 0
        tag.writes = None
        assert read_link(access(tag)).text in ({"", LINK} if writes else {OTHER})
        if not still_writing:
            break
    else:
        pytest.fail("the tag never had writes enough")
    assert read_link(access(tag)).text == LINK


@given(st.integers(0, 400), st.integers(1, 480), st.integers(1, 130), st.integers(0, 3))
@settings(max_examples=80)
def test_any_message_torn_at_any_page_is_empty_or_whole(old: int, new: int, writes: int, before: int) -> None:
    tag = VirtualNtag(UID, "NTAG215")
    content = bytes(before) + ndef.wrapped(b"\xd5" * old) + b"\xfe"
    tag.memory[16 : 16 + len(content)] = content

    def transceive(command: bytes) -> bytes:
        answer = tag.answer(command)
        if answer is None:
            raise TagLost("gone")
        return answer

    layout = type2.inspect(transceive)
    tag.writes = writes
    with suppress(TagLost):
        type2.write_message(transceive, layout, b"\xd1" * new)
    tag.writes = None
    assert type2.read_message(transceive) in {b"", b"\xd1" * new}


def test_the_name_of_another_object_is_not_overwritten_unless_told_to(make: Make) -> None:
    tag = make(message=message(OTHER))
    for link in (LINK, "https://example.com/menu"):
        with pytest.raises(TagTaken) as caught:
            write_link(access(tag), link)
        assert caught.value.fields["carries"] == "https://id.gs1.org/01/06901234567892/21/other"
    assert read_link(access(tag)).text == OTHER
    assert write_link(access(tag), LINK, overwrite=True).text == LINK


def test_an_own_code_is_an_object_too() -> None:
    item = "https://trace.example.cn/own/product/P00001A/serial/7"
    tag = VirtualNtag(UID, message=message(item))
    with pytest.raises(TagTaken):
        write_link(access(tag), LINK)
    assert write_link(access(tag), item).text == item


@pytest.mark.parametrize("before", ["https://example.com/menu", "https://x/01/06901234567892", LINK + "&x=1"])
def test_a_menu_a_product_and_the_same_object_may_be_overwritten(make: Make, before: str) -> None:
    assert write_link(access(make(message=message(before))), LINK).text == LINK


@pytest.mark.parametrize("model", ["NTAG213", "NTAG215", "NTAG216"])
def test_a_locked_tag_says_so_and_stays_as_it_is(model: str) -> None:
    tag = VirtualNtag(UID, model)
    assert not write_link(access(tag), LINK, lock=True).writable
    assert not read_link(access(tag)).writable
    with pytest.raises(TagLocked):
        write_link(access(tag), LINK)
    assert tag.answer(b"\xa2\x04abcd") == b"\x00"
    assert tag.answer(b"\xa2\x11abcd") == b"\x00"


def test_a_tag_that_cannot_be_locked_is_not_written() -> None:
    tag = VirtualType4(UID)
    with pytest.raises(UnsupportedOperation):
        write_link(access(tag), LINK, lock=True)
    assert read_link(access(tag)).text == ""
    with pytest.raises(TagLocked):
        write_link(access(VirtualType4(UID, writable=False)), LINK)


class Forgetful(VirtualNtag):
    """A worn-out chip that acknowledges and does not keep."""

    def _write(self, page: int, data: bytes) -> bytes | None:
        return super()._write(page, b"\x00" + data[1:] if page == 7 else data)


class Stubborn(VirtualNtag):
    def _write(self, page: int, data: bytes) -> bytes | None:
        return b"\x00" if page == 7 else super()._write(page, data)


@pytest.mark.parametrize("bad", [Forgetful, Stubborn])
def test_a_worn_out_chip_is_found_out(bad: type[VirtualNtag]) -> None:
    with pytest.raises(TagWriteError):
        write_link(access(bad(UID)), LINK)


@pytest.mark.parametrize(
    "link",
    ["", "hello", "javascript:alert(1)", "https://", "https://溯源.cn/", "https://x/ y", "https://[x/", LONG],
)
def test_what_is_no_web_link_is_refused(link: str) -> None:
    with pytest.raises(ReaderConfigError) as caught:
        write_link(access(VirtualNtag(UID)), link)
    assert caught.value.remedy


def test_the_message_is_kept_behind_control_blocks() -> None:
    tag = VirtualNtag(UID, "NTAG213")
    tag.memory[16:26] = bytes.fromhex("0103a00c34") + b"\x00" + bytes.fromhex("0300fe00")
    assert write_link(access(tag), LINK).text == LINK
    assert tag.memory[16:21] == bytes.fromhex("0103a00c34")
    assert read_link(access(tag)).text == LINK
    for writes in range(1, 30):  # the length lies in another page than its block's type
        torn = VirtualNtag(UID, "NTAG213")
        torn.memory[16:26] = bytes.fromhex("0103a00c34") + b"\x00\x00" + bytes.fromhex("0300fe")
        torn.writes = writes
        with suppress(TagLost):
            write_link(access(torn), LINK)
        torn.writes = None
        assert read_link(access(torn)).text in {"", LINK}


def test_memory_reserved_in_the_midst_is_not_touched() -> None:
    tag = VirtualNtag(UID, "NTAG213")
    tag.memory[16:24] = bytes.fromhex("0103 5010 34 0300fe".replace(" ", ""))
    with pytest.raises(TagUnsupported):
        access(tag)


def test_a_blank_tag_of_zeros_and_an_ultralight() -> None:
    tag = VirtualNtag(UID, "NTAG213")
    tag.memory[14] = 6
    tag.memory[16 : 16 + 144] = bytes(144)

    def old(command: bytes) -> bytes:
        return b"" if command == b"\x60" else tag.answer(command) or b""

    found = type2.access(old)
    assert (found.model, found.capacity) == ("MIFARE Ultralight", 46)
    assert write_link(found, "https://x.cn/00/106901234567890129").text.startswith("https://x.cn/")
    assert type2.version(old) is None


@given(st.binary(min_size=180, max_size=180), st.booleans())
@settings(max_examples=60)
def test_no_memory_of_a_tag_does_anything_else(memory: bytes, formatted: bool) -> None:
    tag = VirtualNtag(UID, "NTAG213")
    tag.memory[:] = memory
    if formatted:
        tag.memory[10:16] = bytes.fromhex("0000e1101200")
        tag.memory[160:164] = bytes(4)
    with suppress(ReaderError, NdefError):
        assert isinstance(read_link(access(tag)).text, str)
    with suppress(ReaderError, NdefError):
        assert write_link(access(tag), LINK, overwrite=True).text == LINK


@given(st.binary(max_size=40), st.binary(max_size=40))
@settings(max_examples=60)
def test_no_answer_of_a_card_does_anything_else(container: bytes, file: bytes) -> None:
    tag = VirtualType4(UID)
    tag.container = container
    tag.file = bytearray(file)
    with suppress(ReaderError, NdefError):
        assert isinstance(read_link(access(tag)).text, str)


@pytest.mark.parametrize(("at", "value"), [(2, 0x30), (3, 0xFF), (7, 0x05), (11, 0x00), (13, 0xFF)])
def testcontainers_that_cannot_be(at: int, value: int) -> None:
    tag = VirtualType4(UID)
    container = bytearray(tag.container)
    container[at] = value
    if at == 3:
        container[3:5] = b"\x00\x01"
    if at == 11:
        container[11:13] = b"\x00\x02"
    tag.container = bytes(container)
    with pytest.raises(TagUnsupported):
        access(tag)


def test_a_message_longer_than_the_file_is_none() -> None:
    tag = VirtualType4(UID, message(LINK))
    tag.file[:2] = b"\xff\xff"
    assert read_link(access(tag)).text == ""
    assert write_link(access(tag), LINK).text == LINK


def test_a_bank_card_is_no_tag() -> None:
    with pytest.raises(TagUnsupported):
        type4.access(lambda _: b"\x6a\x82", UID)


SECRET, NEXT = "AAAAAAAAAAAA", "b1-_b2b3b4b5"
BEFORE, AFTER = f"{OTHER}?y={SECRET}", f"{OTHER}?y={NEXT}"


def test_a_link_is_exchanged_on_the_very_tag_that_has_it(make: Make) -> None:
    tag = make(message(BEFORE))
    done = renew_link(access(tag), UID, BEFORE, AFTER)
    assert (done.text, read_link(access(tag)).text) == (AFTER, AFTER)
    with pytest.raises(TagTaken, match="something else by now"):
        renew_link(access(tag), UID, BEFORE, OTHER)
    with pytest.raises(TagTaken, match="Another tag"):
        renew_link(access(tag), b"\x04" * 7, AFTER, OTHER)
    assert read_link(access(tag)).text == AFTER
    empty = make(b"")
    assert renew_link(access(empty), UID, "", AFTER).text == AFTER


@pytest.mark.parametrize("offset", range(4))
def test_of_a_link_of_one_length_only_the_pages_that_differ_are_written(offset: int) -> None:
    stem = OTHER + "x" * offset
    before, after = f"{stem}?y={SECRET}", f"{stem}?y={NEXT}"
    for writes in range(1, 5):
        tag = VirtualNtag(UID, message=message(before), writes=writes)
        with suppress(TagLost):
            renew_link(access(tag), UID, before, after)
        tag.writes = None
        said = read_link(access(tag)).text
        assert said.startswith(f"{stem}?y=")
        assert secret_of(said) in {SECRET, NEXT, *torn(SECRET, NEXT), *near(SECRET, NEXT)}
        assert renew_link(access(tag), UID, said, after).text == after


def test_a_link_that_does_not_fit_or_a_tag_that_is_locked_stays_as_it_is() -> None:
    tag = VirtualNtag(UID, "NTAG213", message(OTHER))
    with pytest.raises(TagTooSmall):
        renew_link(access(tag), UID, OTHER, OTHER + "a" * 200)
    with pytest.raises(ReaderConfigError):
        renew_link(access(tag), UID, OTHER, "no link")
    access(tag).lock()  # type: ignore[misc]
    with pytest.raises(TagLocked):
        renew_link(access(tag), UID, OTHER, AFTER)
    assert read_link(access(tag)).text == OTHER


def test_a_message_of_our_link_and_more_is_not_ours_to_exchange() -> None:
    tag = VirtualNtag(UID, message=ndef.encode([ndef.uri_record(BEFORE), ndef.uri_record(LINK)]))
    with pytest.raises(TagTaken):
        renew_link(access(tag), UID, BEFORE, AFTER)


def test_the_makers_signature_is_looked_at_where_the_chip_says_which_it_is() -> None:
    uid = bytes.fromhex("04AB87F2CA1190")
    tag = VirtualNtag(uid, message=message(OTHER))

    def transceive(command: bytes) -> bytes:
        return tag.answer(command) or b""

    def original(*, native: bool = True) -> bool | None:
        return read_link(ntag21x.access(transceive, native=native)).original

    assert original() is None
    tag.signature = bytes.fromhex("67B1750BCCEB1174F9A33BF20E0226551A6366939B31F949848C3C087350FA90")
    assert original() is True
    assert original(native=False) is None
    tag.signature = tag.signature[:-1] + b"\x91"
    assert original() is False
