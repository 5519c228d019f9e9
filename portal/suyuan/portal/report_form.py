"""What is asked of whoever reports something: one table per channel, read from a form and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from starlette.datastructures import FormData

from suyuan.trace.errors import InvalidInput, SuyuanError
from suyuan.trace.recall.complaints import LONGEST, Channel

TROUBLES = ("illness", "foreign-body", "spoiled", "copied", "label", "short-weight", "other")
JUDGEMENTS = ("fail", "pass", "inconclusive")


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its text is the msgid ``report.<name>``, its hint ``report.<name>.hint``."""

    name: str
    kind: Literal["line", "text", "day", "choice"] = "line"
    required: bool = False
    choices: tuple[str, ...] = ()


QUESTIONS: Mapping[Channel, tuple[Question, ...]] = {
    Channel.SHOPPER: (
        Question("trouble", "choice", required=True, choices=TROUBLES),
        Question("description", "text", required=True),
        Question("bought_at"),
        Question("bought_on", "day"),
        Question("contact"),
    ),
    Channel.OFFICER: (
        Question("code"),
        Question("product"),
        Question("trouble", "choice", required=True, choices=TROUBLES),
        Question("description", "text", required=True),
        Question("bought_at"),
        Question("bought_on", "day"),
        Question("contact"),
    ),
    Channel.LABORATORY: (
        Question("code", required=True),
        Question("laboratory", required=True),
        Question("sample", required=True),
        Question("sampled_on", "day"),
        Question("parameter", required=True),
        Question("method"),
        Question("result", required=True),
        Question("limit"),
        Question("judgement", "choice", required=True, choices=JUDGEMENTS),
        Question("description", "text"),
    ),
}


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as filled in, and what is wrong with it (name of the question -> error)."""

    form: str
    code: str
    values: Mapping[str, str]
    errors: Mapping[str, SuyuanError]


def filled(data: FormData | Mapping[str, str], channel: Channel, today: date) -> Filled:
    """The answers of a posted form, trimmed and checked."""
    values = {question.name: _text(data.get(question.name)) for question in QUESTIONS[channel]}
    errors: dict[str, SuyuanError] = {}
    for question in QUESTIONS[channel]:
        if (error := _wrong(question, values[question.name], today)) is not None:
            errors[question.name] = error
    return Filled(_text(data.get("form")), _text(data.get("code")), values, errors)


def _text(value: object) -> str:
    return value.strip().replace("\r\n", "\n") if isinstance(value, str) else ""


def _wrong(question: Question, value: str, today: date) -> SuyuanError | None:
    where = question.name
    if not value:
        return InvalidInput("Please answer this", where=where) if question.required else None
    if len(value) > LONGEST:
        return InvalidInput("The text is longer than {limit} characters", where=where, limit=LONGEST)
    if not all(letter.isprintable() or letter == "\n" for letter in value):
        return InvalidInput("The text contains characters that cannot be shown", where=where)
    if question.kind == "choice" and value not in question.choices:
        return InvalidInput("Choose one of the answers", where=where)
    return _wrong_day(value, where, today) if question.kind == "day" else None


def _wrong_day(value: str, where: str, today: date) -> SuyuanError | None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return InvalidInput("{given} is not a date; write it as 2026-11-21", where=where, given=value)
    if day > today:
        return InvalidInput("{given} is in the future", where=where, given=value)
    return None
