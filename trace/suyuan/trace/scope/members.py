"""The members of a JSON object that an investigator sends, each taken once; all faults at JSON pointers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, TypeVar

from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.epcis.problems import Path, json_pointer, quote
from suyuan.trace.gs1 import IdentifierError, canonical_key
from suyuan.trace.incident.problems import Problems
from suyuan.trace.lineage.kinds import kind_by_name

MOST_NAMED = 10_000
"""Keys, selections, suppositions or cases that one list may name."""
LONGEST = 2_048
"""Characters of a text or an identifier."""
OTHER_KINDS: Mapping[str, tuple[frozenset[str], str]] = MappingProxyType(
    {
        "place": (frozenset({"place", "other"}), "{value} names no place."),
        "lot": (frozenset({"lot", "other"}), "{value} names no lot."),
        "product": (frozenset({"product", "other"}), "{value} names no product."),
        "container": (frozenset({"unit", "item", "other"}), "{value} names no container."),
        "party": (frozenset({"other"}), "{value} names no party."),
    }
)
"""What kinds a key may be of by its name, and what to say else. One that is foreign to GS1 may be any."""

Word = TypeVar("Word")


class Members:
    """The members of one JSON object.

    What is wrong goes to ``problems``, and reading goes on with something in its stead: who asks for members
    ends with ``problems.raise_any()``.
    """

    def __init__(self, value: object, where: str, problems: Problems) -> None:
        self.where = where
        self.problems = problems
        self._left: dict[str, Any] = dict(value) if is_object(value) else {}
        self._hushed = False
        if not is_object(value):
            self._fault("{value} is no JSON object.", (), "Write its members in braces.", value=value)
            self._hushed = True  # that it lacks every member goes without saying

    def take(self, name: str) -> Any:
        """A member as it stands; None where it is missing."""
        return self._left.pop(name, None)

    def end(self) -> None:
        """Tell of members that mean nothing."""
        for name in self._left:
            self._fault(
                "{member} means nothing here.", (name,), "Check its spelling, or leave it out.", member=name
            )

    def text(self, name: str) -> str:
        """A member that is text, and some."""
        value = self.take(name)
        if isinstance(value, str) and value.strip() and len(value) <= LONGEST:
            return value
        self._fault("{value} is no text.", (name,), "Write 1 to 2048 characters.", value=value)
        return ""

    def key(self, name: str, of: str = "") -> str:
        """The canonical key of a member; empty where it is none."""
        return self._key(self.take(name), (name,), of)

    def keys(self, name: str, of: str = "", *, least: int = 0) -> tuple[str, ...]:
        """The canonical keys of a list, each once."""
        found = [self._key(value, (name, row), of) for row, value in enumerate(self._list(name, least))]
        return tuple(dict.fromkeys(key for key in found if key))

    def objects(self, name: str, *, least: int = 0) -> Iterator[Members]:
        """The objects of a list."""
        for row, value in enumerate(self._list(name, least)):
            yield Members(value, f"{self.where}/{name}/{row}", self.problems)

    def word(self, name: str, among: tuple[Word, ...], unsaid: Word | None) -> Word:
        """One of these words, or ``unsaid`` where nothing is said (None: something must be)."""
        value = self.take(name)
        return unsaid if value is None and unsaid is not None else self._word(value, (name,), among)

    def choice(self, name: str, among: tuple[str, ...]) -> str | None:
        """One of these words, which says what the other members mean; None where it is none of them."""
        count = self.problems.fault_count
        found = self.word(name, among, None)
        return found if self.problems.fault_count == count else None

    def words(self, name: str, among: tuple[Word, ...]) -> tuple[Word, ...]:
        """Words of a list, all of them where nothing is said."""
        if self._left.get(name) is None:
            self.take(name)
            return among
        found = [self._word(value, (name, row), among) for row, value in enumerate(self._list(name, 1))]
        return tuple(dict.fromkeys(found))

    def whole(self, name: str, least: int, most: int) -> int | None:
        """A whole number."""
        value = self.take(name)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self._fault(
            "{value} is no whole number from {least} to {most}.",
            (name,),
            "Write such a number, or leave it out.",
            value=value,
            least=least,
            most=most,
        )
        return None

    def time(self, name: str) -> datetime | None:
        """An instant, in UTC."""
        value = self.take(name)
        if value is None:
            return None
        try:
            found = datetime.fromisoformat(value) if isinstance(value, str) else None
            if found is not None and found.utcoffset() is not None:
                return found.astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # told below, as any other value that is no instant
        self._fault(
            "{value} is no instant with its offset.",
            (name,),
            "Write it like 2026-03-01T08:00:00+08:00.",
            value=value,
        )
        return None

    def window(self) -> tuple[datetime | None, datetime | None]:
        """``from_time`` and ``to_time``, of which the second is later."""
        start, end = self.time("from_time"), self.time("to_time")
        if start is not None and end is not None:
            if end < start:
                self._fault("The window ends before it begins.", (), "Exchange from_time and to_time.")
            elif end == start:
                self._fault("The window is empty.", (), "Let to_time be later than from_time.")
        return start, end

    def no_window(self) -> None:
        """Let a window be null; one that is told is left for :meth:`end`."""
        for name in ("from_time", "to_time"):
            if self._left.get(name, ...) is None:
                self.take(name)

    def days(self) -> tuple[date | None, date | None]:
        """``first_day`` and ``last_day``, of which the second is not earlier."""
        first, last = self._day("first_day"), self._day("last_day")
        if first is not None and last is not None and last < first:
            self._fault("The last day is before the first.", (), "Exchange first_day and last_day.")
        return first, last

    def _day(self, name: str) -> date | None:
        value = self.take(name)
        if value is None:
            return None
        try:
            if isinstance(value, str):
                return date.fromisoformat(value)
        except ValueError:
            pass  # told below
        self._fault("{value} is no day.", (name,), "Write it like 2026-03-01.", value=value)
        return None

    def _list(self, name: str, least: int) -> list[Any]:
        value = self.take(name)
        if value is None and not least:
            return []
        if not is_list(value) or len(value) < least:
            self._fault(
                "{member} has to be a list with something in it.", (name,), "Name at least one.", member=name
            )
            return []
        if len(value) > MOST_NAMED:
            remedy = "Name whole lots, products or places instead."
            self._fault("The list is longer than {most}.", (name,), remedy, most=MOST_NAMED)
            return []
        return value

    def _key(self, value: object, at: Path, of: str) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST:
            self._fault("{value} is no identifier.", at, "Write a Digital Link or an EPC URI.", value=value)
            return ""
        try:
            key = canonical_key(value)
        except IdentifierError as error:
            self._fault(error.template, at, error.remedy, **error.fields)
            return ""
        if of and kind_by_name(key) not in OTHER_KINDS[of][0]:
            self._fault(OTHER_KINDS[of][1], at, "Compare the identifier.", value=value)
        return key

    def _word(self, value: object, at: Path, among: tuple[Word, ...]) -> Word:
        for word in among:
            if word == value:
                return word
        words = ", ".join(map(str, among))
        self._fault("{value} is none of {words}.", at, "Write one of these words.", value=value, words=words)
        return among[0]

    def _fault(self, template: str, at: Path, remedy: str, **fields: object) -> None:
        if not self._hushed:
            told = {name: quote(value) for name, value in fields.items()}
            self.problems.fault(template, where=self.where + json_pointer(at), remedy=remedy, **told)
