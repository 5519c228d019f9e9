"""The one error tree of Suyuan.

::

    SuyuanError                        500  a fault of ours, told honestly
    ├── InvalidInput                   400  what was given breaks a rule; says which part and what to do
    │   ├── gs1.IdentifierError             an identifier, tag or Digital Link that cannot be right
    │   └── epcis.ValidationError           a document or event that breaks EPCIS or CBV
    ├── TooLarge                       413  over a stated limit
    ├── NotFound                       404  nothing of that name
    ├── Conflict                       409  clashes with what is stored
    ├── NotAuthenticated               401  no or wrong credentials
    ├── NotAllowed                     403  known, but not permitted
    ├── Unavailable                    503  something we depend on is away; trying again later may help
    │   └── readers.ReaderError             see ``suyuan.readers.errors``
    └── WrongUse                       400  a command or setting used wrongly (exit status 2)

Every class has a stable ``code`` (kebab-case, part of the public interface). An error carries a message
*template* and its fields rather than a finished sentence, so that pages and stations can say the same thing
in Chinese: the template is the key of the message catalogue.
"""

from __future__ import annotations

import re
from typing import ClassVar

_PLACE = re.compile(r"\{(\w+)\}")


class SuyuanError(Exception):
    """Base of all our errors.

    Args:
        template: English sentence with ``{named}`` places, filled from ``fields``; key of the translation.
        where: the part at fault, as a JSON pointer, XPath, column, AI or setting name.
        remedy: English sentence that tells the reader what to do; also a translation key.
        fields: values for the template; also rendered as members of problem+json.
    """

    code: ClassVar[str] = "internal-error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(self, template: str = "", /, *, where: str = "", remedy: str = "", **fields: object) -> None:
        self.template = template or self.title
        self.where = where
        self.remedy = remedy
        self.fields = fields
        super().__init__(self.detail)

    @property
    def detail(self) -> str:
        """The English sentence with its values."""
        return self.template.format(**self.fields) if self.fields else self.template

    @property
    def advice(self) -> str:
        """The remedy with its values; braces around anything else stay, as in an example of an address."""
        fields = self.fields
        return _PLACE.sub(lambda one: str(fields[one[1]]) if one[1] in fields else one[0], self.remedy)

    def __str__(self) -> str:
        where = f" (at {self.where})" if self.where else ""
        sentence = f"{self.detail.removesuffix('.')}{where}."
        return f"{sentence} {self.advice}" if self.remedy else sentence


class InvalidInput(SuyuanError):
    """What was given breaks a rule."""

    code = "invalid-input"
    status = 400
    title = "The input is not valid"


class TooLarge(SuyuanError):
    """More than a stated limit."""

    code = "too-large"
    status = 413
    title = "The input is too large"


class NotFound(SuyuanError):
    """Nothing of that name is known here."""

    code = "not-found"
    status = 404
    title = "No record found"


class Conflict(SuyuanError):
    """Clashes with what is already stored."""

    code = "conflict"
    status = 409
    title = "This conflicts with what is stored"


class NotAuthenticated(SuyuanError):
    """No credentials, or wrong or expired ones."""

    code = "not-authenticated"
    status = 401
    title = "Please sign in"


class NotAllowed(SuyuanError):
    """The caller is known but may not do this."""

    code = "not-allowed"
    status = 403
    title = "You may not do this"


class Unavailable(SuyuanError):
    """Something this depends on is away for now."""

    code = "unavailable"
    status = 503
    title = "Not available just now"


class WrongUse(SuyuanError):
    """A command or a setting is used wrongly; the command line ends with exit status 2."""

    code = "wrong-use"
    status = 400
    title = "Used wrongly"
