"""A table of a TOML file, read strictly: what is wrong, missing or unknown is named with its full key."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar, cast

from suyuan.trace.errors import WrongUse

_MOST = 1e9
_NUMBERS = (int, float, Decimal)

Word = TypeVar("Word", bound=StrEnum)


class ConfigFault(WrongUse):
    """A key of the station's file is missing, unknown or wrong; ``line`` of the file, counted from 1."""

    code = "station-file-wrong"
    title = "The station's file is wrong"
    line: int | None = None

    @property
    def detail(self) -> str:
        """The English sentence with its values, and the line before it."""
        return super().detail if self.line is None else f"Line {self.line}: {super().detail}"


def wrong(where: str, template: str, remedy: str, **fields: object) -> ConfigFault:
    """The error that names ``where`` as the key at fault."""
    return ConfigFault(template, where=where, remedy=remedy, **fields)


class Table:
    """A TOML table of which each key is taken once; what is left over is an error."""

    def __init__(self, data: Mapping[str, Any], where: str) -> None:
        self.where = where
        self._left = dict(data)
        self._asked: set[str] = set()

    def path(self, key: str) -> str:
        """The full name of ``key``, such as ``read_points[0].step``."""
        return f"{self.where}.{key}" if self.where else key

    def _pop(self, key: str) -> Any:
        self._asked.add(key)
        return self._left.pop(key, None)

    def _take(self, key: str, kind: type, name: str, *, needed: bool) -> Any:
        value = self._pop(key)
        if value is None:
            if needed:
                self._see_no_misspelling(key)
                raise wrong(
                    self.path(key),
                    "{key} is missing; it is {kind}.",
                    "Give a value.",
                    key=self.path(key),
                    kind=name,
                )
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self._unlike(key, name)
        return value

    def _unlike(self, key: str, name: str) -> ConfigFault:
        return wrong(self.path(key), "{key} must be {kind}.", "Mend the line.", key=self.path(key), kind=name)

    def _refused(self, key: str, value: object, allowed: str) -> ConfigFault:
        return wrong(
            self.path(key),
            "{key} cannot be {value!r}; allowed: {allowed}.",
            "Write one of what is allowed.",
            key=self.path(key),
            value=value,
            allowed=allowed,
        )

    def text(
        self,
        key: str,
        rule: Callable[[str], str] | None = None,
        *,
        default: str | None = None,
        secret: bool = False,
    ) -> str:
        """Text; ``rule`` returns what is allowed if it is not kept, else nothing. No error tells a secret."""
        value = self._take(key, str, "text in quotes", needed=default is None)
        if value is None:
            return default or ""
        text = cast("str", value).strip()
        if default is None and not text:
            raise wrong(self.path(key), "{key} is empty.", "Give a value.", key=self.path(key))
        allowed = rule(text) if rule else ""
        if allowed and secret:
            raise wrong(
                self.path(key),
                "{key} is not right; allowed: {allowed}.",
                "Write one of what is allowed.",
                key=self.path(key),
                allowed=allowed,
            )
        if allowed:
            raise self._refused(key, text, allowed)
        return text

    def some_text(self, key: str, rule: Callable[[str], str]) -> str | None:
        """Text that keeps ``rule``, or None where the key is not there or empty."""
        text = self.text(key, default="")
        allowed = rule(text) if text else ""
        if allowed:
            raise self._refused(key, text, allowed)
        return text or None

    def texts(self, key: str, rule: Callable[[str], str] | None = None) -> tuple[str, ...]:
        """A list of texts; empty where the key is not there."""
        values: list[Any] = self._take(key, list, "a list of texts in quotes", needed=False) or []
        if not all(isinstance(v, str) for v in values):
            raise self._unlike(key, "a list of texts in quotes")
        for value in values:
            allowed = rule(value) if rule else ""
            if allowed:
                raise self._refused(key, value, allowed)
        return tuple(value.strip() for value in values)

    def choice(self, key: str, words: type[Word], *, default: Word | None = None) -> Word:
        """One of ``words``."""
        return self._word(key, self.text(key, default=None if default is None else default.value), words)

    def some_choice(self, key: str, words: type[Word]) -> Word | None:
        """One of ``words``, or None where the key is not there."""
        text = self.text(key, default="")
        return self._word(key, text, words) if text else None

    def choices(self, key: str, words: type[Word]) -> tuple[Word, ...]:
        """A list of ``words``; empty where the key is not there."""
        return tuple(self._word(key, text, words) for text in self.texts(key))

    def _word(self, key: str, text: str, words: type[Word]) -> Word:
        """The one of ``words`` that ``text``, taken of ``key``, is."""
        try:
            return words(text)
        except ValueError as error:
            near = get_close_matches(text, list(words), n=1)
            if not near:
                raise self._refused(key, text, ", ".join(words)) from error
            raise wrong(
                self.path(key),
                "{key} cannot be {value!r}; did you mean {near}?",
                "Check its spelling.",
                key=self.path(key),
                value=text,
                near=near[0],
            ) from error

    def number(self, key: str, default: float, *, least: float) -> float:
        """A number of at least ``least``."""
        value = self.any_number(key)
        return default if value is None else self._least(key, value, least)

    def any_number(self, key: str) -> float | None:
        """A finite number, or None where the key is not there."""
        value = self.decimal(key)
        return None if value is None else float(value)

    def decimal(self, key: str) -> Decimal | None:
        """A finite number as it is written, for weights and money; None where the key is not there."""
        value = self._pop(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, _NUMBERS) or not math.isfinite(value):
            raise wrong(self.path(key), "{key} must be a number.", "Give a number.", key=self.path(key))
        return value if isinstance(value, Decimal) else Decimal(str(value))

    def decimals(self, key: str) -> tuple[Decimal, ...]:
        """A list of numbers as they are written; empty where the key is not there."""
        values: list[Any] = self._take(key, list, "a list of numbers", needed=False) or []
        if not all(isinstance(v, _NUMBERS) and not isinstance(v, bool) and math.isfinite(v) for v in values):
            raise self._unlike(key, "a list of numbers")
        return tuple(v if isinstance(v, Decimal) else Decimal(str(v)) for v in values)

    def whole(self, key: str, default: int, *, least: int) -> int:
        """A whole number of at least ``least``."""
        value = self._take(key, int, "a whole number", needed=False)
        return default if value is None else int(self._least(key, value, least))

    def _least(self, key: str, value: float, least: float) -> float:
        if not least <= value < _MOST:
            raise wrong(
                self.path(key),
                "{key} cannot be {value}; allowed: {least} or more.",
                "Write one of what is allowed.",
                key=self.path(key),
                value=value,
                least=least,
            )
        return value

    def flag(self, key: str) -> bool:
        """True or false; false where the key is not there."""
        return bool(self._take(key, bool, "true or false", needed=False))

    def day(self, key: str) -> date | None:
        """A local date, or None."""
        kind = "a date such as 2026-11-21"
        value = self._take(key, date, kind, needed=False)
        if isinstance(value, datetime):  # which is a date too, but cannot be compared with one
            raise self._unlike(key, kind)
        return cast("date | None", value)

    def time_of_day(self, key: str) -> time | None:
        """A local time, or None."""
        return cast("time | None", self._take(key, time, "a time such as 06:30:00", needed=False))

    def antennas(self, key: str) -> frozenset[int]:
        """Antenna numbers; empty where the key is not there."""
        values: list[Any] = self._take(key, list, "a list of antenna numbers", needed=False) or []
        if not all(isinstance(v, int) and not isinstance(v, bool) and v > 0 for v in values):
            raise wrong(
                self.path(key),
                "{key} must be a list of antenna numbers.",
                "For example [1, 2].",
                key=self.path(key),
            )
        return frozenset(values)

    def table(self, key: str, *, optional: bool = False) -> Any:
        """The table under ``key``; None where an optional one is not there."""
        value = self._take(key, dict, "a table", needed=not optional)
        return None if value is None else Table(value, self.path(key))

    def tables(self, key: str) -> list[Table]:
        """The array of tables under ``key``."""
        where = self.path(key)
        values: list[Any] = self._take(key, list, "an array of tables", needed=False) or []
        if not all(isinstance(v, dict) for v in values):
            raise wrong(where, "{key} must be tables.", "Write [[…]] before each.", key=where)
        return [Table(v, f"{where}[{i}]") for i, v in enumerate(values)]

    def _see_no_misspelling(self, key: str) -> None:
        """See that what is missing is not there under a name that is nearly the same."""
        near = [name for name in get_close_matches(key, self._left, n=1) if name not in self._asked]
        if near:
            raise self._misspelt(near[0], key)

    def _misspelt(self, key: str, meant: str) -> ConfigFault:
        return wrong(
            self.path(key),
            "{key} is not a setting; did you mean {near}?",
            "Check its spelling.",
            key=self.path(key),
            near=meant,
        )

    def done(self) -> None:
        """See that nothing is left over; the nearest of the keys that were asked for is proposed."""
        if not self._left:
            return
        key = min(self._left)
        near = get_close_matches(key, self._asked, n=1)
        if near:
            raise self._misspelt(key, near[0])
        raise wrong(
            self.path(key),
            "{key} is not a setting; possible here: {known}.",
            "Check its spelling, and that it stands in the right table.",
            key=self.path(key),
            known=", ".join(sorted(self._asked)),
        )
