from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suyuan.readers.errors import (
    ProtocolError,
    ReaderConfigError,
    ReaderError,
    TagLocked,
    TagLost,
    TagTaken,
    TagTooSmall,
    TagUnsupported,
    TagWriteError,
)
from suyuan.readers.tags import ntag424, type4
from suyuan.readers.tags.access import LinkTag, clear_link, read_link, write_link
from suyuan.readers.tags.ntag424 import identify, sign, template_of
from suyuan.readers.virtual.ntag424 import MOST_IN_A_ROW, Tear, VirtualNtag424
from suyuan.readers.virtual.tags import VirtualNtag, VirtualTag, VirtualType4
from suyuan.trace.sun import Freshness, KeyFile, KeySet, Role, SignedBefore, Tap, judge, sun_of, verify

UID = bytes.fromhex("04a1b2c3d4e5f6")
LINK = "https://id.example.cn/01/06901234567892/21/a%2Fb?x=1"
OTHER = "https://id.example.cn/01/06901234567892/21/other"
ONE = KeySet(1, "Suyuan", b"A" * 16, b"M" * 16, b"F" * 16)
TWO = KeySet(2, "Suyuan", b"B" * 16, b"N" * 16, b"G" * 16)
KEYS = KeyFile({1: ONE})
BOTH = KeyFile({1: ONE, 2: TWO})
THREE = KeyFile({1: ONE, 2: TWO, 3: KeySet(3, "Suyuan", b"C" * 16, b"O" * 16, b"H" * 16)})


class Numbers:
    """Random bytes, the same in every run."""

    def __init__(self) -> None:
        self.drawn = 0

    def __call__(self, size: int) -> bytes:
        self.drawn += 1
        return hashlib.shake_128(str(self.drawn).encode()).digest(size)


def air(tag: VirtualTag) -> Callable[[bytes], bytes]:
    def transceive(command: bytes) -> bytes:
        answer = tag.answer(command)
        if answer is None:
            raise TagLost("gone")
        return answer

    return transceive


def new(tear: Tear | None = None) -> VirtualNtag424:
    return VirtualNtag424(UID, random=Numbers(), tear=tear)


def signed(
    tag: VirtualTag,
    link: str = LINK,
    keys: KeyFile = KEYS,
    *,
    overwrite: bool = False,
    before: SignedBefore | None = None,
) -> LinkTag:
    return sign(air(tag), link, keys, random=Numbers(), overwrite=overwrite, signed_before=before)


def tapped(tag: VirtualNtag424) -> str:
    """What a phone sees that is held to the tag."""
    tag.reset()
    return read_link(type4.access(air(tag), UID)).text


def test_a_tag_signs_each_tap_anew() -> None:
    tag = new()
    found = signed(tag)
    assert (found.model, found.tid, found.writable) == ("NTAG 424 DNA", UID, False)
    urls = [found.text, tapped(tag), tapped(tag)]
    taps = [verify(sun_of(url), KEYS) for url in urls]
    assert [(tap.uid, tap.counter, tap.version) for tap in taps] == [(UID, n, 1) for n in (1, 2, 3)]
    assert {url.partition("&e=")[0] for url in urls} == {LINK}
    assert judge(taps[1].reading, taps[0].reading) == "fresh"
    assert judge(taps[0].reading, taps[1].reading) == "replay"


def test_every_key_is_ours_and_none_is_that_of_another_tag() -> None:
    tag, other = new(), VirtualNtag424(b"\x04" * 7, random=Numbers())
    signed(tag)
    signed(other)
    assert [key.version for key in tag.keys] == [1] * 5
    assert [key.value for key in tag.keys] == [ONE.tag_key(role, UID) for role in Role]
    assert {k.value for k in tag.keys} & {k.value for k in other.keys} == {ONE.meta_read}


def test_to_sign_a_signing_tag_again_changes_nothing() -> None:
    tag = new()
    first = verify(sun_of(signed(tag).text), KEYS).counter
    second = verify(sun_of(signed(tag).text), KEYS).counter
    assert second > first  # the counter goes on: nobody takes the tag for a copy


