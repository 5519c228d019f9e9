"""Texts under numbers: each is found again, also among many, and strange ones are given back as they came."""

from __future__ import annotations

import random
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import pytest

from suyuan.trace.lineage.chronicle.events import Events
from suyuan.trace.lineage.chronicle.names import Names
from suyuan.trace.lineage.chronicle.texts import Texts, Units, packed, unpacked

DIGEST = "00ff" * 16
STRANGE = ("", "溯源", "a\0b", "\ud800", DIGEST, DIGEST.upper(), "\xff" + DIGEST, "x" * 5000)


def told(texts: Sequence[str], salt: bytes = b"") -> Texts:
    found = Texts(salt=salt)
    for text in texts:
        found(text)
    return found


@pytest.mark.parametrize("text", STRANGE)
def test_a_text_is_given_back_as_it_came(text: str) -> None:
    assert unpacked(packed(text)) == text
    texts = told(["before", text])
    assert (texts[1], texts.get(text), text in texts) == (text, 1, True)


def test_a_digest_takes_its_bytes_and_one() -> None:
    assert len(packed(DIGEST)) == 33


def test_many_are_found_by_the_numbers_of_their_first_asking() -> None:
    names = [f"urn:n:{number * 7919}" for number in range(3000)]
    texts = told([*names, *names], b"salt")
    assert len(texts) == len(names)
    drawn = random.Random(1)
    for _ in range(3):  # also without what was asked a little before
        texts.take(texts.columns())
        assert all(texts.get(names[one]) == one for one in drawn.choices(range(3000), k=400))
        assert texts.get("urn:n:1") is None
    assert [texts[number] for number in range(len(texts))] == names


def test_texts_that_meet_at_the_last_seat_go_on_at_the_first() -> None:
    """Seats are doubled as if none ran over the end; those that do are seated one by one."""
    seats = 2048
    texts = Texts()
    met = [
        text for text in map(str, range(60_000)) if int.from_bytes(_tag(text), "little") % seats >= seats - 3
    ]
    assert len(met) > 40
    for text in [*met, *map(str, range(900))]:
        texts(text)
    texts.take(texts.columns())
    assert len(texts.columns()["seats"].array) == seats
    assert all(texts[texts(text)] == text for text in [*met, *map(str, range(900))])


def _tag(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=4).digest()


def test_numbers_without_text_are_never_found() -> None:
    texts = told(["a"])
    texts.skip(3)
    assert (texts("b"), texts.get(""), texts[2], len(texts)) == (4, None, "", 5)
    chosen = texts.chosen([4, 2, 0])
    assert [chosen[number] for number in range(len(chosen))] == ["b", "", "a"]
    with pytest.raises(IndexError):
        texts[5]
    with pytest.raises(IndexError):
        texts[-1]


def test_pieces_are_the_first_unit() -> None:
    units = Units()
    assert [units("KGM"), units(None), units("KGM"), units("")] == [1, 0, 1, 2]
    assert [units[number] for number in range(len(units))] == [None, "KGM", ""]


def test_prefixes_of_the_same_text_differ_by_their_digits() -> None:
    names = Names()
    keys = ("urn:a:1", "urn:a:01", "urn:a:", "urn:a:x", "urn:a:0000000000000017")
    found = [names(key) for key in keys]
    assert len({name.prefix for name in found}) == len(keys)
    names.take(names.columns())
    assert [names.key(*name) for name in found] == list(keys)
    assert [names.known(key) for key in keys] == found
    assert names.known("urn:b:1") is None


def test_what_was_declared_wrong_is_so_for_statements_to_come() -> None:
    events = Events(b"")
    assert not events.told(3, "acme", "e1")
    assert not events.told(5, "other", "e1")
    assert events.declared("acme", "e1", 20) == [3]
    assert events.declared("acme", "e2", 30) == []
    assert events.declared("acme", "e1", 25) == [3]
    assert events.told(7, "acme", "e1")
    assert events.told(9, "acme", "e2")
    assert [events.wrong_by(known) for known in (19, 20, 30)] == [[], [7, 3], [7, 3, 9]]
    events.take(events.columns())
    assert np.all(events.columns()["next"].array[:3] == -1)
    assert events.declared("acme", "e1", 40) == [7, 3]
