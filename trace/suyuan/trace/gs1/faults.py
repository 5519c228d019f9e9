"""What can be wrong with element strings and Digital Links, where, and what to do about it.

A rule finds a :class:`Flaw` in a piece of text; a check makes it a :class:`Fault` of an AI and its value. The
codes are stable and, where GS1 names the kind of error, GS1's own names in lower case. ``{expected}`` is what
would be right, or the part of a coupon that is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from suyuan.trace.gs1.errors import IdentifierError, shown
from suyuan.trace.gs1.sayings import Saying, saying_of

Level = Literal["syntax", "content"]


@dataclass(frozen=True, slots=True)
class Flaw:
    """What a rule finds: ``length`` characters from ``position`` (from 0) on are at fault."""

    code: str
    position: int
    length: int
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``position`` and ``length`` count characters of ``value``, from 0.

    Where no AI is at fault, ``ai`` is empty and ``value`` is the text itself or the part of it that is meant.
    """

    code: str
    ai: str = ""
    value: str = ""
    position: int = 0
    length: int = 0
    expected: str = ""

    @property
    def level(self) -> Level:
        """Whether the form is broken, or only what the form carries."""
        return "syntax" if self.code in _OF_SYNTAX else "content"

    @property
    def found(self) -> str:
        """The characters at fault."""
        return self.value[self.position : self.position + self.length]

    @property
    def saying(self) -> Saying:
        """The sentences for this fault."""
        return saying_of(self.code)

    @property
    def message(self) -> str:
        """The whole as one English sentence, with its AI and what to do."""
        return str(self.error())

    def error(self) -> Gs1Error:
        """The fault as an error to raise."""
        return (Gs1SyntaxError if self.level == "syntax" else Gs1ContentError)(self)


class Gs1Error(IdentifierError):
    """A fault, raised. Fields: fault (its code), ai, value, found, position (from 0), length, expected."""

    def __init__(self, fault: Fault) -> None:
        said = fault.saying
        super().__init__(
            said.template,
            where=shown(fault.ai),
            remedy=said.remedy,
            fault=fault.code,
            ai=shown(fault.ai),
            value=shown(fault.value),
            found=shown(fault.found),
            position=fault.position,
            length=fault.length,
            expected=fault.expected,
        )
        self.fault = fault


class Gs1SyntaxError(Gs1Error):
    """Element strings or a Digital Link that are not well formed."""

    code = "gs1-syntax"
    title = "The GS1 data are not well formed"


class Gs1ContentError(Gs1Error):
    """Well-formed GS1 data that break a rule of content or association."""

    code = "gs1-content"
    title = "The GS1 data break a rule of content"


_OF_SYNTAX = frozenset(
    (
        "non-digit-character", "invalid-cset82-character", "invalid-cset39-character",
        "invalid-cset64-character", "invalid-cset64-padding",
        "empty", "too-long", "too-many-elements", "brackets", "unknown-ai",
        "value-missing", "value-too-short", "value-too-long", "value-length", "separator-in-value",
        "uri-character", "uri-scheme", "uri-without-path", "uri-domain", "no-key-in-path", "path-order",
        "null-character", "repeated-in-query", "not-an-attribute", "belongs-in-path", "no-key",
        "symbology-missing", "symbology-unknown", "primary-length", "not-gs1-data",
    )
)  # fmt: skip
