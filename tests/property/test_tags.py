"""Laws of the tag codings: what is written is read back, and whatever is read is an EPC or refused."""

from __future__ import annotations

import random
import re
import sys
import warnings
from contextlib import suppress
from functools import cache
from inspect import signature
from typing import Any

import pytest
from hypothesis import assume, example, given, reject, settings
from hypothesis import strategies as st
from tests.examples import examples

from suyuan.trace.gs1 import (
    EncodingError,
    Identifier,
    IdentifierError,
    TagError,
    check_digit,
    identifier_of,
    identify,
    to_urn,
)
from suyuan.trace.gs1.patterns import id_pattern, matches
from suyuan.trace.gs1.tags import LAYOUTS, MOST_BYTES, Epc, decode_epc, encode_epc
from suyuan.trace.gs1.tags.bits import Bits, Memory
from suyuan.trace.gs1.tags.data import CODINGS
from suyuan.trace.gs1.tags.hostname import LONGEST_HOSTNAME, is_hostname, read_hostname, write_hostname
from suyuan.trace.gs1.tags.paths import decode_path, encode_path
from suyuan.trace.gs1.tags.texts import Text, bits_of_text, shortest_way
from suyuan.trace.gs1.tags.uris import memory_of_urn, urn_of_memory

with warnings.catch_warnings():  # its regular expressions are not raw strings
    warnings.simplefilter("ignore")
    from epcpy.utils.common import ConvertException
    from epcpy.utils.parsers import epc_pure_identity_to_tag_encodable, hex_to_tag_encodable

CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
MANY = settings(max_examples=examples(250), deadline=None)
SOME = settings(max_examples=examples(120), deadline=None)
CLASSIC = sorted(name for name, row in LAYOUTS.items() if not row.ais and not row.withdrawn)
NEWER = sorted(name for name, row in LAYOUTS.items() if row.ais)
LENGTHS = st.integers(6, 12)


def digits(least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=least, max_size=most or least)


def numbers(bits: int) -> st.SearchStrategy[str]:
    return st.integers(0, (1 << bits) - 1).map(str)


def keys(size: int) -> st.SearchStrategy[str]:
    return digits(size).map(lambda text: f"{text}{check_digit(text)}")


def texts(most: int) -> st.SearchStrategy[str]:
    alphabets = ("0123456789", "0123456789ABCDEF", "0123456789abcdef", "09AZaz-_", "AZ09.:-", CSET82)
    return st.sampled_from(alphabets).flatmap(lambda signs: st.text(signs, min_size=1, max_size=most))


# Bits of the serial in the schemes that hold a number there.
SERIAL_BITS = {"SGTIN-96": 38, "SGLN-96": 41, "GRAI-96": 38, "GDTI-96": 41, "ITIP-110": 38}
PREFIX_BITS = {12: 40, 11: 37, 10: 34, 9: 30, 8: 27, 7: 24, 6: 20}


def said_as(*parts: tuple[str, st.SearchStrategy[str]]) -> st.SearchStrategy[Identifier]:
    ais = [ai for ai, _ in parts]
    return st.tuples(*(values for _, values in parts)).map(
        lambda values: identifier_of(list(zip(ais, values, strict=True)))
    )


def joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


pieces = st.integers(1, 99).flatmap(
    lambda total: st.integers(1, total).map(lambda piece: f"{piece:02}{total:02}")
)


