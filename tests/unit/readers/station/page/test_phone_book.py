"""Letting phones in, and what becomes of what they send."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import count

import pytest

from suyuan.readers.station.errors import OutboxUnavailable
from suyuan.readers.station.page.phone_book import (
    BURST,
    CODE_S,
    MOST_KEPT,
    MOST_PHONES,
    TRIES_WITHIN_S,
    Fate,
    Phone,
    PhoneBook,
    PhoneCodeWrong,
    PhoneTooFast,
    Sighting,
    TooManyPhoneCodes,
    TooManyPhones,
)


class Store:
    """Keeps values, unless it is full."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.full = False

    async def keep(self, name: str, value: bytes) -> None:
        if self.full:
            raise OutboxUnavailable("database or disk is full")
        self.values[name] = value

    async def kept(self, name: str) -> bytes | None:
        return self.values.get(name)


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


class World:
    """A book over a store, opened again as a station that was started anew does."""

    def __init__(self) -> None:
        self.store, self.clock = Store(), Clock()
        self.tokens = (f"token-{n}" for n in count())
        self.chance = random.Random(7)
        self.handed: list[str] = []

    async def book(self) -> PhoneBook:
        book = PhoneBook(
            self.store, monotonic=self.clock, secret=lambda: next(self.tokens), choice=self.chance.choice
        )
        await book.load()
        return book

    def hand(self, text: str) -> Callable[[], None]:
        return lambda: self.handed.append(text)


@pytest.fixture
def world() -> World:
    return World()


async def paired(book: PhoneBook, name: str = "") -> tuple[Phone, str]:
    return await book.pair(book.show_code(), name)


async def test_a_code_lets_one_phone_in_and_its_token_outlasts_a_restart(world: World) -> None:
    book = await world.book()
    code = book.show_code()
    assert len(code) == 6
    phone, token = await book.pair(f" {code[:3].lower()}-{code[3:]} ", "  Zhang   San ")
    assert (phone.number, phone.name) == (1, "Zhang San")
    assert book.of(token) == phone
    assert token.encode() not in b"".join(world.store.values.values())
    with pytest.raises(PhoneCodeWrong):
        await book.pair(code, "")
    again = await world.book()
    assert again.of(token) == phone
    assert again.of("") is None
    assert again.of("token-9") is None


async def test_a_code_runs_out_and_a_new_one_ends_the_old_one(world: World) -> None:
    book = await world.book()
    old = book.show_code()
    new = book.show_code()
    assert book.code() == (new, CODE_S)
    with pytest.raises(PhoneCodeWrong):
        await book.pair(old, "")
    world.clock.at += CODE_S
    assert book.code() == ("", 0.0)
    for typed in (new, ""):
        with pytest.raises(PhoneCodeWrong):
            await book.pair(typed, "")
    assert book.phones == []


async def test_codes_cannot_be_guessed_in_bulk(world: World) -> None:
    book = await world.book()
    code = book.show_code()
    for n in range(5):
        with pytest.raises(PhoneCodeWrong):
            await book.pair(f"22222{n}", "")
    with pytest.raises(TooManyPhoneCodes):
        await book.pair(code, "")
    world.clock.at += TRIES_WITHIN_S
    assert (await book.pair(code, ""))[0].number == 1


async def test_a_phone_that_cannot_be_kept_is_not_let_in_and_the_code_stays_good(world: World) -> None:
    book = await world.book()
    code = book.show_code()
    world.store.full = True
    with pytest.raises(OutboxUnavailable):
        await book.pair(code, "")
    assert book.phones == []
    world.store.full = False
    phone, token = await book.pair(code, "")
    world.store.full = True
    with pytest.raises(OutboxUnavailable):
        await book.revoke(phone.number)
    assert book.of(token) == phone


async def test_a_removed_phone_is_known_no_more_and_its_number_is_free(world: World) -> None:
    book = await world.book()
    first, token = await paired(book)
    second, _ = await paired(book)
    await book.revoke(first.number)
    assert book.of(token) is None
    assert (await world.book()).of(token) is None
    assert [phone.number for phone in book.phones] == [2]
    assert (await paired(book))[0].number == 1
    assert second.number == 2


