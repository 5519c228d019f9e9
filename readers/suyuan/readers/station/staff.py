"""Who may work at a station: the tables ``[[staff]]`` of its file, PINs, and shifts.

In events people stand by their ``id``, a pseudonym that only their company can resolve; their names never
leave the station. A PIN of a few digits protects against a colleague, not against who holds the file: its
hash is slow (scrypt, RFC 7914) and the file is its owner's alone. A badge is what a tag or symbol says, which
can be copied: it tells who is there, as a name plate does, and makes an operator of them. Capitals tell
neither badges nor ids apart.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from hashlib import scrypt
from typing import cast, get_args

from suyuan.readers.station import config_rules as rules
from suyuan.readers.station.config import Section, StationConfig
from suyuan.readers.station.steps.procedure import EVERYBODY, Role
from suyuan.readers.station.table import Table, wrong

_COST, _BLOCK, _LANES, _LENGTH = 1 << 14, 8, 1, 32
_SALT = 16
_HASH = re.compile(r"scrypt:([A-Za-z0-9+/=]{24}):([A-Za-z0-9+/=]{44})")
_PIN = re.compile(r"[0-9]{4,12}")
_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")
_LONGEST_BADGE = 512


class Day(StrEnum):
    """A day of the week, Monday first as in ``date.weekday``."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


@dataclass(frozen=True, slots=True)
class Person:
    """One who works here: when (local time) and as what.

    ``begins`` and ``ends`` are the shift; one that ends before it begins goes over midnight and belongs to
    the day on which it began. ``pin_hash`` and ``badge`` are empty where there is none.
    """

    id: str
    name: str
    roles: frozenset[Role] = EVERYBODY
    pin_hash: str = field(default="", repr=False)
    badge: str = field(default="", repr=False)
    valid_from: date | None = None
    valid_until: date | None = None
    days: frozenset[Day] = frozenset(Day)
    begins: time = time(0, 0)
    ends: time = time(0, 0)

    def works_at(self, local: datetime) -> bool:
        """Whether this local time is in a shift of theirs."""
        begins = datetime.combine(local.date(), self.begins)
        now = local.replace(tzinfo=None)
        length = (datetime.combine(local.date(), self.ends) - begins) % timedelta(days=1) or timedelta(days=1)
        for start in (begins, begins - timedelta(days=1)):
            if start <= now < start + length:
                return tuple(Day)[start.weekday()] in self.days and self._is_valid(start.date())
        return False

    def _is_valid(self, day: date) -> bool:
        after = self.valid_from is None or self.valid_from <= day
        return after and (self.valid_until is None or day <= self.valid_until)

    def has_pin(self, pin: str) -> bool:
        """Whether this is the PIN; takes some 50 ms."""
        found = _HASH.fullmatch(self.pin_hash)
        if found is None or not _PIN.fullmatch(pin):
            return False
        return hmac.compare_digest(_scrypt(pin, b64decode(found[1])), b64decode(found[2]))


def pin_hash(pin: str, salt: bytes) -> str:
    """What stands in the file for a PIN of 4 to 12 digits; ``salt`` are 16 random bytes.

    Raises:
        ConfigFault: it is no such PIN.
    """
    if not _PIN.fullmatch(pin) or len(salt) != _SALT:
        raise wrong("pin", "A PIN has 4 to 12 digits.", "Choose another one.")
    return f"scrypt:{b64encode(salt).decode()}:{b64encode(_scrypt(pin, salt)).decode()}"


def _scrypt(pin: str, salt: bytes) -> bytes:
    return scrypt(pin.encode(), salt=salt, n=_COST, r=_BLOCK, p=_LANES, dklen=_LENGTH, maxmem=1 << 26)


def person_of(table: Table) -> Person:
    """One row of ``[[staff]]``."""
    person = Person(
        id=table.text("id", _id),
        name=table.text("name", rules.title),
        roles=frozenset(cast("tuple[Role, ...]", table.texts("roles", _role))) or frozenset({"operator"}),
        pin_hash=table.text("pin_hash", _hash, default="", secret=True),
        badge=table.text("badge", _badge, default=""),
        valid_from=table.day("valid_from"),
        valid_until=table.day("valid_until"),
        days=frozenset(table.choices("days", Day)) or frozenset(Day),
        begins=table.time_of_day("begins") or time(0, 0),
        ends=table.time_of_day("ends") or time(0, 0),
    )
    if not person.pin_hash and not person.badge:
        raise wrong(
            table.path("pin_hash"),
            "{name} has neither a PIN nor a badge.",
            "Give pin_hash (suyuan station pin makes it) or badge.",
            name=person.name,
        )
    return person


def _check(config: StationConfig) -> None:
    ids: set[str] = set()
    badges: set[str] = set()
    for number, person in enumerate(STAFF.of(config)):
        for key, value, known in (("id", person.id, ids), ("badge", person.badge, badges)):
            if value and value.lower() in known:
                raise wrong(
                    f"staff[{number}].{key}",
                    "Two people of the staff have the same {key}.",
                    "Give each their own.",
                    key=key,
                )
            known.add(value.lower())


STAFF = Section("staff", person_of, _check)


def _id(text: str) -> str:
    return "" if _ID.fullmatch(text) else "1 to 32 letters, digits and . _ -"


def _role(text: str) -> str:
    return "" if text in get_args(Role) else "operator, qa, supervisor"


def _hash(text: str) -> str:
    found = _HASH.fullmatch(text)
    try:
        good = found is not None and len(b64decode(found[1])) == _SALT and len(b64decode(found[2])) == _LENGTH
    except Base64Error:
        good = False
    return "" if good else "what suyuan station pin prints"


def _badge(text: str) -> str:
    return "" if len(text) <= _LONGEST_BADGE and text.isprintable() else "what the badge says, as it is read"
