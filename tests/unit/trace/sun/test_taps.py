"""Vectors: NXP AN12196 and AN10922, and those of public verifiers (keys of zeros unless given)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.trace.sun import ForgedTap, Freshness, Role, Sun, SunError, Tap, judge, sun_of, verify
from suyuan.trace.sun.ciphers import Lrp, cmac, decrypt_block, encrypt
from suyuan.trace.sun.taps import file_session, mac_of


@dataclass
class Fixed:
    """Keys as the vectors have them: the same for every tag."""

    meta: bytes = bytes(16)
    file: bytes = bytes(16)
    versions: tuple[int, ...] = (1,)

    def tag_key(self, role: Role, uid: bytes, version: int) -> bytes:
        assert version in self.versions
        assert not uid or len(uid) == 7
        return self.meta if role is Role.META_READ else self.file


P12 = "https://choose.url.com/ntag424?e=EF963FF7828658A599F3041510671E88&c=94EED9EE65337086"
P18 = (
    "https://www.my424dna.com/?picc_data=FD91EC264309878BE6345CBE53BADF40"
    "&enc=CEE9A53E3E463EF1F459635736738962&cmac=ECC1E7F6C6C73BF6"
)
PLAIN = "https://x.example/?uid=041E3C8A2D6B80&ctr=000006&cmac=4B00064004B0B3D3"
CUSTOM = Fixed(
    bytes.fromhex("42AFF114F2CB3B6141BE6DC95DFC5416"), bytes.fromhex("B62A9BAF092439BD43C62AEE96B970C5")
)
LRP_FILE = (
    "https://x.example/?picc_data=07D9CA2545881D4BFDD920BE1603268C0714420DD893A497"
    "&enc=D6E921C47DB4C17C56F979F81559BB83&cmac=F9481AC7D855BDB6"
)
LRP_PLAIN_FILE = (
    "https://x.example/?picc_data=1FCBE61B3E4CAD980CBFDD333E7A4AC4A579569BAFD22C5F&cmac=4231608BA7B02BA9"
)


def tap(uid: str, counter: int, file: bytes = b"") -> Tap:
    return Tap(bytes.fromhex(uid), counter, 1, file)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (P12, tap("04DE5F1EACC040", 61)),
        (P12.lower(), tap("04DE5F1EACC040", 61)),
        (P18, tap("04958CAA5C5E80", 8, b"x" * 16)),
        (PLAIN, tap("041E3C8A2D6B80", 6)),
        (LRP_FILE, tap("049B112A2F7080", 4, b"NTXXb7dz3PsYYBlU")),
        (LRP_PLAIN_FILE, tap("04940E2A2F7080", 3)),
    ],
)
def test_published_links(link: str, expected: Tap) -> None:
    assert verify(sun_of(link), Fixed()) == expected


def test_published_message_with_keys_of_its_own() -> None:
    enc = "B8436E11F627BB7F543FCC0C1E0D1A89"
    message = Sun(
        mac=bytes.fromhex("238B2543A8DEBAD8"),
        encrypted=bytes.fromhex("8ACADDEF0A9B62CDAE39A16B83FC14DE"),
        file=bytes.fromhex(enc),
        signed=enc.encode(),
    )
    file = bytes.fromhex("4E545858716E6F5F6F42467077792D56")
    assert verify(message, CUSTOM) == tap("041D3C8A2D6B80", 291, file)
    for wrong in (Fixed(), replace(CUSTOM, meta=bytes(16)), replace(CUSTOM, file=bytes(16))):
        with pytest.raises(ForgedTap):
            verify(message, wrong)
    with pytest.raises(ForgedTap):
        verify(replace(message, signed=b""), CUSTOM)


@pytest.mark.parametrize("link", [P12, P18, PLAIN, LRP_FILE])
def test_one_digit_changed_anywhere_is_a_forgery(link: str) -> None:
    start = link.index("?")
    places = [n for n in range(start, len(link)) if link[n] in "0123456789ABCDEF" and link[n - 1] != "&"]
    for at in places:
        changed = link[:at] + ("0" if link[at] != "0" else "1") + link[at + 1 :]
        with pytest.raises((ForgedTap, SunError)):
            assert verify(sun_of(changed), Fixed()) is None
    assert len(places) > 35


def test_the_newest_keys_are_tried_first_and_the_version_is_told() -> None:
    asked: list[tuple[Role, int]] = []

    class Two:
        versions = (2, 1)

        def tag_key(self, role: Role, uid: bytes, version: int) -> bytes:
            del uid
            asked.append((role, version))
            return bytes(16) if version == 1 else b"\x07" * 16

    assert verify(sun_of(P12), Two()).version == 1
    assert asked == [(Role.META_READ, 2), (Role.META_READ, 1), (Role.FILE_READ, 1)]


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("", "c"),
        ("https://x.example/", "c"),
        ("https://x.example/?e=EF963FF7828658A599F3041510671E88", "c"),
        ("https://x.example/?c=94EED9EE65337086", "e"),
        (P12 + "&c=94EED9EE65337086", "c"),
        (P12 + "&uid=041E3C8A2D6B80&ctr=000006", "e"),
        (P12[:-1], "c"),
        (P12.replace("EF96", "EF9G"), "e"),
        (P12.replace("EF96", "EF 6"), "e"),
        (P12.replace("EF963F", ""), "e"),
        (PLAIN.replace("ctr=000006", "ctr=6"), "ctr"),
        (PLAIN.replace("&ctr=000006", ""), "e"),
        (P18.replace("CEE9", ""), "f"),
        ("https://[x?" + P12.partition("?")[2], "c"),
        (P12 + "&x=" + "a" * 3000, "c"),
        (P12.replace("94EE", "٩٤EE"), "c"),
    ],
)
def test_what_is_no_signed_link_says_which_part(link: str, name: str) -> None:
    with pytest.raises(SunError) as caught:
        sun_of(link)
    assert type(caught.value) is SunError
    assert caught.value.where == name


@pytest.mark.parametrize("link", [P12, PLAIN])
@pytest.mark.parametrize("name", ["f", "enc", "F"])
def test_file_data_that_no_mac_covers_are_refused(link: str, name: str) -> None:
    with pytest.raises(SunError, match="does not cover") as caught:
        sun_of(f"{link}&{name}={'41' * 16}")
    assert caught.value.where == "f"


@given(st.text(max_size=120))
def test_any_text_is_a_message_or_refused(text: str) -> None:
    for link in (text, f"https://x.example/?{text}", f"{P12}&{text}"):
        try:
            message = sun_of(link)
        except SunError:
            continue
        assert len(message.mac) == 8


@given(st.binary(min_size=16, max_size=24), st.binary(min_size=8, max_size=8), st.binary(max_size=40))
def test_any_message_is_a_tap_or_a_forgery(encrypted: bytes, mac: bytes, signed: bytes) -> None:
    size = 24 if len(encrypted) > 20 else 16
    with pytest.raises(ForgedTap):
        verify(Sun(mac, encrypted.ljust(size, b"\0")[:size], signed=signed), CUSTOM)


@given(
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=7, max_size=7),
    st.integers(0, 0xFFFFFF),
    st.binary(min_size=16, max_size=16),
)
def test_what_a_tag_sends_is_what_is_verified(key: bytes, uid: bytes, counter: int, file: bytes) -> None:
    """The tag's side, written out: mirror UID and counter, encrypt the file, sign."""
    count = counter.to_bytes(3, "little")
    encrypted = encrypt(CUSTOM.meta, bytes(16), b"\xc7" + uid + count + b"\1\2\3\4\5")
    sent = encrypt(*file_session(key, uid, count), file)
    mac = mac_of(key, uid, count, f"{sent.hex().upper()}&c=".encode())
    link = f"https://x.example/?e={encrypted.hex()}&f={sent.hex().upper()}&c={mac.hex()}"
    assert verify(sun_of(link), replace(CUSTOM, file=key)) == Tap(uid, counter, 1, file)


