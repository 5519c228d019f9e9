"""An investigation as a file: its cases, what was kept, and its history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import orjson

from suyuan.api.incident.jobs import Made
from suyuan.portal.incident.desk import Room
from suyuan.portal.language import Speech
from suyuan.trace.register.export import Heading, Page, as_csv, as_workbook
from suyuan.trace.store.investigations import Entry, KeptAnswer

Book = Literal["csv", "xlsx"]
_CASE = (
    "label", "case_kind", "standing", "age_group", "onset", "from_day", "to_day", "places", "goods",
    "added", "added_by",
)  # fmt: skip
_ANSWER = ("number", "answer_kind", "name", "evidence", "asked", "kept_by", "question", "summary")
_STEP = ("time", "by", "what", "content")
COLUMNS = (_CASE, _ANSWER, _STEP)


@dataclass(frozen=True, slots=True)
class Shelf:
    """All that is in an investigation; ``answers`` come one at a time: together they may be large."""

    room: Room
    answers: Iterable[KeptAnswer]
    history: Iterable[Entry]


def book_of(shelf: Shelf, form: Book, speech: Speech, now: datetime) -> Made:
    """A workbook of everything, or the cases alone as CSV."""
    room = shelf.room
    name = f"{room.investigation.number} {now:%Y-%m-%d}.{form}"
    if form == "csv":
        heads = [speech.say(f"export.{one}") for one in _CASE]
        return Made([as_csv(heads, _cases(room))], "text/csv; charset=utf-8", name)
    pages = [
        Page(
            speech.say("export.about"),
            (Heading(speech.say("export.word")), Heading(speech.say("export.value"), 60)),
            [(speech.say(f"export.{word}"), value) for word, value in _about(room, now)],
        ),
        Page(speech.say("export.cases"), _headings(speech, _CASE), _cases(room)),
        Page(speech.say("export.answers"), _headings(speech, _ANSWER), _answers(shelf.answers)),
        Page(speech.say("export.history"), _headings(speech, _STEP), _history(shelf.history, speech)),
    ]
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Made([as_workbook(pages)], media_type, name)


def _headings(speech: Speech, names: Sequence[str]) -> tuple[Heading, ...]:
    return tuple(Heading(speech.say(f"export.{name}"), 24) for name in names)


def _about(room: Room, now: datetime) -> Iterator[tuple[str, str]]:
    found = room.investigation
    yield "number", found.number
    yield "title", " · ".join(filter(None, (found.zh, found.en)))
    yield "suspicion", found.suspicion
    yield "state", found.state
    yield "opened", _time(found.opened)
    yield "opened_by", found.opened_by
    yield "asked", _time(now)


def _cases(room: Room) -> Iterator[Sequence[str]]:
    for case, told in zip(room.cases, room.reported, strict=True):
        days = (told.onset, told.from_day, told.to_day)
        yield (
            case.label,
            told.kind,
            told.standing if told.kind == "ill" else "",
            told.age_group,
            *("" if day is None else day.isoformat() for day in days),
            " ".join(told.places),
            " ".join(told.goods),
            _time(case.added),
            case.added_by,
        )


def _answers(answers: Iterable[KeptAnswer]) -> Iterator[Sequence[str]]:
    for one in answers:
        question, summary = (orjson.dumps(value).decode() for value in (one.question, one.summary))
        told = (one.kind, one.name, str(one.evidence), _time(one.asked), one.kept_by, question, summary)
        yield (str(one.number), *told)


def _history(history: Iterable[Entry], speech: Speech) -> Iterator[Sequence[str]]:
    for one in history:
        content = one.content.get("text") or orjson.dumps(one.content).decode()
        yield _time(one.time), one.by, speech.say(f"incident.what.{one.what}"), content


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
