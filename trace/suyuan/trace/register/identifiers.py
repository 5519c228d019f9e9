"""Giving out identifiers: own codes in the namespace of the platform, and numbers under a GS1 prefix.

Numbers of a series rise and are never given twice (:class:`AllocationRow`), whatever becomes of what they
named. A GTIN is never invented: numbers of GS1 are given out only under a company prefix that the party
itself holds and has named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from sqlalchemy import insert, select, update

from suyuan.trace.errors import Conflict, InvalidInput
from suyuan.trace.gs1 import Identifier, check_digit, identifier_of, namespace_of, own_identifier
from suyuan.trace.gs1.errors import shown
from suyuan.trace.gs1.own import code_of_number
from suyuan.trace.store.engine import Reading, Writing
from suyuan.trace.store.objects import chunks
from suyuan.trace.store.record_tables import AliasRow, AllocationRow, EntryRow, LabelRow
from suyuan.trace.store.settings import setting, setting_or
from suyuan.trace.store.tables import ObjectRow, VocabularyRow

NAMESPACE = "namespace"
LETTERS = {"product": "P", "unit": "K", "place": "S", "party": "C", "recipe": "R"}
"""What the codes that this platform gives begin with, so that a typed code tells what it names."""

_PREFIX = re.compile("[0-9]{6,12}", re.ASCII)
# Not of companies: restricted circulation (02, 04, 20-29), coupons (98, 99), periodicals and books.
_NO_COMPANY = re.compile("0[24]|2|9[89]|97[789]")
_LENGTHS = {"00": 17, "01": 12, "414": 12, "417": 12}  # digits before the check digit
_SERIES = {"00": "sscc", "01": "gtin", "414": "gln", "417": "gln"}  # places and parties share their numbers


class PrefixInvalid(InvalidInput):
    """This cannot be a GS1 company prefix."""

    code = "company-prefix"
    title = "The GS1 company prefix is not valid"


class NumbersExhausted(Conflict):
    """All numbers under a company prefix are given out."""

    code = "numbers-exhausted"
    title = "There are no numbers left"


def namespace(reading: Reading) -> str:
    """The namespace of this platform's own identifiers; empty until the first one was needed."""
    return (setting(reading, NAMESPACE) or b"").decode()


def fix_namespace(writing: Writing, public_url: str) -> str:
    """The namespace, fixed for ever at its first need: identifiers on labels cannot be changed any more.

    ``public_url`` is the address that was given for what is printed (``Settings.printed_url``), no guess.
    """
    return setting_or(writing, NAMESPACE, namespace_of(public_url).encode()).decode()


def new_own(writing: Writing, kind: str, public_url: str) -> Identifier:
    """A new own identifier of ``kind`` (a key of :data:`LETTERS`)."""
    return new_owns(writing, kind, public_url, 1)[0]


def new_owns(writing: Writing, kind: str, public_url: str, count: int) -> list[Identifier]:
    """``count`` new own identifiers of ``kind``, in a few statements however many they are."""
    home = fix_namespace(writing, public_url)
    series = f"own:{kind}"
    number = next_number(writing, series)
    found: list[Identifier] = []
    while len(found) < count:
        ahead: list[Identifier] = []
        while len(ahead) < count - len(found):
            code = code_of_number(LETTERS[kind], number)
            number += 1
            if any(map(str.isdigit, code)):
                ahead.append(own_identifier(home, kind, code))
        used = taken(writing, [one.key for one in ahead])
        found += [one for one in ahead if one.key not in used]
    _set_next(writing, series, number)
    return found


def new_point(writing: Writing, place: Identifier) -> Identifier:
    """A new read point of an own place or of a GLN: its next number."""
    for number in _numbers(writing, f"point:{place.key}"):
        if place.own:
            found = own_identifier(place.namespace, "place", place.own[0][1], point=str(number))
        else:
            found = identifier_of([("414", place.gln or ""), ("254", str(number))])
        if not taken(writing, [found.key]):
            return found
    raise AssertionError("points have no end")


def checked_prefix(text: str) -> str:
    """``text`` as a GS1 company prefix.

    Raises:
        PrefixInvalid: it is none.
    """
    prefix = re.sub(r"[\s-]", "", text)
    if not _PREFIX.fullmatch(prefix):
        raise PrefixInvalid(
            "{value} is not a GS1 company prefix of 6 to 12 digits",
            where="prefix",
            value=shown(text),
            remedy="It stands on the certificate of GS1; in China it has 7 to 10 digits and begins with 69.",
        )
    if _NO_COMPANY.match(prefix):
        raise PrefixInvalid(
            "{value} is not of a company: such numbers are for use within a shop, coupons or books",
            where="prefix",
            value=prefix,
            remedy="Give the prefix on the certificate of GS1, or none: then the platform gives own codes.",
        )
    return prefix