def test_counters() -> None:
    assert judge((1, 0), None) is Freshness.FRESH
    told = [judge((2, n), (2, 5)) for n in (6, 900, 5, 4, 0)]
    assert told == ["fresh", "fresh", "again", "replay", "replay"]
    assert [judge((version, 5), (2, 5)) for version in (1, 3)] == ["replay", "fresh"]
    assert [judge((1, 900), (2, 5)), judge((3, 1), (2, 5))] == ["replay", "fresh"]


def test_the_examples_of_lrp_mac_have_whole_and_broken_blocks() -> None:
    """The MAC of LRP has CMAC's structure: no length is like another, padded or not."""
    lrp = Lrp(bytes(range(16)))
    macs = {lrp.cmac(b"\0" * size) for size in range(50)}
    assert len(macs) == 50
    assert lrp.cmac(b"\x80" + bytes(15)) != lrp.cmac(b"")


def test_cmac_of_the_standard() -> None:
    """NIST SP 800-38B, appendix D.1, example 1."""
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    assert cmac(key, b"").hex() == "bb1d6929e95937287fa37d129b756746"
    assert decrypt_block(key, bytes.fromhex("3ad77bb40d7a3660a89ecaf32466ef97")).hex() == (
        "6bc1bee22e409f96e93d7e117393172a"
    )