@cache
def things(scheme: str, length: int) -> st.SearchStrategy[Identifier]:
    """What ``scheme`` can say, of a company whose prefix has ``length`` digits."""
    serial = numbers(SERIAL_BITS[scheme]) if scheme in SERIAL_BITS else texts(16)
    of_asset = numbers(82 - PREFIX_BITS[length]) if scheme == "GIAI-96" else texts(30 - length)
    of_part, of_one_part = numbers(51 - PREFIX_BITS[length]), st.integers(1, 2**31 - 1).map(str)
    if scheme != "CPI-96":
        of_part = st.text("#-/0123456789ABCXYZ", min_size=1, max_size=30 - length)
        of_one_part = st.integers(1, 10**12 - 1).map(str)
    made: dict[str, st.SearchStrategy[Identifier]] = {
        "sgtin": said_as(("01", keys(13)), ("21", serial)),
        "itip": said_as(("8006", joined(keys(13), pieces)), ("21", serial)),
        "sgln": said_as(("414", keys(12)), ("254", serial)),
        "grai": said_as(("8003", joined(st.just("0"), keys(12), serial))),
        "gdti": said_as(("253", joined(keys(12), serial))),
        "sgcn": said_as(("255", joined(keys(12), digits(1, 12)))),
        "sscc": said_as(("00", keys(17))),
        "gsrn": said_as(("8018", keys(17))),
        "gsrnp": said_as(("8017", keys(17))),
        "giai": said_as(("8004", joined(digits(length), of_asset))),
        "cpi": said_as(("8010", joined(digits(length), of_part)), ("8011", of_one_part)),
        "gid": st.builds("urn:epc:id:gid:{}.{}.{}".format, numbers(26), numbers(23), numbers(36)).map(
            identify
        ),
        "usdod": st.builds("urn:epc:id:usdod:{}.{}".format, suppliers(), numbers(36)).map(identify),
        "adi": st.builds(
            "urn:epc:id:adi:{}.{}.{}{}".format,
            suppliers(),
            st.text("-AZ059", max_size=32),
            st.sampled_from(["", "%23"]),
            st.text("-AZ059", min_size=1, max_size=29),
        ).map(identify),
    }
    return made[LAYOUTS[scheme].urn]


def suppliers() -> st.SearchStrategy[str]:
    return st.text("09AHJNPZ", min_size=5, max_size=6)


def filters(scheme: str) -> st.SearchStrategy[int]:
    return st.integers(0, (1 << LAYOUTS[scheme].filter_bits) - 1)


@st.composite
def tags(draw: st.DrawFn, schemes: list[str]) -> tuple[str, int, int, Identifier]:
    scheme, length = draw(st.sampled_from(schemes)), draw(LENGTHS)
    return scheme, length, draw(filters(scheme)), draw(things(scheme, length))


@MANY
@given(tags(CLASSIC))
def test_what_a_classic_tag_is_written_it_says(tag: tuple[str, int, int, Identifier]) -> None:
    scheme, length, value, thing = tag
    memory = encode_epc(thing, company_prefix_length=length, filter=value, scheme=scheme)
    epc = decode_epc(memory)
    assert (epc.scheme, epc.filter, epc.identifier) == (scheme, value, thing)
    assert epc.company_prefix_length == (length if thing.ais else 0)
    assert identify(str(epc.urn)) == identify(str(epc.tag_urn)) == thing
    assert epc.urn == to_urn(thing.key, length)
    assert memory_of_urn(urn_of_memory(memory)) == memory


