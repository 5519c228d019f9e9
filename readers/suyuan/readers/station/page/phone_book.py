"""The phones of one station: how one is let in, what its token is worth, and what became of what it read.

A phone is let in by a code that stands on the station's screen for five minutes and is good for one phone.
It gets a token of its own, of which only a digest is kept. Each sighting has an id that the phone made: sent
again, because the answer was lost, it is the same sighting. Ids are kept over restarts, the last ones of each
phone; a phone sends one thing after another, so that only its last one can come again.
"""

from __future__ import annotations

import asyncio
import hmac
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

import orjson

from suyuan.trace.errors import Conflict, NotAllowed, SuyuanError

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Of codes: nothing that can be taken for another sign."""
CODE_LENGTH, CODE_S = 6, 300.0
MOST_PHONES = 32
MOST_TRIES, TRIES_WITHIN_S = 5, 60.0
MOST_KEPT = 64
"""Sightings of each phone that are remembered."""
BURST, PER_S = 30, 5.0
"""How many sightings a phone may send at once, and how many a second in the long run."""
MOST_NAME = 40
_BOOK = "phones"


class Fate(StrEnum):
    """What became of a sighting."""

    TAKEN = "taken"
    RECORDED = "recorded"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    UNRECORDED = "unrecorded"
    UNKNOWN = "unknown"
    """It was taken before the station was started anew."""


class Store(Protocol):
    """Where small values are kept durably; a station is one."""

    async def keep(self, name: str, value: bytes) -> None:
        """Store ``value`` under ``name``."""
        ...

    async def kept(self, name: str) -> bytes | None:
        """What was stored under ``name``."""
        ...


class PhoneCodeWrong(NotAllowed):
    """The code is not the one that stands on the station's screen, or it has run out."""

    code = "phone-code-wrong"
    title = "This is not the code on the station's screen"


class TooManyPhoneCodes(SuyuanError):
    """Too many wrong codes came within a minute."""

    code = "phone-codes-too-many"
    status = 429
    title = "Too many wrong codes"


class TooManyPhones(Conflict):
    """The station has as many phones as it can."""

    code = "phones-too-many"
    title = "There are too many phones"


