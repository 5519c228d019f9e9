from __future__ import annotations

import importlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suyuan.readers.errors import NdefError
from suyuan.readers.tags.ndef import (
    PREFIXES,
    Record,
    Text,
    Tnf,
    android_record,
    blocks,
    decode,
    encode,
    link,
    poster_record,
    text_of,
    text_record,
    uri_of,
    uri_record,
    wrapped,
)

oracle: Any = importlib.import_module("ndef")  # it has no types
SUN = "https://id.example.cn/01/06901234567892/21/a%2Fb?e=EF96%2F==&c=94EE&m=%e4%bA"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
RECORDS = st.builds(
    Record,
    st.sampled_from([Tnf.WELL_KNOWN, Tnf.MEDIA, Tnf.EXTERNAL]),
    st.binary(min_size=1, max_size=255),
    st.binary(max_size=600),
    st.binary(max_size=255),
)


def test_a_link_is_the_very_characters_that_were_written() -> None:
    for uri in (SUN, "HTTPS://X/%2f%2F", "https://溯源.cn/?a=b c", "urn:epc:id:sgtin:9506000.013435.1", ""):
        assert link(encode([uri_record(uri)])) == uri
    assert uri_record("https://www.a").payload == b"\x02a"
    assert uri_record("urn:epc:id:sgtin").payload[0] == PREFIXES.index("urn:epc:id:")


def test_known_octets() -> None:
    """URI RTD 1.0, appendix A: the NFC Forum's own address."""
    message = bytes.fromhex("d1 01 08 55 01 6e 66 63 2e 63 6f 6d")
    assert link(message) == "http://www.nfc.com"
    assert encode([uri_record("http://www.nfc.com")]) == message
    assert wrapped(message).hex() == "030c" + message.hex()
    assert wrapped(bytes(300))[:4] == b"\x03\xff\x01\x2c"


def test_posters_texts_and_applications() -> None:
    titles = (Text("zh-CN", "溯源"), Text("en", "Trace"))
    message = encode([poster_record(SUN, titles), android_record("cn.example.app")])
    assert link(message) == SUN
    inner = decode(decode(message)[0].payload)
    assert tuple(text_of(record) for record in inner[1:]) == titles
    assert uri_of(decode(message)[1]) == ""
    assert text_of(inner[0]) is None
    utf16 = Record(Tnf.WELL_KNOWN, b"T", b"\x82en" + "溯".encode("utf-16-be"))
    assert text_of(utf16) == Text("en", "溯")
    assert link(encode([Record(Tnf.ABSOLUTE_URI, SUN.encode())])) == SUN
    assert link(encode([])) == link(b"") == ""
    with pytest.raises(NdefError):
        text_record("x", "ü")


@given(st.lists(RECORDS, max_size=6))
def test_what_is_encoded_is_decoded(records: list[Record]) -> None:
    assert list(decode(encode(records))) == (records or [Record(Tnf.EMPTY)])


@given(TEXT)
def test_any_link_survives_and_the_oracle_reads_the_same(uri: str) -> None:
    message = encode([uri_record(uri)])
    assert link(message) == uri
    (record,) = oracle.message_decoder(message, known_types={})
    assert record.data == decode(message)[0].payload


@given(st.lists(RECORDS, min_size=1, max_size=4))
def test_the_oracle_encodes_the_same(records: list[Record]) -> None:
    prefixes = {Tnf.WELL_KNOWN: "urn:nfc:wkt:", Tnf.EXTERNAL: "urn:nfc:ext:"}
    plain = [
        Record(r.tnf, b"a/" + r.type.hex().encode()[:200] if r.tnf is Tnf.MEDIA else b"x1", r.payload, r.id)
        for r in records
    ]
    theirs = [
        oracle.Record(prefixes.get(r.tnf, "") + r.type.decode(), r.id.decode("latin-1"), r.payload)
        for r in plain
    ]
    assert b"".join(oracle.message_encoder(theirs)) == encode(plain)


@given(TEXT, st.sampled_from(["en", "zh-CN"]))
def test_texts_are_those_of_the_oracle(text: str, language: str) -> None:
    (record,) = oracle.message_decoder(encode([text_record(text, language)]))
    assert (record.text, record.language) == (text, language)


