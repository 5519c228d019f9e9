"""A table of a TOML file, read strictly: what is wrong, missing or unknown is named with its full key."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, cast

from suyuan.trace.errors import WrongUse

_MOST = 1e9


def wrong(where: str, template: str, remedy: str, **fields: object) -> WrongUse:
    """The error that names ``where`` as the key at fault."""
    return WrongUse(template, where=where, remedy=remedy, **fields)


class Table:
    """A TOML table of which each key is taken once; what is left over is an error."""

    def __init__(self, data: Mapping[str, Any], where: str) -> None:
        self.where = where
        self._left = dict(data)

    def _path(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def _take(self, key: str, kind: type, name: str, *, needed: bool) -> Any:
        value = self._left.pop(key, None)
        if value is None:
            if needed:
                raise wrong(self._path(key), "{key} is missing.", f"Give {name}.", key=self._path(key))
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise wrong(
                self._path(key), "{key} must be {kind}.", f"Give {name}.", key=self._path(key), kind=name
            )
        return value

    def text(self, key: str, rule: Callable[[str], str] | None = None, *, default: str | None = None) -> str:
        """Text; ``rule`` returns what is allowed if it is not kept, else nothing."""
        value = self._take(key, str, "text in quotes", needed=default is None)
        if value is None:
            return default or ""
        text = cast("str", value).strip()
        if default is None and not text:
            raise wrong(self._path(key), "{key} is empty.", "Give a value.", key=self._path(key))
        allowed = rule(text) if rule else ""
        if allowed:
            raise wrong(
                self._path(key),
                "{key} cannot be {value!r}.",
                f"Allowed: {allowed}.",
                key=self._path(key),
                value=text,
            )
        return text

    def number(self, key: str, default: float, *, least: float) -> float:
        """A number of at least ``least``."""
        value = self.any_number(key)
        return default if value is None else self._least(key, value, least)

    def any_number(self, key: str) -> float | None:
        """A finite number, or None where the key is not there."""
        value = self._left.pop(key, None)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise wrong(self._path(key), "{key} must be a number.", "Give a number.", key=self._path(key))
        return float(value)

    def whole(self, key: str, default: int, *, least: int) -> int:
        """A whole number of at least ``least``."""
        value = self._take(key, int, "a whole number", needed=False)
        return default if value is None else int(self._least(key, value, least))

    def _least(self, key: str, value: float, least: float) -> float:
        if not least <= value < _MOST:
            raise wrong(
                self._path(key),
                "{key} cannot be {value}.",
                f"Allowed: {least} or more.",
                key=self._path(key),
                value=value,
            )
        return value

    def flag(self, key: str) -> bool:
        """True or false; false where the key is not there."""
        return bool(self._take(key, bool, "true or false", needed=False))

    def day(self, key: str) -> date | None:
        """A local date, or None."""
        return cast("date | None", self._take(key, date, "a date such as 2026-11-21", needed=False))

    def antennas(self, key: str) -> frozenset[int]:
        """Antenna numbers; empty where the key is not there."""
        values: list[Any] = self._take(key, list, "a list of antenna numbers", needed=False) or []
        if not all(isinstance(v, int) and not isinstance(v, bool) and v > 0 for v in values):
            raise wrong(
                self._path(key),
                "{key} must be a list of antenna numbers.",
                "For example [1, 2].",
                key=self._path(key),
            )
        return frozenset(values)

    def table(self, key: str, *, optional: bool = False) -> Any:
        """The table under ``key``; None where an optional one is not there."""
        value = self._take(key, dict, f"a table [{self._path(key)}]", needed=not optional)
        return None if value is None else Table(value, self._path(key))

    def tables(self, key: str) -> list[Table]:
        """The array of tables under ``key``."""
        values: list[Any] = self._take(key, list, f"tables [[{key}]]", needed=False) or []
        if not all(isinstance(v, dict) for v in values):
            raise wrong(key, "{key} must be tables.", f"Write [[{key}]] before each.", key=key)
        return [Table(v, f"{key}[{i}]") for i, v in enumerate(values)]

    def done(self) -> None:
        """See that nothing is left over."""
        if self._left:
            key = min(self._left)
            raise wrong(
                self._path(key), "{key} is not a setting.", "Check its spelling.", key=self._path(key)
            )
