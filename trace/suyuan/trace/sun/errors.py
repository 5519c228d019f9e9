"""What can be wrong with a signed tap or with the keys that verify it."""

from __future__ import annotations

from suyuan.trace.errors import InvalidInput, WrongUse


class SunError(InvalidInput):
    """A link that is no signed tap: parts missing, of a wrong length, or not hexadecimal."""

    code = "sun-invalid"
    title = "The link is not that of a signed tag"


class ForgedTap(SunError):
    """A link with all its parts, which no tag with our keys can have made."""

    code = "sun-forged"
    title = "The link was not made by a genuine tag"


class SunKeyError(WrongUse):
    """The keys cannot be used: no file, a file that others can read, a key of a wrong length."""

    code = "sun-keys"
    title = "The keys of signed tags cannot be used"
