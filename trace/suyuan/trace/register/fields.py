"""The fields of the register: how a text from a form or a cell becomes a value that is stored.

Values are texts in one normal form, so that the same thing told twice is the same: dates ``YYYY-MM-DD``,
numbers without superfluous zeros, codes in capitals, lists one member per line, references as canonical keys
(or as the own code of an entry, until the book looks it up).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Literal

from suyuan.trace.register.choices import SHARE, UNITS, Choice, folded, words_of
from suyuan.trace.register.codes import Findings, compact, is_bare_number, key_of
from suyuan.trace.register.districts import district_code
from suyuan.trace.register.finding import Finding, error
from suyuan.trace.register.nutrition import read_nutrients
from suyuan.trace.store.columns import storable

Value = Literal[
    "text", "lines", "own_code", "choice", "choices", "date", "number", "code", "district", "districts",
    "identifier", "reference", "parts", "nutrients",
]  # fmt: skip
"""What a field holds.

``text`` is one line, ``lines`` may have several; ``code`` is one of an authority, ``own_code`` one of the
owner's; ``choices`` and ``districts`` are lists; ``identifier`` names the entry itself, ``reference`` another
one; ``parts`` are the inputs of a recipe, each ``reference = amount unit``; ``nutrients`` stand on a label,
each ``code = amount unit share%``.
"""

Check = Callable[[str], Findings]

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII)
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,9})?", re.ASCII)
_SEPARATORS = re.compile(r"[\n;；、,，]+")
_PART_SEPARATORS = re.compile(r"[\n;；]+")
_PART = re.compile(r"(?P<what>[^=＝]+)[=＝]\s*(?P<amount>[\d.]+)\s*(?P<unit>\S+)")
_USCC = re.compile("[0-9A-Za-z]{18}")
_UNITS = words_of((*UNITS, SHARE))


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that may or must be told of an entry.

    ``attribute`` is the id under which master data tell it; empty for what is told by the entry's key itself.
    ``zh`` and ``en`` are its label, and the titles of its column in templates. ``of`` is the kind of entry
    that a reference names. ``longest`` counts characters; ``least`` and ``most`` bound numbers, ``places``
    their decimals.
    """

    name: str
    value: Value
    zh: str
    en: str
    attribute: str = ""
    required: bool = False
    choices: tuple[Choice, ...] = ()
    of: str = ""
    check: Check | None = None
    longest: int = 200
    least: Decimal = Decimal(0)
    most: Decimal = Decimal(10) ** 12
    places: int = 3
    kind: str = ""
    """The kind of entry that it belongs to; set by its sheet."""

    @property
    def help(self) -> str:
        """Key of the sentence that says what belongs there; the catalogues have none for what is plain."""
        return f"register.{self.kind}.{self.name}.help"

    def read(self, text: str) -> tuple[str, Findings]:
        """The stored form of ``text``, and what is wrong with it; nothing for a blank."""
        if not text.strip():
            return "", ()
        if len(text) > self.longest:
            return "", (
                error(
                    "too-long",
                    "The text has {length} characters; at most {most} fit here.",
                    remedy="Shorten it.",
                    length=len(text),
                    most=self.longest,
                ),
            )
        if not storable(text) or (
            not text.isprintable()
            and any(unicodedata.category(c) == "Cc" and c not in "\n\r\t" for c in text)
        ):
            return "", (
                error(
                    "not-text",
                    "The text contains control characters.",
                    remedy="Type it anew; it may have been damaged when it was copied.",
                ),
            )
        value, findings = _READERS[self.value](self, text)
        if value and not findings and self.check is not None:
            findings = self.check(value)
        return value, findings


def listed(value: str) -> tuple[str, ...]:
    """The members of a stored list."""
    return tuple(value.split("\n")) if value else ()


def is_key(reference: str) -> bool:
    """Whether a stored reference is a canonical key rather than an own code."""
    return "://" in reference or reference.startswith("urn:")


@dataclass(frozen=True, slots=True)
class Part:
    """An input of a recipe: how much of what. ``unit`` is a code of ``UNITS``, or ``P1`` for percent."""

    product: str
    amount: Decimal
    unit: str


def parts_of(value: str) -> tuple[Part, ...]:
    """The inputs of a stored recipe."""
    found: list[Part] = []
    for line in listed(value):
        product, _, amount = line.rpartition(" = ")
        number, _, unit = amount.partition(" ")
        found.append(Part(product, Decimal(number), unit))
    return tuple(found)


def _text(_field: Field, text: str) -> tuple[str, Findings]:
    return " ".join(text.split()), ()


def _lines(_field: Field, text: str) -> tuple[str, Findings]:
    return "\n".join(line for raw in text.splitlines() if (line := " ".join(raw.split()))), ()


def _own_code(_field: Field, text: str) -> tuple[str, Findings]:
    return " ".join(unicodedata.normalize("NFKC", text).split()), ()


def _code(_field: Field, text: str) -> tuple[str, Findings]:
    return compact(text), ()


def _choice(field: Field, text: str) -> tuple[str, Findings]:
    code = words_of(field.choices).get(folded(text))
    return ("", (_no_choice(text),)) if code is None else (code, ())


