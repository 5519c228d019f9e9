"""What can be wrong with an identifier, a Digital Link or a tag.

::

    InvalidInput
    └── IdentifierError                    identifier-invalid
        ├── CheckDigitError                check-digit-wrong
        ├── CheckCharacterError            check-character-wrong
        ├── LengthError                    identifier-length
        ├── CharacterError                 identifier-character
        ├── UnknownApplicationIdentifier   application-identifier-unknown
        ├── StructureError                 identifier-structure
        │   └── CompressionError           digital-link-compression
        ├── faults.Gs1SyntaxError          gs1-syntax
        ├── faults.Gs1ContentError         gs1-content
        ├── TagError                       tag-invalid
        └── EncodingError                  epc-not-encodable

Values in the fields come from outside: they are cut to :data:`SHOWN` characters so that an error is never
larger than what caused it.
"""

from __future__ import annotations

from suyuan.trace.errors import InvalidInput

SHOWN = 100
"""The most characters of a hostile value that an error repeats."""


def shown(value: str) -> str:
    """``value`` fit to be repeated in a message: cut where it is long, with control characters escaped."""
    cut = value if len(value) <= SHOWN else value[:SHOWN] + "…"
    # A lone surrogate could not be written as UTF-8, and a line break would forge a line of the log.
    return cut if cut.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in cut)


class IdentifierError(InvalidInput):
    """An identifier that cannot be right."""

    code = "identifier-invalid"
    title = "The identifier is not valid"


class CheckDigitError(IdentifierError):
    """The mod 10 check digit does not fit. Fields: ai, name, value, expected."""

    code = "check-digit-wrong"
    title = "A check digit is wrong"

    def __init__(self, ai: str, name: str, value: str, expected: str) -> None:
        super().__init__(
            "The check digit of {name} {value} (AI {ai}) is wrong: {expected} would be right.",
            where=ai,
            remedy="Compare with the printed number or scan again; do not simply replace the last digit.",
            ai=ai,
            name=name,
            value=shown(value),
            expected=expected,
        )


class CheckCharacterError(IdentifierError):
    """The check character of an own code does not fit. Fields: name, value."""

    code = "check-character-wrong"
    title = "A code is mistyped"

    def __init__(self, name: str, value: str) -> None:
        super().__init__(
            "The code {value} is mistyped: its check character does not fit.",
            where=name,
            remedy="Compare it with the label character by character, or scan again.",
            name=name,
            value=shown(value),
        )


class LengthError(IdentifierError):
    """A part is too short or too long. Fields: name, value, length, expected (and ai or part)."""

    code = "identifier-length"
    title = "A part of the identifier has the wrong length"


class CharacterError(IdentifierError):
    """A character that does not belong there. Fields: name, value, character, position (from 1), allowed."""

    code = "identifier-character"
    title = "A character of the identifier is not allowed"

    def __init__(self, where: str, name: str, value: str, position: int, allowed: str) -> None:
        super().__init__(
            "Character {position} of {name} {value} is {character}, but only {allowed} may stand there.",
            where=where,
            remedy="Percent-encode characters that have a meaning in URIs; correct the others.",
            name=name,
            value=shown(value),
            position=position,
            character=ascii(value[position - 1]),
            allowed=allowed,
        )


class UnknownApplicationIdentifier(IdentifierError):
    """An AI that does not exist, or that has no place in this key. Fields: ai, key."""

    code = "application-identifier-unknown"
    title = "An application identifier is unknown"


class StructureError(IdentifierError):
    """Not a URI, or one that begins like an identifier and does not go on like one. Fields: value."""

    code = "identifier-structure"
    title = "This has not the form of an identifier"


class CompressionError(StructureError):
    """A compressed Digital Link whose bits mean nothing. Fields: ai (may be empty), position (bits read)."""

    code = "digital-link-compression"
    title = "The compressed link is damaged"

    def __init__(self, ai: str, position: int) -> None:
        super().__init__(
            "The compressed part of the link is damaged at bit {position}.",
            where=ai,
            remedy="Scan the code again. If that does not help, the link was made wrongly: ask who made it.",
            ai=ai,
            position=position,
        )


class TagError(IdentifierError):
    """Tag memory that does not hold an EPC we can read. Fields: bits (hexadecimal) and what is wrong."""

    code = "tag-invalid"
    title = "The tag does not hold a valid EPC"


class EncodingError(IdentifierError):
    """An identifier that an EPC binary scheme cannot hold. Fields: key, scheme, and what is wrong."""

    code = "epc-not-encodable"
    title = "The identifier does not fit on the tag"