async def test_there_is_an_end_to_phones(world: World) -> None:
    book = await world.book()
    for _ in range(MOST_PHONES):
        await paired(book)
    with pytest.raises(TooManyPhones):
        await paired(book)


async def test_a_sighting_sent_again_is_one_also_after_a_restart(world: World) -> None:
    book = await world.book()
    phone, _ = await paired(book)
    for _ in range(3):
        fate = await book.take(phone, Sighting("a", "x", "dock"), world.hand("x"))
        assert fate is Fate.TAKEN
    again = await world.book()
    assert await again.take(phone, Sighting("a", "x", "dock"), world.hand("x")) is Fate.UNKNOWN
    assert await again.take(phone, Sighting("b", "y", "dock"), world.hand("y")) is Fate.TAKEN
    assert world.handed == ["x", "y"]


async def test_a_sighting_whose_id_cannot_be_kept_is_not_acknowledged_and_still_one(world: World) -> None:
    book = await world.book()
    phone, _ = await paired(book)
    world.store.full = True
    for _ in range(2):
        with pytest.raises(OutboxUnavailable):
            await book.take(phone, Sighting("a", "x", "dock"), world.hand("x"))
    world.store.full = False
    assert await book.take(phone, Sighting("a", "x", "dock"), world.hand("x")) is Fate.TAKEN
    assert world.handed == ["x"]


async def test_what_is_not_handed_on_is_not_taken(world: World) -> None:
    book = await world.book()
    phone, _ = await paired(book)

    def refuse() -> None:
        raise OutboxUnavailable("nobody hears")

    with pytest.raises(OutboxUnavailable):
        await book.take(phone, Sighting("a", "x", "dock"), refuse)
    assert book.sightings(phone) == []
    assert await book.take(phone, Sighting("a", "x", "dock"), world.hand("x")) is Fate.TAKEN


async def test_each_phone_has_its_own_rate_and_its_own_bounded_memory(world: World) -> None:
    book = await world.book()
    fast, _ = await paired(book)
    calm, _ = await paired(book)
    for n in range(BURST):
        await book.take(fast, Sighting(f"{n}", "x", "dock"), world.hand("x"))
    with pytest.raises(PhoneTooFast):
        await book.take(fast, Sighting("more", "x", "dock"), world.hand("x"))
    assert (
        await book.take(fast, Sighting("0", "x", "dock"), world.hand("x")) is Fate.TAKEN
    )  # a repeat is free
    assert await book.take(calm, Sighting("more", "x", "dock"), world.hand("x")) is Fate.TAKEN
    for n in range(2 * MOST_KEPT):
        world.clock.at += 1
        await book.take(fast, Sighting(f"later {n}", "x", "dock"), world.hand("x"))
    assert len(book.sightings(fast)) == MOST_KEPT
    assert book.sightings(fast)[0].id == f"later {2 * MOST_KEPT - 1}"


async def test_the_end_of_a_pass_tells_what_became_of_what_was_taken_there(world: World) -> None:
    book = await world.book()
    phone, _ = await paired(book)
    for id_, text, point in (("a", "good", "dock"), ("b", "late", "dock"), ("c", "good", "gate")):
        await book.take(phone, Sighting(id_, text, point), world.hand(text))
    told = {"good": Fate.RECORDED}
    book.settle("dock", False, told.get)
    assert [one.fate for one in book.sightings(phone)] == [Fate.TAKEN, Fate.UNRECORDED, Fate.RECORDED]
    book.settle("dock", False, {"late": Fate.RECORDED}.get)
    assert book.sightings(phone)[1].fate is Fate.UNRECORDED


async def test_between_two_passes_of_an_automatic_point_a_sighting_belongs_to_the_next(world: World) -> None:
    book = await world.book()
    phone, _ = await paired(book)
    for text in ("early", "never"):
        await book.take(phone, Sighting(text, text, "dock"), world.hand(text))
    book.settle("dock", True, lambda _: None)
    assert {one.fate for one in book.sightings(phone)} == {Fate.TAKEN}
    book.settle("dock", True, {"early": Fate.RECORDED}.get)
    assert [one.fate for one in book.sightings(phone)] == [Fate.UNRECORDED, Fate.RECORDED]