def new_gs1(writing: Writing, ai: str, prefix: str, count: int = 1) -> list[Identifier]:
    """New numbers under a company prefix: SSCC (``00``), GTIN (``01``), GLN of a place (414) or party (417).

    Numbers that are in use already are passed over: the party may have given them out elsewhere.

    Raises:
        PrefixInvalid: the prefix is none, or too long for this kind of number.
        NumbersExhausted: there are fewer left than ``count``; none is given out then.
    """
    prefix = checked_prefix(prefix)
    free = _LENGTHS[ai] - len(prefix)
    if free < 1:
        raise PrefixInvalid(
            "Under the prefix {value} there is no room for numbers of this kind",
            where="prefix",
            value=prefix,
            remedy="Ask GS1 for a shorter prefix, or use own codes of the platform.",
        )
    series = f"{_SERIES[ai]}:{prefix}"
    found: list[Identifier] = []
    first = next_number(writing, series, start=0)
    number = first
    while len(found) < count:
        ahead = [
            _under(ai, prefix, n, free) for n in range(number, min(number + count - len(found), 10**free))
        ]
        if not ahead:
            raise NumbersExhausted(
                "Under the prefix {prefix} {left} numbers are left, and {count} are wanted",
                where="prefix",
                prefix=prefix,
                left=len(found),
                count=count,
                remedy="Ask GS1 for another prefix, and give that.",
            )
        used = taken(writing, [one.key for one in ahead])
        found += [one for one in ahead if one.key not in used]
        number += len(ahead)
    _set_next(writing, series, number)
    return found


def begin_series(writing: Writing, ai: str, prefix: str, number: int) -> None:
    """Let the numbers under a prefix go on from ``number``: those before it were given out elsewhere.

    A series never goes back.
    """
    series = f"{_SERIES[ai]}:{checked_prefix(prefix)}"
    _set_next(writing, series, max(number, next_number(writing, series, start=0)))


def next_number(reading: Reading, series: str, start: int = 1) -> int:
    """The next number of a series; nothing is given out by asking."""
    found = reading.connection.execute(
        select(AllocationRow.next).where(AllocationRow.series == series)
    ).scalar()
    return start if found is None else found


def taken(reading: Reading, keys: Iterable[str]) -> set[str]:
    """Those of ``keys`` that are in use: by an entry, an alias, a label, an event or a statement."""
    found: set[str] = set()
    columns = (EntryRow.key, AliasRow.alias, LabelRow.key, ObjectRow.key, VocabularyRow.key)
    for chunk in chunks(keys):
        for column in columns:
            found.update(reading.connection.execute(select(column).where(column.in_(chunk))).scalars())
    return found


def drawn(reading: Reading, count: int, draw: Callable[[], Identifier]) -> Sequence[Identifier]:
    """``count`` identifiers drawn at random, none twice and none that is taken."""
    made: dict[str, Identifier] = {}
    while len(made) < count:
        fresh = {one.key: one for one in (draw() for _ in range(count - len(made)))}
        used = taken(reading, fresh)
        made.update((key, one) for key, one in fresh.items() if key not in used)
    return list(made.values())


def _numbers(writing: Writing, series: str) -> Iterator[int]:
    """Numbers of a series, each given out as it is taken."""
    number = next_number(writing, series)
    while True:
        _set_next(writing, series, number + 1)
        yield number
        number += 1


def _set_next(writing: Writing, series: str, number: int) -> None:
    connection = writing.connection
    done = connection.execute(update(AllocationRow).where(AllocationRow.series == series).values(next=number))
    if not done.rowcount:
        connection.execute(insert(AllocationRow), {"series": series, "next": number})


def _under(ai: str, prefix: str, number: int, free: int) -> Identifier:
    """The ``number``-th key of a prefix. An SSCC's extension digit is the first of its free digits."""
    digits = f"{number:0{free}}"
    body = digits[0] + prefix + digits[1:] if ai == "00" else prefix + digits
    value = f"{body}{check_digit(body)}"
    return identifier_of([(ai, value)])
