"""Devices in the store: one-time codes, standing, two machines with one key, acknowledged block lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import Engine

from suyuan.trace.errors import InvalidInput, NotFound
from suyuan.trace.store.devices import (
    EVERY,
    Device,
    DeviceDoubled,
    DeviceKind,
    DeviceRevoked,
    acknowledge,
    check_standing,
    device,
    devices,
    is_news,
    note_seen,
    revoke,
    unreached,
)
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.enrolment import (
    LIFETIME,
    CodeExpired,
    CodeMistyped,
    CodeOfAnotherKind,
    CodeUnknown,
    CodeUsed,
    KeyInUse,
    grouped,
    make_code,
    open_codes,
    read_code,
    redeem,
)

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
PARTY = "https://id.gs1.org/417/9521234000006"
PLACE = "https://id.gs1.org/414/9521234000006"
RandBytes = Callable[[int], bytes]


def pseudo_random() -> RandBytes:
    calls = count(1)

    def randbytes(size: int) -> bytes:
        call = next(calls)
        return bytes((call * 37 + at * 11) % 256 for at in range(size))

    return randbytes


def code_for(engine: Engine, randbytes: RandBytes, name: str = "till") -> str:
    with Writing(engine) as writing:
        code, _ = make_code(
            writing,
            kind="phone",
            name=name,
            party=PARTY,
            place=PLACE,
            now=NOW,
            by="boss",
            randbytes=randbytes,
        )
    return code


def let_in(
    engine: Engine,
    code: str,
    randbytes: RandBytes,
    *,
    key: str = "key-1",
    now: datetime = NOW,
    kind: DeviceKind = "phone",
) -> Device:
    with Writing(engine) as writing:
        return redeem(
            writing,
            code,
            kind=kind,
            public_key={"kty": "EC", "x": key},
            thumbprint=key,
            now=now,
            randbytes=randbytes,
        )


def test_a_code_lets_one_device_in_with_its_place_and_party(engine: Engine) -> None:
    randbytes = pseudo_random()
    code = code_for(engine, randbytes)
    with Reading(engine) as reading:
        assert [found.name for found in open_codes(reading, party=PARTY, now=NOW)] == ["till"]
    enrolled = let_in(engine, code, randbytes)
    told = (enrolled.name, enrolled.party, enrolled.place, enrolled.enrolled_by)
    assert told == ("till", PARTY, PLACE, "boss")
    again = let_in(engine, code, randbytes)  # the answer was lost: it asks again
    assert again.id == enrolled.id
    with pytest.raises(CodeUsed):
        let_in(engine, code, randbytes, key="key-2")
    with Reading(engine) as reading:
        assert not open_codes(reading, party=None, now=NOW)
        assert [found.id for found in devices(reading, EVERY)] == [enrolled.id]


def test_codes_that_do_not_let_in_say_why_and_change_nothing(engine: Engine) -> None:
    randbytes = pseudo_random()
    code = code_for(engine, randbytes)
    with pytest.raises(CodeExpired):
        let_in(engine, code, randbytes, now=NOW + LIFETIME)
    with pytest.raises(CodeOfAnotherKind):
        let_in(engine, code, randbytes, kind="station")
    with pytest.raises(CodeUnknown):
        let_in(engine, read_code("0" * 24), randbytes)
    with Reading(engine) as reading:
        assert not devices(reading, EVERY)
    let_in(engine, code, randbytes)
    with pytest.raises(KeyInUse):
        let_in(engine, code_for(engine, randbytes), randbytes)


def test_every_wrong_character_and_every_swap_is_noticed(sqlite_engine: Engine) -> None:
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    code = code_for(sqlite_engine, pseudo_random())
    assert read_code(grouped(code).lower().replace("-", " ")) == code
    assert read_code(code.replace("0", "o").replace("1", "l")) == code
    for at, right in enumerate(code):
        for wrong in alphabet.replace(right, ""):
            with pytest.raises(CodeMistyped):
                read_code(code[:at] + wrong + code[at + 1 :])
        for other in range(at + 1, len(code)):
            if code[other] != right:
                swapped = list(code)
                swapped[at], swapped[other] = swapped[other], swapped[at]
                with pytest.raises(CodeMistyped):
                    read_code("".join(swapped))
    for nonsense in ("", "   ", code[:-1], code + "0", "溯源" * 12, "U" * 24):
        with pytest.raises(CodeMistyped):
            read_code(nonsense)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb"])
def test_a_name_must_be_fit_to_read(sqlite_engine: Engine, name: str) -> None:
    with pytest.raises(InvalidInput):
        code_for(sqlite_engine, pseudo_random(), name)


def seen(engine: Engine, found: Device, boot: str, at: datetime, signed: datetime | None = None) -> Device:
    with Writing(engine) as writing:
        return note_seen(writing, found.id, boot=boot, signed=signed or at, clock_offset=0, now=at)


def test_a_reboot_is_no_second_machine_but_a_boot_that_comes_back_is(engine: Engine) -> None:
    randbytes = pseudo_random()
    found = let_in(engine, code_for(engine, randbytes), randbytes)
    minute = timedelta(minutes=1)
    for number in range(5):
        assert seen(engine, found, f"boot-{number}", NOW + number * minute).doubled is None
    late = NOW + 4 * minute + timedelta(seconds=2)
    assert seen(engine, found, "boot-3", late, signed=NOW + 3.5 * minute).doubled is None  # a straggler
    assert seen(engine, found, "boot-4", NOW + 5 * minute).doubled is None
    doubled = seen(engine, found, "boot-3", NOW + 6 * minute)
    assert doubled.doubled == NOW + 6 * minute
    with pytest.raises(DeviceDoubled):
        check_standing(doubled)


def test_a_revoked_device_stays_revoked(engine: Engine) -> None:
    randbytes = pseudo_random()
    found = let_in(engine, code_for(engine, randbytes), randbytes)
    check_standing(found)
    with Writing(engine) as writing:
        assert revoke(writing, found.id, now=NOW, by="boss").revoked == NOW
        assert revoke(writing, found.id, now=NOW + LIFETIME, by="other").revoked_by == "boss"
    with Reading(engine) as reading, pytest.raises(DeviceRevoked):
        check_standing(device(reading, found.id))
    with Writing(engine) as writing, pytest.raises(NotFound):
        revoke(writing, "nobody", now=NOW, by="boss")


def test_who_has_not_stored_the_list_is_listed_until_it_says_so(engine: Engine) -> None:
    randbytes = pseudo_random()
    first, second = (
        let_in(engine, code_for(engine, randbytes), randbytes, key=f"key-{number}") for number in range(2)
    )
    with Writing(engine) as writing:
        acknowledge(writing, first.id, 7, NOW)
        acknowledge(writing, first.id, 6, NOW + LIFETIME)  # an older one arrives late
        revoke(writing, second.id, now=NOW, by="boss")
    with Reading(engine) as reading:
        assert device(reading, first.id).block_list_sequence == 7
        assert not unreached(reading, 7)  # a revoked device is not waited for
        assert [found.id for found in unreached(reading, 8)] == [first.id]


def test_most_requests_write_nothing(engine: Engine) -> None:
    randbytes = pseudo_random()
    found = let_in(engine, code_for(engine, randbytes), randbytes)
    assert is_news(found, boot="a", clock_offset=0, now=NOW)
    found = seen(engine, found, "a", NOW)
    soon = NOW + timedelta(seconds=20)
    assert not is_news(found, boot="a", clock_offset=3, now=soon)
    assert is_news(found, boot="b", clock_offset=0, now=soon)
    assert is_news(found, boot="a", clock_offset=50, now=soon)
    assert is_news(found, boot="a", clock_offset=0, now=NOW + timedelta(seconds=30))