def _choices(field: Field, text: str) -> tuple[str, Findings]:
    # A word of the list may itself hold a separator: the whole text is looked up first.
    whole = words_of(field.choices).get(folded(text))
    if whole is not None:
        return whole, ()
    read = [_choice(field, part) for part in _SEPARATORS.split(text) if part.strip()]
    wrong = tuple(found for _, findings in read for found in findings)
    chosen = {code for code, _ in read}
    return "\n".join(choice.code for choice in field.choices if choice.code in chosen), wrong


def _date(_field: Field, text: str) -> tuple[str, Findings]:
    spelled = unicodedata.normalize("NFKC", text).strip()
    found = _DATE.fullmatch("".join(spelled.split()) if "年" in spelled else spelled)
    found = found or _COMPACT_DATE.fullmatch(spelled)
    if found is not None:
        try:
            return date(*map(int, found.groups())).isoformat(), ()
        except ValueError:
            pass  # 31 February: told below like everything that is no date
    return "", (
        error(
            "no-date",
            "{value} is not a date.",
            remedy="Write year, month and day, such as 2026-05-01.",
            value=text.strip(),
        ),
    )


def _number(field: Field, text: str) -> tuple[str, Findings]:
    spelled = "".join(unicodedata.normalize("NFKC", text).split())
    if _NUMBER.fullmatch(spelled) is None:
        return "", (
            error(
                "no-number",
                "{value} is not a number.",
                remedy="Write digits, with a point before decimals and without separators or units.",
                value=text.strip(),
            ),
        )
    number = Decimal(spelled)
    if not field.least <= number <= field.most:
        return "", (
            error(
                "number-range",
                "{value} is out of range: it must be from {least} to {most}.",
                remedy="Look at the unit, and correct the number.",
                value=plain(number),
                least=plain(field.least),
                most=plain(field.most),
            ),
        )
    if number != round(number, field.places):
        return "", (
            error(
                "number-places",
                "{value} has too many decimals; at most {places} are kept.",
                remedy="Round it.",
                value=plain(number),
                places=field.places,
            ),
        )
    return plain(number), ()


def plain(number: Decimal) -> str:
    """A number in digits, without an exponent and without superfluous zeros."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"", "-0"} else text


def _district(_field: Field, text: str) -> tuple[str, Findings]:
    return district_code(unicodedata.normalize("NFKC", text).strip()), ()


def _districts(field: Field, text: str) -> tuple[str, Findings]:
    codes = [_district(field, part)[0] for part in _SEPARATORS.split(text) if part.strip()]
    check = field.check
    wrong = tuple(found for code in codes for found in (check(code) if check else ()))
    return "\n".join(sorted(set(codes))), wrong


def _identifier(field: Field, text: str) -> tuple[str, Findings]:
    return key_of(field.kind, text)


def _reference(field: Field, text: str) -> tuple[str, Findings]:
    spelled = " ".join(unicodedata.normalize("NFKC", text).split())
    if is_key(spelled) or is_bare_number(field.of, spelled):
        return key_of(field.of, spelled)
    return (spelled.upper() if field.of == "party" and _USCC.fullmatch(spelled) else spelled), ()


def _parts(field: Field, text: str) -> tuple[str, Findings]:
    lines: list[str] = []
    findings: list[Findings] = []
    for raw in _PART_SEPARATORS.split(text):
        if not raw.strip():
            continue
        line, wrong = _part(field, raw.strip())
        lines.append(line)
        findings.append(wrong)
    return "\n".join(dict.fromkeys(lines)), tuple(found for each in findings for found in each)


def _part(field: Field, text: str) -> tuple[str, Findings]:
    found = _PART.fullmatch(unicodedata.normalize("NFKC", text))
    unit = None if found is None else _UNITS.get(folded(found["unit"]))
    try:
        amount = None if found is None else Decimal(found["amount"])
    except InvalidOperation:
        amount = None
    if found is None or unit is None or amount is None or not 0 < amount <= field.most:
        return "", (
            error(
                "part-form",
                "{value} does not say how much of what.",
                remedy="Write a product, an equals sign, an amount and a unit or %, such as "
                "06901234567892 = 50 kg; one per line.",
                value=text,
            ),
        )
    product, wrong = _reference(field, found["what"])
    return f"{product} = {plain(amount)} {unit}", wrong


def _no_choice(text: str) -> Finding:
    return error(
        "no-choice",
        "{value} is not one of the possible values.",
        remedy="Choose from the list; in a table, copy the words from the template.",
        value=" ".join(text.split()),
    )


def _nutrients(_field: Field, text: str) -> tuple[str, Findings]:
    return read_nutrients(text)


_READERS: dict[str, Callable[[Field, str], tuple[str, Findings]]] = {
    "text": _text,
    "lines": _lines,
    "own_code": _own_code,
    "choice": _choice,
    "choices": _choices,
    "date": _date,
    "number": _number,
    "code": _code,
    "district": _district,
    "districts": _districts,
    "identifier": _identifier,
    "reference": _reference,
    "parts": _parts,
    "nutrients": _nutrients,
}
