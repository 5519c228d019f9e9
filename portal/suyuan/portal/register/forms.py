"""Forms made from the sheets of the register: fields in groups, what was typed, what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from starlette.datastructures import FormData

from suyuan.portal.language import Speech
from suyuan.trace.errors import InvalidInput, SuyuanError
from suyuan.trace.register.choices import UNITS, Choice, text_of
from suyuan.trace.register.fields import Field, listed, parts_of
from suyuan.trace.register.finding import Finding
from suyuan.trace.register.nutrition import nutrient_lines
from suyuan.trace.register.sheets import EntryKind, Sheet

Control = Literal["line", "area", "one", "some", "date", "number", "reference"]

LONGEST_TYPED = 20_000  # characters of one field; every field has a shorter limit of its own
_SOME_GROUPS: Mapping[EntryKind, Mapping[str, tuple[str, ...]]] = {
    "party": {
        "what": ("roles", "name_zh", "name_en"),
        "papers": ("uscc", "licence", "licence_until"),
        "where": ("district", "address", "city_zh", "city_en"),
        "contact": ("phone", "email"),
        "competence": ("stages", "regions"),
        "codes": ("identifier", "code"),
    },
    "place": {
        "what": ("party", "stage", "name_zh", "name_en"),
        "where": ("district", "address", "city_zh", "city_en", "latitude", "longitude"),
        "codes": ("identifier", "code"),
    },
    "read_point": {"what": ("place", "name_zh", "name_en"), "codes": ("identifier", "code")},
    "product": {
        "what": ("name_zh", "name_en", "producer", "category", "farm_product"),
        "label": ("standard", "specification", "net_content"),
        "keeping": ("storage_zh", "storage_en", "shelf_life_days"),
        "inside": ("ingredients_zh", "ingredients_en", "allergens", "nutrition", "nutrition_per", "serving"),
        "sale": ("sale_regions",),
        "codes": ("identifier", "code"),
    },
    "recipe": {
        "what": ("product", "inputs"),
        "yield": ("yield_least", "yield_most", "note"),
        "codes": ("identifier", "code"),
    },
    "lot": {
        "what": ("product", "lot"),
        "dates": ("production_date", "best_before", "use_by"),
        "amount": ("quantity", "unit"),
    },
}
"""Fields in the groups of their form; a field that stands in none comes in the last group, ``more``."""

_MANY = 12  # choices beyond which one of them is taken from a list rather than ticked
_PAIRS = ("_zh", "_en")


@dataclass(frozen=True, slots=True)
class Shown:
    """One field as the form shows it."""

    field: Field
    label: str
    help: str
    control: Control
    value: str
    options: tuple[tuple[str, str, bool], ...]  # code, word, whether it is chosen
    wide: bool
    fault: SuyuanError | None = None

    @property
    def described(self) -> str:
        """The ids of what explains the field: its help and its fault."""
        parts = [("help", bool(self.help)), ("fault", self.fault is not None)]
        return " ".join(f"{self.field.name}-{part}" for part, there in parts if there)


def groups(sheet: Sheet) -> Sequence[tuple[str, Sequence[Field]]]:
    """The fields of a sheet by the name of their group, in the order of the form."""
    told = _SOME_GROUPS[sheet.kind]
    grouped = {name: [sheet.field(one) for one in names if _has(sheet, one)] for name, names in told.items()}
    placed = {field.name for fields in grouped.values() for field in fields}
    rest = [field for field in sheet.fields if field.name not in placed]
    return [*grouped.items(), *([("more", rest)] if rest else [])]


def _has(sheet: Sheet, name: str) -> bool:
    return any(field.name == name for field in sheet.fields)


def title(speech: Speech, thing: Field | Sheet | Choice) -> str:
    """The Chinese or English words of a field, a sheet or a choice."""
    return thing.zh if speech.language == "zh-CN" else thing.en


def shown(speech: Speech, field: Field, value: str, fault: SuyuanError | None = None) -> Shown:
    """A field with what was typed into it or is stored of it, and what is wrong with that."""
    help_ = speech.say(field.help) if speech.knows(field.help) else ""
    control = _control(field)
    chosen = set(listed(value))
    options = tuple(
        (choice.code, title(speech, choice), choice.code in chosen)
        for choice in field.choices
        if control in ("one", "some")
    )
    wide = control in ("area", "some")
    return Shown(field, title(speech, field), help_, control, value, options, wide, fault)


def _control(field: Field) -> Control:
    match field.value:
        case "choice":
            return "one"
        case "choices":
            return "some"
        case "date" | "number" | "reference":
            return field.value
        case "lines" | "parts" | "districts" | "nutrients":
            return "area"
        case _:
            return "line"


def typed(sheet: Sheet, form: FormData) -> dict[str, str]:
    """What a form says, by field name; blanks are left out."""
    values: dict[str, str] = {}
    for field in sheet.fields:
        given = [text for text in form.getlist(field.name) if isinstance(text, str)]
        text = "\n".join(given).replace("\r\n", "\n").strip()[:LONGEST_TYPED]
        if text:
            values[field.name] = text
    return values


def as_error(finding: Finding) -> SuyuanError:
    """A finding as an error, which :class:`Speech` can say."""
    error = InvalidInput(finding.template, where=finding.where, remedy=finding.remedy)
    error.fields = dict(finding.fields)
    return error


def told(
    speech: Speech, field: Field, value: str, names: Mapping[str, str], districts: Mapping[str, str]
) -> str:
    """A stored value in words: choices and references by their names, dates and districts spelled out."""
    match field.value:
        case "choice" | "choices":
            return text_of(field.choices, value, language="zh" if speech.language == "zh-CN" else "en")
        case "reference":
            return names.get(value, value)
        case "date":
            return speech.day(date.fromisoformat(value))
        case "district" | "districts":
            return "\n".join(f"{districts.get(code, '')} {code}".strip() for code in listed(value))
        case "parts" | "nutrients":
            return "\n".join(_lines(speech, field, value, names))
        case _:
            return value


def _lines(speech: Speech, field: Field, value: str, names: Mapping[str, str]) -> list[str]:
    if field.value == "nutrients":
        return nutrient_lines(value, language="zh" if speech.language == "zh-CN" else "en")
    units = {unit.code: title(speech, unit) for unit in UNITS} | {"P1": "%"}
    return [
        f"{names.get(part.product, part.product)} · {part.amount} {units.get(part.unit, part.unit)}"
        for part in parts_of(value)
    ]


def by_field(findings: Iterable[Finding]) -> dict[str, Finding]:
    """The first error of each field."""
    first: dict[str, Finding] = {}
    for finding in findings:
        if finding.severity == "error":
            first.setdefault(finding.where, finding)
    return first


def confirmation(found: Finding) -> str:
    """The word by which a form confirms a warning: what it is about, and which value it names."""
    named = ",".join(str(value) for value in found.fields.values())
    return f"{found.code}:{found.where}:{named}"[:300]
