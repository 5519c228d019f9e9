"""What is wrong with a document: located problems, and the limits beyond which nothing is read.

::

    InvalidInput
    └── ValidationError    400 epcis-invalid   one or more problems, each with place and remedy
    TooLarge               413 too-large       a Limits figure is exceeded; says which
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

from suyuan.trace.epcis.json_shapes import is_list, is_object
from suyuan.trace.errors import InvalidInput, TooLarge

MOST_PROBLEMS = 100
_LONGEST_QUOTE = 80

Path = tuple[str | int, ...]

_NO_FIELDS: Mapping[str, str] = MappingProxyType({})


def _no_fields() -> Mapping[str, str]:
    return _NO_FIELDS  # shared: Python 3.11 takes no unhashable default


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that is read of one document; each is refused with its name when exceeded.

    ``body_bytes`` counts the document as received (already inflated); ``epcs_per_event`` the entries of all
    identifier and quantity lists of one event together, ``epcs_per_document`` those of all its events: each
    is a row in the store, and so many take under two seconds; ``depth`` counts nested objects, arrays and
    elements; ``text`` is the longest single string in characters. ``parts`` bounds what is built of a
    document: its values, elements and attributes, counted by their punctuation before anything is built;
    ``members`` is the most that one object has.
    """

    body_bytes: int = 16 * 1024 * 1024
    events: int = 10_000
    epcs_per_event: int = 10_000
    epcs_per_document: int = 25_000
    depth: int = 64
    text: int = 100_000
    parts: int = 500_000
    members: int = 10_000


DEFAULT_LIMITS = Limits()


def too_large(limit: str, most: int, where: str = "") -> TooLarge:
    """The error for exceeding the limit of that name."""
    return TooLarge(
        "The document exceeds the limit {limit} of {most}.",
        where=where,
        remedy="Split it into smaller documents.",
        limit=limit,
        most=most,
    )


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where (JSON pointer or XPath), a template with its fields, what to do."""

    where: str
    template: str
    fields: Mapping[str, str] = field(default_factory=_no_fields)
    remedy: str = ""

    @property
    def detail(self) -> str:
        """The English sentence with its values."""
        return self.template.format(**self.fields)


class ValidationError(InvalidInput):
    """A document or event that breaks EPCIS 2.0 or CBV 2.0; ``problems`` lists at most 100 places."""

    code: ClassVar[str] = "epcis-invalid"
    title: ClassVar[str] = "The EPCIS document is not valid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems[:MOST_PROBLEMS])
        first = self.problems[0]
        super().__init__(first.template, where=first.where, remedy=first.remedy, **first.fields)

    def members(self) -> dict[str, Any]:
        """The extension members of a problem+json answer (RFC 9457 §3.2)."""
        return {
            "code": self.code,
            "problems": [
                {"where": problem.where, "detail": problem.detail, "remedy": problem.remedy}
                for problem in self.problems
            ],
        }


def json_pointer(path: Path) -> str:
    """The path as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


class Findings:
    """Collects problems while a document is read, up to the most that are told."""

    __slots__ = ("_place", "problems")

    def __init__(self, place: Callable[[Path], str] = json_pointer) -> None:
        self._place = place
        self.problems: list[Problem] = []

    @property
    def full(self) -> bool:
        """Whether more would not be told."""
        return len(self.problems) >= MOST_PROBLEMS

    def add(self, path: Path, template: str, remedy: str = "", **fields: object) -> None:
        """Note a problem; values are quoted shortened, since they may be hostile."""
        if not self.full:
            quoted = {name: quote(value) for name, value in fields.items()}
            self.problems.append(Problem(self._place(path), template, quoted, remedy))

    def raise_any(self) -> None:
        """End reading if there is a problem.

        Raises:
            ValidationError: with all problems found so far.
        """
        if self.problems:
            raise ValidationError(self.problems)


def quote(value: object) -> str:
    """A short printable form of any value."""
    text = (
        value if isinstance(value, str) else repr(value) if isinstance(value, int | float) else _kind(value)
    )
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[: _LONGEST_QUOTE + 1])
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"


def _kind(value: object) -> str:
    if is_object(value):
        return "an object"
    if is_list(value):
        return "a list"
    return "null" if value is None else type(value).__name__