@given(TEXT, st.sampled_from(["UTF-8", "UTF-16"]), st.sampled_from(["en", "zh-Hans-CN"]))
def test_texts_of_the_oracle_are_read_in_both_character_sets(text: str, coding: str, language: str) -> None:
    message = b"".join(oracle.message_encoder([oracle.TextRecord(text, language, coding)]))
    assert text_of(decode(message)[0]) == Text(language, text)


def test_a_poster_of_the_oracle_with_everything_in_it_says_its_link() -> None:
    """Titles, an action, a size, a type, a picture, and a signed link among records of other kinds."""
    picture = b"\x89PNG\r\n\x1a\n"
    titles = {"zh": "溯源", "en": "Trace"}
    poster = oracle.SmartposterRecord("https://x.cn/", title=titles, action="exec", icon=picture)
    poster.resource_size, poster.resource_type = 1234, "text/html"
    others = [oracle.TextRecord("before", "en"), poster, oracle.UriRecord("https://second.cn/")]
    message = b"".join(oracle.message_encoder(others))
    assert link(message) == "https://x.cn/"
    assert [text_of(record) for record in decode(message)] == [Text("en", "before"), None, None]
    parts = decode(decode(message)[1].payload)
    assert {text_of(part) for part in parts} == {Text("zh", "溯源"), Text("en", "Trace"), None}


def test_a_poster_in_a_poster_is_no_link() -> None:
    inner = poster_record(SUN)
    for _ in range(50):
        inner = Record(Tnf.WELL_KNOWN, b"Sp", encode([inner]))
    assert link(encode([inner])) == ""


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=2, max_size=5))
def test_chunks_are_put_together(chunks: list[bytes]) -> None:
    parts: list[bytes] = []
    for number, chunk in enumerate(chunks):
        first, last = number == 0, number == len(chunks) - 1
        head = (0x80 if first else 0) | (0x40 if last else 0x20) | 0x10 | (2 if first else 6)
        kind = b"a/b" if first else b""
        parts.append(bytes((head, len(kind), len(chunk))) + kind + chunk)
    assert decode(b"".join(parts)) == (Record(Tnf.MEDIA, b"a/b", b"".join(chunks)),)


@pytest.mark.parametrize(
    "message",
    [
        "d1",  # no lengths
        "d10108550166",  # cut off
        "c101ffffffff55",  # four gigabytes
        "c1010000000855",  # eight bytes that are not there
        "510108550161616161616161",  # does not begin
        "910103550161 62",  # does not end
        "d101035501616200",  # goes on after its end
        "d70000",  # reserved type name format
        "d00001aa",  # empty with contents
        "d60003010203",  # continues nothing
        "b1010155 01",  # chunk without end
        "d9010155",  # id length missing
        "d101015524",  # unknown prefix
        "d1010055",  # no prefix
        "d101025500ff",  # not UTF-8
    ],
)
def test_hostile_messages_are_refused(message: str) -> None:
    with pytest.raises(NdefError) as caught:
        link(bytes.fromhex(message))
    assert caught.value.remedy


def test_a_message_of_64_kib_is_refused() -> None:
    with pytest.raises(NdefError):
        decode(bytes(65_536))


@given(st.binary(max_size=200))
def test_no_bytes_do_anything_else(message: bytes) -> None:
    with suppress(NdefError):
        link(message)
        for record in decode(message):
            text_of(record)
    with suppress(NdefError):
        assert all(block.start <= len(message) for block in blocks(message))


def test_blocks_of_a_new_tag() -> None:
    found = list(blocks(bytes.fromhex("0103a00c34 00 0300fe")))
    assert [(b.type, b.offset, b.start, b.length) for b in found] == [(1, 0, 2, 3), (3, 6, 8, 0)]
    long = b"\xfd\xff\x01\x2c" + bytes(300)  # somebody's own block, its length in three bytes
    found = list(blocks(long + b"\x00\x02\x03\xa0\x10\x44" + wrapped(b"\xd0\0\0") + b"\xfe"))
    assert [(b.type, b.offset, b.length) for b in found] == [(0xFD, 0, 300), (2, 305, 3), (3, 310, 3)]
    assert list(blocks(bytes(8))) == []
    assert [b.type for b in blocks(b"\xfe")] == [0xFE]
    for cut in (b"\x03", b"\x03\xff\x01"):
        with pytest.raises(NdefError):
            list(blocks(cut))