@pytest.mark.parametrize("done", [False, True])
def test_a_tag_torn_away_behind_any_command_is_finished_the_next_time(done: bool) -> None:
    for after in range(200):
        tag = new(Tear(after, done=done))
        try:
            signed(tag)
        except TagLost:
            pass
        else:
            assert after > 40
            return
        tag.tear = None
        assert verify(sun_of(signed(tag).text), KEYS).uid == UID, after
        assert [key.value for key in tag.keys] == [ONE.tag_key(role, UID) for role in Role]
        assert max(key.in_a_row for key in tag.keys) == 0
    pytest.fail("it was never torn late enough")


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=6))
def test_a_tag_torn_away_again_and_again_is_finished_at_last(tears: list[tuple[int, bool]]) -> None:
    tag = new()
    links = [LINK, OTHER]
    for number, (after, done) in enumerate(tears):
        tag.tear = Tear(after, done=done)
        try:
            signed(tag, links[number % 2], BOTH if number % 3 == 2 else KEYS, overwrite=True)
        except TagLost:
            pass
        except TagTaken:  # by the newer keys, which this one has not; or it signs the other link with these
            assert {key.version for key in tag.keys} & {2} or tag.keys[2].version == 1
        tag.tear = None
    found = signed(tag, LINK, THREE, overwrite=True)
    assert verify(sun_of(found.text), THREE).version == 3
    assert {key.version for key in tag.keys} == {3}


def test_a_torn_tag_never_gives_a_tap_that_another_would_verify() -> None:
    for after in range(45):
        tag = new(Tear(after))
        with pytest.raises(TagLost):
            signed(tag)
        tag.tear = None
        text = tapped(tag)
        assert text == "" or text.startswith(LINK)


def test_keys_are_renewed() -> None:
    tag = new()
    old = signed(tag)
    assert verify(sun_of(old.text), BOTH).version == 1
    found = signed(tag, keys=BOTH)
    assert verify(sun_of(found.text), BOTH).version == 2
    with pytest.raises(TagTaken, match="not in this key file"):
        signed(tag, keys=KEYS)


def test_the_tag_of_another_system_is_left_as_it_is() -> None:
    tag = new()
    theirs = KeyFile({1: KeySet(1, "Theirs", b"X" * 16, b"Y" * 16, b"Z" * 16)})
    signed(tag, keys=theirs)
    before = [(key.value, key.version) for key in tag.keys], bytes(tag.files[2].content)
    with pytest.raises(TagTaken) as caught:
        signed(tag, overwrite=True)
    assert UID.hex() in str(caught.value)
    assert "58585858" not in str(caught.value)
    assert ([(key.value, key.version) for key in tag.keys], bytes(tag.files[2].content)) == before


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("version", [0, 9])
def test_a_strange_key_among_ours_is_found_out(number: int, version: int) -> None:
    tag = new()
    tag.keys[number].value, tag.keys[number].version = b"?" * 16, version
    with pytest.raises(TagTaken):
        signed(tag)
    assert tag.keys[0].version == 0


def test_a_key_that_only_bears_our_version_is_found_out() -> None:
    tag = new()
    tag.keys[3].value, tag.keys[3].version = b"?" * 16, 1
    with pytest.raises(TagWriteError, match="another key 3"):
        signed(tag)


def test_the_name_of_another_object_is_not_overwritten_unless_told_to() -> None:
    tag = new()
    signed(tag, OTHER)
    with pytest.raises(TagTaken, match="other"):
        signed(tag, keys=BOTH)
    assert signed(tag, keys=BOTH, overwrite=True).text.startswith(LINK)


def test_taps_kept_from_the_time_of_another_link_never_count_as_new() -> None:
    tag = new()
    signed(tag)
    kept = [tapped(tag) for _ in range(20)][-1]
    for link in (OTHER, LINK + "&y=2"):  # of the same object too
        with pytest.raises(TagTaken, match="count anew"):
            signed(tag, link, overwrite=True)
    now = verify(sun_of(tapped(tag)), KEYS)
    assert judge(now.reading, verify(sun_of(kept), KEYS).reading) is Freshness.FRESH

    bound = verify(sun_of(signed(tag, OTHER, BOTH, overwrite=True).text), BOTH)
    assert bound == Tap(UID, 1, 2)
    assert judge(verify(sun_of(kept), BOTH).reading, bound.reading) is Freshness.REPLAY
    assert judge(verify(sun_of(tapped(tag)), BOTH).reading, bound.reading) is Freshness.FRESH