def by_epcpy(urn: str, scheme: str, value: int) -> bytes:
    """The memory that another library writes for ``urn``, in whole words."""
    thing: Any = epc_pure_identity_to_tag_encodable(urn)
    wanted = signature(thing.binary).parameters
    more: dict[str, object] = {}
    if "binary_coding_scheme" in wanted:
        more["binary_coding_scheme"] = thing.BinaryCodingScheme(scheme.lower())
    if "filter_value" in wanted:
        names = vars(sys.modules[type(thing).__module__])
        filter_values = next(names[name] for name in names if name.endswith("FilterValue"))
        more["filter_value"] = filter_values(str(value))
    try:
        bits: str = thing.binary(**more)
    except ConvertException:
        reject()  # it refuses the largest numbers of a fixed width, such as piece 99 of 99
    size = -(-len(bits) // 16) * 16
    return int(bits.ljust(size, "0"), 2).to_bytes(size // 8)


# epcpy 0.1.8 counts the letters of an escape (%2F) as three, refuses some signs, and takes six zero bits for
# the end of an ADI wherever they stand.
PLAIN = re.compile(r"urn:epc:id:[a-z]+:[0-9A-Za-z.]+")


@MANY
@given(tags(sorted(set(CLASSIC) - {"ADI-var"})))
def test_another_library_reads_and_writes_the_same(tag: tuple[str, int, int, Identifier]) -> None:
    scheme, length, value, thing = tag
    memory = encode_epc(thing, company_prefix_length=length, filter=value, scheme=scheme)
    urn = str(to_urn(thing.key, length))
    assume(PLAIN.fullmatch(urn))
    assert hex_to_tag_encodable(memory.hex()).epc_uri == urn
    assert by_epcpy(urn, scheme, value) == memory


dates = st.dates().map(lambda date: f"{date:%y%m%d}").filter(lambda text: text[2:] != "0229")


@st.composite
def hostnames(draw: st.DrawFn) -> str:
    label = st.text("abcxyz019-", min_size=1, max_size=12)
    start = draw(st.sampled_from(["", "id.", "www.", "qr."]))
    end = draw(st.sampled_from(["", ".com", ".cn", ".com.cn", ".gov.cn", ".co.uk", ".tech", ".example"]))
    text = start + ".".join(draw(st.lists(label, min_size=1, max_size=2))) + end
    return draw(st.sampled_from([text, text.upper()]))


OF_ANYTHING: dict[str, st.SearchStrategy[str]] = {"90": texts(30), "98": texts(20), "99": texts(20)}
OF_ITEMS: dict[str, st.SearchStrategy[str]] = {
    **OF_ANYTHING,
    "10": texts(20), "15": dates, "17": dates, "7003": dates.map(lambda day: day + "2359"),
    "422": st.just("156"), "8008": dates.map(lambda day: day + "23"), "240": texts(30),
    "7007": st.lists(dates, min_size=1, max_size=2, unique=True).map(lambda days: "".join(sorted(days))),
}  # fmt: skip


@st.composite
def said(draw: st.DrawFn, scheme: str) -> tuple[tuple[str, str], ...]:
    """Some element strings that may stand beside a key of ``scheme``; a date first where it wants one."""
    row = LAYOUTS[scheme]
    values = OF_ITEMS if row.urn == "sgtin" else OF_ANYTHING
    ais = draw(st.lists(st.sampled_from(sorted(values)), max_size=3, unique=True))
    date = ((draw(st.sampled_from(["11", "13", "16", "7006"])), draw(dates)),) if row.dated else ()
    return (*date, *((ai, draw(values[ai])) for ai in ais))


@SOME
@given(tags(NEWER), st.data(), hostnames())
def test_what_a_newer_tag_is_written_it_says(
    tag: tuple[str, int, int, Identifier], more: st.DataObject, hostname: str
) -> None:
    scheme, _, value, thing = tag
    row = LAYOUTS[scheme]
    data = more.draw(said(scheme))
    host = hostname if row.hosted else ""
    try:
        memory = encode_epc(thing, filter=value, scheme=scheme, data=data, hostname=host)
    except EncodingError as error:
        too_much = error.where == "data"
        assume(not too_much)
        raise
    epc = decode_epc(memory)
    assert (epc.scheme, epc.filter, epc.data, epc.hostname) == (scheme, value, data, host)
    assert epc.identifier.key == thing.key
    assert set(thing.ais) <= set(epc.identifier.ais)
    assert epc.identifier.lot == (dict(data).get("10") if row.urn == "sgtin" else thing.lot)
    assert epc.verdict.valid
    assert epc.tag_urn is epc.urn is None
    assert memory[1] >> 7 == bool(data[1:] if row.dated else data)
    assert identify(str(epc.link()).partition("?")[0]) == epc.identifier


def told(memory: bytes) -> Epc | TagError:
    try:
        return decode_epc(memory)
    except TagError as error:
        return error


def again(epc: Epc) -> bytes:
    return encode_epc(
        epc.identifier,
        company_prefix_length=epc.company_prefix_length or None,
        filter=epc.filter,
        scheme=epc.scheme,
        data=epc.data,
        hostname=epc.hostname,
    )


@st.composite
def headed(draw: st.DrawFn) -> bytes:
    """Memory that begins like an EPC and goes on anyhow."""
    row = draw(st.sampled_from(list(LAYOUTS.values())))
    size = draw(st.integers(8, MOST_BYTES * 8))
    partition = draw(st.integers(0, 7))
    start = row.header << 6 | draw(st.integers(0, 7)) << 3 | partition
    zeros = draw(st.integers(0, size))
    body = draw(st.integers(0, (1 << size) - 1)) >> zeros << zeros
    bits = f"{start:014b}{body:0{size}b}"[: MOST_BYTES * 8]
    bits = bits.ljust(-(-len(bits) // 8) * 8, "0")
    return int(bits, 2).to_bytes(len(bits) // 8)


@settings(max_examples=examples(800), deadline=None)
@given(st.one_of(st.binary(max_size=80), headed()))
@example(bytes.fromhex("F7") + bytes(61))
def test_any_bits_are_an_epc_or_refused(memory: bytes) -> None:
    epc = told(memory)
    if isinstance(epc, TagError):
        assert epc.where
        assert "{" not in epc.detail
        return
    if LAYOUTS[epc.scheme].withdrawn or (epc.data and not epc.verdict.valid):
        return  # read, and not written
    written = again(epc)
    assert decode_epc(written) == epc
    if not LAYOUTS[epc.scheme].ais:  # the newer schemes have several ways to say one thing
        assert written.rstrip(b"\0") == memory.rstrip(b"\0")


@SOME
@given(tags(NEWER), st.integers(0, 60), st.integers(1, 255))
def test_damaged_tags_are_an_epc_or_refused(tag: tuple[str, int, int, Identifier], at: int, by: int) -> None:
    scheme, _, value, thing = tag
    data = (("17", "261231"), ("99", "L1")) if LAYOUTS[scheme].dated else (("99", "L1"),)
    host = "id.example.cn" if LAYOUTS[scheme].hosted else ""
    memory = bytearray(encode_epc(thing, filter=value, scheme=scheme, data=data, hostname=host))
    memory[at % len(memory)] ^= by
    with suppress(TagError):
        epc = decode_epc(bytes(memory))
        assume(epc.verdict.valid)
        assert decode_epc(again(epc)) == epc


@MANY
@given(texts(90))
def test_a_text_takes_the_fewest_bits_and_comes_back(text: str) -> None:
    memory = Memory("", "")
    Text(90).write(memory, text)
    assert memory.size == 3 + 7 + bits_of_text(shortest_way(text), len(text))
    assert memory.size <= 3 + 7 + 7 * len(text)
    value, size = memory.padded_to(8)
    assert Text(90).read(Bits(value.to_bytes(size // 8)), "text") == text


@SOME
@given(hostnames())
def test_a_hostname_comes_back(text: str) -> None:
    assume(is_hostname(text))
    memory = Memory("", "")
    write_hostname(memory, text)
    assert memory.size <= 7 + 7 * len(text) <= 7 + 7 * LONGEST_HOSTNAME
    value, size = memory.padded_to(8)
    assert read_hostname(Bits(value.to_bytes(size // 8))) == text


@MANY
@given(st.sampled_from(sorted(CODINGS)), st.binary(min_size=90, max_size=90))
def test_every_value_that_is_read_can_be_written(ai: str, noise: bytes) -> None:
    bits = Bits(noise)
    try:
        parts = [coding.read(bits, ai) for coding in CODINGS[ai]]
    except TagError:
        return
    memory = Memory("", "")
    for coding, part in zip(CODINGS[ai], parts, strict=True):
        assert coding.fits(part)
        coding.write(memory, part)
    assert memory.size <= bits.at
    value, size = memory.padded_to(8)
    again = Bits(value.to_bytes(size // 8))
    assert [coding.read(again, ai) for coding in CODINGS[ai]] == parts
    assert again.at == memory.size


@SOME
@given(tags([*CLASSIC, *NEWER]), st.sampled_from(["eh", "ex"]))
def test_a_path_says_what_the_tag_says(tag: tuple[str, int, int, Identifier], form: str) -> None:
    scheme, length, value, thing = tag
    row = LAYOUTS[scheme]
    more = {
        "company_prefix_length": length,
        "filter": value,
        "scheme": scheme,
        "data": (("17", "261231"),) if row.dated else (),
        "hostname": "trace.example.cn" if row.hosted else "",
    }
    path = encode_path(thing, form, **more)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    memory = encode_epc(thing, **more)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert decode_path(f"/some/prefix{path}") == decode_epc(memory)
    assert path.startswith(f"/{form}")


@SOME
@given(st.one_of(st.text(), st.from_regex(r"\A/e[hx][0-9a-zA-Z_-]{0,130}\Z")))
def test_any_path_is_an_epc_or_refused(path: str) -> None:
    with suppress(TagError):
        assert decode_path(path).identifier.key


@SOME
@given(st.one_of(st.text(max_size=40), st.from_regex(r"\Aurn:epc:(tag|raw):[a-z0-9\[\]=:.x-]{0,60}\Z")))
@example("urn:epc:raw:96.x3074257BF7194E4000001A85")
@example("urn:epc:raw:64.x31.x0123456890ABCDEF")
def test_any_urn_of_memory_is_read_or_refused(urn: str) -> None:
    with suppress(IdentifierError):
        memory = memory_of_urn(urn)
        assert memory_of_urn(urn_of_memory(memory)) == memory


@MANY
@given(tags(CLASSIC), tags(CLASSIC), st.integers(0, 5))
def test_a_pattern_names_those_that_share_its_first_fields(
    one: tuple[str, int, int, Identifier], other: tuple[str, int, int, Identifier], told: int
) -> None:
    _, length, _, thing = one
    urn = str(to_urn(thing.key, length))
    name, body = urn.split(":", 4)[3:]
    count = {"itip": 5, "sscc": 2, "gsrn": 2, "gsrnp": 2, "giai": 2, "usdod": 2}.get(name, 3)
    fields = body.split(".", count - 1)
    stars = min(told, count)
    assume(not (name == "itip" and stars == 2))
    assume(stars or fields[-1] != "*")
    pattern = f"urn:epc:idpat:{name}:" + ".".join([*fields[: count - stars], *["*"] * stars])
    assert matches(pattern, thing)
    assert id_pattern(pattern).stars == stars
    _, own_length, _, stranger = other
    their_urn = to_urn(stranger.key, length if stars < count else own_length)
    start = f"urn:epc:id:{name}:" + "".join(f"{field}." for field in fields[: count - stars])
    expected = their_urn is not None and (their_urn.startswith(start) if stars else their_urn == urn)
    assert matches(pattern, stranger) is expected


@pytest.mark.parametrize("scheme", ["SGTIN+", "SGTIN-198", "SGTIN-96"])
def test_all_tags_of_an_item_mean_one_thing(scheme: str) -> None:
    item = identify("https://shop.example/01/09506000134352/21/123456789")
    memory = encode_epc(item, company_prefix_length=7, filter=1, scheme=scheme)
    assert decode_epc(memory).identifier.key == item.key


def test_thirty_thousand_items_in_96_bits() -> None:
    choose = random.Random(96).randrange
    for _ in range(30_000):
        body, serial, length = f"{choose(10**13):013}", choose(1 << 38), choose(6, 13)
        item = identifier_of([("01", f"{body}{check_digit(body)}"), ("21", str(serial))])
        epc = decode_epc(encode_epc(item, company_prefix_length=length, filter=choose(8)))
        assert (epc.identifier, epc.company_prefix_length) == (item, length)
