"""Column types that mean the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, Text
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeDecorator, TypeEngine

from suyuan.trace.errors import InvalidInput

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(instant: datetime) -> int:
    """An aware time as whole microseconds since 1970 UTC; exact, unlike ``timestamp()``."""
    return (instant - EPOCH) // _MICROSECOND


def instant(value: int) -> datetime:
    """The aware UTC time of :func:`microseconds`."""
    return EPOCH + timedelta(microseconds=value)


class TextUnfit(InvalidInput, DontWrapMixin):
    """A text that is none: it holds NUL, or half a surrogate pair."""

    code = "text-unfit"
    title = "A text contains a character that cannot be stored (NUL or half a surrogate pair)"


class Instant(TypeDecorator[datetime]):
    """An aware UTC time, stored as microseconds since 1970: eight bytes, sorted alike everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Refuses naive times with a ``TypeError`` of datetime itself."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (see above)
        """Always UTC."""
        return None if value is None else instant(value)


class Json(TypeDecorator[Any]):
    """JSON as the bytes that orjson wrote; both databases store it unparsed."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:  # noqa: ARG002 (see above)
        """None stays NULL; JSON null cannot be stored apart from it, and need not be."""
        return None if value is None else orjson.dumps(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:  # noqa: ARG002 (see above)
        """What was stored, parsed."""
        return None if value is None else orjson.loads(value)


class Words(TypeDecorator[str]):
    """Text that both databases can hold, sorted by code point on both.

    A locale's order on PostgreSQL would make a range of keys mean something else than on SQLite.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Collation "C" on PostgreSQL; SQLite compares bytes anyway."""
        return Text(collation="C") if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 (see above)
        """Refuses NUL, which PostgreSQL cannot hold, and lone surrogates, which are not text."""
        if value is not None and not storable(value):
            raise TextUnfit
        return value


def storable(value: str) -> bool:
    """Whether both databases can hold a text."""
    if "\0" in value:
        return False
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


# SQLite gives dense row ids only to a column declared exactly INTEGER PRIMARY KEY.
Id: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