def test_torn_away_while_it_gets_newer_keys_a_tag_takes_no_other_link_with_the_old_ones() -> None:
    for after in range(80):
        tag = new()
        signed(tag)
        kept = [tapped(tag) for _ in range(20)][-1]
        tag.tear = Tear(after)
        try:
            signed(tag, OTHER, BOTH, overwrite=True)
        except TagLost:
            tag.tear = None
        else:
            assert after > 40
            return
        with pytest.raises(TagTaken):
            signed(tag, OTHER, KEYS, overwrite=True)  # by somebody who has the key file of before
        found = verify(sun_of(signed(tag, OTHER, BOTH, overwrite=True).text), BOTH)
        assert judge(verify(sun_of(kept), BOTH).reading, found.reading) is Freshness.REPLAY
    pytest.fail("it was never torn late enough")


def test_torn_away_before_its_last_key_a_tag_that_signs_takes_no_other_link_with_these_keys() -> None:
    refused = 0
    for after in range(45):
        tag = new(Tear(after))
        with pytest.raises(TagLost):
            signed(tag)
        tag.tear = None
        kept = verify(sun_of(text), KEYS) if "e=" in (text := tapped(tag)) and tag.files[2].option else None
        try:
            found = signed(tag, OTHER, overwrite=True)
        except TagTaken:
            refused += 1
            assert kept is not None
            assert signed(tag).text.startswith(LINK)  # to be finished as it was begun
        else:
            assert kept is None, after
            assert found.text.startswith(OTHER)
    assert refused


def test_what_claims_the_uid_of_a_signed_tag_gets_none_of_its_keys() -> None:
    genuine, register = new(), set[bytes]()
    register.add(signed(genuine, before=register.__contains__).tid)
    imitation, heard = new(), list[bytes]()

    def listening(command: bytes) -> bytes:
        heard.append(command)
        return air(imitation)(command)

    for overwrite in (False, True):
        with pytest.raises(TagTaken, match="does not have its keys"):
            sign(
                listening,
                LINK,
                KEYS,
                random=Numbers(),
                overwrite=overwrite,
                signed_before=register.__contains__,
            )
    assert [key.value for key in imitation.keys] == [bytes(16)] * 5
    assert not [command for command in heard if command[:2] == b"\x90\xc4"]  # no key was sent
    assert not any(imitation.files[2].content)

    assert signed(genuine, before=register.__contains__).text.startswith(LINK)
    found = signed(genuine, OTHER, BOTH, overwrite=True, before=register.__contains__)
    assert verify(sun_of(found.text), BOTH).version == 2


def test_a_plain_link_before_is_signed() -> None:
    tag = new()
    write_link(type4.access(air(tag), UID), LINK)
    assert signed(tag).text.startswith(LINK)


def test_a_signing_tag_is_not_written_or_emptied_without_its_keys() -> None:
    tag = new()
    signed(tag)
    tag.reset()
    with pytest.raises(TagLocked):
        write_link(type4.access(air(tag), UID), OTHER, overwrite=True)
    with pytest.raises(TagLocked):
        clear_link(type4.access(air(tag), UID))
    assert tapped(tag).startswith(LINK)


@pytest.mark.parametrize(
    ("link", "error"),
    [
        ("https://id.example.cn/" + "a" * 190, TagTooSmall),
        (LINK + "&e=1", ReaderConfigError),
        (LINK + "&CMAC=1", ReaderConfigError),
        (LINK + "#top", ReaderConfigError),
        (LINK + "#", ReaderConfigError),
        ("ftp://id.example.cn/", ReaderConfigError),
        ("https://id.example.cn/批次", ReaderConfigError),
    ],
)
def test_links_that_cannot_be_signed(link: str, error: type[ReaderError]) -> None:
    tag = new()
    with pytest.raises(error):
        signed(tag, link)
    assert not any(tag.files[2].content)
    assert [key.version for key in tag.keys] == [0] * 5