class PhoneTooFast(SuyuanError):
    """A phone sends more than a person can read."""

    code = "phone-too-fast"
    status = 429
    title = "The phone sends too fast"


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone that was let in; ``number`` is its antenna."""

    number: int
    name: str
    digest: str


@dataclass(slots=True)
class Sighting:
    """What a phone read; ``point`` and ``text`` are empty after a restart."""

    id: str
    text: str = ""
    point: str = ""
    fate: Fate = Fate.UNKNOWN
    passed_over: bool = False


@dataclass(slots=True)
class _Memory:
    """What is remembered of one phone; ``budget`` is how many sightings it may send at once."""

    sightings: OrderedDict[str, Sighting] = field(default_factory=OrderedDict[str, Sighting])
    budget: float = BURST
    counted_at: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class PhoneBook:
    """The phones of one station.

    Args:
        store: keeps digests and ids.
        monotonic: seconds that never go back.
        secret: makes a token that cannot be guessed.
        choice: picks a sign of a code, unforeseeably.
    """

    def __init__(
        self,
        store: Store,
        *,
        monotonic: Callable[[], float],
        secret: Callable[[], str],
        choice: Callable[[Sequence[str]], str],
    ) -> None:
        self._store = store
        self._monotonic = monotonic
        self._secret = secret
        self._choice = choice
        self._phones: dict[int, Phone] = {}
        self._memories: dict[int, _Memory] = {}
        self._code, self._code_until = "", 0.0
        self._wrong: deque[float] = deque(maxlen=MOST_TRIES)
        self._lock = asyncio.Lock()

    async def load(self) -> None:
        """Take up what was kept.

        Raises:
            OutboxUnavailable: it cannot be read.
        """
        rows = orjson.loads(await self._store.kept(_BOOK) or b"[]")
        self._phones = {row["number"]: Phone(**row) for row in rows}
        for number in self._phones:
            ids: list[str] = orjson.loads(await self._store.kept(_ids(number)) or b"[]")
            self._memories[number] = _Memory(OrderedDict((id_, Sighting(id_)) for id_ in ids))

    @property
    def phones(self) -> Sequence[Phone]:
        """The phones, by number."""
        return [self._phones[number] for number in sorted(self._phones)]

    def of(self, token: str) -> Phone | None:
        """The phone whose token this is."""
        digest = _digest(token)
        return next((p for p in self._phones.values() if hmac.compare_digest(p.digest, digest)), None)

    # Letting in

    def show_code(self) -> str:
        """A new code; the one before is good for nothing any more."""
        self._code = "".join(self._choice(ALPHABET) for _ in range(CODE_LENGTH))
        self._code_until = self._monotonic() + CODE_S
        return self._code

    def code(self) -> tuple[str, float]:
        """The code that is good now, and for how many seconds; empty where there is none."""
        left = self._code_until - self._monotonic()
        return (self._code, left) if self._code and left > 0 else ("", 0.0)

    def wait_s(self) -> float:
        """How long no code is taken, because too many wrong ones came, from whatever phone."""
        if len(self._wrong) < MOST_TRIES:
            return 0.0
        return max(0.0, self._wrong[0] + TRIES_WITHIN_S - self._monotonic())

    async def pair(self, typed: str, name: str) -> tuple[Phone, str]:
        """Let a phone in that knows the code; returns it and its token, once both are kept.

        Raises:
            TooManyPhoneCodes: wait first.
            PhoneCodeWrong: it is another code, or none is good now.
            TooManyPhones: one must be removed first.
            OutboxUnavailable: it cannot be kept; the code stays good.
        """
        async with self._lock:
            self._check(typed)
            if len(self._phones) >= MOST_PHONES:
                raise TooManyPhones(
                    "At most {most} phones can be connected.",
                    remedy="Remove one on the station's screen.",
                    most=MOST_PHONES,
                )
            number = next(n for n in range(1, MOST_PHONES + 1) if n not in self._phones)
            token = self._secret()
            phone = Phone(number, " ".join(name.split())[:MOST_NAME], _digest(token))
            await self._store.keep(_ids(number), b"[]")
            await self._keep({**self._phones, number: phone})
            self._memories[number] = _Memory(counted_at=self._monotonic())
            self._code = ""
            return phone, token

    def _check(self, typed: str) -> None:
        if self.wait_s() > 0:
            raise TooManyPhoneCodes(
                "Too many wrong codes were typed.", remedy="Wait a minute, then type the code on the screen."
            )
        good, _ = self.code()
        said = "".join(typed.upper().split()).replace("-", "")
        if not good or not hmac.compare_digest(said.encode(), good.encode()):
            self._wrong.append(self._monotonic())
            raise PhoneCodeWrong(
                "The code is wrong or has run out.",
                where="code",
                remedy="Have a new one shown on the station's screen; it is good for five minutes.",
            )

    async def revoke(self, number: int) -> None:
        """Let the phone of that number in no more; what it read stays.

        Raises:
            OutboxUnavailable: that cannot be kept; the phone stays.
        """
        async with self._lock:
            await self._keep({n: p for n, p in self._phones.items() if n != number})
            self._memories.pop(number, None)

    async def _keep(self, phones: dict[int, Phone]) -> None:
        """Only once it is kept does it hold."""
        await self._store.keep(_BOOK, orjson.dumps([asdict(phone) for phone in phones.values()]))
        self._phones = phones

    # Sightings

    async def take(self, phone: Phone, seen: Sighting, hand_on: Callable[[], None]) -> Fate:
        """Hand a sighting on, unless it was before; returns what became of it, once its id is kept.

        Raises:
            PhoneTooFast: it is not looked at yet.
            OutboxUnavailable: its id cannot be kept; sent again it will still be one sighting.
            SuyuanError: what ``hand_on`` raises; it was not taken.
        """
        memory = self._memories[phone.number]
        async with memory.lock:
            known = memory.sightings.get(seen.id)
            if known is None:
                self._spend(memory)
                hand_on()
                seen.fate = Fate.TAKEN
                known = memory.sightings[seen.id] = seen
                while len(memory.sightings) > MOST_KEPT:
                    memory.sightings.popitem(last=False)
            await self._store.keep(_ids(phone.number), orjson.dumps(list(memory.sightings)))
            return known.fate

    def _spend(self, memory: _Memory) -> None:
        now = self._monotonic()
        memory.budget = min(BURST, memory.budget + (now - memory.counted_at) * PER_S)
        memory.counted_at = now
        if memory.budget < 1:
            raise PhoneTooFast("This phone sends too many codes at once.", remedy="It goes on by itself.")
        memory.budget -= 1

    def sightings(self, phone: Phone) -> Sequence[Sighting]:
        """What is remembered of the phone, the last one in front."""
        return list(self._memories[phone.number].sightings.values())[::-1]

    def settle(self, point: str, automatic: bool, judge: Callable[[str], Fate | None]) -> None:
        """A pass at ``point`` has ended: say of what was taken there what ``judge`` says of its text.

        What the pass has not seen (None) is not recorded; but what came while an automatic read point was
        between two passes belongs to the next one.
        """
        for memory in self._memories.values():
            for seen in memory.sightings.values():
                if seen.point != point or seen.fate is not Fate.TAKEN:
                    continue
                fate = judge(seen.text)
                if fate is None and automatic and not seen.passed_over:
                    seen.passed_over = True
                else:
                    seen.fate = fate or Fate.UNRECORDED


def _ids(number: int) -> str:
    return f"phone {number}"


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