@pytest.mark.parametrize(
    "link", [LINK, "https://x.cn/", "https://x.cn/?", "http://www.x.cn", "https://x.cn?a"]
)
def test_what_the_tag_puts_in_is_where_the_template_has_zeros(link: str) -> None:
    tag = new()
    text = signed(tag, link).text
    template = template_of(link)
    assert len(text) == len(template.url)
    assert text.startswith(template.url.partition("e=000")[0])
    assert len(template.message) <= 254
    assert verify(sun_of(text), KEYS).uid == UID


@given(st.integers(1, 130))
@settings(max_examples=40)
def test_links_of_any_length_have_their_places_right(size: int) -> None:
    tag = new()
    assert verify(sun_of(signed(tag, "https://id.example.cn/" + "a" * size).text), KEYS).uid == UID


class RandomUid(VirtualNtag424):
    def __init__(self) -> None:
        super().__init__(bytes(7), random=Numbers())


class Liar(VirtualNtag424):
    """Somebody between, who says another UID than the tag proves."""

    def answer(self, command: bytes) -> bytes | None:
        answer = super().answer(command)
        if answer is not None and UID in answer and len(answer) == 16:
            return b"\x04" * 7 + answer[7:]
        return answer


@pytest.mark.parametrize(
    ("tag", "error"),
    [
        (VirtualType4(UID), TagUnsupported),
        (VirtualNtag(UID), TagUnsupported),
        (RandomUid(), TagUnsupported),
        (Liar(UID, random=Numbers()), ProtocolError),
    ],
)
def test_other_tags_are_not_signed(tag: VirtualTag, error: type[ReaderError]) -> None:
    with pytest.raises(error):
        signed(tag)


def test_after_many_wrong_keys_the_tag_makes_one_wait_and_says_so() -> None:
    tag = new()
    signed(tag, keys=KeyFile({1: TWO}))
    for _ in range(MOST_IN_A_ROW // 2):
        with pytest.raises(TagTaken):
            signed(tag, overwrite=True)
    with pytest.raises(TagWriteError, match="wait"):
        signed(tag, overwrite=True)


@given(st.lists(st.binary(max_size=40), max_size=12))
def test_a_chip_that_answers_anything_is_an_error_of_ours(answers: list[bytes]) -> None:
    left = list(answers)
    tag = new()

    def transceive(command: bytes) -> bytes:
        return left.pop(0) if len(left) % 2 and left else air(tag)(command)

    try:
        found = sign(transceive, LINK, KEYS, random=Numbers())
    except ReaderError:
        return
    assert verify(sun_of(found.text), KEYS).uid == UID


@given(st.lists(st.binary(max_size=70), max_size=20))
def test_the_virtual_chip_answers_every_command(commands: list[bytes]) -> None:
    tag = new()
    assert identify(air(tag)) == UID
    for command in commands:
        for apdu in (
            command,
            b"\x90" + command,
            bytes((0x90, *command[:1], 0, 0, len(command[1:]))) + command[1:],
        ):
            answer = tag.answer(apdu)
            assert answer is not None
            assert len(answer) >= 2
    assert [key.version for key in tag.keys] == [0] * 5


def test_the_makers_signature_is_asked_for_without_a_session() -> None:
    tag = VirtualNtag424(bytes.fromhex("047728824D6580"), random=Numbers())
    assert read_link(ntag424.access(air(tag), tag.uid, random=Numbers())).original is None
    tag.signature = bytes.fromhex(
        "9C7068636A285FEBA1E2406654009DCE6E8A9C9CE318BE0262ED162519B970B3"
        "2FB802858420D667D12CEBCD32BB4BC8AFE21C753A5A6C26"
    )
    assert read_link(ntag424.access(air(tag), tag.uid, random=Numbers())).original is True
    tag.signature = bytes(56)
    assert read_link(ntag424.access(air(tag), tag.uid, random=Numbers())).original is False
